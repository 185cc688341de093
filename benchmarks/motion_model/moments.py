"""Where in a long take a sentence happens: parts as the product finds them, beside sliding windows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.motion_model.material import Material, Segment, kept
from benchmarks.motion_model.scoring import Model, sentence_vectors
from tmr_engine.evaluation import Answers, moment_metrics, windows
from tmr_engine.evaluation.moments import IOUS, WINDOW_SECONDS
from tmr_engine.features import FEATURE_FPS, joints_to_features
from tmr_engine.model import SentenceEncoder
from tmr_engine.search.moments import Spans, iou, suppress
from tmr_engine.training.augmentation.motions import one_after_the_other

LONG_S = 30.0
TAKES = 20
FITS_TOO = 0.9  # cosine above which a caption also fits another segment's
RECORDED, JOINED = "recorded", "joined"
RANDOM_WINDOW, RANDOM_PART = "random window", "random part"
TMR_WINDOWS, TMR_PARTS, PRODUCT = "TMR, windows", "TMR, parts", "as the product asks"
_SEED = 5


@dataclass(frozen=True, eq=False)
class Take:
    """A long take and what happens in it.

    Args:
        name: of the recording, or a number.
        kind: RECORDED or JOINED.
        joints: (T, 22, 3).
        segments: in the order of time.
        spans: (S, 2) first frame of each segment and one past the last.
    """

    name: str
    kind: str
    joints: np.ndarray
    segments: Sequence[Segment]
    spans: np.ndarray


@dataclass(frozen=True, eq=False)
class Query:
    """A segment's first caption, and the frames (2,) that are meant."""

    text: str
    span: np.ndarray


def takes(material: Material) -> list[Take]:
    """The recordings of 30 s and more; where they are too few, takes that are joined from other segments."""
    of: dict[str, list[Segment]] = {}
    for segment in material.segments:
        of.setdefault(segment.recording.name, []).append(segment)
    long = [name for name in of if len(material.whole_joints[name]) >= LONG_S * FEATURE_FPS]
    found = [_recorded(name, material.whole_joints[name], of[name]) for name in sorted(long)]
    # what is shorter than the shortest window can be found by none
    spare = [
        segment
        for name in sorted(of)
        if name not in long
        for segment in of[name]
        if len(segment.features) >= min(WINDOW_SECONDS) * FEATURE_FPS
    ]
    order = iter(np.random.default_rng(_SEED).permutation(len(spare)))
    while len(found) < TAKES:
        take = joined_take(f"joined {len(found) + 1}", (spare[place] for place in order))
        if take is None:
            break
        found.append(take)
    return found


def _recorded(name: str, joints: np.ndarray, segments: Sequence[Segment]) -> Take:
    spans = np.array([(segment.start_s, segment.end_s) for segment in segments]) * FEATURE_FPS
    return Take(name, RECORDED, joints, segments, np.minimum(np.rint(spans), len(joints)).astype(int))


def joined_take(name: str, segments: Sequence[Segment]) -> Take | None:
    """A take of segments until it is long enough; None where they do not suffice."""
    joints: np.ndarray | None = None
    chosen: list[Segment] = []
    starts: list[int] = []
    for segment in segments:
        if joints is None:
            joints, start = segment.joints, 0
        else:
            before = len(joints)
            joints = one_after_the_other(joints, segment.joints, FEATURE_FPS)
            # in the middle of the frames in which the one goes over into the other
            start = (before + len(joints) - len(segment.joints)) // 2
        chosen.append(segment)
        starts.append(start)
        if len(joints) >= LONG_S * FEATURE_FPS:
            spans = np.stack([starts, [*starts[1:], len(joints)]], axis=1)
            return Take(name, JOINED, joints, chosen, spans)
    return None


def queries(take: Take, encoder: SentenceEncoder) -> list[Query]:
    """The first captions of a take's segments, but for those that fit another segment of it too."""
    texts = [text for segment in take.segments for text in segment.captions]
    owners = np.repeat(np.arange(len(take.segments)), [len(one.captions) for one in take.segments])
    vectors = sentence_vectors(encoder, texts)
    firsts = np.searchsorted(owners, np.arange(len(take.segments)))
    found = []
    for number, first in enumerate(firsts):
        others = vectors[owners != number]
        if not len(others) or (others @ vectors[first]).max() <= FITS_TOO:
            found.append(Query(texts[first], take.spans[number]))
    return found


class LongTakes:
    """Takes made ready for several models."""

    def __init__(self, material: Material, encoder: SentenceEncoder) -> None:
        self.takes = takes(material)
        self.queries = [queries(take, encoder) for take in self.takes]
        self._windows = [windows(len(take.joints) - 1, FEATURE_FPS) for take in self.takes]
        self._parts = [Spans.of(take.joints) for take in self.takes]

    @property
    def left_out(self) -> int:
        """Captions that fit another segment too."""
        return sum(len(take.segments) for take in self.takes) - sum(map(len, self.queries))

    def table(self, models: Sequence[Model]) -> dict[str, dict[str, list[dict[str, float]]]]:
        """Kind of take -> row -> R@1 at each IoU; one a model, for blind choices and bounds one."""
        found: dict[str, dict[str, list[dict[str, float]]]] = {}
        windowed = self._windows
        parted = [spans.places for spans in self._parts]
        for kind in ("all", RECORDED, JOINED):
            places = [
                place
                for place, take in enumerate(self.takes)
                if kind in ("all", take.kind) and self.queries[place]
            ]
            if not places:
                continue
            found[kind] = {
                RANDOM_WINDOW: [self._bound(places, windowed, np.mean)],
                RANDOM_PART: [self._bound(places, parted, np.mean)],
                TMR_WINDOWS: [self._metrics(places, windowed, self._of_windows(model)) for model in models],
                TMR_PARTS: [self._metrics(places, parted, self._of_parts(model)) for model in models],
                PRODUCT: [self._metrics(places, parted, self._as_product(model)) for model in models],
                "best of the windows": [self._bound(places, windowed, np.max)],
                "best of the parts": [self._bound(places, parted, np.max)],
            }
        return found

    def _metrics(
        self, places: Sequence[int], spans: Sequence[np.ndarray], score: Callable[[int], np.ndarray]
    ) -> dict[str, float]:
        """`score` gives (Q, S) of the queries and spans of a take."""
        answers = [
            Answers(spans[place][suppress(spans[place], scores)], query.span[None])
            for place in places
            for query, scores in zip(self.queries[place], score(place), strict=True)
        ]
        return {name: value for name, value in moment_metrics(answers).items() if name.startswith("R1")}

    def _of_windows(self, model: Model) -> Callable[[int], np.ndarray]:
        return lambda place: (
            self._texts(place, model)
            @ self._latents(place, model, self._windows[place], self._features(place)).T
        )

    def _of_parts(self, model: Model) -> Callable[[int], np.ndarray]:
        return lambda place: self._texts(place, model) @ self._part_latents(place, model).T

    def _as_product(self, model: Model) -> Callable[[int], np.ndarray]:
        return lambda place: np.array(
            [
                self._parts[place].scores(query.text, self._part_latents(place, model), meant)
                for query, meant in zip(self.queries[place], self._texts(place, model), strict=True)
            ]
        )

    def _texts(self, place: int, model: Model) -> np.ndarray:
        return model.texts([query.text for query in self.queries[place]])

    def _part_latents(self, place: int, model: Model) -> np.ndarray:
        spans = self._parts[place]
        return self._latents(place, model, spans.places, spans.features)

    def _latents(
        self, place: int, model: Model, spans: np.ndarray, features: Sequence[np.ndarray]
    ) -> np.ndarray:
        facts = [model.signal.model_id, *self._facts(place, spans)]
        return kept("windows", facts, lambda: model.signal.encode_features(features))

    def _features(self, place: int) -> list[np.ndarray]:
        """Of each window, made of its joints alone, as the product does."""
        joints, spans = self.takes[place].joints, self._windows[place]

        def make() -> np.ndarray:
            return np.concatenate([joints_to_features(joints[start : stop + 1]) for start, stop in spans])

        features = kept("window-features", self._facts(place, spans), make)
        return np.split(features, np.cumsum(np.ptp(spans, axis=1))[:-1])

    def _facts(self, place: int, spans: np.ndarray) -> list[bytes]:
        return [self.takes[place].joints.tobytes(), spans.tobytes()]

    def _bound(
        self, places: Sequence[int], spans: Sequence[np.ndarray], of_spans: Callable[[np.ndarray], float]
    ) -> dict[str, float]:
        """What a blind choice among the spans (the mean of them) or the best one reaches."""
        overlaps = [
            iou(spans[place], query.span[None])[:, 0] for place in places for query in self.queries[place]
        ]
        return {
            f"R1@{limit}": float(100 * np.mean([of_spans(overlap >= limit) for overlap in overlaps]))
            for limit in IOUS
        }
