"""Materials and textures of CityJSON: which polygon wears which, and where its corners lie in images."""

from __future__ import annotations

import json
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pytest

from layers.data import LayerData
from tests.cities import FOLDER, OPENABLE, layer_of, mesh_of, raw_models, read_layer
from tests.conftest import real
from tests.dressed import ONCE, write_wall

TEXTURED = [name for name in OPENABLE if b'"vertices-texture"' in (FOLDER / name).read_bytes()]


def flat(values: Any, depth: int) -> list[Any]:
    """Polygons of nested lists that lie so many levels deep."""
    for _ in range(depth):
        values = [item for part in values for item in (part or [])]
    return list(values)


def said(path: Path) -> dict[tuple[str, int, int], tuple[str, list[list[float]]]]:
    """Image and places of the outer ring of every textured polygon, as the JSON has them."""
    found = {}
    for model in raw_models(path):
        appearance = model.get("appearance", {})
        places = appearance.get("vertices-texture", [])
        for id, item in model.get("CityObjects", {}).items():
            for number, geometry in enumerate(item.get("geometry", [])):
                depth = {"Solid": 1, "MultiSolid": 2, "CompositeSolid": 2}.get(geometry["type"], 0)
                themes = geometry.get("texture") or {}
                if len(themes) != 1:
                    continue
                (theme,) = themes.values()
                rings = zip(flat(theme["values"], depth), flat(geometry["boundaries"], depth), strict=True)
                for polygon, (textured, boundary) in enumerate(rings):
                    outer = textured[0]
                    if len(outer) == len(boundary[0]) + 1 and outer[0] is not None:
                        image = appearance["textures"][outer[0]]["image"]
                        found[id, number, polygon] = image, [places[at] for at in outer[1:]]
    return found


def worn(layer: LayerData) -> dict[tuple[str, int, int], tuple[str, list[list[float]]]]:
    """The same of what was read."""
    mesh = mesh_of(layer)
    if mesh.surface_look is None or mesh.vertex_uv is None:
        return {}
    found = {}
    for surface, look in enumerate(mesh.surface_look[:, 0].tolist()):
        picture = layer.looks[look].picture if look >= 0 else None
        if picture is not None:
            geometry = mesh.surface_geometry[surface]
            id = layer.features[mesh.geometry_object[geometry]].id
            first, last = mesh.surface_start[surface : surface + 2]
            outer = first + int(mesh.ring_end[first:last].argmax()) + 1
            key = id, int(mesh.geometry_index[geometry]), int(mesh.surface_index[surface])
            found[key] = picture.path, mesh.vertex_uv[first:outer, 0].tolist()
    return found


@pytest.mark.parametrize("name", TEXTURED)
def test_polygons_wear_what_the_file_says(name: str) -> None:
    layer = layer_of(name)
    if {"semantics_array", "appearance_array"} & {warning.code for warning in layer.report.warnings}:
        pytest.skip("it says what does not fit its surfaces")
    expected, found = said(real(f"cityjson/{name}")), worn(layer)
    assert found.keys() == expected.keys() or len(layer.themes) > 1
    for key, (image, places) in expected.items():
        assert found[key][0] == image
        assert np.allclose(found[key][1], places, atol=1e-6)


def looks_of(layer: LayerData) -> list[list[str]]:
    """Names of what the polygons wear, column by column."""
    looks = mesh_of(layer).surface_look
    assert looks is not None
    return [[layer.looks[look].name if look >= 0 else "" for look in column] for column in looks.T]


def test_a_texture_comes_before_a_material_and_themes_stay_apart(tmp_path: Path) -> None:
    textures = {"winter": {"values": [[[1, 0, 1, 2, 3]]]}, "summer": {"values": [[[0, 0, 1, 2, 3]]]}}
    images = ("green.png", "white.png")
    path = write_wall(tmp_path / "a.json", images, texture=textures, material={"thermal": {"value": 1}})
    layer = read_layer(path)
    assert layer.themes == ["winter", "summer", "thermal"]
    assert looks_of(layer) == [["white.png"], ["white.png"], ["green.png"], ["cold"]]
    usual: dict[str, Any] = {"default-theme-texture": "summer"}
    layer = read_layer(write_wall(tmp_path / "b.json", images, texture=textures, **usual))
    assert looks_of(layer)[0] == ["green.png"]


def test_one_theme_is_one_column(tmp_path: Path) -> None:
    layer = read_layer(write_wall(tmp_path / "a.json"))
    assert (looks_of(layer), layer.themes) == ([["wall.png"]], [])


@pytest.mark.parametrize(
    "values",
    [
        [[[7, 0, 1, 2, 3]]],  # no such texture
        [[[0, 0, 1, 2]]],  # a corner too few
        [[[0, 0, 1, 2, 3], [0, 0, 1, 2, 3]]],  # a ring too many
        [[[0, 0, 1, 2, 99]]],  # no such place
        [[[0, -2, 1, 2, 3]]],
        [[0, 0, 1, 2, 3]],
        [[["a", 0, 1, 2, 3]]],
        {"a": 1},
    ],
)
def test_what_does_not_fit_is_said_and_the_wall_still_stands(tmp_path: Path, values: Any) -> None:
    layer = read_layer(write_wall(tmp_path / "a.json", texture={"visual": {"values": values}}))
    mesh = mesh_of(layer)
    assert len(mesh.surface_type) == 1 and len(mesh.triangles) == 2
    assert [warning.code for warning in layer.report.warnings] == ["appearance_array"]
    assert (layer.report.dropped, layer.report.unsupported) == (0, 0)


@pytest.mark.parametrize("member", ["textures", "materials", "vertices-texture"])
@pytest.mark.parametrize("value", [7, [7], "x", [[1, 2, 3]], [["a", "b"]], [[1e300, 0]]])
def test_an_appearance_that_is_none_is_said(tmp_path: Path, member: str, value: Any) -> None:
    layer = read_layer(write_wall(tmp_path / "a.json", **{member: value}))
    assert "bad_appearance" in [warning.code for warning in layer.report.warnings]
    assert mesh_of(layer).surface_look is None


def test_holes_lie_in_the_image_too(tmp_path: Path) -> None:
    path = write_wall(tmp_path / "a.json", places=(*ONCE, (0.25, 0.25), (0.75, 0.25), (0.5, 0.75)))
    model = json.loads(path.read_text())
    model["vertices"] += [[4000, 0, 4000], [8000, 0, 12000], [12000, 0, 4000]]
    geometry = model["CityObjects"]["wall"]["geometry"][0]
    geometry["boundaries"] = [[[0, 1, 2, 3], [4, 5, 6]]]
    geometry["texture"]["visual"]["values"] = [[[0, 0, 1, 2, 3], [0, 4, 6, 5]]]
    path.write_text(json.dumps(model))
    uv = mesh_of(read_layer(path)).vertex_uv
    assert uv is not None
    assert uv[4:, 0].tolist() == [[0.25, 0.25], [0.5, 0.75], [0.75, 0.25]]


def test_many_materials_cost_no_more_than_few(tmp_path: Path) -> None:
    path = write_wall(tmp_path / "a.json", texture={}, material={"m": {"values": [0]}})
    model = json.loads(path.read_text())
    wall = model["CityObjects"].pop("wall")
    count = 4000
    colors = [{"name": f"m{at}", "diffuseColor": [at % 7 / 7, at % 11 / 11, 0]} for at in range(count)]
    model["appearance"]["materials"] = colors
    for at in range(count):
        own = {**wall["geometry"][0], "material": {"m": {"values": [at]}}}
        model["CityObjects"][f"o{at}"] = {**wall, "geometry": [own]}
    path.write_text(json.dumps(model))
    begun = process_time()
    names = looks_of(read_layer(path))[0]
    assert process_time() - begun < 1.5  # list by list it would be 16 million
    assert names == [f"m{at}" for at in range(count)]
