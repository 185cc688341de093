"""glTF 2.0, GLB and VRM animations to `Motion`: one take for each animation of the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import MotionFileError
from ..motion import Motion, Skeleton, Source, rotation
from ..motion.rotation import FloatArray
from .conventions import DEFAULT_FPS, nearest_rate
from .gltf_container import Gltf
from .gltf_curves import Curve, curves_of
from .moving_root import LocalPoses, with_one_moving_root
from .reader import MAX_JOINTS, Reader, ReadOptions, parents_before_children
from .rest_frame import with_usable_rest

# Keys less dense than this are poses to be interpolated, not samples at the file's rate.
_SLOWEST_SAMPLING = 20.0
_FASTEST_SAMPLING = 240.0
_MOST_POSES = 20_000_000  # frames times joints: an hour of 66 joints at 80 frames per second
_VRM = json.loads((Path(__file__).parent / "data" / "vrm_humanoid.json").read_text(encoding="utf-8"))


def read(path: Path, options: ReadOptions) -> list[Motion]:
    """Every animation of a file that moves its skeleton.

    Raises:
        MotionFileError: located inside the file.
        OSError: the file cannot be opened.
    """
    gltf = Gltf(path)
    animations = gltf.items("animations")
    if not animations:
        raise MotionFileError("there is no animation in the file", why="it holds a model or a rig only")
    warnings: list[str] = []
    takes = _take_names(animations)
    curves = []
    for name, animation in zip(takes, animations, strict=True):
        try:
            curves.append(curves_of(gltf, animation, warnings))
        except MotionFileError as error:
            raise error.located(f'animation "{name}"') from error
    nodes = _Nodes(gltf, [curve for group in curves for curve in group], warnings)
    motions = [
        _motion(nodes, group, take, options, list(warnings))
        for take, group in zip(takes, curves, strict=True)
        if any(curve.node in nodes.place for curve in group)
    ]
    if not motions:
        raise MotionFileError("no animation moves a bone of the skeleton")
    return motions


READER = Reader("glTF and VRM animation", (".glb", ".gltf", ".vrma"), read)


def _take_names(animations: list[dict[str, Any]]) -> list[str]:
    """A name for each animation: its own, made unique."""
    names: list[str] = []
    for number, animation in enumerate(animations):
        own = animation.get("name")
        name = own if isinstance(own, str) and own else f"animation {number}"
        while name in names:
            name += f" ({number})"
        names.append(name)
    return names if len(names) > 1 or names[0] != "animation 0" else [""]


class _Nodes:
    """The nodes that make the skeleton: joints, what they hang on, and their transforms at rest.

    Args:
        gltf: the document.
        curves: of all animations.
        warnings: gets a sentence where no skin says what the joints are.
    """

    def __init__(self, gltf: Gltf, curves: list[Curve], warnings: list[str]) -> None:
        animated = {curve.node for curve in curves}
        nodes = gltf.items("nodes")
        parents = _node_parents(gltf, nodes)
        parents_before_children(parents)  # refuses circles before anything walks upwards
        human = _human_bones(gltf, warnings)
        joints = set(human) or _skin_joints(gltf, parents)
        if not joints:
            warnings.append("no skin says what the bones are; the nodes around the animated ones were taken")
            joints = _nodes_around(nodes, animated, parents)
        if not joints:
            raise MotionFileError("no node is animated")
        root = _top(min(joints), parents)
        joints = {joint for joint in joints if _top(joint, parents) == root}
        kept = {node for joint in joints for node in _way_up(joint, parents)}
        if len(kept) > MAX_JOINTS:
            raise MotionFileError(f"{len(kept):,} joints; {MAX_JOINTS} are read")
        files_order = sorted(kept)
        index = {node: number for number, node in enumerate(files_order)}
        order = parents_before_children([index.get(parents[node], -1) for node in files_order])
        self.nodes = [files_order[number] for number in order]
        self.place = {node: number for number, node in enumerate(self.nodes)}
        self.parents = [self.place.get(parents[node], -1) for node in self.nodes]
        self.frames_only = frozenset(self.place[node] for node in kept - joints)
        self.moving = frozenset(
            self.place[curve.node]
            for curve in curves
            if curve.node in self.place
            and curve.path == "translation"
            and np.ptp(curve.values, axis=0).max() > 1e-3
        )
        self.names = _names(nodes, self.nodes, human)
        self.rest = [_rest_transform(nodes[node], node) for node in self.nodes]


def _node_parents(gltf: Gltf, nodes: list[dict[str, Any]]) -> list[int]:
    parents = [-1] * len(nodes)
    for number, node in enumerate(nodes):
        children = node.get("children", [])
        if not isinstance(children, list):
            raise MotionFileError(f'"children" of node {number} is no list')
        for child in children:
            gltf.item("nodes", child)
            if parents[child] != -1:
                raise MotionFileError(f"node {child} has two parents")
            parents[child] = number
    return parents


def _skin_joints(gltf: Gltf, parents: list[int]) -> set[int]:
    """The joints of the largest skin, and of the others that hang on the same top node."""
    groups: list[set[int]] = []
    for skin in gltf.items("skins"):
        joints = skin.get("joints")
        if not isinstance(joints, list) or not joints:
            raise MotionFileError("a skin has no joints")
        for joint in joints:
            gltf.item("nodes", joint)
        groups.append(set(joints))
    if not groups:
        return set()
    largest = max(groups, key=len)
    top = _top(min(largest), parents)
    return {joint for group in groups for joint in group if _top(joint, parents) == top}


def _nodes_around(nodes: list[dict[str, Any]], animated: set[int], parents: list[int]) -> set[int]:
    """The nodes of the trees that hold animated ones, without meshes, cameras and tops that stay still."""
    tops = {_top(node, parents) for node in animated}
    return animated | {
        number
        for number, node in enumerate(nodes)
        if parents[number] >= 0 and not {"mesh", "camera"} & set(node) and _top(number, parents) in tops
    }


def _human_bones(gltf: Gltf, warnings: list[str]) -> dict[int, str]:
    """Node to humanoid bone name, from the VRMC_vrm_animation extension; empty where it is not used."""
    extensions = gltf.json.get("extensions")
    extension = extensions.get("VRMC_vrm_animation") if isinstance(extensions, dict) else None
    humanoid = extension.get("humanoid") if isinstance(extension, dict) else None
    table = humanoid.get("humanBones") if isinstance(humanoid, dict) else None
    if not isinstance(table, dict):
        return {}
    bones: dict[int, str] = {}
    for name, item in table.items():
        if name not in _VRM["bones"]:
            warnings.append(f'"{name[:40]}" is no bone of a VRM humanoid and was left out')
            continue
        node = item.get("node") if isinstance(item, dict) else None
        bones[gltf.index("nodes", node)] = name
    return bones


def _way_up(node: int, parents: list[int]) -> list[int]:
    way = [node]
    while parents[way[-1]] >= 0:
        way.append(parents[way[-1]])
    return way


def _top(node: int, parents: list[int]) -> int:
    return _way_up(node, parents)[-1]


def _names(nodes: list[dict[str, Any]], kept: list[int], human: dict[int, str]) -> list[str]:
    names: list[str] = []
    used: set[str] = set()
    for node in kept:
        own = nodes[node].get("name")
        base = human.get(node) or (own if isinstance(own, str) and own else f"node{node}")
        name, number = base, 1
        while name in used:
            number += 1
            name = f"{base}.{number:03d}"
        used.add(name)
        names.append(name)
    return names


def _rest_transform(node: dict[str, Any], number: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Translation (3,), rotation (4,) and scale (3,) of a node, from TRS or matrix."""
    if "matrix" in node:
        matrix = _numbers(node["matrix"], 16, number).reshape(4, 4).T
        scale = np.linalg.norm(matrix[:3, :3], axis=0)
        if np.linalg.det(matrix[:3, :3]) < 0:
            scale[0] = -scale[0]
        turn = matrix[:3, :3] / np.where(np.abs(scale) > 1e-12, scale, 1.0)
        return matrix[:3, 3], rotation.from_matrix(turn), scale
    quat = _numbers(node.get("rotation", [0, 0, 0, 1]), 4, number)
    return (
        _numbers(node.get("translation", [0, 0, 0]), 3, number),
        rotation.normalize(quat[[3, 0, 1, 2]]),
        _numbers(node.get("scale", [1, 1, 1]), 3, number),
    )


def _numbers(value: Any, count: int, node: int) -> FloatArray:
    is_list = isinstance(value, list) and len(value) == count
    if not is_list or not all(isinstance(item, int | float) for item in value):
        raise MotionFileError(f"node {node} has a transform that is not {count} numbers")
    numbers = np.array(value, dtype=np.float64)
    if not np.isfinite(numbers).all() or np.abs(numbers).max() > 1e12:
        raise MotionFileError(f"node {node} has a transform that is not finite")
    return numbers


def _motion(
    nodes: _Nodes, curves: list[Curve], take: str, options: ReadOptions, warnings: list[str]
) -> Motion:
    """One animation, sampled at its own rate, on the skeleton of the nodes."""
    curves = [curve for curve in curves if curve.node in nodes.place]
    start = min(float(curve.times[0]) for curve in curves)
    end = max(float(curve.times[-1]) for curve in curves)
    fps = _rate(curves)
    if not (start >= 0 and (end - start) * fps * len(nodes.nodes) <= _MOST_POSES):
        raise MotionFileError(
            f"it lasts from {start:g} to {end:g} seconds, which is not believable",
            where=f'animation "{take}"',
        )
    times = start + np.arange(round((end - start) * fps) + 1) / fps
    unit_m = options.unit_m or 1.0  # glTF lengths are metres
    rest_turns = np.stack([turn for _, turn, _ in nodes.rest])
    scales = np.stack([scale for _, _, scale in nodes.rest])
    rotations = np.tile(rest_turns, (len(times), 1, 1))
    paths: dict[int, FloatArray] = {}
    for curve in curves:
        joint = nodes.place[curve.node]
        sampled = curve.sample(times)
        if curve.path == "rotation":
            rotations[:, joint] = rotation.continuous(sampled[:, [3, 0, 1, 2]])
        elif curve.path == "translation":
            paths[joint] = sampled
        else:
            if np.ptp(sampled, axis=0).max() > 0.05:
                warnings.append(f'"{nodes.names[joint]}" changes its size; its usual size was taken')
            scales[joint] = np.median(sampled, axis=0)
    above = _scale_above(nodes.parents, scales) * unit_m
    offsets = np.stack([place for place, _, _ in nodes.rest]) * above
    poses = LocalPoses(
        names=list(nodes.names),
        parents=nodes.parents,
        offsets=offsets,
        rest_rotations=rest_turns.copy(),
        translations={joint: path * above[joint] for joint, path in paths.items()},
        rotations=rotations,
        frames_only=nodes.frames_only,
        also_moving=nodes.moving,
    )
    poses, path_of_root = with_one_moving_root(poses, warnings)
    skeleton = Skeleton(tuple(poses.names), np.array(poses.parents), poses.offsets, poses.rest_rotations)
    source = Source(take=take, start_s=start, end_s=end)
    return with_usable_rest(Motion(skeleton, path_of_root, poses.rotations, fps, source, tuple(warnings)))


def _scale_above(parents: list[int], scales: FloatArray) -> FloatArray:
    """(J, 3) the scale in which each joint's translation is measured: the product of those above it."""
    above = np.ones_like(scales)
    for joint, parent in enumerate(parents):
        if parent >= 0:
            above[joint] = above[parent] * scales[parent]
    return above


def _rate(curves: list[Curve]) -> float:
    """Frames per second of the densest curve; 30 where keys are sparse poses."""
    densest = max(curves, key=lambda curve: len(curve.times)).times
    steps = np.diff(densest)
    steps = steps[steps > 1e-6]
    if not len(steps):
        return DEFAULT_FPS
    fps = 1.0 / float(np.median(steps))
    if not _SLOWEST_SAMPLING <= fps <= _FASTEST_SAMPLING:
        return DEFAULT_FPS
    return nearest_rate(fps, 1e-4)
