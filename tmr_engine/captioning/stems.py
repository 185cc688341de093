"""Plain forms of the verbs and nouns that a table of words knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_ENDINGS = ("ing", "ed", "es", "s")


class Stems:
    """Brings words to the forms of a vocabulary.

    Args:
        vocabulary: the words as the table has them.
        irregular: other forms ("swung") and what they are forms of.
    """

    def __init__(self, vocabulary: Iterable[str], irregular: Mapping[str, str]) -> None:
        self._vocabulary = frozenset(vocabulary)
        self._irregular = irregular

    def of(self, word: str) -> str:
        """The plain form of a word; the word itself where none is known."""
        if word in self._irregular:
            return self._irregular[word]
        if word in self._vocabulary:
            return word
        for ending in _ENDINGS:
            bare = word.removesuffix(ending)
            if bare == word or len(bare) < 3:
                continue
            doubled = bare[:-1] if bare[-1] == bare[-2] else bare  # "stepping"
            for stem in (bare, f"{bare}e", doubled):
                if stem in self._vocabulary:
                    return stem
        return word
