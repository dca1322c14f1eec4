"""Layers of different coordinate reference systems, seen in one place, exact to the millimetre."""

from __future__ import annotations

import json
from collections.abc import Iterator

import laspy
import numpy as np
import pytest
from pyproj import Transformer

from layers.arrays import CityTiles, Float64, PointTree
from layers.data import ReadOptions
from layers.importing import import_files
from layers.project import Project
from tests.cities import surface_objects
from tests.clouds import whole
from tests.conftest import real
from viewer.scene import Scene

ACCURACY_M = 0.001
LAS_STEP_M = 0.0001


@pytest.fixture(scope="module")
def source() -> Float64:
    """Every vertex of Den Haag, straight from the JSON."""
    model = json.loads(real("cityjson/denhaag/denhaag.city.json").read_bytes())
    transform = model["transform"]
    return np.array(model["vertices"]) * transform["scale"] + transform["translate"]


@pytest.fixture(scope="module")
def city(source: Float64, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Den Haag with its terrain, and 2 000 of its vertices as a cloud in UTM."""
    folder = tmp_path_factory.mktemp("together")
    to_utm = Transformer.from_crs("EPSG:28992", "EPSG:25831", always_xy=True)
    chosen = source[:: len(source) // 2000]
    x, y = to_utm.transform(chosen[:, 0], chosen[:, 1])
    header = laspy.LasHeader(version="1.4", point_format=6)
    header.scales, header.offsets = np.full(3, LAS_STEP_M), np.floor([x.min(), y.min(), 0.0])
    cloud = laspy.LasData(header)
    cloud.x, cloud.y, cloud.z = x, y, chosen[:, 2]
    cloud.write(str(folder / "roofs.laz"))
    with Project.create(folder / "denhaag.city.gpkg") as project:
        import_files(project, [real("cityjson/denhaag/denhaag.city.json")])
        import_files(project, [folder / "roofs.laz"], ReadOptions(crs="EPSG:25831"))
        yield project


def test_a_cloud_in_another_crs_lies_on_the_city(city: Project, source: Float64) -> None:
    tree = city.drawable(city.layer("roofs"))
    assert isinstance(tree, PointTree)
    expected = source[:: len(source) // 2000]
    points = whole(tree).points
    nearest = np.array([np.linalg.norm(points - vertex, axis=1).min() for vertex in expected])
    assert city.place.crs == "EPSG:7415"
    assert len(points) == len(expected)
    assert nearest.max() < ACCURACY_M


def test_a_point_picked_on_a_roof_is_the_source_vertex_to_the_millimetre(
    city: Project, source: Float64
) -> None:
    scene = Scene(city, (800, 600))
    for layer in city.layers:
        if layer.kind in ("city", "terrain"):
            scene.load(layer, city.drawable(layer))
    scene.settle()
    layer = city.layer("denhaag")
    mesh = city.drawable(layer)
    assert isinstance(mesh, CityTiles)
    roofs = np.flatnonzero(
        (np.asarray(mesh.surface_type) == mesh.type_names.index("RoofSurface"))
        & (np.asarray(mesh.surface_normal)[:, 2] > 0.99)
    )
    hits = 0
    for roof in roofs[:: len(roofs) // 25].tolist():
        corners = mesh.vertices[mesh.surface_vertex[roof] : mesh.surface_vertex[roof + 1]]
        inside = corners.mean(axis=0)
        near_corner = corners[0] + 0.05 * (inside - corners[0]) / np.linalg.norm(inside - corners[0])
        scene.camera = scene.camera.flown_to(near_corner, 8.0)
        hit = scene.pick(400, 300)
        if hit is None or hit.surface is None or hit.fid != layer.first_fid + surface_objects(mesh)[roof]:
            continue  # another roof overhangs this one
        hits += 1
        assert (
            np.linalg.norm(hit.point_in_world - near_corner) < ACCURACY_M
            or hit.surface.polygon_index != (mesh.surface_index[roof])
        )
        assert hit.vertex_in_world is not None
        assert np.linalg.norm(source - hit.vertex_in_world, axis=1).min() < ACCURACY_M
    scene.close()
    assert hits > 15
