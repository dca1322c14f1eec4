"""CityGML 1.0, 2.0 and 3.0 (OGC 08-007r1, 12-019, 20-010)."""

from __future__ import annotations

from pathlib import Path

from layers.boxes import mesh_box
from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats._files import layer_name
from layers.gml import patch
from layers.gml.cutting import HEAD, frame_of, members_in
from layers.gml.header import header_of, is_city_model
from layers.gml.reader import Reader
from layers.report import Report
from layers.tin import TIN
from layers.uncollected import collector_off
from layers.xmlsafe import is_xml

NAME = "citygml"
TITLE = "CityGML"
ENDINGS = (".gml", ".citygml", ".xml")
KINDS = ("city", "terrain")

rewrite = patch.rewrite
own_text = patch.own_text


def can_read(head: bytes, path: Path) -> int:
    """Surely when the outermost element is a city model."""
    if not is_xml(head) or b"opengis.net/citygml/" not in head:
        return 0
    try:
        return 90 if is_city_model(frame_of(head, path.name).opening) else 0
    except ReadError:
        return 40  # it says itself what is wrong with it, when it is read


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The city objects of the file, and beside them its TINRelief as terrain."""
    with collector_off():
        data = path.read_bytes()
        frame = frame_of(data[:HEAD], path.name)
        if not is_city_model(frame.opening):
            raise ReadError("This is not a city model in CityGML", where=path.name, found=_shown(frame.name))
        cuts = list(members_in(data, frame, path.name))
        reader = Reader(path, header_of(data, frame, cuts, path, options.crs))
        reader.share(data, cuts)
        reader.add(data, cuts, 0, options.progress)
        del data
        return _layers(reader, options)


def _shown(name: bytes) -> str:
    return f"<{name[:80].decode('utf-8', 'replace')}>"


def _layers(reader: Reader, options: ReadOptions) -> list[LayerData]:
    """The layers, once every object is in."""
    options.progress(0.8, "triangles")
    header, report = reader.header, reader.report
    mesh = reader.mesh()
    report.read = len(reader.features)
    facts: dict[str, object] = {"version": header.version, "surfaces": reader.surfaces}
    if header.srs_name:
        facts["srs_name"] = header.srs_name
    if header.reference.note:
        report.warn("crs", "", f"{header.reference.note[:1].upper()}{header.reference.note[1:]}.")
        if header.reference.crs is None:
            facts["crs_doubt"] = header.reference.note
    if header.reference.crs is None and header.is_near_zero:
        facts["local"] = True
    crs = options.crs or header.reference.crs
    name = layer_name(reader.path, ENDINGS)
    city = LayerData(
        name,
        "city",
        crs,
        report,
        reader.features,
        reader.pieces,
        mesh,
        box=mesh_box(mesh),
        facts=facts,
        looks=reader.appearances.looks,
    )
    if len(reader.appearances.themes) > 1:
        city.themes = reader.appearances.themes
    layers = [city]
    if any(feature.type == TIN for feature in reader.features):
        layers.append(LayerData(f"{name} terrain", "terrain", crs, Report(), box=city.box, partner=0))
    return layers
