"""Captions of our own: motions cut into segments, drawn for a person who writes, and what is written checked.

`python -m tmr_engine.annotating.segments|sheets|check|merge --help`, in that order. A tool of the developers;
it is not in the zip and nothing of the product imports it.
"""
