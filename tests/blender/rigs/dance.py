"""A motion on the skeleton of a figure made by `figure.make_figure`; imported inside a Blender."""

import numpy as np

from tests.blender.installed import part

engine = part("_engine")
Motion, Skeleton, rotation = engine.motion.Motion, engine.motion.Skeleton, engine.rotation
FPS = 60


def skeleton_of(armature):
    """The armature's rest pose as a source, world aligned: Y up, no root bone."""
    bones = [bone for bone in armature.data.bones if bone.name != "root"]
    names = [bone.name for bone in bones]
    parents = np.array([names.index(b.parent.name) if b.parent.name in names else -1 for b in bones])
    world = np.array(armature.matrix_world)
    heads = np.array([list(bone.head_local) for bone in bones]) @ world[:3, :3].T + world[:3, 3]
    heads = np.stack([heads[:, 0], heads[:, 2], -heads[:, 1]], axis=-1)
    offsets = np.where(parents[:, None] >= 0, heads - heads[parents], heads)
    return Skeleton(tuple(names), parents, offsets, rotation.identity(len(names)))


def dance(skeleton, seconds=1.0):
    """Every joint swings, the body turns twice around and walks 1.5 m."""
    times = np.arange(round(seconds * FPS) + 1) / FPS
    generator = np.random.default_rng(11)
    axes = generator.normal(size=(len(skeleton), 3))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    swing = 0.7 * np.sin(2 * np.pi * times[:, None] * generator.uniform(0.5, 1.5, len(skeleton)))
    turns = rotation.from_axis_angle(axes * swing[..., None])
    around = rotation.about_axis("Y", 4 * np.pi * times / seconds)
    turns[:, 0] = rotation.multiply(around, turns[:, 0])
    path = skeleton.offsets[0] + np.outer(times, [0.5, 0.0, 1.5])
    return Motion(skeleton, path, turns, FPS)


def at_rest(skeleton):
    return Motion(skeleton, skeleton.offsets[None, 0], skeleton.rest_rotations[None], FPS)
