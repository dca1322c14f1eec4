"""City objects in tiles: all that the mesh holds, sorted along the quadtree, with a block for each."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from layers import merging
from layers.arrays import KEY_BITS, CityTiles, Float64, Int32, Mesh
from layers.errors import Cancelled
from layers.tiling import tile, tiled
from tests.boxes import some_boxes, write_boxes
from tests.cities import OPENABLE, layer_of, mesh_of, raw_models, read_layer
from tests.conftest import real

REAL = OPENABLE[::6]
TOWN = "cjio/rotterdam_subset.json"


def polygons(vertices: Float64, first: NDArray[np.int32]) -> list[bytes]:
    return [vertices[a:b].tobytes() for a, b in pairwise(first)]


def triangle_places(vertices: Float64, triangles: NDArray[np.int32]) -> list[bytes]:
    return [corners.tobytes() for corners in vertices[triangles]]


def of_mesh(mesh: Mesh) -> Counter[tuple[object, ...]]:
    """What a mesh says of each triangle and each polygon."""
    lods = [mesh.lod_names[code] for code in mesh.geometry_lod[mesh.surface_geometry]]
    types = [mesh.type_names[code] for code in mesh.surface_type]
    known = list(
        zip(
            mesh.surface_object.tolist(),
            mesh.geometry_index[mesh.surface_geometry].tolist(),
            lods,
            mesh.surface_index.tolist(),
            types,
            mesh.surface_normal.round(5).tolist(),
            polygons(mesh.vertices, mesh.surface_start),
            strict=True,
        )
    )
    places = triangle_places(mesh.vertices, mesh.triangles)
    found = Counter((*map(str, item),) for item in known if item[-1])
    found.update((str(known[p][:4]), t) for p, t in zip(mesh.triangle_surface, places, strict=True))
    return found


def of_tiles(tiles: CityTiles) -> Counter[tuple[object, ...]]:
    """The same of tiles."""
    entry = np.repeat(np.arange(len(tiles.entry_object)), np.diff(tiles.entry_geometry))
    geometry = np.repeat(np.arange(len(entry)), np.diff(tiles.geometry_surface))
    known = list(
        zip(
            tiles.entry_object[entry][geometry].tolist(),
            tiles.geometry_index[geometry].tolist(),
            [tiles.lod_names[code] for code in tiles.geometry_lod[geometry]],
            tiles.surface_index.tolist(),
            [tiles.type_names[code] for code in tiles.surface_type],
            tiles.surface_normal.round(5).tolist(),
            polygons(tiles.vertices, tiles.surface_vertex),
            strict=True,
        )
    )
    owner = np.repeat(np.arange(len(known)), np.diff(tiles.surface_triangle))
    places = triangle_places(tiles.vertices, tiles.triangles)
    found = Counter((*map(str, item),) for item in known)
    found.update((str(known[p][:4]), t) for p, t in zip(owner, places, strict=True))
    return found


@pytest.mark.parametrize("name", REAL)
def test_tiles_hold_what_the_mesh_holds(name: str) -> None:
    mesh = mesh_of(layer_of(name))
    tiles = tiled(mesh)
    assert tiles.is_whole()
    assert of_tiles(tiles) == of_mesh(mesh)


def mesh_of_one_polygon(vertices: Float64, triangles: Int32) -> Mesh:
    first = vertices[triangles[0]]
    normal = np.cross(first[1] - first[0], first[2] - first[0])
    zero = np.zeros(1, np.int32)
    return Mesh(
        vertices=vertices,
        triangles=triangles,
        triangle_surface=np.zeros(len(triangles), np.int32),
        surface_start=np.array([0, len(vertices)], np.int32),
        surface_normal=(normal / np.linalg.norm(normal))[None].astype(np.float32),
        surface_type=zero,
        surface_index=zero,
        surface_geometry=zero,
        geometry_object=zero,
        geometry_lod=zero,
        geometry_index=zero,
        outlined=np.ones(1, bool),
        ring_end=np.arange(len(vertices)) == len(vertices) - 1,
        type_names=("",),
        lod_names=("2",),
        points=np.empty((0, 3)),
        lines=np.empty((0, 2), np.int32),
    )


def test_a_cell_of_the_quadtree_is_one_stretch() -> None:
    tiles = tiled(mesh_of(layer_of(TOWN)))
    assert (tiles.entry_key[1:] >= tiles.entry_key[:-1]).all()
    west, south, side = tiles.square
    middles = tiles.entry_box[:, :, :2].mean(axis=1)
    for depth in (1, 3, 6):
        cell = ((middles - (west, south)) / side * 2**depth).astype(int).clip(0, 2**depth - 1)
        prefix = tiles.entry_key >> np.uint64(2 * (KEY_BITS - depth))
        pairs = {(*place, key) for place, key in zip(cell.tolist(), prefix.tolist(), strict=True)}
        assert len(pairs) == len(np.unique(prefix)) == len(np.unique(cell, axis=0)) > 1


def ring_counts(boundaries: list[Any]) -> Iterator[int]:
    """How many rings each polygon has, however deep it lies."""
    if isinstance(boundaries[0][0], int):  # a polygon: a list of rings
        yield len(boundaries)
    else:
        for inner in boundaries:
            yield from ring_counts(inner)


def test_a_court_keeps_its_rings() -> None:
    name = "cjseq-bertt/building_with_innerring.city.json"
    tiles = tiled(mesh_of(layer_of(name)))
    rings = np.add.reduceat(tiles.ring_end, tiles.surface_vertex[:-1], dtype=int)
    (model,) = raw_models(real(f"cityjson/{name}"))
    geometries = [one for item in model["CityObjects"].values() for one in item.get("geometry", ())]
    assert Counter(rings.tolist()) == Counter(n for one in geometries for n in ring_counts(one["boundaries"]))
    assert rings.max() > 1 and tiles.ring_end[tiles.surface_vertex[1:] - 1].all()


# --- blocks ---------------------------------------------------------------------------------------


def test_the_block_of_a_box_is_that_box(tmp_path: Path) -> None:
    boxes = some_boxes(60)
    tiles = tiled(mesh_of(read_layer(write_boxes(tmp_path / "boxes.city.jsonl", boxes))))
    assert len(tiles.entry_object) == len(boxes)
    for entry, number in enumerate(tiles.entry_object.tolist()):
        box, (x, y, foot, top) = boxes[number], tiles.block_base[entry]
        assert (x - 85_000, y - 447_000) == pytest.approx(box.place, abs=0.01)
        assert (foot, top) == pytest.approx((box.foot, box.top), abs=0.01)
        length, width, cosine, sine = tiles.block_shape[entry].tolist()
        if length < width:
            length, width, cosine, sine = width, length, -sine, cosine
        assert (2 * length, 2 * width) == pytest.approx((box.length, box.width), abs=0.01)
        assert abs(cosine * np.sin(box.turned) - sine * np.cos(box.turned)) * box.length < 0.01
        assert tiles.block_area[entry] == pytest.approx(box.length * box.width, rel=1e-3)
        assert tiles.block_error[entry] < 0.1


def test_a_block_says_how_much_it_may_be_mistaken() -> None:
    """A roof of 9 by 12 metres that rises by 9 from the ground: half of it above the block, half below."""
    roof = {
        "vertices": np.array([(0, 0, 0), (9, 0, 0), (9, 12, 9), (0, 12, 9)], float),
        "triangles": np.array([(0, 1, 2), (0, 2, 3)], np.int32),
    }
    tiles = tiled(mesh_of_one_polygon(**roof))
    assert tiles.block_base[0].tolist() == [4.5, 6, 0, 4.5]
    assert (tiles.block_area[0], tiles.block_error[0]) == (108, 4.5)


def test_a_fence_has_a_block_too() -> None:
    fence = {
        "vertices": np.array([(0, 0, 0), (3, 4, 0), (3, 4, 2), (0, 0, 2)], float),
        "triangles": np.array([(0, 1, 2), (0, 2, 3)], np.int32),
    }
    tiles = tiled(mesh_of_one_polygon(**fence))
    assert tiles.block_base[0].tolist() == pytest.approx([1.5, 2, 0, 2])
    assert tiles.block_shape[0].tolist() == pytest.approx([2.5, 0, 0.6, 0.8], abs=1e-6)
    assert tiles.block_error[0] == pytest.approx(0, abs=1e-6)


# --- many parts -----------------------------------------------------------------------------------


def saved_parts(path: Path, folder: Path, objects: int) -> list[tuple[Path, int]]:
    """The tiles of a sequence's features, so many in each part, as an import saves them."""
    header, *features = path.read_bytes().splitlines(keepends=True)
    parts = []
    for first in range(0, len(features), objects):
        part = folder / f"{first}.city.jsonl"
        part.write_bytes(header + b"".join(features[first : first + objects]))
        tiled(mesh_of(read_layer(part))).save(folder / f"part-{first}")
        parts.append((folder / f"part-{first}", first))
    return parts


def test_parts_become_what_the_whole_would_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    boxes = some_boxes(90)
    random.Random(3).shuffle(boxes)
    path = write_boxes(tmp_path / "boxes.city.jsonl", boxes)
    monkeypatch.setattr(merging, "VERTICES_AT_ONCE", 500)  # many stretches, few open files
    monkeypatch.setattr(merging, "MOST_OPEN", 2)
    tile(saved_parts(path, tmp_path, 16), tmp_path / "whole")
    merged, whole = CityTiles.load(tmp_path / "whole"), tiled(mesh_of(read_layer(path)))
    for name, value in vars(whole).items():
        assert np.array_equal(getattr(merged, name), value), name


def test_parts_may_be_empty_and_differ_in_their_names(tmp_path: Path) -> None:
    no_buildings = write_boxes(tmp_path / "none.city.jsonl", [])
    plain = write_boxes(tmp_path / "plain.city.jsonl", some_boxes(1))  # LoD 1, without semantics
    full = write_boxes(tmp_path / "full.city.jsonl", some_boxes(4))
    meshes = [mesh_of(read_layer(path)) for path in (no_buildings, plain, full)]
    for number, mesh in enumerate(meshes):
        tiled(mesh).save(tmp_path / f"part-{number}")
    tile([(tmp_path / "part-0", 0), (tmp_path / "part-1", 0), (tmp_path / "part-2", 1)], tmp_path / "whole")
    merged = CityTiles.load(tmp_path / "whole")
    assert merged.lod_names == ("1", "2.2")
    assert sorted(merged.entry_object.tolist()) == [0, 1, 2, 3, 4]
    lods = [merged.lod_names[code] for code in merged.geometry_lod[np.argsort(merged.entry_object)]]
    assert lods == ["1", "1", "2.2", "2.2", "2.2"]


def test_a_full_disk_is_said_and_not_a_crash(tmp_path: Path) -> None:
    parts = saved_parts(write_boxes(tmp_path / "boxes.city.jsonl", some_boxes(20)), tmp_path, 10)
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole" / "vertices.npy").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left on device"):
        tile(parts, tmp_path / "whole")


def test_merging_can_be_stopped(tmp_path: Path) -> None:
    parts = saved_parts(write_boxes(tmp_path / "boxes.city.jsonl", some_boxes(20)), tmp_path, 10)

    def stop(fraction: float, _text: str) -> None:
        if fraction > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        tile(parts, tmp_path / "whole", stop)
