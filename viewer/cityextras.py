"""What is drawn of a city beside its faces: marks of the selection, ghosts, lines and loose points."""

from __future__ import annotations

import numpy as np

from layers.arrays import CityTiles, Float64
from viewer.detail import Allowed, Detail, detail_of, outlines_of
from viewer.faces import Index
from viewer.palette import EARTH, rgb
from viewer.patch import LINES, POINTS, Patch

MOST_MARKED = 2_000
#: More than this are ghosts as blocks, the largest ones.
MOST_GHOSTS, MOST_GHOST_BLOCKS = 2_000, 3_000
WIRE = "#6e6a64"


def marks_of(city: CityTiles, allowed: Allowed, entries: Index) -> Float64:
    """The ends of the outlines of entries, two by two; none where they are too many to be told apart."""
    if not 0 < len(entries) <= MOST_MARKED:
        return np.empty((0, 3))
    return lines_of(city, detail_of(city, allowed, entries))


def lines_of(city: CityTiles, detail: Detail) -> Float64:
    """The ends of all outlines of what is drawn in detail, two by two."""
    plain = np.zeros(len(city.entry_object), bool)
    return outlines_of(city, detail, plain).lifted()


def ghosts_of(city: CityTiles, allowed: Allowed, entries: Index) -> Detail:
    """Entries in full detail whether they are allowed or not."""
    shown = np.zeros(len(city.entry_object), bool)
    shown[entries] = True
    return detail_of(city, Allowed(shown, allowed.geometries, allowed.types), entries)


def wires_of(city: CityTiles, origin: Float64) -> list[Patch]:
    """The lines and points of objects that have no surfaces."""
    if not len(city.points):
        return []
    lines, dots = Patch(LINES, width=2.0), Patch(POINTS, width=5.0)
    lines.paint(rgb(WIRE))
    dots.paint(rgb(EARTH))
    loose = np.setdiff1d(np.arange(len(city.points)), city.lines.ravel())
    lines.fill(city.points, origin, np.asarray(city.lines), None)
    dots.fill(city.points, origin, loose[:, None].astype(np.int32), None)
    return [lines, dots]
