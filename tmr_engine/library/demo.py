"""The demo library: the clips that ship with the engine, indexed on first use."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from .. import __version__
from .library import Library
from .places import cache_folder, models_folder

if TYPE_CHECKING:
    from .indexing import Encoder, Progress

DATA = Path(__file__).parents[1] / "demo_library"
_STAMP = "demo_stamp"
_WAIT_S = 120.0  # another process may be making it right now


def demo_library(
    folder: Path | None = None,
    encoder: Callable[[], Encoder | None] | None = None,
    *,
    data: Path = DATA,
    progress: Progress | None = None,
) -> Library:
    """Opens the demo library; makes its index where there is none, or the data or the model is another one.

    Args:
        folder: of the index; None: in the user's cache folder (`TMR_CACHE`), because the engine may be
            installed where nobody may write.
        encoder: gives the encoder, which is needed only to make the index; None: the bundled model. Where it
            gives none, the clips are found by exact words, and the vectors are made at a later call.
        data: the clips.
        progress: see `Library.index`.

    Raises:
        LibraryError: the index cannot be made.
        BundleError: the model is missing.
    """
    place = folder or cache_folder() / f"demo-{_hash(str(data))}"
    library = Library.open(place, create=True)
    stamp = _stamp(data)
    if library.fact(_STAMP) != stamp:
        model = (encoder or _bundled_encoder)()
        library.index([data], model, progress=progress, wait_s=_WAIT_S)
        _take_latents(library)
        if model is not None:
            library.set_fact(_STAMP, stamp, wait_s=_WAIT_S)
    return library


def _take_latents(library: Library) -> None:
    """What the model that comes with the product has read in the clips, so that nobody has to wait for it."""
    from ..model.installed import InstalledModels  # noqa: PLC0415  an index that is up to date needs no model

    default = InstalledModels(models_folder()).default()
    if default:
        library.take_known_latents(default.model_id, wait_s=_WAIT_S)


def _bundled_encoder() -> Encoder:
    from ..model import load_sentence_encoder  # noqa: PLC0415  an index that is up to date needs no model

    return load_sentence_encoder()


def _stamp(data: Path) -> str:
    """Changes with every file of the data, and with the engine."""
    lines = [__version__]
    for path in sorted(data.rglob("*")):
        if path.is_file() and path.suffix not in (".py", ".pyc"):
            status = path.stat()
            lines.append(f"{path.relative_to(data).as_posix()} {status.st_size} {status.st_mtime_ns}")
    return _hash("\n".join(lines))


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
