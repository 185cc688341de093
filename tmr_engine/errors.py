"""Errors of the engine. Each is one plain sentence: where, what, why, and what fixes it.

TMRError
  MotionFileError   a file cannot be read or holds impossible motion
  FeatureError      an array has a wrong shape, unit or value
  BundleError       a model folder is missing, damaged or of another version
  LibraryError      the library cannot be read or written
  RetargetError     the armature cannot take the motion
  ProtocolError     a message is not understood
  BlenderError      the background Blender is missing or failed
  Cancelled         not a fault; never shown as one
"""

from __future__ import annotations


class TMRError(Exception):
    """Base of every error that is shown to a user.

    Args:
        what: what is wrong, without a final full stop ("frame 3 has 57 numbers, the hierarchy needs 60").
        where: the file, line, bone or message it concerns ("walk.bvh, line 128"); may be empty.
        why: the likely cause ("the file was cut short"); may be empty.
        fix: what the user can do ("Export it again"); may be empty.
    """

    code = "error"

    def __init__(self, what: str, *, where: str = "", why: str = "", fix: str = "") -> None:
        super().__init__(what, where, why, fix)
        self.what, self.where, self.why, self.fix = what, where, why, fix

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        parts = (head, _sentence(self.why), _sentence(self.fix))
        return ". ".join(part.strip().rstrip(".") for part in parts if part.strip()) + "."

    def located(self, where: str) -> TMRError:
        """The same error, said to happen at `where` (a reader knows the line, its caller the file)."""
        joined = f"{where}, {self.where}" if self.where else where
        return type(self)(self.what, where=joined, why=self.why, fix=self.fix)

    def as_message(self) -> dict[str, str]:
        """The error as it crosses the pipe (docs/protocol.md)."""
        return {
            "code": self.code,
            "what": self.what,
            "where": self.where,
            "why": self.why,
            "fix": self.fix,
            "sentence": str(self),
        }


def _sentence(text: str) -> str:
    """The text as a sentence begins; a file name or another thing that is no plain word stays as it is."""
    first = text.partition(" ")[0].rstrip(",;:.")
    return text[0].upper() + text[1:] if first.isalpha() and first.islower() else text


class MotionFileError(TMRError):
    """A motion file cannot be read, or holds motion that cannot be."""

    code = "motion-file"


class FeatureError(TMRError):
    """An array has a wrong shape, unit or value."""

    code = "feature"


class BundleError(TMRError):
    """A model folder is missing, damaged or of another version."""

    code = "bundle"


class LibraryError(TMRError):
    """The library on disk cannot be read or written."""

    code = "library"


class RetargetError(TMRError):
    """The armature cannot take the motion."""

    code = "retarget"


class ProtocolError(TMRError):
    """A message between add-on and engine is not understood."""

    code = "protocol"


class BlenderError(TMRError):
    """The background Blender that a command needs is missing or failed."""

    code = "blender"


class Cancelled(TMRError):
    """The user cancelled. Not a fault; never shown as one."""

    code = "cancelled"

    def __init__(self, what: str = "cancelled", *, where: str = "", why: str = "", fix: str = "") -> None:
        super().__init__(what, where=where, why=why, fix=fix)
