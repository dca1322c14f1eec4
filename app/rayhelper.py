"""A process that knows what stands around a place, and casts rays: to the sun, and from eyes.

Gathering triangles and building their tree holds up every other thread of the process that does it, so the
window has it done by another one; answers to some ten thousand points take a few milliseconds.

    to it      {"path", "city_date", "scenario", "x", "y", "radius_m"}, as a line of JSON
    from it    {"whole", "triangles", "notes"}, or {"error"}
    to it      QUESTION (what, how many, a direction or an eye), then so many points (n, 3) float64
    from it    as many shares of light, or whether they are in sight, float32; or MET for the first point
"""

from __future__ import annotations

import struct
import sys
import weakref
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path
from subprocess import DEVNULL
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import orjson
from numpy.typing import NDArray

from app.child import child, lines
from layers.arrays import Float64
from layers.data import Box
from layers.errors import CitystrataError

if TYPE_CHECKING:
    from analysis.sight.sights import Sights

Float32 = NDArray[np.float32]

QUESTION = struct.Struct("<BI3d")
#: What is met and how far away; and the fields of `AllRound`.
MET, ALL_ROUND = struct.Struct("<qd"), struct.Struct("<Idqdddq")
#: Shadows of a sun lower than this may end where the margin does.
LOWEST_DEG = 4.0
#: Looking all around is done in so many directions.
DIRECTIONS = 60_000
#: The ground that is seen is counted so far around, in points so far apart and so high above it.
GROUND_M, APART_M, ABOVE_M = 500.0, 8.0, 0.1
#: The Earth's curvature is followed within this, so that no line of sight of a district needs two pieces.
OFF_CURVE_M = 0.05
#: What is no object: terrain and scans; and nothing at all.
NO_OBJECT, NOTHING = -1, -2


class Asked(IntEnum):
    """What a question is about."""

    LIGHT = 0  # from a direction, through plants without leaves
    LIGHT_IN_LEAF = 1
    SIGHT = 2  # of an eye
    MEETING = 3  # what a line of sight from an eye to a point meets
    AROUND = 4  # what an eye sees in all directions


@dataclass(frozen=True)
class Around:
    """Where in which project rays are cast, and at which date of the city ('' = all)."""

    path: str
    city_date: str
    scenario: str  # name, '' for the city as it is
    x: float
    y: float
    radius_m: float


@dataclass(frozen=True)
class Meeting:
    """What a line of sight meets first."""

    fid: int  # NO_OBJECT for terrain and scans, NOTHING where it is free
    distance_m: float  # from the eye


@dataclass(frozen=True)
class AllRound:
    """What an eye sees in all directions, as far as was gathered."""

    objects: int  # of which something is seen, trees left out; a ray every 0.8°
    sky: float  # share of all directions above the horizon in which nothing is
    farthest_fid: int  # of the object that is farthest away; NOTHING where none is seen
    farthest_m: float
    ground_m2: float  # of the open ground within GROUND_M or the reach; NaN without a terrain
    ground_share: float
    within_fid: int  # of the object in which the eye is; NO_OBJECT where it is in none


class RayHelper:
    """The process as the window sees it. Made in a job; asked on one thread only."""

    def __init__(self, around: Around, go_on: Callable[[], object]) -> None:
        """Start it, and wait until it is ready; `go_on` may raise meanwhile."""
        with ExitStack() as stack:
            self._process = stack.enter_context(child(["-m", __name__], errors=DEVNULL))
            assert self._process.stdin and self._process.stdout
            self._questions: IO[bytes] = self._process.stdin
            self._answers: IO[bytes] = self._process.stdout
            said = self._first_words(around, go_on)
            self._end = weakref.finalize(self, stack.pop_all().close)
        self.is_alive = True
        self.is_whole: bool = said["whole"]  # whether nothing of the project lies beyond
        self.triangles: int = said["triangles"]
        self.notes: tuple[str, ...] = tuple(said["notes"])

    def _first_words(self, around: Around, go_on: Callable[[], object]) -> dict[str, Any]:
        with suppress(OSError):  # it has died: it then says nothing
            self._questions.write(orjson.dumps(around) + b"\n")
            self._questions.flush()
        said: dict[str, Any] = {"error": {"what": "It ended"}}
        for line in lines(self._answers, 1):
            go_on()
            if line is not None:
                said = orjson.loads(line)
        if "error" in said:
            raise CitystrataError("What stands around could not be gathered", found=said["error"]["what"])
        return said

    def share(self, points: Float64, direction: Float64, in_leaf: bool = True) -> Float32:
        """Share of light (n,) that reaches points (n, 3) from a direction (3,); all, once it has died."""
        asked = Asked.LIGHT_IN_LEAF if in_leaf else Asked.LIGHT
        answer = self._ask(asked, direction, points, 4 * len(points))
        return np.frombuffer(answer, "<f4") if answer else np.ones(len(points), np.float32)

    def sees(self, points: Float64, eye: Float64) -> Float32:
        """Whether points (n, 3) are in sight of an eye (3,): 1, or 0 (n,); none, once it has died."""
        answer = self._ask(Asked.SIGHT, eye, points, 4 * len(points))
        return np.frombuffer(answer, "<f4") if answer else np.zeros(len(points), np.float32)

    def meeting(self, eye: Float64, point: Float64) -> Meeting | None:
        """What the line of sight to a point (3,) meets; None once it has died."""
        answer = self._ask(Asked.MEETING, eye, point[None], MET.size)
        return Meeting(*MET.unpack(answer)) if answer else None

    def all_round(self, eye: Float64, reach_m: float = np.inf) -> AllRound | None:
        """What an eye sees in all directions so far; None once it has died."""
        answer = self._ask(Asked.AROUND, eye, np.array([[reach_m, 0.0, 0.0]]), ALL_ROUND.size)
        return AllRound(*ALL_ROUND.unpack(answer)) if answer else None

    def _ask(self, asked: Asked, way: Float64, points: Float64, size: int) -> bytes:
        """The answer, nothing where there is none."""
        answer = b""
        if self.is_alive and len(points):
            try:
                self._questions.write(QUESTION.pack(asked, len(points), *way.tolist()))
                self._questions.write(np.ascontiguousarray(points, "<f8").data)
                self._questions.flush()
                answer = self._answers.read(size)
            except OSError:
                self.is_alive = False
        if len(answer) < size:
            self.is_alive = False
            return b""
        return answer

    def end(self) -> None:
        """Let it go."""
        self.is_alive = False
        self._end()


# -- the process itself ------------------------------------------------------------------------------


def main() -> int:
    """Gather, then answer until nobody asks any more."""
    from analysis.casters import casters, height_range, margin_for
    from analysis.naming import Naming
    from analysis.sight.sights import Bend, Sights
    from analysis.situation import Situation
    from analysis.standing import casting_layers
    from layers.importing import complete
    from layers.project import Project

    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    around = Around(**orjson.loads(questions.readline()))
    try:
        with Project.open(Path(around.path), read_only=True) as project:
            complete(project, casting_layers(project))
            area, is_whole = _area(project, around)
            margin_m = margin_for(LOWEST_DEG, height_range(project))
            situation = Situation(date=around.city_date, scenario=around.scenario)
            cast = casters(project, situation, area, margin_m, lowest_altitude_deg=LOWEST_DEG)
            cast = replace(cast, fid=Naming(project).wholes(cast.fid))
    except CitystrataError as error:
        answers.write(orjson.dumps({"error": error.parts()}) + b"\n")
        return 1
    triangles = cast.rays.triangle_count + cast.veils.triangle_count  # their trees are built now
    answers.write(orjson.dumps({"whole": is_whole, "triangles": triangles, "notes": cast.notes}) + b"\n")
    answers.flush()
    sights = Sights(cast, bend=Bend(off_curve_m=OFF_CURVE_M))
    while len(head := questions.read(QUESTION.size)) == QUESTION.size:
        asked, count, *numbers = QUESTION.unpack(head)
        points, way = np.frombuffer(questions.read(24 * count), "<f8").reshape(count, 3), np.array(numbers)
        if asked == Asked.SIGHT:
            answers.write(sights.free(way, points).astype("<f4").data)
        elif asked == Asked.MEETING:
            answers.write(MET.pack(*_meeting(sights, way, points)))
        elif asked == Asked.AROUND:
            answers.write(ALL_ROUND.pack(*_all_round(sights, way, float(points[0, 0]))))
        else:
            lit = cast.share(points, way, in_leaf=asked == Asked.LIGHT_IN_LEAF)
            answers.write(lit.astype("<f4").data)
        answers.flush()
    return 0


def _area(project: Any, around: Around) -> tuple[Box, bool]:
    """The box in which rays are wanted, as high as the city, and whether all of the city is in it."""
    boxes = np.array([layer.box for layer in project.layers if layer.box]).reshape(-1, 6)
    low, high = float(boxes[:, 2].min(initial=np.inf)), float(boxes[:, 5].max(initial=-np.inf))
    west, south = around.x - around.radius_m, around.y - around.radius_m
    east, north = around.x + around.radius_m, around.y + around.radius_m
    is_whole = bool((boxes[:, :2] >= (west, south)).all() and (boxes[:, 3:5] <= (east, north)).all())
    return (west, south, low, east, north, high), is_whole


def _meeting(sights: Sights, eye: Float64, points: Float64) -> tuple[int, float]:
    """The object that the line of sight to the first of some points meets, and how far from the eye."""
    triangle, share = sights.first(eye, points[:1])
    length = float(np.linalg.norm(points[0] - eye))
    if triangle[0] < 0:
        return NOTHING, length
    return int(sights.cast.fid[triangle[0]]), length * float(share[0])


def _all_round(
    sights: Sights, eye: Float64, reach_m: float
) -> tuple[int, float, int, float, float, float, int]:
    """What an eye sees in all directions so far, as the fields of `AllRound`."""
    number = np.arange(DIRECTIONS) + 0.5
    up = 1 - 2 * number / DIRECTIONS  # evenly over the sphere, along a spiral of golden steps
    turn, level = number * np.pi * (3 - np.sqrt(5)), np.sqrt(1 - up * up)
    ways = np.column_stack((np.cos(turn) * level, np.sin(turn) * level, up))
    cast = sights.cast
    endless = float(np.ptp(cast.vertices, axis=0).max(initial=1.0)) * 2 + 1
    triangle, share = sights.first(eye, eye + ways * endless)
    sky = float((triangle[up > 0] < 0).mean())
    met = np.flatnonzero((triangle >= 0) & (triangle < cast.opaque))  # trees are too many to be told
    fids, away = cast.fid[triangle[met]], share[met] * endless
    counts = (fids >= 0) & (away <= reach_m)
    fids, away = fids[counts], away[counts]
    ground = _ground_seen(sights, eye, min(GROUND_M, reach_m))
    within = int(cast.holding(eye[None])[0])
    if not len(fids):
        return 0, sky, NOTHING, 0.0, *ground, within
    farthest = int(away.argmax())
    return len(np.unique(fids)), sky, int(fids[farthest]), float(away[farthest]), *ground, within


def _ground_seen(sights: Sights, eye: Float64, reach_m: float) -> tuple[float, float]:
    """How much of the open ground so far around an eye it sees, in m² and as a share."""
    aside = np.arange(-GROUND_M, GROUND_M + APART_M, APART_M)
    x, y = (part.ravel() for part in np.meshgrid(aside, aside))
    near = np.hypot(x, y) <= reach_m
    points = np.column_stack((eye[0] + x[near], eye[1] + y[near], np.zeros(near.sum())))
    points[:, 2] = sights.cast.ground.heights(points[:, :2]) + ABOVE_M
    points = points[np.isfinite(points[:, 2])]
    points = points[~sights.cast.inside(points)]
    if not len(points):
        return float("nan"), float("nan")
    seen = sights.free(eye, points)
    return float(seen.sum()) * APART_M**2, float(seen.mean())


if __name__ == "__main__":
    sys.exit(main())
