"""`tmr library`: what libraries there are to fetch, fetching one, and looking into one's own."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ..library import Library, demo_library
from ..library.catalogue import catalogue, remote_library
from ..library.downloads import fetch
from .model_choice import installed_models
from .output import print_json

NAME = "library"
HELP = "Fetch published motion libraries; inspect and check your own."


def configure(parser: ArgumentParser) -> None:
    """Adds the verbs."""
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", dest="verb", required=True)
    listed = verbs.add_parser("list", help="published libraries that can be fetched")
    get = verbs.add_parser("get", help="fetch a published library")
    get.add_argument("name", help="as `tmr library list` shows it")
    get.add_argument(
        "--into", metavar="DIR", type=Path, default=Path("."), help="folder for it (default: here)"
    )
    get.add_argument("--accept-licence", action="store_true", help="you have read its licence and accept it")
    info = verbs.add_parser("info", help="what a library holds")
    check = verbs.add_parser("check", help="whether a library is whole and its files are there")
    for verb in (info, check):
        verb.add_argument(
            "--library", metavar="DIR", type=Path, help="the library (default: the demo library)"
        )
    for verb in (listed, get, info, check):
        verb.add_argument("--json", action="store_true", help="print the result as one JSON object")


def run(args: Namespace) -> int:
    """Does what the verb says."""
    return {"list": _list, "get": _get, "info": _info, "check": _check}[args.verb](args)


def _list(args: Namespace) -> int:
    if args.json:
        rows = [
            {
                "name": library.name,
                "title": library.title,
                "page": library.page,
                "licence": library.licence,
                "credit": library.credit,
                "megabytes": sum(file.megabytes for file in library.files),
                "by_hand": not library.files,
                "note": library.note,
            }
            for library in catalogue()
        ]
        print_json({"libraries": rows})
        return 0
    for library in catalogue():
        size = sum(file.megabytes for file in library.files)
        print(f"{library.name:12} {library.title}, {f'{size} MB' if size else 'by hand'}")
        print(f"{'':12} {library.licence}")
    return 0


def _get(args: Namespace) -> int:
    library = remote_library(args.name)
    for line in (library.title, library.page, f"Licence: {library.licence}", f"Credit: {library.credit}"):
        print(line, file=sys.stderr)
    fetched = fetch(library, args.into, accept_licence=args.accept_licence, progress=_show)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    if args.json:
        print_json(
            {
                "name": library.name,
                "folder": str(fetched.folder),
                "sha256": fetched.checksums,
                "notes": list(fetched.notes),
            }
        )
        return 0
    for note in fetched.notes:
        print(note)
    print(f"Now: tmr index {fetched.folder} --library DIR")
    return 0


def _show(done: int, total: int, name: str) -> None:
    if sys.stderr.isatty():
        whole = f" of {total >> 20}" if total else ""
        print(f"\r\x1b[K{name}: {done >> 20}{whole} MB", end="", file=sys.stderr, flush=True)


def _open(args: Namespace) -> Library:
    return Library.open(args.library) if args.library else demo_library()


def _info(args: Namespace) -> int:
    info = _open(args).info()
    names = {model.model_id: model.name for model in installed_models().all()}
    for model_id, counts in info["motions"].items():
        counts["model"] = names.get(model_id, "")
    if args.json:
        print_json(info)
        return 0
    motions = info.pop("motions")
    for name, value in info.items():
        print(f"{name.replace('_', ' '):18} {value}")
    for model_id, counts in motions.items():
        name = counts["model"] or f"{model_id} (not installed)"
        print(f"{'motions read by':18} {name}: {counts['read']}, not read: {counts['not_read']}")
    return 0


def _check(args: Namespace) -> int:
    problems = _open(args).check()
    if args.json:
        print_json({"problems": problems})
    else:
        print("\n".join(problems) or "All is well.")
    return 1 if problems else 0
