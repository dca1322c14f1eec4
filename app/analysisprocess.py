"""Analyses in a process of their own: building the tree of the rays holds up every thread beside it.

to it      {"path", "name", "inputs", "out"}, as a line of JSON
from it    {"progress", "text"} …, then {"done"}: the number of the result in the project `out`; or {"error"}
"""

from __future__ import annotations

import logging
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from analysis.analysis import analysis_of, perform
from app.child import child, lines
from layers.errors import CitystrataError, from_parts
from layers.project import ENDING, Project
from layers.results import Result

if TYPE_CHECKING:
    from app.jobs import Work

log = logging.getLogger(__name__)


def carried_out(path: Path, name: str, inputs: Mapping[str, Any], work: Work) -> Result:
    """Run an analysis of a project in another process, and bring its result over."""
    with tempfile.TemporaryDirectory(prefix="citystrata-") as folder, child(["-m", __name__]) as process:
        assert process.stdin and process.stdout and process.stderr
        out = Path(folder) / f"result{ENDING}"
        request = {"path": str(path.absolute()), "name": name, "inputs": dict(inputs), "out": str(out)}
        process.stdin.write(orjson.dumps(request) + b"\n")
        process.stdin.flush()
        said = (0.0, "starting")
        for line in lines(process.stdout):
            work.progress(*said)
            message = orjson.loads(line) if line is not None else {}
            if "error" in message:
                raise from_parts(message["error"]["kind"], message["error"]["parts"])
            if "done" in message:
                with Project.open(out, read_only=True) as carrier:
                    return replace(carrier.result(message["done"]), id=0)
            if "progress" in message:
                said = (message["progress"], message["text"])
        log.error("%s: %s", name, process.stderr.read().decode(errors="replace"))
    raise CitystrataError(
        f"{analysis_of(name).TITLE.rstrip('?')} could not be finished",
        found="its process ended, perhaps for want of memory",
        do="Nothing was changed; ask for fewer points",
    )


def main() -> int:
    """Run the one analysis that is asked for."""
    request = orjson.loads(sys.stdin.buffer.readline())

    def say(message: dict[str, Any]) -> None:
        sys.stdout.buffer.write(orjson.dumps(message) + b"\n")
        sys.stdout.buffer.flush()

    try:
        analysis = analysis_of(request["name"])
        with Project.open(Path(request["path"]), read_only=True) as project:
            inputs = analysis.Inputs(**request["inputs"])
            result = perform(
                analysis,
                project,
                inputs,
                lambda fraction, text: say({"progress": float(fraction), "text": text}),
            )
        with Project.create(Path(request["out"])) as carrier, carrier.edit("Result") as edit:
            number = edit.add_result(result)
    except CitystrataError as error:
        say({"error": {"kind": type(error).__name__, "parts": error.parts()}})
        return 1
    say({"done": number})
    return 0


if __name__ == "__main__":
    sys.exit(main())
