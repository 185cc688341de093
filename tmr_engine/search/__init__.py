"""A sentence to ranked clips."""

from .filters import Filters
from .fusion import Weights
from .search import Collection, Result, search

__all__ = ["Collection", "Filters", "Result", "Weights", "search"]
