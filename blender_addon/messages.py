"""Errors of the engine as text for the user: one sentence, what fixes it, and the button that does it.

Home folders and user names are masked, because people paste these texts into public bug reports.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

_HOMES = re.compile(r"(?i)((?:[A-Z]:)?[\\/](?:home|users)[\\/])([^\\/:'\"]+(?=[\\/])|[^\\/\s:'\"]+)")
_PIXELS_PER_LETTER = 7.5  # width of an average letter of the interface font at a scale of 1


@dataclass(frozen=True)
class Fix:
    """A button that repairs: the operator's name and its label."""

    operator: str
    label: str


RESTART = Fix("tmr.restart_engine", "Restart Engine")
# code of the error -> the button. For other codes the sentence says what to do.
FIXES: Mapping[str, Fix] = {
    "engine": RESTART,
    "timeout": RESTART,
    "protocol": RESTART,
    "internal": RESTART,
    "library": Fix("tmr.use_demo_library", "Use Demo Library"),
    "motion-file": Fix("tmr.search", "Search Again"),
    "retarget": Fix("tmr.add_mannequin", "Add Mannequin"),
}


@dataclass(frozen=True)
class UserMessage:
    """An error as it is shown.

    Args:
        sentence: what is wrong, where and why.
        advice: what the user can do; may be empty.
        fix: the button that does it, where there is one.
    """

    sentence: str
    advice: str
    fix: Fix | None


class Complaint(Protocol):
    """What an error of the protocol and an exception of the engine have in common."""

    @property
    def code(self) -> str: ...
    @property
    def what(self) -> str: ...
    @property
    def where(self) -> str: ...
    @property
    def why(self) -> str: ...
    @property
    def fix(self) -> str: ...


def masked(text: str, home: Path | None = None) -> str:
    """`text` without the user's name: the home folder becomes `~`, other people's homes `.../NAME`."""
    folder = str(home or Path.home())
    if len(folder) > 1:
        text = text.replace(folder, "~")
    return _HOMES.sub(r"\1NAME", text)


def user_message(error: Complaint, home: Path | None = None) -> UserMessage:
    """The text and the button for an error of the engine, or of the parts of it that run in Blender."""
    head = ": ".join(part for part in (error.where, error.what) if part)
    parts = [part.strip().rstrip(".") for part in (head, error.why) if part.strip()]
    return UserMessage(
        sentence=masked(". ".join(parts) + ".", home),
        advice=masked(error.fix, home),
        fix=FIXES.get(error.code),
    )


def wrapped(text: str, width: float, scale: float = 1.0) -> list[str]:
    """`text` as lines that fit `width` pixels of a panel (its labels do not wrap by themselves)."""
    columns = max(12, int(width / (_PIXELS_PER_LETTER * scale)))
    return textwrap.wrap(text, columns, break_long_words=True) or [""]


def shortened(lines: list[str], most: int = 4) -> list[str]:
    """The first lines: a long credit must not push Insert out of sight, and the action holds all of it."""
    return lines if len(lines) <= most else [*lines[: most - 1], f"{lines[most - 1]} ..."]
