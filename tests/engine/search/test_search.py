"""Ranking, parts, filters and odd queries, on a library in memory whose cosines are known in closed form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.engine.search.standin import StandInEncoder, StandInLibrary, make_clip
from tmr_engine.errors import LibraryError
from tmr_engine.search import Filters, Weights, search


@pytest.fixture
def encoder() -> StandInEncoder:
    return StandInEncoder()


def _ids(results):
    return [result.clip.id for result in results]


def test_clips_are_ranked_by_the_caption_that_fits_best(encoder):
    clips = [
        make_clip("a", "sit down"),
        make_clip("b", "jump up", "walk home fast"),
        make_clip("c", "walk home"),
    ]
    results = search(StandInLibrary(encoder, clips), encoder, "walk home")
    assert _ids(results) == ["c", "b", "a"]
    assert [result.rank for result in results] == [1, 2, 3]
    assert [result.caption for result in results] == ["walk home", "walk home fast", "sit down"]
    # two of three equal axes: cosine 2 / sqrt(2 * 3)
    expected = [1.0, 2 / np.sqrt(6), 0.0]
    assert np.allclose([result.parts["caption"] for result in results], expected, atol=1e-4)


def test_the_parts_are_returned_and_the_score_is_their_weighted_mean(encoder):
    library = StandInLibrary(encoder, [make_clip("a", "walk home", name="walk")], {"a": 10.0})
    (result,) = search(library, encoder, "walk home")
    assert result.parts == pytest.approx({"caption": 1.0, "name": np.sqrt(0.5), "words": 0.5}, abs=1e-4)
    assert result.score == pytest.approx((1.0 + 1.3 * 0.5) / 2.3, abs=1e-4)
    (plain,) = search(library, encoder, "walk home", weights=Weights(words=0.0))
    assert plain.score == pytest.approx(1.0, abs=1e-4)


def test_a_clip_without_captions_is_found_by_its_name(encoder):
    clips = [make_clip("named", name="walk home"), make_clip("captioned", "sit down", name="01 02")]
    results = search(StandInLibrary(encoder, clips), encoder, "walk home")
    assert _ids(results) == ["named", "captioned"]
    assert results[0].caption == "walk home"
    assert results[0].parts["caption"] == 0.0
    assert results[0].score == pytest.approx(1.0 / 2.3, abs=1e-4)


def test_a_name_that_says_nothing_takes_nothing_away(encoder):
    clips = [
        make_clip("b", "walk home", name="01 02"),
        make_clip("a", "walk home fast", name="walk home fast"),
    ]
    assert _ids(search(StandInLibrary(encoder, clips), encoder, "walk home")) == ["b", "a"]


def test_exact_words_lift_a_clip_over_one_of_like_meaning(encoder):
    clips = [make_clip("a", "walk home"), make_clip("b", "walk home")]
    results = search(StandInLibrary(encoder, clips, {"b": 5.0}), encoder, "walk home")
    assert _ids(results) == ["b", "a"]
    assert results[0].parts["words"] == pytest.approx(5 / 15)
    assert results[1].parts["words"] == 0.0


def test_words_that_tell_clips_apart_are_asked_for_and_others_are_not(encoder):
    library = StandInLibrary(encoder, [make_clip("a", "walk")])
    search(library, encoder, "A person WALKS to the door")
    search(library, encoder, "a person is there")
    assert [query for query, _ in library.asked] == ["walks door"]


def test_equal_scores_are_ordered_by_clip_id_and_cut_there(encoder):
    clips = [make_clip(name, "walk") for name in "dbeca"]
    library = StandInLibrary(encoder, clips)
    assert _ids(search(library, encoder, "walk")) == list("abcde")
    assert _ids(search(library, encoder, "walk", top=2)) == ["a", "b"]


@pytest.mark.parametrize("top", [0, -1])
def test_no_result_is_asked_for_none_comes(encoder, top):
    assert search(StandInLibrary(encoder, [make_clip("a", "walk")]), encoder, "walk", top=top) == []


@pytest.mark.parametrize("text", ["", "   ", "\t\n\u3000"])
def test_an_empty_query_finds_nothing_and_encodes_nothing(encoder, text):
    library = StandInLibrary(encoder, [make_clip("a", "walk")])
    assert search(library, encoder, text) == []
    assert encoder.encoded == []


@pytest.mark.parametrize(
    "text", ["\U0001f57a", "qwxyz", "%_\"'*():^-", "a" * 10_000, "\ud800", "\x00", "NOT walk OR"]
)
def test_any_other_text_ranks_what_there_is(encoder, text):
    library = StandInLibrary(encoder, [make_clip("a", "walk"), make_clip("b", "run")])
    assert sorted(_ids(search(library, encoder, text))) == ["a", "b"]


def test_an_empty_library_has_no_hit(encoder):
    assert search(StandInLibrary(encoder, []), encoder, "walk") == []


def test_a_library_indexed_with_another_model_is_refused_with_the_cure(encoder):
    library = StandInLibrary(encoder, [make_clip("a", "walk")])
    encoder.model_id = "newer"
    with pytest.raises(LibraryError, match=r"no vectors of this model.*Index its folders again"):
        search(library, encoder, "walk")


def test_vectors_of_another_width_are_refused(encoder):
    library = StandInLibrary(encoder, [make_clip("a", "walk")])
    library.gallery("stand-in")
    encoder.width = 32
    with pytest.raises(LibraryError, match="64 numbers, the model makes 32"):
        search(library, encoder, "walk")


FILTERED = [
    make_clip("short", "walk", duration_s=0.5),
    make_clip("long", "walk", duration_s=9.0),
    make_clip("tagged", "walk", tags=("Locomotion", "slow")),
    make_clip("licensed", "walk", licence="CC-BY-SA-3.0"),
    make_clip("elsewhere", "walk", path=Path("/motions_2/elsewhere.bvh")),
]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), {"short", "long", "tagged", "licensed", "elsewhere"}),
        (Filters(min_duration_s=2.0), {"long", "tagged", "licensed", "elsewhere"}),
        (Filters(max_duration_s=0.5), {"short"}),
        (Filters(min_duration_s=1.0, max_duration_s=2.0), {"tagged", "licensed", "elsewhere"}),
        (Filters(tags=("locomotion",)), {"tagged"}),
        (Filters(tags=("locomotion", "fast")), set()),
        (Filters(licences=("CC-BY-SA-3.0", "MIT")), {"licensed"}),
        (Filters(folder=Path("/motions_2")), {"elsewhere"}),
        (Filters(folder=Path("/motions")), {"short", "long", "tagged", "licensed"}),
        (Filters(folder=Path("/motions"), max_duration_s=1.0), {"short"}),
    ],
)
def test_filters_hold_together(encoder, filters, expected):
    results = search(StandInLibrary(encoder, FILTERED), encoder, "walk", filters=filters)
    assert set(_ids(results)) == expected
    assert [result.rank for result in results] == list(range(1, len(expected) + 1))


def test_filters_hold_before_the_best_are_counted(encoder):
    clips = [make_clip(f"n{number:04}", "walk home") for number in range(1000)]
    clips += [make_clip(f"z{number}", "walk", tags=("rare",)) for number in range(3)]
    results = search(
        StandInLibrary(encoder, clips), encoder, "walk home", top=2, filters=Filters(tags=("rare",))
    )
    assert _ids(results) == ["z0", "z1"]


def test_without_filters_no_more_clips_are_read_than_are_returned(encoder):
    library = StandInLibrary(encoder, [make_clip(f"n{number:04}", "walk") for number in range(500)])
    search(library, encoder, "walk", top=3)
    assert library.read == ["n0000", "n0001", "n0002"]


def test_a_clip_that_another_process_removes_meanwhile_is_left_out(encoder):
    class Shrinking(StandInLibrary):
        def clips(self, clip_ids):
            if "a" in self.held:
                self.remove("a")
            return super().clips(clip_ids)

    library = Shrinking(encoder, [make_clip("a", "walk"), make_clip("b", "walk"), make_clip("c", "run")])
    assert _ids(search(library, encoder, "walk")) == ["b", "c"]


def test_a_library_that_cannot_be_read_says_so(encoder):
    class Broken(StandInLibrary):
        def clips(self, clip_ids):
            raise LibraryError(f"the disk is gone before {clip_ids[0]} could be read")

    with pytest.raises(LibraryError, match="the disk is gone"):
        search(Broken(encoder, [make_clip("a", "walk")]), encoder, "walk")


def test_a_change_of_the_library_is_seen_by_the_next_search(encoder):
    library = StandInLibrary(encoder, [make_clip("a", "walk"), make_clip("b", "run")])
    assert _ids(search(library, encoder, "walk", top=1)) == ["a"]
    library.remove("a")
    assert _ids(search(library, encoder, "walk", top=1)) == ["b"]
