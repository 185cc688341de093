"""A user asks what a clip of the demo library and what a file shows."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.engine.captioning import bodies
from tmr_engine.captioning.facts import measure
from tmr_engine.cli import COMMANDS
from tmr_engine.formats import write_bvh
from tmr_engine.formats.fitting import fit_rotations
from tmr_engine.formats.smpl_body import neutral_skeleton


@pytest.fixture(scope="module")
def walk_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("motions") / "walk.bvh"
    write_bvh(fit_rotations(neutral_skeleton(), bodies.walking(3.0, 0.7), 30.0, {}), path)
    return path


def tmr_describe(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tmr_engine", "describe", *words],
        env=os.environ,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def test_describe_is_a_command():
    assert "describe" in {command.name for command in COMMANDS}


def test_a_file_is_told_in_as_many_sentences_as_asked_for_with_its_facets(walk_file):
    done = tmr_describe(str(walk_file), "--top", "3", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    told = answer["descriptions"]
    assert len(told) == 3
    assert all(row.keys() == {"text", "confidence", "start", "end"} for row in told)
    assert any("walk" in row["text"] for row in told)
    facets = answer["facets"]
    assert facets["direction"] == "forward"
    assert facets["speed_mps"] == pytest.approx(0.7, rel=0.1)
    assert not facets["in_place"]
    # slow enough for straight legs to reach the steps that the formula makes
    direct = measure(bodies.walking(3.0, 0.7), 30.0)
    assert facets["travelled_m"] == pytest.approx(direct.travelled_m, rel=0.1)


def test_without_json_a_line_a_sentence(walk_file):
    done = tmr_describe(str(walk_file), "--top", "2")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 2


def test_a_clip_that_does_not_exist_is_one_sentence(tmp_path):
    done = tmr_describe(str(tmp_path / "none.bvh"), "--json")
    assert done.returncode == 2
    assert "error" in json.loads(done.stdout)
    assert len(done.stderr.strip().splitlines()) == 1
