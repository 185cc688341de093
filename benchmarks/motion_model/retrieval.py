"""Text to motion and back among the segments, motion only: small batches, and the authors' protocols."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import comb
from typing import Any

import numpy as np

from benchmarks.motion_model.material import Segment
from benchmarks.motion_model.scoring import (
    KINEMATICS_WEIGHT,
    Kinematics,
    Model,
    fused,
    named,
    sentence_vectors,
)
from tmr_engine.captioning.rewrite import mirror
from tmr_engine.evaluation import CosineSimilarities, retrieval_metrics, small_batch_metrics
from tmr_engine.evaluation.protocols import ALIKE
from tmr_engine.evaluation.retrieval import BATCH_SIZE
from tmr_engine.library.captions.names import clean_name
from tmr_engine.model import SentenceEncoder

SHUFFLES = 20
WAYS = ("t2m", "m2t")
TOPS = (1, 5)
CHANCE, CEILING = "chance", "ceiling of strict"
TEXT_ONLY, KINEMATICS_ONLY, TMR = "text only", "kinematics only", "TMR"
ASKED, FUSED = "TMR, contrasted", "TMR, contrasted + facets"
_TIE_BREAK = 1e-5  # far less than what tells two names apart
LENIENT, SAME_ACTION, STRICT = "lenient", "same action", "strict"
# kind -> (N, E) unit rows: those more alike than the threshold are right for each other; None: the own alone
Kinds = Mapping[str, np.ndarray | None]
# "<way> R@<k> <kind>" -> a value for each shuffle
Recalls = dict[str, list[float]]
# way -> metric -> value
WholeSplit = dict[str, dict[str, float]]


class Gallery:
    """The segments as every scorer sees them; texts are their first captions.

    Args:
        segments: of the split.
        encoder: of sentences.
    """

    def __init__(self, segments: Sequence[Segment], encoder: SentenceEncoder) -> None:
        self.segments, self._encoder = segments, encoder
        self.keys = [segment.key for segment in segments]
        texts = [segment.text for segment in segments]
        self.sentences = sentence_vectors(encoder, texts)
        self._actions = action_rows(segments)
        self._kinematics = Kinematics([segment.joints for segment in segments])
        self._agreements = self._kinematics.agreements(texts)
        self._described = self._kinematics.described(encoder, texts)
        names = named(encoder, texts, [name_words(segment) for segment in segments])
        # the parts of a recording share its name: averaged places of ties would never let one be a hit
        self._named = names + _TIE_BREAK * np.random.default_rng(0).random(names.shape)

    def scores(self, models: Sequence[Model], weight: float) -> dict[str, list[np.ndarray]]:
        """Row of the tables -> (N, N) scores, texts by motions; of a motion model one for each bundle."""
        texts = [segment.text for segment in self.segments]
        cosines = [self._cosines(model.texts(texts), model) for model in models]
        asked = [self._cosines(model.queries(texts), model) for model in models]
        return {
            TEXT_ONLY: [self._named],
            KINEMATICS_ONLY: [self._described + KINEMATICS_WEIGHT * self._agreements],
            TMR: cosines,
            ASKED: asked,
            FUSED: [fused(one, self._agreements, weight) for one in asked],
        }

    def tables(self, models: Sequence[Model], weight: float) -> dict[str, dict[str, list[Recalls]]]:
        """Name of a subset -> row -> recalls in small batches, of a motion model for each bundle."""
        scores = self.scores(models, weight)
        found: dict[str, dict[str, list[Recalls]]] = {}
        for name, places in subsets(self.segments).items():
            keys = [self.keys[place] for place in places]
            kinds: Kinds = {
                LENIENT: self.sentences[places],
                SAME_ACTION: self._actions[places],
                STRICT: None,
            }
            limits = bounds(kinds)
            found[name] = {CHANCE: [limits[CHANCE]]}
            for row, matrices in scores.items():
                found[name][row] = [
                    small_batches(matrix[np.ix_(places, places)], kinds, keys) for matrix in matrices
                ]
            found[name][CEILING] = [limits[CEILING]]
        return found

    def protocols(self, models: Sequence[Model], weight: float) -> dict[str, dict[str, list[WholeSplit]]]:
        """Protocol -> row -> way -> metric, of a motion model for each bundle."""
        found: dict[str, dict[str, list[WholeSplit]]] = {}
        for row, matrices in self.scores(models, weight).items():
            for matrix in matrices:
                for protocol, metrics in whole_split(matrix, self.sentences).items():
                    found.setdefault(protocol, {}).setdefault(row, []).append(metrics)
        return found

    def alike(self) -> dict[str, Any]:
        """Which captions the threshold takes for the same, and what it makes of sides."""
        subjects = np.array([segment.recording.subject for segment in self.segments])
        rows, columns = np.nonzero(np.triu(alike(self.sentences), 1))
        within = Counter(subjects[rows[subjects[rows] == subjects[columns]]].tolist())
        subject, count = within.most_common(1)[0] if within else ("none", 0)
        sided = [segment.text for segment in self.segments if mirror(segment.text) != segment.text]
        cosines = np.sum(
            sentence_vectors(self._encoder, sided)
            * sentence_vectors(self._encoder, [mirror(text) for text in sided]),
            axis=1,
        )
        return {
            "pairs": len(rows),
            "subject": subject,
            "one subject": count,
            "sided": len(sided),
            "mirrored": int(np.count_nonzero(cosines > 2 * ALIKE - 1)),
        }

    def _cosines(self, texts: np.ndarray, model: Model) -> np.ndarray:
        motions = model.motions([segment.features for segment in self.segments])
        return CosineSimilarities(texts, motions).rows(0, len(texts))


def name_words(segment: Segment) -> str:
    """The words of a recording's file name and of what its source says about it, each once."""
    recording = segment.recording
    words = f"{clean_name(recording.name)} {clean_name(recording.description)}".split()
    return " ".join(dict.fromkeys(words))


def subsets(segments: Sequence[Segment]) -> dict[str, np.ndarray]:
    """Name -> places of the segments of each table."""
    hdm05 = np.array([segment.recording.source == "hdm05" for segment in segments])
    salsa = np.array([segment.recording.subject == "cmu61" for segment in segments])
    chosen = {
        "all": np.ones(len(segments), bool),
        "without hdm05": ~hdm05,
        "without cmu subject 61": ~salsa,
        "cmu subject 61 alone": salsa,
    }
    return {name: np.flatnonzero(mask) for name, mask in chosen.items() if mask.sum() >= BATCH_SIZE}


def recall_name(way: str, top: int, kind: str) -> str:
    """What a recall is called."""
    return f"{way} R@{top} {kind}"


def shuffled_batches(count: int, seed: int, size: int = BATCH_SIZE) -> list[np.ndarray]:
    """Places in batches of a shuffled order; a last batch that is not full is left out."""
    order = np.random.default_rng(seed).permutation(count)
    return [order[start : start + size] for start in range(0, count - size + 1, size)]


def alike(sentences: np.ndarray) -> np.ndarray:
    """(N, N) bool: whose captions mean the same, as the authors' threshold has it; each its own."""
    same: np.ndarray = sentences @ sentences.T > 2 * ALIKE - 1
    np.fill_diagonal(same, True)
    return same


def ceiling(same: np.ndarray, top: int) -> float:
    """Percent of strict hits that a perfect judge of captions can expect among the first `top`.

    To such a judge motions of alike captions are ties, in front of all others.
    """
    return float(100 * np.mean(np.minimum(1.0, top / same.sum(axis=1))))


def chance(accepted: np.ndarray, gallery: int, top: int) -> float:
    """Percent of hits of a random order: one of the accepted items among the first `top`."""
    missed = [comb(gallery - int(count), top) / comb(gallery, top) for count in accepted]
    return float(100 * (1 - np.mean(missed)))


def action_rows(segments: Sequence[Segment]) -> np.ndarray:
    """(N, C) one-hot rows: HDM05's cuts of one class share a column, every other segment has its own.

    As vectors of captions they make the clips of a class right for each other, and nothing else.
    """
    names = [
        segment.recording.description if segment.recording.source == "hdm05" else segment.key
        for segment in segments
    ]
    distinct = list(dict.fromkeys(names))
    rows: np.ndarray = np.eye(len(distinct), dtype=np.float32)[[distinct.index(name) for name in names]]
    return rows


def small_batches(scores: np.ndarray, kinds: Kinds, keys: Sequence[str]) -> Recalls:
    """Recalls of (N, N) scores, texts by motions, in batches of 32.

    Args:
        scores: (N, N).
        kinds: what counts as right, by name.
        keys: N names, for the published shuffle.

    Returns:
        every kind for each of the shuffles, and "published" (strict, the one shuffle of the published
        protocol).
    """
    found: Recalls = {}
    for seed in range(SHUFFLES):
        for kind, rows in kinds.items():
            parts = []
            for batch in shuffled_batches(len(scores), seed):
                accepted = {} if rows is None else {"sentence_embeddings": rows[batch], "threshold": ALIKE}
                parts.append(retrieval_metrics(scores[np.ix_(batch, batch)], **accepted))
            for way in WAYS:
                for top in TOPS:
                    value = float(np.mean([part[way][f"R{top:02d}"] for part in parts]))
                    found.setdefault(recall_name(way, top, kind), []).append(value)
    published = small_batch_metrics(scores, keys)
    for way in WAYS:
        for top in TOPS:
            found[recall_name(way, top, "published")] = [published[way][f"R{top:02d}"]]
    return found


def bounds(kinds: Kinds) -> dict[str, Recalls]:
    """Chance, and the ceiling of strict hits for a judge of the lenient kind, in the same batches."""
    same = {
        kind: np.eye(len(kinds[LENIENT]), dtype=bool) if rows is None else alike(rows)
        for kind, rows in kinds.items()
    }
    low: Recalls = {}
    high: Recalls = {}
    for seed in range(SHUFFLES):
        batches = shuffled_batches(len(same[LENIENT]), seed)
        for top in TOPS:
            best = [ceiling(same[LENIENT][np.ix_(batch, batch)], top) for batch in batches]
            for kind, accepted in same.items():
                sums = [accepted[np.ix_(batch, batch)].sum(axis=1) for batch in batches]
                value = float(np.mean([chance(counts, BATCH_SIZE, top) for counts in sums]))
                for way in WAYS:
                    low.setdefault(recall_name(way, top, kind), []).append(value)
            for way in WAYS:
                high.setdefault(recall_name(way, top, STRICT), []).append(float(np.mean(best)))
    return {CHANCE: low, CEILING: high}


def whole_split(scores: np.ndarray, sentences: np.ndarray) -> dict[str, WholeSplit]:
    """The authors' protocols "all" and "threshold": every segment is in the gallery."""
    return {
        "all": retrieval_metrics(scores),
        f"threshold {ALIKE}": retrieval_metrics(scores, sentence_embeddings=sentences, threshold=ALIKE),
    }
