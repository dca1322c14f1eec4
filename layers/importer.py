"""The import process: reads one stranger's file and leaves rows and arrays in a staging folder.

Started as `python -m layers.importer`; takes a request as one JSON line on standard input and
answers with JSON lines: {"progress": 0.4, "text": "…"}, of a large city {"begin": …} and {"part": …}
whenever rows are ready, then {"done": …} or {"error": …}.
A decoder that crashes or runs away ends this process, not the window.
"""

from __future__ import annotations

import ctypes
import gc
import hashlib
import os
import shutil
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Any

import msgspec
import orjson

from layers import cache, formats
from layers.broken import BrokenTiles, broken_tiles
from layers.crs import LOCAL
from layers.data import ReadOptions, part_of
from layers.errors import CitystrataError, ReadError, UsageError
from layers.formats import Format
from layers.largecity import LargeCity
from layers.placement import AS_READ
from layers.pointlayer import index_points
from layers.report import Report
from layers.request import REQUEST_FILE, Answer, Request
from layers.siting import MissingCrs, first_project_crs, layer_crs, note_project, note_site, settled, site_of
from layers.source import Source, files_below
from layers.staging import stage_layer

MEMORY_FLOOR = 3 << 30
MEMORY_CEILING = 12 << 30
MEMORY_PER_BYTE = 24
CPU_FLOOR_S = 120
CPU_BYTES_PER_S = 200_000
SCRATCH = "scratch"
#: What lies beside tiles because they name it themselves.
BESIDE = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tga", ".mtl", ".bin")
#: A source of so many parts or more is large: its work stays when it is cut off, a city is read in parts.
LARGE = 2.5
#: With less free space than this, the disk may be why something failed.
ROOM = 100 << 20
#: How far the work is when a large source is found to be, or not to be, one that was begun before.
CHECKED = 0.02
DAMAGED = "It is probably damaged; nothing was changed. Ask for the file again"
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of mallopt(3)
END_WITH_STARTER = 1  # PR_SET_PDEATHSIG of prctl(2)

Say = Callable[[dict[str, Any]], None]


def main() -> int:
    """Read one request, do it, answer; then stay until the one who asked has taken everything over."""
    # What is read lives until this process ends; collecting cycles would only walk it again and again.
    gc.disable()
    make_ready()
    line = sys.stdin.buffer.readline()
    if not line:
        return 0  # whoever started us has nothing to read
    starter = threading.Thread(target=_end_with_starter, daemon=True)
    starter.start()
    request = msgspec.json.decode(line, type=Request)
    with _answers() as answers:

        def say(message: dict[str, Any]) -> None:
            answers.write(orjson.dumps(message) + b"\n")
            answers.flush()

        with ExitStack() as held:
            say(_outcome(request, held, say))
            starter.join()
    return 0


def _end_with_starter() -> None:
    """End this process when whoever started it is gone, or needs it no more."""
    # Past Python's own reader: the end of a process that waits in there is a crash, whatever ended it.
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(0)


def _outcome(request: Request, held: ExitStack, say: Say) -> dict[str, Any]:
    """The last message: what was read, or why that could not be done."""
    try:
        limit(_size(Path(request.path), request.tiles))
        return {"done": asdict(stage(request, held, say))}
    except CitystrataError as error:
        return _told(error)
    except (sqlite3.Error, OSError) as error:
        return _told(_no_room(request.folder, error))
    except MemoryError:
        return _told(ReadError("The file needs more memory than it may have", where=request.path, do=DAMAGED))


def make_ready() -> None:
    """Load what reading needs: a process that was started ahead is then ready at once."""
    import pyproj  # noqa: F401

    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "mallopt"):
        # Arrays come and go by the thousand; without this each takes its pages from the system anew.
        library.mallopt(M_MMAP_THRESHOLD, 4 << 20)
        library.mallopt(M_TRIM_THRESHOLD, 1 << 30)


def _no_room(folder: str, error: Exception) -> ReadError:
    return ReadError(
        "The file was read but could not be stored",
        where=folder,
        found=getattr(error, "strerror", None) or str(error),
        do="Nothing was changed; check that there is free space on the disk",
    )


def _told(error: CitystrataError) -> dict[str, Any]:
    return {"error": {"kind": type(error).__name__, "parts": error.parts(), **_extra(error)}}


def _answers() -> IO[bytes]:
    """The standard output, for answers alone: whatever a decoder prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def silent(_message: dict[str, Any]) -> None:
    """Tell nobody."""


def _size(path: Path, tiles: Sequence[str]) -> int:
    """Bytes to be read."""
    if path.is_dir() and not tiles:
        return sum(file.stat().st_size for file in files_below(path))
    return Source(path, tuple(tiles)).size


def limit(size: int) -> None:
    """Bound this process's memory and time by the size of what it reads, and its life by its starter's."""
    if sys.platform == "win32":
        return
    import resource

    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(END_WITH_STARTER, signal.SIGKILL)

    memory = min(MEMORY_CEILING, MEMORY_FLOOR + MEMORY_PER_BYTE * size)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    seconds = CPU_FLOOR_S + size // CPU_BYTES_PER_S
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _extra(error: CitystrataError) -> dict[str, Any]:
    if isinstance(error, BrokenTiles):
        return {"reasons": error.reasons, "sound": error.sound}
    if isinstance(error, MissingCrs):
        return {"box": error.box, "candidates": error.candidates}
    return {}


def stage(request: Request, held: ExitStack, say: Say = silent) -> Answer:
    """Read a file or a folder of tiles and write everything a project needs into a folder, `held` by us."""
    say({"progress": 0.0, "text": "looking"})
    form, source, others = formats.find(Path(request.path), request.tiles)
    formats.check_kind(form, request.kind, source.path)
    try:
        answer = _staged(form, source, request, held, say)
    except ReadError:
        _name_broken(form, source, request, say)
        raise
    _check_kinds(answer, request)
    first = answer.layers[0]
    if source.names:
        first.facts["tiles"] = source.names
    report = Report.from_dict(first.report)
    for name in (name for name in others if not name.lower().endswith(BESIDE)):
        report.warn(
            "not_read",
            name,
            f"{name} is not {form.TITLE} as the others and was left out; import it alone",
        )
    for name, reason in request.left_out.items():
        report.warn("broken", name, f"{name} was left out: {reason}", "dropped")
    first.report = report.as_dict()
    return answer


def _staged(form: Format, source: Source, request: Request, held: ExitStack, say: Say) -> Answer:
    """Read the source in parts where it is large, else whole."""
    folder = Path(request.folder)
    part_bytes = request.part_bytes or ReadOptions.part_bytes
    is_large = source.size >= LARGE * part_bytes
    if request.kept and is_large:
        source.hashed(lambda done: say({"progress": CHECKED * done, "text": "checking"}))
        folder = held.enter_context(cache.kept(Path(request.kept), _key(request, source))) or folder
        (folder / REQUEST_FILE).write_bytes(msgspec.json.encode(request))
    reader = formats.part_reader(form)
    try:
        if reader and (source.names or is_large):
            return LargeCity(form, reader, source, request, folder, part_bytes, say).stage()
        return _stage_whole(form, source, request, folder, say)
    except CitystrataError:
        if folder != Path(request.folder) and shutil.disk_usage(folder).free > ROOM:
            shutil.rmtree(folder, ignore_errors=True)  # What is wrong with the source will be wrong again.
        raise


def _name_broken(form: Format, source: Source, request: Request, say: Say) -> None:
    """Refuse tiles of which some cannot be read by naming all of those."""
    if len(source.names) < 2 or not formats.is_of_tiles(form):
        return
    reasons = broken_tiles(
        form.NAME,
        source,
        request.crs,
        Path(request.folder, SCRATCH),
        lambda done: say({"progress": done, "text": "looking for all broken tiles"}),
    )
    if 0 < len(reasons) < len(source.names):
        raise BrokenTiles.of(source, reasons)


def _check_kinds(answer: Answer, request: Request) -> None:
    """Refuse what holds no layer of the kind that was asked for; what is drawn again is what it was."""
    kinds = {layer.kind for layer in answer.layers}
    if request.kind is not None and request.kind not in kinds and request.wanted != "arrays":
        raise UsageError(
            "The file holds no layer of this kind",
            where=Path(request.path).name,
            found=f"--kind {request.kind}",
            allowed=", ".join(sorted(kinds)),
        )


def _stage_whole(form: Format, source: Source, request: Request, folder: Path, say: Say) -> Answer:
    """Read what is not read in parts."""
    path, project_crs = source.path, request.project_crs
    options = ReadOptions(
        kind=request.kind,
        crs=request.crs,
        field_map=request.field_map,
        project_crs=project_crs,
        only_facts=request.wanted == "look",
        scratch=folder / SCRATCH,
        progress=lambda fraction, text: say({"progress": 0.7 * fraction, "text": text}),
    )
    layers = formats.read_source(form, source, options)
    said = request.placing
    placement = said or AS_READ
    for layer in layers:
        layer.crs = layer_crs(path, layer, request.crs, project_crs, placement)
        if project_crs is None:
            project_crs = first_project_crs(layer, placement)
            if request.wanted == "everything":
                note_project(layer, project_crs)
    say({"progress": 0.72, "text": "rows"})
    drawing = part_of(lambda done, text: say({"progress": done, "text": text}), 0.72, 0.75)
    staged = []
    for number, layer in enumerate(layers):
        where = said
        if request.wanted == "everything":
            where = settled(layer, project_crs or LOCAL, request.origin, said)
        site = site_of(layer, project_crs or LOCAL, request.origin, request.epoch, where)
        note_site(layer, site)
        if layer.points is not None and not options.only_facts:
            index_points(layer, site.move, folder / SCRATCH / f"points{number}", options.progress)
        images = request.images_of(source)
        staged.append(
            stage_layer(folder / str(number), layer, site, source.sha256, request.wanted, images, drawing)
        )
    return Answer(form.NAME, str(path.absolute()), source.sha256, project_crs or LOCAL, str(folder), staged)


def _key(request: Request, source: Source) -> str:
    """What the work on a source depends on."""
    asked = replace(request, path="", folder="", kept="")
    return hashlib.sha256(repr((cache.CACHE_VERSION, source.sha256, asked)).encode()).hexdigest()[:16]


if __name__ == "__main__":
    sys.exit(main())
