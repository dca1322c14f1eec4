"""KML 2.2 (OGC 07-147r2) and KMZ: places, paths and areas, one layer per folder."""

from __future__ import annotations

from pathlib import Path

from layers import xmlsafe
from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats._files import layer_name
from layers.formats._ogr import layers_in
from layers.formats._vector import VECTOR_KINDS
from layers.formats._zipped import members, unpacked

NAME = "kml"
TITLE = "KML"
ENDINGS = (".kml", ".kmz")
KINDS = VECTOR_KINDS[:-1]

_LONGITUDE_LATITUDE = "EPSG:4326"
#: What the library adds to every feature, whether the file says something or not.
_ALWAYS = (
    *("id", "Name", "description", "timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude"),
    *("visibility", "drawOrder", "icon", "snippet"),
)


def can_read(head: bytes, path: Path) -> int:
    """How surely this is KML, or an archive of it."""
    if b"<kml" in head[:4096] and xmlsafe.is_xml(head):
        return 95
    return 90 if path.suffix.lower() == ".kmz" and members(head, path, ".kml") else 0


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The placemarks, one layer per folder; heights stay as they are written."""
    if path.suffix.lower() != ".kmz":
        return _read_one(path, options)
    with unpacked(path, options, ".kml") as folder:
        found = [file for file in sorted(folder.rglob("*")) if file.suffix.lower() == ".kml"]
        layers: list[LayerData] = []
        refused: list[ReadError] = []
        for file in found:
            try:
                layers += _read_one(file, options)
            except ReadError as error:  # a document that only lists the others
                refused.append(error)
        if not layers:
            raise refused[0]
    if len(layers) == 1:
        layers[0].name = layer_name(path, ENDINGS)
    return layers


def _read_one(path: Path, options: ReadOptions) -> list[LayerData]:
    links = list(xmlsafe.parse_file(path).iter("{*}NetworkLink"))
    layers = layers_in(path, options, crs=_LONGITUDE_LATITUDE, meaningless=_ALWAYS)
    for link in links:
        href = link.findtext(".//{*}href") or ""
        text = f"What the file links to, {href.strip()[:200]!r}, was not opened."
        layers[0].report.warn("link", link.findtext("{*}name") or "", text, "unsupported")
    return layers
