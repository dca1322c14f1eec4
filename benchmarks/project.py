"""The project that several figures need: the city of 100 000 buildings, imported once per machine."""

from __future__ import annotations

from pathlib import Path

from benchmarks.city import city_file

BUILDINGS = 100_000


def city_project() -> Path:
    """A project with the city as its only layer, beside the city's file."""
    from layers.importing import import_files
    from layers.project import Project

    source = city_file(BUILDINGS)
    path = source.with_name(source.name.replace(".city.json", ".city.gpkg"))
    if not path.exists():
        with Project.create(path) as project:
            import_files(project, [source])
    return path
