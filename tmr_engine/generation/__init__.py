"""Motion that no library has: a sentence to new takes, by TMR's decoder. NumPy only."""

from .synthesis import SYNTHESISED, SynthesisedTake, synthesise

__all__ = ["SYNTHESISED", "SynthesisedTake", "synthesise"]
