"""Indicators and envelopes of real city models, against what their surveyors and another library say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from analysis.casters import casters
from analysis.zones.areas import Ground, ground_in, whole_city
from analysis.zones.bodies import Body, bodies_of
from analysis.zones.figures import Assumed, wholes_of
from analysis.zones.floors import Floors
from analysis.zones.frame import Frame
from analysis.zones.overshoot import overshoot, volume_and_sides
from analysis.zones.sheets import beside, cells_of, level, lowest
from analysis.zones.solids import solid_above
from layers.importing import import_files
from layers.project import Project
from tests.conftest import real
from tests.validation.record import record

pytestmark = pytest.mark.usefixtures("read_here")
SECTION = "Planning"
HAMBURG = "multitemporal/hamburg-2016-2022/2022/LoD2_576_5950_1_HH.xml"
DEN_HAAG = "cityjson/denhaag/denhaag.city.json"
#: Of the buildings of Den Haag so many are as good as all, and quicker.
EVERY = 6
ID = "{http://www.opengis.net/gml}id"


def city(folder: Path, path: Path) -> tuple[Project, list[Body], Frame, Ground]:
    """The buildings of a file."""
    project = Project.create(folder / "city.city.gpkg")
    import_files(project, [path])
    _, frame = whole_city(project)
    cast = casters(project)
    return project, bodies_of(project, cast, frame, "", None), frame, ground_in(cast, frame)


def stated(path: Path) -> Iterator[tuple[str, float, float]]:
    """Of each building its id, the sum of its roofs in m², and its height, as the survey states them."""
    for building in ElementTree.parse(path).getroot().iter():
        if not building.tag.endswith("}Building"):
            continue
        roofs = [
            float(value.text or "nan")
            for roof in building.iter()
            if roof.tag.endswith("}RoofSurface")
            for attribute in roof.iter()
            if attribute.get("name") == "Flaechengroesse"
            for value in attribute
        ]
        heights = [
            float(each.text or "nan") for each in building.iter() if each.tag.endswith("}measuredHeight")
        ]
        yield building.get(ID, ""), sum(roofs), max(heights, default=np.nan)


def test_roofs_and_heights_are_those_of_the_survey(tmp_path: Path) -> None:
    path = real(HAMBURG)
    project, bodies, _, ground = city(tmp_path, path)
    with project:
        wholes = wholes_of(project, casters(project), bodies, ground, Floors(), None, Assumed())
    told = {id: (roofs, height) for id, roofs, height in stated(path)}
    assert len(wholes) == len(told) and len(wholes) > 40
    roofs = np.array([(whole.roof_m2, told[whole.body.id][0]) for whole in wholes])
    heights = np.array([(whole.body.high_z - whole.body.low_z, told[whole.body.id][1]) for whole in wholes])
    record(
        SECTION,
        f"area of the roofs of {len(wholes)} buildings of Hamburg, as they slope",
        reference="LGV Hamburg, LoD2-DE 2022: Flaechengroesse of every roof surface",
        quantity="largest difference of a building",
        found=float((np.abs(roofs[:, 0] - roofs[:, 1]) / roofs[:, 1]).max() * 100),
        tolerance=0.05,
        unit="%",
    )
    record(
        SECTION,
        f"heights of {len(wholes)} buildings of Hamburg",
        reference="LGV Hamburg, LoD2-DE 2022: measuredHeight",
        quantity="largest difference",
        found=float(np.nanmax(np.abs(heights[:, 0] - heights[:, 1]))),
        tolerance=0.01,
        unit="m",
    )


def test_what_is_above_envelopes_is_what_another_library_cuts_out(tmp_path: Path) -> None:
    """Of closed buildings of Den Haag: above 6 m, and above slopes beside a line across the city."""
    project, bodies, _, _ = city(tmp_path, real(DEN_HAAG))
    with project:
        areas, _ = whole_city(project)
    whole = areas[0].polygon
    x0, y0, x1, y1 = whole.bounds
    axis = np.array([(x0, (y0 + y1) / 2), (x1, (y0 + y1) / 2 + 20)])
    ends = [level(whole.buffer(10), 6.0)], lowest(beside(axis, -2.0, 0.05, 2000.0, False))
    worst, total, count = 0.0, 0.0, 0
    for body in bodies[::EVERY]:
        for sheets in ends:
            for piece in body.pieces:
                cells = cells_of(sheets)
                solid = solid_above(piece.triangles, cells) if np.isfinite(piece.volume_m3) else None
                if solid is None:
                    continue
                cut_out = volume_and_sides(solid)[0] if len(solid) else 0.0
                found = overshoot(piece.triangles, cells).volume_m3
                worst = max(worst, abs(found - cut_out) / piece.volume_m3)
                total, count = total + found, count + 1
    assert count > 200 and total > 1000
    record(
        SECTION,
        f"what of {count} bodies of Den Haag lies above a level or a slope",
        reference="Manifold 3.5 (E. Lalish), Boolean intersection of the same bodies",
        quantity="largest difference, share of the body",
        found=worst * 100,
        tolerance=1e-4,
        unit="%",
    )


def test_floors_by_height_against_stated_ones(tmp_path: Path) -> None:
    """How far floor areas by heights are from those by stated storeys: an assumption, told as such."""
    project, bodies, _, _ = city(tmp_path, real(HAMBURG))
    project.close()
    known = [(body, Floors().of(body, piece)[0], piece) for body in bodies for piece in body.pieces]
    by_height = [max(np.floor(piece.mean_height_m / 3.0 + 1e-6), 1.0) for _, _, piece in known]
    area = np.array([piece.plan.area for _, _, piece in known])
    stated_m2 = float((area * np.array([storeys for _, storeys, _ in known])).sum())
    record(
        SECTION,
        "gross floor area of a quarter of Hamburg by heights of 3 m, where storeys are stated",
        reference="LGV Hamburg, LoD2-DE 2022: storeysAboveGround",
        quantity="difference of the sums",
        found=float((area * np.array(by_height)).sum() / stated_m2 - 1) * 100,
        tolerance=None,
        unit="%",
    )
