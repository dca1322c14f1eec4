"""Layers placed by hand: exact, undone to the last bit, found again by pairs of points."""

from __future__ import annotations

import dataclasses
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from layers.arrays import CityTiles, PointTree, Scan
from layers.cache import layer_folder
from layers.data import ReadOptions
from layers.errors import PlaceError, ReadError
from layers.exporting import export_layer
from layers.importing import complete, import_files
from layers.placement import AS_READ, TILTS_DEG, Placement
from layers.placing import box_placed, by_numbers, fitted, foot_of, place_layer
from layers.project import Project
from layers.records import Layer
from tests.olden import age

#: A roof of two faces, in a designer's own coordinates.
ROOF = """ply
format ascii 1.0
element vertex 4
property double x
property double y
property double z
element face 2
property list uchar int vertex_indices
end_header
0 0 0
10 0 0
10 5 0
0 5 2
3 0 1 2
3 0 2 3
"""
CORNERS = np.array([(0, 0, 0), (10, 0, 0), (10, 5, 0), (0, 5, 2)], np.float64)
#: Coordinates on Earth are kept to a micrometre.
EXACT_M = 1e-6

numbers = st.floats(-1e6, 1e6)
triples = st.tuples(numbers, numbers, numbers)
placements = st.builds(
    Placement,
    offset=triples,
    swapped=st.booleans(),
    shift=triples,
    rotation_deg=st.floats(-720, 720),
    scale=st.floats(0.01, 100),
    height_scale=st.floats(0.1, 10),
    pivot=triples,
    tilt_deg=st.tuples(st.floats(-360, 360), st.floats(-360, 360)),
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "town.city.gpkg", crs="EPSG:7415")


def roof(project: Project, **options: object) -> Layer:
    path = project.path.with_name("roof.ply")
    path.write_text(ROOF)
    (layer,) = import_files(project, [path], ReadOptions(**options))  # type: ignore[arg-type]
    return layer


def cube(project: Project) -> Layer:
    """A city of one cube of 10 m that stands at 85 000, 446 000."""
    path = project.path.with_name("cube.city.json")
    path.write_bytes(cube_text(85000))
    (layer,) = import_files(project, [path])
    return layer


def cube_text(east: int) -> bytes:
    faces = [[0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]
    square = [(0, 0), (10000, 0), (10000, 10000), (0, 10000)]
    city = {
        "type": "CityJSON",
        "version": "2.0",
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
        "transform": {"scale": [0.001] * 3, "translate": [east, 446000, 0]},
        "CityObjects": {
            f"cube {east}": {
                "type": "Building",
                "geometry": [{"type": "Solid", "lod": "2", "boundaries": [[[face] for face in faces]]}],
            }
        },
        "vertices": [[x, y, z] for z in (0, 10000) for x, y in square],
    }
    return orjson.dumps(city)


def put(project: Project, layer: Layer, placement: Placement) -> Layer:
    with project.edit("Place") as edit:
        place_layer(edit, project, layer, placement)
    found = project.layer(layer.id)
    complete(project, [found])
    return found


def vertices(project: Project, layer: Layer) -> np.ndarray:
    drawable = project.drawable(layer)
    assert isinstance(drawable, CityTiles | Scan)
    return np.unique(np.asarray(drawable.vertices).round(9), axis=0)


@given(placements, st.lists(triples, min_size=1, max_size=5))
def test_every_placement_has_a_way_back(placement: Placement, points: list[tuple[float, ...]]) -> None:
    there = np.array(points)
    back = placement.uncorrect(placement.take_back(placement.put(placement.correct(there))))
    # Coordinates of up to 10⁶ m, scaled a hundredfold, leave rounding of some 10⁻⁸ m.
    assert np.abs(back - there).max() < 1e-4
    about = placement.about((1e5, -2e5, 30.0))
    assert np.abs(about.put(there) - placement.put(there)).max() < 1e-3


@given(placements)
def test_a_placement_is_the_same_when_it_was_stored(placement: Placement) -> None:
    again = Placement.from_text(placement.text())
    assert again == placement or (placement.is_as_read and again == AS_READ)


def test_placing_moves_arrays_and_boxes_and_undo_brings_the_very_bits_back(project: Project) -> None:
    layer = roof(project)
    before = vertices(project, layer)
    placed = put(project, layer, Placement(shift=(85000.0, 446000.0, 3.0), rotation_deg=90))
    expected = np.column_stack((85000 - CORNERS[:, 1], 446000 + CORNERS[:, 0], CORNERS[:, 2] + 3))
    found = project.drawable(placed)
    assert isinstance(found, Scan)
    assert np.array_equal(found.vertices, expected)
    box = (84995.0, 446000.0, 3.0, 85000.0, 446010.0, 5.0)
    assert placed.box == box
    assert project.box([placed.first_fid]) == pytest.approx(box, abs=0.05)
    project.undo()
    undone = project.layer(layer.id)
    complete(project, [undone])
    assert undone == layer
    assert np.array_equal(vertices(project, undone), before)
    assert project.box([layer.first_fid]) == pytest.approx((0, 0, 0, 10, 5, 2))


def test_boxes_of_a_turned_city_are_exact_once_its_arrays_are_made_again(project: Project) -> None:
    layer = cube(project)
    for _ in range(6):  # each turn would make a box around a box around a box …
        now = by_numbers(project, project.layer(layer.id))
        put(project, layer, Placement(pivot=now.pivot, rotation_deg=now.rotation_deg + 15))
    placed = project.layer(layer.id)
    assert placed.placement.rotation_deg == 90
    # float32 in the R-tree: 446 000 m to 0.03 m.
    assert project.box([layer.first_fid]) == pytest.approx((85000, 446000, 0, 85010, 446010, 10), abs=0.1)
    out = project.path.with_name("out.city.json")
    source = project.path.with_name("cube.city.json").read_bytes()
    export_layer(project, placed, out)
    assert out.read_bytes() == source, "where it was put by hand is no part of the source"


def test_a_city_of_many_tiles_is_placed_as_one(project: Project) -> None:
    folder = project.path.with_name("tiles")
    folder.mkdir()
    for east in (85000, 85100):
        (folder / f"{east}.city.json").write_bytes(cube_text(east))
    (layer,) = import_files(project, [folder])
    placed = put(project, layer, Placement(shift=(0, 0, 5), rotation_deg=180, pivot=(85000, 446000, 0)))
    assert placed.box == (84890, 445990, 5, 85000, 446000, 15)
    assert vertices(project, placed).min(axis=0).tolist() == [84890, 445990, 5]
    assert project.box([placed.first_fid + 1]) == pytest.approx(
        (84890, 445990, 5, 84900, 446000, 15), abs=0.1
    )
    assert Project.open(project.path, read_only=True).layer(layer.id).placement == placed.placement


def test_an_offset_corrects_the_files_own_coordinates(project: Project) -> None:
    layer = roof(project, placement=Placement(offset=(85000.0, 446000.0, 1.0)))
    assert layer.crs == "EPSG:7415"
    assert layer.box == (85000, 446000, 1, 85010, 446005, 3)
    assert np.array_equal(vertices(project, layer), np.unique(CORNERS + np.array((85000, 446000, 1)), axis=0))


def test_an_offset_is_meant_in_the_layers_crs(project: Project) -> None:
    offset = (593000.0, 5763000.0, 0.0)
    layer = roof(project, crs="EPSG:25831", placement=Placement(offset=offset))
    way = Transformer.from_crs("EPSG:25831", "EPSG:28992", always_xy=True)
    x, y = way.transform(593010.0, 5763000.0)
    assert np.abs(vertices(project, layer)[:, :2] - (x, y)).sum(axis=1).min() < EXACT_M


def test_swapped_axes_and_feet_are_put_right(project: Project) -> None:
    layer = roof(project)
    put(project, layer, Placement(swapped=True, height_scale=0.3048))
    expected = CORNERS[:, [1, 0, 2]] * (1, 1, 0.3048)
    assert np.array_equal(vertices(project, project.layer(layer.id)), np.unique(expected.round(9), axis=0))


def test_a_model_without_a_place_says_where_it_was_set_down(project: Project) -> None:
    cube(project)
    layer = roof(project)
    assert layer.crs == "local"
    assert not layer.placement.is_as_read
    assert layer.box == pytest.approx(tuple(box_placed(project, layer, layer.placement) or ()))
    moved = project.mover(layer)(CORNERS)
    assert np.array_equal(np.unique(moved.round(9), axis=0), vertices(project, layer))
    assert np.abs(project.place.way_back_of(layer)(moved) - CORNERS).max() < EXACT_M


def test_a_project_of_version_2_learns_where_its_models_were_set_down(project: Project) -> None:
    cube(project)
    layer = roof(project)
    project.close()
    age(project.path, 2)
    with Project.open(project.path, read_only=True) as old:
        assert old.layer(layer.id).placement == AS_READ
    with Project.open(project.path) as new:
        assert new.layer(layer.id).placement == layer.placement


def test_pairs_of_points_give_the_placement(project: Project) -> None:
    layer = roof(project)
    truth = Placement(shift=(85000.0, 446000.0, 2.0), rotation_deg=33.0, scale=1.01, pivot=(5.0, 2.0, 0.0))
    fit = fitted(layer.placement, CORNERS[:3], truth.put(CORNERS[:3]), with_scale=True)
    assert np.abs(fit.placement.put(CORNERS) - truth.put(CORNERS)).max() < EXACT_M
    assert fit.rms_m < EXACT_M
    # From where it lies now, however often it was placed before.
    again = fitted(
        fit.placement, fit.placement.put(CORNERS), truth.put(CORNERS) + np.array((1, 2, 3)), with_scale=True
    )
    assert np.abs(again.placement.put(CORNERS) - truth.put(CORNERS) - (1, 2, 3)).max() < EXACT_M


def test_points_that_do_not_fit_are_off_by_what_is_told() -> None:
    ground = CORNERS[:3] + np.array([(0, 0, 0.3), (0.02, 0, 0), (0, 0, 0)])
    fit = fitted(AS_READ, CORNERS[:3], ground)
    assert fit.residuals_m.sum(axis=0) == pytest.approx([0, 0, 0], abs=1e-9)
    assert fit.residuals_m[:, 2] == pytest.approx([-0.2, 0.1, 0.1])
    assert fit.placement.scale == 1.0
    # Nothing else that turns and moves leaves less.
    for rotation in (-0.01, 0.01):
        other = Placement(
            fit.placement.offset,
            False,
            fit.placement.shift,
            fit.placement.rotation_deg + rotation,
            pivot=fit.placement.pivot,
        )
        assert ((other.put(CORNERS[:3]) - ground) ** 2).sum() > (fit.residuals_m**2).sum()


def test_points_at_one_place_tell_no_direction() -> None:
    with pytest.raises(PlaceError, match="tells no direction"):
        fitted(AS_READ, np.zeros((2, 3)), np.array([(0, 0, 0), (5.0, 0, 0)]))
    one = fitted(AS_READ, np.zeros((1, 3)), np.array([(5.0, 6.0, 7.0)]))
    assert one.placement.shift == (5.0, 6.0, 7.0)


def test_the_local_origin_follows_a_city_that_was_far_away(project: Project) -> None:
    layer = roof(project)
    put(project, layer, Placement(shift=(85000.0, 446000.0, 0.0)))
    assert project.place.origin.tolist() == [85000.0, 446000.0, 0.0]
    project.undo()
    assert project.place.origin.tolist() == [0.0, 0.0, 0.0]


def test_no_layer_is_put_beyond_the_earth(project: Project) -> None:
    layer = roof(project)
    for bad in (Placement(scale=0.0), Placement(shift=(1e9, 0, 0)), Placement(rotation_deg=float("nan"))):
        with pytest.raises(PlaceError), project.edit("Place") as edit:
            edit.set_layer(layer.id, placement=bad)


def test_moving_reads_nothing_again_and_drifts_nowhere(project: Project) -> None:
    layer = roof(project)
    before = vertices(project, layer)
    project.path.with_name("roof.ply").unlink()  # what is moved is what is there
    for step in range(50):
        put(project, layer, Placement(shift=(85000.1 + step / 3, 446000.7, 3.3), rotation_deg=7.0 * step))
    last = put(project, layer, Placement(shift=(1.0, 2.0, 3.0)))
    assert np.array_equal(vertices(project, last), np.unique(CORNERS + np.array((1, 2, 3)), axis=0))
    while project.can_undo and project.can_undo.label == "Place":
        project.undo()
    complete(project, [project.layer(layer.id)])
    assert np.array_equal(vertices(project, layer), before)


def test_a_linked_file_that_is_gone_is_told_of_where_its_arrays_are_gone_too(project: Project) -> None:
    layer = roof(project)
    project.path.with_name("roof.ply").unlink()
    shutil.rmtree(layer_folder(project.path, layer.uid))
    with pytest.raises(ReadError, match="is gone"):
        put(project, layer, Placement(shift=(1, 1, 1)))


def test_a_city_that_was_carried_is_as_one_that_is_read_there(project: Project) -> None:
    layer = cube(project)
    way = Placement(
        shift=(3, 4, 5), rotation_deg=30, scale=2, height_scale=0.5, pivot=(85000, 446000, 0), tilt_deg=(5, 0)
    )
    placed = put(project, layer, way)
    carried = project.drawable(placed)
    boxes = project.box([placed.first_fid])
    shutil.rmtree(layer_folder(project.path, layer.uid))
    complete(project, [placed])
    read = project.drawable(placed)
    assert isinstance(carried, CityTiles)
    assert isinstance(read, CityTiles)
    for item in dataclasses.fields(CityTiles):
        mine, other = getattr(carried, item.name), getattr(read, item.name)
        if isinstance(mine, np.ndarray):
            assert np.allclose(mine, other, atol=1e-6), item.name
    assert project.box([placed.first_fid]) == pytest.approx(boxes, abs=0.1)
    # A wall of the cube looks the way its corners do.
    first, second, third = np.asarray(read.vertices)[read.triangles[0]]
    across = np.cross(second - first, third - first)
    assert read.surface_normal[0] == pytest.approx(across / np.linalg.norm(across), abs=1e-5)


def test_a_cloud_is_moved_without_being_indexed_again(project: Project) -> None:
    path = project.path.with_name("cloud.xyz")
    points = np.random.default_rng(3).uniform((85000, 446000, 0), (85050, 446050, 9), (500, 3)).round(3)
    path.write_text("".join(f"{x:.3f} {y:.3f} {z:.3f}\n" for x, y, z in points))
    (layer,) = import_files(project, [path], ReadOptions(crs="EPSG:7415"))
    path.unlink()
    placed = put(project, layer, Placement(shift=(10.0, 0.0, -2.0)))
    tree = project.drawable(placed)
    assert isinstance(tree, PointTree)
    found = np.concatenate([tree.read(node).points for node in range(len(tree.count))])
    expected = points + np.array((10.0, 0.0, -2.0))
    assert np.abs(found[np.lexsort(found.T)] - expected[np.lexsort(expected.T)]).max() < 0.0011
    assert tree.height_range[1] == pytest.approx(points[:, 2].max() - 2, abs=0.01)


@pytest.mark.parametrize(
    ("axis", "up"),
    [
        ("z", (0, 0, 1)), ("y", (0, 1, 0)), ("x", (1, 0, 0)),
        ("-z", (0, 0, -1)), ("-y", (0, -1, 0)), ("-x", (-1, 0, 0)),
    ],
)  # fmt: skip
def test_any_axis_of_a_file_can_be_set_upright(axis: str, up: tuple[float, ...]) -> None:
    matrix = Placement(tilt_deg=TILTS_DEG[axis]).matrix()
    assert (matrix @ np.array(up)).tolist() == [0, 0, 1]
    assert np.linalg.det(matrix) == 1, "nothing is mirrored"


def test_a_scan_on_its_back_in_millimetres_stands_upright(project: Project) -> None:
    layer = roof(project)
    foot = foot_of(project, layer, TILTS_DEG["y"])
    assert foot is not None
    wanted = Placement(tilt_deg=TILTS_DEG["y"], scale=0.001, pivot=foot).about(foot)
    placed = put(
        project, layer, replace(wanted, shift=(85000.0 - foot[0], 446000.0 - foot[1], 1.0 - foot[2]))
    )
    # 10 wide, 2 deep, 5 high: in millimetres, with the middle of its foot where it is wanted.
    assert placed.box == pytest.approx((84999.995, 445999.999, 1, 85000.005, 446000.001, 1.005), abs=1e-6)


def test_pairs_of_points_leave_a_layer_upright(project: Project) -> None:
    layer = roof(project)
    upright = Placement(tilt_deg=TILTS_DEG["y"])
    truth = Placement(
        tilt_deg=TILTS_DEG["y"], rotation_deg=40, shift=(85000.0, 446000.0, 2.0), pivot=(5, 5, 0)
    )
    fit = fitted(upright, upright.put(CORNERS[:3]), truth.put(CORNERS[:3]))
    assert np.abs(fit.placement.put(CORNERS) - truth.put(CORNERS)).max() < EXACT_M
    assert fit.rms_m < EXACT_M
    assert put(project, layer, fit.placement).placement.tilt_deg == TILTS_DEG["y"]
