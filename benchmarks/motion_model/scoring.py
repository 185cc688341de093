"""How well texts and motions fit: by a motion model, by measured facts, and both together.

Letters in shapes: Q texts, N motions, D numbers of a latent.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.motion_model.material import kept
from tmr_engine.captioning.describing import describe_facts
from tmr_engine.captioning.facet_table import FacetTable
from tmr_engine.captioning.facets import facets_of
from tmr_engine.captioning.facts import measure
from tmr_engine.captioning.query import agreement, parse
from tmr_engine.features import FEATURE_FPS
from tmr_engine.model import SentenceEncoder
from tmr_engine.search import MOTION_ALONE
from tmr_engine.search.motion_signal import MotionSignal

# of the facets beside TMR's cosine, as the product weighs them
FACETS_WEIGHT = MOTION_ALONE.facets / MOTION_ALONE.motion
KINEMATICS_WEIGHT = 0.3  # of the facets beside the cosine with described sentences
DESCRIBED = 8  # sentences about a motion


def fused(cosines: np.ndarray, agreements: np.ndarray, weight: float) -> np.ndarray:
    """TMR's cosines and the agreements of facets as one score: the only place that weighs them."""
    return cosines + weight * agreements


class Model:
    """A motion model whose latents are kept.

    Args:
        signal: the model as the product uses it.
    """

    def __init__(self, signal: MotionSignal) -> None:
        self.signal = signal

    @property
    def name(self) -> str:
        """The bundle's."""
        return self.signal.model.bundle.name

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """(Q, D) unit latents of sentences."""
        facts = [self.signal.model_id, *texts]
        return kept("text-latents", facts, lambda: self.signal.sentences(texts))

    def queries(self, texts: Sequence[str]) -> np.ndarray:
        """(Q, D) unit latents as the product ranks by: sentences contrasted with their opposites."""
        facts = ["contrasted", self.signal.model_id, *texts]
        return kept("text-latents", facts, lambda: self.signal.queries(texts))

    def motions(self, features: Sequence[np.ndarray]) -> np.ndarray:
        """(N, D) unit latents of features that are not normalised."""
        facts = [self.signal.model_id, *(part.tobytes() for part in features)]
        return kept("motion-latents", facts, lambda: self.signal.encode_features(features))


def sentence_vectors(encoder: SentenceEncoder, texts: Sequence[str]) -> np.ndarray:
    """(Q, E) unit rows; equal texts have equal ones."""
    distinct = list(dict.fromkeys(texts))
    rows = kept("sentences", [encoder.model_id, *distinct], lambda: encoder.encode(distinct))
    place = {text: row for row, text in enumerate(distinct)}
    return rows[[place[text] for text in texts]]


def named(encoder: SentenceEncoder, texts: Sequence[str], names: Sequence[str]) -> np.ndarray:
    """(Q, N) cosines of texts with the words of names; motions of one name stay exactly tied."""
    distinct = list(dict.fromkeys(names))
    cosines = sentence_vectors(encoder, texts) @ sentence_vectors(encoder, distinct).T
    return cosines[:, [distinct.index(name) for name in names]]


class Kinematics:
    """What is measured in motions, without a model of them.

    Args:
        joints: (T, 22, 3) of each of N motions.
    """

    def __init__(self, joints: Sequence[np.ndarray]) -> None:
        self._facts = [measure(motion, FEATURE_FPS) for motion in joints]
        self.facets = FacetTable([facets_of(facts) for facts in self._facts])

    def agreements(self, texts: Sequence[str]) -> np.ndarray:
        """(Q, N) how well each motion does what each text asks, 0..1."""
        return np.array([agreement(parse(text), self.facets) for text in texts])

    def described(self, encoder: SentenceEncoder, texts: Sequence[str]) -> np.ndarray:
        """(Q, N) mean cosine of each text with the sentences about each motion."""
        told = [[told.text for told in describe_facts(facts, DESCRIBED)] for facts in self._facts]
        cosines = (
            sentence_vectors(encoder, texts)
            @ sentence_vectors(encoder, [text for sentences in told for text in sentences]).T
        )
        ends = np.cumsum([len(sentences) for sentences in told])
        return np.stack([part.mean(axis=1) for part in np.split(cosines, ends[:-1], axis=1)], axis=1)
