"""Lines of sight as tables: what a result keeps of them, and their profiles and fans."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from analysis.sight.aims import Aims
from analysis.sight.looking import Observers
from analysis.sight.profile import GONE, NEW, OBJECT, profile_rows, stacked
from analysis.sight.sightlines import Names, Seen, Sightlines
from layers import wkb
from layers.arrays import Float64
from layers.results import Table, Values

#: Profiles of more lines than this are not kept; of a bundle these are spread over it.
MOST_PROFILES = 6


def sightlines_table(aims: Aims, found: Sequence[Seen], names: Names) -> Table:
    """A row per line of sight, as results keep them (`layers.results.SIGHTLINES`), and heights."""
    first = [one.obstacles[0] if one.obstacles else None for one in found]
    at = np.full((len(found), 3), np.nan)
    for row, (one, obstacle) in enumerate(zip(found, first, strict=True)):
        if obstacle is not None:
            at[row] = one.line.point(obstacle.from_m)
    eyes, ends = (
        np.array([getattr(one.line, name) for one in found]).reshape(-1, 3) for name in ("eye", "end")
    )
    return Table(
        {
            "name": list(aims.names),
            **{f"{axis}0": eyes[:, number] for number, axis in enumerate("xyz")},
            **{f"{axis}1": ends[:, number] for number, axis in enumerate("xyz")},
            "visible": np.array([int(one.is_free) for one in found]),
            "blocked_by": ["" if one is None else names.title(one.key) for one in first],
            "object_id": ["" if one is None else names.id(one.key) for one in first],
            "fid": np.array([-1 if one is None else max(one.key, -1) for one in first], np.int64),
            **{f"at_{axis}": at[:, number] for number, axis in enumerate("xyz")},
            "distance_m": np.linalg.norm(at - eyes, axis=1),
            "excess_m": np.array([np.nan if one is None else one.excess_m for one in first]),
            "length_m": np.linalg.norm(ends - eyes, axis=1),
            "clearance_m": np.array([one.clearance_m for one in found]),
            "end_from_z": _finite([one.end_from_z for one in found]),
            "eye_from_z": _finite([one.eye_from_z for one in found]),
        }
    )


def _finite(values: Sequence[float]) -> Float64:
    return np.array([value if np.isfinite(value) else np.nan for value in values])


def obstacles_table(aims: Aims, found: Sequence[Seen], names: Names) -> Table:
    """A row per line and thing that it meets, with how high that may be without hiding the end."""
    rows = [(number, one.line, met) for number, one in enumerate(found) for met in one.obstacles]
    allowed = [float(line.heights(np.array(met.worst_m))) for _, line, met in rows]
    excess = np.array([met.excess_m for _, _, met in rows], np.float64)
    return Table(
        {
            "line": [aims.names[number] for number, _, _ in rows],
            "name": [names.title(met.key) for _, _, met in rows],
            "object_id": [names.id(met.key) for _, _, met in rows],
            "fid": np.array([max(met.key, -1) for _, _, met in rows], np.int64),
            "from_m": np.array([met.from_m for _, _, met in rows], np.float64),
            "to_m": np.array([met.to_m for _, _, met in rows], np.float64),
            "excess_m": excess,
            "worst_at_m": np.array([met.worst_m for _, _, met in rows], np.float64),
            "reaches_z": np.array(allowed) + excess,
            "allowed_z": np.array(allowed, np.float64),
        }
    )


def hiders_table(found: Sequence[Seen], names: Names, before: Sequence[Seen] | None = None) -> Table:
    """A row per thing that lines meet first: how many, how many it hides alone, and how far too high."""
    counts = [_counts(state) for state in (found, before) if state is not None]
    keys = sorted(
        set().union(*counts),
        key=lambda key: ([-state.get(key, (0,))[0] for state in counts], names.title(key)),
    )
    now = [counts[0].get(key, (0, 0, np.nan)) for key in keys]
    columns: dict[str, Values] = {
        "name": [names.title(key) for key in keys],
        "object_id": [names.id(key) for key in keys],
        "fid": np.array([max(key, -1) for key in keys], np.int64),
        "lines": np.array([count for count, _, _ in now], np.int64),
        "alone": np.array([alone for _, alone, _ in now], np.int64),
        "excess_m": np.array([excess for _, _, excess in now], np.float64),
    }
    if before is not None:
        columns["lines_before"] = np.array([counts[1].get(key, (0,))[0] for key in keys], np.int64)
    return Table(columns)


def _counts(found: Sequence[Seen]) -> dict[int, tuple[int, int, float]]:
    """Of each key how many lines it hides first, how many alone, and by how much at most."""
    counts: dict[int, tuple[int, int, float]] = {}
    for one in found:
        if one.obstacles:
            met = one.obstacles[0]
            first, alone, excess = counts.get(met.key, (0, 0, 0.0))
            is_alone = len(one.obstacles) == 1
            counts[met.key] = first + 1, alone + is_alone, max(excess, met.excess_m)
    return counts


def fan_table(observers: Observers, aims: Aims, found: Sequence[Seen], apart_deg: float) -> Table:
    """What each observer sees of its sector, as triangles in space: a slice about each line."""
    shapes = []
    for who in range(len(observers)):
        some = np.flatnonzero(aims.observer == who)
        shapes.append(wkb.multi_polygon([[_slice(found[at], apart_deg)] for at in some.tolist()]).hex())
    return Table(
        {
            "wkb": shapes,
            "name": [f"seen from {name}" for name in observers.names],
            "role": ["fan"] * len(observers),
        }
    )


def _slice(one: Seen, apart_deg: float) -> Float64:
    """(4, 3) the closed triangle of what is seen about a line, as large as the sector of a circle."""
    line = one.line
    far = one.obstacles[0].from_m if one.obstacles else line.length_m
    half = np.radians(apart_deg) / 2
    way = (line.end - line.eye)[:2] / line.length_m
    # The triangle's legs are so long that it covers what the circle's sector does.
    leg = far * np.sqrt(2 * half / np.sin(2 * half))
    z = float(line.heights(np.array(far)))
    corners = [line.eye]
    for turn in (half, -half):
        sine, cosine = np.sin(turn), np.cos(turn)
        onward = np.array((way[0] * cosine - way[1] * sine, way[0] * sine + way[1] * cosine))
        corners.append(np.array((*(line.eye[:2] + leg * onward), z)))
    return np.array([*corners, line.eye])


def profile_table(aims: Aims, states: Sequence[Sightlines], found: Sequence[Seen], names: Names) -> Table:
    """The profiles of some of the lines, with what was there before."""
    chosen = np.unique(np.linspace(0, len(aims) - 1, min(len(aims), MOST_PROFILES)).round().astype(int))
    tables = []
    for at in chosen.tolist():
        line = found[at].line
        now = states[0].slices(line)
        parts = [(now, "")]
        if len(states) > 1:
            was = states[1].slices(line)
            is_new, is_gone = ~np.isin(now.key, was.key), ~np.isin(was.key, now.key)
            parts = [(now.some(~is_new), ""), (now.some(is_new), NEW), (was.some(is_gone), GONE)]
        tables.append(profile_rows(parts, line, aims.names[at], names.title, _kind_in(states)))
    return stacked(tables)


def _kind_in(states: Sequence[Sightlines]) -> Callable[[int], str]:
    """What has a key in one of the states, the one looked at first."""

    def kind(key: int) -> str:
        return next((state.kind_of(key) for state in states if state.has(key)), OBJECT)

    return kind
