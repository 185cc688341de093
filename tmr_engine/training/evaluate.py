"""A trained model on a split of a data set: retrieval, captions, actions, moments."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..datasets import Dataset, Item
from ..datasets.dataset import frames_of
from ..errors import FeatureError
from ..evaluation import (
    PROTOCOLS,
    Answers,
    CosineSimilarities,
    DualSoftmax,
    Pairs,
    QuerybankNormalised,
    action_metrics,
    moment_metrics,
    reanchored,
    run_protocol,
    windows,
)
from ..evaluation.similarities import unit_rows
from ..model import load_sentence_encoder
from ..motion.rotation import FloatArray
from ..search.moments import suppress
from .checkpoint import Checkpoint
from .encoding import Counted, encode_motions, encode_parts, encode_texts

TASKS = (*PROTOCOLS, "captions", "actions", "moments")
Hubness = Literal["none", "qb-norm", "dual-softmax"]
_SEES = {
    "none": "one query",
    "qb-norm": "one query and the training split",
    "dual-softmax": "all queries of the test at once",
}


@dataclass(frozen=True)
class Watch:
    """What a caller may see of an evaluation.

    Args:
        note: a line about something that was left out.
        counted: (motions encoded, motions).
    """

    note: Callable[[str], None] = lambda _line: None
    counted: Counted = lambda _done, _all: None


@dataclass(frozen=True, eq=False)
class Latents:
    """A split as the model sees it: (N, D) means of motions and of their first captions."""

    motions: FloatArray
    texts: FloatArray


def evaluate(
    checkpoint: Checkpoint,
    dataset: Dataset,
    tasks: Sequence[str] = (),
    *,
    dissimilar: Sequence[str] | None = None,
    bank: Dataset | None = None,
    hubness: Hubness = "none",
    watch: Watch | None = None,
) -> list[dict[str, Any]]:
    """Runs protocols and tasks.

    Args:
        checkpoint: the model.
        dataset: the split, every motion readable.
        tasks: of `TASKS`; none means all that the split allows, the others are noted.
        dissimilar: keys of the published subset of captions that differ, where the data set has one.
        bank: the training split, whose queries correct for hubs (`qb-norm`).
        hubness: a correction that is shown beside the plain figures of the protocols.
        watch: sees progress.

    Returns:
        a row for each task and correction: {"task", "correction", "sees", ...} with what `run_protocol`,
        `action_metrics` or `moment_metrics` gives.

    Raises:
        FeatureError: a task is unknown, or was named and the split does not allow it; or a correction lacks
            its bank.
        BundleError: the model does not fit the data set.
    """
    watch = watch or Watch()
    unknown = [task for task in tasks if task not in TASKS]
    if unknown:
        raise FeatureError(f'there is no protocol "{unknown[0]}"', fix=f"there are {', '.join(TASKS)}")
    latents = encode_split(checkpoint, dataset, watch.counted)
    scores = _scores(checkpoint, latents, hubness, bank, watch)
    sentences = dataset.text_embeddings(load_sentence_encoder(backend="torch"))
    rows: list[dict[str, Any]] = []
    for task in tasks or TASKS:
        try:
            if task in PROTOCOLS:
                for correction, similarities in scores.items():
                    pairs = Pairs(dataset.keys, similarities, sentences, dissimilar)
                    rows.append(_row(task, correction) | run_protocol(pairs, task))
            else:
                rows.append(_row(task, "none") | _OTHERS[task](checkpoint, dataset, latents))
        except FeatureError as error:
            if tasks:
                raise
            watch.note(f"{task}: left out: {error}")
    return rows


def encode_split(checkpoint: Checkpoint, dataset: Dataset, counted: Counted | None = None) -> Latents:
    """The latents of a split's pairs."""
    texts = [dataset.captions(index)[0].text for index in range(len(dataset))]
    return Latents(encode_motions(checkpoint, dataset, counted), encode_texts(checkpoint, texts))


def _row(task: str, correction: str) -> dict[str, Any]:
    return {"task": task, "correction": correction, "sees": _SEES[correction]}


def _scores(
    checkpoint: Checkpoint, latents: Latents, hubness: Hubness, bank: Dataset | None, watch: Watch
) -> dict[str, CosineSimilarities | DualSoftmax | QuerybankNormalised]:
    plain = CosineSimilarities(latents.texts, latents.motions)
    if hubness == "none":
        return {"none": plain}
    if hubness == "dual-softmax":
        return {"none": plain, hubness: DualSoftmax(plain)}
    if bank is None:
        raise FeatureError("querybank normalisation needs queries of a training split")
    known = encode_split(checkpoint, bank, watch.counted)
    return {"none": plain, hubness: QuerybankNormalised(plain, known.texts, known.motions)}


def _captions(checkpoint: Checkpoint, dataset: Dataset, latents: Latents) -> dict[str, Any]:
    """Motion to text: every different caption of the split is the gallery, a motion's own are right."""
    own = [_own_captions(item) for item in dataset.items]
    gallery = list(dict.fromkeys(text for texts in own for text in texts))
    found = action_metrics(latents.motions, encode_texts(checkpoint, gallery), gallery, own)
    return {
        "accepts": "any caption of the motion",
        "motions": found["motions"],
        "gallery": len(gallery),
        "top1": found["top1"],
        "top5": found["top5"],
    }


def _own_captions(item: Item) -> list[str]:
    """The captions that speak of the same part as the first, which is the part that was encoded."""
    first = item.captions[0]
    return [one.text for one in item.captions if (one.start_s, one.end_s) == (first.start_s, first.end_s)]


def _actions(checkpoint: Checkpoint, dataset: Dataset, latents: Latents) -> dict[str, Any]:
    """Zero-shot action recognition: the names of the split's categories are the gallery."""
    names = sorted({label for item in dataset.items for label in item.labels})
    if not names:
        raise FeatureError("the data set has no action categories", where=dataset.name)
    labels = [item.labels for item in dataset.items]
    return {"accepts": "any category of the motion"} | action_metrics(
        latents.motions, encode_texts(checkpoint, names), names, labels
    )


def _moments(checkpoint: Checkpoint, dataset: Dataset, _latents: Latents) -> dict[str, Any]:
    """Moment retrieval: each caption of a part is looked for in the whole of its recording."""
    recordings: dict[Any, list[Item]] = {}
    for item in dataset.items:
        recordings.setdefault(item.motion, []).append(item)
    answers: list[Answers] = []
    searched = 0
    for place, items in recordings.items():
        texts = _parts_of(items)
        if not texts:
            continue
        features = dataset.read(place)
        answers += _answers(checkpoint, features, dataset.fps, texts)
        searched += 1
    return {
        "accepts": "overlapping parts",
        "recordings": searched,
        "queries": len(answers),
    } | moment_metrics(answers)


def _parts_of(items: Sequence[Item]) -> dict[str, list[Any]]:
    """The captions of parts of one recording: what is said -> where, once each."""
    found: dict[str, list[Any]] = {}
    for item in items:
        for caption in item.captions:
            places = found.setdefault(caption.text, [])
            if math.isfinite(caption.end_s) and caption not in places:
                places.append(caption)
    return {text: places for text, places in found.items() if places}


def _answers(
    checkpoint: Checkpoint, features: FloatArray, fps: float, texts: dict[str, list[Any]]
) -> list[Answers]:
    spans = windows(len(features), fps)
    parts = [reanchored(features, start, stop) for start, stop in spans]
    gallery = unit_rows(encode_parts(checkpoint, parts))
    scores = unit_rows(encode_texts(checkpoint, list(texts))) @ gallery.T
    return [
        Answers(
            spans[suppress(spans, row)],
            np.array([frames_of(part, fps, len(features)) for part in places]),
        )
        for row, places in zip(scores, texts.values(), strict=True)
    ]


_OTHERS = {"captions": _captions, "actions": _actions, "moments": _moments}
