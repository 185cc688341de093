"""Evaluation: ranks, recalls and the protocols that papers report. NumPy only."""

from .retrieval import retrieval_metrics, small_batch_metrics

__all__ = ["retrieval_metrics", "small_batch_metrics"]
