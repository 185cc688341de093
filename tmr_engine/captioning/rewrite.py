"""Captions changed as their motions are: mirrored, faster or slower, joined, and said in other words."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from .grammar import pick

_WORDS: dict[str, Any] = json.loads(
    Path(__file__).with_name("rewrite_words.json").read_text(encoding="utf-8")
)
_OTHER = {one: other for pair in _WORDS["mirror"] for one, other in (pair, pair[::-1])}


def _any_of(words: list[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_SPELLING = re.compile(rf"(?<!\w)(?:{_any_of(list(_WORDS['spellings']))})(?!\w)", re.IGNORECASE)
# the words around are the same for left and right, so that mirroring twice gives the sentence back
_SIDE = re.compile(
    rf"(?<!\w)(?:(?P<before>(?:{_any_of(_WORDS['no_side_before'])})\s+))?"
    rf"(?P<side>{_any_of(list(_OTHER))})"
    rf"(?P<after>(?=\s+(?:{_any_of(_WORDS['no_side_after'])})(?!\w)))?(?!\w)",
    re.IGNORECASE,
)
_TEMPO = {
    way: re.compile(rf"\s+(?:{_any_of(_WORDS[way])})(?!\w)", re.IGNORECASE) for way in ("faster", "slower")
}
_SUBJECT = re.compile(rf"^(?:{_any_of(_WORDS['subjects'])})\s+", re.IGNORECASE)


def mirror(text: str) -> str:
    """The caption of the mirrored motion: left and right, clockwise and counterclockwise exchanged.

    "right now", "all right" and "left the room" are no sides and stay. Mirroring twice gives the caption
    back, but for the spelling of "anticlockwise".
    """
    return _SIDE.sub(_other_side, usual_spelling(text))


def usual_spelling(text: str) -> str:
    """A text with "anticlockwise" and the like as `mirror` writes them."""
    return _SPELLING.sub(lambda found: _like(found.group(), _WORDS["spellings"][found.group().lower()]), text)


def side_words(text: str) -> list[int]:
    """Where the words stand that `mirror` exchanges, in a text of usual spelling."""
    return [found.start("side") for found in _SIDE.finditer(text) if _is_side(found)]


def _other_side(found: re.Match[str]) -> str:
    if not _is_side(found):
        return found.group()
    side = found.group("side")
    return f"{found.group('before') or ''}{_like(side, _OTHER[side.lower()])}"


def _is_side(found: re.Match[str]) -> bool:
    if found.group("side").lower() not in ("left", "right"):
        return True
    if found.group("before") is not None:
        return False
    # "bends right down", but "bends to the right down to the floor"
    named = found.string[: found.start("side")].lower().endswith(("the ", "your "))
    return found.group("after") is None or named


def _like(old: str, new: str) -> str:
    """A word with the capitals of another."""
    if old.isupper() and len(old) > 1:
        return new.upper()
    return new.capitalize() if old[0].isupper() else new


def tempo(text: str, *, faster: bool) -> str:
    """The caption of the motion played clearly faster, or slower.

    What says so already stays; a word of the opposite goes; else "quickly" or "slowly" is said.
    """
    same, opposite = ("faster", "slower") if faster else ("slower", "faster")
    if _TEMPO[same].search(text):
        return text
    if _TEMPO[opposite].search(text):
        return _TEMPO[opposite].sub("", text)
    bare = text.rstrip(" .")
    return f"{bare} {_WORDS[same][0]}{text[len(bare) :].strip()}"


def joined(first: str, second: str, *, ordered: bool = True, key: object = "") -> str:
    """One caption of two motions that follow each other.

    Args:
        first, second: captions, in the order of their motions. Exchanged, they are the caption of the
            reversed order.
        ordered: with words for the order ("then"), or without ("and").
        key: draws the words.
    """
    one = first.strip().rstrip(".")
    other = second.strip().rstrip(".")
    # the subject is told once where both have one
    if _SUBJECT.match(one):
        other = _SUBJECT.sub("", other)
    other = other[:1].lower() + other[1:]
    way: str = pick(_WORDS["ordered" if ordered else "unordered"], key, one, other)
    return way.replace("{a}", one).replace("{b}", other)


def paraphrased(text: str, key: object) -> str:
    """The caption with some words exchanged for others of their group; the same key gives the same words."""
    for group in _WORDS["synonyms"]:
        word = re.compile(rf"(?<!\w)(?:{_any_of(group)})(?!\w)", re.IGNORECASE)
        found = word.search(text)
        if found:
            other = _like(found.group(), pick(group, key, found.group()))
            text = f"{text[: found.start()]}{other}{text[found.end() :]}"
    return text
