"""A rolled hand on rigs with twist bones, in every Blender: the forearm is not wrung, the hand is exact."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

pytestmark = pytest.mark.blender
SCRIPT = Path(__file__).parent / "scripts" / "twists.py"
RIGS = ("ue_manny_made.blend", "cc_like_made.blend", "daz_g8_like_made.blend", "mpfb_default.blend")


@pytest.fixture
def shown(run_once, shared_dir):
    folder = shared_dir / "rigs"
    documents = {rig: (folder / rig).with_suffix(".mapping.json").read_text(encoding="utf-8") for rig in RIGS}
    return run_once(
        SCRIPT,
        folder=str(folder),
        rigs={rig: json.loads(document)["armature"] for rig, document in documents.items()},
        motion=str(shared_dir / "motions" / "samples" / "cmu_12_01_cgspeed.bvh"),
        hand="LeftHand",
        rolls=list(range(0, 91, 10)),
    )


def rolls(turns, way):
    """(T,) radians of what goes about an axis in rotations: swing and twist taken apart."""
    quats = turns.as_quat()
    angle = 2 * np.arctan2(quats[:, :3] @ way, quats[:, 3])
    return (angle + np.pi) % (2 * np.pi) - np.pi


@pytest.mark.parametrize("rig", RIGS)
def test_forearms_take_their_share_of_a_rolled_hand(shown, rig):
    found = shown[rig]
    turns = {bone: Rotation.from_matrix(matrices) for bone, matrices in found["turns"].items()}
    forearm, way = turns[found["forearm"]], np.array(found["way"])
    whole = np.unwrap(rolls(forearm.inv() * turns[found["hand"]], way))
    assert np.degrees(np.ptp(whole)) > 60.0
    for bone, share in found["shares"].items():
        seen = (forearm.inv() * turns[bone]).as_rotvec()
        np.testing.assert_allclose(seen, np.outer(share * whole, way), atol=2e-3)  # radians


@pytest.mark.parametrize("rig", RIGS)
def test_hands_feet_and_joints_are_where_they_are_without_twist_bones(shown, rig):
    assert shown[rig]["off_turn"] < 1e-4
    assert shown[rig]["off_place"] < 1e-4  # metres
