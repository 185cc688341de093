"""From joints and token vectors to scores and decoded joints, against the authors' program run as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed; this test needs the training packages")
from tests.training.test_networks import recipe  # noqa: E402
from tmr_engine.features import Statistics, features_to_joints, joints_to_features  # noqa: E402
from tmr_engine.retarget.figure import Z_UP  # noqa: E402
from tmr_engine.training.networks import ActorStyleDecoder, ActorStyleEncoder, mask_of  # noqa: E402

pytestmark = pytest.mark.torch
MOTION, TEXT = 263, 768


@dataclass(frozen=True)
class Published:
    """What the authors' program gave, and the networks with the weights that it had."""

    arrays: dict[str, np.ndarray]
    joints: dict[str, np.ndarray]
    statistics: Statistics
    modules: dict[str, torch.nn.Module]

    @property
    def clips(self) -> list[str]:
        return [str(clip) for clip in self.arrays["order"]]


@pytest.fixture
def published(shared_dir: Path) -> Published:
    reference = shared_dir / "reference"
    with np.load(reference / "pipeline" / "end_to_end.npz") as file:
        arrays = dict(file)
    with np.load(reference / "features" / "stats.npz") as file:
        statistics = Statistics(file["tmr_humanml3d_mean"], file["tmr_humanml3d_std"])
    joints = {}
    for clip in arrays["order"]:
        with np.load(reference / "features" / f"{clip}.npz") as file:
            joints[str(clip)] = file["joints"]
    modules = {
        "motion_encoder": ActorStyleEncoder(MOTION),
        "text_encoder": ActorStyleEncoder(TEXT),
        "motion_decoder": ActorStyleDecoder(MOTION),
    }
    for name, module in modules.items():
        weights = {
            key: torch.from_numpy(recipe(name, key, tuple(tensor.shape), int(arrays["seed"])))
            for key, tensor in module.state_dict().items()
        }
        module.eval().requires_grad_(False).load_state_dict(weights)
    return Published(arrays, joints, statistics, modules)


def padded(rows: list[np.ndarray]) -> tuple[torch.Tensor, torch.Tensor]:
    lengths = torch.tensor([len(row) for row in rows])
    x = torch.zeros(len(rows), int(lengths.max()), rows[0].shape[1])
    for place, row in enumerate(rows):
        x[place, : len(row)] = torch.from_numpy(row.astype(np.float32))
    return x, mask_of(lengths)


def latents(published: Published) -> tuple[np.ndarray, np.ndarray]:
    """Means of motions and texts, from joints and token vectors."""
    motions = [
        published.statistics.normalise(joints_to_features(published.joints[clip])) for clip in published.clips
    ]
    texts = [published.arrays[f"text/{clip}"] for clip in published.clips]
    return (
        published.modules["motion_encoder"](*padded(motions))[0].numpy(),
        published.modules["text_encoder"](*padded(texts))[0].numpy(),
    )


def test_normalised_features_of_every_clip_equal_the_authors(published: Published) -> None:
    for clip in published.clips:
        normal = published.statistics.normalise(joints_to_features(published.joints[clip]))
        wanted = published.arrays[f"normalised_first_last/{clip}"]
        np.testing.assert_allclose(normal[[0, -1]], wanted, atol=2e-3, rtol=0)


def test_latents_and_scores_equal_the_authors(published: Published) -> None:
    motion, text = latents(published)
    np.testing.assert_allclose(motion, published.arrays["motion_latents"], atol=5e-5, rtol=0)
    np.testing.assert_allclose(text, published.arrays["text_latents"], atol=5e-5, rtol=0)
    motion, text = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (motion, text))
    np.testing.assert_allclose((text @ motion.T + 1) / 2, published.arrays["scores"], atol=1e-6, rtol=0)


def test_decoded_motions_equal_the_authors_in_both_frames_of_reference(published: Published) -> None:
    _, text = latents(published)
    lengths = published.arrays["decode_lengths"]
    decoded = published.modules["motion_decoder"](
        torch.from_numpy(text), mask_of(torch.from_numpy(lengths))
    ).numpy()
    for clip, normal, length in zip(published.clips, decoded, lengths, strict=True):
        features = published.statistics.denormalise(normal[:length])
        joints = features_to_joints(features)
        arrays = published.arrays
        np.testing.assert_allclose(features, arrays[f"decoded_features/{clip}"], atol=2e-5, rtol=0)
        np.testing.assert_allclose(joints, arrays[f"decoded_joints_y_up/{clip}"], atol=2e-5, rtol=0)
        np.testing.assert_allclose(joints @ Z_UP.T, arrays[f"decoded_joints_z_up/{clip}"], atol=2e-5, rtol=0)
