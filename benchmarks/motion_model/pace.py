"""How long a query takes at 10,000 clips, and how fast motions are read, beside torch on the same weights."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.indexing import FPS, write_takes
from benchmarks.measure import Figure, in_turns, seconds
from benchmarks.motion_model.material import Material, spread
from benchmarks.motion_model.scoring import Model, sentence_vectors
from tmr_engine.annotating.table import write_table
from tmr_engine.canonical import motion_features
from tmr_engine.library import Library
from tmr_engine.model import SentenceEncoder
from tmr_engine.model.bundle import WEIGHTS
from tmr_engine.model.safetensors import read_safetensors
from tmr_engine.motion import Motion
from tmr_engine.search.motion_signal import MotionSignal
from tmr_engine.search.search import search

CLIPS, TAKES, PART_S = 10_000, 4, 1.5
QUERIES, ROUNDS = 60, 3
NOISE = 0.5  # length of what is added to a real vector
INDEXED, REPEATS, BATCH = 48, 3, 32
LONGEST_S = 10.0


class NoisyCopies:
    """Fills a library with real vectors and noise under a model's name: as many as wanted, cheaply.

    Serves for texts and for motions: what it is given does not matter.
    """

    def __init__(self, model_id: str, rows: np.ndarray) -> None:
        self.model_id, self.width = model_id, rows.shape[1]
        self._rows = rows
        self._draw = np.random.default_rng(3)

    def encode(self, items: Sequence[object]) -> np.ndarray:
        """(N, width) unit rows."""
        rows = self._rows[self._draw.integers(len(self._rows), size=len(items))]
        noise = self._draw.standard_normal(rows.shape)
        rows = rows + NOISE * noise / np.linalg.norm(noise, axis=1, keepdims=True)
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def query_figures(material: Material, encoder: SentenceEncoder, model: Model) -> list[Figure]:
    """Milliseconds from a sentence to the ranked clips, and of its two readings alone."""
    texts = [min(segment.captions, key=len) for segment in spread(material.segments)[:QUERIES]]
    with tempfile.TemporaryDirectory() as scratch:
        library = large_library(Path(scratch), material, encoder, model)
        steps: dict[str, Callable[[str], object]] = {
            "text to ranking": lambda text: search(library, encoder, text, motion=model.signal),
            "  without a motion model": lambda text: search(library, encoder, text),
            "  the sentence model alone": lambda text: encoder.encode([text]),
            "  the motion model's reading of the text alone": lambda text: model.signal.sentences([text]),
        }
        taken: dict[str, list[list[float]]] = {name: [] for name in steps}
        for step in steps.values():
            step("warm up")
        for _ in range(ROUNDS):
            for name, step in steps.items():
                taken[name].append(
                    [1000 * seconds(lambda text=text, step=step: step(text)) for text in texts]
                )
        library.close()
    figures = []
    for name, rounds in taken.items():
        middle = [statistics.median(values) for values in rounds]
        late = [statistics.quantiles(values, n=20)[-1] for values in rounds]
        is_whole = name == "text to ranking"
        label = f"{name}, {CLIPS:,} clips" if not name.endswith("alone") else name
        figures.append(Figure.of(f"{label}, p50", "ms", middle, aim="< 15 ms" if is_whole else ""))
        if is_whole:
            figures.append(Figure.of(f"{label}, p95", "ms", late))
    return figures


def large_library(scratch: Path, material: Material, encoder: SentenceEncoder, model: Model) -> Library:
    """A library of captioned parts of a few long takes, made by indexing it."""
    folder = scratch / "takes"
    folder.mkdir()
    each = CLIPS // TAKES
    write_takes(folder, TAKES, each / FPS + PART_S + 0.5)
    says = [text for segment in material.segments for text in segment.captions]
    rows = [("file", "start", "end", "text")]
    for path in sorted(folder.glob("*.bvh")):
        for frame in range(each):
            text = f"{says[len(rows) % len(says)]} in part {len(rows)}"
            start = frame / FPS
            rows.append((path.stem, f"{start:.6f}", f"{start + PART_S:.6f}", text))
    write_table(folder / "captions.csv", rows)
    library = Library.open(scratch / "library", create=True)
    library.index([folder], NoisyCopies(encoder.model_id, sentence_vectors(encoder, says)))
    motions = model.motions([segment.features for segment in material.segments])
    library.read_motions(NoisyCopies(model.signal.model_id, motions))
    assert len(library) >= CLIPS, len(library)
    assert not library.motion_gallery(model.signal.model_id).missing
    return library


def index_figures(material: Material, model: Model) -> list[Figure]:
    """Clips a second from the file's joints to the latent, and of the networks alone."""
    chosen = [
        motion
        for motion in map(material.motion, material.recordings.values())
        if motion.duration_s <= LONGEST_S
    ][:INDEXED]
    encode_with_torch = torch_encoder(model.signal)
    features = [motion_features(motion) for motion in chosen]

    def with_torch(motions: Sequence[Motion]) -> np.ndarray:
        return encode_with_torch([motion_features(motion) for motion in motions])

    ours, theirs = model.signal.encode(chosen), with_torch(chosen)
    assert np.allclose(np.stack(ours), theirs, atol=1e-3), "both must read the same in a motion"
    figures = []
    for label, actions in (
        (
            "reading motions: joints, features, latent",
            {"NumPy": lambda: model.signal.encode(chosen), "torch": lambda: with_torch(chosen)},
        ),
        (
            "the motion encoder alone",
            {
                "NumPy": lambda: model.signal.encode_features(features),
                "torch": lambda: encode_with_torch(features),
            },
        ),
    ):
        for name, values in in_turns(actions, REPEATS).items():
            rates = [len(chosen) / value for value in values]
            other = f"{label}, torch" if name == "NumPy" else ""
            figures.append(Figure.of(f"{label}, {name}", "clips/s", rates, baseline=other))
    return figures


def torch_encoder(signal: MotionSignal) -> Callable[[Sequence[np.ndarray]], np.ndarray]:
    """The bundle's motion encoder in torch, one thread: features to unit latents, batches of like lengths."""
    import torch

    from tmr_engine.training.networks import ActorStyleEncoder, NetworkSize, mask_of

    torch.set_num_threads(1)
    model, size = signal.model, signal.model.size
    wanted = NetworkSize(size.latent_dim, size.ff_size, size.num_layers, size.num_heads)
    network = ActorStyleEncoder(size.motion_width, wanted)
    prefix = "motion_encoder."
    arrays = read_safetensors(model.bundle.path(WEIGHTS))
    weights = {name: rows for name, rows in arrays.items() if name.startswith(prefix)}
    network.load_state_dict(
        {
            name.removeprefix(prefix): torch.from_numpy(rows.astype(np.float32))
            for name, rows in weights.items()
        }
    )
    network.eval()

    def encode(parts: Sequence[np.ndarray]) -> np.ndarray:
        latents = torch.zeros(len(parts), size.latent_dim)
        order = sorted(range(len(parts)), key=lambda place: len(parts[place]))
        with torch.inference_mode():
            for start in range(0, len(order), BATCH):
                places = order[start : start + BATCH]
                rows = [
                    torch.from_numpy((parts[place] - model.mean) / (model.std + 1e-12)) for place in places
                ]
                lengths = torch.tensor([len(row) for row in rows])
                padded = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
                latents[places] = network(padded, mask_of(lengths, padded.shape[1]))[0]
        return torch.nn.functional.normalize(latents, dim=1).numpy()

    return encode
