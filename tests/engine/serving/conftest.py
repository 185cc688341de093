"""A real engine process and the two ends of its pipes."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import pytest

from tmr_engine import protocol

ECHO_ENGINE = Path(__file__).parent / "echo_engine.py"
PATIENCE_S = 30  # far beyond what anything takes; a test that waits so long has failed


class Peer:
    """A client of bytes: it can say what no real client would."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._messages: queue.Queue = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while message := protocol.read_message(self.process.stdout):
            self._messages.put(message)
        self._messages.put(None)

    def send(self, *messages: protocol.Message) -> None:
        self.send_bytes(b"".join(protocol.encode(message) for message in messages))

    def send_bytes(self, data: bytes) -> None:
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def receive(self) -> protocol.Message | None:
        return self._messages.get(timeout=PATIENCE_S)

    def receive_last(self, id: int | None) -> protocol.Message:
        """The last message of a request; others are passed over."""
        while True:
            message = self.receive()
            assert message is not None, "the engine ended"
            if isinstance(message, protocol.Result | protocol.Error) and message.id == id:
                return message

    def end_input(self) -> int:
        self.process.stdin.close()
        return self.process.wait(PATIENCE_S)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stderr):
            stream.close()


@pytest.fixture
def start_peer():
    """Starts engines by a command line; they end with the test."""
    peers = []

    def start(*command: str) -> Peer:
        peers.append(Peer(list(command)))
        return peers[-1]

    yield start
    for peer in peers:
        peer.kill()


@pytest.fixture
def start_echo(start_peer):
    """Starts the engine of toy methods with options."""
    return partial(start_peer, sys.executable, str(ECHO_ENGINE))


@pytest.fixture
def silent_engine(start_echo) -> Peer:
    """The echo engine, hello not read yet."""
    return start_echo()


@pytest.fixture
def engine(silent_engine) -> Peer:
    """The echo engine after its hello."""
    assert isinstance(silent_engine.receive(), protocol.Hello)
    return silent_engine
