"""Draco: what Google's encoder (draco3d 1.5.7) wrote comes out again; damage in a sentence."""

from __future__ import annotations

import base64
import json
import random
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from layers.data import ReadOptions
from layers.draco.mesh import decoded
from layers.formats import tiles3d
from layers.gltf.document import Unreadable
from tests.conftest import real

DELAWARE = "tiles3d/delaware/tileset.json"
#: A bent square of 4 x 4 points with places in an image, encoded at different speeds of the encoder:
#: they differ in how triangles are listed or walked over, and in how values are foretold.
STREAMS = {
    "speed 0": (
        "RFJBQ08CAgEBAAAAEBICEgMABt/Tp1p9Cv8BEf8Ca0H/AmtBA/8AAQAAAAEAAAEACQMAAAIBAQkDAAEDAQMJAgACAg"
        "EBAQAPAwEQAQgbAQgBBAEQAwEMBwASISmmv60d53EsYZ+fG+fMxHECAMZWRAJAlgAAQLTCRAJAljRnAIRIAAAQVQER"
        "CQBZEggAQLQBAAAAAP8/AAAAAAAAAAAAAPZPOz9hdVFADgYDAQALJwFAAQAVEK2CyCncTIPHNlRswscQzHxA0g5gvc"
        "HTKRgNw80uCK0zAAnAXHMA/wMAAP8BAAD/AhFBCgUBAQANAwEEDwEEBwEMASABBAEIBwABqXIffoCK/5/DN6LVY/O0"
        "MgA4K0e4fVKnydDyiqcM6XHKXKSLNCkAGCfgAg4AAAASA/gwggAAAAD/DwAAAAAAAAAAAABjcDg/DA=="
    ),
    "speed 2": (
        "RFJBQ08CAgEBAAAAEBICEgMABt/Tp1p9Cv8BEf8Ca0H/AmtBA/8AAAAAAAEAAAEACQMAAAIBAQkDAAEDAQMJAgACAg"
        "EBAQAPAwEQAQgbAQgBBAEQAwEMBwASISmmv60d53EsYZ+fG+fMxHECAMZWRAJAlgAAQLTCRAJAljRnAIRIAAAQVQER"
        "CQBZEggAQLQBAAAAAP8/AAAAAAAAAAAAAPZPOz9hdVFADgYDAQALJwFAAQAVEK2CyCncTIPHNlRswscQzHxA0g5gvc"
        "HTKRgNw80uCK0zAAnAXHMA/wMAAP8BAAD/AhFBCgUBAQANAwEEDwEEBwEMASABBAEIBwABqXIffoCK/5/DN6LVY/O0"
        "MgA4K0e4fVKnydDyiqcM6XHKXKSLNCkAGCfgAg4AAAASA/gwggAAAAD/DwAAAAAAAAAAAABjcDg/DA=="
    ),
    "speed 7": (
        "RFJBQ08CAgEBAAAAEBIAEgMABt/Tp1p9Cv8BEQH/AAADAAkDAAABCQMAAQMJAgACAgMCAQEBAA8DARABCBsBCAEEAR"
        "ADAQwHABIhKaa/rR3ncSxhn58b58zEcQIAxlZEAkCWAABAtMJEAkCWNGcAhEgAABBVAREJAFkSCABAtAEAAAAA/z8A"
        "AAADAQAKAwE8GwEEAwCfiQD+AwAAAP8DAAD/AQAAAQEBAA0DASgbAQwDAQQBCAUA0URvTor/n8M3osQ3AQFuAwJmAx"
        "DgNgAAAAD/DwAAAAAAAAAAAAD2Tzs/YXVRQA4KAAAAAAAAAABjcDg/DA=="
    ),
    "speed 20": (
        "RFJBQ08CAgEAAAASEAEAAQUABQQBAgYBBgUCAwcCBwYEBQkECQgFBgoFCgkGBwsGCwoICQ0IDQwJCg4JDg0KCw8KDw"
        "4BAwAJAwAAAQkDAAEDCQIAAgIDAgABAQAPLwEEAwE8AwAgiwAAAH7KcQIAmBnHCQAYWxonAEAXOVIcpz2vcQIAmBnH"
        "CQAYWxwnAEAX6S0cJ6eucQIAmBnHCQAYWxwnAEAXqQYapx7OcQIAmBnHCQAYWxonAEAXAQAAAAD/PwAAAAMBAAoDAT"
        "wbAQQDAJ+JAP4DAAAA/wMAAP8BAAAAAQEADQMBBCMBMAEMBAB8kUAY3zvEN4HxZwOLrml87xDfBMafDSy6pvG9Q3wT"
        "GH82sOiaxvcO8U1g/NkAAAAAAP8PAAAAAAAAAAAAAPZPOz9hdVFADgoAAAAAAAAAAGNwOD8M"
    ),
}
STREAMS["listed"] = STREAMS.pop("speed 20")
SIDE = 4
#: Steps of 14 bits over 3 units, and of 12 bits.
STEP, STEP_UV = 4 / 2**14, 2 / 2**12


def expected() -> set[tuple[tuple[float, ...], ...]]:
    """The triangles of the square, each corner x, y, z, u, v."""

    def corner(x: int, y: int) -> tuple[float, ...]:
        place = (x + 0.3 * np.sin(y), y, np.sin(x / 3) * 2 + np.cos(y / 4))
        return (*place, x / SIDE * 0.7, y / SIDE * 0.9 + 0.05 * np.sin(x))

    found = set()
    for x in range(SIDE - 1):
        for y in range(SIDE - 1):
            a, b, c, d = corner(x, y), corner(x + 1, y), corner(x + 1, y + 1), corner(x, y + 1)
            found |= {(a, b, c), (a, c, d)}
    return found


@pytest.mark.parametrize("name", STREAMS)
def test_triangles_with_their_places_in_an_image_come_out_again(name: str) -> None:
    mesh = decoded(base64.b64decode(STREAMS[name]))
    values = {found.shape[1]: found for found in mesh.values.values()}
    rows = np.concatenate((values[3], values[2]), axis=1)[mesh.triangles]
    wanted = np.array(sorted(expected()))
    assert len(rows) == len(wanted) == 18
    near = [0.75 * STEP] * 3 + [0.75 * STEP_UV] * 2
    for triangle in wanted:
        turns = np.stack([np.roll(rows, turn, axis=1) for turn in range(3)])
        assert (np.abs(turns - triangle) < near).all(axis=(2, 3)).sum() == 1


def primitives(path: Any) -> Iterator[tuple[dict[str, Any], dict[str, Any], bytes]]:
    """The JSON, the primitives and the streams of all tiles beside a tileset."""
    for file in sorted((path.parent / "content").glob("*.b3dm")):
        data = file.read_bytes()
        glb = data[28 + sum(struct.unpack_from("<4I", data, 12)) :]
        (size,) = struct.unpack_from("<I", glb, 12)
        said, binary = json.loads(glb[20 : 20 + size]), glb[28 + size :]
        for primitive in said["meshes"][0]["primitives"]:
            number = primitive["extensions"]["KHR_draco_mesh_compression"]["bufferView"]
            view = said["bufferViews"][number]
            start = view.get("byteOffset", 0)
            yield said, primitive, binary[start : start + view["byteLength"]]


def test_real_tiles_hold_as_much_as_their_accessors_say_and_where() -> None:
    for said, primitive, stream in primitives(real(DELAWARE)):
        mesh = decoded(stream)
        ids = primitive["extensions"]["KHR_draco_mesh_compression"]["attributes"]
        accessor = said["accessors"][primitive["attributes"]["POSITION"]]
        places: NDArray[np.float64] = mesh.values[ids["POSITION"]]
        assert len(places) == accessor["count"]
        assert mesh.triangles.size == said["accessors"][primitive["indices"]]["count"]
        # The accessor's limits are one step of 11 bits wider than what is inside of them.
        low, high = np.array(accessor["min"]), np.array(accessor["max"])
        step = (high - low).max() / 2**11
        assert (np.abs(places.min(axis=0) - low) <= 1.01 * step).all()
        assert (np.abs(places.max(axis=0) - high) <= 1.01 * step).all()


def test_a_real_tileset_that_is_compressed_opens_whole() -> None:
    layers = tiles3d.read(real(DELAWARE), ReadOptions())
    (layer,) = layers
    assert (layer.kind, layer.crs, len(layer.features)) == ("city", "EPSG:4979", 22532)
    assert (layer.report.dropped, layer.report.unsupported) == (0, 0)
    region = np.degrees(json.loads(real(DELAWARE).read_text())["root"]["boundingVolume"]["region"][:4])
    assert layer.box is not None
    # In Delaware: within the tileset's own region, but for what steps of a metre and a half stand out.
    west, south, east, north = region
    assert west - 0.01 < layer.box[0] < layer.box[3] < east + 0.01
    assert south - 0.01 < layer.box[1] < layer.box[4] < north + 0.01


@pytest.mark.parametrize("name", STREAMS)
def test_damaged_streams_are_told(name: str) -> None:
    whole, dice = base64.b64decode(STREAMS[name]), random.Random(7)
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(dice.choice((1, 2, 4))):
            data[dice.randrange(5, len(data))] = dice.randrange(256)
        with np.errstate(invalid="ignore"):
            try:
                mesh = decoded(bytes(data))
            except Unreadable:
                continue
        assert mesh.triangles.shape[1] == 3


@pytest.mark.parametrize("cut", [3, 11, 20, 60, 200])
def test_a_stream_that_ends_early_is_told(cut: int) -> None:
    with pytest.raises(Unreadable):
        decoded(base64.b64decode(STREAMS["speed 0"])[:cut])
