"""Maps armatures and source skeletons to roles: VRM's table, then names, then structure; geometry decides."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..errors import RetargetError
from ..motion import Skeleton
from .checking import Roles, complete, faults, prune
from .controls import bare_bones, keyable, keyed_bone, switches_for
from .families import Family
from .figure import Figure, figure_of_rig, figure_of_skeleton
from .naming import propose
from .rig import Rig
from .roles import LIST_ROLES, SINGLE_ROLES, USUAL_ROLES, Mapping
from .structure import find_body
from .structure_controls import controls_of, switched_off
from .structure_deform import deforming
from .twists import twists_of
from .vrm import roles_of_table

# control families win over the deform bones of the same rig when their score is this close
_CONTROLS_LEAD = 1.0


def map_rig(rig: Rig, overrides: AnyMapping[str, str | Sequence[str]] | None = None) -> Mapping:
    """Which bones of an armature are to be keyed for which role.

    Args:
        rig: the armature.
        overrides: role -> bone or bones chosen by the user; they replace what is found, and an empty bone or
            list leaves the role without any.

    Raises:
        RetargetError: the armature is no human body, too little of it is there, its object is scaled
            negatively or unevenly, or an override names no role or bone.
    """
    _check_scale(rig)
    warnings: list[str] = []
    bare = bare_bones(rig)
    figure = figure_of_rig(rig, bare)
    try:
        mapping = _map(figure, rig)
    except RetargetError as error:
        raise error.located(rig.name) from None
    roles = {**mapping.roles, **_checked_overrides(rig, overrides or {})}
    roles = {role: bones for role, bones in roles.items() if bones}
    roles, held = keyed_bone(rig, roles)
    family = mapping.family
    switches, notes = switches_for(rig, roles, family)
    unmapped = tuple(role for role in USUAL_ROLES if role not in roles)
    if not any(role.endswith("upper_leg") for role in roles):
        warnings.append(f"{rig.name} has no legs: only the upper body takes the motion")
    return replace(
        mapping,
        roles=roles,
        unmapped=unmapped,
        warnings=(*warnings, *mapping.warnings, *held, *notes),
        switches=switches,
        twist=twists_of(figure, roles, rig.deform & keyable(rig)),
    )


def map_skeleton(skeleton: Skeleton) -> Mapping:
    """Which joints of a source skeleton play which role.

    Raises:
        RetargetError: the skeleton is no human body.
    """
    mapping = _map(figure_of_skeleton(skeleton), None)
    return replace(mapping, unmapped=tuple(role for role in USUAL_ROLES if role not in mapping.roles))


def _map(figure: Figure, rig: Rig | None) -> Mapping:
    if rig is not None and rig.humanoid:
        roles = complete(figure, prune(figure, roles_of_table(rig.humanoid, figure.indices)))
        if not faults(figure, roles, controls=False):
            return Mapping(roles, "vrm_humanoid", 1.0)
    reasons: list[str] = []
    for family, named, score in _by_names(figure):
        roles = named if family.controls else complete(figure, prune(figure, named))
        found = faults(figure, roles, family.controls)
        if not found:
            return Mapping(roles, family.name, min(1.0, score / 3.0))
        reasons.append(f"read as {family.name}: {found[0]}")
    try:
        return _by_shape(figure, rig)
    except RetargetError as error:
        raise RetargetError(error.what, why="; ".join(reasons[:1]), fix=error.fix) from None


def _by_shape(figure: Figure, rig: Rig | None) -> Mapping:
    """The map from the shape of all bones, or else of the deforming ones and what moves them."""
    inner = None if rig is None else deforming(figure, rig)
    tries = [(body, legs) for legs in (True, False) for body in (figure, inner) if body is not None]
    refusals: list[RetargetError] = []
    for body, legs in tries:
        try:
            roles, confidence = _shaped(body, legs=legs)
        except RetargetError as error:
            refusals.append(error)
            continue
        warnings = ["the names of the bones say nothing, so the map was made from the shape of the body"]
        if rig is not None and body is inner:
            roles = controls_of(rig, figure, roles)
            warnings += switched_off(rig, roles)
        return Mapping(roles, "structure", confidence, warnings=tuple(warnings))
    raise refusals[len(tries) // 2 - 1]  # of a body with legs, of its deforming bones if those were looked at


def _shaped(figure: Figure, *, legs: bool) -> tuple[Roles, float]:
    """A map by shape that holds, and how sure it is."""
    roles, confidence = find_body(figure, legs=legs)
    roles = complete(figure, roles)
    found = faults(figure, roles, controls=False)
    if found:
        raise RetargetError(f"no human body found: {found[0]}", fix="Map the bones by hand")
    return roles, confidence


def _by_names(figure: Figure) -> list[tuple[Family, Roles, float]]:
    proposals = propose(figure.names)
    if not proposals:
        return []
    best = proposals[0].score
    proposals.sort(
        key=lambda p: -(p.score + _CONTROLS_LEAD * (p.family.controls and p.score > best - _CONTROLS_LEAD))
    )
    return [(proposal.family, proposal.roles, proposal.score) for proposal in proposals]


def _check_scale(rig: Rig) -> None:
    """Refuses objects whose scale does not keep the body's shape."""
    axes = rig.matrix_world[:3, :3]
    scales = np.linalg.norm(axes, axis=0)
    if np.linalg.det(axes) < 0:
        raise RetargetError(
            "the object has a negative scale, which swaps left and right",
            where=rig.name,
            fix="Apply the scale, or remove the mirroring",
        )
    if scales.min() < 1e-9:
        raise RetargetError("the object is scaled to nothing", where=rig.name, fix="Give it a scale")
    slant = np.abs((axes / scales).T @ (axes / scales) - np.eye(3)).max()
    if scales.max() > 1.001 * scales.min() or slant > 1e-3:
        raise RetargetError(
            "the object, or a parent of it, is scaled unevenly, so turned bones would be sheared",
            where=rig.name,
            fix="Apply the scale (Object > Apply > Scale), or make it the same on all axes",
        )


def _checked_overrides(rig: Rig, overrides: AnyMapping[str, str | Sequence[str]]) -> Roles:
    checked: Roles = {}
    for role, bones in overrides.items():
        if role not in SINGLE_ROLES and role not in LIST_ROLES:
            raise RetargetError(f"{role!r} is no role of a body", where=rig.name)
        listed = tuple(bone for bone in ((bones,) if isinstance(bones, str) else bones) if bone)
        for bone in listed:
            if bone not in rig.indices:
                raise RetargetError(f"there is no bone {bone!r}", where=rig.name)
        if role == "hips" and not listed:
            raise RetargetError("the hips have no bone, and all else hangs on them", where=rig.name)
        checked[role] = (*listed, "")[0] if role in SINGLE_ROLES else listed
    return checked
