"""The engine process: requests from standard input to methods, their answers to standard output."""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import logging.handlers
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, TypeVar

import numpy as np

from .. import __version__, protocol
from ..errors import Cancelled, TMRError
from ..protocol import BadParams, Cancel, Error, Hello, InternalError, Log, Message, Request, Result
from .jobs import Job, Lanes

_LOG_BYTES = 2**20
_GRACE_S = 2.0  # for jobs to leave their files in order once nobody listens any more

logger = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True, eq=False)
class Answer:
    """What a method returns: values for the line, arrays for the bytes behind it."""

    values: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Method:
    """A method of the engine. Jobs of one lane run one after the other."""

    lane: str
    run: Callable[[Job], Answer]


@dataclass(frozen=True)
class Service:
    """What a server serves.

    Args:
        methods: by name.
        warm_lane, warm: what is done in a lane right after hello, before its first request.
    """

    methods: Mapping[str, Method]
    warm_lane: str = ""
    warm: Callable[[], None] = lambda: None


class Server:
    """Answers the messages of one stream on another until the first one ends.

    Args:
        service: the methods.
        source, target: the two ends; only this object writes to `target`.
        log_path: named in the answer when the engine itself is at fault; may be empty.
    """

    def __init__(self, service: Service, source: BinaryIO, target: BinaryIO, log_path: str = "") -> None:
        self._service = service
        self._source, self._target = source, target
        self._log_path = log_path
        self._writing = threading.Lock()
        lanes = {method.lane for method in service.methods.values()}
        self._lanes = Lanes(lanes, self._run)

    def serve(self) -> bool:
        """Runs until the input ends; then cancels what is at work and gives it a moment to tidy up.

        Returns:
            whether all work has stopped.
        """
        self._send(Hello(protocol.VERSION, __version__, tuple(self._service.methods)))
        if self._service.warm_lane:
            self._lanes.put(self._service.warm_lane, self._warm)
        while True:
            try:
                message = protocol.read_message(self._source, max_payload=0)
            except protocol.MessageError as error:
                self._send(Error.of(error, error.id))
                continue
            if message is None:
                break
            self._take(message)
        stopped = self._lanes.close(_GRACE_S)
        if not stopped:
            logger.warning("a job did not stop within %.0f s of the end of input", _GRACE_S)
        return stopped

    def _take(self, message: Message) -> None:
        match message:
            case Request():
                self._start(message)
            case Cancel():
                self._lanes.cancel(message.id)
            case _:
                unexpected = protocol.UnknownKind(f"the engine takes no {message.kind} message")
                self._send(Error.of(unexpected, None))

    def _start(self, request: Request) -> None:
        method = self._service.methods.get(request.method)
        if method is None:
            known = ", ".join(self._service.methods)
            unknown = protocol.UnknownMethod(f"{request.method!r:.80} is no method; known are {known}")
            self._send(Error.of(unknown, request.id))
        elif not self._lanes.submit(method.lane, Job(request, self._send)):
            # answered without the id: with it, the asker would take the first request for failed
            twice = BadParams(f"id {request.id} belongs to a request that is not done yet")
            self._send(Error.of(twice, None))

    def _run(self, job: Job) -> None:
        """Runs a job to its last message."""
        request = job.request

        def work() -> bytes:
            job.check()
            answer = self._service.methods[request.method].run(job)
            job.check()
            return protocol.encode(Result(request.id, answer.values, answer.arrays))

        outcome = self._attempt(request.method, work)
        if isinstance(outcome, TMRError):
            self._send(Error.of(outcome, request.id))
        else:
            self._write(outcome)

    def _warm(self) -> None:
        outcome = self._attempt("the start", self._service.warm)
        if isinstance(outcome, TMRError):
            self._send(Log("warning", str(outcome)))

    def _attempt(self, name: str, work: Callable[[], _T]) -> _T | TMRError:
        """What `work` returns, or why it does not."""
        try:
            return work()
        except Cancelled as cancelled:
            return cancelled
        except TMRError as error:
            logger.info("%s: %s", name, error)
            return error
        except Exception:  # the one broad except of the engine: a fault must be answered, not hang the asker
            logger.exception("%s failed", name)
            place = f"The log says where: {self._log_path}" if self._log_path else ""
            return InternalError(
                f"the engine failed in {name}", why=place, fix="Please report it with the log"
            )

    def _send(self, message: Message) -> None:
        self._write(protocol.encode(message))

    def _write(self, data: bytes) -> None:
        with self._writing:
            if self._target.closed:
                return
            try:
                self._target.write(data)
                self._target.flush()
            except OSError as error:
                logger.info("nobody reads the answers any more: %s", error)
                with contextlib.suppress(OSError):  # closing tries to write what is left, in vain
                    self._target.close()


def serve_process(service: Service, log_path: str = "") -> int:
    """Serves on the standard input and output of this process until the input ends.

    Args:
        service: the methods.
        log_path: log file (kept below 3 MB with its predecessors); empty logs to standard error.

    Returns:
        the exit status, 0. The process is ended here and then if a job does not stop.
    """
    source, target = _claim_pipes()
    _start_log(log_path)
    faulthandler.enable()
    if not Server(service, source, target, log_path).serve():
        # work that hears no cancel must not keep the process, or its workers, behind Blender's back
        for child in multiprocessing.active_children():
            child.kill()
        logging.shutdown()
        os._exit(0)
    return 0


def _claim_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The pipes to the client, taken from standard input and output.

    What anything else prints, child processes and C libraries included, goes to standard error from here on,
    and whoever reads standard input finds it empty: only the protocol uses the pipes.
    """
    source, target = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return source, target


def _start_log(log_path: str) -> None:
    handler: logging.Handler = logging.StreamHandler()
    problem = None
    if log_path:
        try:
            handler = logging.handlers.RotatingFileHandler(
                log_path, maxBytes=_LOG_BYTES, backupCount=2, encoding="utf-8", errors="backslashreplace"
            )
        except OSError as error:  # a log that cannot be written is no reason not to serve
            problem = error
    logging.basicConfig(
        level=logging.INFO, handlers=[handler], format="%(asctime)s %(process)d %(levelname)s %(message)s"
    )
    logger.info("engine %s, Python %s, NumPy %s", __version__, sys.version.split()[0], np.__version__)
    if problem:
        logger.warning("the log cannot be written: %s", problem)
