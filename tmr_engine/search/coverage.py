"""How much of a library a motion model has read: whether a search may ask for what it shows."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import LibraryError
from .search import Collection


@dataclass(frozen=True)
class Coverage:
    """Clips of a library, as a motion model sees them.

    Args:
        read: that have a latent.
        unread: that the model has not read yet. In the others it has found no human body.
    """

    read: int
    unread: int

    @property
    def is_usable(self) -> bool:
        """Whether motions can be compared: a library that nobody let the model read cannot be."""
        return self.read > 0 or self.unread == 0

    def note(self, model: str) -> str:
        """What the user must know about the results, a sentence; empty where the model has read all."""
        if not self.is_usable:
            return f"Only texts were compared, because the model {model} has not read this library's motions."
        if self.unread:
            return (
                f"The model {model} has not read {self.unread} of this library's motions; "
                "these were compared by their texts alone."
            )
        return ""

    def refusal(self, model: str, command: str) -> LibraryError:
        """The error where motions must be compared and cannot be.

        Args:
            model: its name.
            command: that has the model read the library.
        """
        return LibraryError(
            f"the library's motions were not read by the model {model}", fix=f"Run: {command}"
        )


def coverage_of(library: Collection, model_id: str) -> Coverage:
    """What a model has read of a library, as of the last committed state."""
    gallery = library.motion_gallery(model_id)
    return Coverage(len(gallery.clip_ids), gallery.missing)
