"""Epochs and batches: what is drawn, what is padded, and captions with events in another order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed; this test needs the training packages")
from tmr_engine.captioning.events import reordered  # noqa: E402
from tmr_engine.datasets import load_dataset  # noqa: E402
from tmr_engine.features import Statistics  # noqa: E402
from tmr_engine.training.batches import TrainingSet  # noqa: E402
from tmr_engine.training.text_backbone import load_text_backbone  # noqa: E402
from tmr_engine.training.texts import Texts  # noqa: E402

pytestmark = pytest.mark.torch
USUAL = {"seed": 1, "epoch": 0, "batch_size": 4, "bucketed": False, "averaged": 1, "window_s": 0.0}


@pytest.fixture(scope="module")
def training_set(made_set: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainingSet:
    dataset = load_dataset(made_set, "train")
    captions = [caption.text for item in dataset.items for caption in item.captions]
    texts = Texts(captions, load_text_backbone(), folder=tmp_path_factory.mktemp("texts"))
    statistics = Statistics.of(dataset.features(index) for index in range(len(dataset)))
    return TrainingSet(dataset, statistics, texts)


@pytest.mark.parametrize("bucketed", [False, True])
def test_an_epoch_shows_every_item_once_in_an_order_of_its_own(
    training_set: TrainingSet, bucketed: bool
) -> None:
    plans = [training_set.plan(**USUAL | {"epoch": epoch, "bucketed": bucketed}) for epoch in (0, 0, 1)]
    for plan in plans:
        assert sorted(item for batch in plan.batches for item in batch) == list(range(21))
        assert sorted(map(len, plan.batches)) == [1, 4, 4, 4, 4, 4]
    assert plans[0].batches == plans[1].batches
    assert plans[0].batches != plans[2].batches


def test_buckets_waste_less_on_padding(training_set: TrainingSet) -> None:
    def padding(bucketed: bool) -> int:
        plan = training_set.plan(**USUAL | {"bucketed": bucketed})
        lengths = [[plan.windows[item][1] for item in batch] for batch in plan.batches]
        return sum(max(batch) * len(batch) - sum(batch) for batch in lengths)

    assert padding(True) < padding(False)


def test_each_caption_of_an_item_is_drawn_about_as_often(training_set: TrainingSet) -> None:
    drawn = [training_set.plan(**USUAL | {"epoch": epoch}).captions for epoch in range(40)]
    share = np.mean([caption == (1,) for captions in drawn for caption in captions])
    assert 0.43 < share < 0.57  # 840 draws of one in two: 4 standard deviations


def test_only_captions_of_the_same_part_are_averaged(training_set: TrainingSet) -> None:
    plan = training_set.plan(**USUAL | {"averaged": 2})
    # the second caption of each made item speaks of its first 2.2 s, not of the whole
    assert {len(chosen) for chosen in plan.captions} == {1}


def test_windows_lie_within_the_part_and_move(training_set: TrainingSet) -> None:
    plans = [training_set.plan(**USUAL | {"window_s": 1.0, "epoch": epoch}) for epoch in range(5)]
    for plan in plans:
        for index, (first, last) in enumerate(plan.windows):
            assert last - first == 20
            assert 0 <= first <= last <= len(training_set.dataset.features(index, plan.captions[index][0]))
    assert len({plan.windows[0] for plan in plans}) > 1


def test_a_batch_holds_normalised_clips_padded_with_zeros(training_set: TrainingSet) -> None:
    plan = training_set.plan(**USUAL)
    items = plan.batches[0]
    batch = training_set.batch(items, plan, longest=90, ids=False, wrong=False)
    statistics = training_set.statistics
    for row, item in enumerate(items):
        (caption,) = plan.captions[item]
        features = training_set.dataset.features(item, caption)
        wanted = (features - statistics.mean) / (statistics.std + 1e-12)
        np.testing.assert_allclose(batch.motion[row, : len(wanted)], wanted, rtol=1e-5, atol=1e-5)
        assert not batch.motion[row, len(wanted) :].any()
        assert int(batch.motion_mask[row].sum()) == len(wanted)
        tokens = training_set.texts.tokens([training_set.dataset.captions(item)[caption].text])[0]
        np.testing.assert_array_equal(batch.text[row, : len(tokens)], tokens)
        assert int(batch.text_mask[row].sum()) == len(tokens)


def test_token_vectors_are_those_of_the_served_model_and_are_kept(tmp_path: Path) -> None:
    from tmr_engine.model import load_sentence_encoder

    texts = ["a person walks", "", "someone kicks with the left leg, then bows", "a person walks"]
    backbone = load_text_backbone()
    made = Texts(texts, backbone, folder=tmp_path)
    again = Texts(texts, backbone, folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    for text, sentence in zip(texts, load_sentence_encoder().encode(texts), strict=True):
        (tokens,) = made.tokens([text])
        np.testing.assert_array_equal(again.tokens([text])[0], tokens)
        # the sentence vector of the model is the mean of its tokens at unit length
        mean = tokens.mean(axis=0)
        np.testing.assert_allclose(mean / np.linalg.norm(mean), sentence, atol=1e-5)
        np.testing.assert_allclose(made.sentences([text])[0], sentence, atol=1e-5)


def test_texts_of_an_earlier_run_are_not_encoded_again(tmp_path: Path, monkeypatch) -> None:
    backbone = load_text_backbone()
    earlier = Texts(["a person walks", "a person sits"], backbone, folder=tmp_path)
    encoded: list[str] = []
    encode = backbone.tokens
    monkeypatch.setattr(backbone, "tokens", lambda texts: encoded.extend(texts) or encode(texts))
    (tmp_path / "tokens-00000000-ff.safetensors").write_bytes(b"of another model")
    later = Texts(["someone hops", "a person sits"], backbone, folder=tmp_path)
    assert encoded == ["someone hops"]
    np.testing.assert_array_equal(later.tokens(["a person sits"])[0], earlier.tokens(["a person sits"])[0])
    assert later.tokens(["someone hops"])[0].shape == backbone.tokens(["someone hops"])[0].shape


@pytest.mark.parametrize(
    ("caption", "orders"),
    [
        ("a person walks then sits down", {"sits down then a person walks"}),
        ("he jumps, and then he waves.", {"he waves, and then he jumps"}),
        ("she bows before leaving", {"leaving before she bows"}),
        ("a person walks and waves", {""}),
        ("then he walks", {""}),
        ("walks then walks", {""}),
        ("", {""}),
        (
            "run, then stop, then turn",
            {
                "run, then turn, then stop", "stop, then run, then turn", "stop, then turn, then run",
                "turn, then run, then stop", "turn, then stop, then run",
            },
        ),
    ],
)  # fmt: skip
def test_events_are_told_in_another_order(caption: str, orders: set[str]) -> None:
    assert reordered(caption) in orders
    assert reordered(caption) == reordered(caption)
