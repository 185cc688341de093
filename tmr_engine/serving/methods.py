"""What the engine can be asked, by method (docs/protocol.md says it in full)."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..library import Clip, Library
from ..library.places import cache_folder, models_folder
from ..model import SentenceEncoder, sentence_encoder_or_note
from ..model.installed import InstalledModels
from ..motion import Motion
from ..motion.arrays import arrays_from_motion
from ..protocol import BadParams
from ..search import Filters, correction_note, search, understood
from ..search.coverage import coverage_of
from .jobs import Job
from .open_libraries import OpenLibraries
from .open_models import OpenModel, OpenModels
from .params import Params
from .server import Answer, Method, Service

if TYPE_CHECKING:  # an engine that starts must not pay for what makes motions
    from ..generation import KeptTakes
    from ..search.motion_signal import MotionSignal

logger = logging.getLogger(__name__)

_MAX_RESULTS = 1000
_MAX_CLIPS = 1000
_MAX_SEED = 2**31 - 1  # Blender's numbers go no further
_TAKES_FOLDER = "synthesised"
_FILTERS = ("min_duration_s", "max_duration_s", "tags", "licences", "where")

# a long read must not keep a search waiting, and indexing and generating neither of them
_SEARCHING, _READING, _INDEXING, _GENERATING = "searching", "reading", "indexing", "generating"


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
            "models.list": Method(_SEARCHING, methods.models),
            "motion.generate": Method(_GENERATING, methods.generate),
        },
        warm_lane=_SEARCHING,
        warm=methods.warm,
    )


class _Motion(NamedTuple):
    """What a motion model adds to a search.

    Args:
        model: its name; empty where none is asked for.
        signal: the model; None where it has not read the library.
        unread: clips that it has not read.
        note: what the user must know about that; may be empty.
    """

    model: str = ""
    signal: MotionSignal | None = None
    unread: int = 0
    note: str = ""


class _Methods:
    """The methods; the lanes call them, each from its own thread."""

    def __init__(self, model_folder: Path | None) -> None:
        self._model_folder = model_folder
        self._encoder: SentenceEncoder | None = None
        self._loading = threading.Lock()
        self._libraries = OpenLibraries(lambda: self._encoder_or_note()[0])
        self._models = OpenModels(InstalledModels(models_folder()))

    def warm(self) -> None:
        """Loads the models and runs them once, so that the first search finds all in memory."""
        encoder, note = self._encoder_or_note()
        if encoder is None:
            logger.warning(note)
            return
        encoder.encode([""])
        model = self._models.open("")
        if model:
            model.signal.sentences([""])

    def search(self, job: Job) -> Answer:
        """Ranked clips for a sentence; by exact words alone, and saying so, where there is no model."""
        params = Params(job.request, "text", "library", "top", *_FILTERS, "model")
        text = params.text("text")
        top = params.count("top", 20, 1, _MAX_RESULTS)
        filters, model = _filters(params), params.text("model", default="")
        started = time.perf_counter()
        encoder, note = self._encoder_or_note()
        chosen = self._models.open(model) if encoder else None
        library = self._library(params, job)
        motion = _motion_of(library, chosen) if chosen else _Motion()
        job.check()
        meant = understood(library, encoder, text)
        results = search(library, encoder, meant, top, filters, motion=motion.signal)
        return Answer(
            {
                "query": text,
                "results": [result.as_row() for result in results],
                "seconds": round(time.perf_counter() - started, 4),
                "note": " ".join(filter(None, [note or motion.note, correction_note(text, meant)])),
                "model": motion.model,
                "unread": motion.unread,
            }
        )

    def models(self, job: Job) -> Answer:
        """The motion models that can be chosen."""
        Params(job.request)
        return Answer({"models": self._models.rows(), "default": self._models.default_name()})

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
        from ..generation import SYNTHESISED  # noqa: PLC0415  see the head of this file

        params = Params(job.request, "library", "clip")
        clip_id = params.text("clip")
        takes = _kept_takes()
        if takes.is_id(clip_id):
            take = takes.take(clip_id)
            return _fetched(
                take.load(), clip_id, take.text, take.licence, take.credit, synthesised=take.made_by
            )
        library = self._library(params, job)
        clip, motion = library.clip(clip_id), library.load(clip_id)
        made_by = (clip.credit or SYNTHESISED) if SYNTHESISED in clip.tags else ""
        return _fetched(motion, clip.id, clip.caption, clip.licence, clip.credit, synthesised=made_by)

    def index(self, job: Job) -> Answer:
        """Brings a library up to date with folders, making it where there is none, and with a model."""
        params = Params(job.request, "library", "paths", "model")
        folder, paths = params.text("library", default=""), params.texts("paths", default=())
        chosen = self._models.open(params.text("model", default=""))
        if paths and not folder:
            raise BadParams(
                '"library" is empty; the demo library takes no other motions', where="library.index"
            )
        if not paths and chosen is None:
            raise BadParams(
                '"paths" is empty, and there is no model to read the clips', where="library.index"
            )
        encoder, note = self._encoder_or_note()
        library = self._libraries.open(folder, create=bool(paths)) if folder else self._library(params, job)
        report = library.index(paths, encoder, progress=job.progress, cancelled=job.cancelled)
        unread: list[str] = []
        if chosen:
            unread = library.read_motions(
                chosen.signal,
                progress=lambda done, clips: job.progress(done, clips, "Reading motions"),
                cancelled=job.cancelled,
            )
        values = asdict(report) | {"warnings": [*report.warnings, *unread]}
        return Answer(values | {"note": note, "model": chosen.name if chosen else ""})

    def generate(self, job: Job) -> Answer:
        """New motions for a sentence, kept in the cache folder for `motion.fetch`."""
        from ..generation import MOST_TAKES, synthesise  # noqa: PLC0415  see the head of this file

        params = Params(job.request, "text", "seconds", "seed", "takes", "model")
        text, seconds = params.text("text"), params.seconds("seconds", 4.0)
        seed, count = params.count("seed", 0, 0, _MAX_SEED), params.count("takes", 1, 1, MOST_TAKES)
        started = time.perf_counter()
        chosen = self._models.required(params.text("model", default=""))
        takes = synthesise(
            chosen.signal.model,
            text,
            seconds,
            seed=seed,
            takes=count,
            progress=lambda done, takes: job.progress(done, takes, "Generating"),
            cancelled=job.cancelled,
        )
        kept = _kept_takes()
        return Answer(
            {
                "query": text,
                "results": [kept.keep(take).as_row(rank) for rank, take in enumerate(takes, start=1)],
                "seconds": round(time.perf_counter() - started, 4),
                "model": chosen.name,
            }
        )

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


def _motion_of(library: Library, chosen: OpenModel) -> _Motion:
    if not chosen.reads_text:
        why = f"the model {chosen.name} reads no sentences: its text model is not part of this product"
        return _Motion(chosen.name, note=f"Only texts were compared, because {why}.")
    read = coverage_of(library, chosen.signal.model_id)
    signal = chosen.signal if read.is_usable else None
    return _Motion(chosen.name, signal, read.unread, read.note(chosen.name))


def _kept_takes() -> KeptTakes:
    from ..generation import KeptTakes  # noqa: PLC0415  see the head of this file

    return KeptTakes(cache_folder() / _TAKES_FOLDER)


def _fetched(
    motion: Motion, clip: str, caption: str, licence: str, credit: str, *, synthesised: str
) -> Answer:
    numbers, texts = {}, {}
    for name, array in arrays_from_motion(motion).items():
        if array.ndim and array.dtype.kind != "U":
            numbers[name] = array
        else:
            texts[name] = array.tolist()
    about = {
        "clip": clip,
        "caption": caption,
        "licence": licence,
        "credit": credit,
        "synthesised": synthesised,
    }
    return Answer(texts | about, numbers)


def _filters(params: Params) -> Filters | None:
    filters = Filters(
        min_duration_s=params.seconds("min_duration_s", 0.0),
        max_duration_s=params.seconds("max_duration_s", math.inf),
        tags=params.texts("tags", default=()),
        licences=params.texts("licences", default=()),
        shows=params.text("where", default=""),
    )
    return None if filters == Filters(min_duration_s=0.0, max_duration_s=math.inf) else filters


def _clip_row(clip: Clip) -> dict[str, Any]:
    return asdict(clip) | {"path": str(clip.path)}
