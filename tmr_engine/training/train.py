"""One training run, from a configuration to the weights of its last epoch."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from ..datasets import Dataset, Places, load_dataset, read_statistics, write_statistics
from ..errors import TMRError
from ..features import Statistics
from ..library.places import cache_folder
from .augmentation.recipe import augmented
from .averaging import RunningMean
from .batches import EpochPlan, TrainingSet
from .beginning import keep_others, statistics_of, weights_of
from .config import ConfigError, RunConfig, check_same
from .contradictions import contradicted
from .distributed import Ranks, join
from .objective import LOSSES, Objective, Queue
from .precision import computing_in, resolve_precision
from .randomness import noise_for, seed_of
from .resume import Learner, Place, put_back, state_of
from .run_folder import CURVES, STEPS, WEIGHTS, RunFolder
from .text_backbone import TextBackbone, load_text_backbone
from .texts import Texts
from .tmr import TMR
from .validation import validate


class TrainingError(TMRError):
    """A run cannot go on."""

    code = "training"


@dataclass(frozen=True)
class Watch:
    """What a caller may see of a run; every function may be left as it is.

    Args:
        note: a line about something that was done or left out.
        step: (steps done, steps in all, losses of the step).
        epoch: the row of an epoch, as it stands in curves.csv.
    """

    note: Callable[[str], None] = lambda _line: None
    step: Callable[[int, int, Mapping[str, float]], None] = lambda _done, _all, _losses: None
    epoch: Callable[[Mapping[str, float]], None] = lambda _row: None


def train(config: RunConfig, *, resume: bool = False, watch: Watch | None = None) -> dict[str, float]:
    """Trains, or goes on with, a run.

    Args:
        config: of the run; its folder receives everything.
        resume: go on from the last checkpoint; a run that has none begins.
        watch: shows progress; only the first of several processes calls it.

    Returns:
        the last row of curves.csv; empty where no epoch was left.

    Raises:
        ConfigError: the folder holds a run and it is not to go on, or was begun with other settings.
        DatasetError: the data set cannot be read.
        BundleError: the text model or the checkpoint is damaged.
        TrainingError: a loss is no longer finite.
    """
    ranks = join(config.training.device)
    try:
        # the published setting: on GPUs, float32 products may be taken in TF32
        torch.set_float32_matmul_precision("high")
        folder = RunFolder(Path(config.training.folder))
        goes_on = _begin(folder, config, resume)
        ranks.wait()  # nobody may write before everybody has looked
        return _Run(config, folder, ranks, watch or Watch(), goes_on=goes_on).run()
    finally:
        ranks.leave()


def _begin(folder: RunFolder, config: RunConfig, resume: bool) -> bool:
    """Whether there is a checkpoint to go on from."""
    if not folder.checkpoint.is_file():
        return False
    if not resume:
        raise ConfigError(
            "this folder holds a run already",
            where=str(folder.path),
            fix="add --resume, or name another folder",
        )
    held, _ = folder.read_config()
    check_same(config, held, str(folder.path))
    return True


class _Run:
    """The parts of a run, and its loop."""

    def __init__(
        self, config: RunConfig, folder: RunFolder, ranks: Ranks, watch: Watch, *, goes_on: bool
    ) -> None:
        self._config, self._folder, self._ranks = config, folder, ranks
        self._watch = watch if ranks.leads else Watch()
        backbone = load_text_backbone(config.text.backbone)
        self._training, self._held_out = self._sets(backbone, goes_on)
        tuned = config.text.tune
        torch.manual_seed(seed_of(config.training.seed))
        self._model = TMR(
            self._training.dataset.width,
            backbone.width,
            config.model,
            backbone if tuned else None,
            decodes=config.loss.reconstruction > 0,
        ).to(ranks.device)
        if config.training.begin_with and not goes_on:
            weights_of(self._model, RunFolder(Path(config.training.begin_with)))
        keep_others(self._model, config.training.networks)
        keep = config.training.averaging
        self._mean = RunningMean(self._model, keep) if keep else None
        self._optimiser = torch.optim.AdamW(self._groups(), weight_decay=config.training.weight_decay)
        sentence_width = self._training.texts.sentence_width
        queue = Queue(config.loss.queue, config.model.latent_dim, sentence_width, ranks.device)
        self._objective = Objective(config.loss, ranks, queue)
        self._precision = resolve_precision(config.training.precision, ranks.device)
        self._place = Place()
        if goes_on:
            self._go_on()
        elif ranks.leads:
            for rows in (STEPS, CURVES):  # of a run that was killed before its first checkpoint
                (folder.path / rows).unlink(missing_ok=True)
            write_statistics(folder.stats, self._training.statistics)
            folder.write_config(config, self._facts(backbone))
        self._shared: nn.Module = self._model
        if ranks.world > 1:
            self._shared = DistributedDataParallel(self._model)

    def run(self) -> dict[str, float]:
        """Every epoch that is left; the last row of the curves."""
        training = self._config.training
        row: dict[str, float] = {}
        started = time.monotonic() - self._place.seconds
        while self._place.epoch < training.epochs:
            plan = self._training.plan(
                seed=training.seed,
                epoch=self._place.epoch,
                batch_size=training.batch_size,
                bucketed=training.bucketed,
                averaged=training.captions_averaged,
                window_s=self._config.data.window_s,
                together=self._config.loss.opposites > 0,
            )
            batches = [items for items in plan.batches if len(items) >= self._ranks.world]
            for items in batches[self._place.batch :]:
                self._step(items, plan, len(batches))
                self._place.seconds = time.monotonic() - started
                if self._place.step % training.checkpoint_steps == 0:
                    self._save()
            row = self._end_epoch()
        return row

    def _step(self, items: list[int], plan: EpochPlan, steps_an_epoch: int) -> None:
        config, place, device = self._config, self._place, self._ranks.device
        seed = seed_of(config.training.seed, place.step, 1)
        noise = noise_for(seed, len(items), config.model.latent_dim)
        own = list(self._ranks.own(len(items)))
        lengths = [last - first for first, last in (plan.windows[item] for item in items)]
        batch = self._training.batch(
            [items[row] for row in own],
            plan,
            longest=max(lengths),
            ids=config.text.tune,
            wrong=config.loss.shuffled_events or config.loss.wrong_sides,
        ).to(device)
        torch.manual_seed(seed_of(config.training.seed, place.step, 2, self._ranks.rank))  # for dropout
        self._optimiser.zero_grad(set_to_none=True)
        with computing_in(self._precision, device):
            latents = self._shared(batch, (noise[0][own].to(device), noise[1][own].to(device)))
        sentences = self._training.sentences(items, plan).to(device)
        opposites = plan.opposites_in(items).to(device) if config.loss.opposites else None
        terms = self._objective(latents, batch, sentences, sum(lengths), opposites=opposites)
        values = terms.values.double().cpu().numpy()
        if not np.isfinite(values).all():
            raise TrainingError(
                f"the loss is {values[-1]} in step {place.step}",
                why="the learning rate is too high, or a motion holds absurd values",
                fix="lower training.learning_rate and go on from the last checkpoint (--resume)",
            )
        terms.minimised.backward()  # type: ignore[no-untyped-call]
        self._optimiser.step()
        place.step, place.batch = place.step + 1, place.batch + 1
        if self._mean is not None:
            self._mean.update(self._model, place.step)
        place.sums, place.pairs = place.sums + values * len(items), place.pairs + len(items)
        losses = dict(zip(LOSSES, values.tolist(), strict=True))
        if self._ranks.leads:
            self._folder.append(STEPS, {"step": place.step, "epoch": place.epoch, **losses})
        self._watch.step(place.step, self._config.training.epochs * steps_an_epoch, losses)

    def _end_epoch(self) -> dict[str, float]:
        place, training = self._place, self._config.training
        means = dict(zip(LOSSES, (place.sums / place.pairs).tolist(), strict=True))
        row = {"epoch": place.epoch, "seconds_since_start": round(place.seconds, 3), **means}
        if self._ranks.leads:
            due = (place.epoch + 1) % training.validate_epochs == 0 or place.epoch + 1 == training.epochs
            if self._held_out is not None:
                # the columns of curves.csv stay the same in epochs without validation
                found = (
                    validate(self._result, self._held_out, self._config, self._ranks.device) if due else {}
                )
                row |= found
            if self._held_out is None or due:
                self._folder.append(CURVES, row)
            self._write_weights()
        self._place = Place(place.epoch + 1, 0, place.step, seconds=place.seconds)
        self._save()
        self._watch.epoch(row)
        return row

    def _save(self) -> None:
        if self._ranks.leads:
            arrays = state_of(self._learner, self._place)
            self._folder.write_arrays(self._folder.checkpoint, arrays, {})
        self._ranks.wait()

    def _write_weights(self) -> None:
        for name, module in self._result.named_children():
            network = module.network if isinstance(module, TextBackbone) else module
            path = self._folder.path / WEIGHTS / f"{name}.safetensors"
            self._folder.write_arrays(path, network.state_dict(), {})

    @property
    def _learner(self) -> Learner:
        return Learner(self._model, self._mean, self._optimiser, self._objective.queue)

    @property
    def _result(self) -> TMR:
        """The weights that a run is for."""
        return self._model if self._mean is None else self._mean.model

    def _go_on(self) -> None:
        _, table = self._folder.read_config()
        self._precision = str(table["precision"])
        path = self._folder.checkpoint
        arrays = self._folder.read_arrays(path)
        self._place = put_back(arrays, self._learner, path)
        if self._ranks.leads:
            self._folder.forget(STEPS, "step", self._place.step)
            self._folder.forget(CURVES, "epoch", self._place.epoch - 1)
        self._watch.note(f"going on in epoch {self._place.epoch}, after step {self._place.step}")

    def _sets(self, backbone: TextBackbone, goes_on: bool) -> tuple[TrainingSet, TrainingSet | None]:
        data = self._config.data
        training = self._split(data.train_split).shared(data.share)
        if data.share < 1.0:
            self._watch.note(f"{len(training)} of them are learned from")
        held_out = self._split(data.val_split) if data.val_split else None
        if goes_on:
            statistics = read_statistics(self._folder.stats)
        elif self._config.training.begin_with:
            statistics = statistics_of(RunFolder(Path(self._config.training.begin_with)))
        else:
            statistics = Statistics.of(training.features(index) for index in range(len(training)))
        training = augmented(training, self._config.augmentation, self._config.training.seed)
        every = [item for part in (training, held_out) if part is not None for item in part.items]
        texts = Texts(
            [caption.text for item in every for caption in item.captions],
            backbone.to(self._ranks.device),
            vectors=not self._config.text.tune,
            contradict=self._contradict(),
        )
        held = None if held_out is None else TrainingSet(held_out, statistics, texts)
        return TrainingSet(training, statistics, texts), held

    def _contradict(self) -> Callable[[str], str] | None:
        loss = self._config.loss
        if not (loss.shuffled_events or loss.wrong_sides):
            return None
        return partial(contradicted, order=loss.shuffled_events, sides=loss.wrong_sides)

    def _split(self, split: str) -> Dataset:
        data = self._config.data
        places = Places(
            Path(data.motions) if data.motions else None,
            Path(data.body_models) if data.body_models else None,
            cache_folder() / "features",
        )
        dataset = load_dataset(
            data.dataset, split, places=places, limits=(data.shortest_s, data.longest_s)
        ).readable()
        self._watch.note(f"{split}: {len(dataset)} motions of {dataset.name}")
        for warning in dataset.warnings:
            self._watch.note(f"{split}: left out: {warning}")
        return dataset

    def _groups(self) -> list[dict[str, Any]]:
        """The backbone has a learning rate of its own."""
        rate, backbone = self._config.training.learning_rate, self._model.text_backbone
        own = [p for name, p in self._model.named_parameters() if not name.startswith("text_backbone.")]
        groups: list[dict[str, Any]] = [{"params": own, "lr": rate}]
        if backbone is not None:
            tuned = {"params": list(backbone.parameters()), "lr": self._config.text.tune_learning_rate}
            groups.append(tuned)
        return groups

    def _facts(self, backbone: TextBackbone) -> dict[str, Any]:
        dataset = self._training.dataset
        return {
            "motion_width": dataset.width,
            "text_width": backbone.width,
            "text_model_id": backbone.model_id,
            "fps": dataset.fps,
            "precision": self._precision,
            "training_items": len(dataset),
            "processes": self._ranks.world,
        }
