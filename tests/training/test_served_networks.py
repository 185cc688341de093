"""The served networks, and torch's, against the specification and the authors' modules."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.made_runs import Sizes, Specified, random_weights
from tests.training.served import served
from tmr_engine.errors import FeatureError
from tmr_engine.model.tmr import TMR

# float32 against float64, angles of the positions included; the reference's README gives the same
FLOAT32 = 2e-5
LENGTHS = (5, 1, 40, 2)
RUBBISH = 1e4


def padded(lengths: tuple[int, ...], width: int, seed: int = 0) -> np.ndarray:
    """Random rows with rubbish behind them."""
    x = np.random.default_rng(seed).standard_normal((len(lengths), max(lengths), width)).astype(np.float32)
    for row, length in enumerate(lengths):
        x[row, length:] = RUBBISH
    return x


SIZES = [Sizes(), Sizes(latent=32, ff=48, layers=1, heads=4), Sizes(latent=8, ff=8, layers=3, heads=1)]


@pytest.mark.parametrize("sizes", SIZES)
def test_the_served_networks_compute_what_is_specified(tmp_path, sizes):
    weights = random_weights(sizes, 1)
    model, specified = served(tmp_path, sizes, weights), Specified(sizes, weights)
    for module, width, encode in (
        ("motion_encoder", sizes.motion, model.encode_motion),
        ("text_encoder", sizes.text, model.encode_text),
    ):
        x = padded(LENGTHS, width)
        mu, logvar = encode(x, LENGTHS)
        assert mu.dtype == logvar.dtype == np.float32
        for row, length in enumerate(LENGTHS):
            expected = specified.encode(module, x[row, :length].astype(np.float64))
            np.testing.assert_allclose((mu[row], logvar[row]), expected, atol=FLOAT32, rtol=0)
    z = np.random.default_rng(1).standard_normal((len(LENGTHS), sizes.latent)).astype(np.float32)
    decoded = model.decode(z, LENGTHS)
    assert decoded.shape == (len(LENGTHS), max(LENGTHS), sizes.motion)
    for row, length in enumerate(LENGTHS):
        expected = specified.decode(z[row].astype(np.float64), length)
        np.testing.assert_allclose(decoded[row, :length], expected, atol=FLOAT32, rtol=0)
        assert not decoded[row, length:].any()


@pytest.mark.torch
@pytest.mark.parametrize(("precision", "tolerance"), [("float64", 1e-5), ("float32", FLOAT32)])
@pytest.mark.parametrize("sizes", SIZES)
def test_torchs_networks_compute_what_is_specified(sizes, precision, tolerance):
    torch = pytest.importorskip(
        "torch", reason="torch is not installed; this test needs the training packages"
    )
    from tmr_engine.training.networks import ActorStyleDecoder, ActorStyleEncoder, NetworkSize, mask_of

    weights = random_weights(sizes, 2)
    specified = Specified(sizes, weights)
    size = NetworkSize(sizes.latent, sizes.ff, sizes.layers, sizes.heads)

    def filled(name, network):
        prefix = f"{name}."
        own = {
            key.removeprefix(prefix): torch.from_numpy(values.astype(precision))
            for key, values in weights.items()
            if key.startswith(prefix)
        }
        network.to(getattr(torch, precision)).eval().load_state_dict(own)
        return network

    mask = mask_of(torch.tensor(LENGTHS))
    with torch.no_grad():
        for name, width in (("motion_encoder", sizes.motion), ("text_encoder", sizes.text)):
            x = padded(LENGTHS, width).astype(precision)
            mu, logvar = filled(name, ActorStyleEncoder(width, size))(torch.from_numpy(x), mask)
            for row, length in enumerate(LENGTHS):
                expected = specified.encode(name, x[row, :length].astype(np.float64))
                found = (mu[row].numpy(), logvar[row].numpy())
                np.testing.assert_allclose(found, expected, atol=tolerance, rtol=0)
        z = np.random.default_rng(1).standard_normal((len(LENGTHS), sizes.latent)).astype(precision)
        decoder = filled("motion_decoder", ActorStyleDecoder(sizes.motion, size))
        decoded = decoder(torch.from_numpy(z), mask).numpy()
        for row, length in enumerate(LENGTHS):
            expected = specified.decode(z[row].astype(np.float64), length)
            np.testing.assert_allclose(decoded[row, :length], expected, atol=tolerance, rtol=0)
            assert not decoded[row, length:].any()


def test_what_stands_in_the_padding_changes_no_bit_not_even_nan(tmp_path):
    model = served(tmp_path, Sizes(), random_weights(Sizes(), 3))
    x = padded(LENGTHS, Sizes().motion)
    expected = model.encode_motion(x, LENGTHS)
    for rubbish in (0, np.nan, np.inf):
        dirty = np.where(x == RUBBISH, np.float32(rubbish), x)
        np.testing.assert_array_equal(model.encode_motion(dirty, LENGTHS), expected)


def test_many_clips_together_equal_each_alone(tmp_path):
    model = served(tmp_path, Sizes(), random_weights(Sizes(), 4))
    # more rows than go through the layers at once, one clip alone has more
    lengths = (300, 1, 700, 30, 1500, 2, 3)
    x = padded(lengths, Sizes().motion)
    mu, logvar = model.encode_motion(x, lengths)
    decoded = model.decode(mu, lengths)
    for row, length in enumerate(lengths):
        alone = model.encode_motion(x[row : row + 1, :length], [length])
        np.testing.assert_allclose((mu[row], logvar[row]), (alone[0][0], alone[1][0]), atol=5e-6, rtol=0)
        frames = model.decode(mu[row : row + 1], [length])[0]
        np.testing.assert_allclose(decoded[row, :length], frames, atol=5e-6, rtol=0)


def test_no_clip_at_all_gives_no_row(tmp_path):
    model = served(tmp_path, Sizes(), random_weights(Sizes(), 4))
    mu, logvar = model.encode_motion(np.zeros((0, 4, Sizes().motion), np.float32), [])
    assert mu.shape == logvar.shape == (0, Sizes().latent)
    assert model.decode(mu, []).shape == (0, 0, Sizes().motion)


@pytest.mark.parametrize(
    ("shape", "lengths", "reason"),
    [
        ((2, 4, 12), [4, 1], r"needed is \(2, length, 11\)"),
        ((2, 4, 11), [4], r"needed is \(1, length, 11\)"),
        ((4, 11), [1, 1, 1, 1], "the batch is"),
        ((2, 4, 11), [5, 1], "from 1 to 4"),
        ((2, 4, 11), [0, 1], "from 1 to 4"),
        ((1, 5000, 11), [4999], "from 1 to 4998"),
    ],
)
def test_batches_that_do_not_fit_are_refused(tmp_path, shape, lengths, reason):
    model = served(tmp_path, Sizes(), random_weights(Sizes(), 5))
    with pytest.raises(FeatureError, match=reason):
        model.encode_motion(np.zeros(shape, np.float32), lengths)


def test_latents_that_do_not_fit_are_refused(tmp_path):
    model = served(tmp_path, Sizes(), random_weights(Sizes(), 5))
    with pytest.raises(FeatureError, match="latents are"):
        model.decode(np.zeros((2, 15), np.float32), [1, 1])
    with pytest.raises(FeatureError, match="from 1 to 5000"):
        model.decode(np.zeros((1, 16), np.float32), [5001])


def reference_model(arrays: np.lib.npyio.NpzFile, sizes: Sizes, folder: Path) -> TMR:
    pytest.importorskip("torch", reason="the reference's recipe of weights stands in a test module of torch")
    from tests.training.made_runs import shapes
    from tests.training.test_networks import recipe

    weights = {}
    for name, shape in shapes(sizes).items():
        module, _, rest = name.partition(".")
        stored = f"weights/{name}"
        values = (
            arrays[stored] if stored in arrays.files else recipe(module, rest, shape, int(arrays["seed"]))
        )
        weights[name] = values.astype(np.float32)
    return served(folder, sizes, weights)


@pytest.mark.parametrize("name", ["small_64", "full_256"])
def test_the_served_networks_give_the_authors_outputs(name, tmp_path, shared_dir):
    arrays = np.load(shared_dir / "reference" / "networks" / f"{name}.npz")
    latent, ff, layers, heads, motion, text = map(int, arrays["config"])
    model = reference_model(arrays, Sizes(latent, ff, layers, heads, motion, text), tmp_path)
    lengths = arrays["motion_lengths"]
    found = {
        "motion": model.encode_motion(arrays["motion"].astype(np.float32), lengths),
        "text": model.encode_text(arrays["text"].astype(np.float32), arrays["text_lengths"]),
    }
    for part, (mu, logvar) in found.items():
        np.testing.assert_allclose(mu, arrays[f"out/{part}_mu"], atol=FLOAT32, rtol=0)
        np.testing.assert_allclose(logvar, arrays[f"out/{part}_logvar"], atol=FLOAT32, rtol=0)
        decoded = model.decode(mu, lengths)
        np.testing.assert_allclose(decoded, arrays[f"out/decoded_from_{part}"], atol=FLOAT32, rtol=0)
    unit = {part: mu / np.linalg.norm(mu, axis=1, keepdims=True) for part, (mu, _) in found.items()}
    np.testing.assert_allclose(unit["text"] @ unit["motion"].T, arrays["out/sim"], atol=FLOAT32, rtol=0)


def test_real_clips_through_the_served_networks_give_the_authors_latents_and_motion(tmp_path, shared_dir):
    reference = shared_dir / "reference"
    arrays, stats = (
        np.load(reference / "pipeline" / "end_to_end.npz"),
        np.load(reference / "features" / "stats.npz"),
    )
    model = reference_model(arrays, Sizes(256, 1024, 6, 4, 263, 768), tmp_path)
    mean, std = stats["tmr_humanml3d_mean"], stats["tmr_humanml3d_std"] + 1e-12
    clips = [str(clip) for clip in arrays["order"]]
    features = [np.load(reference / "features" / f"{clip}.npz")["features"] for clip in clips]
    texts = [arrays[f"text/{clip}"].astype(np.float32) for clip in clips]

    def batch(rows):
        lengths = [len(row) for row in rows]
        x = np.zeros((len(rows), max(lengths), rows[0].shape[1]), np.float32)
        for place, row in enumerate(rows):
            x[place, : len(row)] = row
        return x, lengths

    motion, _ = model.encode_motion(*batch([(rows - mean) / std for rows in features]))
    text, _ = model.encode_text(*batch(texts))
    np.testing.assert_allclose(motion, arrays["motion_latents"], atol=5e-5, rtol=0)
    np.testing.assert_allclose(text, arrays["text_latents"], atol=5e-5, rtol=0)
    lengths = arrays["decode_lengths"]
    decoded = model.decode(text, lengths)
    for row, clip in enumerate(clips):
        frames = decoded[row, : lengths[row]] * std + mean
        np.testing.assert_allclose(frames, arrays[f"decoded_features/{clip}"], atol=2e-5, rtol=0)
