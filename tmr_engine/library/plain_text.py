"""Text that a database, a pipe and a caption can hold."""

from __future__ import annotations


def plain(text: str) -> str:
    """The text with what is no Unicode spelt out.

    File names that are not UTF-8 and JSON escapes of half a character come as lone surrogates, which no
    encoder takes.
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
