"""The measured facets of the clips, which queries are held against."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from ..captioning.facet_table import FacetTable
from ..captioning.stored import unpacked
from .schema import read_generation, transaction


@dataclass(frozen=True, eq=False)
class FacetGallery:
    """The facets of a library, as of one committed state.

    Args:
        generation: of the library.
        clip_ids: the N clips that have facets; the others show no human body.
        table: theirs.
    """

    generation: int
    clip_ids: tuple[str, ...]
    table: FacetTable


def load_facets(connection: sqlite3.Connection) -> FacetGallery:
    """The facets of every clip that has any; those of a version that measured other things are left out."""
    with transaction(connection, "DEFERRED"):  # one snapshot for all that is read
        rows = connection.execute(
            "SELECT clips.id, facets FROM facets JOIN clips ON clips.number = facets.clip ORDER BY clips.id"
        ).fetchall()
        generation = read_generation(connection)
    known = [(clip, facets) for clip, row in rows if (facets := unpacked(row)) is not None]
    return FacetGallery(
        generation, tuple(clip for clip, _ in known), FacetTable([facets for _, facets in known])
    )
