"""A sentence to ranked clips, by what is written about them and by what a model reads in their motion.

What reads motions is not imported here, because a search by text must not pay for it: `motion_signal`,
`by_motion` and `moments`.
"""

from .filters import Filters
from .fusion import MOTION_ALONE, TEXT_ALONE, Weights
from .search import Collection, Result, search, understood
from .spelling import correction_note

__all__ = [
    "MOTION_ALONE",
    "TEXT_ALONE",
    "Collection",
    "Filters",
    "Result",
    "Weights",
    "correction_note",
    "search",
    "understood",
]
