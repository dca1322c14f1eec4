"""Repair of what is safe: what was broken is sound again, what was sound is left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layers.checks.geometry import ObjectCheck
from layers.checks.layer import findings
from layers.checks.mending import Mended, mended
from layers.crs import parse_crs
from layers.exporting import export_layer
from layers.project import Project
from layers.remedies import repairs
from layers.shapes import Shape
from layers.validation import validate
from tests.cities import import_here
from tests.conftest import real
from tests.layers.test_checks import Model


def repaired(shape: Shape) -> Mended | None:
    """A shape whose corners are metres, repaired."""
    return mended(shape, shape.vertices)


def codes(shape: Shape) -> list[str]:
    check = ObjectCheck("it", shape.vertices)
    return sorted({found.code for found in check.findings(shape.geometries)})


def solid(model: Model, shells: list[Any], **more: Any) -> Shape:
    geometry = {"type": "Solid", "lod": "2", "boundaries": shells, **more}
    return Shape([geometry], np.array(model.points))


def test_a_sound_cube_is_left_alone() -> None:
    model = Model()
    assert repaired(solid(model, [model.cube(), model.cube((2, 2, 2), 4, inwards=True)])) is None


def test_faces_that_turn_against_the_others_are_turned() -> None:
    model = Model()
    faces = model.cube()
    for at in (1, 4):
        faces[at] = [faces[at][0][::-1]]
    broken = solid(model, [faces])
    assert codes(broken) == ["307"]
    found = repaired(broken)
    assert found is not None and found.done == {"polygons turned": 2} and codes(found.shape) == []


@pytest.mark.parametrize("inwards", [True, False])
def test_shells_are_turned_as_outer_and_inner_ones_look(inwards: bool) -> None:
    model = Model()
    broken = solid(model, [model.cube(inwards=inwards), model.cube((2, 2, 2), 4, inwards=not inwards)])
    found = repaired(broken)
    assert (found is None) == (not inwards)
    if found is not None:
        assert found.done == {"shells turned": 2} and codes(found.shape) == []


def test_repeated_corners_spikes_and_flat_faces_go_and_semantics_follow() -> None:
    model = Model()
    faces = model.cube()
    (near,) = model.ring((0.0, 0.0, 0.0004))
    (far,) = model.ring((-3.0, 0.0, 0.0))
    start = faces[0][0][0]
    faces[0] = [[start, far, start, *faces[0][0][1:]]]  # there and back
    faces[2] = [[near, *faces[2][0]]]  # the same corner twice
    flat = [[start, far, near]]
    shape = solid(
        model,
        [[*faces, flat]],
        semantics={"surfaces": [{"type": "WallSurface"}], "values": [[0, 0, 0, 0, 0, 0, None]]},
        material={"": {"values": [[0, 1, 2, 3, 4, 5, 6]]}},
        texture={"": {"values": []}},
    )
    found = repaired(shape)
    assert found is not None and codes(found.shape) == []
    (geometry,) = found.shape.geometries
    assert len(geometry["boundaries"][0]) == 6
    assert geometry["semantics"]["values"] == [[0] * 6]
    assert geometry["material"][""]["values"] == [[0, 1, 2, 3, 4, 5]]
    assert "texture" not in geometry
    assert found.shape.vertices is shape.vertices


def test_a_geometry_that_would_be_empty_is_left_as_it_is() -> None:
    model = Model()
    ring = model.ring((0, 0), (1, 0), (2, 0))
    shape = Shape([{"type": "MultiSurface", "boundaries": [[ring]]}], np.array(model.points))
    found = repaired(shape)
    assert found is None or found.shape.geometries[0]["boundaries"] == [[ring]]


@pytest.mark.parametrize(
    ("name", "crs", "gone"),
    [
        ("cityjson/website/twobuildings.city.json", "EPSG:26918", "102"),
        ("cityjson/cjval-texture/data/japanese.city.json", None, "405"),
        ("cityjson/val3dity-cj/3dbag_b2.city.jsonl", None, "102"),
    ],
)
def test_real_files_are_repaired_and_written_back(
    name: str, crs: str | None, gone: str, tmp_path: Path
) -> None:
    source = real(name)
    with Project.create(tmp_path / "p.city.gpkg", crs=crs) as project:
        layer = import_here(project, source)
        before = {found.finding.code for found in findings(project, layer)}
        assert gone in before
        found = repairs(project, layer)
        with project.edit("Repair") as edit:
            edit.set_geometries(found.shapes)
        after = {found.finding.code for found in findings(project, layer)}
        assert gone not in after  # what hid behind it may be told now
        assert not repairs(project, layer).shapes, "nothing is left to repair"
        out = tmp_path / f"out{''.join(source.suffixes[-2:])}"
        export_layer(project, layer, out)
        assert gone not in {item.code for item in validate(out)}
        project.undo()
        export_layer(project, layer, out, overwrite=True)
        assert out.read_bytes() == source.read_bytes()


def test_corners_in_degrees_are_measured_in_metres(tmp_path: Path) -> None:
    """A millimetre is no thousandth of a degree: what is 100 m apart is not repeated."""
    source = real("citygml/plateau-yokosuka/bldg/52397519_bldg_6697_op.gml")
    with Project.create(tmp_path / "p.city.gpkg") as project:
        layer = import_here(project, source)
        assert layer.crs is not None and parse_crs(layer.crs).is_geographic
        assert not list(findings(project, layer))
        assert not repairs(project, layer).shapes
