"""A sentence and a duration to motions on one skeleton.

The sentence's latent is drawn from the distribution that the text encoder gives (Petrovich et al. 2023,
section 3.1: z = mu + sigma e), decoded to features, and brought to joints. Joints of decoded frames do not
keep their distances, so a skeleton with the take's median bone lengths is put through them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ..errors import Cancelled, FeatureError
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
        text, seed, draw: what it was made of; `draw` counts the takes of a seed from 0.
        model: name of the model that made it.
        model_id: its weights.
        licence: of the model.
        credits: that it is synthesised, by which model, and whose work that is; a line.
    """

    motion: Motion
    score: float
    text: str
    seed: int
    draw: int
    model: str
    model_id: str
    licence: str
    credits: str


def synthesise(
    model: TMR,
    text: str,
    seconds: float,
    *,
    seed: int = 0,
    takes: int = 1,
    progress: Callable[[int, int], None] = lambda _done, _takes: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[SynthesisedTake]:
    """New motions for a sentence, the one that fits it best first.

    The same model, text, duration and seed give the same takes; more takes begin with the same ones.

    Args:
        model: of 263 features a frame.
        text: what shall happen.
        seconds: how long each take is, 0.5 to 60.
        seed: decides what is drawn, 0 and up.
        takes: how many, 1 to 64.
        progress: called with (takes made, takes).
        cancelled: asked before each take.

    Raises:
        Cancelled: `cancelled` said so.
        FeatureError: an argument is out of range, the text is empty, or the model has other features.
        BundleError: the model was trained on a text model that does not come with the product.
    """
    _check(model, text, seconds, seed, takes)
    frames = max(2, round(seconds * model.fps))
    mean, logvar = (rows[0] for rows in model.sentence_distributions([text]))
    made = []
    # one at a time: so a take is the same to the bit however many are asked for, and a cancel is heard
    for draw in range(takes):
        if cancelled():
            raise Cancelled("making motions was cancelled")
        noise = np.random.default_rng([seed, draw]).standard_normal(len(mean))
        latent = (mean + np.exp(0.5 * logvar) * noise).astype(np.float32)
        normal = model.decode(latent[None], [frames])
        score = unit(model.encode_motion(normal, [frames])[0])[0] @ unit(mean)
        features = Statistics(model.mean, model.std).denormalise(normal[0])
        motion = _motion(features, model.fps)
        made.append(_take(model, text, seed, draw, motion=motion, score=float(score)))
        progress(len(made), takes)
    return sorted(made, key=lambda take: -take.score)


def unit(rows: FloatArray) -> FloatArray:
    """Rows of length 1; a row of zeros stays as it is."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    scaled: FloatArray = rows / np.where(lengths > 0, lengths, 1.0)
    return scaled


def _take(model: TMR, text: str, seed: int, draw: int, *, motion: Motion, score: float) -> SynthesisedTake:
    bundle = model.bundle
    return SynthesisedTake(
        motion=motion,
        score=score,
        text=text.strip(),
        seed=seed,
        draw=draw,
        model=bundle.name,
        model_id=model.model_id,
        licence=bundle.licence,
        credits=", ".join([SYNTHESISED, bundle.name, *bundle.credits]),
    )


def _motion(features: FloatArray, fps: float) -> Motion:
    joints = features_to_joints(features).astype(np.float64)
    joints[..., 1] -= joints[..., 1].min()
    motion = fit_rotations(neutral_skeleton(), joints, fps)
    return replace(motion, source=replace(motion.source, take=SYNTHESISED))


def _check(model: TMR, text: str, seconds: float, seed: int, takes: int) -> None:
    if not text.strip():
        raise FeatureError("there is no text to make a motion of")
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise FeatureError(f"{seconds:g} s were asked for, takes last {SHORTEST_S:g} to {LONGEST_S:g} s")
    if seed < 0:
        raise FeatureError(f"the seed is {seed}, it can be a whole number from 0 up")
    if not 1 <= takes <= MOST_TAKES:
        raise FeatureError(f"{takes} takes were asked for, it can be 1 to {MOST_TAKES}")
    if model.size.motion_width != FEATURE_WIDTH:
        raise FeatureError(
            f"the model has {model.size.motion_width} numbers a frame, motions are made of {FEATURE_WIDTH}"
        )
