"""Reads damaged files in children of this process, and says what became of each."""

from __future__ import annotations

import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import orjson

from layers import importer
from layers.errors import CitystrataError
from layers.request import Request
from tests.fuzz.cases import Case

#: What reading a file may take.
MOST_SECONDS = 10
MOST_BYTES = 1 << 30
#: A child that stands still for longer is stuck in foreign code, which no signal handler reaches.
STUCK_S = MOST_SECONDS + 5
#: Read by foreign native code. It may end its process, which is the import process and never the window's.
NATIVE = frozenset(("las", "copc", "geotiff", "ifc", "e57", "vector"))
#: Where the program's own files lie; a city file has no business elsewhere.
OURS = tuple(
    map(
        str,
        (
            sys.prefix,
            sys.base_prefix,
            Path(__file__).resolve().parents[2],
            "/usr",
            "/lib",
            "/proc",
            "/sys",
            "/dev",
            "/etc/localtime",
            "/etc/ld",
        ),
    )
)


@dataclass(frozen=True)
class Outcome:
    """What reading a file came to."""

    case: Case
    what: str  # read, refused, died, escaped, hang, memory, outside
    text: str = ""

    @property
    def is_fault(self) -> bool:
        """Whether it is something that a reader must not do."""
        if self.what == "died":
            return self.case.seed.format not in NATIVE
        return self.what not in ("read", "refused")


def outcomes(cases: Sequence[Case]) -> Iterator[Outcome]:
    """Read one after the other, in a child; when it ends early, another goes on behind the file it was at."""
    at = 0
    while at < len(cases):
        for outcome in _in_child(cases[at:]):
            yield outcome
            at += 1


def _in_child(cases: Sequence[Case]) -> Iterator[Outcome]:
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(out)
        _read_all(cases, into)
        os._exit(0)
    os.close(into)
    done, rest = 0, b""
    while True:
        ready, _, _ = select.select([out], [], [], STUCK_S)
        block = os.read(out, 1 << 16) if ready else b""
        if not block:
            break
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            told = orjson.loads(line)
            yield Outcome(cases[done], told["what"], told["text"])
            done += 1
    os.close(out)
    if not ready:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if done < len(cases):
        if not ready:
            yield Outcome(cases[done], "hang", f"longer than {STUCK_S} s in foreign code")
        else:
            yield Outcome(cases[done], "died", _ending(status))


def _ending(status: int) -> str:
    if os.WIFSIGNALED(status):
        return signal.Signals(os.WTERMSIG(status)).name
    return f"exit {os.WEXITSTATUS(status)}"


class _TooLongError(BaseException):
    """Raised by the alarm; not an Exception, so that no reader takes it for a fault of the file."""


def _too_long(_signal: int, _frame: FrameType | None) -> None:
    raise _TooLongError


def _read_all(cases: Sequence[Case], into: int) -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    signal.signal(signal.SIGALRM, _too_long)
    opened: list[str] = []
    folder = Path(tempfile.mkdtemp(prefix="fuzz"))
    (folder.parent / "canary").write_text("nobody's business")

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str | bytes):
            opened.append(os.fsdecode(arguments[0]))

    sys.addaudithook(watch)
    for case in cases:
        opened.clear()
        said = _read_one(case, folder, opened)
        os.write(into, orjson.dumps(said) + b"\n")
    shutil.rmtree(folder, ignore_errors=True)


def _read_one(case: Case, folder: Path, opened: list[str]) -> dict[str, str]:
    shutil.rmtree(folder, ignore_errors=True)
    source, work = folder / "in", folder / "work"
    source.mkdir(parents=True)
    work.mkdir()
    path = case.write(source)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)
    opened.clear()
    try:
        with ExitStack() as held:
            importer.stage(Request(str(path), str(work), crs="EPSG:25832"), held)
        what, text = "read", ""
    except CitystrataError as error:
        what, text = "refused", str(error)
        if "\n" in text or not text.endswith("."):
            what = "escaped"
    except _TooLongError:
        what, text = "hang", f"longer than {MOST_SECONDS} s"
    except MemoryError:
        what, text = "memory", "MemoryError"
    except Exception as error:  # noqa: BLE001 # what must not come out of a reader is what is looked for
        what, text = "escaped", f"{type(error).__name__}: {error} {traceback.format_exc()[-700:]}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10
    if grown > MOST_BYTES:
        what, text = "memory", f"{grown >> 20} MB more"
    mine = str(folder.resolve())
    outside = [name for name in opened if name.startswith("/") and not name.startswith((*OURS, mine))]
    if outside:
        what, text = "outside", outside[0]
    return {"what": what, "text": text}
