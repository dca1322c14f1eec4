"""What jobs do for a session: making projects, reading files, preparing layers, gathering dates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from app.jobs import Work
from layers import importing
from layers.data import Progress, ReadOptions
from layers.errors import Cancelled, CitystrataError
from layers.intake import Staged
from layers.project import Project
from layers.records import Changes, Layer
from layers.runs import Int64
from layers.source import Source
from layers.untitled import copy_project, delete_project, has_edits
from viewer.prepared import Prepared, Revision, prepare, revised

Options = Mapping[Path, ReadOptions]
Found = TypeVar("Found")
Outcomes = list[tuple[Path, Staged | CitystrataError]]


def copy(source: Path, target: Path, work: Work) -> None:
    """A project as another file."""
    work.progress(0.0, f"Saving as {target.name}")
    with Project.open(source, read_only=True) as project:
        copy_project(project, target)


def close(project: Project, is_untitled: bool, is_superseded: bool) -> None:
    """Close a project; an untitled one goes when nobody changed anything, or when it has another name now."""
    is_rubbish = is_untitled and not project.read_only and (is_superseded or not has_edits(project))
    project.close()
    if is_rubbish:
        delete_project(project.path)


def read(target: Path, sources: Sequence[Source], options: Options, crs: str | None, work: Work) -> Outcomes:
    """Stage each source; one that cannot be read does not keep the others out."""
    outcomes: Outcomes = []
    for number, source in enumerate(sources):
        path = source.path

        def progress(fraction: float, text: str, number: int = number, name: str = path.name) -> None:
            work.progress((number + fraction) / len(sources), f"{name}: {text}")

        try:
            wanted = options.get(path, ReadOptions())
            staged = importing.stage(target, source, wanted, crs, progress=progress)
        except Cancelled:
            raise
        except CitystrataError as error:
            outcomes.append((path, error))
            continue
        outcomes.append((path, staged))
        crs = crs or staged.project_crs
    return outcomes


def draw(project: Project, layer: Layer, title: str, work: Work) -> Prepared:
    """The heavy part of drawing a layer: its arrays, moved into the project's CRS and cut for the screen."""
    work.progress(0.0, title)
    with project.reader() as reader:
        importing.complete(reader, [layer], work.progress)
        return prepare(layer, reader.drawable(layer), reader.place, reader)


def revise(project: Project, layer: Layer, fids: Int64, _work: Work) -> Revision:
    """Some edited objects of a layer as they are now."""
    with project.reader() as reader:
        return revised(layer, fids, reader)


def look(project: Project, read: Callable[[Project], Found], _work: Work) -> Found:
    """What `read` finds in the project, as this thread may read it."""
    with project.reader() as reader:
        return read(reader)


def turn_to(project: Project, number: int, progress: Progress) -> list[Changes | None]:
    """Take back or do again until the step `number` is the last that counts; 0 is the beginning.

    Stopped halfway, the city is at the step where it was stopped.
    """
    made: list[Changes | None] = []
    with suppress(Cancelled):
        while (done := project.can_undo) is not None and done.step > number:
            made.append(project.undo(announce=False, progress=progress))
        while (undone := project.can_redo) is not None and undone.step <= number:
            made.append(project.redo(announce=False, progress=progress))
    return made
