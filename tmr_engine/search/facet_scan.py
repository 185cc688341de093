"""What a query asks of the measured facets of the clips of a text gallery."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ..captioning.query import agreement, holds, parse
from ..errors import LibraryError
from .alignment import rows_of
from .fusion import Scores

if TYPE_CHECKING:
    from ..library.facets import FacetGallery


def facet_scores(facets: Callable[[], FacetGallery], clip_ids: tuple[str, ...], text: str) -> Scores | None:
    """(N,) 0..1 how well each clip does what a text asks of facets; 0 for a clip without facets.

    Args:
        facets: gives those of the library; asked only where the text speaks of any.
        clip_ids: the N clips, the same object as long as they are the same.
        text: the query.

    Returns:
        None where the text asks for none ("something sad"), or no clip has any.
    """
    asked = parse(text)
    if not asked:
        return None
    gallery = facets()
    if not gallery.clip_ids:
        return None
    agreed = np.append(agreement(asked, gallery.table), 0.0)  # the last for the clips without facets
    scores: Scores = agreed[rows_of(gallery, clip_ids)]
    return scores


def clips_that_show(gallery: FacetGallery, text: str) -> frozenset[str]:
    """The clips in which all that a text names was measured.

    Raises:
        LibraryError: the text names nothing that is measured.
    """
    asked = parse(text)
    if not asked:
        raise LibraryError(
            f'"{text}" is nothing that is measured in motions',
            fix="Say for instance: turns left, in place, faster than 2 m/s, two jumps",
        )
    shown = holds(asked, gallery.table).tolist()
    return frozenset(clip for clip, shows in zip(gallery.clip_ids, shown, strict=True) if shows)
