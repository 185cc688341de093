"""Where the clips of one gallery stand in another."""

from __future__ import annotations

import threading
from typing import Protocol
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


class Listed(Protocol):
    """Anything that holds a row for each of some clips."""

    @property
    def clip_ids(self) -> tuple[str, ...]:
        """The clips, in the order of its rows."""
        ...


_rows: WeakKeyDictionary[Listed, tuple[tuple[str, ...], Rows]] = WeakKeyDictionary()
_rows_lock = threading.Lock()


def rows_of(held: Listed, clip_ids: tuple[str, ...]) -> Rows:
    """(N,) row of each clip in `held`, -1 for none; looked up once for each pair.

    Args:
        held: has the rows.
        clip_ids: the N clips, the same object as long as they are the same.
    """
    with _rows_lock:
        known = _rows.get(held)
        if known is None or known[0] is not clip_ids:
            row_of = {clip: row for row, clip in enumerate(held.clip_ids)}
            known = clip_ids, np.array([row_of.get(clip, -1) for clip in clip_ids], dtype=np.int64)
            _rows[held] = known
        return known[1]
