"""Where the instances of an i3dm stand: place, direction and size of each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layers.gltf.document import Unreadable
from layers.meshes.parts import MOST_CORNERS
from layers.stored import Float64
from layers.tileset.batches import Body

#: First eccentricity squared of WGS 84.
_E2 = 6.69437999014e-3


def places(features: Body, count: int) -> Float64:
    """(count, 4, 4) matrices; without directions, x is east and z is up as the tile has them."""
    if count > MOST_CORNERS:
        raise Unreadable(f"{count:,} instances are too many")
    position = features.positions(count)
    if position is None:
        raise Unreadable("its instances have no places")
    found = np.zeros((count, 4, 4))
    found[:, :3, :3] = _axes(features, position, count) * _sizes(features, count)[:, None]
    found[:, :3, 3] = position
    found[:, 3, 3] = 1.0
    return found


def _axes(features: Body, position: Float64, count: int) -> Float64:
    """(count, 3, 3) with the directions of x, y and z as columns."""
    up = _direction(features, "NORMAL_UP", count)
    right = _direction(features, "NORMAL_RIGHT", count)
    if up is not None and right is not None:
        return np.stack((right, np.cross(up, right), up), axis=-1)
    if features.json.get("EAST_NORTH_UP") is True:
        return _east_north_up(position, features)
    return np.tile(np.eye(3), (count, 1, 1))


def _direction(features: Body, name: str, count: int) -> Float64 | None:
    plain = features.get(name, count, "FLOAT", 3)
    if plain is not None:
        return plain.astype(np.float64)
    folded = features.get(f"{name}_OCT32P", count, "UNSIGNED_SHORT", 2)
    return None if folded is None else _unfolded(folded)


def _unfolded(values: NDArray[np.uint16]) -> Float64:
    """Directions from octahedral coordinates (Cigolle et al. 2014, JCGT 3(2))."""
    x, y = (values / 65535 * 2 - 1).T
    z = 1 - np.abs(x) - np.abs(y)
    below = z < 0
    folded_x = (1 - np.abs(y)) * np.where(x >= 0, 1.0, -1.0)
    folded_y = (1 - np.abs(x)) * np.where(y >= 0, 1.0, -1.0)
    found = np.stack((np.where(below, folded_x, x), np.where(below, folded_y, y), z), axis=-1)
    unit: Float64 = found / np.linalg.norm(found, axis=1)[:, None]
    return unit


def _east_north_up(position: Float64, features: Body) -> Float64:
    """East, north and up at geocentric places."""
    centre = features.get("RTC_CENTER", 1, "FLOAT", 3)
    x, y, z = (position + (0.0 if centre is None else centre[0])).T
    longitude = np.arctan2(y, x)
    latitude = np.arctan2(z, (1 - _E2) * np.hypot(x, y))
    sin_lon, cos_lon, sin_lat, cos_lat = (
        np.sin(longitude), np.cos(longitude), np.sin(latitude), np.cos(latitude),
    )  # fmt: skip
    east = np.stack((-sin_lon, cos_lon, np.zeros_like(x)), axis=-1)
    up = np.stack((cos_lat * cos_lon, cos_lat * sin_lon, sin_lat), axis=-1)
    return np.stack((east, np.cross(up, east), up), axis=-1)


def _sizes(features: Body, count: int) -> Float64:
    """(count, 3) factors along x, y and z."""
    found = np.ones((count, 3))
    even = features.get("SCALE", count, "FLOAT", 1)
    uneven = features.get("SCALE_NON_UNIFORM", count, "FLOAT", 3)
    for factor in (even, uneven):
        if factor is not None:
            found *= factor
    return found
