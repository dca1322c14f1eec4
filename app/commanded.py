"""What the command line does for the window, in a process of its own: the window stays free meanwhile."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from app.child import child, lines
from layers.errors import CitystrataError

if TYPE_CHECKING:
    from app.jobs import Work

COMMAND = "from app.cli import entry; entry()"
#: How the command line tells its progress: "45% casting shadows".
PROGRESS = re.compile(rb"\s*(\d+)% (.*)")


def commanded(request: Sequence[str], work: Work, failed: str, out: Path) -> dict[str, Any]:
    """Run a verb with `--json`; gives what it answers, and raises what it complains of.

    `failed` is said where it ends without an answer; `out` is the file that it was to write.
    """
    with child(["-c", COMMAND, *request]) as process:
        assert process.stdout and process.stderr
        said = (0.0, "starting")
        for line in lines(process.stderr):
            work.progress(*said)
            found = PROGRESS.match(line or b"")
            if found:
                said = int(found[1]) / 100, found[2].decode(errors="replace").strip()
        with suppress(orjson.JSONDecodeError):
            values: dict[str, Any] = orjson.loads(process.stdout.read())
            if "error" in values:
                raise CitystrataError(**values["error"])
            return values
    raise CitystrataError(failed, where=str(out), do="Nothing was changed; try again")
