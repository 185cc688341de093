"""The `tmr` command. One module a command: parse, call, print; no logic.

A command module `tmr_engine/cli/<name>.py` (a dash of the name is an underscore there) has

    HELP: str                                    what `tmr <name> --help` says at its head
    configure(parser: ArgumentParser) -> None    adds its arguments (and `--json` where it has a result)
    run(args: Namespace) -> int                  does it and returns the exit status

and one line in `COMMANDS`. Only the module of the command that was asked for is imported: starting the
engine must not pay for what other commands need. Exit status: 0 done, 2 refused (one sentence on standard
error; with `--json` also one object `{"error": {...}}` on standard output), 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import NamedTuple, NoReturn

from .. import __version__
from ..errors import Cancelled, TMRError
from .output import pin_utf8, print_json

REFUSED = 2
BROKEN_PIPE = 141  # what a shell reports for a program that SIGPIPE ended
INTERRUPTED = 130


class Command(NamedTuple):
    """A row of `tmr --help`; the module of the same name does the work."""

    name: str
    summary: str


COMMANDS = (
    Command("demo", "the whole journey on the demo library, ending in a picture"),
    Command("index", "index folders of motion files into a library"),
    Command("search", "search a library by a sentence"),
    Command("similar", "clips that are like a clip"),
    Command("moments", "where in a clip a sentence happens"),
    Command("classify", "which of some names fits a clip"),
    Command("retarget", "put a clip on a rig and write a .blend"),
    Command("describe", "say in sentences what a clip shows"),
    Command("export", "write a clip as BVH"),
    Command("generate", "synthesise motion for a sentence by a model's decoder"),
    Command("library", "list, fetch and inspect libraries"),
    Command("models", "add, list and remove motion models"),
    Command("train", "train TMR on a data set"),
    Command("evaluate", "measure a trained model by the published protocols"),
    Command("ablate", "train a suite of configurations and compare them in one table"),
    Command("export-model", "write a trained model as a bundle that needs no torch"),
    Command("serve", "answer the Blender add-on on standard input and output"),
)


class UsageError(TMRError):
    """The command line is not understood."""

    code = "usage"


class _Parser(ArgumentParser):
    """An ArgumentParser that raises instead of leaving, so that `--json` is kept for usage errors too."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, fix=f"`{self.prog} --help` shows how it is called")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Args:
        argv: the words after `tmr`; those of the process when left out.

    Returns:
        the exit status.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    pin_utf8()
    try:
        status = _run(words)
        sys.stdout.flush()
    except (KeyboardInterrupt, Cancelled):
        print("Cancelled.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # the reader (head, less) has left; give the interpreter's last flush a place to go
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except TMRError as error:
        if "--json" in words:
            print_json({"error": error.as_message()})
        print(f"tmr: {error}", file=sys.stderr)
        return REFUSED
    return status


def _run(words: list[str]) -> int:
    parser, module = _parser_for(words)
    args = parser.parse_args(words)
    if module is None:
        parser.error("a command is missing")
    status: int = module.run(args)
    return status


def _parser_for(words: list[str]) -> tuple[ArgumentParser, ModuleType | None]:
    """The whole parser, with the arguments of the one command that `words` name."""
    parser = _Parser(prog="tmr", description="Search a motion library by sentence; put clips on rigs.")
    parser.add_argument("--version", action="version", version=f"tmr {__version__}")
    rows = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    asked = next((word for word in words if not word.startswith("-")), "")
    module = None
    for command in COMMANDS:
        if command.name != asked:
            rows.add_parser(command.name, help=command.summary)
            continue
        module = import_module(f".{command.name.replace('-', '_')}", __package__)
        module.configure(rows.add_parser(command.name, help=command.summary, description=module.HELP))
    return parser, module
