"""Measured facts of a motion: `measure(joints (T, 22, 3), fps) -> MotionFacts` with its events.

One concern a file: `body` (what everything is read off), `travel`, `turning`, `airborne`, `posture`, `arms`,
`strikes`, `contacts`, `legs`, `inversions`, `biases` (which side does more); their limits, and why they
are what they are, in `limits.json`.
Lengths count in shares of the stature, leg or arm and speeds in shares of sqrt(g leg), so that bodies of all
sizes and proportions are measured alike; time counts in seconds, so that the frame rate does not matter.
"""

from .biases import biases_of
from .measure import MotionFacts, measure

__all__ = ["MotionFacts", "biases_of", "measure"]
