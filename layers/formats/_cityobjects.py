"""The city objects of CityJSON texts: taken one by one, with the piece of the file each stands in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import orjson

from layers.boxes import mesh_box
from layers.crs import is_geographic
from layers.data import TILE, Feature, LayerData, Piece, ReadOptions
from layers.epochs import city_validity
from layers.errors import ReadError, reason
from layers.flatten import ABSENT, BadGeometry, Flattener, Geometry, Semantics, Template
from layers.formats._files import CITY_ENDINGS, layer_name
from layers.formats._stretches import TEXT, Stretch, different_crs
from layers.formats._vertices import Transformation, vertices_of
from layers.joining import twice
from layers.jsontext import address, join_members, raw_members
from layers.looks import way_below
from layers.report import Report
from layers.tin import with_terrain
from layers.versions import Dates, dates_of
from layers.vertexfile import VertexFile
from layers.wearing import APPEARANCE, Appearance, Float32

#: A longitude or latitude is not larger.
LARGEST_DEGREES = 360
#: Outlines of these would be a net of triangles.
NO_OUTLINE = frozenset(("TINRelief",))


class Transform(msgspec.Struct):
    """Coordinates are `vertex * scale + translate`."""

    scale: list[float]
    translate: list[float]


class Root(msgspec.Struct):
    """The members of a CityJSON object or of a feature of a sequence; the rest is kept as text."""

    type: str = ""
    version: str = ""
    id: str = ""
    city_objects: dict[str, msgspec.Raw] | None = msgspec.field(default=None, name="CityObjects")
    vertices: msgspec.Raw = ABSENT
    transform: Transform | None = None
    metadata: msgspec.Raw = ABSENT
    templates: msgspec.Raw = msgspec.field(default=ABSENT, name="geometry-templates")
    appearance: msgspec.Raw = ABSENT
    versioning: msgspec.Raw = ABSENT
    extensions: dict[str, Any] | None = None


class CityObject(msgspec.Struct, gc=False):
    """One city object, its attributes and the lists of its geometry still text."""

    type: str = ""
    attributes: msgspec.Raw = ABSENT
    geometry: list[Geometry] | None = None
    parents: list[str] | None = None


class RawObject(msgspec.Struct):
    """A city object whose geometries are decoded one by one, for some are not as they should be."""

    type: str = ""
    attributes: msgspec.Raw = ABSENT
    geometry: list[msgspec.Raw] = []
    parents: list[str] | None = None


class Templates(msgspec.Struct):
    """The member "geometry-templates"."""

    templates: list[Geometry] = []
    vertices: msgspec.Raw = msgspec.field(default=ABSENT, name="vertices-templates")


#: All that may stand between two city objects: a comma and the next one's id.
GAP = re.compile(rb'\s*[{,]\s*("[^"\\]*(?:\\.[^"\\]*)*")\s*:\s*', re.DOTALL)

#: Attributes whose names hold one of these may say when an object stands.
_DATED = (b"alid", b"Date", b"date", b"yearOf")
#: How a file without vertices may say that there is nothing to transform.
_NOTHING = Transform([], [])

ROOT = msgspec.json.Decoder(Root)
OBJECT = msgspec.json.Decoder(CityObject)
MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
RAW_OBJECT = msgspec.json.Decoder(RawObject)
GEOMETRY = msgspec.json.Decoder(Geometry)
TEMPLATES = msgspec.json.Decoder(Templates | None)


class Reader:
    """Gathers the features, pieces and geometry of a file, or of stretches of some."""

    def __init__(self, path: Path) -> None:
        """`path` is that of the file, or of the folder of all tiles."""
        self.path = path
        self.folder = path if path.is_dir() else path.parent
        self.places: Float32 | None = None  # in images, where those of the file were decoded before
        self.crs: str | None = None
        self._versions: dict[str, Dates] = {}  # when objects count, where the file tells of versions
        self.facts: dict[str, object] = {}
        self.report = Report()
        self.features: list[Feature] = []
        self.pieces: list[Piece] = []
        self.numbers: dict[str, int] = {}
        self.flattener = Flattener([], self.report)
        self._header_templates: list[Template] = []
        self._header_appearance: Appearance | None = None
        self._images = ""  # the folder of the images of a tile, below that of all tiles
        self._may_be_degrees = True
        self._begin(b"", b"")

    def begin(self, path: Path, root: Root, data: bytes, parsed: bytes | None = None) -> None:
        """Go on with this text under this header; what is added stands in `parsed`, as long as `data`."""
        self.path = path
        self._describe_file(root)
        self.transform = transform_of(root, path)
        self._versions = dates_of(root.versioning) if len(memoryview(root.versioning)) else {}
        self._images = way_below(path.parent, self.folder)
        self._header_appearance = self._appearance(root)
        self.flattener.use_appearance(self._header_appearance)
        self._header_templates = self.flattener.templates = self._templates(root)
        self._begin(data, data if parsed is None else parsed)

    def _begin(self, data: bytes, parsed: bytes) -> None:
        self.data = data
        self.start = address(parsed) if parsed else 0
        self._cut = 0  # everything before it lies in pieces
        self._inside = False  # between two objects of one CityObjects member

    def _describe_file(self, root: Root) -> None:
        """What the layer takes from the headers of its files."""
        self.crs = crs_of(root.metadata)
        self.facts.setdefault("version", root.version)
        if root.extensions:
            known: object = self.facts.get("extensions", [])
            assert isinstance(known, list)
            self.facts["extensions"] = sorted({*known, *root.extensions})

    def _templates(self, root: Root) -> list[Template]:
        if not len(memoryview(root.templates)):
            return []
        try:
            found = TEMPLATES.decode(root.templates)
            if found is None or not found.templates:
                return []
            vertices = vertices_of(found.vertices, (np.ones(3), np.zeros(3)), self.path)
        except (msgspec.MsgspecError, UnicodeDecodeError, ReadError) as error:
            self.report.warn("bad_templates", "", f"The geometry templates cannot be used: {error}")
            return []
        worn = self._header_appearance
        return [Template(geometry, vertices, worn) for geometry in found.templates]

    def _appearance(self, root: Root) -> Appearance | None:
        if not len(memoryview(root.appearance)):
            return None
        try:
            raw = APPEARANCE.decode(root.appearance)
            return raw and self.flattener.wardrobe.appearance(raw, self._images, self.places)
        except (msgspec.MsgspecError, UnicodeDecodeError, ValueError) as error:
            self.report.warn("bad_appearance", "", f"Materials and textures cannot be used: {error}")
            return None

    def use_feature(self, feature: Root) -> None:
        """Decode the vertices, and the templates if it has its own, that the objects of a feature mean."""
        self.use_vertices(feature)
        self.flattener.use_appearance(self._appearance(feature) or self._header_appearance)
        self.flattener.templates = self._templates(feature) or self._header_templates

    def use_vertices(self, root: Root) -> None:
        """Decode the vertices that the following objects mean."""
        if len(memoryview(root.vertices)):
            vertices = vertices_of(root.vertices, self.transform, self.path)
        else:
            vertices = np.empty((0, 3))
            self.report.warn("no_vertices", root.id, "There is no list of vertices.")
        self._may_be_degrees &= bool(np.abs(vertices[:, :2]).max(initial=0) <= LARGEST_DEGREES)
        self.flattener.use_vertices(vertices)

    def use_vertex_file(self, path: Path, may_be_degrees: bool) -> None:
        """The following objects mean vertices that were decoded into a file."""
        self._may_be_degrees &= may_be_degrees
        self.flattener.use_vertices(VertexFile(path))

    def add_objects(self, objects: dict[str, msgspec.Raw], inside: bool = False) -> Iterator[float]:
        """Take the objects of one CityObjects member, in the order of the file; says how far it is.

        `inside` when the text begins within the member, at the bracket or comma before the first object.
        """
        self._inside = inside
        for done, (id, raw) in enumerate(objects.items()):
            if done % 2000 == 0:
                yield done / len(objects)
            self._add_object(id, raw)
        again = GAP.match(self.data, self._cut) if self._inside else None
        if again:
            raise twice(self.path, orjson.loads(again[1]))

    def _add_object(self, id: str, raw: msgspec.Raw) -> None:
        text = bytes(raw)
        self._cut_piece(id, raw, text)
        try:
            item, geometries = _decoded(text)
            attributes = _attributes(bytes(item.attributes))
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise ReadError(
                f"City object {id[:80]!r} cannot be read", where=str(self.path), found=reason(error)
            ) from error
        number = len(self.features)
        self.numbers[id] = number
        feature = Feature(id, item.type, attributes)
        if item.parents:
            feature.parent = item.parents[0]
        if any(word in attributes for word in _DATED):
            feature.valid_from, feature.valid_to = city_validity(orjson.loads(attributes))
        if id in self._versions:
            feature.valid_from, feature.valid_to = self._versions[id]
        self.features.append(feature)
        if geometries:
            self.flattener.add(number, id, item.type not in NO_OUTLINE, geometries)

    def _cut_piece(self, id: str, raw: msgspec.Raw, text: bytes) -> None:
        """Cut the file after this object; nothing but its key may lie between it and the last."""
        from_last = self._cut
        if not self._inside:
            before = self.data[self._cut : address(raw) - self.start]
            from_last += _objects_start(before)
        gap = GAP.match(self.data, from_last)
        begin = gap.end() if gap else -1
        # The parser keeps the last of two equal keys in the first one's place.
        if gap is None or id in self.numbers or not self.data.startswith(text, begin):
            raise twice(self.path, id)
        if gap[1][1:-1] != id.encode() and orjson.loads(gap[1]) != id:
            raise twice(self.path, orjson.loads(gap[1]))
        end = begin + len(text)
        self.pieces.append(Piece(self.data[self._cut : end], begin - self._cut, len(self.features), "object"))
        self._cut, self._inside = end, True

    def add_tile(self, stretch: Stretch) -> None:
        """Mark where the text of a tile begins."""
        if stretch.tile:
            self.add_text(b"", TILE + stretch.tile)

    def check_tile(self, stretch: Stretch, options: ReadOptions) -> None:
        """Refuse a tile that is in another CRS than the others, unless the person says which it is."""
        if stretch.tile and stretch.holds != TEXT and self.crs != stretch.crs and not options.crs:
            raise different_crs(self.path, self.crs, stretch.crs)

    def add_text(self, data: bytes, role: str = "") -> None:
        """Keep bytes that are no object's."""
        self.pieces.append(Piece(data, role=role))

    def cut_rest(self) -> None:
        """Put what stands behind the last object into pieces, and let the text go."""
        if self._cut < len(self.data):
            self.add_text(self.data[self._cut :])
        self._begin(b"", b"")

    def finish(self, options: ReadOptions) -> list[LayerData]:
        """The layers, once every object is in."""
        options.progress(0.8, "triangles")
        crs = options.crs or self.crs
        mesh = self.flattener.mesh(self._may_be_degrees and is_geographic(crs))
        self._describe_objects()
        self.report.read = len(self.features)
        self.facts["surfaces"] = self._surface_counts()
        city = LayerData(
            name=layer_name(self.path, CITY_ENDINGS),
            kind="city",
            crs=crs,
            report=self.report,
            features=self.features,
            pieces=self.pieces,
            drawable=mesh,
            box=mesh_box(mesh),
            facts=self.facts,
            looks=self.flattener.wardrobe.looks,
            themes=self.flattener.wardrobe.themes if len(self.flattener.wardrobe.themes) > 1 else [],
        )
        return with_terrain(city)

    def _surface_counts(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        own = self.flattener.object_surfaces.values()
        by_place = {id(mine): mine for mine in own}
        for place, objects in Counter(map(id, own)).items():  # many objects share their counts
            for name, count in by_place[place].items():
                counts[name] = counts.get(name, 0) + count * objects
        return counts

    def _describe_objects(self) -> None:
        """LoDs and surface counts of the features."""
        listed: dict[tuple[str, ...], str] = {}  # many objects have the same
        for number, lods in self.flattener.object_lods.items():
            if lods not in listed:
                listed[lods] = _listed(sorted(lods))
            self.features[number].lods = listed[lods]
        texts: dict[int, str] = {}  # many objects share their counts
        for number, surfaces in self.flattener.object_surfaces.items():
            if id(surfaces) not in texts:
                texts[id(surfaces)] = _listed(f"{name}:{n}" for name, n in surfaces.items())
            self.features[number].surfaces = texts[id(surfaces)]


def _listed(names: Iterable[str]) -> str:
    """Names with commas between them, and none within."""
    return ",".join(name.replace(",", ";") for name in names)


def _attributes(text: bytes) -> bytes:
    """The text of an object's attributes, once it is sure that all of it can be read."""
    if text in (b"", b"null", b"{}"):
        return b"{}"
    if not isinstance(orjson.loads(text), dict):
        raise msgspec.ValidationError("its attributes are not an object")
    return text


def _decoded(text: bytes) -> tuple[CityObject | RawObject, list[Geometry | Exception]]:
    """A city object; an error takes the place of a geometry that is not as it should be."""
    try:
        item = OBJECT.decode(text)
    except msgspec.ValidationError:
        raw = RAW_OBJECT.decode(text)
        return raw, [_geometry(bytes(geometry)) for geometry in raw.geometry]
    return item, list(item.geometry or ())


def _geometry(text: bytes) -> Geometry | Exception:
    """A geometry whose semantics may be anything, or what is wrong with it."""
    members = raw_members(text) if text.startswith(b"{") else {}
    semantics = members.get("semantics", b"{}")
    is_strange = not semantics.startswith((b"{", b"null"))
    if is_strange:
        del members["semantics"]
    try:
        found = GEOMETRY.decode(join_members(members))
    except msgspec.ValidationError as error:
        return BadGeometry(str(error))
    if is_strange:
        found.semantics = Semantics(msgspec.Raw(semantics))
    return found


def _objects_start(text: bytes) -> int:
    """Where the object that the last CityObjects key opens begins."""
    found = list(re.finditer(rb'"CityObjects"\s*:\s*', text))
    return found[-1].end() if found else 0


def transform_of(root: Root, path: Path) -> Transformation:
    """Scale and translation of the vertices' numbers."""
    if root.transform is None or root.transform == _NOTHING:
        return np.ones(3), np.zeros(3)
    scale, translate = np.array(root.transform.scale), np.array(root.transform.translate)
    if scale.shape != (3,) or translate.shape != (3,) or not np.isfinite([scale, translate]).all():
        raise ReadError(
            "The transform of the file is broken", where=str(path), allowed="3 and 3 finite numbers"
        )
    return scale, translate


def crs_of(metadata: msgspec.Raw) -> str | None:
    """The CRS that the metadata name, as text that `layers.place` understands."""
    if not len(memoryview(metadata)):
        return None
    try:
        values = orjson.loads(memoryview(metadata))
    except orjson.JSONDecodeError:
        return None
    if not isinstance(values, dict):
        return None
    text = values.get("referenceSystem")
    if text is None and isinstance(values.get("crs"), dict):
        text = values["crs"].get("epsg")
    return _crs_code(str(text)) if text else None


def _crs_code(name: str) -> str | None:
    # A compound CRS names two codes: positions and heights.
    codes = re.findall(r"EPSG[:/]+[^:/,&]*[:/]+(\d{4,6})", name) or re.findall(
        r"(\d{4,6}(?:\+\d{4,6})?)\s*$", name
    )
    if codes:
        return f"EPSG:{'+'.join(codes)}"
    return "OGC:CRS84" if re.search(r"CRS84h?\s*$", name) else None
