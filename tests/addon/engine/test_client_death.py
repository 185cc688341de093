"""The client and engines that die, or never start rightly: one restart, then a plain sentence."""

from __future__ import annotations

import pytest

from blender_addon.engine.client import State

PATIENCE_S = 30

# how a first run ends while it should answer; the second one serves
DEATHS = {
    "half a line": 'write(b\'{"kind": "result", "id": 1, "val\')',
    "half the bytes of an array": (
        'write(b\'{"kind": "result", "id": 1, "bytes": 800, "arrays": '
        '[{"name": "a", "dtype": "<f8", "shape": [100], "offset": 0}]}\\n\' + bytes(300))'
    ),
    "progress, then nothing": 'say(kind="progress", id=1, done=1, total=9)',
    "no word": "pass",
    "a signal": "os.kill(os.getpid(), 9)",
    "output closed, still running": "os.close(1); time.sleep(600)",
}


@pytest.mark.parametrize("death", DEATHS)
def test_a_request_whose_engine_dies_is_answered_by_a_second_engine(small_engine, death):
    bench = small_engine(f"""
        hello()
        if RUN == 1:
            hear()
            {DEATHS[death]}
            os._exit(3)
        serve()
    """)
    assert bench.answer(bench.ask()).values == {"run": 2, "method": "work"}
    assert len(bench.processes) == 2
    assert len(bench.logs) == 1
    assert bench.logs[0].startswith("warning: the engine ended unexpectedly")
    assert bench.logs[0].endswith("it was restarted")


def test_an_engine_that_dies_twice_is_not_started_a_third_time(small_engine):
    bench = small_engine("""
        hello()
        hear()
        sys.exit("out of paper")
    """)
    first, second = bench.ask(), bench.ask()
    for error in (bench.refusal(first), bench.refusal(second)):
        assert error.code == "engine"
        assert error.sentence == (
            "the engine ended unexpectedly (out of paper). Restart the engine; the log says more."
        )
    assert len(bench.processes) == 2
    assert bench.client.state is State.FAILED
    assert bench.client.status == "Stopped: the engine ended unexpectedly (out of paper)"
    assert not bench.client.is_busy


def test_the_next_request_after_a_failure_starts_the_engine_anew(small_engine):
    bench = small_engine("""
        hello()
        if RUN < 3:
            sys.exit(1)
        serve()
    """)
    assert bench.refusal(bench.ask()).code == "engine"
    assert bench.answer(bench.ask()).values["run"] == 3


def test_an_answer_in_between_gives_the_engine_another_restart(small_engine):
    bench = small_engine("""
        hello()
        request = hear()
        say(kind="result", id=request["id"], values={"run": RUN})
        hear()
        sys.exit(1)
    """)
    runs = []
    for _ in range(3):
        runs.append(bench.answer(bench.ask()).values["run"])
    assert runs == [1, 2, 3]  # each engine answers once and dies of its second request
    assert bench.client.state is State.READY


def test_a_request_that_kills_every_engine_is_sent_twice_and_others_live_on(small_engine):
    bench = small_engine("""
        hello()
        while True:
            request = hear()
            if request["method"] == "deadly":
                sys.exit(1)
            say(kind="result", id=request["id"], values={"run": RUN})
    """)
    before, deadly = bench.ask(), bench.ask("deadly")
    assert bench.answer(before).values == {"run": 1}
    assert bench.refusal(deadly).code == "engine"
    assert len(bench.processes) == 2
    assert bench.answer(bench.ask()).values == {"run": 3}


def test_an_engine_that_dies_while_nobody_asks_is_replaced_for_the_next_request(small_engine):
    bench = small_engine("""
        hello()
        if RUN == 2:
            serve()
        request = hear()
        say(kind="result", id=request["id"])
    """)
    bench.answer(bench.ask())
    assert not bench.client.is_busy  # nobody looks any more
    assert bench.answer(bench.ask()).values["run"] == 2


@pytest.mark.parametrize(
    "first",
    [
        'write(b"Fatal Python error\\n")',
        'say(kind="log", level="info", text="hi")',
        'write(b"\\xff\\xfe\\n")',
    ],
)
def test_an_engine_that_says_something_else_than_hello_is_given_up_with_a_sentence(small_engine, first):
    bench = small_engine(f"""
        {first}
        time.sleep(600)
    """)
    error = bench.refusal(bench.ask())
    assert error.sentence == "the engine did not say hello. Something else prints in its place."
    assert len(bench.processes) == 1


def test_an_engine_that_never_says_hello_is_given_up_after_the_start_limit(small_engine):
    bench = small_engine("time.sleep(600)")
    asked = bench.ask()
    bench.client.poll()
    bench.clock.now += 29
    bench.client.poll()
    assert bench.client.state is State.STARTING
    bench.clock.now += 2
    error = bench.refusal(asked)
    assert (error.code, error.what) == ("timeout", "the engine did not start within 30 s")
    assert bench.client.state is State.FAILED


def test_an_engine_of_another_protocol_version_is_given_up_and_says_what_helps(small_engine):
    bench = small_engine("""
        hello(protocol=99)
        serve()
    """)
    error = bench.refusal(bench.ask())
    assert error.what == "the engine speaks protocol 99, this extension 1"
    assert "reinstall the extension" in error.fix
    assert len(bench.processes) == 1
