"""Captions that are wrong of the motion they were written for: its hardest negatives."""

from __future__ import annotations

import hashlib

from ..captioning.events import reordered
from ..captioning.rewrite import mirror


def contradicted(caption: str, *, order: bool, sides: bool) -> str:
    """The caption with its events in another order, or with its sides exchanged; "" where it has neither.

    Of a caption that allows both, one is drawn by the caption itself: the same on every machine.

    Args:
        caption: as it was written.
        order: whether events may change their order (Fujiwara et al. 2024).
        sides: whether left and right may be exchanged. Sentence models hardly tell the two apart, so nothing
            but the motions can teach it.
    """
    mirrored = mirror(caption) if sides else caption
    found = [text for text in (reordered(caption) if order else "", mirrored) if text and text != caption]
    if not found:
        return ""
    digest = hashlib.blake2b(caption.encode("utf-8"), digest_size=1).digest()
    return found[digest[0] % len(found)]
