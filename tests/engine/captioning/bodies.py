"""A figure of 22 joints that stands at the origin and faces +Z, and closed-form ways to move it."""

from __future__ import annotations

import numpy as np

from tmr_engine.features import JOINT_NAMES

LEG, ANKLE = 0.84, 0.08
NAMES = JOINT_NAMES
J = {name: number for number, name in enumerate(NAMES)}


def standing(seconds: float, fps: float = 30.0) -> np.ndarray:
    """(T, 22, 3) metres, arms hanging, left at +X."""
    hips = ANKLE + LEG
    places = {
        "pelvis": (0, hips + 0.05, 0), "spine1": (0, 1.08, 0), "spine2": (0, 1.2, 0), "spine3": (0, 1.28, 0),
        "neck": (0, 1.47, 0), "head": (0, 1.57, 0.02),
    }  # fmt: skip
    half = {
        "hip": (0.1, hips, 0), "knee": (0.1, ANKLE + LEG / 2, 0), "ankle": (0.1, ANKLE, 0),
        "foot": (0.1, 0.02, 0.14), "collar": (0.06, 1.42, 0), "shoulder": (0.18, 1.4, 0),
        "elbow": (0.2, 1.13, 0), "wrist": (0.22, 0.87, 0),
    }  # fmt: skip
    for name, (x, y, z) in half.items():
        places[f"left_{name}"], places[f"right_{name}"] = (x, y, z), (-x, y, z)
    frame = np.array([places[name] for name in NAMES], dtype=float)
    return np.repeat(frame[None], round(seconds * fps) + 1, axis=0)


def times(joints: np.ndarray, fps: float = 30.0) -> np.ndarray:
    return np.arange(len(joints)) / fps


def turned(joints: np.ndarray, degrees: np.ndarray) -> np.ndarray:
    """About the vertical through the origin, left positive."""
    angle = np.radians(np.broadcast_to(degrees, len(joints)))[:, None]
    x, z = joints[..., 0], joints[..., 2]
    along = [np.cos(angle) * x + np.sin(angle) * z, joints[..., 1], np.cos(angle) * z - np.sin(angle) * x]
    return np.stack(along, axis=-1)


def walking(seconds: float, metres_a_second: float, fps: float = 30.0) -> np.ndarray:
    """Along +Z: each foot rests for 0.6 s of a second and overtakes the other one in an arc."""
    joints = standing(seconds, fps)
    at = times(joints, fps)
    joints[..., 2] += (metres_a_second * at)[:, None]
    for side, late in (("left", 0.0), ("right", 0.5)):
        phase = (at + late) % 1.0
        swing = np.clip((phase - 0.6) / 0.4, 0.0, 1.0)
        # where the foot is beside the body: it rests on the ground, then swings to a step ahead
        rest = np.where(phase < 0.6, 0.3 - phase, -0.3 + 0.6 * swing) * metres_a_second
        lift = 0.12 * np.sin(np.pi * swing)
        for name, share in (("ankle", 1.0), ("foot", 1.0), ("knee", 0.5)):
            joints[:, J[f"{side}_{name}"], 2] += share * rest
            joints[:, J[f"{side}_{name}"], 1] += share * lift
    return joints


def jumping(heights: list[float], fps: float = 30.0) -> np.ndarray:
    """A jump of each height by the law of free fall, with half a second of standing around each."""
    parts = [standing(0.5, fps)]
    for height in heights:
        speed = np.sqrt(2 * 9.81 * height)
        flight = standing(2 * speed / 9.81, fps)
        at = times(flight, fps)
        flight[..., 1] += np.maximum(speed * at - 9.81 * at**2 / 2, 0.0)[:, None]
        parts += [flight, standing(0.5, fps)]
    return np.concatenate(parts)


def squatting(depths: list[float], fps: float = 30.0) -> np.ndarray:
    """The hips go down by each depth in metres and up again in 1.2 s; the knees go forward."""
    parts = []
    for depth in depths:
        part = standing(1.2, fps)
        down = depth * np.sin(np.pi * times(part, fps) / 1.2) ** 2
        above = [n for n in range(22) if n not in [J[f"{s}_{p}"] for s in ("left", "right") for p in
                 ("knee", "ankle", "foot")]]  # fmt: skip
        part[:, above, 1] -= down[:, None]
        for side in ("left", "right"):
            part[:, J[f"{side}_knee"], 1] -= down / 2
            part[:, J[f"{side}_knee"], 2] += np.sqrt(
                np.maximum((LEG / 2) ** 2 - (LEG / 2 - down / 2) ** 2, 0)
            )
        parts.append(part)
    return np.concatenate(parts)


def with_arm(joints: np.ndarray, side: str, direction: np.ndarray) -> np.ndarray:
    """The straight arm of a side along unit directions (T, 3) or (3,)."""
    joints = joints.copy()
    way = np.broadcast_to(direction, (len(joints), 3))
    joints[:, J[f"{side}_elbow"]] = joints[:, J[f"{side}_shoulder"]] + 0.27 * way
    joints[:, J[f"{side}_wrist"]] = joints[:, J[f"{side}_shoulder"]] + 0.53 * way
    return joints


def raising(side: str, degrees: float, seconds: float = 2.0, fps: float = 30.0) -> np.ndarray:
    """The arm is swung forward to an angle from hanging down, and back again."""
    joints = standing(seconds, fps)
    angle = np.radians(degrees) * np.sin(np.pi * times(joints, fps) / seconds) ** 2
    return with_arm(joints, side, np.stack([0 * angle, -np.cos(angle), np.sin(angle)], axis=-1))


def kicking(side: str, fps: float = 60.0) -> np.ndarray:
    """The straight leg is swung forward to level and back within 0.6 s."""
    joints = standing(1.6, fps)
    at = np.clip((times(joints, fps) - 0.5) / 0.6, 0.0, 1.0)
    angle = np.radians(85) * np.sin(np.pi * at) ** 2
    way = np.stack([0 * angle, -np.cos(angle), np.sin(angle)], axis=-1)
    toe = np.stack([0 * angle, np.sin(angle), np.cos(angle)], axis=-1)
    hip = joints[:, J[f"{side}_hip"]]
    joints[:, J[f"{side}_knee"]] = hip + LEG / 2 * way
    joints[:, J[f"{side}_ankle"]] = hip + LEG * way
    joints[:, J[f"{side}_foot"]] = hip + LEG * way + 0.14 * toe + 0.06 * way
    return joints
