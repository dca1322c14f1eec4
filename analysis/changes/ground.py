"""What changed of the ground and of clouds, as results hold it: places with values, and sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.changes.clouds import Apart
from analysis.changes.earth import Earth
from analysis.changes.words import datum_sentences
from layers.arrays import Float64
from layers.results import Grid, Quantity, Table, Values
from layers.written import counted, grouped

RISE, DISTANCE = "rise_m", "m3c2_m"
#: Limits of colours are where so many per cent of the values lie within.
MOST_PCT = 98.0
#: Where hardly anything moved, by this share of the most, says nothing of that.
STILL = 0.01


@dataclass(frozen=True)
class Places:
    """Points of a result and the row of its surfaces that stands for them."""

    points: Table
    row: Table
    grid: Grid | None = None


def quantities(earth: Earth | None, clouds: Apart | None) -> Iterator[Quantity]:
    """What is told of places."""
    if earth is not None:
        high = _limit(earth.rise_m)
        yield Quantity(RISE, "Ground higher by", "m", 2, "difference", -high, high)
    elif clouds is not None:
        high = _limit(clouds.found.distance_m)
        yield Quantity(DISTANCE, "Cloud away by", "m", 2, "difference", -high, high)


def _limit(values: Float64) -> float:
    known = np.abs(values[np.isfinite(values)])
    known = known[known > STILL * known.max(initial=0.0)]
    return max(float(np.percentile(known, MOST_PCT)) if len(known) else 0.0, 0.01)


def places_of(
    earth: Earth | None, clouds: Apart | None, first_row: int, names: Sequence[str]
) -> Places | None:
    """The ground where it is known, else the clouds; the surfaces of the result have `first_row` rows before.

    `names` are the columns of these.
    """
    if earth is not None:
        up = np.tile((0.0, 0.0, 1.0), (len(earth.places), 1))
        side = earth.grid.step_m
        points = _points(earth.places, up, side * side, first_row, {RISE: earth.rise_m})
        return Places(
            points, _row("terrain", float(len(up)) * side * side, {RISE: earth.rise_m}, names), earth.grid
        )
    if clouds is None:
        return None
    found = clouds.found
    known = np.isfinite(found.distance_m)
    columns = {
        DISTANCE: found.distance_m[known],
        "detection_m": found.detection_m[known],
        "significant": found.is_significant[known].astype(np.float64),
    }
    points = _points(clouds.places[known], found.normal[known], 0.0, first_row, columns)
    return Places(points, _row("point cloud", 0.0, {DISTANCE: columns[DISTANCE]}, names))


def _points(
    places: Float64, normals: Float64, area_m2: float, row: int, columns: dict[str, Float64]
) -> Table:
    count = len(places)
    return Table(
        {
            **{name: places[:, axis] for axis, name in enumerate("xyz")},
            **{name: normals[:, axis] for axis, name in enumerate(("nx", "ny", "nz"))},
            "area_m2": np.full(count, area_m2),
            "row": np.full(count, row, np.int32),
            **columns,
        }
    )


def _row(name: str, area_m2: float, means: dict[str, Float64], names: Sequence[str]) -> Table:
    """The row of a table of surfaces that stands for all places."""
    texts = {"object_id": name, "surface_id": name, "surface_type": name}
    numbers = {
        "layer": 0, "fid": -1, "geometry": -1, "surface": -1, "area_m2": area_m2, "tilt_deg": 0.0,
        "azimuth_deg": np.nan,
        **{key: float(values.mean()) if len(values) else np.nan for key, values in means.items()},
    }  # fmt: skip
    every = dict.fromkeys((*names, *numbers))
    return Table(
        {key: [texts[key]] if key in texts else np.array([numbers.get(key, np.nan)]) for key in every}
    )


def with_row(surfaces: Table, row: Table) -> Table:
    """A table of surfaces with one more row; columns that only one of them has are NaN in the other."""
    columns: dict[str, Values] = {}
    for name, last in row.columns.items():
        if isinstance(last, list):
            columns[name] = [*surfaces.columns.get(name, []), *last]
        else:
            held = surfaces.columns.get(name, np.full(len(surfaces), np.nan))
            kind = np.int64 if name in ("layer", "fid", "geometry", "surface") else np.float64
            columns[name] = np.append(np.asarray(held), last).astype(kind)
    return Table(columns)


def earth_sentences(earth: Earth) -> Iterator[str]:
    """What there is to say of the ground."""
    names = " and ".join(", ".join(layer.name for layer in side) for side in (earth.before, earth.after))
    yield (
        f"Terrain ({names}): {grouped(earth.cut_m3, 1)} m³ cut on {grouped(earth.cut_m2)} m², "
        f"{grouped(earth.fill_m3, 1)} m³ filled on {grouped(earth.fill_m2)} m²; "
        f"{grouped(earth.fill_m3 - earth.cut_m3, 1)} m³ more than before; at most {earth.deepest_m:.2f} m "
        f"lower and {earth.highest_m:.2f} m higher."
    )
    if earth.datum is not None and earth.is_leveled:
        yield from datum_sentences(earth.datum)
    elif earth.datum is not None:
        yield (
            f"Most of the ground is {abs(earth.datum.offset_m):.3f} m "
            f"{'higher' if earth.datum.offset_m > 0 else 'lower'}: perhaps heights refer to another vertical "
            "datum. This is counted, as the layers do not state different ones."
        )


def earth_table(earth: Earth) -> Table:
    """One row: what was moved."""
    numbers = {
        "cut_m3": earth.cut_m3,
        "fill_m3": earth.fill_m3,
        "balance_m3": earth.fill_m3 - earth.cut_m3,
        "cut_m2": earth.cut_m2,
        "fill_m2": earth.fill_m2,
        "deepest_m": earth.deepest_m,
        "highest_m": earth.highest_m,
        "cell_m": earth.cell_m,
        "cells": float(earth.cells),
    }
    return Table({name: np.array([value]) for name, value in numbers.items()})


def cloud_sentences(clouds: Apart) -> Iterator[str]:
    """What there is to say of the clouds."""
    names = " and ".join(", ".join(layer.name for layer in side) for side in (clouds.before, clouds.after))
    known = np.isfinite(clouds.found.distance_m)
    if not known.any():
        yield f"Point clouds ({names}): nowhere do both have points so near that they can be compared."
        return
    told, far = clouds.found.is_significant[known], clouds.found.distance_m[known]
    yield (
        f"Point clouds ({names}): significantly apart at {100 * told.mean():.0f} % of "
        f"{counted(int(known.sum()), 'place')}; the middle distance is {np.median(far):.3f} m, 90 % lie "
        f"between {np.percentile(far, 5):.2f} m and {np.percentile(far, 95):.2f} m; what can be told is "
        f"{np.median(clouds.found.detection_m[known]):.3f} m in the middle."
    )


def cloud_table(clouds: Apart) -> Table:
    """A row per core point."""
    found = clouds.found
    return Table(
        {
            **{name: clouds.places[:, axis] for axis, name in enumerate("xyz")},
            **{name: found.normal[:, axis] for axis, name in enumerate(("nx", "ny", "nz"))},
            DISTANCE: found.distance_m,
            "detection_m": found.detection_m,
            "significant": found.is_significant.astype(np.float64),
            "points_before": found.count[:, 0].astype(np.float64),
            "points_after": found.count[:, 1].astype(np.float64),
        }
    )
