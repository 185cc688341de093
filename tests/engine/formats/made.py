"""Motion files made for the tests, and a forward kinematics that shares no code with the product."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation


@dataclass
class Joint:
    """A joint of a made skeleton: offsets in any unit, channels as BVH spells them."""

    name: str
    offset: tuple[float, float, float]
    channels: str = "Zrotation Xrotation Yrotation"
    children: list[Joint] = field(default_factory=list)


ROOT_CHANNELS = "Xposition Yposition Zposition Zrotation Xrotation Yrotation"


def person(scale: float = 1.0, root_channels: str = ROOT_CHANNELS) -> Joint:
    """A T-posed adult of 1.7 m times `scale`, Y up, facing +Z."""

    def at(x: float, y: float, z: float) -> tuple[float, float, float]:
        return (x * scale, y * scale, z * scale)

    def leg(side: str, sign: float) -> Joint:
        toe = Joint(f"{side}Toe", at(0, -0.06, 0.13))
        shin = Joint(
            f"{side}Leg", at(0, -0.42, 0), children=[Joint(f"{side}Foot", at(0, -0.415, 0), children=[toe])]
        )
        return Joint(f"{side}UpLeg", at(sign * 0.09, -0.05, 0), children=[shin])

    def arm(side: str, sign: float) -> Joint:
        fore = Joint(
            f"{side}ForeArm", at(sign * 0.28, 0, 0), children=[Joint(f"{side}Hand", at(sign * 0.25, 0, 0))]
        )
        upper = Joint(f"{side}Arm", at(sign * 0.13, 0, 0), children=[fore])
        return Joint(f"{side}Shoulder", at(sign * 0.03, 0.13, 0), children=[upper])

    neck = Joint("Neck", at(0, 0.2, 0), children=[Joint("Head", at(0, 0.12, 0.02))])
    chest = Joint("Chest", at(0, 0.25, 0), children=[neck, arm("Left", 1), arm("Right", -1)])
    spine = Joint("Spine", at(0, 0.1, 0), children=[chest])
    return Joint("Hips", at(0, 0, 0), root_channels, [spine, leg("Left", 1), leg("Right", -1)])


def flat(root: Joint) -> list[tuple[Joint, int]]:
    """Joints in file order with the index of their parent."""
    found: list[tuple[Joint, int]] = []

    def walk(joint: Joint, parent: int) -> None:
        found.append((joint, parent))
        index = len(found) - 1
        for child in joint.children:
            walk(child, index)

    walk(root, -1)
    return found


def hierarchy_text(root: Joint) -> str:
    """The HIERARCHY part of a BVH file."""
    lines = ["HIERARCHY"]

    def walk(joint: Joint, depth: int) -> None:
        pad = "  " * depth
        lines.append(f"{pad}{'JOINT' if depth else 'ROOT'} {joint.name}")
        lines.append(pad + "{")
        lines.append(pad + "  OFFSET " + " ".join(f"{value:.8f}" for value in joint.offset))
        lines.append(f"{pad}  CHANNELS {len(joint.channels.split())} {joint.channels}")
        for child in joint.children:
            walk(child, depth + 1)
        if not joint.children:
            lines.extend([pad + "  End Site", pad + "  {", pad + "    OFFSET 0 0 0", pad + "  }"])
        lines.append(pad + "}")

    walk(root, 0)
    return "\n".join(lines)


def bvh_text(root: Joint, rows: np.ndarray, frame_time: str = "0.0333333") -> str:
    """A whole BVH file."""
    numbers = "\n".join(" ".join(f"{value:.8f}" for value in row) for row in rows)
    return f"{hierarchy_text(root)}\nMOTION\nFrames: {len(rows)}\nFrame Time: {frame_time}\n{numbers}\n"


def channel_count(root: Joint) -> int:
    return sum(len(joint.channels.split()) for joint, _ in flat(root))


def moving_rows(root: Joint, frames: int = 12, height: float = 0.95, degrees: float = 25.0) -> np.ndarray:
    """Channel values of a smooth movement; the root walks along +Z at a height."""
    rng = np.random.default_rng(5)
    time = np.linspace(0.0, 1.0, frames)[:, None]
    count = channel_count(root)
    rows = degrees * np.sin(2 * np.pi * (time * 0.5 + rng.random(count)))
    column = 0
    for joint, parent in flat(root):
        for channel in joint.channels.split():
            if channel.endswith("position"):
                axis = "XYZ".index(channel[0])
                rows[:, column] = joint.offset[axis]
                if parent < 0:
                    rows[:, column] = [height * 0.1, height, height * 0.5][axis]
                    rows[:, column] += (0.0, 0.0, 0.4 * height)[axis] * time[:, 0]
            column += 1
    return rows


def forward(root: Joint, rows: np.ndarray) -> dict[str, np.ndarray]:
    """World positions (T, 3) of joints, file units and axes: positions replace offsets, R = R1 R2 R3."""
    world: list[tuple[np.ndarray, list[Rotation]]] = []
    result = {}
    column = 0
    for joint, parent in flat(root):
        channels = joint.channels.split()
        values = rows[:, column : column + len(channels)]
        column += len(channels)
        places = np.tile(np.array(joint.offset, dtype=float), (len(rows), 1))
        order = ""
        angles = []
        for index, channel in enumerate(channels):
            if channel.endswith("position"):
                places[:, "XYZ".index(channel[0])] = values[:, index]
            else:
                order += channel[0]
                angles.append(values[:, index])
        turns = [Rotation.identity()] * len(rows)
        if order:
            turns = [Rotation.from_euler(order, list(row), degrees=True) for row in np.stack(angles, axis=-1)]
        if parent >= 0:
            above, above_turns = world[parent]
            places = np.stack([above[t] + above_turns[t].apply(places[t]) for t in range(len(rows))])
            turns = [above_turns[t] * turns[t] for t in range(len(rows))]
        world.append((places, turns))
        result[joint.name] = places
    return result


# --- glTF -------------------------------------------------------------------------------------------------

_CODES = {"f4": 5126, "i1": 5120, "u1": 5121, "i2": 5122, "u2": 5123, "u4": 5125}
_TYPES = {1: "SCALAR", 3: "VEC3", 4: "VEC4"}


class MadeGltf:
    """Collects nodes, accessors and animations of a glTF document."""

    def __init__(self) -> None:
        self.binary = bytearray()
        self.document: dict = {
            "asset": {"version": "2.0"},
            "nodes": [],
            "accessors": [],
            "bufferViews": [],
            "animations": [],
            "skins": [],
        }

    def node(self, name: str, children: list[int] | None = None, **transform: object) -> int:
        item: dict = {"name": name, **transform}
        if children:
            item["children"] = children
        self.document["nodes"].append(item)
        return len(self.document["nodes"]) - 1

    def view(self, data: np.ndarray) -> int:
        while len(self.binary) % 4:
            self.binary.append(0)
        raw = data.tobytes()
        self.document["bufferViews"].append(
            {"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(raw)}
        )
        self.binary += raw
        return len(self.document["bufferViews"]) - 1

    def accessor(self, values: np.ndarray, code: str = "f4", **extra: object) -> int:
        values = np.asarray(values)
        values = values.reshape(len(values), -1)
        item = {
            "bufferView": self.view(values.astype("<" + code)),
            "componentType": _CODES[code],
            "count": len(values),
            "type": _TYPES[values.shape[1]],
            **extra,
        }
        self.document["accessors"].append(item)
        return len(self.document["accessors"]) - 1

    def animation(self, name: str, channels: list[tuple[int, str, int, int, str]]) -> None:
        """Channels are (node, path, times accessor, values accessor, interpolation)."""
        self.document["animations"].append(
            {
                "name": name,
                "samplers": [
                    {"input": i, "output": o, "interpolation": kind} for _, _, i, o, kind in channels
                ],
                "channels": [
                    {"sampler": number, "target": {"node": node, "path": path}}
                    for number, (node, path, *_) in enumerate(channels)
                ],
            }
        )

    def write_glb(self, path: Path) -> Path:
        self.document["buffers"] = [{"byteLength": len(self.binary)}]
        text = json.dumps(self._document()).encode()
        text += b" " * (-len(text) % 4)
        data = bytes(self.binary) + b"\0" * (-len(self.binary) % 4)
        total = 12 + 8 + len(text) + 8 + len(data)
        head = struct.pack("<4sII", b"glTF", 2, total)
        path.write_bytes(
            head
            + struct.pack("<II", len(text), 0x4E4F534A)
            + text
            + struct.pack("<II", len(data), 0x004E4942)
            + data
        )
        return path

    def write_gltf(self, path: Path, uri: str) -> Path:
        self.document["buffers"] = [{"byteLength": len(self.binary), "uri": uri}]
        path.write_text(json.dumps(self._document()), encoding="utf-8")
        return path

    def _document(self) -> dict:
        return {key: value for key, value in self.document.items() if value != []}
