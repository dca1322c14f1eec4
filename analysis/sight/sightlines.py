"""Lines of sight through a state of the city: what each meets first and how far too high that is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.casters import Casters
from analysis.naming import Naming
from analysis.sight.aims import Aims
from analysis.sight.lineofsight import Line, Obstacle, above, clearance_m, obstacles, seen_from_z
from analysis.sight.looking import Observers
from analysis.sight.profile import GROUND, OBJECT, PLANT, Slices, slices
from analysis.sight.section import Cutter
from analysis.sight.sights import GAP_M, Sights
from layers.arrays import Float64
from layers.columns import Mask
from layers.data import Progress
from layers.errors import UsageError
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

    def along(self, eye: Float64, end: Float64, with_heights: bool, end_gap_m: float = GAP_M) -> Seen:
        """What is met between an eye and an end; `with_heights`: and from which heights one sees.

        What lies within `end_gap_m` of the end does not hide it.
        """
        line = Line(eye, end, self.bend, end_gap_m=end_gap_m)
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
            found.append(self.along(observers.eyes[who], end, with_heights, aims.gap_m))
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
