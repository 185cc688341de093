"""What the solver must know of a body at rest: its axes, its legs, where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..errors import RetargetError
from ..motion.rotation import FloatArray
from .checking import UP, lateral
from .figure import Figure
from .roles import SIDES, Mapping

# a sole this near to a plane (share of the leg) stands on it
_ON_PLANE = 0.12


@dataclass(frozen=True, eq=False)
class Body:
    """A figure with its map.

    Args:
        figure: joints in the world, Z up.
        mapping: who plays which role.
        floors: heights at which the body may stand by convention, best first (the armature's origin, 0).
    """

    figure: Figure
    mapping: Mapping
    floors: tuple[float, ...] = (0.0,)

    def joint(self, role: str) -> FloatArray | None:
        """(3,) the rest joint of a single role."""
        bone = self.mapping.bone(role)
        return None if bone is None else self.figure.heads[self.figure.indices[bone]]

    def needed(self, role: str) -> FloatArray:
        """(3,) the rest joint of a single role without which there is no body.

        Raises:
            RetargetError: no bone plays it.
        """
        joint = self.joint(role)
        if joint is None:
            raise RetargetError(
                f"the body has no {role.replace('_', ' ')}",
                why="no bone plays that role",
                fix="Choose an armature of a character with hips, head, arms and legs",
            )
        return joint

    def has(self, *roles: str) -> bool:
        """Whether every one of these single roles has a bone."""
        return all(self.mapping.bone(role) is not None for role in roles)

    @property
    def has_legs(self) -> bool:
        """Whether thighs, shins and feet of both sides are there."""
        return self.has(*(f"{side}_{part}" for side in SIDES for part in ("upper_leg", "lower_leg", "foot")))

    @cached_property
    def trunk(self) -> tuple[str, ...]:
        """Spine bones and the chest, upward."""
        chest = self.mapping.bone("chest")
        return (*self.mapping.chain("spine"), *((chest,) if chest else ()))

    @cached_property
    def axes(self) -> FloatArray:
        """(3, 3) columns left, up, forward of the body at rest.

        Up is the trunk's direction, taken as vertical when within 25 degrees of it.

        Raises:
            RetargetError: the rest pose shows no body (all joints on one line).
        """
        left = lateral(self.figure, self.mapping.roles)
        gaps = [self._gap(part) for part in ("upper_leg", "upper_arm")]
        if max(gaps) < 1e-6 * max(self.figure.height, 1e-9) or self.figure.height < 1e-9:
            raise RetargetError(
                "the rest pose shows no body, so limbs cannot be compared",
                why="all bones lie on one line",
                fix="Go to a frame where the character stands in a T-pose and try again",
            )
        base, top = self.middle, self.joint("head")
        rise = UP if top is None else top - base
        rise = rise / max(float(np.linalg.norm(rise)), 1e-12)
        up = UP if rise[2] > np.cos(np.radians(25.0)) else rise
        left = left - up * float(left @ up)
        left = left / np.linalg.norm(left)
        return np.stack([left, up, np.cross(left, up)], axis=1)

    def _gap(self, part: str) -> float:
        left, right = (self.joint(f"{side}_{part}") for side in SIDES)
        return 0.0 if left is None or right is None else float(np.linalg.norm(left - right))

    @cached_property
    def middle(self) -> FloatArray:
        """(3,) the middle of the two hip joints, or the hips' joint where there are no legs."""
        left, right = self.joint("left_upper_leg"), self.joint("right_upper_leg")
        if left is not None and right is not None:
            middle: FloatArray = 0.5 * (left + right)
            return middle
        return self.needed("hips")

    @cached_property
    def ground(self) -> float:
        """Height on which the rest pose stands: a floor by convention when the soles are near it."""
        low = self.lowest_foot
        near = _ON_PLANE * self._straight_leg
        for floor in self.floors:
            if abs(low - floor) < near:
                return floor
        return low

    @cached_property
    def lowest_foot(self) -> float:
        """Height of the lowest joint or tail of the feet (of the whole body, where there are no feet)."""
        names = [self.mapping.bone(f"{side}_{part}") for side in SIDES for part in ("foot", "toe")]
        joints = [self.figure.indices[name] for name in names if name is not None]
        points = self.figure.heads if not joints else self.figure.heads[joints]
        return float(points[:, 2].min())

    @cached_property
    def leg(self) -> float:
        """Length of the straightened leg from hip joint to sole; of the trunk where legs are missing."""
        if not self.has_legs:
            return float(np.linalg.norm(self.needed("head") - self.middle))
        ankles = [self.joint(f"{side}_foot") for side in SIDES]
        soles = [max(0.0, float(ankle[2]) - self.ground) for ankle in ankles if ankle is not None]
        return self._straight_leg + float(np.mean(soles))

    @cached_property
    def _straight_leg(self) -> float:
        if not self.has_legs:
            return self.figure.height
        total = 0.0
        for side in SIDES:
            hip, knee, ankle = (self.needed(f"{side}_{part}") for part in ("upper_leg", "lower_leg", "foot"))
            total += float(np.linalg.norm(knee - hip) + np.linalg.norm(ankle - knee))
        return 0.5 * total
