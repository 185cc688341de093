"""The sentences that users read."""

from __future__ import annotations

import pytest

from tmr_engine.errors import LibraryError, TMRError


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"what": "it is empty"}, "it is empty."),
        ({"what": "it is empty", "where": "walk.bvh"}, "walk.bvh: it is empty."),
        (
            {"what": "it is empty.", "why": "the disk was full", "fix": "export it again."},
            "it is empty. The disk was full. Export it again.",
        ),
        ({"what": "no", "why": "élan, it had none"}, "no. Élan, it had none."),
        ({"what": "no", "fix": "walk.bvh has to go"}, "no. walk.bvh has to go."),
        ({"what": "no", "fix": '"walk" has to go'}, 'no. "walk" has to go.'),
        ({"what": "no", "fix": "--force helps"}, "no. --force helps."),
    ],
)
def test_an_error_reads_as_sentences(parts: dict[str, str], sentence: str):
    assert str(TMRError(**parts)) == sentence


def test_a_located_error_names_the_outer_place_first():
    error = LibraryError("it is damaged", where="line 3").located("captions.csv")
    assert isinstance(error, LibraryError)
    assert str(error) == "captions.csv, line 3: it is damaged."
