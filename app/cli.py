"""The command line: `citystrata VERB …`, or `citystrata [FILES…]` for the window.

Exit status 0 means done, 1 that it could not be done, 2 that the command was used wrongly. With
`--json` the answer on standard output is one JSON value, a failure too; progress and notes go to
standard error. Qt and VTK load only when something is to be shown.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import orjson

from app.entry import INTERRUPTED
from layers.decoding import start_ahead
from layers.errors import CitystrataError, ProjectError, UsageError
from layers.schema import DAMAGE, ENDING

if TYPE_CHECKING:
    from app.verbs.verb import Answer, Verb

#: Where each verb is, in `app.verbs`; only the one that is asked for is loaded.
VERBS = {
    "info": "info:VERB",
    "import": "importing:VERB",
    "export": "exporting:VERB",
    "set": "editing:VERB",
    "place": "placing:VERB",
    "build": "modelling:BUILD",
    "draw": "drawing:VERB",
    "raise": "modelling:RAISE",
    "move": "modelling:MOVE",
    "query": "query:VERB",
    "history": "journal:HISTORY",
    "undo": "journal:UNDO",
    "redo": "journal:REDO",
    "scenario": "scenario:VERB",
    "validate": "validate:VERB",
    "repair": "repair:VERB",
    "doctor": "doctor:VERB",
    "render": "render:VERB",
    "report": "report:VERB",
    "demo": "demo:VERB",
    "sun": "sun:VERB",
    "sunlight": "sunlight:SUNLIGHT",
    "rules": "sunlight:RULES",
    "blame": "sunlight:BLAME",
    "solar": "solar:VERB",
    "shadow": "shadow:VERB",
    "visibility": "visibility:VERB",
    "sightline": "sightline:VERB",
    "protectedview": "protectedview:VERB",
    "exposure": "exposure:VERB",
    "isovist": "isovist:VERB",
    "windowview": "windowview:VERB",
    "diff": "change:VERB",
    "zoning": "zoning:VERB",
    "indicators": "indicators:VERB",
    "results": "rerun:RESULTS",
    "rerun": "rerun:RERUN",
}
#: These have files read in the import process.
READERS = frozenset(("info", "import", "place", "render"))

#: Numbers with commas between them.
_NUMBERS = re.compile(r"-?[.\d][-+.,\deE]*")

DONE, FAILED, MISUSED = 0, 1, 2


class _Parser(argparse.ArgumentParser):
    """Raises instead of ending the program, so that wrong use is told like any other failure."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message[:1].upper() + message[1:], do=f"See {self.prog} --help")


def entry() -> None:
    """The `citystrata` command."""
    argv = sys.argv[1:]
    status = main(argv)
    if not argv or argv[0] not in VERBS:
        sys.exit(status)
    # All is written and closed; taking VTK apart piece by piece would take longer than many a verb.
    sys.stderr.flush()
    os._exit(status)


def main(argv: Sequence[str]) -> int:
    """Run one command; gives the exit status."""
    as_json = "--json" in argv
    try:
        status = _run(argv)
        sys.stdout.flush()
        return status
    except CitystrataError as error:
        _tell(error, as_json)
        return MISUSED if isinstance(error, UsageError) else FAILED
    except KeyboardInterrupt:
        _tell(CitystrataError("Stopped as you asked", do="Nothing was left half done"), as_json)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; what is still buffered must not raise at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except DAMAGE as error:
        damaged = ProjectError("The project is damaged", found=str(error), do="Go back to a copy of it")
        _tell(damaged, as_json)
        return FAILED
    except (OSError, MemoryError) as error:
        where = str(getattr(error, "filename", None) or "")
        found = getattr(error, "strerror", None) or str(error) or type(error).__name__
        _tell(CitystrataError("This machine could not do it", where=where, found=found), as_json)
        return FAILED


def _run(argv: Sequence[str]) -> int:
    if not argv or argv[0] not in VERBS:
        return _window(argv)
    if argv[0] in READERS and any(_is_to_be_read(argument) for argument in argv[1:]):
        start_ahead()
    verb = verb_of(argv[0])
    arguments = verb_parser(verb).parse_intermixed_args(_with_negatives(argv[1:]))
    answer = verb.run(arguments)
    _print(answer, arguments.json)
    return answer.status


def _with_negatives(argv: Sequence[str]) -> list[str]:
    """Options joined with values such as -87.9,41.98, which would be taken for options themselves.

    Values that follow such a one are joined with the option too, or it would have but one.
    """
    found: list[str] = []
    option = ""  # that values belong to
    for argument in argv:
        is_joined = bool(found) and found[-1].startswith(f"{option}=")
        if option and (re.match(r"-[.\d]", argument) or (is_joined and _NUMBERS.fullmatch(argument))):
            if found[-1] == option:
                found.pop()
            found.append(f"{option}={argument}")
            continue
        if argument.startswith("--"):
            option = argument if "=" not in argument else ""
        found.append(argument)
    return found


def _is_to_be_read(argument: str) -> bool:
    return not argument.lower().endswith(ENDING) and Path(argument).is_file()


def verb_of(name: str) -> Verb:
    """The verb of that name."""
    module, _, variable = VERBS[name].partition(":")
    verb: Verb = getattr(import_module(f"app.verbs.{module}"), variable)
    return verb


def verb_parser(verb: Verb) -> argparse.ArgumentParser:
    """The arguments of a verb, with its help."""
    parser = _Parser(
        prog=f"citystrata {verb.name}",
        description=verb.summary,
        epilog=f"example:\n  {verb.example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    verb.arguments(parser)
    parser.add_argument("--json", action="store_true", help="answer with one JSON value on standard output")
    return parser


def _window(argv: Sequence[str]) -> int:
    """Without a verb: the window, with these files as layers or with a project."""
    from importlib.metadata import version

    from app.verbs.demo import has_display

    parser = _Parser(
        prog="citystrata",
        description="3D city models: see, correct, and hand back with nothing else changed.",
        usage="citystrata [FILES…]  or  citystrata VERB …",
        epilog="verbs:\n" + "\n".join(f"  {name:<9} {verb_of(name).summary}" for name in VERBS)
        + "\n\nEvery verb has --help with an example, and --json.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument(
        "files", metavar="FILES", nargs="*", type=Path, help="a project, or files to see as layers"
    )
    parser.add_argument("--version", action="version", version=f"citystrata {version('citystrata')}")
    files: list[Path] = parser.parse_args(argv).files
    for path in files:
        if not path.exists():
            raise _no_such_file(path)
    if not has_display():
        raise CitystrataError(
            "The window cannot be opened: there is no display", do="Use citystrata render for a picture"
        )
    from app import gui

    return gui.run(files)


def _no_such_file(path: Path) -> CitystrataError:
    near = difflib.get_close_matches(str(path), list(VERBS), 1)
    if path.suffix or path.parent != Path():
        return CitystrataError("There is no such file", where=str(path))
    names = ", ".join(VERBS)
    do = f"Did you mean {near[0]}" if near else ""
    return UsageError("There is no such verb or file", found=repr(str(path)), allowed=names, do=do)


def _print(answer: Answer, as_json: bool) -> None:
    if as_json:
        text = orjson.dumps(answer.values, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)
        sys.stdout.write(text.decode() + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in answer.lines)


def _tell(error: CitystrataError, as_json: bool) -> None:
    """A failure as one sentence, its path last, or as one JSON value."""
    if as_json:
        sys.stdout.write(orjson.dumps({"error": error.parts()}).decode() + "\n")
        sys.stdout.flush()
        return
    is_path = os.sep in error.where
    parts = {**error.parts(), "where": "" if is_path else error.where}
    sentence = CitystrataError(**parts).sentence()
    print(f"{sentence} File: {error.where}" if is_path else sentence, file=sys.stderr)
