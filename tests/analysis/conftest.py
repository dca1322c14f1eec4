"""What tests of analyses share: a small town, and the demo city's terrain and city model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assets import demo
from layers.importing import import_files
from layers.project import Project
from tests.analysis.town import make_town


@pytest.fixture(scope="session")
def town_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town, made once."""
    return make_town(tmp_path_factory.mktemp("town"))


@pytest.fixture
def town(town_path: Path) -> Iterator[Project]:
    """The town, opened for reading."""
    with Project.open(town_path, read_only=True) as project:
        yield project


@pytest.fixture(scope="session")
def demo_city(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The demo city's terrain and buildings, trees and yards, read only."""
    folder = tmp_path_factory.mktemp("demo-city")
    files = demo.make(folder)
    with Project.create(folder / "demo.city.gpkg", files.crs) as project:
        import_files(project, [files.terrain])
        import_files(project, [files.city])
    return Project.open(folder / "demo.city.gpkg", read_only=True)
