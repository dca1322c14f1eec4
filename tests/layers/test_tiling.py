"""City objects in tiles: all that the mesh holds, sorted along the quadtree, with a block for each."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from layers.arrays import CityTiles, Float64, Mesh
from layers.tiling import tiled
from tests.cities import OPENABLE, layer_of, mesh_of

REAL = [name for name in OPENABLE if "/" in name][::6]


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
    assert of_tiles(tiled(mesh)) == of_mesh(mesh)
