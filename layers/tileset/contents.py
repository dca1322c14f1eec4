"""Contents of tiles into an assembly: glTF, b3dm, i3dm, pnts and cmpt."""

from __future__ import annotations

import posixpath
import struct
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from layers.errors import ReadError
from layers.gltf.document import MAGIC as GLTF
from layers.gltf.document import Unreadable, document
from layers.gltf.reading import Reading
from layers.gltf.scene import Y_UP
from layers.meshes.parts import Assembly
from layers.octree import Cloud
from layers.stored import Float64, UInt8
from layers.tileset.batches import Body, table_of
from layers.tileset.instances import places
from layers.tileset.stores import Store, below

B3DM, I3DM, PNTS, CMPT = b"b3dm", b"i3dm", b"pnts", b"cmpt"
MAGICS = (GLTF, B3DM, I3DM, PNTS, CMPT)
DEEPEST = 8
#: What takes a model's coordinates to those with z up, by the axis that is up in it.
_UP = {
    "Y": Y_UP,
    "Z": np.eye(4),
    "X": np.array([[0.0, 0, -1, 0], [0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]]),
}


@dataclass
class Contents:
    """Takes the contents of tiles into an assembly."""

    assembly: Assembly
    reading: Reading
    store: Store
    up_axis: str = "Y"

    def add(self, data: bytes, matrix: Float64, name: str, depth: int = 0) -> None:
        """Take a content whose coordinates `matrix` moves; `name` is that of its file from the root."""
        magic = data[:4]
        if magic == B3DM:
            self._batched(data, matrix, name)
        elif magic == I3DM:
            self._instanced(data, matrix, name)
        elif magic == PNTS:
            self._points(data, matrix, name)
        elif magic == CMPT:
            self._composite(data, matrix, name, depth)
        elif magic == GLTF or data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            self._model(data, matrix, name)
        else:
            raise ReadError("This content is of no kind that is known", where=name)

    def _model(self, data: bytes, matrix: Float64, name: str) -> None:
        found = document(data, lambda uri: self.store.read(below(posixpath.dirname(name), uri)), name)
        up = _UP.get(self.up_axis.upper(), Y_UP)
        self.reading.add(
            found, matrix @ _centred(found.gltf.extensions) @ up, _stem(name), None, self._images(name)
        )

    def _images(self, name: str) -> str | None:
        """The folder of a content's images below the source's, None when they are in an archive."""
        return posixpath.dirname(name) if self.store.is_folder else None

    def _batched(self, data: bytes, matrix: Float64, name: str) -> None:
        header, features, batch, rest = _tables(data, name, 28)
        if header is None:
            rest = _older(data)
        found = document(rest, lambda uri: self.store.read(below(posixpath.dirname(name), uri)), name)
        faults: list[str] = []
        table = table_of(batch, features.count("BATCH_LENGTH"), faults)
        for fault in faults:
            self.assembly.report.warn("unreadable", name, f"{name}: {fault}", "unsupported")
        base = matrix @ _rtc(features) @ _centred(found.gltf.extensions) @ _UP.get(self.up_axis.upper(), Y_UP)
        self.reading.add(found, base, _stem(name), table if table.count else None, self._images(name))
        if table.count:
            table.things(self.assembly, _stem(name))

    def _instanced(self, data: bytes, matrix: Float64, name: str) -> None:
        _header, features, batch, rest = _tables(data, name, 32)
        (form,) = struct.unpack_from("<I", data, 28)
        folder = posixpath.dirname(name)
        if form == 0:
            model_name = below(folder, rest.split(b"\0")[0].decode("utf-8", "replace").strip())
            rest = self.store.read(model_name)
            folder = posixpath.dirname(model_name)
        count = features.count("INSTANCES_LENGTH")
        found = document(rest, lambda uri: self.store.read(below(folder, uri)), name)
        faults: list[str] = []
        table = table_of(batch, count, faults)
        rows = features.get("BATCH_ID", count, "UNSIGNED_SHORT", 1)
        numbers = rows[:, 0].astype(np.int64) if rows is not None else np.arange(count)
        up = _UP.get(self.up_axis.upper(), Y_UP)
        base = matrix @ _rtc(features)
        things = table.things(self.assembly, _stem(name)) if table.columns else None
        for number, place in enumerate(places(features, count)):
            row = int(numbers[number])
            own = int(things[row]) if things is not None and row < len(things) else None
            images = folder if self.store.is_folder else None
            self.reading.add(found, base @ place @ up, f"{_stem(name)} {number}", None, images, own)

    def _points(self, data: bytes, matrix: Float64, name: str) -> None:
        _header, features, _batch, _rest = _tables(data, name, 28)
        count = features.count("POINTS_LENGTH")
        extensions = features.json.get("extensions")
        if isinstance(extensions, dict) and "3DTILES_draco_point_compression" in extensions:
            raise Unreadable("it is compressed with Draco, which is not read")
        local = features.positions(count)
        if local is None:
            raise Unreadable("its points have no places")
        self.assembly.count(count)
        base = matrix @ _rtc(features)
        world = local @ base[:3, :3].T + base[:3, 3]
        self.assembly.points.append(Cloud(world, _point_colours(features, count)))

    def _composite(self, data: bytes, matrix: Float64, name: str, depth: int) -> None:
        if len(data) < 16 or depth > DEEPEST:
            raise ReadError("A composite tile is damaged", where=name)
        (count,) = struct.unpack_from("<I", data, 12)
        at = 16
        for number in range(count):
            if at + 12 > len(data):
                raise ReadError("A composite tile ends early", where=name)
            (size,) = struct.unpack_from("<I", data, at + 8)
            if size < 12 or at + size > len(data):
                raise ReadError("A composite tile ends early", where=name)
            inner = posixpath.join(posixpath.dirname(name), f"{_stem(name)} {number}")
            self.add(data[at : at + size], matrix, inner, depth + 1)
            at += size


def _tables(data: bytes, name: str, header_bytes: int) -> tuple[tuple[int, ...] | None, Body, Body, bytes]:
    """The header, the feature table, the batch table, and what follows them."""
    if len(data) < header_bytes:
        raise ReadError("This content ends early", where=name)
    header = struct.unpack_from("<4I", data, 12)
    if header[2] >= 0x20000000 and header_bytes == 28:
        return None, Body(b"", b"", name), Body(b"", b"", name), b""
    ends = np.cumsum([header_bytes, *header]).tolist()
    if ends[-1] > len(data):
        raise ReadError("This content ends early", where=name)
    texts = [data[a:b] for a, b in pairwise(ends)]
    return header, Body(texts[0], texts[1], name), Body(texts[2], texts[3], name), data[ends[-1] :]


def _older(data: bytes) -> bytes:
    """The model in a b3dm of before version 1.0, whose header is shorter."""
    at = data.find(GLTF, 20, 4096)
    if at < 0:
        raise Unreadable("it is of a version before 1.0")
    return data[at:]


def _rtc(features: Body) -> Float64:
    """The shift that a feature table says."""
    matrix = np.eye(4)
    centre = features.get(
        "RTC_CENTER", 1, "DOUBLE" if isinstance(features.json.get("RTC_CENTER"), list) else "FLOAT", 3
    )
    if centre is not None:
        matrix[:3, 3] = centre[0]
    return matrix


def _centred(extensions: dict[str, object]) -> Float64:
    """The shift that a model says (CESIUM_RTC), with z up."""
    matrix = np.eye(4)
    rtc = extensions.get("CESIUM_RTC")
    centre = rtc.get("center") if isinstance(rtc, dict) else None
    if isinstance(centre, list) and len(centre) == 3 and all(isinstance(v, int | float) for v in centre):
        matrix[:3, 3] = centre
    return matrix


def _point_colours(features: Body, count: int) -> UInt8 | None:
    for name, width in (("RGB", 3), ("RGBA", 4)):
        values = features.get(name, count, "UNSIGNED_BYTE", width)
        if values is not None:
            return values[:, :3].astype(np.uint8)
    packed = features.get("RGB565", count, "UNSIGNED_SHORT", 1)
    if packed is not None:
        return _unpacked(packed[:, 0])
    constant = features.get("CONSTANT_RGBA", 1, "UNSIGNED_BYTE", 4)
    return None if constant is None else np.tile(constant[0, :3].astype(np.uint8), (count, 1))


def _unpacked(values: NDArray[np.uint16]) -> UInt8:
    red, green, blue = values >> 11, (values >> 5) & 63, values & 31
    parts = (red * (255 / 31), green * (255 / 63), blue * (255 / 31))
    return np.rint(np.stack(parts, axis=-1)).astype(np.uint8)


def _stem(name: str) -> str:
    return posixpath.splitext(name)[0]
