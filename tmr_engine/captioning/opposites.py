"""What a query does not mean: its sides exchanged, its events in another order."""

from __future__ import annotations

from .events import reordered
from .rewrite import mirror


def opposites(text: str) -> tuple[str, ...]:
    """Sentences that are wrong wherever the text is right; none where it names no side and no order."""
    mirrored, other_order = mirror(text), reordered(text)
    return tuple(other for other in (mirrored, other_order) if other and other != text)
