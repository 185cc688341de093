"""The second signal of a search: what TMR reads in the motions themselves, in the space of sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..canonical import motion_features
from ..captioning.events import reordered
from ..errors import BundleError, FeatureError, RetargetError
from ..features import FEATURE_WIDTH
from ..model import SentenceEncoder
from ..model.sentence_encoder import NumpySentenceEncoder
from ..model.tmr import TMR
from ..motion import Motion
from ..motion.rotation import FloatArray

_BATCH = 32
# TMR learns from clips of up to 10 s (Petrovich et al. 2023, section 4); of longer ones parts are read
PART_S = 10.0
_CONTRAST = 1.0  # c of `queries`

Latent = NDArray[np.float32]


class MotionSignal:
    """A model of TMR as searches and libraries use it.

    Args:
        model: of 263 features a frame.

    Raises:
        BundleError: the model reads other features.
    """

    def __init__(self, model: TMR) -> None:
        if model.size.motion_width != FEATURE_WIDTH:
            raise BundleError(
                f"the model reads {model.size.motion_width} numbers a frame, clips have {FEATURE_WIDTH}",
                where=str(model.bundle.folder),
            )
        self.model = model

    @property
    def model_id(self) -> str:
        """Names the weights."""
        return self.model.model_id

    @property
    def width(self) -> int:
        """Numbers a latent."""
        return self.model.size.latent_dim

    def sentences(self, texts: Sequence[str]) -> Latent:
        """(N, D) unit latents of sentences.

        Raises:
            BundleError: the model was trained on a text model that does not come with the product.
        """
        return unit_rows(self.model.encode_sentences(texts))

    def queries(self, texts: Sequence[str]) -> Latent:
        """(N, D) unit latents to rank motions by: the order of events weighs more than in `sentences`.

        Motions of A then B and of B then A lie near each other, and so do their sentences t and t'. What
        tells the two motions m and m' apart is <t - t', m - m'>, and ranking by <t + c (t - t'), m> weighs
        it 1 + c times (c = 1), without asking for m'.

        Raises:
            BundleError: as `sentences`.
        """
        others = {row: other for row, text in enumerate(texts) if (other := reordered(text))}
        latents = self.sentences([*texts, *others.values()])
        found, turned = np.split(latents, [len(texts)])
        for row, latent in zip(others, turned, strict=True):
            found[row] = _contrasted(found[row], latent)
        return found

    def query(self, encoder: SentenceEncoder, text: str) -> tuple[Latent, Latent]:
        """A text's vector by a sentence encoder, and its unit latent (D,) as `queries` has it.

        Where the model reads that encoder's own token vectors, the text is read once for both.

        Raises:
            BundleError: as `sentences`.
        """
        if not (isinstance(encoder, NumpySentenceEncoder) and self.model.reads_tokens_of(encoder.model_id)):
            return encoder.encode([text])[0], self.queries([text])[0]
        other = reordered(text)
        vectors, tokens, counts = encoder.read([text, other] if other else [text])
        latents = unit_rows(self.model.encode_text(tokens, counts)[0])
        return vectors[0], _contrasted(*latents) if other else latents[0]

    def encode(self, motions: Sequence[Motion]) -> list[Latent | None]:
        """(D,) unit latents of motions; None where one is no human's or has a single frame.

        A motion of more than 10 s is read in parts of equal length, the mean of whose latents it gets.
        """
        parts: list[FloatArray] = []
        owners: list[int] = []
        for number, motion in enumerate(motions):
            for part in self._parts(motion):
                parts.append(part)
                owners.append(number)
        sums: list[Latent | None] = [None] * len(motions)
        for owner, latent in zip(owners, self.encode_features(parts), strict=True):
            before = sums[owner]
            sums[owner] = latent if before is None else before + latent
        return [None if total is None else unit_rows(total[None])[0] for total in sums]

    def encode_features(self, parts: Sequence[FloatArray]) -> Latent:
        """(N, D) unit latents of (T, 263) features that are not normalised."""
        latents = np.zeros((len(parts), self.width), np.float32)
        order = sorted(range(len(parts)), key=lambda place: len(parts[place]))
        for start in range(0, len(order), _BATCH):
            places = order[start : start + _BATCH]
            lengths = [len(parts[place]) for place in places]
            batch = np.zeros((len(places), max(lengths), FEATURE_WIDTH), np.float32)
            for row, place in enumerate(places):
                batch[row, : lengths[row]] = (parts[place] - self.model.mean) / (self.model.std + _TINY)
            latents[places] = self.model.encode_motion(batch, lengths)[0]
        return unit_rows(latents)

    def _parts(self, motion: Motion) -> list[FloatArray]:
        try:
            features = motion_features(motion)
        except (RetargetError, FeatureError):
            return []
        count = max(1, round(len(features) / (PART_S * self.model.fps)))
        return [part for part in np.array_split(features, count) if len(part)]


_TINY = 1e-12  # as in training: a feature that never moves stays finite


def _contrasted(latent: Latent, other: Latent) -> Latent:
    """The unit vector of t + c (t - t'), of unit latents (D,) of a sentence and of its other order."""
    turned: Latent = unit_rows((latent + _CONTRAST * (latent - other))[None])[0]
    return turned


def unit_rows(rows: FloatArray) -> Latent:
    """Rows of length 1; a row of zeros stays as it is."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return (rows / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)
