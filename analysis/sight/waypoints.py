"""Viewing places along a path: as if one walked it and stopped every few metres."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analysis.asked import asked
from analysis.sight.fieldofview import Sector
from analysis.sight.looking import Observers, positions_of
from layers.arrays import Float64
from layers.errors import UsageError
from layers.project import Project

#: More stops than this are a mistake in the spacing.
MOST_STOPS = 2_000


@dataclass(frozen=True)
class Along(Sector):
    """The questions of those that look from places, or on the way through them."""

    path: bool = asked(False, "Along a path through these places", "yes", group="From")
    path_spacing_m: float = asked(
        25.0,
        "Distance of places on the path",
        "number",
        unit="m",
        low=0.1,
        high=10_000.0,
        group="From",
        when=("path", True),
    )


def viewing_places(project: Project, inputs: Along) -> tuple[Float64, tuple[str, ...]]:
    """Where somebody stands (n, 3), z NaN on the terrain, and what the places are called along a path."""
    places = positions_of(project, inputs.places)
    return stops(places, inputs.path_spacing_m) if inputs.path else (places, ())


def places_title(inputs: Along, observers: Observers) -> str:
    """From where somebody looks, in a title."""
    if inputs.path:
        return f"{len(observers)} places on a path"
    return observers.names[0] if len(observers) == 1 else f"{len(observers)} places"


def stops(corners: Float64, spacing_m: float) -> tuple[Float64, tuple[str, ...]]:
    """Places (n, 3) along a path through corners (c, 3), and what they are called: "at 25 m".

    They are equally far from each other on every leg, `spacing_m` at most, the corners among them. Between
    two corners of known height one goes straight; elsewhere z is NaN: one stands on the terrain.
    """
    legs = np.hypot(*np.diff(corners[:, :2], axis=0).T)
    if len(corners) < 2 or legs.sum() <= 0:
        raise UsageError(
            "A path needs two places or more", found=f"{len(corners)}", do="Add the places it leads through"
        )
    counts = np.maximum(np.ceil(legs / spacing_m - 1e-9), 1).astype(np.int64)
    if counts.sum() > MOST_STOPS:
        raise UsageError(
            "The path has too many viewing places",
            found=f"{counts.sum():,} of them",
            allowed=f"{MOST_STOPS:,}",
            do="Choose a larger distance between them",
        )
    begin = np.concatenate(([0.0], np.cumsum(legs)))
    found, away = [corners[:1]], [np.zeros(1)]
    for number, (start, end) in enumerate(pairwise(corners)):
        share = np.arange(1, counts[number] + 1) / counts[number]
        leg = start + share[:, None] * (end - start)
        leg[-1] = end
        found.append(leg)
        away.append(begin[number] + share * legs[number])
    return np.concatenate(found), tuple(f"at {metres:.0f} m" for metres in np.concatenate(away).tolist())
