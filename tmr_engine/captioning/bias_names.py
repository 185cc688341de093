"""The names of the numbers of `facts.biases`, in the order in which they are kept."""

from __future__ import annotations

_AXES = ("out", "up", "ahead")
_WHEN = ("", "_most", "_least", "_first", "_last")
LIMB = ("moves", "quick", "rises", *(f"{axis}{when}" for axis in _AXES for when in _WHEN))
STEPS = ("lifted", "held_up", "first")
TRUNK = (
    *("leans", "leans_most", "head", "head_most"),
    *("twists", "twists_most", "twists_first", "twists_last", "weight"),
)
TURN = ("net", "half_net", "more", "farthest", "fastest", "first", "last")
WAY = ("own", "own_farthest", "first", "first_farthest", "swings")
BIASES = tuple(
    f"{of}.{what}"
    for of, names in (
        ("hand", LIMB),
        ("elbow", LIMB),
        ("foot", (*LIMB, *STEPS)),
        ("knee", LIMB),
        ("trunk", TRUNK),
        ("turn", TURN),
        ("way", WAY),
    )
    for what in names
)
