"""HumanML3D and KIT-ML as Guo et al. (2022) lay them out.

    train.txt val.txt test.txt all.txt          one key a line; mirrored clips are keys of their own ("M...")
    texts/<key>.txt                             caption#caption with parts of speech#from#to
    new_joint_vecs/<key>.npy                    features: 263 numbers at 20 fps, KIT-ML 251 at 12.5 fps
    new_joints/<key>.npy                        joints, taken where there are no features

From and to are seconds; 0 and 0 (or nan) mean the whole motion.
"""

from __future__ import annotations

import math
from pathlib import Path

from ..errors import TMRError
from ..features import FEATURE_FPS, FEATURE_WIDTH
from .dataset import Caption, Dataset, DatasetError, Item, MotionPlace
from .layout import PUBLISHED_LIMITS, Layout, Places, left_out, split_file
from .motions import KIT_WIDTH, FeatureReader
from .text_files import read_keys, read_text

KIT_FPS = 12.5
_FOLDERS = ("new_joint_vecs", "new_joints")


def recognises(folder: Path) -> bool:
    """Whether a folder holds texts beside features or joints."""
    return (folder / "texts").is_dir() and any((folder / name).is_dir() for name in _FOLDERS)


def load(folder: Path, split: str, places: Places) -> Dataset:
    """The keys of a split that have a text and a motion.

    Raises:
        DatasetError: there is no such split, or a text is damaged.
    """
    motions = places.motions or next(folder / name for name in _FOLDERS if (folder / name).is_dir())
    items, absent = [], 0
    for key in read_keys(split_file(folder, split)):
        text, motion = folder / "texts" / f"{key}.txt", motions / f"{key}.npy"
        if not (text.is_file() and motion.is_file()):
            absent += 1
            continue
        items.append(Item(key, MotionPlace(motion), _captions(text)))
    reader = FeatureReader(places.body_models)
    width, fps = FEATURE_WIDTH, FEATURE_FPS
    if motions.name == _FOLDERS[0] and _first_width(items, reader) == KIT_WIDTH:
        width, fps = KIT_WIDTH, KIT_FPS
    warnings = left_out(absent, "keys without a text or a motion")
    kept = [item for item in items if item.captions]
    return Dataset(folder.name, split, kept, reader, fps=fps, width=width, warnings=warnings)


def _first_width(items: list[Item], reader: FeatureReader) -> int:
    """Numbers in a frame of the first motion that can be read."""
    for item in items:
        try:
            return int(reader(item.motion).shape[1])
        except (TMRError, OSError):
            continue  # told when the item is asked for
    return FEATURE_WIDTH


def _captions(path: Path) -> tuple[Caption, ...]:
    captions = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            text, _, start, end = line.rsplit("#", 3)
            start_s, end_s = float(start), float(end)
        except ValueError as error:
            raise DatasetError(
                "the line is not caption#tokens#from#to", where=f"{path}, line {number}"
            ) from error
        whole = math.isnan(start_s) or math.isnan(end_s) or end_s <= 0.0
        captions.append(Caption(text.strip()) if whole else Caption(text.strip(), start_s, end_s))
    return tuple(captions)


LAYOUT = Layout("HumanML3D or KIT-ML", PUBLISHED_LIMITS, recognises, load)
