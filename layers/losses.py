"""What a file that is to be written cannot hold of a layer, said before it is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from layers.arrays import CityTiles, Drawable, Scan
from layers.cache import CacheMissing
from layers.citymodel import SOURCE_TYPE, known_type
from layers.companions import Companions, kept
from layers.crs import LOCAL, code_of, crs_title, parse_crs, untold_heights
from layers.data import WriteOptions
from layers.errors import PlaceError
from layers.exporting import (
    check_written_back,
    goes_back,
    holder_of,
    is_cut,
    is_edited,
    writer_for,
)
from layers.geoid import note_of_ellipsoid
from layers.moving import way
from layers.place import to_degrees
from layers.project import Project
from layers.records import Layer
from layers.sourcetext import source_tiles
from layers.writers import MODELS, Writer, dxf, geojson, laz, tiles3d
from layers.writers._lasrecords import source_of
from layers.writers._levels import Levels
from layers.writers.holds import Holds
from layers.writers.outgoing import Outgoing
from layers.written import counted, grouped

#: A city model that is made of what is drawn is in metres.
FROM_TILES = Holds(in_metres=True)
POINT_SOURCES = ("las", "copc")
#: Sources that call types of objects and LoDs as CityJSON does.
CITYJSON_SOURCES = ("cityjson", "cityjsonseq")
#: A geometry as GeoPackage has it that takes more is no point.
POINT_BYTES = 40
LONGITUDE_LATITUDE = "EPSG:4326"


@dataclass(frozen=True)
class Loss:
    """One thing that does not come out as it is: a stable code, a sentence, how many objects it is about."""

    code: str
    text: str
    count: int = 0


def losses(project: Project, layer: Layer, options: WriteOptions) -> list[Loss]:
    """All that the file `options.out` would not hold of a layer, in the project or in its source.

    A file that cannot be written at all is refused as in writing it.
    """
    assert options.out is not None
    layer = holder_of(project, layer)
    if goes_back(project, layer, options):
        check_written_back(project, layer)
        return [*_not_in_source(project, layer, options.out), *_of_project(project, layer)]
    form = writer_for(layer, options.out)
    looked = _Look(Outgoing(project, layer, options), form)
    return [*looked.losses(), *_of_project(project, layer)]


def _not_in_source(project: Project, layer: Layer, out: Path) -> Iterator[Loss]:
    """What was done to a layer that its own file, written back, does not say."""
    if layer.linked and is_edited(project, layer):
        yield Loss("edits", "The file is copied as it came; edited attributes stay in the project.")
    yield from _files(kept(layer, partial(source_tiles, project, layer), out))
    if not layer.placement.is_as_read:
        yield Loss("placement", "Coordinates are as they came; where the layer was put stays in the project.")
    dated = _changed(project, layer, " AND c.key IN ('valid_from', 'valid_to')")
    if dated:
        text = f"Dates that were set for {_objects(dated)} stay in the project where the file has none."
        yield Loss("dates", text, dated)


def _files(companions: Companions) -> Iterator[Loss]:
    """What the source names by its path and cannot go out with it."""
    missing = companions.missing
    if missing:
        count = f"{grouped(len(missing))} of {counted(companions.named, 'file')}"
        text = f"{count} that the source names, such as images, are not beside it or may not be copied:"
        text += f" {_named(list(missing))}. The file names them all the same."
        yield Loss("images", text, len(missing))


def _of_project(project: Project, layer: Layer) -> Iterator[Loss]:
    """What only a project holds."""
    changed = _changed(project, layer)
    if changed:
        yield Loss("history", f"The history of edits of {_objects(changed)} stays in the project.", changed)
    if project.has_results and layer.kind == "city":
        yield Loss("results", "Results of analyses stay in the project; they are exported by themselves.")


def _changed(project: Project, layer: Layer, which: str = "") -> int:
    """How many objects of the layer have changes in the journal."""
    last = layer.first_fid + layer.object_count
    ((count,),) = project.query(
        "SELECT count(DISTINCT c.id) FROM change c JOIN step s ON s.step = c.step"
        f" WHERE c.tab = 'object' AND c.id >= ? AND c.id < ? AND s.state = 'done'{which}",
        (layer.first_fid, last),
    )
    return int(count)


class _Look:
    """Looks for what a written format cannot hold of a layer."""

    def __init__(self, going: Outgoing, form: Writer) -> None:
        self.going, self.form = going, form
        self.project, self.layer = going.project, going.layer
        self.is_model = form in MODELS
        # A city model is its source's own, or is made of shapes drawn by hand, or of what is drawn.
        self.is_from_source = self.is_model and going.is_model
        self.is_from_tiles = self.is_model and not going.is_model and not going.is_of_shapes
        self.holds = FROM_TILES if self.is_from_tiles else form.HOLDS

    def losses(self) -> Iterator[Loss]:
        """Everything, the weightiest first."""
        yield from _files(self.going.companions)
        if self.form is tiles3d:
            tiles3d.check_place(self.going)
        if self.layer.kind == "city":
            yield from self._shapes()
        if self.layer.kind == "pipes":
            yield from self._levels()
        if not self.holds.shapeless and self.layer.kind != "heritage":
            yield from self._shapeless()
        if (
            self.layer.kind != "city"
            and self.holds.shapes == "no"
            and (count := self._count(f"length(geom) > {POINT_BYTES}"))
        ):
            text = f"Lines and areas of {_objects(count)} are not written, only the places of points."
            yield Loss("shapes", text, count)
        if self.layer.kind in ("city", "heritage"):
            yield from self._appearance()
        yield from self._attributes()
        if self.is_model and self.layer.source_format not in CITYJSON_SOURCES:
            yield from self._names()
        yield from self._place()
        if self.form is laz:
            yield from self._points()
        if self.layer.kind == "city" and not self.is_from_source and self._has_pieces():
            text = "What the source says besides (metadata, addresses, extensions) stays in the project."
            yield Loss("source", text)

    # --- shapes ---------------------------------------------------------------------------------

    def _shapes(self) -> Iterator[Loss]:
        holds = self.holds
        shown = self._count("lods != ''")
        if holds.shapes != "yes" and shown:
            text = f"The shapes of {_objects(shown)} are not written."
            if self.going.options.section:
                text = "Only what the section cuts is drawn."
            elif holds.shapes == "as footprints":
                text = f"Of {_objects(shown)} only the footprint is written: no roofs, no walls."
            yield Loss("shapes", text, shown)
            return
        yield from self._lods()
        if not holds.semantics:
            named = self._count("surfaces != ''")
            if named:
                yield Loss("semantics", f"Semantic surfaces of {_objects(named)} are not told apart.", named)
        if not holds.solids and self._says(b"Solid"):
            yield Loss("solids", "Solids are written as surfaces; that they enclose a volume is not said.")
        tiles = self._tiles
        if tiles is None or (self.is_model and not self.is_from_tiles):
            return
        holes = int((_rings(tiles) > 1).sum()) if not holds.holes else 0
        if holes:
            yield Loss("holes", f"{grouped(holes)} polygons with holes are cut into triangles.", holes)
        if len(tiles.points):
            text = f"{grouped(len(tiles.points))} points and corners of lines of objects are left out."
            yield Loss("lines", text, len(tiles.points))

    def _shapeless(self) -> Iterator[Loss]:
        """Objects that are not written at all, for they are nowhere."""
        tiles, going = self._tiles, self.going
        why, count = "no place on the map", 0
        if self.holds.shapes != "yes" or tiles is None:
            count = self._count("geom IS NULL")
        else:
            why = "no shape, or parts that stand for them"
            owner = np.repeat(tiles.entry_object, np.diff(tiles.entry_geometry))
            count = int((~np.isin(going.positions, owner[going.shown])).sum())
        if count and not going.options.section:
            yield Loss("shapeless", f"Not written: {_objects(count)} with {why}.", count)

    def _lods(self) -> Iterator[Loss]:
        rows = self.project.query(
            "SELECT lods, count(*) FROM object WHERE layer = ? AND gone = 0 GROUP BY lods", (self.layer.id,)
        )
        asked = self.going.options.lod
        if asked is not None:
            others = sum(count for lods, count in rows if lods and asked not in lods.split(","))
            if others:
                yield Loss("lods", f"{_objects(others)} without LoD {asked} have no shape.", others)
        several = sum(count for lods, count in rows if "," in lods)
        if several and (asked is not None or not self.holds.several_lods):
            which = f"LoD {asked}" if asked is not None else "their finest LoD"
            yield Loss("lods", f"Of {_objects(several)} with several LoDs only {which} is written.", several)

    def _levels(self) -> Iterator[Loss]:
        """Pipes and nodes that lie at no height."""
        unknown = len(Levels.of(self.going.network, self.going.mover(self.project.place.crs)).unknown)
        if unknown:
            how = "at height 0" if self.form is dxf else "without height"
            yield Loss("levels", f"No level is known of {_objects(unknown)}: written {how}.", unknown)

    def _appearance(self) -> Iterator[Loss]:
        album = self._drawable.album if isinstance(self._drawable, CityTiles | Scan) else None
        if album is None:
            return
        holds = self.holds.appearance if self.holds.shapes == "yes" else "no"
        if holds == "no":
            what = "Materials and images" if album.has_pictures else "Materials"
            yield Loss("appearance", f"{what} are not written.")
        elif holds == "materials" and album.has_pictures:
            yield Loss("appearance", "Images are not written, only the colours of materials.")
        elif len(album.themes) > 1 and not self.is_model:
            names = ", ".join(repr(name) for name in album.themes[1:] if name)
            yield Loss("themes", f"Only one theme of the appearance is written, of {names}.")

    # --- rows -----------------------------------------------------------------------------------

    def _attributes(self) -> Iterator[Loss]:
        holds, types = self.holds, self.project.attribute_types(self.layer)
        if not holds.attributes and types:
            text = f"Attributes are not written: {_named(list(types))}."
            yield Loss("attributes", text, self._count("attributes != '{}'"))
        nested = [name for name, kind in types.items() if kind in ("list", "nested")]
        if holds.attributes and holds.nested == "as text" and nested:
            yield Loss("nested", f"Lists and nested attributes are written as text: {_named(nested)}.")
        if not holds.types and self._count("id != ''"):
            yield Loss("types", "The types of objects are not said, only their ids.")
        parts = self._count("parent IS NOT NULL")
        if not holds.parents and parts:
            yield Loss("parents", f"Of {_objects(parts)} it is not said what they are part of.", parts)
        dated = self._count("valid_from IS NOT NULL OR valid_to IS NOT NULL")
        if not holds.dates and dated:
            yield Loss("dates", f"Since and until when {_objects(dated)} stand is not said.", dated)

    def _names(self) -> Iterator[Loss]:
        """What CityJSON has no name for."""
        others: Counter[str] = Counter()
        for kind, has_parent, count in self.project.query(
            "SELECT type, parent IS NOT NULL, count(*) FROM object WHERE layer = ? AND gone = 0"
            " GROUP BY 1, 2",
            (self.layer.id,),
        ):
            if known_type(kind, bool(has_parent)) != kind:
                others[kind.lstrip("+")] += count
        if others:
            text = f"CityJSON has no type {_named(list(others))}: {_objects(others.total())}"
            text += f" written as generic objects or groups, with the attribute {SOURCE_TYPE!r}."
            yield Loss("types", text, others.total())
        if self._says(b":lod4"):
            yield Loss("lod4", "CityJSON has no LoD 4: what has it is written as LoD 3.")

    # --- places ---------------------------------------------------------------------------------

    def _place(self) -> Iterator[Loss]:
        crs, layer = self._crs, self.layer
        if crs in (None, LOCAL):
            return
        if crs != self.going.crs:
            there, own = crs_title(str(crs)), crs_title(str(self.going.crs))
            yield Loss("crs", f"Coordinates are written in {there}: the file is in metres, {own} is not.")
        elif self._is_brought_to_metres:
            there, own = crs_title(str(crs)), crs_title(str(layer.crs))
            text = f"Coordinates are written in {there}: heights of networks are in metres, {own} is not."
            yield Loss("crs", text)
        if self.holds.crs != "yes":
            where = "only in a comment" if self.holds.crs == "in a comment" else "nowhere"
            yield Loss("crs", f"The file says {where} in which CRS it is: {crs_title(str(crs))}.")
        if self.form is geojson and crs != LONGITUDE_LATITUDE:
            text = f"Programs that keep to RFC 7946 take {crs_title(str(crs))} for longitude and latitude"
            yield Loss("crs", f"{text}; written in {LONGITUDE_LATITUDE} it has those.")
        if self.is_model:
            yield from self._untold()
        if self.form is tiles3d:
            with suppress(PlaceError):
                note = way(self.going.metric_crs, tiles3d.EARTH).note
                if note:
                    text = f"{note[0].upper()}{note[1:]}. {self._how_far_off()}"
                    yield Loss("heights", text.rstrip())
        if self.going.options.crs is not None and layer.crs not in (None, LOCAL):
            with suppress(PlaceError):
                note = way(layer.crs, crs).note
                if note:
                    yield Loss("heights", f"{note[0].upper()}{note[1:]}.")

    def _how_far_off(self) -> str:
        """By how many metres heights are off that are taken as above the ellipsoid."""
        box, crs, own = self.layer.box, self.project.place.crs, self.going.metric_crs
        if box is None or crs in (None, LOCAL) or own is None:
            return ""
        middle = (box[0] + box[3]) / 2, (box[1] + box[4]) / 2
        return note_of_ellipsoid(own, *to_degrees(str(crs))(*middle))

    @property
    def _is_brought_to_metres(self) -> bool:
        """Whether a network leaves its own CRS, so that all that is written is in one unit."""
        crs, layer = self.layer.crs, self.layer
        return (
            layer.kind == "pipes"
            and layer.placement.is_as_read
            and self.going.options.crs is None
            and crs not in (None, LOCAL, self._crs)
        )

    def _untold(self) -> Iterator[Loss]:
        """What CityJSON cannot say of a CRS: it names one EPSG code."""
        crs = str(self._crs)
        code = code_of(parse_crs(crs))
        if code is None:
            yield Loss("crs", f"The file does not say in which CRS it is: {crs_title(crs)} has no EPSG code.")
        elif untold := untold_heights(crs):
            text = f"The file names EPSG:{code} alone: CityJSON cannot say that heights refer to {untold}."
            yield Loss("heights", text)

    def _points(self) -> Iterator[Loss]:
        if is_cut(self.layer):
            yield Loss("hidden", "Points that are hidden by class or clip are left out.")
        if self.layer.source_format in POINT_SOURCES and source_of(self.going) is None:
            text = (
                "GPS times, numbers of returns, scan angles, flags, user data and extra bytes are left out."
            )
            yield Loss("point-attributes", text)

    # --- what there is --------------------------------------------------------------------------

    @property
    def _crs(self) -> str | None:
        """The CRS that coordinates are written in."""
        return self.going.metric_crs if self.holds.in_metres else self.going.crs

    @property
    def _drawable(self) -> Drawable | None:
        try:
            return self.project.drawable(self.layer)
        except CacheMissing:
            return None

    @property
    def _tiles(self) -> CityTiles | None:
        found = self._drawable
        return found if isinstance(found, CityTiles) else None

    def _count(self, where: str) -> int:
        ((count,),) = self.project.query(
            f"SELECT count(*) FROM object WHERE layer = ? AND gone = 0 AND ({where})", (self.layer.id,)
        )
        return int(count)

    def _says(self, word: bytes) -> bool:
        """Whether the text of the source has a word."""
        return bool(
            self.project.query(
                "SELECT 1 FROM piece WHERE layer = ? AND instr(data, ?) LIMIT 1", (self.layer.id, word)
            )
        )

    def _has_pieces(self) -> bool:
        return bool(self.project.query("SELECT 1 FROM piece WHERE layer = ? LIMIT 1", (self.layer.id,)))


def _rings(tiles: CityTiles) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """How many rings each polygon has."""
    before = np.concatenate(([0], np.cumsum(np.asarray(tiles.ring_end), dtype=np.int64)))
    return np.diff(before[np.asarray(tiles.surface_vertex)])


def _objects(count: int) -> str:
    return "1 object" if count == 1 else f"{grouped(count)} objects"


def _named(names: list[str]) -> str:
    """Some names, the first few of many."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
