"""Models that are installed: taken in whole or not at all, listed, found by name, and removed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.training.made_runs import Sizes, random_weights
from tests.training.served import served
from tmr_engine.cli import main
from tmr_engine.errors import BundleError
from tmr_engine.library.places import data_folder, models_folder
from tmr_engine.model.installed import InstalledModels
from tmr_engine.model.tmr import load_tmr

SIZES = Sizes(motion=263, text=384)


def made(folder: Path, seed: int = 3, sizes: Sizes = SIZES) -> Path:
    folder.mkdir(parents=True)
    served(folder, sizes, random_weights(sizes, seed))
    return folder


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return made(tmp_path / "exported")


@pytest.fixture
def models(tmp_path: Path) -> InstalledModels:
    """Nobody's models yet, and no bundled one."""
    return InstalledModels(tmp_path / "data" / "models", tmp_path / "bundled" / "tmr-open")


def test_a_bundle_is_taken_in_whole_and_found_by_its_name(models: InstalledModels, bundle: Path) -> None:
    (bundle / "MODEL_CARD.md").write_text("what it is")
    (bundle / "holiday.jpg").write_bytes(b"no part of a model")
    added = models.add(bundle, "mine")
    assert {path.name for path in added.folder.iterdir()} == {
        "manifest.json",
        "weights.safetensors",
        "MODEL_CARD.md",
    }
    assert models.all() == [added]
    assert models.chosen("mine") == added
    assert added.model_id == load_tmr(bundle).model_id == load_tmr(added.folder).model_id
    assert (added.licence, added.bundled, added.width, added.problem) == ("none", False, 16, "")
    assert not added.reads_text  # its manifest names no sentence model


def test_without_a_name_it_is_called_as_its_manifest_says(models: InstalledModels, bundle: Path) -> None:
    assert models.add(bundle).name == "made"
    with pytest.raises(BundleError, match=r"there is a model MADE already.*tmr models remove MADE"):
        models.add(bundle, "MADE")


@pytest.mark.parametrize("name", ["none", "TMR-open", "../out", ".hidden", "a/b", "x" * 65, "é", "-x"])
def test_names_that_mean_something_else_or_lead_elsewhere_are_refused(
    models: InstalledModels, bundle: Path, name: str
) -> None:
    with pytest.raises(BundleError, match="name"):
        models.add(bundle, name)
    assert not models.folder.exists()


def test_a_damaged_bundle_is_refused_and_nothing_is_left(models: InstalledModels, bundle: Path) -> None:
    weights = bundle / "weights.safetensors"
    data = bytearray(weights.read_bytes())
    data[-3] ^= 1
    weights.write_bytes(data)
    with pytest.raises(BundleError, match="checksum"):
        models.add(bundle)
    weights.write_bytes(data[:-1])
    with pytest.raises(BundleError, match="bytes in place of"):
        models.add(bundle)
    weights.unlink()
    with pytest.raises(BundleError, match="cannot be read"):
        models.add(bundle)
    assert not models.folder.exists() or list(models.folder.iterdir()) == []


def test_a_model_that_is_damaged_later_is_listed_with_the_reason_and_can_be_removed(
    models: InstalledModels, bundle: Path
) -> None:
    added = models.add(bundle)
    (added.folder / "weights.safetensors").write_bytes(b"short")
    (listed,) = models.all()
    assert "it has 5 bytes" in listed.problem
    with pytest.raises(BundleError, match="it has 5 bytes"):
        models.chosen("made")
    models.remove("made")
    assert models.all() == []
    assert list(models.folder.iterdir()) == []
    with pytest.raises(BundleError, match=r"there is no model made\. No model is installed"):
        models.remove("made")


def test_the_bundled_model_is_the_default_where_it_is_there_and_whole(
    models: InstalledModels, bundle: Path, tmp_path: Path
) -> None:
    assert models.chosen("") is None
    models.add(bundle, "mine")
    assert models.chosen("") is None  # another model is never taken without being named
    bundled = made(tmp_path / "bundled" / "tmr-open", 5)
    assert [(model.name, model.bundled) for model in models.all()] == [("tmr-open", True), ("mine", False)]
    for named in ("", "tmr-open"):
        chosen = models.chosen(named)
        assert chosen is not None
        assert chosen.folder == bundled
    assert models.chosen("none") is None
    with pytest.raises(BundleError, match="comes with the product"):
        models.remove("tmr-open")
    (bundled / "weights.safetensors").unlink()  # a checkout before its models are built
    assert models.chosen("") is None
    with pytest.raises(BundleError, match=r"weights\.safetensors"):
        models.chosen("tmr-open")


def test_a_folder_is_a_model_too_and_anything_else_is_refused_with_those_there_are(
    models: InstalledModels, bundle: Path
) -> None:
    chosen = models.chosen(str(bundle))
    assert chosen is not None
    assert (chosen.name, chosen.folder) == (str(bundle), bundle)
    models.add(bundle, "mine")
    with pytest.raises(BundleError, match=r"there is no model nobody\. Installed are: mine"):
        models.chosen("nobody")


def test_the_data_folder_is_the_users_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TMR_DATA", str(tmp_path))
    assert (data_folder(), models_folder()) == (tmp_path, tmp_path / "models")
    monkeypatch.delenv("TMR_DATA")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    assert data_folder() == tmp_path / "share" / "tmr-for-blender"


def test_the_commands_add_list_and_remove(
    monkeypatch: pytest.MonkeyPatch, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TMR_DATA", str(tmp_path / "data"))

    def said(*words: str) -> dict:
        assert main(["models", *words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    def own() -> list[str]:
        return [row["name"] for row in said("list")["models"] if not row["bundled"]]

    added = said("add", str(bundle), "--name", "mine")["added"]
    assert set(added) == {
        "name",
        "folder",
        "model_id",
        "licence",
        "credits",
        "bundled",
        "width",
        "reads_text",
        "problem",
    }
    assert own() == ["mine"]
    assert said("remove", "mine") == {"removed": "mine"}
    assert own() == []
    assert main(["models", "add", str(tmp_path)]) == 2
    assert "neither a bundle (manifest.json) nor a run (config.json)" in capsys.readouterr().err
