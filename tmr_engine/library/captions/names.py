"""Words out of file and folder names: "WalkFwd_Turn-L03" says "walk forward turn left".

names.json holds what is left out, what is spelt out, and the endings of the 100STYLE files ("Angry_FW").
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_FOLDERS = 2  # folder names further up say where a collection lies, not what a clip shows
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SPLIT = re.compile(r"[\W_\d]+")


def clean_name(name: str) -> str:
    """The words of a name in lower case; empty where it has none.

    Args:
        name: a file name without suffix, or a folder or take name.
    """
    first, ending = _split_ending(name)
    words: list[str] = []
    for part in _SPLIT.split(_CAMEL.sub(" ", first)):
        words += _spell_out(part.lower())
    return " ".join([*words, *ending.split()])


def name_of(path: Path, root: Path, take: str) -> str:
    """The words of a clip's names: folders below the indexed one, file, and take; each word once.

    Args:
        path: the motion file.
        root: the folder that was indexed.
        take: of the file; empty where it holds one.
    """
    folders = path.parent.relative_to(root).parts if path.is_relative_to(root) else ()
    parts = [*folders[-_FOLDERS:], path.stem, take]
    words = " ".join(clean_name(part) for part in parts).split()
    return " ".join(dict.fromkeys(words))


def _split_ending(name: str) -> tuple[str, str]:
    first, separator, last = name.rpartition("_")
    if separator and last in _data()["endings"] and first[:1].isupper() and first.isalpha():
        return first, _data()["endings"][last]
    return name, ""


def _spell_out(word: str) -> list[str]:
    if not word or word in _data()["noise"]:
        return []
    spelt: str = _data()["words"].get(word, word if len(word) > 1 else "")
    return spelt.split()


@cache
def _data() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = json.loads(Path(__file__).with_name("names.json").read_text(encoding="utf-8"))
    return loaded
