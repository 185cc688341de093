"""The configuration of a run: typed, validated, the same in TOML, on the command line and in config.json."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_type_hints

from ..errors import TMRError
from .networks import NetworkSize

NETWORKS = ("motion_encoder", "text_encoder", "motion_decoder")
CONFIGS = Path(__file__).with_name("configs")
_MAX_BYTES = 1 << 20
# what may differ when a run goes on: none of it changes a number of a step
_FREE_ON_RESUME = frozenset(
    {"training.folder", "training.epochs", "training.checkpoint_steps", "training.validate_epochs"}
)


class ConfigError(TMRError):
    """A configuration is not understood, or does not fit the run that it should go on with."""

    code = "config"


@dataclass(frozen=True)
class DataConfig:
    """What is learned from.

    Args:
        dataset: "demo", or a folder (docs/training.md lists the layouts); or a list of several.
        motions, body_models: folders that the data set's own does not hold; "" for none.
        shortest_s, longest_s: captions of shorter and longer parts are left out of training.
        window_s: a longer part is seen through a window of this length, at another place each epoch; 0 shows
            all of it, as published.
        share: so much of the training split is learned from, for curves over the size of the data; drawn by
            the items' keys alone, so that a smaller share is part of a larger one.
        train_split, val_split: names of splits; no validation where `val_split` is "".
    """

    dataset: tuple[str, ...]
    motions: str = ""
    body_models: str = ""
    shortest_s: float = 2.0
    longest_s: float = 10.0
    window_s: float = 0.0
    share: float = 1.0
    train_split: str = "train"
    val_split: str = "val"


@dataclass(frozen=True)
class TextConfig:
    """Where token vectors come from.

    Args:
        backbone: "bundled" (all-MiniLM-L6-v2), or a folder with a model as transformers saves it
            (distilbert-base-uncased as published).
        tune: train the backbone too, which is frozen as published.
        tune_learning_rate: of the backbone, where it is tuned.
    """

    backbone: str = "bundled"
    tune: bool = False
    tune_learning_rate: float = 1e-5


@dataclass(frozen=True)
class LossConfig:
    """Weights as published, and what may replace or join a loss.

    Args:
        reconstruction, kl, latent, contrastive: weights of the sum.
        form: "infonce" as published, or "margin", the pair loss it is compared with in the paper.
        temperature: divides the cosines.
        threshold: captions more alike than this, on the scale (cosine + 1) / 2, are no negatives of each
            other; 1 keeps all negatives.
        margin: distance that pairs which do not belong together must keep (form "margin").
        valid_frames_only: reconstruction averages over valid frames, not over padding too.
        hard_negatives: weighs negatives by their hardness (HN-NCE, Radenovic et al. 2023).
        hard_alpha, hard_beta: of those weights.
        queue: so many latents of earlier batches are negatives too (Wang et al. 2020); 0 for none.
        shuffled_events: a caption with its events in another order is a negative of its motion
            (Fujiwara et al. 2024).
        wrong_sides: a caption with left and right exchanged is a negative of its motion.
        opposites: weight, beside the contrastive loss, of telling an item from its opposite (mirrored, in the
            other order); both then meet in a batch.
    """

    reconstruction: float = 1.0
    kl: float = 1e-5
    latent: float = 1e-5
    contrastive: float = 0.1
    form: Literal["infonce", "margin"] = "infonce"
    temperature: float = 0.1
    threshold: float = 0.8
    margin: float = 10.0
    valid_frames_only: bool = False
    hard_negatives: bool = False
    hard_alpha: float = 0.999
    hard_beta: float = 0.5
    queue: int = 0
    shuffled_events: bool = False
    wrong_sides: bool = False
    opposites: float = 0.0


@dataclass(frozen=True)
class AugmentationConfig:
    """What more is made of the training split (`augmentation/recipe.py`); nothing, as published, if left out.

    Args:
        mirror: every motion in a mirror too, left and right exchanged in its captions.
        tempo: so many more items for each, faster or slower, with words for it.
        in_a_row: so many more items for each, two motions one after the other.
        reversed: what stands in a row stands in the other order too, as its opposite.
        in_halves: so many more for each, the arms of one motion on the legs of another, where they go
            together.
        noise: so many more for each, with the tremor of a rougher capture. (Heading and proportions need no
            change: features are the same for every heading, and of one skeleton.)
        paraphrases: of each caption, words exchanged for others that mean the same.
        described: sentences about what is measured in each motion.
    """

    mirror: bool = False
    tempo: float = 0.0
    in_a_row: float = 0.0
    reversed: bool = False
    in_halves: float = 0.0
    noise: float = 0.0
    paraphrases: int = 0
    described: int = 0


@dataclass(frozen=True)
class TrainingConfig:
    """How it is learned.

    Args:
        folder: the run folder.
        begin_with: a run folder whose weights and statistics this run begins with; "" begins with chance.
        networks: those that learn; the others keep the weights of `begin_with`.
        epochs: over the training split.
        batch_size: of all processes together.
        learning_rate, weight_decay: of AdamW; constant, as published.
        averaging: how much of the running mean of the weights each step keeps (0.995, say); the mean is what
            is validated and written (Polyak and Juditsky 1992). 0, as published: the last weights.
        seed: decides every random number.
        captions_averaged: up to so many captions of the same part are encoded and averaged; 1 as published.
        bucketed: batches of clips of similar length, which waste less on padding.
        precision: "auto" takes bfloat16 where the processor computes in it.
        device: "auto" takes a GPU where there is one.
        checkpoint_steps: steps between checkpoints; there is one after every epoch too.
        validate_epochs: epochs between validations.
    """

    folder: str
    begin_with: str = ""
    networks: tuple[str, ...] = NETWORKS
    epochs: int = 500
    batch_size: int = 32
    learning_rate: float = 1e-4
    weight_decay: float = 0.01
    averaging: float = 0.0
    seed: int = 1234
    captions_averaged: int = 1
    bucketed: bool = False
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    checkpoint_steps: int = 500
    validate_epochs: int = 1


@dataclass(frozen=True)
class RunConfig:
    """All of a run; the sections of the file are its fields."""

    data: DataConfig
    training: TrainingConfig
    text: TextConfig = field(default_factory=TextConfig)
    model: NetworkSize = field(default_factory=NetworkSize)
    loss: LossConfig = field(default_factory=LossConfig)
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)

    def as_table(self) -> dict[str, Any]:
        """As plain dictionaries, for config.json."""
        return asdict(self)


_Section = TypeVar("_Section")
# smallest and largest value of numbers whose name says too little; everything else must not be negative
_RANGES: dict[str, tuple[float, float]] = {
    "data.share": (0.001, 1.0),
    "training.epochs": (1, 1e6),
    "training.batch_size": (2, 1e6),
    "training.averaging": (0.0, 0.99999),
    "training.captions_averaged": (1, 64),
    "training.checkpoint_steps": (1, 1e9),
    "training.validate_epochs": (1, 1e6),
    "augmentation.tempo": (0.0, 100.0),
    "augmentation.in_a_row": (0.0, 100.0),
    "augmentation.in_halves": (0.0, 100.0),
    "augmentation.noise": (0.0, 100.0),
    "augmentation.paraphrases": (0, 16),
    "augmentation.described": (0, 16),
    "loss.temperature": (1e-4, 1e4),
    "loss.threshold": (0.5, 1.0),
    "loss.queue": (0, 1e6),
    "model.latent_dim": (2, 8192),
    "model.ff_size": (1, 65536),
    "model.num_layers": (1, 100),
    "model.num_heads": (1, 256),
    "model.dropout": (0.0, 0.99),
}


def read_config(name_or_path: str, overrides: Sequence[str] = ()) -> RunConfig:
    """A configuration file, with values replaced.

    Args:
        name_or_path: a TOML file, or the name of one that comes with the engine.
        overrides: "section.key=value", the value as TOML writes it (a plain word may go without quotes).

    Raises:
        ConfigError: no such file, not TOML, an unknown key, a value of the wrong type or out of range.
    """
    path = Path(name_or_path)
    bundled = CONFIGS / f"{name_or_path}.toml"
    if not path.is_file() and bundled.is_file():
        path = bundled
    try:
        with path.open("rb") as file:
            table = tomllib.loads(file.read(_MAX_BYTES).decode("utf-8"))
    except OSError as error:
        known = ", ".join(sorted(found.stem for found in CONFIGS.glob("*.toml")))
        raise ConfigError(
            "there is no such configuration", where=str(path), fix=f"name a file, or one of {known}"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError("the file is not TOML", where=str(path), why=str(error)) from error
    for override in overrides:
        _override(table, override)
    return config_of(table, str(path))


def config_of(table: Mapping[str, Any], where: str) -> RunConfig:
    """A configuration from plain dictionaries.

    Raises:
        ConfigError: as `read_config`; `where` says what the table came from.
    """
    config = _section(RunConfig, table, "", where)
    if config.model.latent_dim % config.model.num_heads:
        raise ConfigError(
            f"model.num_heads = {config.model.num_heads} does not divide "
            f"model.latent_dim = {config.model.latent_dim}",
            where=where,
        )
    if config.data.longest_s < config.data.shortest_s:
        raise ConfigError("data.longest_s is less than data.shortest_s", where=where)
    for name in config.training.networks:
        if name not in NETWORKS:
            raise ConfigError(
                f'training.networks names "{name}"', where=where, fix=f"there are {', '.join(NETWORKS)}"
            )
    if set(config.training.networks) != set(NETWORKS) and not config.training.begin_with:
        raise ConfigError(
            "training.networks leaves a network out that has no weights yet",
            where=where,
            fix="Name a run to begin with (training.begin_with), or let all networks learn",
        )
    if config.loss.form == "margin" and (config.loss.hard_negatives or config.loss.queue):
        raise ConfigError('loss.hard_negatives and loss.queue need loss.form = "infonce"', where=where)
    return config


def check_same(config: RunConfig, held: RunConfig, where: str) -> None:
    """Refuses to go on with a run under another configuration.

    Raises:
        ConfigError: a value that changes the numbers of a step is another one.
    """
    wanted, found = _flat(config.as_table()), _flat(held.as_table())
    for key, value in wanted.items():
        if key not in _FREE_ON_RESUME and value != found[key]:
            raise ConfigError(
                f"{key} is {value!r}, the run was begun with {found[key]!r}",
                where=where,
                fix="Go on with the same configuration, or begin another run folder",
            )


def _flat(table: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{part}.{key}": value for part, rows in table.items() for key, value in rows.items()}


def _override(table: dict[str, Any], text: str) -> None:
    name, equals, value = text.partition("=")
    section, dot, key = name.strip().partition(".")
    if not (equals and dot and key):
        raise ConfigError(f'"{text}" is not section.key=value', where="--set")
    try:
        parsed = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        parsed = value.strip()
    rows = table.setdefault(section, {})
    if not isinstance(rows, dict):
        raise ConfigError(f"{section} is no section", where="--set")
    rows[key] = parsed


def _section(kind: type[_Section], table: Mapping[str, Any], prefix: str, where: str) -> _Section:
    if not isinstance(table, Mapping):
        raise ConfigError(f"{prefix.rstrip('.')} must be a section", where=where)
    hints = get_type_hints(kind)
    names = [one.name for one in fields(kind)]  # type: ignore[arg-type]
    for key in table:
        if key not in names:
            near = difflib.get_close_matches(key, names, n=1)
            raise ConfigError(
                f"there is no setting {prefix}{key}",
                where=where,
                fix=f"did you mean {prefix}{near[0]}?" if near else f"there are {', '.join(names)}",
            )
    values = {}
    for name, hint in hints.items():
        if isinstance(hint, type) and is_dataclass(hint):
            values[name] = _section(hint, table.get(name, {}), f"{name}.", where)
        elif name in table:
            values[name] = _value(hint, table[name], f"{prefix}{name}", where)
    try:
        return kind(**values)
    except TypeError as error:
        required = [name for name in names if name not in values and not _has_default(kind, name)]
        raise ConfigError(f"{prefix}{required[0]} is missing", where=where) from error


def _has_default(kind: Any, name: str) -> bool:
    return hasattr(kind, name)


def _value(hint: Any, value: Any, key: str, where: str) -> Any:
    if hint == tuple[str, ...]:
        texts = [value] if isinstance(value, str) else value
        if not (isinstance(texts, list | tuple) and texts and all(type(text) is str for text in texts)):
            raise ConfigError(f"{key} = {value!r} must be a text or a list of texts", where=where)
        return tuple(texts)
    choices = get_args(hint)
    if choices:
        if value not in choices:
            raise ConfigError(f"{key} = {value!r} is none of {', '.join(choices)}", where=where)
        return value
    if hint is float and type(value) is int:
        value = float(value)
    if type(value) is not hint:
        names = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
        raise ConfigError(f"{key} = {value!r} must be {names[hint]}", where=where)
    if hint in (int, float):
        least, most = _RANGES.get(key, (0.0, float("inf")))
        if not least <= value <= most:
            raise ConfigError(f"{key} = {value} must be from {least:g} to {most:g}", where=where)
    return value
