"""Who looks and along which lines, as results keep them: pins, lines of sight, outlines of volumes.

They are drawn by the processor onto the finished picture, so that they are as smooth on any machine and
keep their colours in sun and shadow; what stands before them shows them faintly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from layers.arrays import Float64
from layers.results import OBSERVERS, SIGHTLINES, Result, Table
from layers.written import metres
from viewer.color import LegendEntry
from viewer.faces import Index
from viewer.light import Background
from viewer.palette import rgb
from viewer.pen import Pen
from viewer.picking import View2D
from viewer.picture import Float32, Picture

#: Free and blocked, told apart by everybody (Okabe and Ito); and those who look.
FREE, BLOCKED, LOOKER = "#009e73", "#d55e00", "#1f5fbf"
LINE_PX, STEM_PX, PIN_PX, MARK_PX = 2.2, 1.6, 5.0, 3.6
MOVING_PX = 1.0
#: Many lines are drawn thinner and fainter, so that each can be followed.
MANY, MANY_PX, MANY_STRENGTH = 60, 1.2, 0.75
#: In motion so many lines are drawn at most.
MOST_MOVING = 400
#: What is left of a line behind something.
BEHIND = 0.22
#: What lies on a surface is before it: as a share of its distance, and in metres.
ON_SURFACE, ON_SURFACE_M = 0.002, 0.15
#: Names of so many who look are written.
MOST_NAMED = 24
NAME_SIZE = 13
#: Who looks is not drawn so near the camera: it is where they stand.
TOO_NEAR_M = 3.0
REACH_PX = 6.0
#: Lines are cut off so far before the eye of the camera.
NEAREST_M = 0.05


@dataclass(frozen=True, eq=False)
class Strokes:
    """Straight lines of one colour."""

    ends: Float64  # (n, 2, 3) world
    color: str
    width: float = LINE_PX
    strength: float = 1.0


class ResultLines:
    """The lines and pins of a result."""

    def __init__(self, result: Result, outlines: tuple[Strokes, ...] = ()) -> None:
        """`outlines` are drawn as well, below all others."""
        sights = result.tables.get(SIGHTLINES, Table())
        self._sights, self._outlines = sights, outlines
        self._free, self._blocked, self._hits = _cut(sights)
        self._lookers = result.tables.get(OBSERVERS, Table())
        self._eyes, self._feet = _stems(self._lookers)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not (len(self._sights) or len(self._eyes) or self._outlines)

    def legend(self) -> Iterator[LegendEntry]:
        """What the colours of the lines mean."""
        free, blocked = len(self._sights) - len(self._hits), len(self._hits)
        if free:
            yield LegendEntry("Free", FREE, free, heading="Lines of sight")
        elif blocked:
            yield LegendEntry("Free up to what is in the way", FREE, blocked, heading="Lines of sight")
        if blocked:
            yield LegendEntry("Blocked", BLOCKED, blocked, heading="Lines of sight")

    # -- drawing -----------------------------------------------------------------------------------

    def draw(self, picture: Picture, view: View2D, moving: bool, background: Background) -> None:
        """Draw them into a picture of a view."""
        sketch = Sketch(picture, view, background)
        for outline in self._outlines:
            sketch.lines(outline.ends, outline.color, outline.width, outline.strength)
        is_many = len(self._sights) > MANY
        width = MOVING_PX if moving else MANY_PX if is_many else LINE_PX
        strength = MANY_STRENGTH if is_many else 1.0
        step = -(-len(self._sights) // MOST_MOVING) if moving else 1
        for ends, color in ((self._blocked, BLOCKED), (self._free, FREE)):
            sketch.lines(ends[:: max(step, 1)], color, width, strength)
        if not is_many or not moving:
            sketch.dots(self._hits, "#ffffff", MARK_PX + 1.2)
            sketch.dots(self._hits, BLOCKED, MARK_PX)
        self._draw_pins(sketch, view)

    def _draw_pins(self, sketch: Sketch, view: View2D) -> None:
        if not len(self._eyes):
            return
        far = np.linalg.norm(self._eyes - view.camera.eye, axis=1) > TOO_NEAR_M
        eyes = self._eyes[far]
        sketch.lines(np.stack((self._feet[far], eyes), axis=1), LOOKER, STEM_PX)
        sketch.dots(eyes, "#ffffff", PIN_PX + 1.6)
        sketch.dots(eyes, LOOKER, PIN_PX)
        if len(eyes) <= MOST_NAMED:
            names = self._lookers.texts("name")
            for row, eye in zip(np.flatnonzero(far).tolist(), eyes, strict=True):
                sketch.name(eye, names[row])

    # -- what they say -------------------------------------------------------------------------------

    def words(self, view: View2D, x: float, y: float) -> tuple[Float64, tuple[str, ...]] | None:
        """The place and the words of the pin or the line under a pixel position, title first."""
        sketch = _Places(view)
        if len(self._eyes):
            pins = sketch.project(self._eyes)
            away = np.hypot(pins[:, 0] - x, pins[:, 1] - y)
            if np.nanmin(np.where(np.isfinite(away), away, np.inf)) <= PIN_PX + 2:
                row = int(np.nanargmin(np.where(np.isfinite(away), away, np.inf)))
                return self._eyes[row], _of_looker(self._lookers, row)
        if not len(self._sights):
            return None
        ends = _whole(self._sights)
        away, share = _from_lines(sketch.clipped(ends), x, y)
        row = int(away.argmin())
        if not away[row] <= REACH_PX:
            return None
        place = ends[row, 0] + share[row] * (ends[row, 1] - ends[row, 0])
        return place, _of_line(self._sights, row)


class _Places:
    """Where points of the world lie in a picture, and how deep."""

    def __init__(self, view: View2D, ahead_m: float = 0.0) -> None:
        """`ahead_m` is how far the eye lies before where depths are counted from."""
        self._view, self._ahead = view, ahead_m

    def project(self, points: Float64) -> Float64:
        """Pixel x, pixel y and depth (n, 3); no numbers behind the eye."""
        seen = self._view.project(points)
        seen[:, 2] += self._ahead
        if not self._view.camera.parallel:
            seen[seen[:, 2] <= 0] = np.nan
        return seen

    def clipped(self, ends: Float64) -> Float64:
        """Lines (n, 2, 3) as pixels and depths, without what lies behind the eye."""
        kept = ends
        if not self._view.camera.parallel and len(ends):
            depth = self._view.project(ends.reshape(-1, 3))[:, 2].reshape(-1, 2)
            nearest = np.minimum(NEAREST_M, np.abs(depth).max(axis=1) / 2)
            kept = ends.copy()
            with np.errstate(divide="ignore", invalid="ignore"):
                share = (nearest - depth[:, 0]) / (depth[:, 1] - depth[:, 0])
                cut = ends[:, 0] + share[:, None] * (ends[:, 1] - ends[:, 0])
            for end in (0, 1):
                behind = depth[:, end] < nearest
                kept[behind, end] = cut[behind]
            kept[(depth < nearest[:, None]).all(axis=1)] = np.nan
        return self.project(kept.reshape(-1, 3)).reshape(-1, 2, 3)


class Sketch:
    """Draws places of the world into a picture, fainter where something stands before them."""

    def __init__(self, picture: Picture, view: View2D, background: Background) -> None:
        camera = view.camera
        self._picture, self._is_parallel = picture, camera.parallel
        self._ink = np.array(background.ink, np.float32)
        self._pen = Pen(picture.pixels, background.paper)
        self._places = _Places(view, float((camera.eye - view.origin - picture.eye) @ camera.basis[2]))
        self._words: list[tuple[float, float, float]] = []

    def lines(self, ends: Float64, color: str, width: float, strength: float = 1.0) -> None:
        """Lines (n, 2, 3) in the world."""
        if len(ends):
            drawn = self._places.clipped(ends)
            if not self._is_parallel:  # one over the depth is linear over the picture
                drawn[..., 2] = 1.0 / drawn[..., 2]
            self._pen.lines(drawn, rgb(color).astype(np.float32), strength, width, self._seen)

    def dots(self, points: Float64, color: str, radius: float) -> None:
        """Round spots at points (n, 3)."""
        self.lines(np.repeat(points[:, None], 2, axis=1), color, 2 * radius)

    def name(self, point: Float64, words: str) -> None:
        """Words above a point, unless others are there."""
        x, y, _ = self._places.project(point[None])[0].tolist()
        wide, y = 0.6 * NAME_SIZE * len(words), y - 2.2 * PIN_PX - NAME_SIZE / 2
        taken = any(abs(x - a) < (wide + w) / 2 and abs(y - b) < NAME_SIZE for a, b, w in self._words)
        height, width, _ = self._picture.pixels.shape
        if words and not taken and 0 <= x < width and 0 <= y < height:
            self._words.append((x, y, wide))
            self._pen.word(x, y, words, self._ink, 1.0, NAME_SIZE, bold=True, plate=True)

    def _seen(self, column: Index, row: Index, third: Float64) -> Float32:
        """How strongly a line is drawn where something else is that deep."""
        depth = third if self._is_parallel else 1.0 / third
        covered = self._picture.depth[row, column] < depth * (1 - ON_SURFACE) - ON_SURFACE_M
        return np.where(covered, np.float32(BEHIND), np.float32(1))


def _whole(sights: Table) -> Float64:
    """Lines of sight (n, 2, 3) from the eye to the end."""
    return np.stack(
        [np.column_stack([sights.numbers(f"{axis}{end}") for axis in "xyz"]) for end in "01"], axis=1
    )


def _cut(sights: Table) -> tuple[Float64, Float64, Float64]:
    """Their free parts (n, 2, 3), what lies behind a block (m, 2, 3), and where they are blocked (m, 3)."""
    if not len(sights):
        return np.empty((0, 2, 3)), np.empty((0, 2, 3)), np.empty((0, 3))
    ends = _whole(sights)
    at = np.column_stack([sights.numbers(f"at_{axis}") for axis in "xyz"])
    is_cut = ~(sights.numbers("visible") > 0) & np.isfinite(at).all(axis=1)
    free = ends.copy()
    free[is_cut, 1] = at[is_cut]
    return free, np.stack((at[is_cut], ends[is_cut, 1]), axis=1), at[is_cut]


def _stems(lookers: Table) -> tuple[Float64, Float64]:
    """The eyes and the feet (n, 3) of those who look."""
    if not len(lookers):
        return np.empty((0, 3)), np.empty((0, 3))
    eyes = np.column_stack([lookers.numbers(axis) for axis in "xyz"])
    return eyes, np.column_stack((eyes[:, :2], lookers.numbers("foot_z")))


def _from_lines(ends: Float64, x: float, y: float) -> tuple[Float64, Float64]:
    """How far a pixel is from lines (n, 2, 3) of a picture, and at what share of each it is nearest."""
    start, way = ends[:, 0, :2], ends[:, 1, :2] - ends[:, 0, :2]
    off = np.array([x, y]) - start
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.clip(np.nan_to_num((off * way).sum(axis=1) / (way**2).sum(axis=1)), 0.0, 1.0)
        near, far = ends[:, 0, 2], ends[:, 1, 2]
        along = share * near / (far + share * (near - far))  # the share of the way in space
    away = np.hypot(*(off - share[:, None] * way).T)
    return np.where(np.isfinite(away), away, np.inf), np.nan_to_num(along)


def _of_looker(lookers: Table, row: int) -> tuple[str, ...]:
    eye, foot = float(lookers.numbers("z")[row]), float(lookers.numbers("foot_z")[row])
    x, y = (float(lookers.numbers(axis)[row]) for axis in "xy")
    return lookers.texts("name")[row], f"Eye {eye - foot:.2f} m above {foot:.2f} m", f"{x:.2f}, {y:.2f}"


def _of_line(sights: Table, row: int) -> tuple[str, ...]:
    """What a line of sight says."""
    start, end = _whole(sights)[row]
    length = f"{metres(float(np.linalg.norm(end - start)))} long"
    title = sights.texts("name")[row] or "Line of sight"
    if sights.numbers("visible")[row] > 0:
        return title, "Free", length
    what = sights.texts("blocked_by")[row] or "the terrain"
    words = [f"Blocked by {what}"]
    for name, said in (("distance_m", "from the eye"), ("excess_m", "too high")):
        value = float(sights.numbers(name)[row]) if name in sights.columns else np.nan
        if np.isfinite(value):
            words.append(f"{metres(value)} {said}")
    return title, *words, length
