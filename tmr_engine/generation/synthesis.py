"""A sentence and a duration to motions on one skeleton.

The sentence's latent is drawn from the distribution that the text encoder gives (Petrovich et al. 2023,
section 3.1: z = mu + sigma e), decoded to features, and brought to joints. Joints of decoded frames do not
keep their distances, so a skeleton with the take's median bone lengths is put through them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..errors import FeatureError
from ..features import FEATURE_WIDTH, Statistics, features_to_joints
from ..formats.fitting import fit_rotations
from ..formats.smpl_body import neutral_skeleton
from ..model.tmr import TMR
from ..motion import Motion
from ..motion.rotation import FloatArray

SYNTHESISED = "synthesised"
SHORTEST_S, LONGEST_S = 0.5, 60.0
MOST_TAKES = 64


@dataclass(frozen=True)
class SynthesisedTake:
    """A new motion.

    Args:
        motion: on the 22 joints of SMPL; it begins at the origin, facing +Z, and stands on the ground.
        score: cosine of the sentence and of what the motion encoder reads in the take, -1 to 1.
    """

    motion: Motion
    score: float


def synthesise(
    model: TMR, text: str, seconds: float, *, seed: int = 0, takes: int = 1
) -> list[SynthesisedTake]:
    """New motions for a sentence, the one that fits it best first.

    The same model, text, duration and seed give the same takes; more takes begin with the same ones.

    Args:
        model: of 263 features a frame.
        text: what shall happen.
        seconds: how long each take is, 0.5 to 60.
        seed: decides what is drawn.
        takes: how many, 1 to 64.

    Raises:
        FeatureError: an argument is out of range, the text is empty, or the model has other features.
        BundleError: the model was trained on a text model that does not come with the product.
    """
    _check(model, text, seconds, takes)
    frames = max(2, round(seconds * model.fps))
    mean, logvar = (rows[0] for rows in model.sentence_distributions([text]))
    drawn = np.stack([_noise(seed, take, len(mean)) for take in range(takes)])
    latents = (mean + np.exp(0.5 * logvar) * drawn).astype(np.float32)
    lengths = [frames] * takes
    normal = model.decode(latents, lengths)
    found = unit(model.encode_motion(normal, lengths)[0]) @ unit(mean[None])[0]
    statistics = Statistics(model.mean, model.std)
    made = [
        SynthesisedTake(_motion(statistics.denormalise(rows), model.fps), float(score))
        for rows, score in zip(normal, found, strict=True)
    ]
    return sorted(made, key=lambda take: -take.score)


def unit(rows: FloatArray) -> FloatArray:
    """Rows of length 1; a row of zeros stays as it is."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    scaled: FloatArray = rows / np.where(lengths > 0, lengths, 1.0)
    return scaled


def _noise(seed: int, take: int, width: int) -> FloatArray:
    return np.random.default_rng([seed, take]).standard_normal(width)


def _motion(features: FloatArray, fps: float) -> Motion:
    joints = features_to_joints(features).astype(np.float64)
    joints[..., 1] -= joints[..., 1].min()
    motion = fit_rotations(neutral_skeleton(), joints, fps)
    return replace(motion, source=replace(motion.source, take=SYNTHESISED))


def _check(model: TMR, text: str, seconds: float, takes: int) -> None:
    if not text.strip():
        raise FeatureError("there is no text to make a motion of")
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise FeatureError(f"{seconds:g} s were asked for, takes last {SHORTEST_S:g} to {LONGEST_S:g} s")
    if not 1 <= takes <= MOST_TAKES:
        raise FeatureError(f"{takes} takes were asked for, it can be 1 to {MOST_TAKES}")
    if model.size.motion_width != FEATURE_WIDTH:
        raise FeatureError(
            f"the model has {model.size.motion_width} numbers a frame, motions are made of {FEATURE_WIDTH}"
        )
