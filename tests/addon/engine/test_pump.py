"""The timer that hears the engine, with timers that behave as Blender's do."""

from __future__ import annotations

import importlib
import json
import sys
import time
from types import ModuleType, SimpleNamespace

import pytest

PATIENCE_S = 30


class Timers:
    """Blender's `bpy.app.timers`: a function runs again after the seconds it returns, None ends it."""

    def __init__(self) -> None:
        self.registered = {}

    def is_registered(self, function) -> bool:
        return function in self.registered

    def register(self, function, first_interval=0.0, persistent=False) -> None:
        assert function not in self.registered
        self.registered[function] = (first_interval, persistent)

    def run(self) -> None:
        """One turn of Blender's main loop."""
        for function in list(self.registered):
            if function() is None:
                del self.registered[function]

    def run_until(self, done) -> None:
        end = time.monotonic() + PATIENCE_S
        while not done():
            assert time.monotonic() < end
            self.run()
            time.sleep(0.005)


@pytest.fixture
def timers():
    return Timers()


@pytest.fixture
def pump(timers, tmp_path, monkeypatch):
    """The module, with a stand-in for Blender."""
    bpy = ModuleType("bpy")
    bpy.app = SimpleNamespace(timers=timers)
    preferences = ModuleType("blender_addon.preferences")
    preferences.user_folder = lambda name: tmp_path / name
    monkeypatch.setitem(sys.modules, "bpy", bpy)
    monkeypatch.setitem(sys.modules, "blender_addon.preferences", preferences)
    monkeypatch.delitem(sys.modules, "blender_addon.engine.pump", raising=False)
    yield importlib.import_module("blender_addon.engine.pump")
    del sys.modules["blender_addon.engine.pump"]


@pytest.fixture
def watched(pump, tmp_path, monkeypatch):
    """A client of the real engine, and the status lines that `after_poll` was called for."""
    monkeypatch.delenv("TMR_CACHE", raising=False)
    lines: list[str] = []
    client = pump.new_client(
        tmp_path / "engine.log",
        after_poll=lambda: lines.append(client.status),
        on_log=lambda _level, text: pytest.fail(text),
    )
    yield client, lines
    client.stop()


def test_no_timer_runs_before_the_first_request_and_none_after_the_last_answer(watched, timers):
    client, lines = watched
    assert timers.registered == {}
    errors = []
    for method in ("dance", "sing"):
        client.request(method, {}, pytest.fail, errors.append, label=method.title())
    assert len(timers.registered) == 1
    timers.run_until(lambda: not timers.registered)
    assert [error.code for error in errors] == ["unknown-method"] * 2
    assert lines[-1] == "Ready"
    assert "Dance, Sing" in lines


def test_the_timer_outlives_opening_another_file(watched, timers):
    client, _ = watched
    client.start()
    assert [persistent for _, persistent in timers.registered.values()] == [True]


def test_panels_are_drawn_again_only_when_something_is_new(watched, timers):
    client, lines = watched
    client.start()
    timers.run_until(lambda: not timers.registered)  # many turns of the main loop
    assert lines == ["Starting the engine", "Ready"]


def test_the_timer_ends_without_a_word_when_the_extension_is_switched_off(watched, timers):
    client, lines = watched
    client.request("dance", {}, pytest.fail, pytest.fail)
    client.stop()
    timers.run()
    assert timers.registered == {}
    assert lines == []


def test_the_engine_keeps_its_cache_in_the_extensions_own_folder(watched, timers, tmp_path):
    client, _ = watched
    answers = []
    client.request(
        "library.info", {}, answers.append, lambda error: answers.append(json.dumps(error.sentence))
    )
    timers.run_until(lambda: answers)
    assert answers[0].values["folder"].startswith(str(tmp_path / "cache"))
    assert answers[0].values["clips"] >= 300
