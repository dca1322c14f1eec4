"""What tests of analyses share: the demo city, terrain and city model alone."""

from __future__ import annotations

import pytest

from assets import demo
from layers.importing import import_files
from layers.project import Project


@pytest.fixture(scope="session")
def demo_city(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The demo city's terrain and buildings, trees and yards, read only."""
    folder = tmp_path_factory.mktemp("demo-city")
    files = demo.make(folder)
    with Project.create(folder / "demo.city.gpkg", files.crs) as project:
        import_files(project, [files.terrain])
        import_files(project, [files.city])
    return Project.open(folder / "demo.city.gpkg", read_only=True)
