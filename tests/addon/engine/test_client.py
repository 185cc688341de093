"""The client beside engines that misbehave: plain sentences, one restart, no wait, nothing left behind."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from blender_addon.engine.client import EngineClient, State
from blender_addon.engine.process import EngineError, EngineProcess
from tmr_engine.protocol import MessageError

PATIENCE_S = 30


def test_an_answer_of_unknown_kind_ends_its_request_alone(small_engine):
    bench = small_engine("""
        hello()
        first, second = hear(), hear()
        say(kind="dance", id=first["id"])
        say(kind="dance")
        say(kind="result", id=second["id"])
        serve()
    """)
    first, second = bench.ask(), bench.ask()
    assert bench.refusal(first).code == "unknown-kind"
    assert bench.answer(second)
    assert len(bench.processes) == 1


def test_lines_that_cannot_be_understood_are_passed_over(small_engine):
    bench = small_engine("""
        hello()
        request = hear()
        for line in (b"\\xff\\xfe\\n", b"\\n", b"[1]\\n", b"nonsense\\n", b'{"kind": "result", "id": -1}\\n'):
            write(line)
        say(kind="hello", protocol=1, engine="again")
        say(kind="request", id=1, method="you")
        say(kind="result", id=request["id"], values={"after": "all"})
        serve()
    """)
    assert bench.answer(bench.ask()).values == {"after": "all"}
    assert len(bench.processes) == 1


def test_a_result_whose_array_is_longer_than_its_bytes_is_an_error(small_engine):
    bench = small_engine("""
        hello()
        request = hear()
        array = {"name": "a", "dtype": "<f8", "shape": [1000], "offset": 0}
        say(kind="result", id=request["id"], arrays=[array], bytes=8)
        write(bytes(8))
        serve()
    """)
    assert "ends behind the 8 bytes" in bench.refusal(bench.ask()).sentence
    assert bench.answer(bench.ask())


@pytest.mark.parametrize("shape", [[0, 2**80], [0] * 70])
def test_an_array_of_an_impossible_shape_is_an_error_and_the_next_answer_is_heard(small_engine, shape):
    bench = small_engine(f"""
        hello()
        request = hear()
        array = {{"name": "a", "dtype": "<f8", "shape": {shape}, "offset": 0}}
        say(kind="result", id=request["id"], arrays=[array])
        serve()
    """)
    assert bench.refusal(bench.ask()).code == "protocol"
    assert bench.answer(bench.ask())
    assert len(bench.processes) == 1


def test_answers_out_of_order_reach_those_who_asked(small_engine):
    bench = small_engine("""
        hello()
        requests = [hear() for _ in range(3)]
        for request in reversed(requests):
            say(kind="result", id=request["id"], values={"method": request["method"]})
        serve()
    """)
    asked = {name: bench.ask(name) for name in ("a", "b", "c")}
    for name, one in asked.items():
        assert bench.answer(one).values == {"method": name}


def test_answers_that_nobody_awaits_are_dropped(small_engine):
    bench = small_engine("""
        hello()
        request = hear()
        say(kind="result", id=77)
        say(kind="progress", id=78, done=1, total=2)
        say(kind="error", id=None, code="protocol", what="what?")
        for _ in range(2):
            say(kind="result", id=request["id"])
        serve()
    """)
    bench.answer(bench.ask())
    assert bench.answer(bench.ask())


def test_an_answer_of_megabytes_arrives_whole(small_engine):
    bench = small_engine("""
        hello()
        request = hear()
        values = {"text": "wälk " * 500_000}
        array = {"name": "a", "dtype": "<f8", "shape": [2, 250_000], "offset": 0}
        say(kind="result", id=request["id"], values=values, arrays=[array], bytes=4_000_000)
        import array as numbers
        write(numbers.array("d", range(500_000)).tobytes())
        serve()
    """)
    result = bench.answer(bench.ask())
    assert result.values["text"] == "wälk " * 500_000
    assert np.array_equal(result.arrays["a"], np.arange(500_000.0).reshape(2, -1))


def test_progress_arrives_in_order_and_before_the_result(small_engine):
    bench = small_engine("""
        hello()
        request = hear()
        for done in range(5):
            say(kind="progress", id=request["id"], done=done, total=5, text="file")
        say(kind="result", id=request["id"])
        serve()
    """)
    asked = bench.ask(label="Indexing")
    bench.poll_until(lambda: len(asked.progress) == 5)
    assert [progress.done for progress in asked.progress] == [0, 1, 2, 3, 4]
    bench.answer(asked)


def test_an_engine_that_is_silent_beyond_the_limit_is_replaced(small_engine):
    bench = small_engine("""
        hello()
        hear()
        if RUN == 1:
            time.sleep(600)
        serve()
    """)
    late, patient = bench.ask(), bench.ask("patient", limit_s=float("inf"))
    bench.poll_until(lambda: bench.client.state is State.READY)
    bench.clock.now += 61
    error = bench.refusal(late)
    assert (error.code, error.what) == ("timeout", "the engine did not answer within 60 s")
    assert "hung" in bench.logs[0]
    # the second engine hears the patient request as its first, which it eats; the next one is answered
    assert bench.answer(bench.ask()).values["run"] == 2
    assert patient.ends == 0
    assert len(bench.processes) == 2


def test_progress_keeps_a_slow_request_alive(small_engine):
    bench = small_engine("""
        hello()
        request = hear()
        hear()
        say(kind="progress", id=request["id"], done=1, total=2)
        hear()
        say(kind="result", id=request["id"])
        serve()
    """)
    slow = bench.ask()
    bench.poll_until(lambda: bench.client.state is State.READY)
    bench.clock.now += 50
    bench.ask("say how far you are", limit_s=float("inf"))
    bench.poll_until(lambda: slow.progress != [])
    bench.clock.now += 50
    bench.client.poll()
    assert slow.ends == 0
    bench.ask("go on", limit_s=float("inf"))
    assert bench.answer(slow)


def test_what_arrived_while_blender_was_busy_counts_as_in_time(small_engine):
    bench = small_engine("""
        hello()
        serve()
    """)
    asked = bench.ask()
    bench.poll_until(lambda: bench.client.state is State.READY)
    end = time.monotonic() + PATIENCE_S
    while bench.client._inbox.empty():  # the reader thread takes it; nobody polls
        assert time.monotonic() < end
        time.sleep(0.01)
    bench.clock.now += 3600
    bench.client.poll()
    assert len(asked.results) == 1


def test_asking_does_not_wait_for_an_engine_that_reads_nothing(small_engine):
    bench = small_engine("""
        hello()
        time.sleep(600)
    """)
    bench.client.start()
    bench.poll_until(lambda: bench.client.state is State.READY)
    for _ in range(3):
        bench.ask(params={"text": "x" * 2_000_000})  # far more than a pipe holds
    bench.clock.now += 61
    bench.client.poll()
    assert [asked.errors[0].code for asked in bench.asked] == ["timeout"] * 3


def test_a_flood_of_messages_is_taken_in_portions(small_engine):
    bench = small_engine("""
        hello()
        for number in range(2000):
            say(kind="log", level="info", text=str(number))
        serve()
    """)
    bench.client.start()
    bench.poll_until(lambda: bench.client.state is State.READY)
    heard = []

    def on_log(_level: str, text: str) -> None:
        heard.append(int(text))
        bench.clock.now += 0.001

    bench.client.on_log = on_log
    asked = bench.ask()
    before = len(bench.logs)
    while not asked.ends:
        taken = len(heard)
        bench.client.poll(budget_s=0.01, wait_s=0.02)
        assert len(heard) - taken <= 11
    assert heard == list(range(before, 2000))


def test_a_cancelled_request_says_nothing_more_and_the_engine_hears_of_it(small_engine):
    bench = small_engine("""
        hello()
        request, cancel = hear(), hear()
        say(kind="progress", id=request["id"], done=1, total=2)
        say(kind="error", id=request["id"], code="cancelled", what="cancelled")
        other = hear()
        say(kind="result", id=other["id"], values={"heard": [request["id"], cancel["kind"], cancel["id"]]})
        serve()
    """)
    bench.client.start()
    bench.poll_until(lambda: bench.client.state is State.READY)
    gone = bench.ask()
    bench.client.cancel(1)
    assert bench.answer(bench.ask()).values == {"heard": [1, "cancel", 1]}
    assert (gone.ends, gone.progress) == (0, [])


def test_a_request_that_is_cancelled_before_the_engine_runs_is_never_sent(small_engine):
    bench = small_engine("""
        hello()
        serve()
    """)
    gone, kept = bench.ask("gone"), bench.ask("kept")
    bench.client.cancel(1)
    assert bench.answer(kept).values["method"] == "kept"
    assert gone.ends == 0


def test_a_program_that_cannot_be_started_is_said_by_poll_and_never_while_asking(make_bench, tmp_path):
    bench = make_bench(lambda _run: EngineProcess([str(tmp_path / "nothing")], tmp_path))
    asked = bench.ask()
    assert asked.ends == 0  # who asks has no id yet to tell the answer by
    error = bench.refusal(asked)
    assert error.code == "engine"
    assert "the engine cannot be started" in error.sentence
    assert str(tmp_path / "nothing") in error.sentence
    assert bench.client.state is State.FAILED


def test_a_program_that_cannot_be_started_again_fails_once(small_engine):
    bench = small_engine("""
        hello()
        hear()
        os._exit(1)
    """)
    start = bench.client.launch

    def launch() -> EngineProcess:
        if bench.processes:
            raise EngineError("the disk is gone", fix="Plug it in")
        return start()

    bench.client.launch = launch
    assert bench.refusal(bench.ask()).sentence == "the disk is gone. Plug it in."
    assert bench.client.failure.what == "the disk is gone"


@pytest.mark.parametrize("reaction", ["stop", "cancel", "request"])
def test_a_callback_may_stop_cancel_or_ask(small_engine, reaction):
    bench = small_engine("""
        hello()
        if RUN < 3:
            hear(), hear()
            sys.exit(1)
        serve()
    """)
    client, second = bench.client, []

    def react(_error) -> None:
        if reaction == "stop":
            client.stop()
        elif reaction == "cancel":
            client.cancel(2)
        else:
            bench.ask("again")

    client.request("first", {}, second.append, react)
    client.request("second", {}, second.append, second.append)
    bench.poll_until(lambda: len(bench.processes) == 2 and client.state is not State.READY)
    bench.poll_until(lambda: client.state in (State.FAILED, State.STOPPED) or len(bench.processes) == 3)
    if reaction == "request":
        assert bench.answer(bench.asked[0]).values == {"run": 3, "method": "again"}
    assert len(second) == (1 if reaction == "request" else 0)


def test_a_callback_that_stops_a_hung_engine_is_obeyed(small_engine):
    bench = small_engine("""
        hello()
        time.sleep(600)
    """)
    bench.client.request("work", {}, print, lambda _error: bench.client.stop())
    bench.poll_until(lambda: bench.client.state is State.READY)
    bench.clock.now += 61
    bench.client.poll()
    assert bench.client.state is State.STOPPED
    assert len(bench.processes) == 1


def test_what_is_no_json_is_refused_to_the_one_who_asks(small_engine):
    bench = small_engine("""
        hello()
        serve()
    """)
    with pytest.raises(MessageError, match="cannot be written as JSON"):
        bench.ask(params={"top": float("nan")})
    assert not bench.client.is_busy
    assert bench.processes == []


def test_stopping_drops_what_is_unanswered_without_a_word(small_engine):
    bench = small_engine("""
        hello()
        hear()
        say(kind="result", id=1)
        hear()
    """)
    asked = bench.ask()
    bench.poll_until(lambda: bench.client.state is State.READY)
    bench.client.stop()
    bench.client.poll()
    assert asked.ends == 0
    assert bench.client.status == "Not started"


def test_an_engine_that_ignores_the_end_of_its_input_is_killed_with_its_children(small_engine):
    bench = small_engine("""
        import subprocess
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])  # it holds the pipes open
        hello()
        time.sleep(600)
    """)
    bench.client.start()
    bench.poll_until(lambda: bench.client.state is State.READY)
    bench.client.stop()
    for thread in threading.enumerate():
        if thread.name == "tmr-engine-reader":
            thread.join(PATIENCE_S)
            assert not thread.is_alive(), "somebody holds the engine's output"


def test_the_status_line_says_what_the_engine_does(small_engine):
    bench = small_engine("""
        hello()
        request = hear()
        say(kind="progress", id=request["id"], done=3, total=9)
        hear()
        say(kind="result", id=request["id"])
        serve()
    """)
    client = bench.client
    assert client.status == "Not started"
    asked = bench.ask(label="Indexing")
    assert client.status == "Starting the engine"
    bench.poll_until(lambda: asked.progress != [])
    assert client.status == "Indexing 3/9"
    bench.ask("other", label="Searching", limit_s=float("inf"))
    assert client.status == "Indexing 3/9, Searching"
    client.cancel(2)
    bench.answer(asked)
    assert client.status == "Ready"


def test_a_script_may_wait_for_the_answers(small_engine):
    bench = small_engine("""
        hello()
        serve()
    """)
    client = EngineClient(bench.client.launch)  # with a clock that goes
    results = []
    client.request("work", {}, results.append, pytest.fail)
    try:
        assert client.wait(30)
        assert results[0].values["method"] == "work"
        assert client.wait(0)
    finally:
        client.stop()


def test_the_engine_writes_utf8_whatever_the_system_says(small_engine, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    bench = small_engine("""
        hello()
        request = hear()
        say(kind="result", id=request["id"], values=request["params"])
        serve()
    """)
    params = {"text": "größer 走る \U0001f3c3", "path": "zwei\udc80"}
    assert bench.answer(bench.ask(params=params)).values == params
