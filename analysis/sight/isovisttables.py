"""What isovists come to: place by place, as outlines over the ground, and in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from analysis.facing import azimuths
from analysis.sight.looking import Observers
from analysis.sight.planview import Isovist
from analysis.survey import with_change
from layers.arrays import Float64
from layers.results import BEFORE, Table
from layers.written import grouped

AREA, PERIMETER, LONGEST = "isovist_area_m2", "isovist_perimeter_m", "longest_sight_m"
OPENNESS, SKY_VIEW = "openness_pct", "sky_view_factor"
TOWARDS, COMPACTNESS = "longest_azimuth_deg", "compactness_pct"
#: Places that get sentences of their own.
MOST_TOLD = 5
COMPASS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")


def isovists_table(
    observers: Observers, states: Sequence[Sequence[Isovist]], convergence_deg: float
) -> Table:
    """A row per place: where, how much is seen, and how round and whereto."""
    columns = with_change(*(_shaped(found) for found in states))
    for found, when in zip(states, ("", BEFORE), strict=False):
        ways = np.array([(np.cos(one.towards), np.sin(one.towards), 0.0) for one in found])
        columns[TOWARDS + when] = azimuths(ways.reshape(-1, 3), convergence_deg)
    return Table(
        {
            "name": list(observers.names),
            **{axis: observers.eyes[:, at] for at, axis in enumerate("xyz")},
            **columns,
        }
    )


def numbers_of(found: Sequence[Isovist]) -> dict[str, Float64]:
    """The quantities (n,) of isovists."""
    values = np.array([(one.area_m2, one.perimeter_m, one.longest_m) for one in found])
    return dict(zip((AREA, PERIMETER, LONGEST), values.reshape(-1, 3).T, strict=True))


def _shaped(found: Sequence[Isovist]) -> dict[str, Float64]:
    """The quantities (n,) of isovists, and how compact they are: a circle 100 %, a corridor nearly 0."""
    numbers = numbers_of(found)
    return {**numbers, COMPACTNESS: 400 * np.pi * numbers[AREA] / numbers[PERIMETER] ** 2}


def volumes_table(observers: Observers, states: Sequence[Sequence[Isovist]]) -> Table:
    """The outlines of isovists as polygons at the height of the eyes."""
    import shapely

    shapes, names = [], []
    for found, when in zip(states, ("", ", before"), strict=False):
        for name, eye, one in zip(observers.names, observers.eyes, found, strict=True):
            shapes.append(shapely.Polygon(np.column_stack((one.ring, np.full(len(one.ring), eye[2])))))
            names.append(f"{name}{when}")
    return Table(
        {
            "wkb": [str(text) for text in shapely.to_wkb(shapes, hex=True, flavor="iso")],
            "name": names,
            "role": ["isovist before" if name.endswith(", before") else "isovist" for name in names],
        }
    )


def findings_of_places(isovists: Table, sky: Mapping[str, Float64], radius_m: float) -> Iterator[str]:
    """A sentence per place: how much is seen, how far, and how much of the sky is open."""
    names, compare = isovists.texts("name"), AREA + BEFORE in isovists.columns
    for row, name in enumerate(names[:MOST_TOLD]):
        area, longest, towards = (isovists.numbers(key)[row] for key in (AREA, LONGEST, TOWARDS))
        more = " and more" if longest >= radius_m else ""
        way = COMPASS[round(towards / 45) % 8]
        said = (
            f"From {name} one sees {_area(area)} around at the height of the eye, up to {grouped(longest)} m"
            f"{more} to the {way}, and {sky[OPENNESS][row]:.0f} % of the sky"
        )
        if compare:
            before, far = (isovists.numbers(key + BEFORE)[row] for key in (AREA, LONGEST))
            said += f"; before {_area(before)}, up to {far:.0f} m, and {sky[OPENNESS + BEFORE][row]:.0f} %"
        yield f"{said}."
    if len(names) > MOST_TOLD:
        yield f"{len(names) - MOST_TOLD} more places are in the table."


def findings_of_ground(columns: Mapping[str, Float64], area_m2: Float64) -> Iterator[str]:
    """What is seen on average, and where most and least."""
    means = {name: float(np.average(values, weights=area_m2)) for name, values in columns.items()}
    area = columns[AREA]
    said = (
        f"On average one sees {_area(means[AREA])} around at the height of the eye, up to "
        f"{means[LONGEST]:.0f} m, and {means[OPENNESS]:.0f} % of the sky"
    )
    if AREA + BEFORE in columns:
        said += (
            f"; before {_area(means[AREA + BEFORE])}, up to {grouped(means[LONGEST + BEFORE])} m, and "
            f"{means[OPENNESS + BEFORE]:.0f} %"
        )
    yield f"{said}."
    least, most = float(area.min()), float(area.max())
    yield f"The least that is seen from a place is {_area(least)}, the most {_area(most)}."


def _area(area_m2: float) -> str:
    return f"{area_m2 / 10_000:.2f} ha" if area_m2 >= 10_000 else f"{grouped(area_m2)} m²"
