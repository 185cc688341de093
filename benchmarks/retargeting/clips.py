"""The motions of the benchmark: varied in what they do and in whose skeleton does it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.measure import ROOT
from tmr_engine.datasets.clip_arrays import TABLE, ClipArrays
from tmr_engine.formats import ReadOptions, read_motion, read_motions
from tmr_engine.motion import Motion
from tmr_engine.motion.resample import resample

SHARED = ROOT.parent / "shared"
LIBRARY = ROOT / "tmr_engine" / "demo_library"
FPS = 30.0


@dataclass(frozen=True)
class Clip:
    """A part of a motion file.

    Args:
        name: what it shows.
        file: path below the reference material, or "library:PACK".
        take: the take of a file that holds several.
        start_s, end_s: the part that is used.
    """

    name: str
    file: str
    take: str = ""
    start_s: float = 0.0
    end_s: float = 4.0


CLIPS = (
    Clip("walk", "data/clips/cmu_02_01.npz"),
    Clip("walk, full hands", "motions/samples/iclone_07_01_rootbone_zup.bvh"),
    Clip("uneven ground", "data/clips/cmu_03_01.npz"),
    Clip("run", "library:0ad", "citizen/run"),
    Clip("jog in a circle", "data/clips/hdm05_bk_jogLeftCircle4StepsRstart_007.npz"),
    Clip("turn", "library:cmu", "01_01/turn_around_right"),
    Clip("jump", "library:cmu", "01_01/jump_forward_high"),
    Clip("squat", "data/clips/hdm05_bk_squat1Reps_013.npz"),
    Clip("lie down", "data/clips/hdm05_bk_lieDownFloor_007.npz", end_s=7.5),
    Clip("kick", "data/clips/hdm05_bk_kickLFront1Reps_012.npz"),
    Clip("punch", "data/clips/cmu_02_05.npz", start_s=2.0, end_s=6.0),
    Clip("dance", "motions/samples/salsa_61_10_daz_wrong_frametime.bvh", start_s=2.0, end_s=6.0),
    Clip("dance, 15 joints", "library:deepmimic", "dance_b"),
    Clip("cartwheel", "library:deepmimic", "cartwheel"),
    Clip("reach", "data/clips/hdm05_bk_grabHighR_006.npz"),
    Clip("climb", "library:cmu", "01_03/climb_up"),
    Clip("get up", "library:deepmimic", "getup_faceup"),
    Clip("slump, fingers", "motions/samples/mesh2motion_addon_2025-11.glb", "Tired"),
    Clip("cartoon run", "motions/samples/kaykit_Med_MovementBasic.glb", "Rig_Medium|Running_A"),
)
BY_NAME = {clip.name: clip for clip in CLIPS}


@cache
def load(clip: Clip) -> Motion:
    """The clip at the benchmark's frame rate."""
    if clip.file.startswith("library:"):
        pack = LIBRARY / clip.file.removeprefix("library:") / "clips.tmrpack"
        motion = next(motion for motion in read_motions(pack) if motion.source.take == clip.take)
    else:
        motion = _read(SHARED / clip.file, clip.take)
    return resample(motion.cut(clip.start_s, clip.end_s), FPS)


def _read(path: Path, take: str) -> Motion:
    if path.suffix == ".npz":
        return ClipArrays(path.parents[1] / TABLE).read(path, "", ReadOptions())
    return read_motion(path, take) if take else read_motion(path)
