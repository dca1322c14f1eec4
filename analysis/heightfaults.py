"""What may be wrong with the heights of a whole layer, told from where its objects stand, in numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from layers.arrays import Float64
from layers.geoid import ELLIPSOIDAL, Offset

#: International foot and US survey foot (NIST SP 811) in metres.
FOOT_M, US_FOOT_M = 0.3048, 1200 / 3937
#: Fewer objects over terrain say nothing of their layer.
FEWEST = 3
#: So many of the objects must agree.
MOST = 0.6
#: An offset is constant when objects vary by no more than this, or this share of it.
SPREAD_M, SPREAD = 0.75, 0.15
#: Objects without number on this much of relief tell a scale of heights.
RELIEF = 0.02


@dataclass(frozen=True)
class Suspicion:
    """One thing that explains what was found: its kind, evidence in numbers, and the correction."""

    kind: str  # "offset", "feet", "metres", "swapped"
    text: str
    before_m: float  # how far objects were off the ground, in the middle
    after_m: float  # how far they would be after the correction
    shift_m: float = 0.0
    height_scale: float = 1.0
    swapped: bool = False


#: Offsets between datums that differ by more than decimetres.
BETWEEN_DATUMS = (
    Offset(2.25, 2.40, "TAW taken for NAP, or NAP for TAW (2.33 m)", (2.5, 49.4, 7.3, 53.7)),
    Offset(156.6, 156.75, "Wiener Null and the Adriatic datum (156.68 m)", (16.1, 48.1, 16.6, 48.4)),
)


def suspicions(
    foot_z: Float64, ground_z: Float64, tolerance_m: float, longitude: float, latitude: float
) -> Iterator[Suspicion]:
    """What explains how far feet are off the ground (both (n,), finite), the likeliest first."""
    if len(foot_z) < FEWEST:
        return
    gap = foot_z - ground_z
    off = float(np.median(np.abs(gap)))
    if off <= tolerance_m:
        return
    found = [*_scales(foot_z, ground_z, off, tolerance_m), *_offset(gap, off, longitude, latitude)]
    # Both fit flat land: an offset is the simpler explanation unless a scale fits better by far.
    yield from sorted(
        found, key=lambda each: (each.after_m > 0.5 * tolerance_m, each.kind != "offset", each.after_m)
    )


def _offset(gap: Float64, off: float, longitude: float, latitude: float) -> Iterator[Suspicion]:
    """All stand too high, or too low, by the same."""
    middle = float(np.median(gap))
    spread = float(np.median(np.abs(gap - middle)))
    within = max(SPREAD_M, SPREAD * abs(middle))
    share = float((np.abs(gap - middle) <= 2 * within).mean())
    if spread > within or share < MOST:
        return
    where = "above" if middle > 0 else "below"
    text = (
        f"{len(gap)} objects stand {abs(middle):.2f} m {where} the terrain (median), half of them "
        f"within {spread:.2f} m of that: a wrong height reference is likely"
    )
    named = list(known_offsets(middle, longitude, latitude))
    if named:
        text += f". Known offsets of this size: {'; '.join(named)}"
    yield Suspicion("offset", text, off, spread, shift_m=-middle)


def known_offsets(offset_m: float, longitude: float, latitude: float) -> Iterator[str]:
    """Differences of height references of this size at a place."""
    for known in ELLIPSOIDAL:
        if _holds(known, abs(offset_m), longitude, latitude) or _holds(
            known, -abs(offset_m), longitude, latitude
        ):
            higher = offset_m > 0
            above = "the objects" if higher == (known.low_m > 0) else "the terrain"
            yield f"heights of {above} are above the ellipsoid, the others above {known.name}"
    for known in BETWEEN_DATUMS:
        if _holds(known, abs(offset_m), longitude, latitude):
            yield known.name


def _holds(known: Offset, offset_m: float, longitude: float, latitude: float) -> bool:
    west, south, east, north = known.box
    is_there = west <= longitude <= east and south <= latitude <= north
    return is_there and known.low_m <= offset_m <= known.high_m


def _scales(foot_z: Float64, ground_z: Float64, off: float, tolerance_m: float) -> Iterator[Suspicion]:
    """All heights are as many times too large, or too small, as feet and metres are apart."""
    for kind, factor, text in (
        ("feet", FOOT_M, "heights are in feet (0.3048 m) but were taken for metres"),
        ("metres", 1 / FOOT_M, "heights are in metres but were taken for feet"),
    ):
        after = float(np.median(np.abs(foot_z * factor - ground_z)))
        if after > min(0.25 * off, max(tolerance_m, RELIEF * float(np.median(np.abs(ground_z))))):
            continue
        ratio = float(np.median(foot_z[ground_z != 0] / ground_z[ground_z != 0])) if ground_z.any() else 0.0
        us = float(np.median(np.abs(foot_z * (factor * US_FOOT_M / FOOT_M) - ground_z)))
        told = (
            f"feet of {len(foot_z)} objects are {ratio:.3f} times as high as the terrain: {text}; "
            f"{after:.2f} m are left of {off:.2f} m (medians; with US survey feet {us:.2f} m)"
        )
        yield Suspicion(kind, told, off, after, height_scale=factor)
