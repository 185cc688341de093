"""Any human motion on the 22 joints of SMPL, against motions whose turns are known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tmr_engine.canonical import smpl_joints, to_canonical
from tmr_engine.errors import RetargetError
from tmr_engine.formats.smpl_body import neutral_skeleton
from tmr_engine.library import demo_library
from tmr_engine.motion import Motion, Skeleton

MIXAMO = {
    "pelvis": "Hips",
    "spine1": "Spine",
    "spine2": "Spine1",
    "spine3": "Spine2",
    "neck": "Neck",
    "head": "Head",
    **{
        f"{side}_{part}": f"{side.title()}{name}"
        for side in ("left", "right")
        for part, name in (
            ("hip", "UpLeg"),
            ("knee", "Leg"),
            ("ankle", "Foot"),
            ("foot", "ToeBase"),
            ("collar", "Shoulder"),
            ("shoulder", "Arm"),
            ("elbow", "ForeArm"),
            ("wrist", "Hand"),
        )
    },
}


def wxyz(turns: Rotation) -> np.ndarray:
    return turns.as_quat(scalar_first=True)


def turns_of(quats: np.ndarray) -> Rotation:
    return Rotation.from_quat(quats, scalar_first=True)


def rolled_body(
    turns: np.ndarray, rolls: Rotation, rest: np.ndarray | None = None, names: dict[str, str] = MIXAMO
) -> Motion:
    """A T-posed body of other names whose bone axes lie anyhow, in which joint j turns by `turns`.

    Args:
        turns: (T, 22, 3) rotation vectors, each joint's turn in the world since the T-pose.
        rolls: 22, each joint's axes in the T-pose.
        rest: (22, 3) rotation vectors, turns of the rest pose since the T-pose.
        names: SMPL's name of a joint -> the body's.
    """
    template = neutral_skeleton()
    count = len(template)
    places = template.rest_pose[0]
    parents = template.parents.tolist()
    rest_turns = Rotation.from_rotvec(np.zeros((count, 3)) if rest is None else rest)

    def local(world: Rotation) -> np.ndarray:
        rows = world * rolls
        return np.stack(
            [
                wxyz(rows[joint] if parent < 0 else rows[parent].inv() * rows[joint])
                for joint, parent in enumerate(parents)
            ]
        )

    offsets = np.stack(
        [
            places[joint] if parent < 0 else rolls[parent].inv().apply(places[joint] - places[parent])
            for joint, parent in enumerate(parents)
        ]
    )
    skeleton = Skeleton(
        tuple(names[name] for name in template.names), template.parents, offsets, local(rest_turns)
    )
    rotations = np.stack([local(Rotation.from_rotvec(row)) for row in turns])
    return Motion(skeleton, np.tile(places[0], (len(turns), 1)), rotations, 30.0)


@pytest.fixture
def wild() -> np.ndarray:
    """(12, 22, 3) smooth turns of every joint, up to about 60 degrees."""
    random = np.random.default_rng(5)
    time = np.linspace(0.0, 2.0, 12)[:, None, None]
    return 0.6 * np.sin(random.uniform(1, 3, (1, 22, 3)) * time + random.uniform(0, 3, (1, 22, 3)))


def test_every_joint_turns_as_the_source_does_whatever_its_bone_axes(wild) -> None:
    rolls = Rotation.random(22, rng=np.random.default_rng(1))
    source = rolled_body(wild, rolls, names=dict(zip(MIXAMO, MIXAMO, strict=True)))
    found = to_canonical(source)
    assert found.skeleton.names == neutral_skeleton().names
    np.testing.assert_allclose(found.world[0], source.world[0], atol=1e-6)
    for frame in range(len(wild)):
        apart = turns_of(found.world[1][frame]).inv() * Rotation.from_rotvec(wild[frame])
        assert np.degrees(apart.magnitude()).max() < 1e-3, frame


def test_joints_of_other_names_are_taken_by_their_roles(wild) -> None:
    found = to_canonical(rolled_body(wild, Rotation.random(22, rng=np.random.default_rng(1))))
    limbs = [place for place, name in enumerate(found.skeleton.names) if "_" in name]
    for frame in range(len(wild)):
        apart = np.degrees(
            (turns_of(found.world[1][frame]).inv() * Rotation.from_rotvec(wild[frame])).magnitude()
        )
        assert apart[limbs].max() < 1e-3, frame
        # the trunk's joints stand at SMPL's shares of the spine, not at the source's, and so turn otherwise
        assert apart.max() < 12.0, frame


def test_the_head_and_the_wrists_keep_the_turns_that_positions_do_not_show() -> None:
    turns = np.zeros((5, 22, 3))
    head, wrist = neutral_skeleton().index("head"), neutral_skeleton().index("left_wrist")
    turns[:, head, 1] = np.linspace(0, 1.0, 5)
    turns[:, wrist, 0] = np.linspace(0, 1.2, 5)
    found = to_canonical(rolled_body(turns, Rotation.random(22, rng=np.random.default_rng(2))))
    for joint, axis in ((head, 1), (wrist, 0)):
        seen = turns_of(found.world[1][:, joint]).as_rotvec()
        np.testing.assert_allclose(seen[:, axis], turns[:, joint, axis], atol=1e-6)


def test_a_source_whose_arms_hang_at_rest_comes_out_on_a_t_pose(wild) -> None:
    rest = np.zeros((22, 3))
    names = neutral_skeleton().names
    for side, way in (("left", -1), ("right", 1)):
        for part in ("shoulder", "elbow", "wrist"):
            rest[names.index(f"{side}_{part}"), 2] = way * np.radians(80)
    rolls = Rotation.random(22, rng=np.random.default_rng(3))
    found = to_canonical(rolled_body(wild, rolls, rest))
    offsets = found.skeleton.offsets[names.index("left_wrist")]
    assert offsets[0] / np.linalg.norm(offsets) > 0.99
    for frame in (0, 6, 11):
        apart = turns_of(found.world[1][frame]).inv() * Rotation.from_rotvec(wild[frame])
        arms = [names.index(f"{side}_{part}") for side in ("left", "right") for part in ("shoulder", "elbow")]
        assert np.degrees(apart.magnitude()[arms]).max() < 3.0


def test_joints_stand_where_the_joints_of_the_demo_clips_do() -> None:
    library = demo_library()
    clips = library.clips()[::29]
    assert len(clips) > 10
    for clip in clips:
        motion = library.load(clip.id)
        found = to_canonical(motion)
        assert len(found) == len(motion)
        assert found.fps == motion.fps
        apart = np.linalg.norm(found.world[0] - smpl_joints(motion), axis=-1)
        assert apart.mean() < 0.005, clip.id
        assert apart.max() < 0.03, clip.id


def test_collars_that_start_at_the_neck_leave_no_flip() -> None:
    """CMU's skeleton: neck and collars in one point, so positions alone do not say how the chest turns."""
    library = demo_library()
    motion = next(library.load(clip.id) for clip in library.clips() if clip.path.parent.name == "cmu")
    found = to_canonical(motion)
    steps = [
        np.degrees(2 * np.arccos(np.clip(np.abs((rows[1:] * rows[:-1]).sum(-1)), 0, 1))).max()
        for rows in (found.rotations, motion.rotations)
    ]
    assert steps[0] < steps[1] + 3.0


def test_what_is_no_human_is_refused() -> None:
    chain = Skeleton(
        tuple("abcd"), np.array([-1, 0, 1, 2]), np.eye(4)[:, :3], np.tile([1.0, 0, 0, 0], (4, 1))
    )
    motion = Motion(chain, np.zeros((2, 3)), np.tile([1.0, 0, 0, 0], (2, 4, 1)), 30.0)
    with pytest.raises(RetargetError):
        to_canonical(motion)
