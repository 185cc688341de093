"""Motion that no library has: a sentence to new takes, by TMR's decoder. NumPy only."""

from .synthesis import MOST_TAKES, SYNTHESISED, SynthesisedTake, synthesise
from .takes import KeptTake, KeptTakes, write_take

__all__ = [
    "MOST_TAKES",
    "SYNTHESISED",
    "KeptTake",
    "KeptTakes",
    "SynthesisedTake",
    "synthesise",
    "write_take",
]
