"""Pits and mounds in terrain of triangles, in a scenario and in place, of CityJSON and of CityGML."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from layers.epochs import state_at
from layers.errors import EditError
from layers.exporting import export_layer
from layers.ground import terrain_of
from layers.importing import import_files
from layers.modelling.earthworks import Earthwork
from layers.modelling.outlines import Outline
from layers.project import Project
from layers.proposals import merge
from layers.reworking import Workshop
from layers.tin import TIN
from tests.towns import ORIGIN

#: Corners of two triangles 100 m wide, which rise by 10 m to the east.
PLAIN = [(-50, -50, 0), (50, -50, 10), (50, 50, 10), (-50, 50, 0)]
MIDDLE = np.array(ORIGIN[:2])


def cityjson(folder: Path) -> Path:
    """The plain as CityJSON."""
    relief = {"type": "CompositeSurface", "lod": "1", "boundaries": [[[0, 1, 2]], [[0, 2, 3]]]}
    city = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [0.001] * 3, "translate": ORIGIN},
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
        "CityObjects": {"plain": {"type": TIN, "attributes": {"soil": "clay"}, "geometry": [relief]}},
        "vertices": [[1000 * part for part in corner] for corner in PLAIN],
    }
    path = folder / "plain.city.json"
    path.write_text(json.dumps(city))
    return path


def citygml(folder: Path) -> Path:
    """The plain as CityGML 2.0."""
    corners = [" ".join(f"{a + b:.3f}" for a, b in zip(corner, ORIGIN, strict=True)) for corner in PLAIN]
    triangles = "".join(
        f"<gml:Triangle><gml:exterior><gml:LinearRing><gml:posList>{' '.join(corners[at] for at in ring)}"
        "</gml:posList></gml:LinearRing></gml:exterior></gml:Triangle>"
        for ring in ((0, 1, 2, 0), (0, 2, 3, 0))
    )
    text = f"""<?xml version="1.0"?>
<core:CityModel xmlns:core="http://www.opengis.net/citygml/2.0" xmlns:gml="http://www.opengis.net/gml"
 xmlns:dem="http://www.opengis.net/citygml/relief/2.0"><gml:boundedBy><gml:Envelope srsName="EPSG:7415"
 srsDimension="3"><gml:lowerCorner>{corners[0]}</gml:lowerCorner><gml:upperCorner>{corners[2]}</gml:upperCorner>
</gml:Envelope></gml:boundedBy><core:cityObjectMember><dem:ReliefFeature gml:id="relief"><dem:lod>1</dem:lod>
<dem:reliefComponent><dem:TINRelief gml:id="plain"><dem:lod>1</dem:lod><dem:tin><gml:TriangulatedSurface>
<gml:trianglePatches>{triangles}</gml:trianglePatches></gml:TriangulatedSurface></dem:tin></dem:TINRelief>
</dem:reliefComponent></dem:ReliefFeature></core:cityObjectMember></core:CityModel>"""
    path = folder / "plain.gml"
    path.write_text(text)
    return path


@pytest.fixture(params=[cityjson, citygml])
def plain(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "plain.city.gpkg") as project:
        import_files(project, [request.param(tmp_path)], name="Plain")
        with project.edit("Begin") as edit:
            edit.add_scenario("Dig")
        yield project


def square(x: float, y: float, side: float = 8.0) -> Outline:
    """A square about a place of the plain."""
    half = side / 2
    ring = [(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)]
    return Outline.of(np.array(ring) + MIDDLE)


def height(project: Project, x: float, y: float, scenario: int | None) -> float:
    terrain = terrain_of(project, scenario)
    assert terrain is not None
    return float(terrain(np.array([[x, y]]) + MIDDLE)[0])


def test_a_pit_in_a_scenario_is_there_alone_and_another_one_beside_it(plain: Project) -> None:
    with plain.edit("Pit") as edit:
        (first,), moved = Workshop(plain, 1).dig(edit, Earthwork(square(0, 0), 3.0, 0.0))
    assert (moved.cut_m3, moved.fill_m3) == (pytest.approx(192), 0)
    with plain.edit("Mound") as edit:
        (again,), moved = Workshop(plain, 1).dig(edit, Earthwork(square(30, 10), -2.0, 1.0))
    assert again == first and moved.fill_m3 == pytest.approx(2 / 3 * (64 + 16 + 32), rel=1e-3)
    for x, y, by_m in ((1.0, 0.5, -3), (30.0, 10.5, 2), (-30.0, 20.0, 0)):
        assert height(plain, x, y, None) == pytest.approx((x + 50) / 10, abs=1e-6)
        assert height(plain, x, y, 1) == pytest.approx((x + 50) / 10 + by_m, abs=2e-3)
    (item,) = [item for item in plain.objects() if item.replaces and item.type == TIN]
    assert item.id == "plain"
    own = plain.any_layer(item.layer)
    assert state_at(plain, None, "Dig")[own.id][0].all() and not state_at(plain, None)[own.id][0].any()
    plain.undo()
    assert height(plain, 30, 10.5, 1) == pytest.approx(8, abs=1e-6)
    assert height(plain, 1, 0.5, 1) == pytest.approx(2.1, abs=2e-3)


def test_what_is_dug_is_merged_written_and_taken_back(plain: Project, tmp_path: Path) -> None:
    source = Path(next(layer.source_path for layer in plain.layers))
    with plain.edit("Pit") as edit:
        Workshop(plain, 1).dig(edit, Earthwork(square(0, 0), 3.0, 1.0))
    with plain.edit("Merge") as edit:
        merge(plain, edit, 1)
    assert height(plain, 1, 0.5, None) == pytest.approx(2.1, abs=2e-3)
    holder = next(layer for layer in plain.layers if layer.kind == "city" and not layer.is_drawn)
    out = tmp_path / "out.city.json"
    export_layer(plain, holder, out)
    with Project.create(tmp_path / "again.city.gpkg") as again:
        import_files(again, [out])
        assert height(again, 1, 0.5, None) == pytest.approx(2.1, abs=3e-3)
        assert height(again, -30, 20, None) == pytest.approx(2, abs=2e-3)
    plain.undo()
    plain.undo()
    out = tmp_path / f"back{''.join(source.suffixes)}"
    export_layer(plain, holder, out)
    assert out.read_bytes() == source.read_bytes()


def test_beside_the_terrain_the_pit_is_refused(plain: Project) -> None:
    with pytest.raises(EditError, match="No earth is moved"), plain.edit("Pit") as edit:
        Workshop(plain, None).dig(edit, Earthwork(square(500, 0), 3.0, 1.0))
