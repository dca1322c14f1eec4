"""What a format reader hands over: plain rows, source pieces and arrays. No project, no window."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from layers.arrays import Drawable
from layers.looks import Look
from layers.placement import AS_READ, Placement
from layers.report import Report

if TYPE_CHECKING:
    from layers.copcfile import CopcFile
    from layers.octree import Cloud
    from layers.pointfiles import PointFiles

#: Told how far long work is and what it does; may raise Cancelled.
Progress = Callable[[float, str], None]
Box = tuple[float, float, float, float, float, float]  # minx, miny, minz, maxx, maxy, maxz


@dataclass(slots=True)
class Feature:
    """One row to be: a city object, conduit, manhole or heritage record.

    `attributes` is the raw JSON text of an object, number formats as in the source.
    `geometry` is WKB (Z) in the layer's CRS: the footprint of a city object, the line of a
    conduit, the point of a manhole.
    """

    id: str
    type: str
    attributes: bytes = b"{}"
    parent: str | None = None
    valid_from: str | None = None  # ISO date
    valid_to: str | None = None
    box: Box | None = None
    geometry: bytes | None = None
    lods: str = ""  # comma separated
    surfaces: str = ""  # comma separated semantic types with counts: "RoofSurface:2,WallSurface:9"


#: Role of the empty piece that stands before the text of each tile in a layer of many: this and its name.
TILE = "tile "
#: Role of a piece that holds so many features, this and their number; `feature` is the first of them.
MEMBER = "member "
#: Role of what stands before the first member: it says what names and signs in members mean.
HEAD = "head"


@dataclass(slots=True)
class Piece:
    """A stretch of the source file. All pieces of a layer in order are the file, byte by byte.

    `data[start:]` is what belongs to feature number `feature` (None: nobody's) in the role `role`.
    """

    data: bytes
    start: int = 0
    feature: int | None = None
    role: str = ""


@dataclass(frozen=True)
class Gone:
    """What of a layer was taken away, and is to be left out of the text of its source."""

    fids: frozenset[int]
    parts: Mapping[int, frozenset[str]]  # of objects that are there: the ids of those parts that are gone


@dataclass
class LayerData:
    """One layer as read from a file.

    Small vector files keep their `pieces` so that they can be written back byte-minimally;
    bulk data (rasters, clouds, scans) are `linked` by path and hash instead.
    """

    name: str
    kind: str  # one of layers.KINDS
    crs: str | None  # "EPSG:7415", WKT, or None when the file does not say
    report: Report
    features: list[Feature] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    drawable: Drawable | None = None
    points: PointFiles | CopcFile | Cloud | None = None  # drawn from a tree, when their place is known
    box: Box | None = None  # in the layer's CRS
    linked: bool = False
    facts: dict[str, object] = field(default_factory=dict)  # version, points, units … for `info`
    partner: int | None = None  # index of the LayerData whose objects this one shows (TINRelief terrain)
    looks: list[Look] = field(default_factory=list)  # that the drawable's polygons name by number
    themes: list[str] = field(default_factory=list)  # of the columns of looks behind the first, if any
    stored: Path | None = None  # where the reader has saved the drawable already: it is moved, not copied


def never_stop(_fraction: float, _text: str) -> None:
    """The progress callback that shows nothing and never cancels."""


def part_of(progress: Progress, start: float, end: float, what: str = "") -> Progress:
    """Progress of a part of some work, told as progress of all of it; `what` in place of the part's words."""
    return lambda fraction, text: progress(start + (end - start) * fraction, what or text)


@dataclass
class ReadOptions:
    """How to read; `progress(fraction, text)` may raise Cancelled."""

    kind: str | None = None  # what the person says it is, e.g. "heritage" for a scan
    crs: str | None = None  # what the person says, wins over the file
    field_map: dict[str, str] = field(default_factory=dict)  # our field -> the file's field (pipes)
    #: A city is read in parts of about so much text; their arrays and rows take some ten times as much.
    part_bytes: int = 8 << 20
    project_crs: str | None = None  # of the project that the layers are for, once it has one
    #: A folder on the disk of the cache for what is too large for memory. Of a large source it stays when
    #: reading is cut off, and is there again when the same content is read.
    scratch: Path | None = None
    placement: Placement = AS_READ  # what the person says of where it is to be put
    only_facts: bool = False  # what `info` tells is enough: nothing need be drawn
    skip_broken: bool = False  # go on without those of many tiles that cannot be read
    progress: Progress = never_stop


@dataclass
class WriteOptions:
    """How to write; `crs` and `lod` restrict or change what comes out."""

    crs: str | None = None
    lod: str | None = None
    out: Path | None = None
    section: tuple[tuple[float, float], ...] = ()  # the line of a section, in the CRS of what is written
    overwrite: bool = False  # whether files that are there already may be replaced
    progress: Progress = never_stop
