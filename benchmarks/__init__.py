"""Measurements behind the figures of docs/benchmarks.md; see measure.py."""
