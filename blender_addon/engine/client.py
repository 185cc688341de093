"""Requests to the engine and their answers, without ever making Blender wait. Needs no Blender.

Everything but the reader thread runs on Blender's main thread: callbacks are called by `poll` alone.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from queue import Empty, SimpleQueue
from typing import Any

from .._engine import errors, protocol
from .process import EngineError, EngineProcess

logger = logging.getLogger(__name__)

_STOP_WAIT_S = 3.0  # a little more than the engine takes to leave its files in order


class EngineTimeout(errors.TMRError):
    """The engine did not answer in time."""

    code = "timeout"


class State(Enum):
    """What the engine is, seen from here."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True)
class Limits:
    """Seconds of silence after which the engine is given up.

    Args:
        start_s: from its start to its hello.
        request_s: from a request, or its last progress, to the next message of it.
    """

    start_s: float = 30.0
    request_s: float = 60.0


@dataclass
class _Pending:
    request: protocol.Request
    on_result: Callable[[protocol.Result], None]
    on_error: Callable[[protocol.Error], None]
    on_progress: Callable[[protocol.Progress], None] | None
    label: str
    limit_s: float
    heard_s: float = 0.0
    sendings: int = 0
    progress: protocol.Progress | None = None


@dataclass
class EngineClient:
    """One engine process and the requests it has not answered yet.

    The engine is started by the first request (or `start`). When it ends unexpectedly, it is started once
    more and gets the unanswered requests again, each at most twice: all methods may be repeated. When it ends
    again without an answer in between, every request gets an error of code "engine"; the next request tries
    anew.

    Args:
        launch: starts the process; may raise EngineError.
        limits: how long to wait.
        on_work: called when there is something to poll for (the pump registers its timer here).
        on_log: called with level ("info" or "warning") and text of what belongs to no request.
        clock: seconds; another one in tests.
    """

    launch: Callable[[], EngineProcess]
    limits: Limits = field(default_factory=Limits)
    on_work: Callable[[], None] = lambda: None
    on_log: Callable[[str, str], None] = lambda _level, _text: None
    clock: Callable[[], float] = time.monotonic
    state: State = field(default=State.STOPPED, init=False)
    failure: errors.TMRError | None = field(default=None, init=False)
    heard: int = field(default=0, init=False)  # messages taken so far
    _process: EngineProcess | None = field(default=None, init=False)
    _started_s: float = field(default=0.0, init=False)
    _run: int = field(default=0, init=False)  # counts processes, so that a dead one's last words are dropped
    _ends: int = field(default=0, init=False)  # unexpected ends since the last answer
    _last_id: int = field(default=0, init=False)
    _pending: dict[int, _Pending] = field(default_factory=dict, init=False)
    _inbox: SimpleQueue[tuple[int, protocol.Message | errors.TMRError | None]] = field(
        default_factory=SimpleQueue, init=False
    )

    def start(self) -> None:
        """Starts the engine unless it runs. A failure is reported by `state` and `failure`."""
        if self.state in (State.STOPPED, State.FAILED):
            self._ends = 0
            self._launch()
            self.on_work()

    def request(
        self,
        method: str,
        params: Mapping[str, Any],
        on_result: Callable[[protocol.Result], None],
        on_error: Callable[[protocol.Error], None],
        *,
        on_progress: Callable[[protocol.Progress], None] | None = None,
        label: str = "Working",
        limit_s: float | None = None,
    ) -> int:
        """Asks the engine. Exactly one of `on_result` and `on_error` is called later, unless it is cancelled.

        Args:
            method, params: see docs/protocol.md.
            label: what the status line says meanwhile ("Searching").
            limit_s: seconds of silence; the client's limit when left out, `math.inf` for none.

        Returns:
            the request's id, for `cancel`.

        Raises:
            MessageError: the parameters are no JSON, or too large.
        """
        self._last_id += 1
        request = protocol.Request(self._last_id, method, dict(params))
        protocol.encode(request)  # what cannot be sent is refused here, not when nobody listens
        limit = self.limits.request_s if limit_s is None else limit_s
        self._pending[request.id] = _Pending(request, on_result, on_error, on_progress, label, limit)
        if self.state is State.READY:
            self._send(self._pending[request.id])
        self.start()
        self.on_work()
        return request.id

    def cancel(self, id: int) -> None:
        """Gives up a request: none of its callbacks is called any more, whatever still arrives."""
        pending = self._pending.pop(id, None)
        if pending and pending.sendings and self._process:
            self._process.send(protocol.encode(protocol.Cancel(id)))

    def stop(self) -> None:
        """Ends the engine and drops what is unanswered, without a callback."""
        self._pending.clear()
        self._run += 1
        self.state = State.STOPPED
        if self._process:
            self._process.stop(_STOP_WAIT_S)
            self._process = None

    @property
    def is_busy(self) -> bool:
        """Whether an answer is awaited; while it is not, `poll` need not be called."""
        return self.state is State.STARTING or bool(self._pending)

    @property
    def status(self) -> str:
        """One line that says what the engine is doing."""
        if self.state is State.FAILED:
            return f"Stopped: {self.failure.what}" if self.failure else "Stopped"
        if self.state is State.STARTING:
            return "Restarting the engine" if self._ends else "Starting the engine"
        if self._pending:
            return ", ".join(dict.fromkeys(_activity(pending) for pending in self._pending.values()))
        return "Ready" if self.state is State.READY else "Not started"

    def poll(self, budget_s: float = 0.005, wait_s: float = 0.0) -> bool:
        """Takes what has arrived and calls the callbacks.

        Args:
            budget_s: no further message is taken after so many seconds; the rest waits for the next call.
            wait_s: how long to wait for a first message.

        Returns:
            whether it must be called again.
        """
        end = self.clock() + budget_s
        while True:
            try:
                run, message = self._inbox.get(wait_s > 0, wait_s or None)
            except Empty:
                self._check_limits()  # not before all that arrived was heard: Blender may have been busy
                return self.is_busy
            wait_s = 0.0
            if run == self._run:
                self.heard += 1
                self._take(message)
            if self.clock() >= end:
                return True

    def wait(self, limit_s: float) -> bool:
        """Polls until nothing is unanswered, for scripts without a window; False when time is up."""
        end = self.clock() + limit_s
        while self.is_busy and self.clock() < end:
            self.poll(wait_s=0.05)
        return not self.is_busy

    def _launch(self) -> None:
        self._run += 1
        self.failure = None
        self.state = State.STARTING
        self._started_s = self.clock()
        try:
            self._process = self.launch()
        except errors.TMRError as error:
            self._process = None
            self._inbox.put((self._run, error))  # `poll` says it: who asks does not know the request's id yet
            return
        arguments = (self._process, self._run, self._inbox)
        threading.Thread(target=_read, args=arguments, name="tmr-engine-reader", daemon=True).start()

    def _send(self, pending: _Pending) -> None:
        pending.sendings += 1
        pending.heard_s = self.clock()
        self._process.send(protocol.encode(pending.request))

    def _take(self, message: protocol.Message | errors.TMRError | None) -> None:
        if message is None:
            self._end(f"the engine ended unexpectedly ({self._process.why_it_ended()})")
        elif self.state is State.STARTING:
            self._greet(message)
        elif isinstance(message, protocol.MessageError):
            logger.warning("an answer of the engine is not understood: %s", message)
            self._answer(message.id, protocol.Error.of(message, message.id))
        elif isinstance(message, protocol.Progress):
            self._note(message)
        elif isinstance(message, protocol.Result | protocol.Error):
            self._answer(message.id, message)
        elif isinstance(message, protocol.Log):
            self.on_log(message.level, message.text)
        else:
            logger.warning("the engine sent a %s message", message.kind)

    def _greet(self, message: protocol.Message | errors.TMRError) -> None:
        if isinstance(message, EngineError):
            self._fail(message)
        elif not isinstance(message, protocol.Hello):
            self._fail(EngineError("the engine did not say hello", why="Something else prints in its place"))
        elif message.protocol != protocol.VERSION:
            self._fail(
                EngineError(
                    f"the engine speaks protocol {message.protocol}, this extension {protocol.VERSION}",
                    why="They are of different versions",
                    fix="Restart Blender; if it happens again, reinstall the extension",
                )
            )
        else:
            self.state = State.READY
            for pending in self._pending.values():
                self._send(pending)

    def _note(self, progress: protocol.Progress) -> None:
        pending = self._pending.get(progress.id)
        if pending:
            pending.heard_s = self.clock()
            pending.progress = progress
            if pending.on_progress:
                pending.on_progress(progress)

    def _answer(self, id: int | None, answer: protocol.Result | protocol.Error) -> None:
        if id is None:
            logger.warning("the engine complains: %s", answer)
            return
        self._ends = 0
        pending = self._pending.pop(id, None)
        if pending is None:
            return  # it was cancelled
        if isinstance(answer, protocol.Result):
            pending.on_result(answer)
        else:
            pending.on_error(answer)

    def _check_limits(self) -> None:
        now = self.clock()
        if self.state is State.STARTING and now - self._started_s > self.limits.start_s:
            silence = f"the engine did not start within {self.limits.start_s:g} s"
            self._fail(EngineTimeout(silence, fix="Try again; the log says more"))
        if self.state is not State.READY:
            return
        late = [item for item in self._pending.values() if now - item.heard_s > item.limit_s]
        if late:
            run = self._run
            self._process.kill()
            for pending in late:
                silence = f"the engine did not answer within {pending.limit_s:g} s"
                self._refuse(pending, EngineTimeout(silence, fix="Try again; the log says more"))
            if run == self._run:  # a callback may have stopped the engine
                self._end("the engine hung")

    def _end(self, what: str) -> None:
        """Starts the engine again after an end that nobody wanted; the second time, gives up."""
        self._ends += 1
        failure = EngineError(what, fix="Restart the engine; the log says more")
        if self._ends > 1:
            self._fail(failure)
            return
        twice = [item for item in self._pending.values() if item.sendings > 1]
        self._launch()
        self.on_log("warning", f"{failure.what}; it was restarted")
        for pending in twice:
            self._refuse(pending, failure)

    def _fail(self, error: errors.TMRError) -> None:
        self.state = State.FAILED
        self.failure = error
        self._run += 1
        if self._process:
            self._process.kill()
            self._process = None
        for pending in list(self._pending.values()):
            self._refuse(pending, error)

    def _refuse(self, pending: _Pending, error: errors.TMRError) -> None:
        if self._pending.pop(pending.request.id, None):  # else the callback of another one cancelled it
            pending.on_error(protocol.Error.of(error, pending.request.id))


def _activity(pending: _Pending) -> str:
    if pending.progress and pending.progress.total:
        return f"{pending.label} {pending.progress.done}/{pending.progress.total}"
    return pending.label


def _read(process: EngineProcess, run: int, inbox: SimpleQueue) -> None:
    """The reader thread: a blocking read here cannot stop a clock there."""
    message: protocol.Message | protocol.MessageError | None
    while True:
        try:
            message = protocol.read_message(process.stdout)
        except protocol.MessageError as error:
            message = error
        if message is None:
            process.stop(_STOP_WAIT_S)  # here and not in `poll`: one that ends its output may live on
        inbox.put((run, message))
        if message is None:
            return
