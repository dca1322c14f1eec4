"""Reads damaged files in children of this process, and says what became of each."""

from __future__ import annotations

import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import FrameType

import orjson

from layers import importer, parts
from layers.errors import CitystrataError
from layers.formats import _ogr
from tests.fuzz.cases import Case
from tests.fuzz.watching import Watch

#: What reading a file may take: seconds of the processor, for a machine may be busy with other things too.
MOST_SECONDS = 10
MOST_BYTES = 1 << 30
#: A child that works for longer is stuck in foreign code, which no signal handler reaches.
STUCK_S = MOST_SECONDS + 5
#: One that says nothing for so long waits for what never comes.
SILENT_S = 120
#: No child may take more than this, so that the machine lives on.
LIMIT = 8 << 30
#: Read by foreign native code. It may end its process, which is the import process and never the window's.
NATIVE = frozenset(
    [
        "las",
        "copc",
        "geotiff",
        "asciigrid",
        "ifc",
        "e57",
        "shapefile",
        "flatgeobuf",
        "kml",
        "dxf",
        "mapinfo",
        "geodatabase",
    ]
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
    done, rest, stuck = 0, b"", ""
    worked, since = 0.0, time.monotonic()
    while not stuck:
        ready, _, _ = select.select([out], [], [], 1)
        if not ready:
            stuck = _stuck(_cpu_s(child) - worked, time.monotonic() - since)
            continue
        block = os.read(out, 1 << 16)
        if not block:
            break
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            told = orjson.loads(line)
            yield Outcome(cases[done], told["what"], told["text"])
            done += 1
        worked, since = _cpu_s(child), time.monotonic()
    os.close(out)
    if stuck:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if done < len(cases):
        yield Outcome(cases[done], "hang", stuck) if stuck else Outcome(cases[done], "died", _ending(status))


def _stuck(worked_s: float, silent_s: float) -> str:
    """Why a child is no longer waited for; '' while it is."""
    if worked_s > STUCK_S:
        return f"longer than {STUCK_S} s in foreign code"
    return f"waits for longer than {SILENT_S} s" if silent_s > SILENT_S else ""


def _cpu_s(process: int) -> float:
    """How long a process has worked."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, _too_long)
    parts.LEAST_FOR_WORKERS = sys.maxsize  # this child may end as well as theirs
    folder = Path(tempfile.mkdtemp(prefix="fuzz")).resolve()
    watch = Watch(folder)
    for case in cases:
        said = _read_one(case, folder, watch)
        os.write(into, orjson.dumps(said) + b"\n")
    shutil.rmtree(folder, ignore_errors=True)


def _read_one(case: Case, folder: Path, watch: Watch) -> dict[str, str]:
    source, work = folder / "in", folder / "work"
    for place in (source, work):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
    path = case.write(source)
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
    watch.begin(source)
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
    try:
        with ExitStack() as held:
            importer.stage(case.request(path, work), held)
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
        signal.setitimer(signal.ITIMER_PROF, 0)
    grown = _memory("VmHWM") - before
    if grown > MOST_BYTES:
        what, text = "memory", f"{grown >> 20} MB more"
    if outside := watch.outside():
        what, text = "outside", outside
    return {"what": what, "text": text}


def _memory(name: str) -> int:
    """Bytes of memory of this process, by the system's name for them."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(f"{name}:"))


def warm() -> None:
    """Load what readers load when they first need it: children that are forked from here have it."""
    _ogr.load()
    for name in ("ifcopenshell.geom", "laspy", "lxml.etree", "pye57", "rasterio", "PIL.Image", "DracoPy"):
        import_module(name)
