"""The two legs of the armature in every frame, so that feet can be put where they belong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..motion import rotation
from ..motion.rotation import FloatArray
from .body import Body
from .chains import Chains
from .feet import feet_of
from .frames import rest_frames
from .looping import rounds
from .roles import SIDES
from .two_bone import reach


@dataclass(frozen=True, eq=False)
class Legs:
    """Both legs over T frames, left first, in the world (Z up). Turns are since the rest pose.

    Args:
        hips: (T, 2, 3) hip joints.
        upper, lower, foot, toe: (T, 2, 4) turns; `toe` is that of the foot where there are no toes.
        thigh, shin: (2, 3) hip to knee and knee to ankle at rest.
        heel, ball: (2, 3) ankle to the points of the sole at rest.
        toe_joint: (2, 3) ankle to toe joint at rest; None without toes.
        hinge: (2, 3) axis of the knee at rest; turning the shin about it bends the knee.
    """

    hips: FloatArray
    upper: FloatArray
    lower: FloatArray
    foot: FloatArray
    toe: FloatArray
    thigh: FloatArray
    shin: FloatArray
    heel: FloatArray
    ball: FloatArray
    toe_joint: FloatArray | None
    hinge: FloatArray

    @property
    def length(self) -> FloatArray:
        """(2,) thigh and shin together."""
        total: FloatArray = np.linalg.norm(self.thigh, axis=-1) + np.linalg.norm(self.shin, axis=-1)
        return total

    @cached_property
    def ankles(self) -> FloatArray:
        """(T, 2, 3) the joints of the feet."""
        reached: FloatArray = (
            self.hips + rotation.rotate(self.upper, self.thigh) + rotation.rotate(self.lower, self.shin)
        )
        return reached

    def soles(self, ankles: FloatArray) -> FloatArray:
        """(T, 2, 2, 3) heel and ball of both feet when the ankles are at (T, 2, 3)."""
        heel = ankles + rotation.rotate(self.foot, self.heel)
        if self.toe_joint is None:
            ball = ankles + rotation.rotate(self.foot, self.ball)
        else:
            drop = self.ball[:, 2] - self.toe_joint[:, 2]
            ball = ankles + rotation.rotate(self.foot, self.toe_joint)
            ball = ball + np.stack([0.0 * drop, 0.0 * drop, drop], axis=-1)
        return np.stack([heel, ball], axis=2)

    def moved(self, shift: FloatArray) -> Legs:
        """The legs somewhere else, by (3,) or (T, 3)."""
        return replace(self, hips=self.hips + np.reshape(shift, (-1, 1, 3)))

    def rounds(self, count: int) -> Legs:
        """The legs over several rounds of a loop."""
        return self._changed(lambda values: rounds(values, count)) if count > 1 else self

    def cut(self, frames: slice) -> Legs:
        """The legs in some of the frames."""
        return self._changed(lambda values: values[frames])

    def _changed(self, change: Callable[[FloatArray], FloatArray]) -> Legs:
        """The legs with everything that has frames changed."""
        return replace(
            self,
            hips=change(self.hips),
            upper=change(self.upper),
            lower=change(self.lower),
            foot=change(self.foot),
            toe=change(self.toe),
        )

    def reaching(self, ankles: FloatArray, shift: FloatArray) -> Legs:
        """The legs with the hip joints moved by (T, 3) and the ankles at (T, 2, 3), as near as they come."""
        hips = self.hips + shift[:, None]
        thigh, shin = rotation.rotate(self.upper, self.thigh), rotation.rotate(self.lower, self.shin)
        axis = rotation.rotate(self.upper, self.hinge)
        upper, lower = reach(thigh, shin, ankles - hips, axis)
        return replace(
            self,
            hips=hips,
            upper=rotation.multiply(upper, self.upper),
            lower=rotation.multiply(lower, self.lower),
        )


_PARTS = ("upper_leg", "lower_leg", "foot", "toe")


def legs_of(body: Body, chains: Chains, hips: FloatArray, object_turn: FloatArray) -> Legs | None:
    """The legs as solved; None where the clip does not move both of them.

    Args:
        body: the armature at rest.
        chains: its turns.
        hips: (T, 2, 3) its hip joints in the world.
        object_turn: (4,) rotation of the armature object.
    """
    if not body.has_legs:
        return None
    rows = _rows(body, chains)
    if any(row is None for side in rows for row in side[:3]):
        return None
    to_world = rotation.multiply(
        object_turn, rotation.multiply(chains.turns, rotation.conjugate(object_turn))
    )
    turned = [
        np.stack([to_world[side[part] if side[part] is not None else side[2]] for side in rows], axis=1)
        for part in range(4)
    ]
    joints = np.array([[body.needed(f"{side}_{part}") for part in _PARTS[:3]] for side in SIDES])
    feet = feet_of(body)
    toes = [toe for side in SIDES if (toe := body.joint(f"{side}_toe")) is not None]
    frames = rest_frames(body, set())
    # the frames' axis points to the right; a knee bends about the left
    hinges = -np.array([frames[str(body.mapping.bone(f"{side}_lower_leg"))][:, 0] for side in SIDES])
    return Legs(
        hips=hips,
        upper=turned[0],
        lower=turned[1],
        foot=turned[2],
        toe=turned[3],
        thigh=joints[:, 1] - joints[:, 0],
        shin=joints[:, 2] - joints[:, 1],
        heel=np.array([foot.heel - foot.ankle for foot in feet]),
        ball=np.array([foot.ball - foot.ankle for foot in feet]),
        toe_joint=np.array(toes) - joints[:, 2] if len(toes) == 2 else None,
        hinge=hinges,
    )


def put_back(legs: Legs, body: Body, chains: Chains, object_turn: FloatArray) -> FloatArray:
    """(K, T, 4) the turns of the chains with those of the legs in their places, armature space."""
    turned = chains.turns.copy()
    back = rotation.conjugate(object_turn)
    for side, row in enumerate(_rows(body, chains)):
        for place, part in zip(row, (legs.upper, legs.lower, legs.foot, legs.toe), strict=True):
            if place is not None:
                turned[place] = rotation.multiply(back, rotation.multiply(part[:, side], object_turn))
    return turned


def _rows(body: Body, chains: Chains) -> list[list[int | None]]:
    """Row of each part of each leg among the chains' turns."""
    rows: list[list[int | None]] = []
    for side in SIDES:
        names = [body.mapping.bone(f"{side}_{part}") for part in _PARTS]
        rows.append([None if name not in chains.bones else chains.bones.index(name) for name in names])
    return rows
