"""Synthesised takes as files that say what they are.

A take is a BVH file, which has no place for a remark, and a json file of the same name beside it in the form
that the library reads (docs/library.md): the sentence as caption, the tag "synthesised", the model's licence
and credits. So a take that is indexed like a recording is still told from one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..atomic import replacing
from ..errors import MotionFileError
from ..formats import ReadOptions, read_motion, write_bvh
from ..motion import Motion
from .synthesis import SYNTHESISED, SynthesisedTake

MOST_TAKES = 500
_ID = re.compile(rf"{SYNTHESISED}-[0-9a-f]{{16}}")


def write_take(take: SynthesisedTake, path: Path) -> None:
    """Writes a take as BVH, and its notes beside it; the BVH is there last, so that it is never without.

    Raises:
        MotionFileError: a file cannot be written.
    """
    notes = {
        "captions": [take.text],
        "tags": [SYNTHESISED],
        "licence": take.licence,
        "credit": take.credits,
        SYNTHESISED: {
            "model": take.model,
            "model_id": take.model_id,
            "seed": take.seed,
            "draw": take.draw,
            "score": round(take.score, 6),
            "duration_s": take.motion.duration_s,
        },
    }
    beside = path.with_suffix(".json")
    try:
        with replacing(beside) as file:
            file.write(json.dumps(notes, indent=1, allow_nan=False).encode("ascii") + b"\n")
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise MotionFileError("the file cannot be written", where=str(beside), why=why) from error
    write_bvh(take.motion, path)


@dataclass(frozen=True)
class KeptTake:
    """A take in the cache folder.

    Args:
        id: names it as a library's id names a clip.
        path: the BVH file.
        text, licence, credit: of its notes.
        model, seed, score, duration_s: as it was made.
    """

    id: str
    path: Path
    text: str
    licence: str
    credit: str
    model: str
    seed: int
    score: float
    duration_s: float

    def as_row(self, rank: int) -> dict[str, Any]:
        """The take as a result of a search is written (docs/protocol.md), and how it was made."""
        return {
            "rank": rank,
            "clip": self.id,
            "path": str(self.path),
            "take": "",
            "start": 0.0,
            "end": self.duration_s,
            "duration_s": self.duration_s,
            "score": self.score,
            "parts": {"motion": self.score},
            "caption": self.text,
            "licence": self.licence,
            "credit": self.credit,
            SYNTHESISED: self.made_by,
        }

    @property
    def made_by(self) -> str:
        """How it was made, for people."""
        return f"{self.model}, seed {self.seed}"

    def load(self) -> Motion:
        """The motion.

        Raises:
            MotionFileError: the file cannot be read.
        """
        return read_motion(self.path, options=ReadOptions(unit_m=1.0, up="Y"))  # as it was written


class KeptTakes:
    """Synthesised takes in a folder, from where they are inserted like clips of a library.

    Args:
        folder: need not exist; whatever is deleted from it is made again by the same request.
        most: takes that are kept; the oldest go when another comes.
    """

    def __init__(self, folder: Path, most: int = MOST_TAKES) -> None:
        self._folder, self._most = folder, most

    def keep(self, take: SynthesisedTake) -> KeptTake:
        """Writes a take; the same one again takes its own place.

        Raises:
            MotionFileError: it cannot be written.
        """
        recipe = (take.model_id, take.text, len(take.motion), take.seed, take.draw)
        digest = hashlib.sha256(json.dumps(recipe).encode("ascii")).hexdigest()[:16]
        path = self._folder / f"{SYNTHESISED}-{digest}.bvh"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise MotionFileError(
                f"the folder cannot be made ({error.strerror})", where=str(self._folder)
            ) from error
        write_take(take, path)
        self._forget_oldest()
        return self.take(path.stem)

    def _forget_oldest(self) -> None:
        """Deletes what is beyond the most; a file that another process deletes first is gone as well."""
        dated = []
        for path in self._folder.glob(f"{SYNTHESISED}-*.bvh"):
            with contextlib.suppress(OSError):
                dated.append((path.stat().st_mtime_ns, path))
        for _, path in sorted(dated)[: -self._most]:
            for file in (path, path.with_suffix(".json")):
                with contextlib.suppress(OSError):
                    file.unlink()

    @staticmethod
    def is_id(clip: str) -> bool:
        """Whether an id is a take's."""
        return _ID.fullmatch(clip) is not None

    def take(self, take_id: str) -> KeptTake:
        """The take with an id (see `is_id`).

        Raises:
            MotionFileError: it is not, or no longer, in the folder.
        """
        path = self._folder / f"{take_id}.bvh"
        try:
            notes = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
            made = notes[SYNTHESISED]
            return KeptTake(
                id=take_id,
                path=path,
                text=str(notes["captions"][0]),
                licence=str(notes["licence"]),
                credit=str(notes["credit"]),
                model=str(made["model"]),
                seed=int(made["seed"]),
                score=float(made["score"]),
                duration_s=float(made["duration_s"]),
            )
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise MotionFileError(
                "the synthesised take is no longer there", where=str(path), fix="Generate it again"
            ) from error
