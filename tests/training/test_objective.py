"""The objective: options in closed form, and two processes against one, gradients included."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed; this test needs the training packages")
from torch.nn.parallel import DistributedDataParallel  # noqa: E402

from tmr_engine.training.batches import Batch  # noqa: E402
from tmr_engine.training.config import LossConfig  # noqa: E402
from tmr_engine.training.distributed import Ranks  # noqa: E402
from tmr_engine.training.losses import (  # noqa: E402
    cross_entropy,
    hard_negative_cross_entropy,
    margin_loss,
)
from tmr_engine.training.networks import NetworkSize, mask_of  # noqa: E402
from tmr_engine.training.objective import LOSSES, Objective, Queue  # noqa: E402
from tmr_engine.training.tmr import TMR, Latents  # noqa: E402

pytestmark = pytest.mark.torch
CPU = torch.device("cpu")
PAIRS, WIDTH, LATENT = 7, 5, 8
EVERYTHING = LossConfig(
    kl=0.3,
    latent=0.2,
    contrastive=0.5,
    valid_frames_only=True,
    hard_negatives=True,
    queue=6,
    shuffled_events=True,
    wrong_sides=True,
)


def unit(rows: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.normalize(rows, dim=-1)


def latents_of(text: torch.Tensor, motion: torch.Tensor) -> Latents:
    zero = torch.zeros_like(text)
    return Latents((zero, zero), (zero, zero), text, motion, None, torch.zeros(0, text.shape[1]))


def pairs_only(count: int) -> Batch:
    nothing = torch.zeros(0, dtype=torch.int64)
    ones = torch.ones(count, 1, dtype=torch.bool)
    return Batch(torch.zeros(count, 1, 1), ones, torch.zeros(count, 1, 1), ones, torch.arange(count), nothing)


def contrastive(
    config: LossConfig, text: torch.Tensor, motion: torch.Tensor, sentences: torch.Tensor, queue=None
):
    queue = queue or Queue(config.queue, text.shape[1], sentences.shape[1], CPU)
    objective = Objective(config, Ranks(0, 1, CPU), queue)
    return objective(latents_of(text, motion), pairs_only(len(text)), sentences, len(text)).values[3].item()


def log_softmax_by_hand(own: float, others: list[float]) -> float:
    return -own + math.log(math.exp(own) + sum(math.exp(other) for other in others))


def test_latents_of_earlier_batches_are_negatives_but_for_captions_that_mean_the_same() -> None:
    config = LossConfig(temperature=1.0, queue=4)
    text, motion = torch.eye(3)[:2], torch.eye(3)[:2]
    past = torch.tensor([[0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])
    queue = Queue(4, 3, 2, CPU)
    # the first earlier caption means what caption 1 means: no negative of pair 1
    queue.push(past, past, torch.tensor([[0.0, 1.0], [-1.0, 0.0]]))
    found = contrastive(config, text, motion, torch.eye(2), queue)
    wanted = (log_softmax_by_hand(1, [0, 0.6, 0]) + log_softmax_by_hand(1, [0, 0])) / 2
    assert found == pytest.approx(wanted, abs=1e-6)
    assert len(queue) == 4
    torch.testing.assert_close(queue.text[:2], text)
    queue.push(text, motion, torch.eye(2))
    assert len(queue) == 4
    torch.testing.assert_close(queue.text[2:], text)


def test_a_caption_in_wrong_order_is_a_negative_of_its_own_motion_alone() -> None:
    config = LossConfig(temperature=1.0, shuffled_events=True)
    text, motion = torch.eye(3)[:2], torch.eye(3)[:2]
    batch = pairs_only(2)
    batch.wrong_owners = torch.tensor([1])
    latents = latents_of(text, motion)._replace(wrong=torch.tensor([[0.0, 3.0, 4.0]]))
    objective = Objective(config, Ranks(0, 1, CPU), Queue(0, 3, 2, CPU))
    found = objective(latents, batch, torch.eye(2), 2).values[3].item()
    usual = log_softmax_by_hand(1, [0])
    to_texts = (usual + log_softmax_by_hand(1, [0, 0.6])) / 2
    assert found == pytest.approx((usual + to_texts) / 2, abs=1e-6)


def test_a_threshold_of_one_keeps_even_equal_captions_apart() -> None:
    sentences = unit(torch.tensor([[0.1, 0.7, 0.3], [0.1, 0.7, 0.3]]))
    found = contrastive(LossConfig(temperature=1.0, threshold=1.0), torch.eye(2), torch.eye(2), sentences)
    assert found == pytest.approx(log_softmax_by_hand(1, [0]), abs=1e-6)


def test_hard_negatives_equal_the_published_formula() -> None:
    draw = np.random.default_rng(0)
    scores = draw.normal(0, 2, (6, 6))
    excluded = np.zeros((6, 6), bool)
    excluded[0, 3] = excluded[3, 0] = True
    alpha, beta = 0.9, 0.5
    losses = []
    for i in range(6):
        negatives = [j for j in range(6) if j != i and not excluded[i, j]]
        total = sum(np.exp(beta * scores[i, k]) for k in negatives)
        weighed = sum(5 * np.exp(beta * scores[i, j]) / total * np.exp(scores[i, j]) for j in negatives)
        losses.append(-np.log(np.exp(scores[i, i]) / (alpha * np.exp(scores[i, i]) + weighed)))
    tensor = torch.from_numpy(np.where(excluded, -np.inf, scores))
    assert hard_negative_cross_entropy(tensor, alpha, beta).item() == pytest.approx(
        np.mean(losses), abs=1e-10
    )


def test_hard_negatives_without_sharpness_are_infonce_and_a_row_without_negatives_stays_finite() -> None:
    scores = torch.randn(5, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    plain = hard_negative_cross_entropy(scores, 1.0, 0.0)
    torch.testing.assert_close(plain, cross_entropy(scores))
    scores[2] = -torch.inf
    scores[2, 2] = 0.3
    scores.requires_grad_()
    loss = hard_negative_cross_entropy(scores, 0.999, 0.5)
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(scores.grad).all()


def test_margin_loss_has_its_closed_form() -> None:
    text, motion = torch.tensor([[0.0], [3.0]]), torch.tensor([[1.0], [3.0]])
    # own pairs: 1 and 0 apart; others: 3 and 2 apart, of which a margin of 2.5 leaves 0 and 0.5
    assert margin_loss(text, motion, 2.5).item() == pytest.approx(0.5 * (0.5 + 0.125), abs=1e-6)


def whole_batch() -> tuple[Batch, torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
    """7 pairs of different lengths; two have two captions, and two have one in wrong order."""
    draw = torch.Generator().manual_seed(3)
    lengths = torch.tensor([4, 9, 2, 7, 9, 1, 5])
    mask = mask_of(lengths)
    motion = torch.randn(PAIRS, 9, WIDTH, generator=draw) * mask[..., None]
    owners, wrong = torch.tensor([0, 0, 1, 2, 3, 4, 4, 5, 6]), torch.tensor([1, 4])
    text = torch.randn(len(owners) + len(wrong), 3, WIDTH, generator=draw)
    text_mask = torch.ones(len(text), 3, dtype=torch.bool)
    sentences = unit(torch.randn(PAIRS, 3, generator=draw))
    noise = (torch.randn(PAIRS, LATENT, generator=draw), torch.randn(PAIRS, LATENT, generator=draw))
    return Batch(motion, mask, text, text_mask, owners, wrong), sentences, noise


def part_of(batch: Batch, rows: list[int]) -> Batch:
    """The rows of one process."""
    captions = [n for n, owner in enumerate(batch.text_owners.tolist()) if owner in rows]
    wrong = [n for n, owner in enumerate(batch.wrong_owners.tolist()) if owner in rows]
    text = captions + [len(batch.text_owners) + n for n in wrong]
    places = {row: place for place, row in enumerate(rows)}
    return Batch(
        batch.motion[rows],
        batch.motion_mask[rows],
        batch.text[text],
        batch.text_mask[text],
        torch.tensor([places[owner] for owner in batch.text_owners[captions].tolist()]),
        torch.tensor([places[owner] for owner in batch.wrong_owners[wrong].tolist()], dtype=torch.int64),
    )


def two_steps(ranks: Ranks, config: LossConfig) -> dict[str, np.ndarray]:
    """Losses of two batches (the second sees the queue of the first) and the gradients of the second."""
    torch.manual_seed(0)
    model = TMR(WIDTH, WIDTH, NetworkSize(LATENT, 16, 1, 2, dropout=0.0))
    shared = DistributedDataParallel(model) if ranks.world > 1 else model
    objective = Objective(config, ranks, Queue(config.queue, LATENT, 3, CPU))
    batch, sentences, noise = whole_batch()
    rows = list(ranks.own(PAIRS))
    found = {}
    for step in range(2):
        model.zero_grad()
        latents = shared(part_of(batch, rows), (noise[0][rows], noise[1][rows]))
        terms = objective(latents, part_of(batch, rows), sentences, int(batch.motion_mask.sum()))
        terms.minimised.backward()
        found[f"losses {step}"] = terms.values.numpy()
    for name, parameter in model.named_parameters():
        found[name] = np.zeros(0) if parameter.grad is None else parameter.grad.numpy()
    return found


def in_process(rank: int, folder: str, config: LossConfig) -> None:
    torch.distributed.init_process_group("gloo", f"file://{folder}/meet", rank=rank, world_size=2)
    found = two_steps(Ranks(rank, 2, CPU), config)
    np.savez(f"{folder}/{rank}.npz", **found)
    torch.distributed.destroy_process_group()


@pytest.mark.parametrize(
    "config", [LossConfig(kl=0.3, latent=0.2), EVERYTHING], ids=["published", "everything"]
)
def test_two_processes_have_the_losses_and_gradients_of_one(tmp_path: Path, config: LossConfig) -> None:
    alone = two_steps(Ranks(0, 1, CPU), config)
    torch.multiprocessing.spawn(in_process, (str(tmp_path), config), nprocs=2)
    for rank in (0, 1):
        with np.load(tmp_path / f"{rank}.npz") as arrays:
            assert set(arrays.files) == set(alone)
            for name, wanted in alone.items():
                np.testing.assert_allclose(arrays[name], wanted, atol=2e-6, rtol=1e-4, err_msg=name)
    assert np.abs(alone["motion_encoder.tokens"]).max() > 1e-3


def test_a_step_of_the_program_equals_the_authors(shared_dir: Path) -> None:
    """The module and the objective that runs are made of, in float32 as they run; dropout is off."""
    with np.load(shared_dir / "reference" / "losses" / "training_step.npz") as file:
        arrays = dict(file)
    latent, ff, layers, heads, motion_width, text_width = map(int, arrays["config"])
    model = TMR(motion_width, text_width, NetworkSize(latent, ff, layers, heads)).eval()
    stored = {
        name.removeprefix("weights/"): torch.from_numpy(values.astype(np.float32))
        for name, values in arrays.items()
        if name.startswith("weights/")
    }
    model.load_state_dict(stored)

    def single(name: str) -> torch.Tensor:
        return torch.from_numpy(arrays[name].astype(np.float32))

    motion_mask, text_mask = (
        mask_of(torch.from_numpy(arrays[f"{part}_lengths"])) for part in ("motion", "text")
    )
    nobody = torch.zeros(0, dtype=torch.int64)
    owners = torch.arange(len(motion_mask))
    batch = Batch(single("motion"), motion_mask, single("text"), text_mask, owners, nobody)
    latents = model(batch, (single("eps_text"), single("eps_motion")))
    objective = Objective(LossConfig(), Ranks(0, 1, CPU), Queue(0, latent, arrays["sent_emb"].shape[1], CPU))
    terms = objective(latents, batch, single("sent_emb"), int(motion_mask.sum()))
    for name, value in zip(LOSSES, terms.values.tolist(), strict=True):
        assert value == pytest.approx(float(arrays[f"loss/{name}"]), abs=2e-5), name
    terms.minimised.backward()
    for name, parameter in model.named_parameters():
        wanted = arrays[f"grad/{name}"]
        found = np.zeros_like(wanted) if parameter.grad is None else parameter.grad.numpy()
        np.testing.assert_allclose(found, wanted, atol=2e-5, rtol=0, err_msg=name)
