"""What the tests of analyses share: a yard between two blocks, one of which is only planned."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest

from analysis.analysis import analysis_of
from app.session import Session
from layers.data import never_stop
from layers.importing import import_files
from layers.project import Project
from tests.app.blocks import FACES, SEMANTICS

TODAY, PLAN = "2025-07-01", "2035-07-01"
#: Lower left corner, size east, north and up in metres, and from when it stands.
BLOCKS = {"school": (0, 30, 30, 10, 8, ""), "tower": (-200, -12, 430, 10, 45, "2030-01-01")}


def write_yard(path: Path) -> Path:
    """A school, a yard south of it, and a long tower block planned south of the yard."""
    vertices: list[list[int]] = []
    objects = {}
    for name, (x, y, east, north, up, since) in BLOCKS.items():
        base = len(vertices)
        corners = ((x, y), (x + east, y), (x + east, y + north), (x, y + north))
        vertices += [[cx * 1000, cy * 1000, z * 1000] for z in (0, up) for cx, cy in corners]
        surfaces = [{"type": kind} for kind in ("GroundSurface", "RoofSurface", "WallSurface")]
        solid = [[[[base + corner for corner in face]] for face in FACES]]
        objects[name] = {
            "type": "Building",
            "attributes": {"name": name.capitalize(), **({"validFrom": since} if since else {})},
            "geometry": [
                {
                    "type": "Solid",
                    "lod": "2",
                    "boundaries": solid,
                    "semantics": {"surfaces": surfaces, "values": [list(SEMANTICS)]},
                }
            ],
        }
    base = len(vertices)
    vertices += [[x * 1000, y * 1000, 0] for x, y in ((0, 4), (30, 4), (30, 24), (0, 24))]
    ground = {"type": "MultiSurface", "lod": "2", "boundaries": [[[base, base + 1, base + 2, base + 3]]]}
    objects["yard"] = {"type": "LandUse", "attributes": {"name": "School yard"}, "geometry": [ground]}
    city = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [0.001] * 3, "translate": [84_000.0, 446_000.0, 0.0]},
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
        "CityObjects": objects,
        "vertices": vertices,
    }
    path.write_bytes(orjson.dumps(city))
    return path


def make_yards(folder: Path) -> Path:
    """A closed project of the yard with two epochs."""
    path = folder / "yard.city.gpkg"
    with Project.create(path) as project:
        import_files(project, [write_yard(folder / "yard.city.json")])
        with project.edit("Dates") as edit:
            edit.set_epoch("today", TODAY)
            edit.set_epoch("plan", PLAN)
    return path


@pytest.fixture(scope="module")
def yards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed project of the yard; copy it before opening."""
    return make_yards(tmp_path_factory.mktemp("yards"))


@pytest.fixture(scope="module")
def judged_yards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, with the yard judged by a rule, and after that a sky view of the school."""
    rules, skyview = analysis_of("rules"), analysis_of("skyview")
    path = make_yards(tmp_path_factory.mktemp("judged"))
    with Project.open(path) as project:
        yard, school = (found for found in map(project.by_id, ("yard", "school")) if found is not None)
        for analysis, inputs in (
            (rules, rules.Inputs(fids=(yard.fid,), date=PLAN, compare_date=TODAY, spacing_m=2.0)),
            (skyview, skyview.Inputs(fids=(school.fid,), spacing_m=20.0, directions=100)),
        ):
            result = analysis.run(project, inputs, never_stop)
            with project.edit("Keep") as edit:
                edit.add_result(result)
    return path


@pytest.fixture
def yard(
    session: Session, yards: Path, tmp_path: Path, settled: Callable[[Session], None]
) -> Iterator[Session]:
    """A session with a copy of the yard open."""
    copy = shutil.copytree(yards.parent, tmp_path / "copy")
    session.open_project(copy / yards.name)
    settled(session)
    yield session
    session.jobs.wait()


def fid(session: Session, name: str) -> int:
    """The number of an object of the yard."""
    found = session.project.by_id(name)
    assert found is not None
    return found.fid
