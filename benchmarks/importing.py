"""Importing a city into a project: its memory, and how much quicker the project opens again.

The peer of reopening is importing the same file, in the same run; both in a program that is running.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from functools import partial
from pathlib import Path
from time import perf_counter, sleep

from benchmarks.city import city_file
from benchmarks.figure import Figure, fastest, in_child, show

BUILDINGS = 100_000
PICTURE = (1280, 800)
MEGABYTE = 1e6


def import_city(path: str, project_path: str) -> float:
    """Seconds to make a project of the file."""
    from layers.importing import import_files
    from layers.project import Project

    start = perf_counter()
    with Project.create(Path(project_path)) as project:
        import_files(project, [Path(path)])
    return perf_counter() - start


def peak_memory(path: str, project_path: str) -> float:
    """Bytes that this process and its children held at most while importing."""
    from layers.importing import import_files
    from layers.project import Project

    peak = 0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.is_set():
            peak = max(peak, sum(_resident(pid) for pid in (os.getpid(), *_children(os.getpid()))))
            sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    with Project.create(Path(project_path)) as project:
        import_files(project, [Path(path)])
    done.set()
    watcher.join()
    return float(peak)


def reopen(project_path: str) -> float:
    """Seconds from opening the project to its first picture."""
    from layers.project import Project
    from viewer.scene import Scene

    start = perf_counter()
    with Project.open(Path(project_path)) as project:
        scene = Scene(project, size=PICTURE)
        for layer in project.layers:
            scene.load(layer, project.drawable(layer))
        scene.settle()
        picture = scene.frame()
        elapsed = perf_counter() - start
        assert picture.std() > 0, "the picture is empty"
        scene.close()
    return elapsed


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            found += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue  # the thread has ended meanwhile
    return [*found, *(grand for child in found for grand in _children_or_none(child))]


def _children_or_none(pid: int) -> list[int]:
    try:
        return _children(pid)
    except OSError:
        return []


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def main() -> int:
    """Measure and print."""
    path = city_file(BUILDINGS)
    size = path.stat().st_size
    with tempfile.TemporaryDirectory() as folder:
        for number in range(2):
            Path(folder, str(number)).mkdir()
        project = Path(folder, "0", "city.city.gpkg")
        module = __spec__.name
        imported = in_child(module, "import_city", path, project)
        reopened = fastest({"reopen": partial(in_child, module, "reopen", project)})["reopen"]
        peak = in_child(module, "peak_memory", path, Path(folder, "1", "city.city.gpkg"))
    return show(
        Figure(
            "reopening to the first picture / importing",
            reopened / imported,
            0.2,
            " ×",
            f"{reopened:.2f} s, importing {imported:.2f} s",
        ),
        Figure(
            "peak memory while importing",
            peak / MEGABYTE,
            (6 * size) / MEGABYTE + 300,
            " MB",
            f"{peak / size:.1f} × the file",
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
