"""Where a file may be written: not onto what is there, and never onto what a project was made from."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from layers import safefile
from layers.errors import WriteError
from layers.project import Project
from layers.records import Layer


def check_place(project: Project, out: Path, overwrite: bool) -> None:
    """Refuse a file that cannot be written, or one that is there and must or may not be overwritten."""
    folder = out.absolute().parent
    if not folder.is_dir():
        raise WriteError("The folder does not exist", where=str(folder))
    check_kept(project, out, overwrite)
    safefile.try_out(out)


def check_kept(project: Project, out: Path, overwrite: bool) -> None:
    """Refuse a file that is there, unless it may be overwritten; those of the project never may."""
    keep_sources(project, out)
    if not overwrite and out.exists():
        raise WriteError(
            "There is a file of that name already",
            where=str(out),
            do="Choose another name, or add --overwrite",
        )


def keep_sources(project: Project, out: Path) -> None:
    """Refuse a project, and the files that the layers of one were read from or are linked to."""
    if not out.exists():
        return
    safefile.keep_project(out)
    for layer in project.layers:
        if _is_source(layer, out):
            raise WriteError(
                f"The layer {layer.name!r} comes from this file, which is never overwritten",
                where=str(out),
                do="Choose another name",
            )


def keep_inputs(out: Path, paths: Iterable[str]) -> None:
    """Refuse a file that is among those which are read."""
    if any(_is_same(out, path) for path in paths):
        raise WriteError(
            "This file is read here and is never overwritten", where=str(out), do="Choose another name"
        )


def _is_source(layer: Layer, out: Path) -> bool:
    """Whether a layer was read from a file, alone or as one of its tiles."""
    tiles = layer.facts.get("tiles")
    if not tiles:
        return bool(layer.source_path) and _is_same(out, layer.source_path)
    folder, file = Path(layer.source_path).resolve(), out.resolve()
    return file.is_relative_to(folder) and file.relative_to(folder).as_posix() in tiles


def _is_same(one: Path, other: str) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):  # one is not there, or the text is no path at all
        return False
