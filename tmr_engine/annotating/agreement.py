"""How far two writers who did not see each other's captions agree about the same segments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..motion.rotation import FloatArray
from .claims import claims

_KINDS = ("turn", "travel", "hand", "raised hand", "kick", "act")


@dataclass(frozen=True)
class Agreement:
    """Of the segments that two writers described.

    Args:
        segments: how many.
        same: mean over segments of the cosine of the closest pair of captions of both writers.
        others: the same between one writer's segment and the other writer's captions of all other segments.
        nearest: share of segments whose closest captions of the other writer are those of the same segment.
        claims: kind -> (segments in which both claim something of the kind, share of them with one claim in
            common).
    """

    segments: int
    same: float
    others: float
    nearest: float
    claims: dict[str, tuple[int, float]]

    def __str__(self) -> str:
        rows = ", ".join(f"{kind} {share:.0%} of {count}" for kind, (count, share) in self.claims.items())
        return (
            f"{self.segments} segments written twice: cosine of the closest pair {self.same:.2f}, with "
            f"other segments {self.others:.2f}; nearest is the same segment in {self.nearest:.0%}; "
            f"same claim: {rows}"
        )


def agreement(
    pairs: Sequence[tuple[Sequence[str], Sequence[str]]], vectors: Mapping[str, FloatArray]
) -> Agreement:
    """Measures agreement.

    Args:
        pairs: per segment the captions of the one and of the other writer; at least two segments.
        vectors: caption -> (D,) unit vector.
    """
    count = len(pairs)
    close = np.zeros((count, count))
    for row, (one, _) in enumerate(pairs):
        mine = np.stack([vectors[text] for text in one])
        for column, (_, other) in enumerate(pairs):
            close[row, column] = (mine @ np.stack([vectors[text] for text in other]).T).max()
    apart = ~np.eye(count, dtype=bool)
    return Agreement(
        segments=count,
        same=float(np.diag(close).mean()),
        others=float(close[apart].mean()),
        nearest=float((close.argmax(axis=1) == np.arange(count)).mean()),
        claims={kind: found for kind in _KINDS if (found := _common(pairs, kind))[0]},
    )


def _common(pairs: Sequence[tuple[Sequence[str], Sequence[str]]], kind: str) -> tuple[int, float]:
    both = equal = 0
    for captions in pairs:
        one, other = (
            {claim for text in texts for claim in claims(text) if claim.kind == kind} for texts in captions
        )
        if one and other:
            both += 1
            equal += bool(one & other)
    return both, equal / both if both else 0.0
