"""What the engine can be asked, by method (docs/protocol.md says it in full)."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..library import Clip, Library
from ..model import SentenceEncoder, sentence_encoder_or_note
from ..motion.arrays import arrays_from_motion
from ..protocol import BadParams
from ..search import Filters, search
from .jobs import Job
from .open_libraries import OpenLibraries
from .params import Params
from .server import Answer, Method, Service

logger = logging.getLogger(__name__)

_MAX_RESULTS = 1000
_MAX_CLIPS = 1000

# a long read must not keep a search waiting, and indexing neither of them
_SEARCHING, _READING, _INDEXING = "searching", "reading", "indexing"


def make_service(model_folder: Path | None = None) -> Service:
    """The methods around one set of open libraries and one sentence encoder.

    Args:
        model_folder: the sentence model; the bundled one if left out.
    """
    methods = _Methods(model_folder)
    return Service(
        {
            "library.search": Method(_SEARCHING, methods.search),
            "library.info": Method(_SEARCHING, methods.info),
            "library.clips": Method(_SEARCHING, methods.clips),
            "motion.fetch": Method(_READING, methods.fetch),
            "library.index": Method(_INDEXING, methods.index),
        },
        warm_lane=_SEARCHING,
        warm=methods.warm,
    )


class _Methods:
    """The methods; the lanes call them, each from its own thread."""

    def __init__(self, model_folder: Path | None) -> None:
        self._model_folder = model_folder
        self._encoder: SentenceEncoder | None = None
        self._loading = threading.Lock()
        self._libraries = OpenLibraries(lambda: self._encoder_or_note()[0])

    def warm(self) -> None:
        """Loads the model and runs it once, so that the first search finds both in memory."""
        encoder, note = self._encoder_or_note()
        if encoder is None:
            logger.warning(note)
        else:
            encoder.encode([""])

    def search(self, job: Job) -> Answer:
        """Ranked clips for a sentence; by exact words alone, and saying so, where there is no model."""
        params = Params(
            job.request, "text", "library", "top", "min_duration_s", "max_duration_s", "tags", "licences"
        )
        text = params.text("text")
        top = params.count("top", 20, 1, _MAX_RESULTS)
        filters = _filters(params)
        started = time.perf_counter()
        encoder, note = self._encoder_or_note()
        library = self._library(params, job)
        job.check()
        results = search(library, encoder, text, top, filters)
        return Answer(
            {
                "query": text,
                "results": [result.as_row() for result in results],
                "seconds": round(time.perf_counter() - started, 4),
                "note": note,
            }
        )

    def info(self, job: Job) -> Answer:
        """What a library holds, in numbers."""
        return Answer(self._library(Params(job.request, "library"), job).info())

    def clips(self, job: Job) -> Answer:
        """All that is known about clips: those that are named, or a page of the library."""
        params = Params(job.request, "library", "clips", "first", "count")
        named = params.texts("clips", default=())
        first = params.count("first", 0, 0, 2**53)
        count = params.count("count", 100, 1, _MAX_CLIPS)
        if len(named) > _MAX_CLIPS:
            raise BadParams(f'"clips" names {len(named)} clips, expected at most {_MAX_CLIPS}')
        library = self._library(params, job)
        clips: Sequence[Clip] = library.clips(named) if named else library.clips()[first : first + count]
        return Answer({"clips": [_clip_row(clip) for clip in clips], "total": len(library)})

    def fetch(self, job: Job) -> Answer:
        """The motion of a clip: its arrays of numbers as arrays, everything else as values."""
        params = Params(job.request, "library", "clip")
        clip_id = params.text("clip")
        library = self._library(params, job)
        clip, motion = library.clip(clip_id), library.load(clip_id)
        numbers, texts = {}, {}
        for name, array in arrays_from_motion(motion).items():
            if array.ndim and array.dtype.kind != "U":
                numbers[name] = array
            else:
                texts[name] = array.tolist()
        about = {"clip": clip.id, "caption": clip.caption, "licence": clip.licence, "credit": clip.credit}
        return Answer(texts | about, numbers)

    def index(self, job: Job) -> Answer:
        """Brings a library up to date with folders; makes the library where there is none."""
        params = Params(job.request, "library", "paths")
        folder, paths = params.text("library"), params.texts("paths")
        if not folder:
            raise BadParams(
                '"library" is empty; the demo library takes no other motions', where="library.index"
            )
        encoder, note = self._encoder_or_note()
        report = self._libraries.open(folder, create=True).index(
            paths, encoder, progress=job.progress, cancelled=job.cancelled
        )
        return Answer(asdict(report) | {"note": note})

    def _library(self, params: Params, job: Job) -> Library:
        folder = params.text("library", default="")
        return self._libraries.open(folder) if folder else self._libraries.demo(job.progress)

    def _encoder_or_note(self) -> tuple[SentenceEncoder | None, str]:
        """See `sentence_encoder_or_note`; loaded once, and looked for again as long as it is missing."""
        with self._loading:
            note = ""
            if self._encoder is None:
                self._encoder, note = sentence_encoder_or_note(self._model_folder)
            return self._encoder, note


def _filters(params: Params) -> Filters | None:
    filters = Filters(
        min_duration_s=params.seconds("min_duration_s", 0.0),
        max_duration_s=params.seconds("max_duration_s", math.inf),
        tags=params.texts("tags", default=()),
        licences=params.texts("licences", default=()),
    )
    return None if filters == Filters(min_duration_s=0.0, max_duration_s=math.inf) else filters


def _clip_row(clip: Clip) -> dict[str, Any]:
    return asdict(clip) | {"path": str(clip.path)}
