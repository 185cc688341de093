"""Finding motion files below the folders that a user names."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import LibraryError

NOT_MOTIONS = (".vectors.npz", ".known.npz")  # ours, beside captions and motions


@dataclass(frozen=True)
class Found:
    """A motion file on the disk: its path, the named folder it was found through, size and change time."""

    path: Path
    root: Path
    size: int
    mtime_ns: int


@dataclass(frozen=True)
class Scan:
    """What is on the disk.

    Args:
        files: sorted by path.
        roots: the paths as given, absolute.
        unread: folders that could not be entered: what they hold is not known.
        warnings: one sentence each.
    """

    files: tuple[Found, ...]
    roots: tuple[Path, ...]
    unread: tuple[Path, ...]
    warnings: tuple[str, ...]

    def covers(self, path: Path) -> bool:
        """Whether the scan would have found a file at this path."""
        below = any(path.is_relative_to(root) for root in self.roots)
        return below and not any(path.is_relative_to(folder) for folder in self.unread)


def scan(paths: Sequence[Path], can_read: Callable[[Path], bool], pause: Callable[[], None]) -> Scan:
    """Walks folders; hidden ones are skipped, links are followed once, so a circle of links ends.

    Args:
        paths: folders or single files.
        can_read: whether a file is of a known motion format, by its name.
        pause: called for every folder; what it raises ends the walk.

    Raises:
        LibraryError: a path does not exist, or a single file is of no known format. A folder that is gone may
            be a disk that is not there; its clips are not to be thrown away for that.
    """
    found: dict[Path, Found] = {}
    unread: list[Path] = []
    warnings: list[str] = []
    roots = []
    for given in paths:
        path = Path(os.path.abspath(given))
        if path.is_dir():
            for folder, names in _walk(path, unread, warnings):
                pause()
                for file in (Path(folder, name) for name in names if can_read(Path(name))):
                    _add(file, path, found, warnings)
        elif not path.is_file():
            raise LibraryError("there is no such file or folder", where=str(given), fix="Check the path")
        elif not can_read(path):
            raise LibraryError("this is no motion file of a known format", where=str(given))
        else:
            _add(path, path.parent, found, warnings)
        roots.append(path)
    files = tuple(found[path] for path in sorted(found))
    return Scan(files, tuple(roots), tuple(unread), tuple(warnings))


def _walk(root: Path, unread: list[Path], warnings: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Each folder at or below `root`, once, with the names in it that may be motions."""

    def unreadable(error: OSError) -> None:
        unread.append(Path(error.filename))
        warnings.append(f"{error.filename}: the folder cannot be read ({error.strerror}).")

    entered: set[str] = set()
    for folder, folders, files in os.walk(root, followlinks=True, onerror=unreadable):
        place = os.path.realpath(folder)
        if place in entered:
            folders.clear()
            continue
        entered.add(place)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield (
            folder,
            sorted(name for name in files if not name.startswith(".") and not name.endswith(NOT_MOTIONS)),
        )


def _add(path: Path, root: Path, found: dict[Path, Found], warnings: list[str]) -> None:
    try:
        status = path.stat()
    except OSError as error:  # a link to nothing, or a file that was deleted just now
        warnings.append(f"{path}: the file cannot be read ({error.strerror}).")
        return
    if stat.S_ISREG(status.st_mode):  # a named pipe would be waited for without end
        found.setdefault(path, Found(path, root, status.st_size, status.st_mtime_ns))
