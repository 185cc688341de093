"""An engine with methods made for tests, run as a child process: the real server around toy methods."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import numpy as np

from tmr_engine.errors import LibraryError
from tmr_engine.serving.jobs import Job
from tmr_engine.serving.server import Answer, Method, Service, serve_process


def echo(job: Job) -> Answer:
    return Answer(dict(job.request.params))


def slow(job: Job) -> Answer:
    """Works until it is cancelled, at most 60 s."""
    for step in range(6000):
        job.check()
        job.progress(step, 6000, "working")
        time.sleep(0.01)
    return Answer()


def deaf(_job: Job) -> Answer:
    """Work that looks at no cancel."""
    time.sleep(60)
    return Answer()


def arrays(_job: Job) -> Answer:
    return Answer(
        {"note": "two arrays"},
        {"bytes": np.arange(256, dtype=np.uint8), "floats": np.arange(6, dtype=">f4").reshape(2, 3)},
    )


def chatty(_job: Job) -> Answer:
    """Prints in every way there is."""
    print("printed by a method")
    sys.__stdout__.write("written to the first stdout\n")
    sys.__stdout__.flush()
    os.write(1, b'{"kind": "result", "id": 1}\n')
    subprocess.run([sys.executable, "-c", "print('from a child process')"], check=True)
    return Answer({"read": sys.__stdin__.read()})


def refuse(_job: Job) -> Answer:
    raise LibraryError("the library is full", where="shelf 3", why="it has no more room", fix="Buy a shelf")


def crash(_job: Job) -> Answer:
    return Answer({"never": 1 // 0})


def not_json(_job: Job) -> Answer:
    return Answer({"value": float("nan")})


def warm() -> None:
    if "--cold" in sys.argv:
        raise LibraryError("the stove is broken")


QUERY = (echo, arrays, chatty, refuse, crash, not_json)
WORK = (slow, deaf)
SERVICE = Service(
    {method.__name__: Method("query", method) for method in QUERY}
    | {method.__name__: Method("work", method) for method in WORK},
    warm_lane="query",
    warm=warm,
)

if __name__ == "__main__":
    log = sys.argv[sys.argv.index("--log") + 1] if "--log" in sys.argv else ""
    sys.exit(serve_process(SERVICE, log))
