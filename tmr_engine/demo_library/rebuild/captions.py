"""Captions: three a clip, written by people who looked at the sheets; merged and checked here."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path

from ...errors import LibraryError
from ...formats.pack import Pack
from ...motion import Motion
from ...motion.facts import measure
from .packs import write_table
from .sheets import hand_activity
from .sources import CAPTIONS, PACK

A_CLIP = 3
COLUMNS = ("file", "take", "start", "end", "text", "origin")
ORIGIN = "written for the demo library"
SHORTEST, LONGEST = 4, 160  # characters

_ARM = re.compile(r"\b(left|right) (?:hand|arm|fist|forearm|elbow)")
_TURN = re.compile(r"\bturns?\b[^,]*\bto the (left|right)\b")
_BUSY_M = 1.0  # metres of hand path from which a hand can be called the busy one
_BUSIER = 4.0
_TURNED_DEG = 60.0


def merge(folder: Path, files: Iterable[Path]) -> list[str]:
    """Write `captions.csv` of a folder from what is in it and further files.

    Args:
        folder: of the demo library, with its pack.
        files: csv with the columns take and text; a take that a file captions loses its older captions.
            Takes of other folders are passed over.

    Returns:
        What is wrong, one sentence each; then nothing was written.
    """
    pack = Pack.open(folder / PACK)
    texts = _texts([folder / CAPTIONS] if (folder / CAPTIONS).is_file() else [])
    texts.update(_texts(files))
    kept = {take: texts.get(take, []) for take in pack.takes}
    problems = [problem for take in pack.takes for problem in check(take, kept[take], pack.read(take))]
    if not problems:
        rows = ((PACK, take, "", "", text, ORIGIN) for take in pack.takes for text in kept[take])
        write_table(folder / CAPTIONS, COLUMNS, rows)
    return problems


def check(take: str, texts: list[str], motion: Motion) -> list[str]:
    """What is wrong with the captions of a clip, one sentence each."""
    problems = []
    if len(texts) != A_CLIP:
        problems.append(f"{take} has {len(texts)} captions instead of {A_CLIP}.")
    if len({text.lower() for text in texts}) != len(texts):
        problems.append(f"{take} has the same caption twice.")
    for text in texts:
        if not SHORTEST <= len(text) <= LONGEST or text != " ".join(text.split()):
            problems.append(f'{take}: "{text}" is too short, too long or not tidy.')
    return problems + _wrong_sides(take, texts, motion)


def _wrong_sides(take: str, texts: list[str], motion: Motion) -> list[str]:
    """Captions that name one hand alone where the other does nearly everything, or the wrong turn."""
    left, right = hand_activity(motion)
    busy = ""
    if max(left, right) > _BUSY_M and max(left, right) > _BUSIER * min(left, right):
        busy = "left" if left > right else "right"
    turn = measure(motion).net_turn_deg
    turned = ("left" if turn > 0 else "right") if abs(turn) > _TURNED_DEG else ""
    problems = []
    for text in texts:
        arms = set(_ARM.findall(text))
        if busy and arms and busy not in arms:
            problems.append(f'{take}: "{text}" leaves out the {busy} hand, which moves most.')
        turns = set(_TURN.findall(text))
        if turned and turns and turned not in turns:
            problems.append(f'{take}: "{text}" has the wrong side, it turns to the {turned}.')
    return problems


def _texts(files: Iterable[Path]) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for path in files:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            if not {"take", "text"} <= set(rows.fieldnames or ()):
                raise LibraryError("the file has no columns take and text", where=str(path))
            here: dict[str, list[str]] = {}
            for row in rows:
                here.setdefault(row["take"], []).append(row["text"].strip())
        texts.update(here)
    return texts
