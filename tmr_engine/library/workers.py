"""Reading files in several processes.

Not `ProcessPoolExecutor`: when one of its workers dies it gives up everything that was pending and does not
say on which file, and it cannot end a worker that hangs. Here a file that kills or hangs its process costs
that file alone.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from queue import SimpleQueue
from types import TracebackType

from ..errors import LibraryError
from .reading import Job, Reading, read_job

_AHEAD = 8  # jobs that wait at each process while the owner is busy embedding
_POLL_S = 0.1
_START_LIMIT_S = 60.0

Work = Callable[[Job], Reading]


class ReadingPool:
    """Processes that read motion files. A context manager: they are ended on leaving it, however."""

    def __init__(self, count: int, *, limit_s: float, work: Work = read_job) -> None:
        """A pool of `count` processes that do `work`; one that takes longer than `limit_s` is ended."""
        self._workers = [_Worker(limit_s, work) for _ in range(count)]

    def __enter__(self) -> ReadingPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.end()

    def readings(self, jobs: Iterable[Job], cancelled: Callable[[], bool]) -> Iterator[Reading]:
        """The readings, in the order in which they are done; stops early when `cancelled` says so.

        Raises:
            LibraryError: the processes cannot be started.
        """
        queue = deque(jobs)
        while not cancelled():
            for worker in self._workers:
                worker.take_from(queue)
            busy = [worker for worker in self._workers if worker.jobs]
            if not busy:
                return
            ready = wait([worker.connection for worker in busy], _POLL_S)
            for worker in busy:
                if worker.connection in ready:
                    yield from worker.receive(queue)
                elif worker.is_overdue():
                    yield worker.give_up(queue, f"The reader took more than {worker.limit_s:.0f} s.")


class _Worker:
    """One process and the jobs that it has not answered, oldest first."""

    def __init__(self, limit_s: float, work: Work) -> None:
        self.limit_s = limit_s
        self._work = work
        self.jobs: deque[Job] = deque()
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process: SpawnProcess = context.Process(target=_serve, args=(theirs, self._work), daemon=True)
        self._process.start()
        theirs.close()
        # Jobs are sent by a thread. Both ends of a pipe that send at once, each more than it holds (a file of
        # many captions), would otherwise wait for each other for ever.
        self._outbox: SimpleQueue[Job | None] = SimpleQueue()
        self._sender = threading.Thread(target=_send_all, args=(self.connection, self._outbox), daemon=True)
        self._sender.start()
        self._is_ready = False
        self._since = time.monotonic()

    def take_from(self, queue: deque[Job]) -> None:
        """Fills up with waiting jobs."""
        if queue and not self.jobs:
            if not self._process.is_alive():  # it died while it had nothing to do: no file is to blame
                self._check_started()
                self._restart(queue)
            self._since = time.monotonic()
        while queue and len(self.jobs) < _AHEAD:
            self.jobs.append(queue.popleft())
            self._outbox.put(self.jobs[-1])

    def receive(self, queue: deque[Job]) -> Iterator[Reading]:
        """What the process has sent; a process that died costs the job it was at."""
        try:
            message = self.connection.recv()
        except (EOFError, ConnectionResetError):
            self._check_started()
            self._process.join()
            yield self.give_up(queue, f"The reader crashed on this file ({self._process.exitcode}).")
            return
        self._since = time.monotonic()
        if message is None:
            self._is_ready = True
            return
        self.jobs.popleft()
        yield message

    def is_overdue(self) -> bool:
        """Whether the process has been silent for too long."""
        limit = self.limit_s if self._is_ready else _START_LIMIT_S
        return time.monotonic() - self._since > limit

    def give_up(self, queue: deque[Job], reason: str) -> Reading:
        """Ends the process and the job it was at; its other jobs go back to the queue."""
        self._check_started()
        job = self.jobs.popleft()
        self._restart(queue)
        return Reading(job.path, reason=reason)

    def end(self) -> None:
        """Ends the process at once; it holds nothing that could be lost."""
        self._process.kill()
        self._process.join()
        self._outbox.put(None)
        self._sender.join()
        self.connection.close()

    def _restart(self, queue: deque[Job]) -> None:
        queue.extendleft(reversed(self.jobs))
        self.jobs.clear()
        self.end()
        self._start()

    def _check_started(self) -> None:
        if not self._is_ready:
            raise LibraryError(
                "the reading processes cannot be started",
                why="Python could not start itself a second time",
                fix="See the log for its last words",
            )


def _send_all(connection: Connection, outbox: SimpleQueue[Job | None]) -> None:
    """Sends what comes until None comes, or the process at the other end is gone (its owner reads that)."""
    while (job := outbox.get()) is not None:
        try:
            connection.send(job)
        except (BrokenPipeError, ConnectionResetError):
            return


def _serve(connection: Connection, work: Work) -> None:
    """The life of a reading process: ends when the owner does, however the owner ends."""
    threading.Thread(target=_end_with_owner, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the owner decides
    # standard output may be the owner's line to Blender: nothing here may write into it or keep it open
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    try:
        connection.send(None)
        while True:
            connection.send(work(connection.recv()))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _end_with_owner() -> None:
    """Ends this process when the owner is gone: a file that takes for ever must not leave an orphan."""
    owner = multiprocessing.parent_process()
    if owner is not None:
        owner.join()
        os._exit(1)
