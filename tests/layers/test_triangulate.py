"""Polygons to triangles: areas, orientation and volumes against independent figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
import trimesh
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from layers.arrays import Float64, Mesh
from layers.triangulate import Triangulation, triangulate
from tests.cities import FOLDER, layer_of, mesh_of, raw_models

#: A place as far from zero as national grids lie.
FAR = np.array([525_000.0, 5_430_000.0, 310.0])


def triangles_of(*polygons: list[Any]) -> tuple[Float64, Triangulation]:
    """Triangulate polygons given as lists of rings of points."""
    rings = [np.asarray(ring, np.float64).reshape(-1, 3) for polygon in polygons for ring in polygon]
    corners = np.concatenate(rings)
    lengths = np.array([len(ring) for ring in rings], np.int32)
    return corners, triangulate(corners, lengths, np.array([len(p) for p in polygons], np.int32))


def vector_areas(corners: Float64, triangles: NDArray[Any]) -> Float64:
    """Half the cross product of each triangle: its area times its normal."""
    a, b, c = (corners[triangles[:, i]] for i in range(3))
    found: Float64 = np.cross(b - a, c - a) / 2
    return found


def newell(ring: Float64) -> Float64:
    """The vector area of a ring by the formula of Newell, relative to its first corner."""
    local = ring - ring[0]
    total: Float64 = np.cross(local, np.roll(local, -1, axis=0)).sum(axis=0) / 2
    return total


def star(dice: np.random.Generator, count: int, low: float, high: float) -> Float64:
    """A simple ring around zero, mostly concave, anticlockwise."""
    angles = np.sort(dice.uniform(0, 2 * np.pi, count))
    # Two neighbours at one angle would make a ring that touches itself.
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False) + (angles % 1) * np.pi / count
    radii = dice.uniform(low, high, count)
    found: Float64 = np.stack((radii * np.cos(angles), radii * np.sin(angles)), axis=-1)
    return found


def plane(dice: np.random.Generator) -> Float64:
    """Two perpendicular unit vectors of a random plane, as rows."""
    first, second = np.linalg.qr(dice.normal(size=(3, 2)))[0].T
    return np.stack((first, second))


@given(st.integers(0, 2**32), st.integers(3, 40), st.integers(0, 4))
def test_concave_polygons_with_holes_in_any_plane_keep_area_and_side(
    seed: int, count: int, holes: int
) -> None:
    dice = np.random.default_rng(seed)
    outer = star(dice, count, 6, 10) if count > 4 else star(dice, count, 9, 10)
    centres = [(-2.0, -2.0), (2.0, -2.0), (2.0, 2.0), (-2.0, 2.0)][: holes if count > 8 else 0]
    inner = [star(dice, int(dice.integers(3, 9)), 0.3, 1.2)[::-1] + centre for centre in centres]
    flat = shapely.Polygon(outer, inner)
    assert flat.is_valid
    axes = plane(dice)
    rings = [FAR + ring @ axes for ring in (outer, *inner)]
    corners, found = triangles_of(rings)
    areas = vector_areas(corners, found.triangles)
    normal = np.cross(*axes)
    assert np.linalg.norm(areas, axis=1).sum() == pytest.approx(flat.area, rel=1e-7)
    assert (areas @ normal > -1e-7).all(), "every triangle turns as its polygon does"
    assert np.allclose(found.normals[0], normal, atol=1e-5)
    assert len(found.triangles) <= sum(map(len, rings)) + 2 * len(inner) - 2


@given(st.integers(0, 2**32), st.integers(3, 30))
def test_convex_polygons_are_fanned_whole(seed: int, count: int) -> None:
    dice = np.random.default_rng(seed)
    ring = FAR + star(dice, count, 5, 5) @ plane(dice)
    corners, found = triangles_of([ring])
    assert len(found.triangles) == count - 2
    assert np.allclose(vector_areas(corners, found.triangles).sum(axis=0), newell(ring), rtol=1e-7)


@given(st.integers(0, 2**32), st.lists(st.integers(3, 14), min_size=1, max_size=30))
def test_many_at_once_are_as_one_by_one(seed: int, counts: list[int]) -> None:
    dice = np.random.default_rng(seed)
    polygons = [[FAR + star(dice, count, 3, 10) @ plane(dice)] for count in counts]
    _corners, together = triangles_of(*polygons)
    first = 0
    for number, polygon in enumerate(polygons):
        _own, alone = triangles_of(polygon)
        mine = together.triangles[together.polygon == number] - first
        assert np.array_equal(mine, alone.triangles)
        first += len(polygon[0])
    assert (np.diff(together.polygon) >= 0).all(), "triangles of a polygon are consecutive"


SQUARE = [[0, 0, 0], [4, 0, 0], [4, 4, 0], [0, 4, 0]]


@pytest.mark.parametrize(
    ("rings", "area", "triangles"),
    [
        ([SQUARE], 16, 2),
        ([[[0, 0, 0], [2, 0, 0], [4, 0, 0], [4, 4, 0], [0, 4, 0]]], 16, 3),
        ([[[0, 0, 0], [4, 0, 0], [4, 4, 0], [2, 1, 0], [0, 4, 0]]], 10, 3),
        ([SQUARE, [[1, 1, 0], [1, 2, 0], [2, 2, 0], [2, 1, 0]]], 15, 8),
        ([SQUARE, []], 16, 2),
        ([SQUARE, [], [[1, 1, 0], [1, 2, 0], [2, 2, 0], [2, 1, 0]]], 15, 8),
        ([[[0, 0, 0], [4, 0, 0], [8, 0, 0]]], 0, None),
        ([[[1, 1, 1], [1, 1, 1], [1, 1, 1], [1, 1, 1]]], 0, None),
        ([[[0, 0, 0], [1, 0, 0]]], 0, 0),
        ([[[0, 0, 0]]], 0, 0),
        ([[]], 0, 0),
        ([[], SQUARE], 0, 0),
    ],
    ids=lambda value: None if isinstance(value, list) else str(value),
)
def test_plain_collinear_and_degenerate_rings(rings: list[Any], area: float, triangles: int | None) -> None:
    corners, found = triangles_of([np.asarray(ring, float).reshape(-1, 3) + FAR for ring in rings])
    areas = vector_areas(corners, found.triangles)
    assert areas[:, 2].sum() == pytest.approx(area, abs=1e-6)
    assert (areas[:, 2] >= -1e-9).all()
    assert triangles is None or len(found.triangles) == triangles
    assert np.isfinite(found.normals).all()
    assert np.linalg.norm(found.normals[0]) == pytest.approx(1 if area else 0, abs=1e-6)


def test_nothing_gives_nothing() -> None:
    found = triangulate(np.empty((0, 3)), np.empty(0, np.int32), np.empty(0, np.int32))
    assert (found.triangles.shape, found.normals.shape) == ((0, 3), (0, 3))


def volume(mesh: Mesh) -> float:
    """The volume within the triangles, by the divergence theorem."""
    a, b, c = (mesh.vertices[mesh.triangles[:, i]] - mesh.vertices[0] for i in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("cjio/cube.json", 1.0),
        ("val3dity-cj/cube_v10.city.json", 1.0),
        ("val3dity-cj/cube_v11.city.json", 1.0),
    ],
)
def test_cubes_have_the_volume_of_cubes(name: str, wanted: float) -> None:
    mesh = mesh_of(layer_of(name))
    size = mesh.vertices.max(axis=0) - mesh.vertices.min(axis=0)
    assert volume(mesh) == pytest.approx(wanted * size.prod(), rel=1e-9)


@pytest.mark.parametrize("name", ["val3dity-cj/torus.city.json", "railway-seq/hollow_solid.city.json"])
def test_volumes_of_a_torus_and_a_hollow_solid_are_those_of_their_rings(name: str) -> None:
    layer = layer_of(name)
    mesh = mesh_of(layer)
    assert volume(mesh) == pytest.approx(volume_of_rings(name), rel=1e-9)
    body = trimesh.Trimesh(mesh.vertices, mesh.triangles, process=True, merge_tex=True)
    body.merge_vertices()
    assert body.is_watertight
    assert body.volume == pytest.approx(volume(mesh), rel=1e-9)


def volume_of_rings(name: str) -> float:
    """The volume of the solids of a file from Newell's areas of their flat polygons alone."""
    (model,) = raw_models(FOLDER / name)
    scale = np.array(model["transform"]["scale"])
    vertices = np.array(model["vertices"]) * scale
    total = 0.0
    for item in model["CityObjects"].values():
        for geometry in item["geometry"]:
            for shell in geometry["boundaries"]:
                for polygon in shell:
                    rings = [vertices[ring] for ring in polygon]
                    total += float(sum(newell(ring) for ring in rings) @ rings[0][0]) / 3
    return total


@pytest.mark.parametrize(
    "name",
    [
        "denhaag/denhaag.city.json",
        "delfshaven/Rotterdam_3-20-DELFSHAVEN.city.json",
        "cjseq-bertt/building_with_innerring.city.json",
        "cjseq-bertt/3dbag_b2.city.jsonl",
        "railway-seq/railway_appearance.city.jsonl",
        "citygml4j-cj/lod2_buildings_v2.json",
    ],
)
def test_triangles_of_real_polygons_add_up_to_their_outlines(name: str) -> None:
    """The vector areas of a polygon's triangles sum to that of its rings, flat or not."""
    mesh = mesh_of(layer_of(name))
    count = len(mesh.surface_start) - 1
    local = mesh.vertices - np.repeat(
        mesh.vertices[mesh.surface_start[:-1]], np.diff(mesh.surface_start), axis=0
    )
    found = np.zeros((count, 3))
    np.add.at(found, mesh.triangle_surface, vector_areas(local, mesh.triangles))
    polygons = rings_of(name)
    assert len(polygons) == count
    wanted = np.array([sum(map(newell, polygon), np.zeros(3)) for polygon in polygons])
    size = np.linalg.norm(wanted, axis=1)
    drawn = np.bincount(mesh.triangle_surface, minlength=count) > 0
    assert (size[~drawn] < 1e-3).all(), "only slivers are not drawn"
    off = np.linalg.norm(found - wanted, axis=1) > 1e-6 * np.maximum(1, size)
    for number in np.flatnonzero(off & drawn):
        outline = polygons[number][0] @ other_axes(mesh.surface_normal[number])
        assert not shapely.Polygon(outline).is_valid, "only a ring that crosses itself is drawn otherwise"
    clear = (size > 1e-3) & ~off
    along = np.einsum("ij,ij->i", found, mesh.surface_normal)[clear]
    assert np.allclose(along, size[clear], rtol=1e-3)


def other_axes(normal: NDArray[Any]) -> Float64:
    """Columns that flatten points along the largest axis of a normal."""
    return np.delete(np.eye(3), np.abs(normal).argmax(), axis=1)


def rings_of(name: str) -> list[list[Float64]]:
    """The rings of the polygons of a file, from its JSON alone, in the order of the mesh."""
    models = raw_models(FOLDER / name)
    transform = models[0].get("transform", {"scale": [1, 1, 1]})
    found = []
    for model in models:
        vertices = np.array(model["vertices"], float).reshape(-1, 3) * transform["scale"]
        for item in model["CityObjects"].values():
            for geometry in item.get("geometry", []):
                polygons = geometry["boundaries"]
                for _ in range({"Solid": 1, "MultiSolid": 2, "CompositeSolid": 2}.get(geometry["type"], 0)):
                    polygons = [inner for outer in polygons for inner in outer]
                found += [[vertices[ring] for ring in polygon if ring] for polygon in polygons]
    return found
