"""The projects that figures need: generated cities and scans, imported once per machine."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.city import city_file
from benchmarks.figure import in_child
from benchmarks.memory import watched

if TYPE_CHECKING:
    from layers.project import Project

BUILDINGS = 100_000
CITY = ".city.jsonl"


def city_project(buildings: int = BUILDINGS) -> Path:
    """A project with a city as its only layer, beside the city's file."""
    source = city_file(buildings, CITY)
    path = project_beside(source)
    if not path.exists():
        import_anew(source)
    return path


def project_beside(source: Path) -> Path:
    """Where the project of a file or folder lies."""
    return source.with_name(f"{source.name.removesuffix(CITY)}.city.gpkg")


def import_anew(source: Path) -> dict[str, float]:
    """Make the project of a file or folder again; gives what that took, and keeps it beside the project."""
    path = project_beside(source)
    path.unlink(missing_ok=True)
    shutil.rmtree(path.with_name(path.name.replace(".city.gpkg", ".city.cache")), ignore_errors=True)
    cost: dict[str, float] = in_child(__name__, "timed_import", source, path)
    _cost_file(path).write_text(json.dumps(cost))
    return cost


def import_cost(path: Path) -> dict[str, float]:
    """What the import of a project took: "seconds" and "peak_mb" of all its processes together."""
    cost: dict[str, float] = json.loads(_cost_file(path).read_text())
    return cost


def timed_import(source: str, path: str, crs: str = "") -> dict[str, float]:
    """Import into a new project, watched; to be called in a process of its own."""
    from layers.data import ReadOptions
    from layers.importing import import_files
    from layers.project import Project

    start = perf_counter()
    with watched() as memory, Project.create(Path(path)) as project:
        import_files(project, [Path(source)], ReadOptions(crs=crs or None))
    return {"seconds": perf_counter() - start, **memory}


@contextmanager
def put_back(project: Project) -> Iterator[None]:
    """Takes back all steps that are made meanwhile."""
    before = _made(project)
    yield
    while _made(project) > before:
        project.undo()


def _made(project: Project) -> int:
    return sum(not step.undone for step in project.history())


def _cost_file(path: Path) -> Path:
    return path.with_name(path.name.replace(".city.gpkg", ".import.json"))
