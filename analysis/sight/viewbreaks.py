"""What rises into the corridor of a protected view, by how much, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from analysis.blame import Names
from analysis.casters import Casters
from analysis.clipping import Cut
from analysis.naming import Naming
from analysis.sight.corridor import Corridor, breaking, highest, inside
from analysis.survey import without_plants
from layers.arrays import Float64, Int32
from layers.columns import Mask
from layers.data import Progress
from layers.runs import Int64

#: What rises into a corridor by less than this touches it: heights of cities are given to millimetres.
TOUCHES_M = 0.001
#: What became of something in the corridor, against the state before.
NEW, HIGHER, SAME, LOWER, GONE = "new", "higher", "as before", "lower", "gone"


@dataclass(frozen=True)
class Rise:
    """How far something rises above a threshold surface at most; negative where it stays below."""

    key: int  # fid of the whole object, or -1 less the id of the layer of terrain or a scan
    above_m: float
    at: Float64  # (3,) world
    along_m: float  # along the axis of the corridor
    distance_m: float  # level, from the eye

    @property
    def breaks(self) -> bool:
        """Whether it rises into the corridor."""
        return self.above_m > TOUCHES_M


@dataclass(frozen=True)
class Seen:
    """A state of the city, with the object that each triangle belongs to."""

    cast: Casters
    names: Names
    keys: Int64  # (m,) per triangle
    trees: Int32  # (t, 3) triangles of plants that are left out, into the vertices of the casters

    @classmethod
    def of(cls, naming: Naming, whole: Casters, has_trees: bool) -> Seen:
        """With the names of its objects, trees only where they count."""
        cast = whole if has_trees else without_plants(whole)
        fids, of_triangle = np.unique(cast.fid, return_inverse=True)
        found = naming.wholes(fids)[of_triangle]
        keys = np.where(found >= 0, found, -1 - cast.layer.astype(np.int64))
        return cls(cast, Names(naming, cast), keys, whole.triangles[len(cast.triangles) :])


@dataclass(frozen=True)
class Rises:
    """What stands in a corridor in one state, the highest above its threshold surface first."""

    each: tuple[Rise, ...] = ()
    above: dict[int, list[Float64]] = field(default_factory=dict)  # polygons (k, 3) above it, by key

    @property
    def breaking(self) -> tuple[Rise, ...]:
        """Those that rise into the corridor."""
        return tuple(rise for rise in self.each if rise.breaks)

    def of(self, key: int) -> Rise | None:
        """That of an object, if it stands in the corridor."""
        return next((rise for rise in self.each if rise.key == key), None)


def rises_in(corridor: Corridor, seen: Seen, is_own: Mask, progress: Progress) -> Rises:
    """What stands in a corridor, without the landmark."""
    progress(0.0, "what rises into the corridor")
    others = np.flatnonzero(~is_own)
    pieces = inside(corridor, seen.cast.vertices, seen.cast.triangles[others])
    if not len(pieces.count):
        return Rises()
    above, at = highest(corridor, pieces)
    keys = seen.keys[others[pieces.triangle]]
    order = np.lexsort((-above, keys))
    first = np.ones(len(order), bool)
    first[1:] = np.diff(keys[order]) > 0
    best = order[first]
    best = best[np.argsort(-above[best], kind="stable")]
    places = corridor.world(at[best])
    each = tuple(
        Rise(int(keys[row]), float(above[row]), place, float(at[row, 0]), float(np.hypot(*at[row, :2])))
        for row, place in zip(best.tolist(), places, strict=True)
    )
    kept = above > TOUCHES_M
    return Rises(each, _polygons(corridor, breaking(corridor, pieces.some(kept)), seen.keys[others]))


def _polygons(corridor: Corridor, pieces: Cut, keys: Int64) -> dict[int, list[Float64]]:
    """Pieces as polygons in the world, by the object they belong to."""
    found: dict[int, list[Float64]] = {}
    for corners, count, triangle in zip(pieces.corners, pieces.count, pieces.triangle, strict=True):
        found.setdefault(int(keys[triangle]), []).append(corridor.world(corners[:count]))
    return found


@dataclass(frozen=True)
class Break:
    """An object that rises into a corridor, now or before."""

    key: int
    name: str
    object_id: str
    now: Rise | None
    before: Rise | None
    state: str  # "" where there is no state before

    @property
    def counts(self) -> bool:
        """Whether it breaks the view: of two states, only what is new or higher than before does."""
        return self.now is not None and self.now.breaks and self.state in ("", NEW, HIGHER)

    @property
    def shown(self) -> Rise:
        """Where it is, or was."""
        found = self.now if self.now is not None and self.now.breaks else self.before
        assert found is not None
        return found


def breaks_of(now: Rises, before: Rises | None, seen: Sequence[Seen]) -> list[Break]:
    """All that rises into a corridor, now or before: what breaks the view first, the worst of it first."""
    was = before if before is not None else Rises()
    keys = dict.fromkeys(rise.key for rise in (*now.breaking, *was.breaking))
    found = []
    for key in keys:
        rise, older = now.of(key), was.of(key)
        state = "" if before is None else _state(rise, older)
        names = seen[0].names if rise is not None else seen[-1].names
        found.append(Break(key, names.title(key), names.id(key), rise, older, state))
    return sorted(found, key=lambda one: (not one.counts, -one.shown.above_m))


def _state(now: Rise | None, before: Rise | None) -> str:
    is_in, was_in = (rise is not None and rise.breaks for rise in (now, before))
    if now is None or not is_in:
        return GONE
    if before is None or not was_in:
        return NEW
    grown = now.above_m - before.above_m
    return SAME if abs(grown) <= TOUCHES_M else HIGHER if grown > 0 else LOWER


def hidden_m(corridor: Corridor, rise: Rise, top_z: float) -> float:
    """How many metres of the landmark's upper part are behind something where it is highest.

    Nothing where it stands behind the landmark.
    """
    if rise.along_m >= corridor.distance_m or rise.along_m <= 0:
        return 0.0
    shown = rise.above_m * corridor.distance_m / rise.along_m
    return max(0.0, min(shown, top_z - corridor.threshold_z))
