"""One line of sight in its upright section: what it meets, where, and how far that rises above it.

Exact for the triangles as they are: a line of sight sags below its chord by the Earth's curvature less
refraction, a parabola, so that its height above a straight piece is a quadratic with closed roots.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.sight.section import Section
from analysis.sight.sights import GAP_M, STRAIGHT, Bend
from layers.arrays import Float64
from layers.runs import Int64

#: What rises above a line of sight by no more than this does not hide its end.
GRAZE_M = 1e-6
#: Ends are not raised farther than this to be seen.
HIGHEST_M = 10_000.0
#: Times that an end is raised over what it then meets.
MOST_RAISED = 64


@dataclass(frozen=True)
class Line:
    """A line of sight from an eye to its end."""

    eye: Float64  # (3,) world
    end: Float64  # (3,) world
    bend: Bend = STRAIGHT
    #: So near to the eye and to the end nothing hides: they may lie on something.
    eye_gap_m: float = GAP_M
    end_gap_m: float = GAP_M

    @property
    def length_m(self) -> float:
        """On the map."""
        return float(np.hypot(*(self.end - self.eye)[:2]))

    @property
    def slope(self) -> float:
        """By how much the chord rises per metre on the map."""
        return float(self.end[2] - self.eye[2]) / self.length_m

    def heights(self, distance_m: Float64) -> Float64:
        """Its heights (world) at distances on the map."""
        found: Float64 = (
            self.eye[2] + self.slope * distance_m - self.bend.sag_m(distance_m, np.array(self.length_m))
        )
        return found

    def point(self, distance_m: float) -> Float64:
        """(3,) where it is at a distance on the map."""
        place = self.eye + (self.end - self.eye) * (distance_m / self.length_m)
        place[2] = self.heights(np.array(distance_m))
        return place

    def reversed(self) -> Line:
        """From the end to the eye; the same line."""
        return Line(self.end, self.eye, self.bend, self.end_gap_m, self.eye_gap_m)

    def raised_to(self, z: float) -> Line:
        """To an end at another height."""
        return replace(self, end=np.array((*self.end[:2], z)))


@dataclass(frozen=True)
class Above:
    """How far pieces of a section rise above a line of sight: g + p t - q t², t from 0 to 1 along each."""

    piece: Section
    g: Float64  # (k,)
    p: Float64
    q: Float64

    @property
    def peak_at(self) -> Float64:
        """(k,) t where each rises highest."""
        inner = np.divide(self.p, 2 * self.q, out=np.where(self.p > 0, 1.0, 0.0), where=self.q > 0)
        found: Float64 = np.clip(inner, 0.0, 1.0)
        return found

    @property
    def peak_m(self) -> Float64:
        """(k,) how high that is."""
        at = self.peak_at
        found: Float64 = self.g + self.p * at - self.q * at**2
        return found

    def distance_at(self, t: Float64) -> Float64:
        """(k,) distances on the map."""
        begin, end = self.piece.distance_m.T
        found: Float64 = begin + t * (end - begin)
        return found

    @property
    def met(self) -> Float64:
        """(k, 2) distances at which the line goes into and out of each piece from above; NaN where not."""
        peak, last = self.peak_m, self.g + self.p - self.q
        root = np.sqrt(np.maximum(self.p**2 + 4 * self.q * self.g, 0.0))
        rises, sinks = (peak > GRAZE_M) & (self.g <= GRAZE_M), (peak > GRAZE_M) & (last <= GRAZE_M)
        with np.errstate(divide="ignore", invalid="ignore"):
            first = np.where(rises, -2 * self.g / (self.p + root), np.nan)
            second = np.where(sinks, 2 * self.g / (root - self.p), np.nan)
            # From below the line over a hump of the Earth and under it again.
            second = np.where(sinks & (self.g <= GRAZE_M), (self.p + root) / (2 * self.q), second)
        both = np.column_stack((np.clip(first, 0.0, 1.0), np.clip(second, 0.0, 1.0)))
        begin, end = self.piece.distance_m.T
        found: Float64 = begin[:, None] + both * (end - begin)[:, None]
        return found


def above(section: Section, line: Line) -> Above:
    """How far pieces between eye and end rise above the line; what both lie on does not count."""
    flat = line.length_m / float(np.linalg.norm(line.end - line.eye))
    piece = section.within(line.eye_gap_m * flat, line.length_m - line.end_gap_m * flat)
    over = piece.z - line.heights(piece.distance_m)
    curve = line.bend.per_m2 * np.ptp(piece.distance_m, axis=1) ** 2
    return Above(piece, over[:, 0], over[:, 1] - over[:, 0] + curve, curve)


@dataclass(frozen=True)
class Obstacle:
    """Something that a line of sight meets."""

    key: int
    from_m: float  # on the map from the eye: where the line goes in
    to_m: float  # and where it is out of it at last
    excess_m: float  # how far it rises above the line, wherever it does so most
    worst_m: float  # and where that is, on the map from the eye


def obstacles(over: Above, key_of: Int64) -> tuple[Obstacle, ...]:
    """What is met, the nearest first; `key_of` (m,) says what each triangle of the casters belongs to."""
    met, keys = over.met, key_of[over.piece.triangle]
    hit = np.flatnonzero(np.isfinite(met).any(axis=1))
    peak, where = over.peak_m, over.distance_at(over.peak_at)
    found = []
    for key in np.unique(keys[hit]).tolist():
        mine = np.flatnonzero(keys == key)
        worst = mine[peak[mine].argmax()]
        entered, left = float(np.nanmin(met[mine])), float(np.nanmax(met[mine]))
        found.append(Obstacle(key, entered, left, float(peak[worst]), float(where[worst])))
    return tuple(sorted(found, key=lambda one: (one.from_m, one.key)))


def clearance_m(over: Above) -> float:
    """How far a free line of sight passes above what it passes closest; NaN where nothing is below it."""
    peak = over.peak_m
    below = peak[peak <= GRAZE_M]
    return float(np.maximum(-below.max(), 0.0)) if len(below) else np.nan


def needed_z(pieces: Section, line: Line) -> Float64:
    """(k,) z of the end at which a line from the eye just passes over each piece."""
    begin, end = pieces.distance_m.T
    wide, curve = end - begin, line.bend.per_m2
    slope = np.divide(pieces.z[:, 1] - pieces.z[:, 0], wide, out=np.zeros(len(wide)), where=wide > 0)
    under = line.eye[2] - (pieces.z[:, 0] - slope * begin)  # how far a piece's line starts below the eye
    best = np.full(len(wide), -np.inf)
    places = [begin, end]
    if curve > 0:
        # Seen from the eye the Earth's drop makes a level piece rise and sink again.
        places.append(np.clip(np.sqrt(np.maximum(under, 0) / curve), begin, end))
    for at in places:
        z = pieces.z[:, 0] + slope * (at - begin)
        z = np.where(wide > 0, z, pieces.z.max(axis=1))
        lift = (z - curve * at**2 - line.eye[2]) / at
        best = np.maximum(best, lift)
    found: Float64 = line.eye[2] + best * line.length_m + curve * line.length_m**2
    return found


def seen_from_z(section: Section, key_of: Int64, line: Line) -> float:
    """z at the end from which on upwards it is seen over what hides it, or is seen at all when it is.

    An end that is hidden is raised over all of what hides it, until nothing does. NaN where that is too
    high, -inf where nothing is below the line.
    """
    for _ in range(MOST_RAISED):
        over = above(section, line)
        mine = key_of[over.piece.triangle]
        hit = np.isfinite(over.met).any(axis=1)
        needed = needed_z(over.piece, line)
        if not hit.any():
            below = needed[over.peak_m <= GRAZE_M]
            return float(below.max(initial=-np.inf))
        z = float(needed[np.isin(mine, mine[hit])].max()) + GRAZE_M
        if not z < line.end[2] + HIGHEST_M:
            return np.nan
        line = line.raised_to(max(z, float(line.end[2]) + GRAZE_M))
    return np.nan
