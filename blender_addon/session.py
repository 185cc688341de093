"""The one conversation with the engine: what was asked, what came, and what the panels shall show of it.

Nothing of it is saved in a file. The engine starts with the first question, not with Blender.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy

from ._engine import protocol
from .answers import FetchedClip, fetched_clip, fill_models, fill_results
from .engine.client import EngineClient, State
from .engine.pump import new_client
from .messages import Complaint, masked, user_message
from .preferences import library_folder, own_library_folder, preferences, user_folder
from .properties import state

_TOP = 50
_KEPT_CLIPS = 16  # motions kept at hand: a redo or a second insert needs no engine
_LOG_NAME = "engine.log"
_EDITORS = {"VIEW_3D", "DOPESHEET_EDITOR", "GRAPH_EDITOR", "NLA_EDITOR"}


class Session:
    """Requests of the user interface and what came of them. Used on Blender's main thread only."""

    def __init__(self) -> None:
        self._client: EngineClient | None = None
        self._outcome = "Ready"  # what the status line says while the engine has nothing to do
        self._search: int | None = None
        self._generating: int | None = None
        self._job: int | None = None
        self._fetches: dict[str, int] = {}
        self._clips: OrderedDict[str, FetchedClip] = OrderedDict()

    # --- search ------------------------------------------------------------------------------------------

    def search(self, text: str) -> None:
        """Asks for clips; a newer question replaces one that has no answer yet."""
        self._give_up_question()
        if not state().has_models:
            self.list_models()
        self._search = self._engine().request(
            "library.search",
            self._in_library({"text": text, "top": _TOP, "model": preferences().model}),
            self._show_results,
            self._search_failed,
            label="Searching",
        )
        self.refresh()

    @property
    def is_searching(self) -> bool:
        """Whether an answer is awaited."""
        return self._search is not None

    def _show_results(self, result: protocol.Result) -> None:
        self._search = None
        found = fill_results(state(), result.values)
        self._outcome = _count(found, "result") if found else "Nothing found. Try other words"

    def _search_failed(self, error: protocol.Error) -> None:
        self._search = None
        state().results.clear()
        self.show_error(error)

    def wait_for_search(self, limit_s: float) -> bool:
        """Waits for the answer, as a script must; False when none came in time, or an error."""
        return self._wait(lambda: not self.is_searching, limit_s) and not state().has_error

    def _give_up_question(self) -> None:
        """Cancels what would fill the result list: it shows the answer to the newest question."""
        self.clear_error()
        if self._search is not None:
            self._engine().cancel(self._search)
            self._search = None
        self.cancel_generating()

    # --- generating --------------------------------------------------------------------------------------

    def generate(self, text: str, seconds: float, seed: int, takes: int) -> None:
        """Asks for new motion; the takes fill the result list."""
        self._give_up_question()
        self._generating = self._engine().request(
            "motion.generate",
            {"text": text, "seconds": seconds, "seed": seed, "takes": takes, "model": preferences().model},
            self._show_takes,
            self._generating_failed,
            label="Generating",
        )
        state().is_generating = True
        self.refresh()

    def cancel_generating(self) -> None:
        """Stops it; the result list stays as it is."""
        if self._generating is not None:
            self._engine().cancel(self._generating)
            self._generating_ended()
            self.say("Generating was cancelled")

    def wait_for_takes(self, limit_s: float) -> bool:
        """Waits for the takes, as a script must; False when none came in time, or an error."""
        return self._wait(lambda: self._generating is None, limit_s) and not state().has_error

    def _show_takes(self, result: protocol.Result) -> None:
        self._generating_ended()
        self._outcome = f"{_count(fill_results(state(), result.values), 'take')}, synthesised"

    def _generating_failed(self, error: protocol.Error) -> None:
        self._generating_ended()
        self.show_error(error)

    def _generating_ended(self) -> None:
        self._generating = None
        state().is_generating = False

    # --- models ------------------------------------------------------------------------------------------

    def list_models(self) -> None:
        """Asks which motion models there are."""
        self._engine().request(
            "models.list",
            {},
            lambda result: fill_models(state(), result.values),
            self.show_error,
            label="Looking for models",
        )
        self.refresh()

    def wait_for_models(self, limit_s: float) -> bool:
        """Waits for the list of models, as a script must; False when it did not come in time."""
        return self._wait(lambda: state().has_models, limit_s)

    # --- the motion of a clip ----------------------------------------------------------------------------

    def fetch(self, clip: str) -> None:
        """Has the engine hand over a clip's motion, unless it is here or on its way."""
        if clip in self._clips or clip in self._fetches:
            return
        self.clear_error()
        self._fetches[clip] = self._engine().request(
            "motion.fetch",
            self._in_library({"clip": clip}),
            lambda result: self._keep_clip(clip, result),
            lambda error: self._fetch_failed(clip, error),
            label="Reading the clip",
        )
        self.refresh()

    def is_fetching(self, clip: str) -> bool:
        """Whether the clip is on its way."""
        return clip in self._fetches

    def fetched(self, clip: str) -> FetchedClip | None:
        """The clip, if it is here."""
        return self._clips.get(clip)

    def _keep_clip(self, clip: str, result: protocol.Result) -> None:
        del self._fetches[clip]
        self._clips[clip] = fetched_clip(result)
        if len(self._clips) > _KEPT_CLIPS:
            self._clips.popitem(last=False)

    def _fetch_failed(self, clip: str, error: protocol.Error) -> None:
        del self._fetches[clip]
        self.show_error(error)

    def wait_for_clip(self, clip: str, limit_s: float) -> FetchedClip | None:
        """The clip, after waiting for it as a script must; None when it failed or took too long."""
        self._wait(lambda: not self.is_fetching(clip), limit_s)
        return self.fetched(clip)

    # --- indexing ----------------------------------------------------------------------------------------

    @property
    def is_indexing(self) -> bool:
        """Whether folders are being indexed."""
        return self._job is not None

    def index(self, folders: list[str]) -> None:
        """Adds folders to the user's own library, or brings them up to date."""
        params = {"library": str(own_library_folder()), "paths": folders}
        self._start_indexing("Looking for motion files", params, self._index_done)

    def read_motions(self) -> None:
        """Has the chosen model read the clips of the library that is searched."""
        self._start_indexing("Reading motions", self._in_library({}), self._motions_read)

    def _start_indexing(
        self, job: str, params: dict[str, Any], on_result: Callable[[protocol.Result], None]
    ) -> None:
        self.clear_error()
        state().job, state().progress = job, 0.0
        self._job = self._engine().request(
            "library.index",
            params | {"model": preferences().model},
            on_result,
            self._index_failed,
            on_progress=self._show_progress,
            label="Indexing",
            limit_s=math.inf,  # it ends when it ends; there is a button to cancel it
        )
        self.refresh()

    def cancel_indexing(self) -> None:
        """Stops the indexing; what is done stays."""
        if self._job is not None:
            self._engine().cancel(self._job)
            self._index_ended("Indexing was cancelled. What is done stays")

    def wait_for_indexing(self, limit_s: float) -> bool:
        """Waits for the end of the indexing, as a script must; False when it goes on."""
        return self._wait(lambda: not self.is_indexing, limit_s)

    def _show_progress(self, progress: protocol.Progress) -> None:
        shown = state()
        shown.progress = progress.done / progress.total if progress.total else 0.0
        shown.job = masked(progress.text) or f"{progress.done} of {progress.total}"

    def _index_done(self, result: protocol.Result) -> None:
        report, shown = result.values, state()
        changes = [f"{report[name]} {name}" for name in ("added", "updated", "removed") if report[name]]
        summary = f"{_count(report['clips'], 'clip')} in your library, {', '.join(changes) or 'no change'}"
        self._index_ended(summary)
        shown.index_summary = summary
        for entry in report["failed"]:
            row = shown.failures.add()
            row.path, row.reason = masked(entry["path"]), masked(entry["reason"])
        preferences().library = "OWN"  # this searches there for the sentence in the search box

    def _motions_read(self, result: protocol.Result) -> None:
        report, shown = result.values, state()
        self._index_ended(f"{_count(report['clips'], 'clip')} read by {report['model']}")
        shown.unread, shown.note = 0, ""
        if shown.query.strip():
            self.search(shown.query)

    def _index_failed(self, error: protocol.Error) -> None:
        self._index_ended("Indexing failed")
        self.show_error(error)

    def _index_ended(self, outcome: str) -> None:
        self._job = None
        shown = state()
        shown.job, shown.progress, shown.index_summary = "", 0.0, ""
        shown.failures.clear()
        self.say(outcome)

    # --- errors and status -------------------------------------------------------------------------------

    def show_error(self, error: Complaint) -> None:
        """Opens the error box: the sentence, the advice and the button that helps."""
        message, shown = user_message(error), state()
        shown.error, shown.advice, shown.has_error = message.sentence, message.advice, True
        shown.fix_operator = message.fix.operator if message.fix else ""
        shown.fix_label = message.fix.label if message.fix else ""
        self.refresh()

    def clear_error(self) -> None:
        """Closes the error box."""
        state().has_error = False
        self.refresh()

    def say(self, outcome: str) -> None:
        """What the status line says until something else happens."""
        self._outcome = outcome
        self.refresh()

    def refresh(self) -> None:
        """Brings the status line up to date and has the panels drawn again."""
        client = self._client
        idle = client is None or (client.state in (State.STOPPED, State.READY) and not client.is_busy)
        state().status = self._outcome if idle else masked(client.status)
        for window in bpy.context.window_manager.windows:
            for area in window.screen.areas:
                if area.type in _EDITORS:
                    area.tag_redraw()

    # --- the engine --------------------------------------------------------------------------------------

    @property
    def log_path(self) -> Path:
        """The engine's log."""
        return user_folder("logs") / _LOG_NAME

    def restart(self) -> None:
        """Stops the engine and starts it again; what was asked of it is given up."""
        self.stop()
        self.clear_error()
        self._engine().start()
        self.refresh()

    def stop(self) -> None:
        """Ends the engine and forgets what was asked and fetched."""
        self.cancel_indexing()
        self.cancel_generating()
        if self._client is not None:
            self._client.stop()
            self._client = None
        self._search = None
        self._fetches.clear()
        self._clips.clear()
        state().has_models = False  # the next engine may find others
        self.say("Ready")

    def _engine(self) -> EngineClient:
        if self._client is None:
            self._client = new_client(self.log_path, after_poll=self.refresh, on_log=self._hear)
        return self._client

    def _hear(self, level: str, text: str) -> None:
        if level == "warning":
            self.say(masked(text))

    def _in_library(self, params: dict[str, Any]) -> dict[str, Any]:
        """The parameters, with the library that is meant; without one it is the demo library."""
        folder = library_folder()
        return params | {"library": str(folder)} if folder else params

    def _wait(self, done: Callable[[], bool], limit_s: float) -> bool:
        """Hears the engine until `done`: Blender runs no timers while a script has the word."""
        end = time.monotonic() + limit_s
        while not done() and time.monotonic() < end:
            self._engine().poll(wait_s=0.05)
        self.refresh()
        return done()


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


session = Session()
