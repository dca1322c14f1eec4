"""The skyline around a landmark: who makes it, what is seen of the landmark, and what has changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.sight.corridor import Corridor
from analysis.sight.skyline import NOTHING, Envelope, between, envelopes
from analysis.sight.viewbreaks import Seen
from layers.arrays import Float64
from layers.columns import Mask
from layers.data import Progress
from layers.results import BEFORE, Table, Values
from layers.runs import Int64

#: Directions across the field that is shown, and across the corridor.
ACROSS_FIELD, ACROSS_CORRIDOR = 1200, 400
#: In place of the key of an object: sky.
SKY = -(1 << 62)
#: Names of the tables.
SKYLINE, SILHOUETTE = "skyline", "silhouette"
#: A skyline is the same where it differs by less.
SAME_DEG = 1e-6


@dataclass(frozen=True)
class Outlook:
    """What is seen from a place in one state, by direction (m,)."""

    altitude_deg: Float64  # of the skyline; NaN where there is sky only
    key: Int64  # of what makes it; SKY where nothing does
    distance_m: Float64
    landmark_deg: Float64  # up to where the landmark reaches, NaN beside it
    front_deg: Float64  # up to where something stands before it, NaN where nothing does
    seen_share: float  # of the landmark's upper part, 0 … 1; NaN where it has none
    with_trees: float  # the same if trees, which are left out, hid it too


def directions_of(corridor: Corridor, field_deg: float) -> Float64:
    """Azimuths in the grid (m,) over a field around a corridor, closer together within it."""
    middle = float(np.degrees(np.arctan2(*corridor.axis)))
    left, right = np.degrees(np.arctan(corridor.left)), np.degrees(np.arctan(corridor.right))
    half = min(max(field_deg / 2, corridor.width_deg), 179.0)
    wide = np.linspace(middle - half, middle + half, ACROSS_FIELD + 1)
    narrow = np.linspace(middle - left, middle - right, ACROSS_CORRIDOR + 1)
    return np.unique(np.concatenate((wide, narrow)))


def outlook(
    corridor: Corridor, directions_deg: Float64, seen: Seen, is_own: Mask, progress: Progress
) -> Outlook:
    """The skyline and the landmark in it."""
    cast = seen.cast
    look = (corridor.eye, directions_deg, corridor.bend)
    own, _ = envelopes(cast.vertices, cast.triangles, np.flatnonzero(is_own), *look)
    far = np.nan_to_num(own.distance_m, nan=0.0)
    rest, front = envelopes(
        cast.vertices, cast.triangles, np.flatnonzero(~is_own), *look, nearer_than_m=far, progress=progress
    )
    _, trees = envelopes(
        cast.vertices, seen.trees, np.arange(len(seen.trees)), *look, nearer_than_m=far, progress=progress
    )
    is_landmark = own.tangent >= rest.tangent
    top = np.where(is_landmark, own.tangent, rest.tangent)
    triangle = np.where(is_landmark, own.triangle, rest.triangle)
    known = triangle != NOTHING
    return Outlook(
        altitude_deg=np.where(known, np.degrees(np.arctan(top)), np.nan),
        key=np.where(known, seen.keys[triangle], SKY),
        distance_m=np.where(is_landmark, own.distance_m, rest.distance_m),
        landmark_deg=own.altitude_deg,
        front_deg=front.altitude_deg,
        seen_share=_seen(corridor, directions_deg, own, front.tangent),
        with_trees=_seen(corridor, directions_deg, own, np.maximum(front.tangent, trees.tangent)),
    )


def _seen(corridor: Corridor, directions_deg: Float64, own: Envelope, front: Float64) -> float:
    """The share of the landmark's silhouette above the threshold that nothing before it hides."""
    turn = np.radians(directions_deg) - np.arctan2(*corridor.axis)
    low = corridor.rise * np.cos(turn)
    across = -np.tan(turn)
    is_in = (across <= corridor.left + 1e-12) & (across >= corridor.right - 1e-12) & (np.cos(turn) > 0)
    whole = np.where(is_in, np.maximum(own.tangent - low, 0.0), 0.0)
    shown = np.where(is_in, np.maximum(own.tangent - np.maximum(low, front), 0.0), 0.0)
    total = between(whole, directions_deg)
    return between(shown, directions_deg) / total if total > 0 else float("nan")


def skyline_table(
    place: str, azimuths_deg: Float64, outlooks: Sequence[Outlook], seen: Sequence[Seen]
) -> dict[str, Values]:
    """Columns of the table of the skyline: a row per direction, true azimuths; two states side by side."""
    columns: dict[str, Values] = {
        "place": [place] * len(azimuths_deg),
        "azimuth_deg": azimuths_deg % 360,
    }
    for ending, view, state in zip(("", BEFORE), outlooks, seen, strict=False):
        names = {key: state.names.title(key) if key != SKY else "" for key in np.unique(view.key).tolist()}
        columns |= {
            f"altitude_deg{ending}": view.altitude_deg,
            f"distance_m{ending}": view.distance_m,
            f"fid{ending}": np.where(view.key >= 0, view.key, -1),
            f"name{ending}": [names[key] for key in view.key.tolist()],
        }
        if not ending:
            columns |= {"landmark_deg": view.landmark_deg, "front_deg": view.front_deg}
    return columns


@dataclass(frozen=True)
class Change:
    """How the skyline changed against the state before."""

    raised_deg2: float  # square degrees that were sky
    lowered_deg2: float  # and that are sky now
    largest_deg: float  # rise in one direction
    azimuth_deg: float  # of that direction, in the grid
    key: int  # of what rises there


def change_of(directions_deg: Float64, now: Outlook, before: Outlook) -> Change:
    """What became of the skyline."""
    horizon = min(np.nanmin(np.append(view.altitude_deg, 0.0)) for view in (now, before))
    after, was = (np.nan_to_num(view.altitude_deg, nan=horizon) for view in (now, before))
    risen = after - was
    at = int(risen.argmax())
    return Change(
        between(np.maximum(risen, 0.0), directions_deg),
        between(np.maximum(-risen, 0.0), directions_deg),
        float(risen[at]) if risen[at] > SAME_DEG else 0.0,
        float(directions_deg[at]),
        int(now.key[at]) if risen[at] > SAME_DEG else SKY,
    )


def silhouette_table(rows: Sequence[tuple[str, Change, str, float]]) -> Table:
    """A row per viewing place: its name, what changed, what rises the most, and the true azimuth of that."""
    return Table(
        {
            "place": [place for place, _, _, _ in rows],
            "raised_deg2": np.array([change.raised_deg2 for _, change, _, _ in rows]),
            "lowered_deg2": np.array([change.lowered_deg2 for _, change, _, _ in rows]),
            "largest_rise_deg": np.array([change.largest_deg for _, change, _, _ in rows]),
            "azimuth_deg": np.array([azimuth % 360 for _, _, _, azimuth in rows]),
            "name": [name for _, _, name, _ in rows],
        }
    )
