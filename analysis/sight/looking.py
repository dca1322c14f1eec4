"""What analyses of visibility ask alike: from where, over which Earth, through which trees."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.asked import asked
from analysis.casters import Casters, casters
from analysis.naming import Naming
from analysis.sight.sights import REFRACTION, STRAIGHT, Bend, Sights
from analysis.situation import Situation
from analysis.states import States
from layers.arrays import Float64
from layers.columns import Mask
from layers.data import Box, Progress, never_stop
from layers.errors import UsageError
from layers.project import Project
from layers.results import WARNING, Table
from layers.written import grouped

EYE_HEIGHT_M = 1.6
#: Of so many places a warning is given.
MOST_WARNED = 3
#: What names of objects say that one looks from; a place is called by one that is so near.
VIEWPOINT = re.compile(r"view(ing)?[ _-]?(point|place)|lookout", re.IGNORECASE)
NEAR_M = 0.5
#: Eyes of one who stands on something are no higher above it.
STANDING_M = 2.5
#: Nobody sees as far as this; places so far from the city have another order of X and Y, or another CRS.
FARTHEST_M = 200_000.0


def trees_hide() -> Any:
    """The question whether vegetation is in the way."""
    return asked(True, "Trees hide what is behind them", "yes", group="More")


def from_places(**more: Any) -> Any:
    """The question from which places one looks; one at least."""
    return asked(
        (),
        "Viewing places",
        "places",
        low=1,
        help="x, y on the ground, or x, y, z of where one stands",
        group="From",
        **more,
    )


def eye_height() -> Any:
    """The question how high eyes are above what one stands on."""
    return asked(EYE_HEIGHT_M, "Height of the eye", "number", unit="m", low=0.0, high=1000.0, group="From")


@dataclass(frozen=True)
class Looking(States):
    """The questions that all of them ask."""

    vegetation: bool = trees_hide()
    curvature: bool = asked(
        True, "Earth's curvature", "yes", help="and refraction; matters beyond a kilometre", group="More"
    )
    refraction: float = asked(
        REFRACTION,
        "Refraction",
        "number",
        low=0.0,
        high=0.5,
        help="coefficient of surveying; 0: none",
        group="More",
        when=("curvature", True),
    )


@dataclass(frozen=True)
class FromPlaces(Looking):
    """Those that look from places."""

    places: tuple[Sequence[float], ...] = from_places()
    eye_height_m: float = eye_height()


@dataclass(frozen=True)
class Observers:
    """Who looks: where they stand, and where their eyes are."""

    feet: Float64  # (n, 3) world
    eyes: Float64  # (n, 3) world
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.eyes)

    def table(self) -> Table:
        """As results keep them (`layers.results.OBSERVERS`)."""
        return observers_table(self.names, self.eyes, self.feet[:, 2])

    @property
    def eye_height_m(self) -> float:
        """How high eyes are above the places; 0 where these are the eyes themselves."""
        return round(float((self.eyes - self.feet)[:, 2].max()), 6)


def observers_table(names: Sequence[str], eyes: Float64, foot_z: Float64) -> Table:
    """Eyes (n, 3) as results keep them; how high they are above a place that is the eye itself is 0."""
    axes = {axis: eyes[:, at] for at, axis in enumerate("xyz")}
    above = np.round(eyes[:, 2] - foot_z, 6)
    return Table({"name": list(names), **axes, "foot_z": foot_z, "eye_height_m": above})


def bend_of(inputs: Looking) -> Bend:
    """How lines of sight bend, as it is asked for."""
    return Bend(inputs.refraction) if inputs.curvature else STRAIGHT


def earth_of(inputs: Looking) -> str:
    """A sentence on which Earth lines of sight are drawn, for the method of a result."""
    if not inputs.curvature:
        return "The Earth counts as flat."
    return f"The lines bend with the Earth's curvature less refraction (coefficient {inputs.refraction:g})."


def sights_in(
    project: Project,
    inputs: Looking,
    situation: Situation,
    box: Box | None,
    margin_m: float = 0.0,
    progress: Progress = never_stop,
) -> Sights:
    """Lines of sight through a state of the city, within a box and a margin around it."""
    return Sights(casters(project, situation, box, margin_m, progress), inputs.vegetation, bend_of(inputs))


def positions_of(project: Project, places: Sequence[Sequence[float]], what: str = "viewing place") -> Float64:
    """Places as (n, 3), z NaN where it is not given; UsageError where they are none, or out of sight."""
    found = read_places(places, what)
    check_near(project, found, what)
    return found


def read_places(places: Sequence[Sequence[float]], what: str = "viewing place") -> Float64:
    """Places as (n, 3), z NaN where it is not given; UsageError where they are no places."""
    found = np.full((len(places), 3), np.nan)
    for row, place in enumerate(places):
        try:
            values = np.asarray(place, np.float64)
        except (TypeError, ValueError):
            values = np.empty(0)
        if values.shape not in ((2,), (3,)) or not np.isfinite(values).all():
            raise UsageError(
                f"A {what} is not understood",
                where=f"{what} {row + 1}",
                found=repr(place),
                allowed="X,Y or X,Y,Z in the project's CRS",
            )
        found[row, : len(values)] = values
    if not len(found):
        raise UsageError(f"No {what} is given", do="Click one in the view, or type its coordinates")
    return found


def check_near(project: Project, places: Float64, what: str = "viewing place") -> None:
    """Refuse places (n, 2 or 3) so far from all layers that nobody sees from there to here."""
    boxes = [layer.box for layer in project.layers if layer.box]
    if not boxes:
        return
    corners = np.array(boxes).reshape(-1, 2, 3)[..., :2]
    outside = np.maximum(corners[:, 0].min(axis=0) - places[:, :2], places[:, :2] - corners[:, 1].max(axis=0))
    away = np.hypot(*np.maximum(outside, 0.0).T)
    row = int(away.argmax())
    if away[row] > FARTHEST_M:
        x, y = places[row, :2]
        raise UsageError(
            f"A {what} lies far outside of the city",
            where=f"{x:.2f}, {y:.2f}",
            found=f"{grouped(away[row] / 1000)} km away from all layers",
            allowed=f"up to {FARTHEST_M / 1000:g} km",
            do="Give X,Y in the project's CRS, in this order",
        )


def stood_on(cast: Casters, places: Float64, what: str = "viewing place") -> Float64:
    """Places (n, 3), those without a height put onto the terrain; UsageError where there is none."""
    found = places.copy()
    rows = np.flatnonzero(np.isnan(places[:, 2]))
    if len(rows):
        found[rows, 2] = cast.ground.heights(places[rows, :2])
    bad = np.flatnonzero(np.isnan(found[:, 2]))
    if len(bad):
        x, y = places[bad[0], :2]
        raise UsageError(
            f"There is no terrain under a {what}",
            where=f"{x:.2f}, {y:.2f}",
            do="Give its height too, as X,Y,Z",
        )
    return found


def observers_of(project: Project, inputs: FromPlaces, cast: Casters) -> Observers:
    """Who looks from the places that are asked for."""
    return observers_at(project, positions_of(project, inputs.places), inputs.eye_height_m, cast)


def observers_at(
    project: Project, places: Float64, eye_height_m: float, cast: Casters, names: Sequence[str] = ()
) -> Observers:
    """Who looks from places (n, 3), z NaN where one stands on the terrain; UsageError for eyes under it."""
    feet = stood_on(cast, places)
    eyes = feet + np.array((0.0, 0.0, eye_height_m))
    said = tuple(names) or place_names(project, feet)
    check_above_ground(said, eyes, cast.ground.heights(eyes[:, :2]))
    return Observers(feet, eyes, said)


def check_above_ground(names: Sequence[str], eyes: Float64, ground_z: Float64) -> None:
    """Refuse eyes (n, 3) below the terrain, whose heights (n,) there are NaN where there is none."""
    with np.errstate(invalid="ignore"):
        buried = np.flatnonzero(eyes[:, 2] < ground_z)
    if len(buried):
        row = int(buried[0])
        x, y, z = eyes[row]
        raise UsageError(
            "The eye is under the ground",
            where=f"{names[row]}, {x:.2f}, {y:.2f}",
            found=f"the eye is at a height of {z:.2f} m, the ground there at {ground_z[row]:.2f} m",
            do="Give X,Y alone to stand on the ground; Z is a height in the project's heights, not above it",
        )


def place_names(project: Project, feet: Float64) -> tuple[str, ...]:
    """What places (n, 3) are called, none twice: by the city furniture one stands on, else by their number.

    Who is told by the eye instead of the feet stands there too.
    """
    found = []
    for row, (x, y, z) in enumerate(feet.tolist()):
        near = project.query(
            "SELECT fid FROM object_rtree WHERE minx <= ? AND maxx >= ? AND miny <= ? AND maxy >= ?"
            " AND minz <= ? AND maxz >= ?",
            (x + NEAR_M, x - NEAR_M, y + NEAR_M, y - NEAR_M, z + NEAR_M, z - STANDING_M),
        )
        items = project.objects(fids=sorted(fid for (fid,) in near)) if near else ()
        said = (str(item.attributes.get("name") or "") for item in items if item.type == "CityFurniture")
        found.append(next((name for name in said if VIEWPOINT.search(name)), f"place {row + 1}"))
    return told_apart(found, "place")


def told_apart(names: Sequence[str], what: str) -> tuple[str, ...]:
    """The names, none twice; those without one are numbered."""
    found: list[str] = []
    for number, name in enumerate(names):
        again = names[:number].count(name)
        found.append((f"{name} {again + 1}" if again else name) if name else f"{what} {number + 1}")
    return tuple(found)


def warnings_of(
    project: Project, names: Sequence[str], points: Float64, cast: Casters, plants: bool = True
) -> list[str]:
    """What is odd about where eyes or targets (n, 3) are: there one sees little, or is seen by few.

    `plants`: whether they hide.
    """
    is_buried = _buried(points, cast)
    naming, held_by = Naming(project), cast.holding(points)
    is_inside = (held_by >= 0) & ~is_buried
    is_in_leaves = cast.inside(points, plants=True) & ~is_buried & ~is_inside & plants
    inside = [
        text
        for fid in dict.fromkeys(naming.wholes(held_by[is_inside]).tolist())
        for text in _warned(names, is_inside & (naming.wholes(held_by) == fid), f"inside {naming.title(fid)}")
    ]
    return [
        *_warned(names, is_buried, "below the terrain"),
        *inside[:MOST_WARNED],
        *_warned(names, is_in_leaves, "inside a tree or hedge"),
    ]


def buried_warnings(names: Sequence[str], points: Float64, cast: Casters) -> list[str]:
    """That some of the points (n, 3) that are looked at lie below the terrain."""
    return _warned(names, _buried(points, cast), "below the terrain")


def _warned(names: Sequence[str], wrong: Mask, where: str) -> list[str]:
    return [
        f"{WARNING}{names[row]} is {where}, where little else is in sight"
        for row in np.flatnonzero(wrong).tolist()[:MOST_WARNED]
    ]


def _buried(points: Float64, cast: Casters) -> Mask:
    with np.errstate(invalid="ignore"):
        found: Mask = points[:, 2] < cast.ground.heights(points[:, :2])
    return found


def box_around(places: Float64, radius_m: float) -> Box:
    """As far as one looks from places (n, 2 or 3); of unknown height."""
    (x0, y0), (x1, y1) = places[:, :2].min(axis=0) - radius_m, places[:, :2].max(axis=0) + radius_m
    return float(x0), float(y0), 0.0, float(x1), float(y1), 0.0
