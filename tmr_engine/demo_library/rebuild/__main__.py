"""`python -m tmr_engine.demo_library.rebuild STEP`: one step of the demo library at a time."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ...errors import TMRError
from ...formats.pack import Pack
from ...model import load_sentence_encoder
from . import captions, known, packs, sheets, vectors
from .sources import PACK, SOURCES


def main(arguments: list[str] | None = None) -> int:
    """Run one step; 0 when it went well."""
    parser = argparse.ArgumentParser(prog="python -m tmr_engine.demo_library.rebuild", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("packs", help="fetch the packages and write the packs and clip tables")
    sheet = steps.add_parser("sheets", help="draw every clip on contact sheets")
    sheet.add_argument("folder", type=Path)
    caption = steps.add_parser("captions", help="take captions in (csv: take, text) and check all of them")
    caption.add_argument("files", type=Path, nargs="*")
    steps.add_parser("vectors", help="make the sentence vectors of everything that is searched")
    read = steps.add_parser("known", help="measure every clip and let the model that ships read it")
    read.add_argument("model", type=Path)
    chosen = parser.parse_args(arguments)
    work = {"packs": _packs, "sheets": _sheets, "captions": _captions, "vectors": _vectors, "known": _known}
    try:
        return work[chosen.step](chosen)
    except TMRError as error:
        print(error, file=sys.stderr)
        return 1


def _packs(_chosen: argparse.Namespace) -> int:
    for source in SOURCES:
        count = packs.write_source(source, source.folder)
        size = (source.folder / PACK).stat().st_size
        print(f"{source.name}: {count} clips, {size:,} bytes")
    return 0


def _sheets(chosen: argparse.Namespace) -> int:
    for source in SOURCES:
        pack = Pack.open(source.folder / PACK)
        rows = [(take, pack.read(take)) for take in pack.takes]
        drawn = sheets.write_sheets(rows, chosen.folder, source.name)
        print(f"{source.name}: {len(drawn)} sheets")
    return 0


def _captions(chosen: argparse.Namespace) -> int:
    problems = [problem for source in SOURCES for problem in captions.merge(source.folder, chosen.files)]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def _vectors(_chosen: argparse.Namespace) -> int:
    folders = [source.folder for source in SOURCES]
    print(f"{vectors.write_vectors(load_sentence_encoder(), folders)} texts")
    return 0


def _known(chosen: argparse.Namespace) -> int:
    folders = [source.folder for source in SOURCES]
    print(f"{known.write_known_motions(folders, chosen.model)} clips")
    return 0


if __name__ == "__main__":
    sys.exit(main())
