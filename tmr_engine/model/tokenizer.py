"""WordPiece: text to the token ids of an uncased BERT model."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from ..errors import BundleError
from .characters import words_of

_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_LONGEST_WORD = 100  # characters; longer ones are unknown, as in the reference
_CACHED_WORDS = 1 << 16


class WordPieceTokenizer:
    """Splits text into the longest pieces that the vocabulary knows, from left to right.

    Args:
        vocabulary: piece -> id; a piece that continues a word starts with "##".
        max_tokens: ids of one text at most, [CLS] and [SEP] included; what is longer is cut.

    Raises:
        BundleError: the vocabulary lacks one of the special tokens.
    """

    def __init__(self, vocabulary: dict[str, int], max_tokens: int) -> None:
        missing = [token for token in _SPECIAL if token not in vocabulary]
        if missing:
            raise BundleError(f"the vocabulary has no {missing[0]}", why="It is not that of a BERT model")
        self._vocabulary = vocabulary
        self._longest_piece = max(map(len, vocabulary))
        self._max_words = max_tokens - 2
        self._special = re.compile("(" + "|".join(map(re.escape, _SPECIAL)) + ")")
        self._unknown, self._start, self._end = (vocabulary[token] for token in ("[UNK]", "[CLS]", "[SEP]"))
        self._pieces = lru_cache(_CACHED_WORDS)(self._split_word)

    @classmethod
    def from_file(cls, path: Path, max_tokens: int) -> WordPieceTokenizer:
        """Reads a vocabulary: UTF-8, one piece a line, its id is its line.

        Raises:
            BundleError: the file cannot be read or is not a vocabulary.
        """
        try:
            text = path.read_bytes().decode("utf-8")
        except OSError as error:
            raise BundleError("the vocabulary cannot be read", where=str(path), why=str(error)) from error
        except UnicodeDecodeError as error:
            raise BundleError("the vocabulary is not UTF-8 text", where=str(path)) from error
        # only "\n" ends a line here: pieces may be other characters that Python takes for line ends
        pieces = text.removesuffix("\n").split("\n")
        return cls(dict(zip(pieces, range(len(pieces)), strict=True)), max_tokens)

    @property
    def size(self) -> int:
        """Number of pieces."""
        return len(self._vocabulary)

    def holds(self, word: str) -> bool:
        """Whether a word in lower case stands whole in the vocabulary."""
        return word in self._vocabulary

    def encode(self, text: str) -> list[int]:
        """The ids of a text, [CLS] first and [SEP] last.

        A special token that stands in the text as written ("[MASK]") is that token, as in the reference.
        """
        ids = [self._start]
        for part in self._special.split(text):
            if part in _SPECIAL:
                ids.append(self._vocabulary[part])
                continue
            for word in words_of(part):
                ids.extend(self._pieces(word))
                if len(ids) > self._max_words:
                    break
        return [*ids[: self._max_words + 1], self._end]

    def _split_word(self, word: str) -> tuple[int, ...]:
        if len(word) > _LONGEST_WORD:
            return (self._unknown,)
        pieces = []
        begin, prefix = 0, ""
        while begin < len(word):
            for end in range(min(len(word), begin + self._longest_piece), begin, -1):
                piece = self._vocabulary.get(prefix + word[begin:end])
                if piece is not None:
                    break
            else:
                return (self._unknown,)  # one unknown piece makes the whole word unknown
            pieces.append(piece)
            begin, prefix = end, "##"
        return tuple(pieces)
