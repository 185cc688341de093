"""Tiny motion files, and an encoder that needs no weights."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

BVH_HEAD = """HIERARCHY
ROOT Hips
{
  OFFSET 0 90 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT LeftUpLeg
  {
    OFFSET 10 -5 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    JOINT LeftFoot
    {
      OFFSET 0 -80 0
      CHANNELS 3 Zrotation Xrotation Yrotation
      End Site
      {
        OFFSET 0 0 12
      }
    }
  }
  JOINT RightUpLeg
  {
    OFFSET -10 -5 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    JOINT RightFoot
    {
      OFFSET 0 -80 0
      CHANNELS 3 Zrotation Xrotation Yrotation
      End Site
      {
        OFFSET 0 0 12
      }
    }
  }
  JOINT Spine
  {
    OFFSET 0 20 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    JOINT Head
    {
      OFFSET 0 45 0
      CHANNELS 3 Zrotation Xrotation Yrotation
      End Site
      {
        OFFSET 0 20 0
      }
    }
  }
}
"""


def write_walk(path: Path, *, seconds: float = 2.0, speed_mps: float = 1.0, turn_deg: float = 0.0) -> Path:
    """A figure of 1.8 m (the file is in centimetres) that glides along +Z and turns steadily, at 30 fps."""
    count = round(seconds * 30) + 1
    rows = []
    for frame in range(count):
        share = frame / max(count - 1, 1)
        swing = 20 * np.sin(frame / 3)
        place = f"0 90 {100 * speed_mps * frame / 30:.4f} 0 0 {turn_deg * share:.4f}"
        legs = f"0 {swing:.3f} 0 0 0 0 0 {-swing:.3f} 0 0 0 0"
        rows.append(f"{place} {legs} 0 0 0 0 0 0")
    path.parent.mkdir(parents=True, exist_ok=True)
    motion = f"MOTION\nFrames: {count}\nFrame Time: 0.0333333\n" + "\n".join(rows) + "\n"
    path.write_text(BVH_HEAD + motion, encoding="ascii")
    return path


class StandInEncoder:
    """A vector for each text, made of its hash; it counts what it was asked for."""

    def __init__(self, model_id: str = "stand-in", width: int = 16) -> None:
        self.model_id, self.width = model_id, width
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        return np.stack([self.vector(text) for text in texts])

    def vector(self, text: str) -> np.ndarray:
        seed = int.from_bytes(hashlib.sha256(f"{self.model_id} {text}".encode()).digest()[:8], "big")
        vector = np.random.default_rng(seed).normal(size=self.width).astype(np.float32)
        return vector / np.linalg.norm(vector)
