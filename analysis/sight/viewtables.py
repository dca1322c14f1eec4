"""Tables of protected views: verdicts, what breaks them, skylines, and what is drawn of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.sight.corridor import surfaces_of
from analysis.sight.silhouette import (
    SILHOUETTE,
    SKY,
    SKYLINE,
    change_of,
    silhouette_table,
    skyline_table,
)
from analysis.sight.viewbreaks import hidden_m
from analysis.sight.viewwords import MOST_TOLD, Looked, Said, of_place, sentences
from analysis.survey import with_change
from layers.arrays import Float64
from layers.results import BEFORE, FINDINGS, OBSERVERS, SIGHTLINES, VIEWS, VOLUMES, Table, Values
from layers.views import View, views_table

BREAKS, CORRIDORS, VERDICTS = "breaks", "corridors", "verdicts"
#: The picture of a view: wider than the corridor by so much, but between these, and its width / height.
VIEW_WIDER, NARROWEST_DEG, BROADEST_DEG, VIEW_ASPECT = 5.0, 25.0, 90.0, 2.0
#: Around the landmark and what breaks the view, so much is free, and twice as much below.
FREE_DEG = 3.0


def all_of(said: Said, surfaces: Table) -> dict[str, Table]:
    """All tables of a result."""
    found = {
        FINDINGS: Table({"sentence": sentences(said, surfaces)}),
        VERDICTS: verdicts_table(said),
        BREAKS: breaks_table(said),
        CORRIDORS: corridors_table(said),
        **skylines(said),
        OBSERVERS: said.watched.table(),
        SIGHTLINES: sightlines_table(said),
        VOLUMES: volumes_table(said),
        VIEWS: views(said),
    }
    return found


def verdicts_table(said: Said) -> Table:
    """A row per viewing place: the metres by which the worst breaks the view, now and before."""
    count = len(said.looked)
    worst = [
        [max((rise.above_m for rise in state.breaking), default=0.0) for state in looked.rises]
        for looked in said.looked
    ]
    return Table(
        {
            "name": [f"{said.landmark.name} from {looked.name}" for looked in said.looked],
            "fid": np.full(count, -1, np.int64),
            "rule": [f"Free above {said.threshold_z:.1f} m at {said.landmark.name}"] * count,
            "verdict": [looked.verdict for looked in said.looked],
            "counts": np.ones(count, bool),
            "before": np.array([row[1] if said.compares else np.nan for row in worst]),
            "after": np.array([row[0] for row in worst]),
            "threshold": ["at most 0 m"] * count,
            "unit": ["m"] * count,
            "reason": [of_place(said, looked)[0] for looked in said.looked],
        }
    )


def breaks_table(said: Said) -> Table:
    """A row per viewing place and object in the view: by how much, since when, and where."""
    rows = [(looked, one) for looked in said.looked for one in looked.breaks]
    places = np.array([one.shown.at for _, one in rows]).reshape(-1, 3)
    excess = [
        np.array([np.nan if rise is None else max(rise.above_m, 0.0) for rise in rises])
        for rises in ([one.now for _, one in rows], [one.before for _, one in rows])
    ]
    before = {"excess_m": np.nan_to_num(excess[1])} if said.compares else None
    above = np.array([one.shown.above_m for _, one in rows])
    return Table(
        {
            "place": [looked.name for looked, _ in rows],
            "name": [one.name for _, one in rows],
            "object_id": [one.object_id for _, one in rows],
            "fid": np.array([max(one.key, -1) for _, one in rows], np.int64),
            **with_change({"excess_m": np.nan_to_num(excess[0])}, before),
            **({"since": [one.state for _, one in rows]} if said.compares else {}),
            "breaks": np.array([one.counts for _, one in rows], bool),
            "hides_m": np.array(
                [hidden_m(looked.corridor, one.shown, said.landmark.top_z) for looked, one in rows]
            ),
            "distance_m": np.array([one.shown.distance_m for _, one in rows]),
            **{f"at_{axis}": places[:, at] for at, axis in enumerate("xyz")},
            "allowed_z_m": places[:, 2] - above,
        }
    )


def corridors_table(said: Said) -> Table:
    """A row per viewing place: the corridor in numbers, and what is seen of the landmark."""
    corridors = [looked.corridor for looked in said.looked]
    azimuth = np.array([np.degrees(np.arctan2(*corridor.axis)) for corridor in corridors])
    seen = {
        f"{name}{ending}": np.array([100 * getattr(looked.outlooks[state], field) for looked in said.looked])
        for name, field in (("seen_pct", "seen_share"), ("seen_with_trees_pct", "with_trees"))
        for state, ending in enumerate(("", BEFORE)[: len(said.seen)])
    }
    return Table(
        {
            "place": [looked.name for looked in said.looked],
            "landmark": [said.landmark.name] * len(corridors),
            "verdict": [looked.verdict for looked in said.looked],
            "eye_z": np.array([corridor.eye[2] for corridor in corridors]),
            "azimuth_deg": (azimuth + said.convergence_deg) % 360,
            "width_deg": np.array([corridor.width_deg for corridor in corridors]),
            "width_m": np.array([corridor.width_m for corridor in corridors]),
            "distance_m": np.array([corridor.distance_m for corridor in corridors]),
            "threshold_z_m": np.array([corridor.threshold_z for corridor in corridors]),
            "threshold_deg": np.degrees(np.arctan([corridor.rise for corridor in corridors])),
            "top_z_m": np.full(len(corridors), said.landmark.top_z),
            "foot_z_m": np.full(len(corridors), said.landmark.foot_z),
            **seen,
        }
    )


def skylines(said: Said) -> dict[str, Table]:
    """The skylines from all places, and where there is a state before, what changed."""
    columns = [
        skyline_table(looked.name, looked.directions_deg + said.convergence_deg, looked.outlooks, said.seen)
        for looked in said.looked
    ]
    joined = {name: _joined([each[name] for each in columns]) for name in columns[0]}
    if not said.compares:
        return {SKYLINE: Table(joined)}
    rows = []
    for looked in said.looked:
        change = change_of(looked.directions_deg, *looked.outlooks)
        name = said.seen[0].names.title(change.key) if change.key != SKY else ""
        rows.append((looked.name, change, name, change.azimuth_deg + said.convergence_deg))
    return {SKYLINE: Table(joined), SILHOUETTE: silhouette_table(rows)}


def _joined(parts: Sequence[Values]) -> Values:
    if isinstance(parts[0], np.ndarray):
        return np.concatenate([np.asarray(part) for part in parts])
    return [str(text) for part in parts for text in part]


# --- what is drawn --------------------------------------------------------------------------------


def sightlines_table(said: Said) -> Table:
    """Of each place the worst broken lines to the threshold height, or the free one along the axis."""
    rows = []
    for looked in said.looked:
        corridor = looked.corridor
        breaks = [one for one in looked.breaks if one.counts][:MOST_TOLD]
        for one in breaks:
            rise = one.shown
            local = corridor.local(rise.at)
            end = corridor.world(local[:2] * (max(corridor.distance_m, local[0]) / local[0]))
            z = corridor.eye[2] + corridor.threshold_up(*np.moveaxis(corridor.local(end), -1, 0))
            at = (*rise.at[:2].tolist(), float(rise.at[2] - rise.above_m))
            name = f"{looked.name}: {one.name}"
            rows.append((corridor.eye, (*end.tolist(), float(z)), name, 0, at, max(one.key, -1), one.name,
                         rise.distance_m, rise.above_m))  # fmt: skip
        if not breaks:
            end = corridor.world(np.array((corridor.distance_m, 0.0)))
            nowhere = (np.nan,) * 3
            rows.append((corridor.eye, (*end.tolist(), corridor.threshold_z), looked.name, 1, nowhere, -1, "",
                         corridor.distance_m, 0.0))  # fmt: skip
    eyes, ends, ats = (np.array([row[column] for row in rows], np.float64) for column in (0, 1, 4))
    return Table(
        {
            **{f"{axis}0": eyes[:, at] for at, axis in enumerate("xyz")},
            **{f"{axis}1": ends[:, at] for at, axis in enumerate("xyz")},
            "name": [row[2] for row in rows],
            "visible": np.array([row[3] for row in rows]),
            **{f"at_{axis}": ats[:, at] for at, axis in enumerate("xyz")},
            "fid": np.array([row[5] for row in rows], np.int64),
            "blocked_by": [row[6] for row in rows],
            "distance_m": np.array([row[7] for row in rows]),
            "excess_m": np.array([row[8] for row in rows]),
        }
    )


def volumes_table(said: Said) -> Table:
    """Corridors, their threshold surfaces, and what rises above these."""
    rows: list[tuple[str, str, Sequence[Float64]]] = []
    for looked in said.looked:
        threshold, walls = surfaces_of(looked.corridor, said.landmark.top_z)
        rows += [
            (f"Corridor from {looked.name}", "corridor", walls),
            (f"Threshold surface from {looked.name}", "threshold", threshold),
        ]
        rows += [
            (f"{one.name} above the threshold surface", "breach", looked.rises[0].above[one.key])
            for one in looked.breaks
            if one.counts and one.key in looked.rises[0].above
        ]
    return Table(
        {
            "wkb": [_hex(polygons) for _, _, polygons in rows],
            "name": [name for name, _, _ in rows],
            "role": [role for _, role, _ in rows],
        }
    )


def _hex(polygons: Sequence[Float64]) -> str:
    from shapely import MultiPolygon, Polygon, to_wkb

    shape = MultiPolygon([Polygon(corners) for corners in polygons])
    return str(to_wkb(shape, hex=True, output_dimension=3, flavor="iso"))


def views(said: Said) -> Table:
    """The landmark as it is seen from each place, with what stands around it and all that breaks the view."""
    return views_table([_view(said, looked) for looked in said.looked])


def _view(said: Said, looked: Looked) -> View:
    corridor, outlook = looked.corridor, looked.outlooks[0]
    keys = [one.key for one in looked.breaks if one.counts and one.now is not None]
    breaks = np.isin(outlook.key, keys)
    axis_deg = float(np.degrees(np.arctan2(*corridor.axis)))
    around = max(VIEW_WIDER * corridor.width_deg, NARROWEST_DEG) / 2
    aside = np.append(looked.directions_deg[breaks] - axis_deg, 0.0)
    left, right = min(-around, aside.min() - FREE_DEG), max(around, aside.max() + FREE_DEG)
    ends = np.array((said.landmark.foot_z, said.landmark.top_z)) - corridor.eye[2]
    altitudes = np.append(np.degrees(np.arctan2(ends, corridor.distance_m)), outlook.altitude_deg[breaks])
    low, high = altitudes.min() - 2 * FREE_DEG, altitudes.max() + FREE_DEG
    for_height = 2 * np.degrees(np.arctan(VIEW_ASPECT * np.tan(np.radians(high - low) / 2)))
    wide_deg = float(np.clip(max(right - left, for_height), NARROWEST_DEG, BROADEST_DEG))
    azimuth, altitude = np.radians((axis_deg + (left + right) / 2, (low + high) / 2))
    way = np.array((np.sin(azimuth), np.cos(azimuth), np.tan(altitude))) * corridor.distance_m
    (x, y, z), (to_x, to_y, to_z) = corridor.eye.tolist(), (corridor.eye + way).tolist()
    return View(
        looked.name, (x, y, z), (to_x, to_y, to_z), round(wide_deg, 1), VIEW_ASPECT, said.convergence_deg
    )
