"""Pairs target bones with what they follow on the source: one joint, or a place on its spine or neck."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import RetargetError
from ..motion.rotation import FloatArray
from .body import Body
from .roles import FINGERS, LIMB_ROLES, SIDES


@dataclass(frozen=True)
class Link:
    """One target bone follows the source between two of its joints.

    Args:
        bone: target bone.
        first, second: source joints by name; the same where the bone follows one joint.
        weight: 0 follows the first, 1 the second.
        clavicle: the turn is taken relative to the chest (clavicles slope differently on every rig).
    """

    bone: str
    first: str
    second: str
    weight: float = 0.0
    clavicle: bool = False


def links(source: Body, target: Body) -> list[Link]:
    """What each target bone follows. Bones whose role the source lacks are left out.

    Raises:
        RetargetError: the source has no hips.
    """
    found: list[Link] = []
    hips = source.mapping.bone("hips")
    if hips is None:
        raise RetargetError("the clip's skeleton has no hips", why="no joint plays that role")
    chest = source.trunk[-1] if source.trunk else None
    for role in ("hips", "pelvis"):
        _direct(found, target.mapping.bone(role), hips)
    carried = _leg_carriers(target)
    for link in _along(target, target.trunk, source, source.trunk, hips):
        # a spine bone that also carries the legs (3ds Max Biped) is part of the pelvis
        found.append(Link(link.bone, hips, hips) if link.bone in carried else link)
    found += _along(target, target.mapping.chain("neck"), source, source.mapping.chain("neck"), None)
    _direct(found, target.mapping.bone("head"), source.mapping.bone("head"))
    for side in SIDES:
        for part in LIMB_ROLES:
            theirs, ours = source.mapping.bone(f"{side}_{part}"), target.mapping.bone(f"{side}_{part}")
            if theirs is not None and ours is not None:
                relative = part == "clavicle" and chest is not None and bool(target.trunk)
                found.append(Link(ours, theirs, theirs, clavicle=relative))
        for finger in FINGERS:
            chains = source.mapping.chain(f"{side}_{finger}"), target.mapping.chain(f"{side}_{finger}")
            found += [Link(ours, theirs, theirs) for theirs, ours in zip(*chains, strict=False)]
    unique = {link.bone: link for link in reversed(found)}
    return [unique[bone] for bone in dict.fromkeys(link.bone for link in found)]


def _direct(found: list[Link], ours: str | None, theirs: str | None) -> None:
    if ours is not None and theirs is not None:
        found.append(Link(ours, theirs, theirs))


def _leg_carriers(body: Body) -> set[str]:
    legs = [body.mapping.bone(f"{side}_upper_leg") for side in SIDES]
    above: set[str] = set()
    for leg in legs:
        if leg is not None:
            above |= {
                body.figure.names[joint] for joint in body.figure.ancestors(body.figure.indices[leg])[1:]
            }
    return above


def _along(
    target: Body, ours: tuple[str, ...], source: Body, theirs: tuple[str, ...], start: str | None
) -> list[Link]:
    """Bones of a target chain between the bones of a source chain, by arc length.

    The source's orientations stand at the middles of its bones (and `start` at 0); each target bone
    reads them at its own middle. Both last bones are equal, because the arms or the head hang on them.
    """
    if not ours or not theirs:
        return []
    knots = _middles(source, theirs)
    names = list(theirs)
    if start is not None:
        knots, names = np.concatenate([[0.0], knots]), [start, *names]
    found = []
    for bone, place in zip(ours[:-1], _middles(target, ours)[:-1], strict=True):
        after = int(np.clip(np.searchsorted(knots, place - 1e-6), 0, len(names) - 1))
        before = max(after - 1, 0) if knots[after] > place + 1e-6 else after
        span = knots[after] - knots[before]
        weight = float((place - knots[before]) / span) if span > 1e-9 else 0.0
        found.append(Link(bone, names[before], names[after], weight if 0.0 < weight < 1.0 else 0.0))
    return [*found, Link(ours[-1], theirs[-1], theirs[-1])]


def _middles(body: Body, chain: tuple[str, ...]) -> FloatArray:
    """(len(chain),) middle of each bone of a chain, 0 at the body's side of it and 1 at its end."""
    heads, index = body.figure.heads, body.figure.indices
    neck = (*body.mapping.chain("neck"), body.mapping.bone("head"))
    after = [bone for bone in neck if bone is not None and bone not in chain]
    points = [heads[index[bone]] for bone in chain]
    if chain == body.trunk:
        points = [body.middle, *points]
    if after:
        points.append(heads[index[after[0]]])
    steps = np.linalg.norm(np.diff(np.array(points), axis=0), axis=1)
    ends = np.concatenate([[0.0], np.cumsum(steps)])
    total = max(float(ends[-1]), 1e-12)
    places = ends[-len(chain) - 1 :] if len(ends) > len(chain) else np.append(ends, ends[-1])
    middles: FloatArray = 0.5 * (places[:-1] + places[1:]) / total
    return middles
