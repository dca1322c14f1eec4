"""Edited shapes written back to CityGML: the coordinates of that object are others, all else is as it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from layers.arrays import CityTiles, Float64
from layers.errors import WriteError
from layers.project import Project
from layers.shapes import Shape
from layers.shaping import Shapes
from tests.cities import import_here
from tests.conftest import real
from tests.layers.test_gmlpatch import exported, sha256

UP_M = 1.5
NEAR = 1e-6
#: Objects that are looked at.
MOST = 12
FILES = [
    "citygml/plateau-yokosuka/bldg/52397519_bldg_6697_op.gml",  # degrees, latitude first; xlinks
    "citygml/njam/zurich-lod2-citygml1.xml",
    "citygml/nrw-lod2/LoD2_32_280_5657_1_NW.gml",  # solids of references
    "citygml/ogc3/Building_LOD1-LocalEngineeringCRS.gml",  # moved to its anchor
    "citygml/ogc3/CityGMLv3/Building_and_garage_LOD2-EPSG25832.gml",
    "citygml/val3dity-gml/dh_1.gml",  # gml:pos
    "multitemporal/hamburg-2016-2022/2022/LoD2_576_5950_1_HH.xml",
]
each_file = pytest.mark.parametrize("name", FILES)


def corners(project: Project) -> dict[str, Float64]:
    """The corners of each object in the CRS of the layer."""
    layer = next(layer for layer in project.layers if layer.kind == "city")
    shapes = Shapes(project, layer)
    found = {}
    for fid in shapes.fids()[:MOST]:
        shape = shapes.of(fid)
        if shape is not None:
            found[project.object(fid).id] = shape.vertices
    return found


@each_file
def test_an_object_that_is_raised_is_raised_in_the_file_and_no_other(name: str, tmp_path: Path) -> None:
    source = real(name)
    with Project.create(tmp_path / "p.city.gpkg") as project:
        import_here(project, source)
        layer = next(layer for layer in project.layers if layer.kind == "city")
        before = corners(project)
        id = sorted(before)[len(before) // 2]
        fid = next(item.fid for item in project.objects(layer) if item.id == id)
        shape = Shapes(project, layer).of(fid)
        assert shape is not None
        with project.edit("Raise") as edit:
            edit.set_geometry(fid, replace(shape, vertices=shape.vertices + np.array((0.0, 0.0, UP_M))))
        out = exported(project, tmp_path)
        project.undo()
        assert sha256(exported(project, tmp_path)) == sha256(source.read_bytes())
    again = tmp_path / f"again{source.suffix}"
    again.write_bytes(out)
    with Project.create(tmp_path / "q.city.gpkg") as project:
        import_here(project, again)
        after = corners(project)
    assert before.keys() == after.keys()
    for other, points in before.items():
        up = UP_M if other == id else 0.0
        assert np.abs(after[other] - points - (0.0, 0.0, up)).max() < NEAR
    known = set(source.read_bytes().split(b"\n"))
    lines = out.split(b"\n")
    assert sum(line not in known for line in lines) < len(lines) / 4


def test_a_polygon_that_is_taken_away_goes_with_the_references_to_it(tmp_path: Path) -> None:
    source = real("citygml/ogc3/Building_LOD2-EPSG25832.gml")
    with Project.create(tmp_path / "p.city.gpkg") as project:
        layer = import_here(project, source)
        (fid,) = (item.fid for item in project.objects(layer) if item.type == "Building")
        shape = Shapes(project, layer).of(fid)
        assert shape is not None
        (solid,) = shape.geometries
        fewer = {**solid, "boundaries": [solid["boundaries"][0][:-1]]}
        fewer["semantics"] = {**solid["semantics"], "values": [solid["semantics"]["values"][0][:-1]]}
        with project.edit("Open") as edit:
            edit.set_geometry(fid, Shape([fewer], shape.vertices))
        out = exported(project, tmp_path)
    gone = b"GML_b41dc792-5da6-4cd9-8f85-247583f305e3"
    assert source.read_bytes().count(gone) == 2
    assert out.count(gone) == 0
    again = tmp_path / "again.gml"
    again.write_bytes(out)
    with Project.create(tmp_path / "q.city.gpkg") as project:
        tiles = project.drawable(import_here(project, again))
    assert isinstance(tiles, CityTiles)
    assert np.count_nonzero(tiles.surface_type) == 6


def test_a_polygon_that_is_new_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p.city.gpkg") as project:
        layer = import_here(project, real("citygml/ogc3/Building_LOD1-EPSG25832.gml"))
        (fid,) = (item.fid for item in project.objects(layer) if item.type == "Building")
        shape = Shapes(project, layer).of(fid)
        assert shape is not None
        (solid,) = shape.geometries
        shell = solid["boundaries"][0]
        more = {"type": "Solid", "lod": solid["lod"], "boundaries": [[*shell, shell[0]]]}
        with project.edit("Grow") as edit:
            edit.set_geometry(fid, Shape([more], shape.vertices))
        with pytest.raises(WriteError, match="polygons that were not there before"):
            exported(project, tmp_path)
