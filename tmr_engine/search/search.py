"""A sentence to ranked clips of a library."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from ..errors import LibraryError
from ..library import Clip, Gallery, MotionGallery
from ..model import SentenceEncoder
from .facet_scan import clips_that_show, facet_scores
from .filters import Filters
from .fusion import Parts, Scores, Weights, fuse, words_part
from .gallery_scan import GalleryScan, Indices, Vector, scan_of
from .motion_scan import check_gallery, motion_scores, nearest
from .spelling import corrected

if TYPE_CHECKING:  # a search by text must not pay for reading motions
    from ..library.facets import FacetGallery
    from .motion_signal import MotionSignal

# clips whose exact words are asked for; behind them words hardly count
_WORD_HITS = 2000
# clips that are read at a time where a filter may drop some
_FIRST_PAGE = 100
_TRIES = 3

# English words of nearly every caption: they tell clips apart badly and cost full-text search its time
_COMMON = frozenset(Path(__file__).with_name("common_words.txt").read_text(encoding="ascii").split())
_TERM = re.compile(r"\w+")

Accepts = Callable[[Clip], bool]


class Collection(Protocol):
    """What a search needs of a library."""

    def gallery(self, model_id: str) -> Gallery:
        """The vectors of a model; the same object as long as nothing changes."""
        ...

    def clips(self, clip_ids: Sequence[str]) -> list[Clip]:
        """Clips by id, in the order asked for; LibraryError where one is gone."""
        ...

    def motion_gallery(self, model_id: str) -> MotionGallery:
        """The latents of a motion model; the same object as long as nothing changes."""
        ...

    def facets(self) -> FacetGallery:
        """The measured facets of the clips; the same object as long as nothing changes."""
        ...

    def words(self, query: str, limit: int) -> list[tuple[str, float]]:
        """Clips that hold words of the query: (clip id, BM25), best first."""
        ...

    def word_scores(self, gallery: Gallery, query: str, limit: int) -> Scores:
        """(N,) the same for the clips of a gallery; 0 for all but the best."""
        ...


@dataclass(frozen=True)
class Result:
    """A clip that was found.

    Args:
        rank: 1 for the best.
        clip: it.
        score: at most 1, higher is better; fused from `parts`.
        parts: "caption" and "name" (cosines with the best caption and with name and tags; 0 where the clip
            has none), "words" (0..1, exact words) and, with a motion model, "motion" (cosine with what it
            reads in the clip); "facets" (0..1) where the query asks for something that is measured.
        caption: the caption that fits the query best; the clip's name where it has none.
    """

    rank: int
    clip: Clip
    score: float
    parts: dict[str, float]
    caption: str

    def as_row(self) -> dict[str, Any]:
        """The result as it is printed and as it crosses the pipe (docs/protocol.md)."""
        return {
            "rank": self.rank,
            "clip": self.clip.id,
            "path": str(self.clip.path),
            "take": self.clip.take,
            "start": self.clip.start_s,
            "end": self.clip.end_s,
            "duration_s": self.clip.duration_s,
            "score": self.score,
            "parts": self.parts,
            "caption": self.caption,
            "licence": self.clip.licence,
            "credit": self.clip.credit,
        }


def understood(library: Collection, encoder: SentenceEncoder | None, text: str) -> str:
    """What a user meant to type: slips of the keyboard put right (`spelling`), the text itself without any.

    Words that stand in the library are left alone; so is everything where there is no encoder.
    """
    if encoder is None:
        return text
    return corrected(text, lambda word: encoder.knows(word) or bool(library.words(word, 1)))


def search(
    library: Collection,
    encoder: SentenceEncoder | None,
    text: str,
    top: int = 20,
    filters: Filters | None = None,
    *,
    weights: Weights | None = None,
    motion: MotionSignal | None = None,
) -> list[Result]:
    """The clips of a library that fit a text best.

    Text without a visible character finds nothing. Any other text, an emoji or a whole page, finds the `top`
    clips that come nearest (of a long one the first 256 word pieces count): fewer come back only where the
    library or the filters leave fewer. Equal scores are ordered by clip id. Without an encoder only clips
    that hold a word of the text are found, and the score is the words part.

    Args:
        library: where to look.
        encoder: of the model that the library was indexed with; None where there is no model.
        text: what the user typed.
        top: most results.
        filters: what a clip must be like; they hold before `top` is counted.
        weights: of the parts of the score.
        motion: a motion model, whose reading of the clips counts too; None without one.

    Raises:
        LibraryError: the library has clips but no vectors of this model, or cannot be read; or a filter names
            nothing that is measured.
    """
    if not text.strip() or top < 1:
        return []
    accepts = _accepting(library, filters)
    if encoder is None:
        return _search_words(library, text, top, accepts)
    query, meant = (encoder.encode([text])[0], None) if motion is None else motion.query(encoder, text)
    terms = " ".join(_terms(text))
    for attempt in range(_TRIES):
        gallery = library.gallery(encoder.model_id)
        _check(gallery, encoder)
        if not gallery.clip_ids:
            return []
        words = library.word_scores(gallery, terms, _WORD_HITS)
        read = None
        if motion is not None and meant is not None:
            latents = library.motion_gallery(motion.model_id)
            check_gallery(latents, motion)
            read = motion_scores(latents, gallery.clip_ids, meant)
        agreed = facet_scores(library.facets, gallery.clip_ids, text)
        signals = _Signals(query, words, read, agreed)
        scored = _score(gallery, signals, weights or Weights(), exact=filters is not None)
        try:
            return list(islice(_results(library, scored, top, accepts), top))
        except LibraryError:
            # another process removed a clip between the two reads: look again at the new state
            if attempt == _TRIES - 1 or library.gallery(encoder.model_id) is gallery:
                raise
    return []


class _Signals(NamedTuple):
    """What is known of a query: its vector, and three scores for each of N clips."""

    query: Vector
    words: Scores
    motion: Scores | None
    facets: Scores | None


class _Scored(NamedTuple):
    """n clips of a gallery (their numbers in `clips`) with their scores."""

    scan: GalleryScan
    query: Vector
    clips: Indices
    parts: Parts
    scores: Scores


def _accepting(library: Collection, filters: Filters | None) -> Accepts | None:
    """Whether a clip meets the conditions; None where there are none."""
    if filters is None or not filters.shows:
        return None if filters is None else filters.accepts
    shown = clips_that_show(library.facets(), filters.shows)
    return lambda clip: clip.id in shown and filters.accepts(clip)


def _search_words(library: Collection, text: str, top: int, accepts: Accepts | None) -> list[Result]:
    """The clips that hold words of the text, by how many and how rare those are."""
    hits = _words(library, text)
    for attempt in range(_TRIES):
        try:
            clips = library.clips(list(hits))
            break
        except LibraryError:
            fresh = _words(library, text)
            if attempt == _TRIES - 1 or fresh == hits:
                raise
            hits = fresh  # another process removed a clip between the two reads
    wanted = [clip for clip in clips if accepts is None or accepts(clip)]
    ranked = sorted(wanted, key=lambda clip: (-hits[clip.id], clip.id))[:top]
    terms = set(_terms(text))
    found = []
    for rank, clip in enumerate(ranked, start=1):
        score = words_part(hits[clip.id])
        parts = {"caption": 0.0, "name": 0.0, "words": score}
        found.append(Result(rank, clip, score, parts, _caption_with(terms, clip)))
    return found


def _caption_with(terms: set[str], clip: Clip) -> str:
    """The caption that holds most of the words, the first of equals; the clip's name without captions."""
    captions = [caption.text for caption in clip.captions]
    return max(captions, key=lambda caption: len(terms.intersection(_terms(caption))), default=clip.name)


def _words(library: Collection, text: str) -> dict[str, float]:
    terms = _terms(text)
    return dict(library.words(" ".join(terms), _WORD_HITS)) if terms else {}


def _terms(text: str) -> list[str]:
    return [term for term in _TERM.findall(text.lower()) if term not in _COMMON]


def _check(gallery: Gallery, encoder: SentenceEncoder) -> None:
    if not gallery.clip_ids and gallery.missing:
        raise LibraryError(
            "the library has no vectors of this model",
            why="It was indexed with another model, or indexing was stopped early",
            fix="Index its folders again; files that did not change are not read again",
        )
    if gallery.clip_ids and gallery.vectors.shape[1] != encoder.width:
        raise LibraryError(
            f"the library's vectors have {gallery.vectors.shape[1]} numbers, the model makes {encoder.width}",
            fix="Delete the library folder and index again",
        )


def _score(gallery: Gallery, signals: _Signals, weights: Weights, *, exact: bool) -> _Scored:
    scan = scan_of(gallery)
    clips = scan.candidates(signals.query, signals.words, exact=exact)
    for read in (signals.motion, signals.facets):
        if read is not None and len(clips) < len(read):  # else all are there already
            clips = np.union1d(clips, nearest(read))
    parts = scan.score(clips, signals.query, signals.words)._replace(
        motion=None if signals.motion is None else signals.motion[clips],
        facets=None if signals.facets is None else signals.facets[clips],
    )
    return _Scored(scan, signals.query, clips, parts, fuse(parts, weights))


def _results(library: Collection, scored: _Scored, top: int, accepts: Accepts | None) -> Iterator[Result]:
    """Results, best first; at least `top` where there are as many."""
    rank = 0
    for place, clip in _read(library, scored, top if accepts is None else len(scored.clips)):
        if accepts is not None and not accepts(clip):
            continue
        rank += 1
        best = scored.scan.best_caption(int(scored.clips[place]), scored.query)
        yield Result(
            rank=rank,
            clip=clip,
            score=float(scored.scores[place]),
            parts={
                name: float(values[place])
                for name, values in scored.parts._asdict().items()
                if values is not None
            },
            caption=clip.caption if best is None else clip.captions[best].text,
        )


def _read(library: Collection, scored: _Scored, count: int) -> Iterator[tuple[int, Clip]]:
    """The `count` best clips and their places in `scored`, read in pages that grow."""
    order = _best_first(scored, count)
    start, size = 0, _FIRST_PAGE
    while start < len(order):
        page = order[start : start + size]
        clip_ids = [scored.scan.clip_ids[number] for number in scored.clips[page].tolist()]
        yield from zip(page, library.clips(clip_ids), strict=True)
        start, size = start + size, size * 2


def _best_first(scored: _Scored, count: int) -> list[int]:
    """Places of the `count` best scores, equal ones by clip id."""
    count = min(count, len(scored.scores))
    if count == 0:
        return []
    cut = len(scored.scores) - count
    places = np.flatnonzero(scored.scores >= np.partition(scored.scores, cut)[cut])
    clip_ids = [scored.scan.clip_ids[number] for number in scored.clips[places].tolist()]
    ranked = sorted(zip((-scored.scores[places]).tolist(), clip_ids, places.tolist(), strict=True))
    return [place for _, _, place in ranked[:count]]
