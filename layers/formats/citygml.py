"""CityGML 1.0, 2.0 and 3.0 (OGC 08-007r1, 12-019, 20-010)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from layers.boxes import mesh_box
from layers.codelists import CODES
from layers.data import HEAD, TILE, Box, LayerData, Progress, ReadOptions
from layers.errors import ReadError
from layers.formats._files import layer_name
from layers.formats._stretches import FEATURES, FILE, OBJECTS, Outline, Stretch, different_crs, texts
from layers.gml import model, patch
from layers.gml import reshape as reshaping
from layers.gml.cutting import HEAD as HEAD_BYTES
from layers.gml.cutting import Cut, Frame, Text, frame_of, ids_in, mapped, members_in, members_of_stretch
from layers.gml.header import Header, header_of, is_city_model
from layers.gml.reader import Reader
from layers.looks import way_below
from layers.tin import with_terrain
from layers.uncollected import collector_off
from layers.xmlsafe import is_xml

NAME = "citygml"
TITLE = "CityGML"
ENDINGS = (".gml", ".citygml", ".xml")
KINDS = ("city", "terrain", "pipes")
#: Official tiles give buildings on their borders twice.
IDS_MAY_REPEAT = True
#: The name space of the extension for utility networks, which are layers of their own.
NETWORKS = "citygml.org/ade/utility"
#: What other XML is, by signs in its outermost tag.
OTHERS = {
    b"opengis.net/indoorgml": "IndoorGML, a model of rooms for finding one's way",
    b"opengis.net/timeseriesml": "TimeseriesML, a series of measurements",
    b"opengis.net/kml": "KML",
    b"LandXML": "LandXML",
}

rewrite = patch.rewrite
leave_out = patch.leave_out
own_text = patch.own_text
own_geometries = model.own_geometries
reshape = reshaping.reshape


def can_read(head: bytes, path: Path) -> int:
    """Surely when the outermost element is a city model."""
    if not is_xml(head):
        return 0
    try:
        opening = frame_of(head, path.name).opening
    except ReadError:
        return 40 if b"opengis.net/citygml/" in head else 0  # reading it says what is wrong with it
    if is_city_model(opening):
        return 90
    # Nobody else's: reading it says what it is. Not so of notes about other files, which lie beside these.
    is_meant = path.suffix.lower() in (".gml", ".citygml") or any(sign in opening for sign in OTHERS)
    return 1 if is_meant else 0


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The city objects of the file, and beside them its TINRelief as terrain."""
    with collector_off():
        city, *others = _layers(_gathered(path, options), options)
        return [city, *others, *read_beside([path], city.name, options)]


def read_beside(paths: Sequence[Path], name: str, options: ReadOptions) -> list[LayerData]:
    """The networks in a file, or in the tiles of a city, as a layer beside the city of that name."""
    from layers.gml.utilities import network_layers

    return network_layers(paths, name, options)


def _gathered(path: Path, options: ReadOptions) -> Reader:
    """The members of a file."""
    data = path.read_bytes()
    header, cuts = _opened(data, path)
    reader = Reader(path, header.in_crs(options.crs), NETWORKS)
    reader.share(data)
    reader.add(data, cuts, 0, options.progress)
    return reader


def gathered(path: Path, progress: Progress) -> Reader:
    """The members of a file of any size, read one batch after the other: objects and arrays, no triangles."""
    with mapped(path) as text:
        header, cuts = _opened(text, path)
        reader = Reader(path, header)
        reader.share(text)
        reader.add(text, cuts, 0, progress)
        return reader


def _opened(text: Text, path: Path) -> tuple[Header, list[Cut]]:
    """What a file says of all its members, and where they stand."""
    frame = frame_of(bytes(text[:HEAD_BYTES]), path.name)
    if not is_city_model(frame.opening):
        raise _no_city_model(frame, path)
    cuts = list(members_in(text, frame, path.name))
    return header_of(text, frame, cuts, path), cuts


def _no_city_model(frame: Frame, path: Path) -> ReadError:
    known = next((what for sign, what in OTHERS.items() if sign in frame.opening), None)
    name = frame.name[:80].decode("utf-8", "replace")
    return ReadError(
        f"This is {known}, not a city model" if known else "This XML is not a city model",
        where=path.name,
        found=f"the outermost element <{name}>",
        allowed="CityModel of CityGML 1.0, 2.0 or 3.0",
    )


def outline(path: Path, scratch: Path, options: ReadOptions) -> Outline:
    """The file in stretches of whole members; what it says of all of them goes into `scratch`."""
    options.progress(0.0, "finding the city objects")
    with mapped(path) as text:
        header, cuts = _opened(text, path)
        size = len(text)
        if size <= options.part_bytes:
            return Outline(header.reference.crs, [Stretch(str(path), 0, size)], header.box)
        saved = scratch / f"{path.name}.header"
        saved.write_bytes(msgspec.json.encode(header))
        stretches = list(_stretches(text, cuts, path, str(saved), options.part_bytes))
    return Outline(header.reference.crs, stretches, header.box)


def _stretches(text: Text, cuts: Sequence[Cut], path: Path, header: str, each: int) -> Iterator[Stretch]:
    """The text before the members, stretches of whole members, text between them that is no white space."""
    first = cuts[0].begin if cuts else len(text)
    yield from texts(path, 0, first, each)
    begin = at = first
    in_many = False
    for cut in cuts:
        gap = bool(text[at : cut.begin].strip())
        if begin < at and (gap or cut.in_many != in_many or cut.end - begin > each):
            yield Stretch(str(path), begin, at, FEATURES if in_many else OBJECTS, header)
            begin = at
        if gap:
            yield from texts(path, begin, cut.begin, each)
            begin = cut.begin
        at, in_many = cut.end, cut.in_many
    if begin < at:
        yield Stretch(str(path), begin, at, FEATURES if in_many else OBJECTS, header)
    yield from texts(path, at, len(text), each)


def box_of(path: Path) -> Box | None:
    """Nearly the box around the points of a file."""
    with mapped(path) as text:
        return _opened(text, path)[0].box


def read_part(path: Path, stretches: Sequence[Stretch], options: ReadOptions) -> list[LayerData]:
    """The city objects in some stretches of the file, or of the tiles in the folder, at `path`."""
    with collector_off():
        return _layers(gathered_part(path, stretches, options), options)


def gathered_part(path: Path, stretches: Sequence[Stretch], options: ReadOptions) -> Reader:
    """What these stretches hold: objects and arrays, no triangles."""
    reader: Reader | None = None
    for stretch in stretches:
        header = _header(stretch)
        file = Path(stretch.path)
        if reader is None:
            reader = Reader(file, header.in_crs(options.crs), NETWORKS)
        else:
            reader.begin(file, header.in_crs(options.crs))
        reader.appearances.images = way_below(file.parent, path if path.is_dir() else path.parent)
        if stretch.tile:
            reader.add_text(b"", TILE + stretch.tile)
            if header.reference.crs != stretch.crs and not options.crs:
                raise different_crs(reader.path, header.reference.crs, stretch.crs)
        _add(reader, stretch, options)
    assert reader is not None
    reader.path = path
    return reader


def _header(stretch: Stretch) -> Header:
    if stretch.header:
        return msgspec.json.decode(Path(stretch.header).read_bytes(), type=Header)
    with mapped(Path(stretch.path)) as text:
        return _opened(text, Path(stretch.path))[0]


def _add(reader: Reader, stretch: Stretch, options: ReadOptions) -> None:
    data = stretch.read()
    if stretch.holds == FILE:
        reader.share(data)
        cuts = members_in(data, reader.header.frame, reader.path.name)
        reader.add(data, cuts, 0, options.progress)
    elif stretch.holds in (OBJECTS, FEATURES):
        if reader.header.shared:
            with mapped(reader.path) as text:
                reader.share(text, ids_in(data))
        cuts = members_of_stretch(data, reader.path.name, stretch.holds == FEATURES)
        reader.add(data, cuts, stretch.begin, options.progress)
    else:
        reader.add_text(data, "" if stretch.begin else HEAD)


def _layers(reader: Reader, options: ReadOptions) -> list[LayerData]:
    """The layers, once every object is in."""
    options.progress(0.8, "triangles")
    header, report = reader.header, reader.report
    mesh = reader.mesh()
    report.read = len(reader.features)
    facts: dict[str, object] = {"version": header.version, "surfaces": reader.surfaces}
    if words := reader.codes.words():
        facts[CODES] = words
    if header.srs_name:
        facts["srs_name"] = header.srs_name
    if header.reference.note:
        report.warn("crs", "", f"{header.reference.note[:1].upper()}{header.reference.note[1:]}.")
        if header.reference.crs is None:
            facts["crs_doubt"] = header.reference.note
    if header.reference.crs is None and header.is_near_zero:
        facts["local"] = True
    if reader.cuts_of_terrain:
        report.warn("not_drawn", "", "Curves where objects meet the terrain are kept, but not drawn.")
    if reader.of_lod4:
        report.warn("lod4", "", "LoD 4 is called LoD 3 here, as in CityJSON and CityGML 3.0.")
    city = LayerData(
        layer_name(reader.path, ENDINGS),
        "city",
        options.crs or header.reference.crs,
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
    return with_terrain(city)
