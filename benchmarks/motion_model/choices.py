"""Two motions and a sentence that fits one of them: left or right, this order of events or the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from benchmarks.motion_model.material import Segment, spread
from benchmarks.motion_model.scoring import Kinematics, Model, fused, sentence_vectors
from tmr_engine.captioning.rewrite import joined, mirror
from tmr_engine.features import FEATURE_FPS, joints_to_features, mirror_joints
from tmr_engine.model import SentenceEncoder
from tmr_engine.training.augmentation.motions import one_after_the_other

SIDES, ORDERS = 100, 50
_SEED = 11
_LONGEST_S = 10.0  # as long as the motions that the model learns from
_UNLIKE = 0.6  # cosine of captions below which two actions are different
_Z = 1.96  # of a normal distribution: 95 % lie between -z and z


@dataclass(frozen=True, eq=False)
class Choice:
    """A sentence, the motion that it tells of and the one that it does not, (T, 22, 3) joints each."""

    name: str
    text: str
    right: np.ndarray
    wrong: np.ndarray


@dataclass(frozen=True)
class Share:
    """How many of some choices were right, in percent, and its 95 % interval."""

    percent: float
    low: float
    high: float
    count: int


def sides(segments: Sequence[Segment], count: int = SIDES) -> list[Choice]:
    """Segments whose captions claim a side, each beside its mirrored motion.

    Subjects and their recordings take turns. The query is the first caption that claims a side; of every
    second segment of a subject it is mirrored, and so is the motion that is right.
    """
    found: list[Choice] = []
    turns: dict[str, int] = {}
    for segment in spread(segments):
        text = next((text for text in segment.captions if mirror(text) != text), "")
        if not text:
            continue
        subject = segment.recording.subject
        turns[subject] = turns.get(subject, -1) + 1
        own, other = segment.joints, mirror_joints(segment.joints)
        if turns[subject] % 2:
            found.append(Choice(segment.key, mirror(text), other, own))
        else:
            found.append(Choice(segment.key, text, own, other))
    return found[:count]


def orders(segments: Sequence[Segment], encoder: SentenceEncoder, count: int = ORDERS) -> list[Choice]:
    """Two segments in a row, of different actions and sources, beside the other order of the same two.

    No segment is taken twice.
    """
    draw = np.random.default_rng(_SEED)
    order = spread(segments)
    sentences = sentence_vectors(encoder, [segment.text for segment in order])
    left = list(range(len(order)))
    found: list[Choice] = []
    while left and len(found) < count:
        one = left.pop(0)
        fitting = [
            other for other in left if sentences[one] @ sentences[other] < _UNLIKE and _fit(order, one, other)
        ]
        if not fitting:
            continue
        other = int(draw.choice(fitting))
        left.remove(other)
        pair = (order[one], order[other]) if draw.random() < 0.5 else (order[other], order[one])
        found.append(_in_order(*pair))
    return found


def _fit(order: Sequence[Segment], one: int, other: int) -> bool:
    first, second = order[one], order[other]
    frames = len(first.features) + len(second.features)
    return first.recording.source != second.recording.source and frames <= _LONGEST_S * FEATURE_FPS


def _in_order(first: Segment, second: Segment) -> Choice:
    return Choice(
        f"{first.key}, then {second.key}",
        joined(first.text, second.text, key=first.key),
        one_after_the_other(first.joints, second.joints, FEATURE_FPS),
        one_after_the_other(second.joints, first.joints, FEATURE_FPS),
    )


class Chooser:
    """Choices made ready for several models: features of both motions, and what is measured in them."""

    def __init__(self, choices: Sequence[Choice]) -> None:
        self.choices = choices
        self._features = [
            joints_to_features(joints) for choice in choices for joints in (choice.right, choice.wrong)
        ]
        self.agreements = np.array(
            [Kinematics([choice.right, choice.wrong]).agreements([choice.text])[0] for choice in self.choices]
        )

    def cosines(self, texts: np.ndarray, model: Model) -> np.ndarray:
        """(C, 2) of each sentence's latent with the right motion and the wrong one."""
        motions = model.motions(self._features).reshape(len(texts), 2, -1)
        return np.einsum("cd,cmd->cm", texts, motions)

    def shares(self, model: Model, weight: float) -> dict[str, Share]:
        """Scorer -> how often the right motion is ahead."""
        texts = [choice.text for choice in self.choices]
        asked = self.cosines(model.queries(texts), model)
        return {
            "facets alone": share_right(self.agreements),
            "TMR": share_right(self.cosines(model.texts(texts), model)),
            "TMR, contrasted": share_right(asked),
            "TMR, contrasted + facets": share_right(fused(asked, self.agreements, weight)),
        }


def share_right(scores: np.ndarray) -> Share:
    """Of (C, 2) scores of right and wrong; a tie counts half."""
    hits: float = np.count_nonzero(scores[:, 0] > scores[:, 1]) + 0.5 * np.count_nonzero(
        scores[:, 0] == scores[:, 1]
    )
    low, high = wilson(hits, len(scores))
    return Share(float(100 * hits / len(scores)), 100 * low, 100 * high, len(scores))


def wilson(hits: float, count: int) -> tuple[float, float]:
    """The 95 % interval of a share of hits (Wilson 1927)."""
    share, room = hits / count, _Z**2 / count
    middle = share + room / 2
    reach = _Z * sqrt(share * (1 - share) / count + room / (4 * count))
    return max(0.0, (middle - reach) / (1 + room)), min(1.0, (middle + reach) / (1 + room))
