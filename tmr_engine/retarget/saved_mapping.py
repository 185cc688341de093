"""Mappings that a user has corrected: kept per rig, found again by its bones, handed on as files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..atomic import replacing
from ..errors import RetargetError
from .rig import Rig
from .roles import LIST_ROLES, SINGLE_ROLES

FORMAT, VERSION = "tmr-bone-mapping", 1
_LARGEST = 1_000_000  # bytes; the mapping of a thousand bones takes a tenth of it

RoleNames = dict[str, str | list[str]]


def signature(rig: Rig) -> str:
    """What tells one rig from another: its bones' names and hierarchy, whatever its pose, size or object.

    Returns:
        32 hexadecimal digits.
    """
    parents = ["" if parent < 0 else rig.names[parent] for parent in rig.parents.tolist()]
    lines = sorted(f"{name}\0{parent}" for name, parent in zip(rig.names, parents, strict=True))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def save_mapping(folder: Path, rig: Rig, roles: Mapping[str, str | Sequence[str]]) -> Path:
    """Keeps a mapping for this rig, and for every other with the same bones.

    Args:
        folder: where mappings are kept; made when it is missing.
        rig: the armature.
        roles: role -> bone, or bones from the body outward; an empty bone leaves the role without one.

    Raises:
        RetargetError: the file cannot be written.
    """
    path = _kept_path(folder, rig)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RetargetError("the folder cannot be made", where=str(folder), why=str(error)) from error
    export_mapping(path, rig, roles)
    return path


def find_mapping(folder: Path, rig: Rig) -> RoleNames:
    """The mapping that was kept for this rig; empty where there is none.

    Raises:
        RetargetError: the file is damaged, or is for other bones.
    """
    path = _kept_path(folder, rig)
    return import_mapping(path, rig) if path.is_file() else {}


def forget_mapping(folder: Path, rig: Rig) -> bool:
    """Removes the mapping that was kept for this rig; False where there was none.

    Raises:
        RetargetError: the file cannot be removed.
    """
    path = _kept_path(folder, rig)
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise RetargetError("the mapping cannot be removed", where=str(path), why=str(error)) from error
    return True


def export_mapping(path: Path, rig: Rig, roles: Mapping[str, str | Sequence[str]]) -> None:
    """Writes a mapping to a file; it appears whole or not at all.

    Raises:
        RetargetError: the file cannot be written.
    """
    document = {
        "format": FORMAT,
        "version": VERSION,
        "rig": rig.name,
        "signature": signature(rig),
        "roles": {role: bones if isinstance(bones, str) else list(bones) for role, bones in roles.items()},
    }
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    try:
        with replacing(path) as file:
            file.write(text.encode())
    except OSError as error:
        raise RetargetError("the mapping cannot be written", where=str(path), why=str(error)) from error


def import_mapping(path: Path, rig: Rig) -> RoleNames:
    """Reads a mapping from a file.

    The file may come from another rig: what counts is that this one has the bones.

    Raises:
        RetargetError: it cannot be read, is no mapping, names an unknown role, or bones that this rig lacks.
    """
    where = str(path)
    document = _read(path)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise RetargetError("this is no bone mapping", where=where, fix="Give a file that Export has written")
    if document.get("version") != VERSION:
        raise RetargetError(
            f"it is of version {document.get('version')!r}, this program reads version {VERSION}",
            where=where,
            fix="Export the mapping again",
        )
    roles = document.get("roles")
    if not isinstance(roles, dict):
        raise RetargetError("it has no roles", where=where, fix="Export the mapping again")
    found = {role: _bones(role, bones, where) for role, bones in roles.items()}
    listed = [name for bones in found.values() for name in ([bones] if isinstance(bones, str) else bones)]
    lacking = [name for name in listed if name and name not in rig.indices]
    if lacking:
        more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
        raise RetargetError(
            f"{rig.name} has no bone {', '.join(lacking[:3])}{more}",
            where=where,
            why="The mapping is for another rig",
            fix="Give the mapping of this rig",
        )
    return found


def _kept_path(folder: Path, rig: Rig) -> Path:
    return folder / f"{signature(rig)}.json"


def _read(path: Path) -> Any:
    try:
        with path.open("rb") as stream:
            data = stream.read(_LARGEST + 1)
    except OSError as error:
        raise RetargetError("the mapping cannot be read", where=str(path), why=str(error)) from error
    if len(data) > _LARGEST:
        raise RetargetError("it is too large for a bone mapping", where=str(path))
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise RetargetError("this is no bone mapping", where=str(path), why=str(error)) from error


def _bones(role: str, bones: Any, where: str) -> str | list[str]:
    if role in SINGLE_ROLES and isinstance(bones, str):
        return bones
    if role in LIST_ROLES and isinstance(bones, list) and all(isinstance(name, str) for name in bones):
        return bones
    raise RetargetError(f"{role!r} is no role with such bones", where=where, fix="Export the mapping again")
