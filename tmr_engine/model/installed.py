"""The motion models that can be chosen by name: the one that comes with the product, and those of the user.

A user's models lie in one folder, each a bundle (see `bundle`) in a folder that is called as the model is.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import BundleError
from .bundle import MANIFEST, Bundle, open_bundle, read_manifest
from .sentence_encoder import DEFAULT_FOLDER
from .sentence_encoder import KIND as SENTENCE_KIND
from .tmr import KIND, load_tmr

BUNDLED_NAME = "tmr-open"
BUNDLED_FOLDER = DEFAULT_FOLDER.with_name(BUNDLED_NAME)
NO_MODEL = "none"  # a choice: search by text alone

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# what people wrote about the model; the manifest lists the files that it runs on
_TEXTS = ("MODEL_CARD.md", "LICENSE")


@dataclass(frozen=True)
class InstalledModel:
    """A model that can be chosen.

    Args:
        name: what it is chosen by; a model that was found by its folder is called as that was written.
        folder: its bundle.
        model_id: names its weights; empty where the bundle is damaged.
        licence, credits: as its manifest states them.
        bundled: whether it comes with the product.
        width: D, numbers of a latent; 0 where the bundle is damaged.
        reads_text: whether its sentences go through the sentence model that comes with the product. Without
            it the model compares motions with each other only.
        problem: one sentence why it cannot be used; empty where it can.
    """

    name: str
    folder: Path
    model_id: str = ""
    licence: str = ""
    credits: tuple[str, ...] = ()
    bundled: bool = False
    width: int = 0
    reads_text: bool = False
    problem: str = ""

    def as_row(self) -> dict[str, Any]:
        """The model as it is printed and as it crosses the pipe (docs/protocol.md)."""
        return asdict(self) | {"folder": str(self.folder), "credits": list(self.credits)}


class InstalledModels:
    """The models of a user.

    Args:
        folder: of the user's models; it need not exist.
        bundled: the model that comes with the product, which need not be there.
    """

    def __init__(self, folder: Path, bundled: Path = BUNDLED_FOLDER) -> None:
        self.folder = folder
        self._bundled = bundled

    def all(self) -> list[InstalledModel]:
        """The bundled model, where it is there, then the user's by name; damaged ones too."""
        found = [_described(BUNDLED_NAME, self._bundled, bundled=True)] if self._has_bundled() else []
        return found + [_described(place.name, place) for place in self._places()]

    def default(self) -> InstalledModel | None:
        """The model that is meant where none is named: the bundled one, if it is there and whole."""
        model = _described(BUNDLED_NAME, self._bundled, bundled=True)
        return None if model.problem else model

    def chosen(self, named: str) -> InstalledModel | None:
        """The model that a name or a folder means; None where there shall be none ("none"), or is none ("").

        Args:
            named: the name of an installed model, else a bundle's folder; empty for the default.

        Raises:
            BundleError: there is no such model, or it is damaged.
        """
        if named == NO_MODEL:
            return None
        if not named:
            return self.default()
        if named == BUNDLED_NAME and self._has_bundled():
            place, bundled = self._bundled, True
        else:
            place, bundled = self._place_of(named), False
        open_bundle(place, KIND)  # says what is wrong with it
        return _described(named, place, bundled=bundled)

    def place_for(self, name: str) -> Path:
        """The folder of a model that is to be added.

        Raises:
            BundleError: the name cannot be a folder's, means something else, or is taken.
        """
        if not _NAME.fullmatch(name):
            raise BundleError(
                f"{name!r} is no name for a model",
                why="It has up to 64 letters, digits, dots, dashes and underscores, a letter or digit first",
                fix="Give another one: --name NAME",
            )
        if name.lower() in (BUNDLED_NAME, NO_MODEL):
            raise BundleError(f"the name {name} is taken by the product", fix="Give another one: --name NAME")
        # some systems know no difference between upper and lower case
        if name.lower() in {place.name.lower() for place in self._places()}:
            raise BundleError(
                f"there is a model {name} already",
                fix=f"Remove it first (tmr models remove {name}), or give another --name",
            )
        return self.folder / name

    def add(self, source: Path, name: str = "") -> InstalledModel:
        """Takes a bundle in: copied aside, checked to the last byte, and only then there.

        Args:
            source: the bundle's folder.
            name: what it shall be called; empty for the name that its manifest gives.

        Raises:
            BundleError: it is no bundle of TMR, damaged, or does not fit this version; or the name does not
                do; or it cannot be written. Nothing is left behind then.
        """
        bundle = open_bundle(source, KIND)
        place = self.place_for(name or bundle.name)
        with self._aside(place) as aside:
            _copy(bundle, aside)
            load_tmr(aside)
            aside.rename(place)
        return _described(place.name, place)

    def remove(self, name: str) -> None:
        """Deletes a model of the user's; latents that libraries have of it stay there.

        Raises:
            BundleError: there is none, or it is the one that comes with the product.
        """
        if name == BUNDLED_NAME:
            raise BundleError(f"{name} comes with the product and is not removed", fix="Choose another model")
        place = next((place for place in self._places() if place.name == name), None)
        if place is None:
            raise self._unknown(name)
        with self._aside(place) as aside:
            aside.rmdir()
            place.rename(aside)  # gone at once, however long deleting takes

    def _has_bundled(self) -> bool:
        return (self._bundled / MANIFEST).is_file()

    def _places(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return sorted(place for place in self.folder.iterdir() if place.is_dir() and place.name[0] != ".")

    def _place_of(self, named: str) -> Path:
        for place in self._places():
            if place.name == named:
                return place
        folder = Path(named)
        if not folder.is_dir():
            raise self._unknown(named)
        return folder

    def _unknown(self, named: str) -> BundleError:
        names = ", ".join(model.name for model in self.all())
        return BundleError(
            f"there is no model {named}",
            why=f"Installed are: {names}" if names else "No model is installed",
            fix="Add one with: tmr models add FOLDER",
        )

    @contextmanager
    def _aside(self, place: Path) -> Iterator[Path]:
        """An empty folder beside the place of a model; what is in it afterwards is deleted."""
        aside = place.with_name(f".{place.name}.{os.getpid()}.part")
        try:
            aside.mkdir(parents=True)
            yield aside
        except OSError as error:
            raise BundleError(
                "the folder of models cannot be written",
                where=str(self.folder),
                why=error.strerror or str(error),
            ) from error
        finally:
            shutil.rmtree(aside, ignore_errors=True)  # it is no longer there where all went well


def _copy(bundle: Bundle, target: Path) -> None:
    texts = [name for name in _TEXTS if (bundle.folder / name).is_file()]
    for name in (MANIFEST, *bundle.files, *texts):
        shutil.copyfile(bundle.folder / name, target / name)


def _described(name: str, folder: Path, *, bundled: bool = False) -> InstalledModel:
    try:
        bundle = open_bundle(folder, KIND)
        width = int(bundle.settings["latent_dim"])
    except (BundleError, KeyError, TypeError, ValueError) as error:
        return InstalledModel(name, folder, bundled=bundled, problem=str(error))
    return InstalledModel(
        name=name,
        folder=folder,
        model_id=bundle.model_id,
        licence=bundle.licence,
        credits=bundle.credits,
        bundled=bundled,
        width=width,
        reads_text=bundle.settings.get("text_model") == _sentence_model_id(),
    )


def _sentence_model_id() -> str:
    try:
        return read_manifest(DEFAULT_FOLDER, SENTENCE_KIND).model_id
    except BundleError:
        return ""
