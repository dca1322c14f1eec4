"""The demo city as a project: its files are made, read as layers, and given their dates."""

from __future__ import annotations

from pathlib import Path

from assets import demo
from layers.data import Progress, ReadOptions
from layers.importing import import_files
from layers.project import ENDING, Project
from layers.untitled import delete_project, move_project, refuse_to_overwrite

NAME = "Lohefurt"
#: The layer of plots with what may be built on them.
ZONING = "Zoning plan"
#: Part of the time that goes into making the files.
MAKING = 0.4


def demo_project(folder: Path, progress: Progress) -> Path:
    """The demo project in a folder: the one that was made before by the recipe of today, or a new one.

    What an earlier recipe made, and somebody may have edited since, stays beside it.
    """
    name = f"{NAME} {demo.EDITION}"
    path = folder / f"{name}{ENDING}"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        make_demo(path, folder / f"{name} files", progress)
    return path


def make_demo(path: Path, folder: Path, progress: Progress) -> None:
    """Write the demo city's files into `folder` and a project of them to `path`; never half of it."""
    refuse_to_overwrite(path)
    part = path.with_name(f"{path.name.removesuffix(ENDING)} being made{ENDING}")
    if part.exists():
        delete_project(part)
    _fill(part, folder, progress)
    move_project(part, path)


def _fill(path: Path, folder: Path, progress: Progress) -> None:
    progress(0.0, "Building the demo city")
    files = demo.make(folder)
    wanted = (
        (files.terrain, "Terrain", ReadOptions()),
        (files.zoning, ZONING, ReadOptions(kind="vector")),
        (files.sewer, "Sewer", ReadOptions(kind="pipes")),
        (files.water, "Drinking water", ReadOptions(kind="pipes")),
        (files.city, "City", ReadOptions()),
        (files.catalogue, "Monuments", ReadOptions(kind="heritage")),
        (files.mesh, "Church, scanned mesh", ReadOptions(kind="heritage")),
        (files.scan, "Church, laser scan", ReadOptions(kind="points")),
    )
    with Project.create(path, files.crs, files.title) as project:
        for number, (file, name, options) in enumerate(wanted):

            def report(fraction: float, text: str, number: int = number, name: str = name) -> None:
                done = MAKING + (1 - MAKING) * (number + fraction) / len(wanted)
                progress(done, f"{name}: {text}")

            import_files(project, [file], options, name=name, progress=report)
        with project.edit("Dates of the demo city") as edit:
            for title, date in files.epochs:
                edit.set_epoch(title, date)
            edit.set_project("time_zone", files.time_zone)
            edit.set_layer(project.layer(ZONING).id, visible=False)  # it would lie over the city
