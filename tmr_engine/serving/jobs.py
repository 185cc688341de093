"""Requests at work: lanes that run one job after the other, progress, and cancelling."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from queue import SimpleQueue

from ..errors import Cancelled
from ..protocol import Progress, Request

_PROGRESS_EVERY_S = 0.05


@dataclass(eq=False)
class Job:
    """A request that was taken: what a method sees of it.

    Args:
        request: what was asked.
        send: takes the progress messages.
    """

    request: Request
    send: Callable[[Progress], None]
    _cancelled: threading.Event = field(default_factory=threading.Event)
    _reported_s: float = 0.0

    def cancel(self) -> None:
        """Asks the work to stop at its next look."""
        self._cancelled.set()

    def cancelled(self) -> bool:
        """Whether the work should stop."""
        return self._cancelled.is_set()

    def check(self) -> None:
        """Raises Cancelled when the work should stop."""
        if self.cancelled():
            raise Cancelled()

    def progress(self, done: int, total: int, text: str = "") -> None:
        """Tells the client how far the work is; sent at most twenty times a second, the end always."""
        now = time.monotonic()
        if done < total and now - self._reported_s < _PROGRESS_EVERY_S:
            return
        self._reported_s = now
        self.send(Progress(self.request.id, done, total, text))


class Lanes:
    """One thread a lane; the jobs of a lane run in the order they came, lanes beside each other.

    What a lane alone touches needs no lock. The threads are daemons: work that hears no cancel cannot keep
    the process alive.

    Args:
        names: the lanes.
        run: runs a job to its last message; it must not raise.
    """

    def __init__(self, names: Iterable[str], run: Callable[[Job], None]) -> None:
        self._run = run
        self._jobs: dict[int, Job] = {}
        self._changed = threading.Condition()
        self._queues: dict[str, SimpleQueue[Callable[[], None]]] = {name: SimpleQueue() for name in names}
        for name, queue in self._queues.items():
            threading.Thread(target=_work_off, args=(queue,), name=f"lane-{name}", daemon=True).start()

    def put(self, lane: str, work: Callable[[], None]) -> None:
        """Puts work that belongs to no request at the end of a lane; it must not raise."""
        self._queues[lane].put(work)

    def submit(self, lane: str, job: Job) -> bool:
        """Puts a job at the end of a lane; False when a job of this id is not done yet."""
        with self._changed:
            if job.request.id in self._jobs:
                return False
            self._jobs[job.request.id] = job
        self.put(lane, lambda: self._finish(job))
        return True

    def cancel(self, id: int) -> None:
        """Cancels a job, if it is still waiting or at work."""
        with self._changed:
            job = self._jobs.get(id)
        if job:
            job.cancel()

    def close(self, grace_s: float) -> bool:
        """Cancels every job and waits for them, at most `grace_s` seconds; whether all are done."""
        with self._changed:
            for job in self._jobs.values():
                job.cancel()
            return self._changed.wait_for(lambda: not self._jobs, grace_s)

    def _finish(self, job: Job) -> None:
        self._run(job)
        with self._changed:
            del self._jobs[job.request.id]
            self._changed.notify_all()


def _work_off(queue: SimpleQueue[Callable[[], None]]) -> None:
    while True:
        queue.get()()
