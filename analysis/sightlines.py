"""Lines of sight through a state of the city: what each meets first and how far too high that is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.aims import Aims
from analysis.casters import Casters
from analysis.lineofsight import Line, Obstacle, above, clearance_m, obstacles, seen_from_z
from analysis.looking import Observers
from analysis.naming import Naming
from analysis.profile import GROUND, OBJECT, PLANT, Slices, slices
from analysis.section import Cutter
from analysis.sights import Sights
from layers.arrays import Float64
from layers.columns import Mask
from layers.data import Progress
from layers.errors import UsageError
from layers.results import Table, Values
from layers.runs import Int64

#: Nearer to each other on the map, an eye and an end have no upright plane between them.
SHORTEST_M = 0.005


@dataclass(frozen=True)
class Seen:
    """What was found on one line of sight."""

    line: Line
    obstacles: tuple[Obstacle, ...]  # the nearest first
    clearance_m: float  # of a free line above what it passes closest; NaN of a hidden one
    end_from_z: float  # from which z on its end is seen; NaN = not looked for, or beyond all heights
    eye_from_z: float  # and from which z on the eye sees the end

    @property
    def is_free(self) -> bool:
        """Whether nothing is met."""
        return not self.obstacles


class Sightlines:
    """Lines of sight in one state of the city."""

    def __init__(self, sights: Sights, wholes: Callable[[Int64], Int64]) -> None:
        """`wholes` gives the object that each one is a part of."""
        self.cast, self.bend = sights.cast, sights.bend
        self._cutter = Cutter(self.cast, sights.plants)
        fids, of_triangle = np.unique(self.cast.fid, return_inverse=True)
        found = wholes(fids)[of_triangle]
        self.key_of: Int64 = np.where(found >= 0, found, -1 - self.cast.layer.astype(np.int64))
        self._is_ground: Mask = np.isin(self.cast.layer, self.cast.terrain)

    def along(self, eye: Float64, end: Float64, with_heights: bool) -> Seen:
        """What is met between an eye and an end; `with_heights`: and from which heights one sees."""
        line = Line(eye, end, self.bend)
        section = self._cutter.along(eye, end)
        over = above(section, line)
        met = obstacles(over, self.key_of)
        clear = np.nan if met else clearance_m(over)
        if not with_heights:
            return Seen(line, met, clear, np.nan, np.nan)
        back = section.reversed(line.length_m)
        return Seen(
            line,
            met,
            clear,
            seen_from_z(section, self.key_of, line),
            seen_from_z(back, self.key_of, line.reversed()),
        )

    def all(self, observers: Observers, aims: Aims, with_heights: bool, progress: Progress) -> list[Seen]:
        """What is met on each line."""
        found = []
        for number, (who, end) in enumerate(zip(aims.observer.tolist(), aims.ends, strict=True)):
            progress(number / len(aims), f"line of sight {number + 1} of {len(aims)}")
            found.append(self.along(observers.eyes[who], end, with_heights))
        return found

    def slices(self, line: Line) -> Slices:
        """What stands and lies along a line."""
        section = self._cutter.along(line.eye, line.end).within(0.0, line.length_m)
        return slices(section, self.key_of, self._is_ground)

    def kind_of(self, key: int) -> str:
        """What has this key in a profile: terrain, a plant, or another object."""
        if -1 - key in self.cast.terrain:
            return GROUND
        return PLANT if key in self._plants else OBJECT

    def has(self, key: int) -> bool:
        """Whether anything here has this key."""
        return key in self._keys

    @cached_property
    def _keys(self) -> frozenset[int]:
        return frozenset(np.unique(self.key_of).tolist())

    @cached_property
    def _plants(self) -> frozenset[int]:
        return frozenset(np.unique(self.key_of[self.cast.opaque :]).tolist())


class Names:
    """What the keys of what hides are called."""

    def __init__(self, naming: Naming, casts: Sequence[Casters]) -> None:
        self._naming = naming
        self._layers = {number: name for cast in casts for number, name in cast.names.items()}

    def id(self, key: int) -> str:
        """The id of the object, the name of the layer where it is none."""
        return self._naming.id(key) if key >= 0 else self._layers[-1 - key]

    def title(self, key: int) -> str:
        """Its name, or that of the layer."""
        return self._naming.title(key) if key >= 0 else self._layers[-1 - key]


def check_apart(observers: Observers, aims: Aims) -> None:
    """Refuse ends that lie above or below their eye: they have no upright plane."""
    ways = aims.ends - observers.eyes[aims.observer]
    bad = np.flatnonzero(np.hypot(ways[:, 0], ways[:, 1]) < SHORTEST_M)
    if len(bad):
        raise UsageError(
            "A target lies straight above or below the eye",
            where=aims.names[bad[0]],
            do="Move one of them by a centimetre",
        )


def sightlines_table(aims: Aims, found: Sequence[Seen], names: Names) -> Table:
    """A row per line of sight, as results keep them (`layers.results.SIGHTLINES`), and heights."""
    first = [one.obstacles[0] if one.obstacles else None for one in found]
    at = np.full((len(found), 3), np.nan)
    for row, (one, obstacle) in enumerate(zip(found, first, strict=True)):
        if obstacle is not None:
            at[row] = one.line.point(obstacle.from_m)
    eyes, ends = np.array([one.line.eye for one in found]), np.array([one.line.end for one in found])
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
