"""The generated city: solids that hold water, along streets, the same at every run and in every format."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import shapely

from benchmarks.city import city_file, city_parts, features
from benchmarks.roofs import FORMS, Shape
from benchmarks.streets import KINDS, city_blocks
from layers import formats
from layers.arrays import Mesh
from layers.data import ReadOptions

BUILDINGS = 1500


def shape(name: str) -> Shape:
    size = np.array([20.0, 30.0]), np.array([12.0, 18.0]), np.array([10.0, 60.0])
    return FORMS[name](*size, np.random.default_rng(1).uniform(-0.12, 0.06, (2, 16)))


@pytest.mark.parametrize("name", FORMS)
def test_every_form_is_a_closed_solid_of_plane_faces(name: str) -> None:
    made = shape(name)
    rings = [ring for face in (*made.ground, *made.walls, *made.roofs) for ring in face]
    edges = Counter(pair for ring in rings for pair in zip(ring, ring[1:] + ring[:1], strict=True))
    assert set(edges.values()) == {1}
    assert {(end, start) for start, end in edges} == set(edges)
    for points in made.points:
        fans = [points[[ring[0], ring[i], ring[i + 1]]] for ring in rings for i in range(1, len(ring) - 1)]
        assert sum(np.linalg.det(fan) for fan in fans) > 0, "faces look outwards"
        for ring in rings:
            corners = points[list(ring)] - points[list(ring)].mean(axis=0)
            assert np.linalg.svd(corners)[1][2] < 1e-9


def test_a_city_has_exactly_so_many_buildings_in_parts_that_follow_each_other() -> None:
    for buildings in (1, 17, 5_000, 20_000):
        assert city_blocks(buildings).buildings.sum() == buildings
    first = 0
    for part in city_parts(20_000):
        assert part.first == first
        first += len(part.lots()[0].form)
    assert first == 20_000


def test_both_formats_say_the_same_and_the_same_at_every_run(tmp_path: Path) -> None:
    sequence = city_file(BUILDINGS, ".city.jsonl", tmp_path)
    (layer,), (other,) = (
        [one for one in formats.read(path, ReadOptions())[1] if one.kind == "city"]
        for path in (sequence, city_file(BUILDINGS, ".city.json", tmp_path))
    )
    assert isinstance(layer.drawable, Mesh) and isinstance(other.drawable, Mesh)
    np.testing.assert_array_equal(layer.drawable.vertices, other.drawable.vertices)
    np.testing.assert_array_equal(layer.drawable.triangles, other.drawable.triangles)
    header, *lines = sequence.read_bytes().splitlines(keepends=True)
    assert b"".join(lines) == b"".join(features(part) for part in city_parts(BUILDINGS))
    assert json.loads(header)["metadata"]["referenceSystem"].endswith("/7415")


def test_buildings_have_many_triangles_attributes_and_both_levels_of_detail(tmp_path: Path) -> None:
    (layer,) = formats.read(city_file(BUILDINGS, ".city.jsonl", tmp_path), ReadOptions())[1]
    mesh = layer.drawable
    assert isinstance(mesh, Mesh)
    assert mesh.lod_names == ("0", "2.2")
    lod = mesh.geometry_lod[mesh.surface_geometry[mesh.triangle_surface]]
    assert (lod == 1).sum() >= 20 * BUILDINGS
    attributes = json.loads(lines_of(tmp_path)[0])["CityObjects"]["b0"]["attributes"]
    assert len(attributes) == 9


def lines_of(folder: Path) -> list[bytes]:
    return city_file(BUILDINGS, ".city.jsonl", folder).read_bytes().splitlines()[1:]


def test_buildings_stand_beside_each_other_and_the_middle_is_higher() -> None:
    (part,) = city_parts(7000)
    lots = part.lots()[0]
    length, width, height = lots.size.T
    corners = np.stack((length, width), axis=1)[:, None] * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) / 2
    cos, sin = np.cos(lots.angle)[:, None], np.sin(lots.angle)[:, None]
    x, y = corners[..., 0], corners[..., 1]
    turned = np.stack((x * cos - y * sin, x * sin + y * cos), axis=-1) + lots.place[:, None]
    footprints = shapely.polygons(turned)
    first, second = shapely.STRtree(footprints).query(footprints, "intersects")
    apart = first < second
    shared = shapely.area(shapely.intersection(footprints[first[apart]], footprints[second[apart]]))
    assert shared.sum() < 0.01 * length @ width
    assert np.median(height[lots.centrality > 0.8]) > 1.5 * np.median(height[lots.centrality < 0.3])
    assert len(np.unique(lots.kind)) >= len(KINDS) - 1
