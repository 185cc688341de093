"""The feet of a body at rest: where the sole touches the ground below heel and ball."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..motion.rotation import FloatArray
from .body import Body
from .roles import SIDES

# of a human foot, as shares of the level distance from ankle to ball (Drillis and Contini 1964, rounded)
_HEEL_BEHIND = 0.35
# ankle to ball as a share of the leg, where the rig has neither toes nor a foot bone that points forward
_FOOT_SHARE = 0.15
# what the head joint lacks to the top of the head
_TOP_OF_HEAD = 1.07


@dataclass(frozen=True, eq=False)
class Foot:
    """One foot at rest, in the world (Z up).

    Args:
        side: "left" or "right".
        foot, toe: names of the bones; `toe` is None where there is none.
        ankle: (3,) the foot's joint.
        heel: (3,) a point of the sole that turns with the foot.
        ball: (3,) the point of the sole below the ball.
        ball_height: of the toe joint above the sole; 0 without one.
    """

    side: str
    foot: str
    toe: str | None
    ankle: FloatArray
    heel: FloatArray
    ball: FloatArray
    ball_height: float


def feet_of(body: Body) -> tuple[Foot, ...]:
    """The left and the right foot; none where a body has no legs."""
    if not body.has_legs:
        return ()
    return tuple(_foot(body, side) for side in SIDES)


def stature(body: Body) -> float:
    """Height of the body in the world's units: sole to the top of the head, at rest."""
    head = body.joint("head")
    top = body.figure.heads[:, 2].max() if head is None else head[2]
    return max(_TOP_OF_HEAD * float(top - body.ground), 1e-9)


def _foot(body: Body, side: str) -> Foot:
    ankle = body.needed(f"{side}_foot")
    toe = body.joint(f"{side}_toe")
    foot = str(body.mapping.bone(f"{side}_foot"))
    _, up, forward = body.axes.T
    end = _farthest(body, foot, ankle, forward) if toe is None else toe
    along = end - ankle
    along = along - up * float(along @ up)
    if float(along @ forward) < 0.3 * _FOOT_SHARE * body.leg:
        along = forward * _FOOT_SHARE * body.leg
    ground = body.ground
    ball = ankle + along
    heel = ankle - _HEEL_BEHIND * along
    return Foot(
        side=side,
        foot=foot,
        toe=body.mapping.bone(f"{side}_toe"),
        ankle=ankle,
        heel=np.array([*heel[:2], ground]),
        ball=np.array([*ball[:2], ground]),
        ball_height=0.0 if toe is None else max(0.0, float(toe[2] - ground)),
    )


def _farthest(body: Body, foot: str, ankle: FloatArray, forward: FloatArray) -> FloatArray:
    """The end of a foot without a toe role: its tail or the joint below it that lies most forward."""
    figure, joint = body.figure, body.figure.indices[foot]
    ends = [figure.heads[child] for child in figure.children[joint]] + [figure.tails[joint]]
    best = max(ends, key=lambda end: float((end - ankle) @ forward))
    # the tail is the tip of the toes, a fifth of the foot before the ball
    whole: FloatArray = ankle + 0.7 * (best - ankle)
    return whole
