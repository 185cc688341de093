"""The humanoid table of a .vrm, which Blender's plain glTF importer drops."""

from __future__ import annotations

import json
import struct
from pathlib import Path

_MAGIC, _JSON_CHUNK = 0x46546C67, 0x4E4F534A  # "glTF" and "JSON", little endian
_LARGEST_JSON = 64 * 2**20


def humanoid_table(path: Path) -> dict[str, str]:
    """Role name of the VRM specification -> node name; empty where the file has no table.

    Args:
        path: a GLB file that an importer read before, so that it is known to be well formed.
    """
    document = _glb_json(path)
    extensions = document.get("extensions", {})
    if "VRMC_vrm" in extensions:  # VRM 1.0: role -> {"node": index}
        bones = extensions["VRMC_vrm"].get("humanoid", {}).get("humanBones", {})
        pairs = [(role, bone.get("node")) for role, bone in bones.items()]
    else:  # VRM 0.x: a list of {"bone": role, "node": index}
        bones = extensions.get("VRM", {}).get("humanoid", {}).get("humanBones", [])
        pairs = [(bone.get("bone"), bone.get("node")) for bone in bones]
    names = [node.get("name", "") for node in document.get("nodes", [])]
    table = {}
    for role, node in pairs:
        # a name that two nodes share does not say which bone the importer made of this one
        if isinstance(node, int) and 0 <= node < len(names) and names.count(names[node]) == 1:
            table[str(role)] = names[node]
    return table


def _glb_json(path: Path) -> dict:
    with path.open("rb") as stream:
        header = stream.read(20)
        if len(header) < 20:
            return {}
        magic, _, _, length, kind = struct.unpack("<IIIII", header)
        if magic != _MAGIC or kind != _JSON_CHUNK or length > _LARGEST_JSON:
            return {}
        return json.loads(stream.read(length))
