"""Where a layer comes to lie: its CRS, that of the project, and the way from one to the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from layers.arrays import ImagePyramid, TerrainPyramid
from layers.crs import LOCAL, crs_text, crs_title, height_unit, parse_crs
from layers.data import Box, LayerData
from layers.errors import PlaceError
from layers.moving import Move, moved_box
from layers.place import Place, far_note, project_crs_for, suggest_crs
from layers.placement import AS_READ, NOWHERE, Pair, Placement, Triple

#: Kinds that are drawn from their rows: their heights are in metres unless their CRS says otherwise.
IN_METRES = ("pipes", "vector")


#: Scans of single monuments are smaller than this; what is larger may be in millimetres or feet.
LARGE_SCAN_M = 30.0
#: Among the facts of a layer: why the place that its file names is not believed.
PLACE_DOUBT = "place_doubt"
#: The code of the warning that a layer may be in another unit.
UNIT_UNKNOWN = "unit"


class MissingCrs(PlaceError):
    """A layer does not say where on Earth it lies."""

    def __init__(self, path: Path, box: Box, doubt: str = "", unit_m: float | None = None) -> None:
        """`doubt` tells why what the file names is not believed, '' when it names nothing.

        `unit_m` is the unit of the map where something else than its CRS tells it.
        """
        self.box = box
        self.candidates = suggest_crs(box, unit_m)
        names = "; ".join(f"{code} ({title})" for code, title, _ in self.candidates[:3])
        super().__init__(
            f"Where the file lies cannot be told: {doubt}"
            if doubt
            else "The file does not name its coordinate reference system",
            where=path.name,
            found=f"x {box[0]:.6g} to {box[3]:.6g}, y {box[1]:.6g} to {box[4]:.6g}",
            do=f"Name it with --crs{f', perhaps {names}' if names else ''}{_unit_words(unit_m)};"
            " use --crs local for a model that lies nowhere on Earth",
        )


def _unit_words(unit_m: float | None) -> str:
    """In which unit the CRS must be."""
    return (
        "" if unit_m is None else f", in {'metres' if unit_m == 1.0 else 'feet'}, as the lengths of links say"
    )


@dataclass(frozen=True)
class Site:
    """Where a layer comes to lie, and since when it stands there."""

    crs: str | None  # its own
    project_crs: str
    move: Move
    epoch: str | None = None

    @property
    def placement(self) -> Placement:
        """Where the layer is put besides what its CRS says."""
        return self.move.placement

    def stamp(self, sha256: str) -> str:
        """What the arrays of the layer depend on."""
        return stamp(sha256, self.crs, self.project_crs, self.placement)


def stamp(sha256: str, crs: str | None, project_crs: str | None, placement: Placement) -> str:
    """What the arrays of a layer depend on."""
    return " ".join(filter(None, (sha256, str(crs), str(project_crs), placement.text())))


def layer_crs(
    path: Path, layer: LayerData, said: str | None, project_crs: str | None, placement: Placement = AS_READ
) -> str:
    """The CRS of a layer: what the person says, what its file says, or what can be told from its place."""
    known = said or layer.crs
    if placement.is_corrected and project_crs and not said and layer.crs in (None, LOCAL):
        return project_crs  # whoever says by how much the coordinates are off says where they lie
    if known:
        return crs_text(parse_crs(known))
    if layer.box is None or project_crs == LOCAL:
        return project_crs or LOCAL
    if layer.facts.get("local"):
        return LOCAL
    if layer.kind == "heritage" and project_crs:
        # A scan that names no CRS but has large coordinates is in that of its city.
        return project_crs
    doubt = str(layer.facts.get("crs_doubt", ""))
    unit_m = layer.facts.get("map_unit_m")
    known_m = unit_m if isinstance(unit_m, float) else None
    raise MissingCrs(path, moved_box(layer.box, placement.correct), doubt, known_m)


def first_project_crs(layer: LayerData, placement: Placement = AS_READ) -> str | None:
    """The CRS of a project that begins with this layer."""
    if layer.crs is None or layer.box is None:
        return layer.crs
    return project_crs_for(layer.crs, moved_box(layer.box, placement.correct))


def site_of(
    layer: LayerData,
    project_crs: str,
    origin: tuple[float, ...] | None,
    epoch: str | None = None,
    placement: Placement | None = None,
) -> Site:
    """Where the layer comes to lie; without a placement, one that lies nowhere is set down in the project."""
    if placement is None and _is_set_down(layer, project_crs) and origin and layer.box:
        placement = set_down(layer.box, origin)
    placement = placement or AS_READ
    move = Move(layer.crs, project_crs, _unit_of_heights_m(layer), placement)
    return Site(layer.crs, project_crs, move, epoch)


def _unit_of_heights_m(layer: LayerData) -> float:
    """The same as `moving.unit_of_heights_m` says of the layer once it is in the project."""
    in_metres = layer.kind in IN_METRES or isinstance(layer.drawable, TerrainPyramid | ImagePyramid)
    return 1.0 if layer.crs is None or in_metres else height_unit(layer.crs)[1]


def set_down(box: Box, origin: Sequence[float]) -> Placement:
    """What puts a layer that names no place on Earth into the middle of its project."""
    middle, bottom = (np.array(box[:3]) + np.array(box[3:])) / 2, box[2]
    foot = (float(middle[0]), float(middle[1]), bottom)
    east, north, up = (np.array(origin) - np.array(foot)).tolist()
    return Placement(shift=(east, north, up), pivot=foot)


def upright_foot(box: Box, tilt_deg: Pair) -> Triple:
    """Where the file has what is the middle of the foot once all in `box` is tilted so."""
    tilt = Placement(tilt_deg=tilt_deg)
    upright = moved_box(box, tilt.put)
    foot = ((upright[0] + upright[3]) / 2, (upright[1] + upright[4]) / 2, upright[2])
    x, y, z = tilt.take_back(np.array([foot]))[0].tolist()
    return x, y, z


def settled(
    layer: LayerData, project_crs: str, origin: Sequence[float] | None, said: Placement | None
) -> Placement | None:
    """What is said of a new layer's unit and upright, about its foot; set down where it lies nowhere.

    Where a pivot is said too, all of it is.
    """
    if said is None or not said.is_turned or said.is_corrected or layer.box is None or said.pivot != NOWHERE:
        return said
    if not _is_set_down(layer, project_crs):
        if layer.crs == LOCAL:
            return said
        move = Move(layer.crs, project_crs, _unit_of_heights_m(layer))
        return replace(said, pivot=upright_foot(moved_box(layer.box, move), said.tilt_deg))
    foot = upright_foot(layer.box, said.tilt_deg)
    east, north, up = (np.array(origin if origin else foot) - np.array(foot)).tolist()
    return replace(said, pivot=foot, shift=(east, north, up))


def _doubt_of_size(layer: LayerData, site: Site) -> str:
    """What to say of a scan that names neither its unit nor its upright and is large for one in metres."""
    if layer.kind != "heritage" or layer.crs != LOCAL or not layer.box or site.placement.is_turned:
        return ""
    sides = [layer.box[axis + 3] - layer.box[axis] for axis in range(3)]
    if max(sides) < LARGE_SCAN_M:
        return ""
    x, y, z = (f"{side:,.1f}" for side in sides)
    return (
        f"It names no unit: in metres it is {x} by {y} m and {z} m high; "
        "where that is wrong, tell its unit and which way is up when you place it."
    )


def note_site(layer: LayerData, site: Site) -> None:
    """Say in the layer's report what a person should know of where it lies."""
    if _is_set_down(layer, site.project_crs) and site.placement.is_put:
        height = site.placement.pivot[2] + site.placement.shift[2]
        why = layer.facts.get(PLACE_DOUBT) or "the model names no place on Earth"
        notes = [
            f"{why}: until it is placed by hand"
            f" it stands in the middle of the project, its foot at height {height:g}, wherever the ground is"
        ]
    else:
        place = Place(site.project_crs, np.zeros(3))
        box = layer.box and moved_box(layer.box, site.placement.correct)
        far = far_note(layer.crs, box) if layer.crs and box else ""
        doubt = str(layer.facts.get(PLACE_DOUBT, ""))
        notes = [doubt, place.note(layer.crs, site.move.height_unit_m), far, _note_of_nowhere(layer)]
    for note in filter(None, notes):
        layer.report.warn("placed", "", note)
    if doubt := _doubt_of_size(layer, site):
        layer.report.warn(UNIT_UNKNOWN, "", doubt)


def _note_of_nowhere(layer: LayerData) -> str:
    """What to say of city objects that are taken for a designer's own; scans lie near zero as a rule."""
    if layer.kind in ("heritage", "points") or layer.crs != LOCAL or not layer.facts.get("local"):
        return ""
    return (
        "the file names no coordinate reference system and its coordinates are near zero: it is taken for a"
        " model that lies nowhere on Earth; if it lies somewhere, import it with its CRS, or place it"
    )


def note_project(layer: LayerData, project_crs: str | None) -> None:
    """Say in the report of a project's first layer why the project is not in the layer's CRS."""
    if layer.crs is not None and project_crs is not None and project_crs != layer.crs:
        layer.report.warn(
            "project_crs",
            "",
            f"the project is in {crs_title(project_crs)}: projects are in metres, east and north, which"
            f" {crs_title(layer.crs)} is not; the file stays as it is",
        )


def _is_set_down(layer: LayerData, project_crs: str) -> bool:
    """Whether the layer lies nowhere on Earth, but the project does."""
    return layer.crs == LOCAL and project_crs != LOCAL
