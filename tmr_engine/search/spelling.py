"""Slips of the keyboard in a query: a word that is no English word, beside one that people say of motion."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

_WORDS = Path(__file__).with_name("motion_words.txt")  # the most frequent first
_WORD = re.compile(r"[a-z]{4,}")


def corrected(text: str, is_word: Callable[[str], bool]) -> str:
    """The text with slips put right; itself where there are none.

    A word of four letters or more is changed only where nobody knows it and a word of motion with the same
    first letter is one slip away: a letter left out, added, exchanged for another or with its neighbour. Two
    slips would make "crouches" of "crunches".

    Args:
        text: what the user typed.
        is_word: whether a word in lower case is one, so that it is left alone.
    """

    def right(found: re.Match[str]) -> str:
        word = found.group()
        return word if is_word(word) else _nearest(word)

    lower = text.lower()
    put_right = _WORD.sub(right, lower)
    return text if put_right == lower else put_right


def correction_note(typed: str, meant: str) -> str:
    """What the user is told about a corrected query; empty where nothing was changed."""
    return "" if typed == meant else f'Searched for "{meant}".'


def _nearest(word: str) -> str:
    """The most frequent word of motion that is one slip away; the word itself where there is none."""
    words = _motion_words()
    if word in words:
        return word
    return next((other for other in words if other[0] == word[0] and _slips(word, other) == 1), word)


@cache
def _motion_words() -> tuple[str, ...]:
    return tuple(_WORDS.read_text(encoding="ascii").split())


def _slips(one: str, other: str) -> int:
    """Fewest letters left out, added, exchanged, or swapped with a neighbour (Damerau 1964); 2 for more."""
    if abs(len(one) - len(other)) > 1:
        return 2
    before: list[int] = []
    above = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        line = [row]
        for column, wanted in enumerate(other, start=1):
            costs = [above[column] + 1, line[-1] + 1, above[column - 1] + (letter != wanted)]
            swapped = row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == wanted
            line.append(min(*costs, before[column - 2] + 1) if swapped else min(costs))
        before, above = above, line
    return above[-1]
