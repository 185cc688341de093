"""The protocol as docs/protocol.md states it, held by a real engine process."""

from __future__ import annotations

import numpy as np

import tmr_engine
from tmr_engine.protocol import MAX_LINE, VERSION, Cancel, Error, Hello, Log, Progress, Request, Result


def test_the_engine_says_hello_first(silent_engine):
    hello = silent_engine.receive()
    assert isinstance(hello, Hello)
    assert (hello.protocol, hello.engine) == (VERSION, tmr_engine.__version__)
    assert {"echo", "slow"} <= set(hello.methods)


def test_a_request_that_comes_in_two_halves_is_answered(engine):
    line = b'{"kind": "request", "id": 5, "method": "echo", "params": {"text": "half"}}\n'
    engine.send_bytes(line[:30])
    engine.send(Request(1, "echo"))  # glued to the half: the line is broken, and only the line
    assert engine.receive_last(None).code == "protocol"
    engine.send_bytes(line[:30])
    engine.send_bytes(line[30:])
    assert engine.receive_last(5).values == {"text": "half"}


def test_two_requests_at_once_get_answers_with_their_own_ids(engine):
    engine.send(Request(7, "slow"), Request(3, "echo", {"n": 3}), Request(9, "echo", {"n": 9}))
    assert engine.receive_last(3).values == {"n": 3}
    assert engine.receive_last(9).values == {"n": 9}
    engine.send(Cancel(7))
    assert engine.receive_last(7).code == "cancelled"


def test_a_request_of_two_megabytes_is_answered_in_full(engine):
    text = "walk é " * 300_000
    engine.send(Request(1, "echo", {"text": text}))
    assert engine.receive_last(1).values == {"text": text}


def test_a_line_over_the_limit_is_refused_and_the_next_one_answered(engine):
    engine.send_bytes(b'{"kind": "request", "id": 1, "method": "' + b"x" * MAX_LINE + b'"}\n')
    assert engine.receive_last(None).code == "too-large"
    engine.send(Request(2, "echo"))
    assert isinstance(engine.receive_last(2), Result)


def test_bytes_behind_a_request_are_skipped_and_refused(engine):
    engine.send_bytes(b'{"kind": "request", "id": 1, "method": "echo", "bytes": 70001}\n' + b"\n" * 70_001)
    assert engine.receive_last(1).code == "too-large"
    engine.send(Request(2, "echo"))
    assert isinstance(engine.receive_last(2), Result)


def test_an_unknown_kind_is_refused_with_the_id(engine):
    engine.send_bytes(b'{"kind": "dance", "id": 4}\n')
    error = engine.receive()
    assert (error.id, error.code) == (4, "unknown-kind")
    assert "dance" in error.sentence


def test_a_kind_that_only_the_engine_sends_is_refused(engine):
    engine.send(Progress(1, 1, 2))
    assert engine.receive().code == "unknown-kind"


def test_an_unknown_method_is_refused_with_the_methods_there_are(engine):
    engine.send(Request(4, "dance"))
    error = engine.receive()
    assert (error.id, error.code) == (4, "unknown-method")
    assert "echo" in error.sentence


def test_lines_that_are_no_messages_are_refused_one_by_one(engine):
    broken = [
        b"\xff\xfe\n",  # not UTF-8
        b"\n",
        b"walk\n",
        b"[1, 2]\n",
        b'{"kind": "request"\n',
        b'{"kind": "request", "id": 1, "method": "echo", "params": {"x": NaN}}\n',
        b'{"kind": "request", "id": "1", "method": "echo"}\n',
        b'{"kind": "request", "id": true, "method": "echo"}\n',
        b'{"kind": "request", "id": 0, "method": "echo"}\n',
        b'{"kind": "request", "method": "echo"}\n',
        b'{"kind": "request", "id": 1, "method": "echo", "bytes": -1}\n',
        b'{"kind": "request", "id": 1, "method": "echo", "bytes": "8"}\n',
        b'{"kind": "request", "id": 1, "method": "echo", "params": [1]}\n',
        b"[" * 100_000 + b"\n",
        b'{"kind": "cancel"}\n',
    ]
    engine.send_bytes(b"".join(broken))
    codes = [engine.receive().code for _ in broken]
    assert codes == ["protocol"] * len(broken)
    engine.send(Request(2, "echo"))
    assert engine.receive_last(2).values == {}


def test_arrays_come_through_to_the_last_bit(engine):
    engine.send(Request(1, "arrays"))
    result = engine.receive_last(1)
    assert result.values == {"note": "two arrays"}
    assert result.arrays["bytes"].tolist() == list(range(256))
    assert result.arrays["floats"].dtype == np.dtype("<f4")
    assert result.arrays["floats"].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_running_job_is_cancelled_and_says_so(engine):
    engine.send(Request(1, "slow"))
    progress = engine.receive()
    assert isinstance(progress, Progress)
    assert (progress.id, progress.total) == (1, 6000)
    engine.send(Cancel(1))
    assert engine.receive_last(1).code == "cancelled"


def test_a_waiting_job_that_is_cancelled_never_runs(engine):
    engine.send(Request(1, "slow"), Request(2, "slow"), Cancel(2), Cancel(1))
    assert engine.receive_last(1).code == "cancelled"
    second = engine.receive()
    assert (second.id, second.code) == (2, "cancelled")


def test_cancelling_what_is_unknown_or_done_is_no_event(engine):
    engine.send(Cancel(99), Request(1, "echo"), Request(2, "echo"))
    assert engine.receive().id == 1
    engine.send(Cancel(1), Request(3, "echo"))
    assert [engine.receive().id, engine.receive().id] == [2, 3]


def test_an_id_that_is_still_in_use_is_refused_and_the_first_request_lives(engine):
    engine.send(Request(1, "slow"), Request(1, "echo"))
    assert engine.receive_last(None).code == "bad-params"
    engine.send(Cancel(1))
    assert engine.receive_last(1).code == "cancelled"


def test_an_error_has_a_code_a_sentence_and_what_fixes_it(engine):
    engine.send(Request(1, "refuse"))
    error = engine.receive()
    assert error == Error(
        1,
        "library",
        "the library is full",
        "shelf 3",
        "it has no more room",
        "Buy a shelf",
        "shelf 3: the library is full. It has no more room. Buy a shelf.",
    )


def test_a_fault_of_a_method_is_answered_with_the_place_of_the_log(start_echo, tmp_path):
    log = tmp_path / "engine.log"
    engine = start_echo("--log", str(log))
    engine.send(Request(1, "crash"), Request(2, "not_json"), Request(3, "echo"))
    error = engine.receive_last(1)
    assert error.code == "internal"
    assert str(log) in error.sentence
    assert engine.receive_last(2).code == "protocol"
    assert isinstance(engine.receive_last(3), Result)
    assert "ZeroDivisionError" in log.read_text("utf-8")


def test_what_methods_print_never_reaches_the_protocol(engine):
    engine.send(Request(1, "chatty"))
    result = engine.receive()
    assert result.values == {"read": ""}
    assert engine.end_input() == 0
    printed = engine.process.stderr.read().decode()
    for text in ("printed by a method", "written to the first stdout", "from a child process"):
        assert text in printed


def test_the_engine_ends_with_its_input(engine):
    assert engine.end_input() == 0


def test_the_engine_ends_with_its_input_while_a_job_runs(engine):
    engine.send(Request(1, "slow"))
    assert isinstance(engine.receive(), Progress)
    assert engine.end_input() == 0
    assert engine.receive_last(1).code == "cancelled"


def test_the_engine_ends_with_its_input_although_a_job_hears_nothing(engine):
    engine.send(Request(1, "deaf"), Request(2, "echo"))
    engine.receive_last(2)
    assert engine.end_input() == 0


def test_the_engine_ends_with_half_a_line_of_input(engine):
    engine.send_bytes(b'{"kind": "requ')
    assert engine.end_input() == 0


def test_a_start_that_fails_is_reported_and_the_engine_serves(start_echo):
    engine = start_echo("--cold")
    assert isinstance(engine.receive(), Hello)
    engine.send(Request(1, "echo"))
    assert engine.receive() == Log("warning", "the stove is broken.")
    assert isinstance(engine.receive(), Result)


def test_texts_of_every_script_and_broken_names_come_back_unchanged(engine):
    text = (
        "größer 走る \U0001f3c3\nzwei\udc80"  # the last one is how Python reads a file name that is not UTF-8
    )
    engine.send(Request(1, "echo", {"text": text}))
    assert engine.receive_last(1).values == {"text": text}
