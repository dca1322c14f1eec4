"""DXF drawings (Autodesk): lines, areas, faces and texts, with what lies in blocks put in its place."""

from __future__ import annotations

import re
from pathlib import Path

from layers.data import LayerData, ReadOptions
from layers.formats._files import is_near_zero, layer_name
from layers.formats._ogr import layers_in
from layers.formats._vector import VECTOR_KINDS

NAME = "dxf"
TITLE = "DXF drawing"
ENDINGS = (".dxf",)
KINDS = VECTOR_KINDS[:-1]

_SECTION = re.compile(rb"\s*(999\r?\n[^\n]*\n\s*)*0\s*\r?\n\s*SECTION\s*\r?\n")
_BINARY = b"AutoCAD Binary DXF"
_ALWAYS = ("PaperSpace", "SubClasses", "Linetype", "EntityHandle", "Text", "ExtendedEntity")


def can_read(head: bytes, path: Path) -> int:
    """How surely this is a drawing."""
    return 90 if _SECTION.match(head) or head.startswith(_BINARY) else 0


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The entities as one layer; each says on which layer of the drawing it is."""
    layers = layers_in(path, options, meaningless=_ALWAYS)
    for layer in layers:
        layer.name = layer_name(path, ENDINGS)
        if layer.box is not None and is_near_zero(layer.box):
            layer.facts["local"] = True
    return layers
