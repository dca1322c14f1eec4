"""The rules of plots as a project states them: attributes, lines, kept views, areas that want the sun."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from analysis.situation import Situation, state_of
from analysis.standing import standing
from analysis.sun import SunPositions
from analysis.zones.areas import Area, Ground, ground_along, layers_named
from analysis.zones.frame import Frame
from analysis.zones.limits import (
    Axis,
    Limit,
    flat_limit,
    for_sun,
    from_border,
    from_streets,
    in_view,
    setback,
    windows,
)
from analysis.zones.ordinance import ABOVE, REFERENCE, SETBACK, TERMS, TOP, Ordinance
from analysis.zones.permit import Ruled
from layers.arrays import Float64
from layers.errors import UsageError
from layers.footprint import plans_of
from layers.project import Project
from layers.results import VOLUMES, Table

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

#: The analysis whose kept results are views that stay clear.
VIEW_KIND, VIEW_ROLE = "protectedview", "threshold"
#: The word for all of them.
ALL_VIEWS = "all"


@dataclass(frozen=True)
class Angle:
    """A plane that rises at an angle, from a height above the ground it begins on."""

    degrees: float = 0.0  # 0: no such rule
    begin_m: float = 0.0


@dataclass(frozen=True)
class Protected:
    """A surface that nothing may rise above, as polygons (k, 3)."""

    name: str
    surface: tuple[Float64, ...]


@dataclass(frozen=True)
class Sunlit:
    """Areas that keep their sun, each with the height of its lowest ground, and where the sun is."""

    areas: tuple[tuple[str, BaseGeometry, float], ...] = ()
    sun: Float64 = field(default_factory=lambda: np.empty((0, 3)))  # (n, 3) unit vectors towards it


@dataclass(frozen=True)
class Stated:
    """All rules, but for the numbers of plots."""

    lines: tuple[BaseGeometry, ...] = ()  # building windows and building lines
    axes: tuple[Axis, ...] = ()
    street: Angle = Angle()
    border: Angle = Angle()
    views: tuple[Protected, ...] = ()
    sunlit: Sunlit = Sunlit()


def ruled(plot: Area, ordinance: Ordinance, stated: Stated, ground_z: float, top_z: float) -> Ruled:
    """A plot with its limits. `top_z` is the height of the highest building there is."""
    numbers = ordinance.of(plot)
    zero = numbers.get(REFERENCE, ground_z)
    limits: list[Limit | None] = []
    if TOP in numbers:
        limits.append(flat_limit(TERMS[TOP].title, plot, numbers[TOP], 0.0))
    if ABOVE in numbers:
        limits.append(flat_limit(TERMS[ABOVE].title, plot, numbers[ABOVE], zero))
    if numbers.get(SETBACK, 0.0) > 0:
        limits.append(setback(TERMS[SETBACK].title, plot, numbers[SETBACK]))
    limits += windows(plot, stated.lines)
    if stated.border.degrees:
        limits.append(from_border(plot, stated.border.degrees, stated.border.begin_m, zero, top_z))
    if stated.street.degrees:
        limits += from_streets(plot, stated.axes, stated.street.degrees, stated.street.begin_m, top_z)
    limits += [in_view(plot, view.name, view.surface) for view in stated.views]
    limits += [for_sun(plot, *area, stated.sunlit.sun, top_z) for area in stated.sunlit.areas]
    return Ruled(plot, numbers, tuple(limit for limit in limits if limit is not None))


def shapes_in(
    project: Project, name: str, situation: Situation, frame: Frame
) -> list[tuple[str, BaseGeometry]]:
    """The names and shapes of what stands of a layer, seen from above, in metres."""
    states, found = state_of(project, situation), []
    for layer in layers_named(project, name, situation):
        at = np.flatnonzero(standing(project, layer, situation, states[layer.id][0]))
        plans = plans_of(project, layer, layer.first_fid + at)
        names = [str(value) for value in project.values(layer, "id").taken(at).tolist()]
        if "name" in project.attribute_types(layer):
            titles = project.values(layer, "name").taken(at).tolist()
            names = [str(title or id) for title, id in zip(titles, names, strict=True)]
        shapes = zip(names, plans.tolist(), strict=True)
        found += [(title, frame.shape(plan)) for title, plan in shapes if plan is not None]
    return found


def axes_in(
    project: Project, name: str, situation: Situation, frame: Frame, ground: Ground, otherwise_z: float
) -> tuple[Axis, ...]:
    """The middle lines of streets, each with the mean height of the ground along it."""
    found = []
    for title, line in shapes_in(project, name, situation, frame):
        if shapely.get_dimensions(line) == 1:
            known = ground_along(line, ground)
            found.append(Axis(title, line, float(known.mean()) if len(known) else otherwise_z))
    if not found:
        raise UsageError(
            "There are no lines that could be axes of streets", found=f"the layer {name!r}", do="Name another"
        )
    return tuple(found)


def views_in(project: Project, named: str, frame: Frame) -> tuple[Protected, ...]:
    """The threshold surfaces of protected views that the project keeps: all, or those of some numbers."""
    kept = {one.id: one for one in project.results if one.kind == VIEW_KIND}
    wanted = list(kept) if named == ALL_VIEWS else _numbers(named, sorted(kept))
    found = []
    for number in wanted:
        table = project.result(number).tables.get(VOLUMES, Table())
        rows = (
            zip(*(table.texts(name) for name in ("wkb", "name", "role")), strict=True) if len(table) else ()
        )
        for wkb, title, role in rows:
            if role == VIEW_ROLE:
                parts = shapely.get_parts(shapely.from_wkb(wkb))
                rings = [shapely.get_coordinates(part, include_z=True)[:-1] for part in parts]
                found.append(Protected(title, tuple(frame.local(ring) for ring in rings)))
    return tuple(found)


def _numbers(named: str, known: Sequence[int]) -> list[int]:
    words = [word for word in named.replace(",", " ").split() if word]
    if not all(word.isdecimal() and int(word) in known for word in words):
        raise UsageError(
            "There is no such protected view",
            found=repr(named),
            allowed=", ".join([ALL_VIEWS, *map(str, known)]),
            do="Keep the result of a protected view first, and name its number",
        )
    return [int(word) for word in words]


def sunlit(
    areas: Sequence[tuple[str, BaseGeometry]], ground: Ground, otherwise_z: float, sun: SunPositions
) -> Sunlit:
    """Areas that keep their sun."""
    kept = [(name, area) for name, area in areas if shapely.get_dimensions(area) == 2]
    grounds = [ground_along(area, ground) for _, area in kept]
    lowest = [float(known.min()) if len(known) else otherwise_z for known in grounds]
    return Sunlit(
        tuple((name, area, low) for (name, area), low in zip(kept, lowest, strict=True)),
        sun.directions_in_grid[sun.up],
    )
