"""glTF 2.0 and GLB: a scanned mesh, or city objects where the file tells features apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats._files import layer_name
from layers.formats._mesh import KINDS as KINDS
from layers.formats._mesh import layers_of
from layers.gltf.document import MAGIC, Document, Unreadable, document
from layers.gltf.metadata import convert
from layers.gltf.reading import Reading
from layers.gltf.scene import Y_UP
from layers.looks import path_within
from layers.meshes.beside import Beside, beside
from layers.meshes.parts import Assembly
from layers.report import Report
from layers.smallfile import read_whole
from layers.stored import Float64

NAME = "gltf"
TITLE = "glTF model"
ENDINGS = (".glb", ".gltf")

MOST_BYTES = 2 << 30
#: The shift of a model far from zero: of Cesium, and of ours.
RTC = "CESIUM_RTC"
OWN = "citystrata"


class _Origin(msgspec.Struct):
    """Where a model written by us lies."""

    crs: str | None = None
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0)


def can_read(head: bytes, path: Path) -> int:
    """Surely a GLB by its first bytes, likely glTF when it says so."""
    if head.startswith(MAGIC):
        return 100
    if path.suffix.lower() == ".gltf" and head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return 90
    return 0


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The scene of the file, as a scan or as city objects."""
    options.progress(0.0, "Reading the model")
    read_from = _Folder(path.parent)
    found = document(read_whole(path, "model", MOST_BYTES), read_from, path.name)
    name = layer_name(path, ENDINGS)
    assembly = Assembly(Report())
    base, said = _base(found)
    with np.errstate(invalid="ignore", over="ignore"):  # what is no number is left out, and told
        Reading(assembly, by_node=options.kind == "city").add(found, base, name)
    facts = {"version": str(found.gltf.asset.version), "generator": found.gltf.asset.generator}
    return layers_of(assembly, name, options, facts, said or beside(path))


class _Folder:
    """Files beside a model, and in the folders below it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, uri: str) -> bytes:
        """The bytes of the file that a URI of the model means."""
        from urllib.parse import unquote

        path = path_within(self._folder, unquote(uri))
        if path is None:
            raise ReadError("It names a file outside its folder, which is not opened", where=uri)
        return read_whole(path, "buffer", MOST_BYTES)


def _base(found: Document) -> tuple[Float64, Beside | None]:
    """What takes the scene's coordinates to those with z up, and what the file says of their place."""
    base = Y_UP.copy()
    extras: Any = found.gltf.asset.extras
    if isinstance(extras, dict) and OWN in extras:
        try:
            own: _Origin = convert(extras[OWN], _Origin)
        except Unreadable:
            return base, None
        return base, Beside(own.origin, own.crs)
    rtc: Any = found.gltf.extensions.get(RTC)
    centre = rtc.get("center") if isinstance(rtc, dict) else None
    if isinstance(centre, list) and len(centre) == 3 and all(isinstance(v, int | float) for v in centre):
        base[:3, 3] = np.array(centre, np.float64)
    return base, None
