"""Retargeting measured on real rigs; `python -m benchmarks.retarget` runs it inside a Blender.

clips.py      the motions
rigs.py       the rigs as Blender opens them, with the expected role of every bone
oracle.py     forward kinematics from F-curve values, independent of the solver's own
stage.py      keys on a character and the pose that Blender then shows
baselines.py  local-rotation copy, world-delta copy, constraints + nla.bake
cells.py      one rig and one motion: every method, every measure
rounds.py     rest to rest, identity and round trip
pace.py       seconds and memory
report.py     the figures and the matrix
"""
