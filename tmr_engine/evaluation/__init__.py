"""Evaluation: ranks, recalls and the protocols that papers report. NumPy only."""

from .actions import action_metrics
from .hubness import DualSoftmax, QuerybankNormalised
from .moments import Answers, moment_metrics, reanchored, windows
from .protocols import PROTOCOLS, Pairs, dissimilar_subset, run_protocol
from .retrieval import retrieval_metrics, small_batch_metrics
from .similarities import CosineSimilarities, MatrixSimilarities, Similarities

__all__ = [
    "PROTOCOLS",
    "Answers",
    "CosineSimilarities",
    "DualSoftmax",
    "MatrixSimilarities",
    "Pairs",
    "QuerybankNormalised",
    "Similarities",
    "action_metrics",
    "dissimilar_subset",
    "moment_metrics",
    "reanchored",
    "retrieval_metrics",
    "run_protocol",
    "small_batch_metrics",
    "windows",
]
