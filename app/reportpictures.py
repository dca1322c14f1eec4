"""The pictures of a report: the result from above and at an angle, and shadows, before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from analysis.casters import Casters, casters, height_range, margin_for
from analysis.days import day_of
from analysis.localtime import clock_time, local
from analysis.naming import Naming
from analysis.site import Site
from analysis.situation import Situation
from analysis.states import situations_told
from analysis.survey import without_plants
from app.reportframes import HIGHEST, ViewFrame, bird_frame, map_frame
from app.reportmarks import Mark, flat, judged, marks_in_view, marks_on_map, unnamed
from app.reportoutlines import FRAME, NEW, Outline, in_picture, outlines_around, outlines_of
from app.resultbox import subject_box
from app.sunlit import cast_of, sun_light
from layers.arrays import Float64, UInt8
from layers.data import Box, Progress
from layers.project import Project
from layers.results import CHANGES, Result
from layers.rulefiles import all_rules
from layers.runs import Int64
from layers.views import View
from viewer.camera import Camera
from viewer.color import LegendEntry
from viewer.resultscale import Scale
from viewer.scene import Scene, SunLight, prepare

#: Pixels across maps beside each other and as wide as the page; of one of three maps, and of views.
HALF, BROAD, THIRD, WIDE = 1000, 1800, (680, 680), (1800, 900)
#: Pixels of what an eye sees, from top to bottom at most.
MOST_HIGH = 1800
#: Around what is looked at, so that what casts shadow on it is seen too: metres, and a part of its size.
ROOM_M, ROOM = 85.0, 0.1
#: Around shadows, which are seen as a whole.
MARGIN_M = 12.0
#: Hours on the clock at which shadows are shown.
HOURS = ("09:00", "12:00", "15:00")
#: How steeply a bird may look down, and the directions it may look in, the usual ones first.
BIRD_ALTITUDES_DEG = (42.0, 55.0)
BIRD_AZIMUTHS_DEG = (20.0, 340.0, 60.0, 300.0, 100.0, 260.0, 140.0, 220.0, 180.0, 0.0)
#: A usual view is taken where it shows nearly as much as the best one.
NEARLY = 0.95
#: So many points tell how much of a place is seen.
MOST_PROBED = 400
#: Below this the sun's shadows reach across the whole picture.
LOWEST_DEG = 3.0


@dataclass(frozen=True, eq=False)
class Shot:
    """A picture, and what must be known to read it."""

    pixels: UInt8
    caption: str
    azimuth_deg: float = 0.0
    metres_per_pixel: float = 0.0  # 0: seen at an angle, without one scale
    scale: Scale | None = None
    audit_line: str = ""
    outlines: tuple[Outline, ...] = ()  # in pixels, of what is looked at
    legend: tuple[LegendEntry, ...] = ()  # of shapes, which have no scale
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class State:
    """A state of the city that a result is about."""

    title: str
    situation: Situation
    suffix: str = ""  # of the quantities' names

    @property
    def full_title(self) -> str:
        """The date first, then its name, and what is left out; of a scenario its name first."""
        date, without = self.situation.date, self.situation.without
        before, colon, name = self.title.rpartition(": ")
        shown = f"{before}{colon}{date} ({name})" if date and date not in self.title else self.title
        if self.situation.scenario:
            shown = f"{self.title}, {date}" if date else self.title
        return f"{shown}, without {without}" if without else shown


class Studio:
    """One scene in which all pictures of a report are taken."""

    def __init__(self, project: Project, scene: Scene) -> None:
        self._project, self._scene = project, scene
        self._cast: dict[Situation, Casters] = {}

    def from_above(
        self, result: Result, state: State, width: int, quantity: str = "", highest: float = HIGHEST
    ) -> Shot:
        """The place from straight above with the result, in the colours of a quantity.

        It is no higher than `highest` times its width.
        """
        frame = map_frame(self._project, result, self._scene.camera, highest)
        size = width, round(width * frame.height)
        shot = self._take(flat(unnamed(result)), state, size, frame.camera, quantity, state.full_title)
        return replace(shot, marks=marks_on_map(result, quantity, frame.camera, size))

    def at_an_angle(
        self,
        result: Result,
        state: State,
        size: tuple[int, int],
        quantity: str,
        day: str,
        site: Site | None,
    ) -> Shot:
        """The place as a bird sees it: at noon of a day, or with the result, in the colours of a quantity."""
        held, azimuths = bird_frame(self._project, result, BIRD_AZIMUTHS_DEG)
        camera = self._best_view(result, state, azimuths).fitted(held, size[0] / size[1])
        if not day or site is None:
            return self._take(unnamed(result), state, size, camera, quantity, state.full_title)
        noon = day_of(site, day).noon
        self._scene.set_sun(self._sun(result, state, site, noon))
        caption = f"{state.title}, {day} at {local(noon, site):%H:%M}, when the sun is highest"
        shot = self._take(result, state, size, camera, None, caption)
        self._scene.set_sun(None)
        return shot

    def _best_view(self, result: Result, state: State, azimuths_deg: Sequence[float]) -> Camera:
        """A camera that looks down from a side where hardly anything stands before what is looked at."""
        camera = replace(self._scene.camera, parallel=False)
        views = [
            replace(camera, azimuth_deg=azimuth, altitude_deg=altitude)
            for altitude in BIRD_ALTITUDES_DEG
            for azimuth in azimuths_deg
        ]
        seen = [self._share_seen(result, state, view) for view in views]
        return next(view for view, share in zip(views, seen, strict=True) if share >= NEARLY * max(seen))

    def _share_seen(self, result: Result, state: State, camera: Camera) -> float:
        """How much of what is looked at nothing hides from a camera far away."""
        points = result.points
        if not len(points):
            return 0.0
        some = slice(None, None, max(len(points) // MOST_PROBED, 1))
        places = np.column_stack([points.numbers(axis)[some] for axis in ("x", "y", "z")])
        return float(self._casters(result, state.situation).share(places, -camera.basis[2]).mean())

    def as_seen(self, result: Result, state: State, view: View, quantity: str | None = None) -> Shot:
        """What an eye sees in a state, without a lens's faults; plain, or in the colours of a quantity.

        What is judged is in the picture as a whole: where that takes more than the view's own field, this
        is drawn as a frame.
        """
        subjects = judged(result)
        boxes = [box for fid in subjects.tolist() if (box := self._project.box([fid])) is not None]
        camera, own = Camera.of_view(view), ViewFrame.of_view(view)
        frame = own.holding(camera, np.reshape(boxes, (-1, 2, 3)))
        scale = min(WIDE[0] / (frame.right - frame.left), MOST_HIGH / (frame.high - frame.low))
        size, wider = frame.whole(scale), frame.camera(camera)
        caption = f"{state.full_title}. {view.title}"
        shot = self._take(unnamed(result), state, size, wider, quantity, caption)
        rows, columns = frame.cut(size, scale)
        corner = np.array((columns.start, rows.start))
        stands = np.intersect1d(subjects, self._standing(result, state))
        marks = tuple(
            replace(mark, x=mark.x - corner[0], y=max(mark.y - corner[1], 0.0))
            for mark in marks_in_view(self._project, stands, wider, size)
        )
        shot = replace(shot, pixels=np.ascontiguousarray(shot.pixels[rows, columns]), marks=marks)
        if frame == own:
            return shot
        corners = np.array(
            [(x, -y) for x, y in ((own.left, own.high), (own.right, own.high),
                                  (own.right, own.low), (own.left, own.low))]
        )  # fmt: skip
        ring = corners * scale + np.array(size) / 2 - corner
        told = f"{caption} (the frame); what is judged goes beyond it"
        return replace(shot, caption=told, outlines=(Outline("", (ring,), FRAME),))

    def _standing(self, result: Result, state: State) -> Int64:
        """The objects that there are in a state."""
        fids = np.unique(self._casters(result, state.situation).fid)
        return np.unique(Naming(self._project).wholes(fids[fids >= 0]))

    def shadows(self, result: Result, state: State, day: str, site: Site) -> list[Shot]:
        """The place from above at three times of a day, with the shadows of that time."""
        camera = self._over(result, THIRD)
        shots = []
        for time in times_of_day(site, day):
            sun = self._sun(result, state, site, time)
            self._scene.set_sun(sun)
            caption = (
                f"{state.title}, {local(time, site):%H:%M}. Sun {sun.azimuth_deg:.1f}° from north, "
                f"{sun.altitude_deg:.1f}° high"
            )
            shot = self._take(result, state, THIRD, camera, None, caption)
            shots.append(replace(shot, audit_line=sun.audit_line))
        self._scene.set_sun(None)
        return shots

    def lit_shares(
        self, result: Result, state: State, times: Sequence[np.datetime64], site: Site
    ) -> list[float]:
        """At each of some times, the share in % of the area of a result's points that the sun reaches."""
        cast = self._casters(result, state.situation)
        if leaves_out_trees(result):
            cast = without_plants(cast)
        points = result.points
        places = np.column_stack([points.numbers(axis) for axis in ("x", "y", "z")])
        normals = np.column_stack([points.numbers(axis) for axis in ("nx", "ny", "nz")])
        areas = points.numbers("area_m2")
        column = f"{result.quantities[0].name}{state.suffix}" if result.quantities else ""
        if column in points.columns:  # what does not stand in this state has no share in it
            areas = np.where(np.isfinite(points.numbers(column)), areas, 0.0)
        whole = areas.sum() or np.nan
        shares = []
        for time in times:
            sun = sun_light(site, time, cast_of(cast, site, time))
            lit = np.zeros(len(places))
            ahead = (normals @ sun.direction > 0) & (sun.altitude_deg > 0)
            if sun.shadows is not None and ahead.any():
                lit[ahead] = sun.shadows.lit(places[ahead], sun.direction)
            shares.append(100 * float((lit * areas).sum() / whole))
        return shares

    def _over(self, result: Result, size: tuple[int, int]) -> Camera:
        box = framed(self._project, result)
        camera = replace(self._scene.camera, parallel=True).viewed("top")
        return camera.fitted(box, size[0] / size[1])

    def _take(
        self,
        result: Result,
        state: State,
        size: tuple[int, int],
        camera: Camera,
        quantity: str | None,
        caption: str,
    ) -> Shot:
        """A picture; without a quantity the result has its lines and volumes only, None leaves it out."""
        scene = self._scene
        scene.resize(*size)
        self._show(state.situation)
        scene.as_seen = not camera.parallel and quantity is None
        name = f"{quantity}{state.suffix}" if quantity else ""
        scene.show_result(None if quantity is None else result, name or None)
        scene.camera = camera
        scene.settle()
        pixels = scene.frame(fine=True)
        scale = camera.metres_per_pixel(size[1]) if camera.parallel else 0.0
        colours, legend = scene.result_scale if name else None, tuple(scene.result_signs)
        if name and len(result.shapes):
            colours, legend = None, tuple(scene.legend())
        shot = Shot(pixels, caption, camera.azimuth_deg, scale, colours, legend=legend)
        if not camera.parallel:
            return shot
        found = [*outlines_of(self._project, result), *self._new_outlines(result)]
        return replace(shot, outlines=tuple(in_picture(outline, camera, size) for outline in found))

    def _new_outlines(self, result: Result) -> list[Outline]:
        """Of what stands in the state looked at only, near what the result speaks of."""
        if CHANGES in result.tables:  # colours say what is new, and a later snapshot is not
            return []
        states = [self._casters(result, state.situation) for state in states_of(self._project, result.inputs)]
        if len(states) < 2:
            return []
        before, after = (cast.fid[: cast.opaque] for cast in states)
        fids = np.setdiff1d(after, before)
        wholes = np.unique(Naming(self._project).wholes(fids[fids >= 0]))
        own = result.surfaces.columns["fid"] if len(result.surfaces) else []
        low, high = around(subject_box(self._project, result))[:, :2]
        near = []
        for fid in np.setdiff1d(wholes, own).tolist():
            box = self._project.box([fid])
            if box is not None and (box[:2] < high).all() and (box[3:5] > low).all():
                near.append(fid)
        return outlines_around(self._project, result, np.array(near, np.int64), NEW)

    def _show(self, situation: Situation) -> None:
        """The city at the situation's date, without what it leaves out."""
        self._scene.set_date(situation.date or None)
        self._scene.set_scenario(situation.scenario)
        self._scene.show_all()
        if situation.without:
            for layer in self._project.layers:
                if layer.object_count:
                    self._scene.hide(self._project.fids(layer, situation.without))

    def _sun(self, result: Result, state: State, site: Site, time: np.datetime64) -> SunLight:
        return sun_light(site, time, cast_of(self._casters(result, state.situation), site, time))

    def _casters(self, result: Result, situation: Situation) -> Casters:
        if situation not in self._cast:
            box = around(subject_box(self._project, result))
            x0, y0, z0, x1, y1, z1 = box.ravel().tolist()
            area: Box = (x0, y0, z0, x1, y1, z1)
            margin = margin_for(LOWEST_DEG, height_range(self._project))
            self._cast[situation] = casters(self._project, situation, area, margin)
        return self._cast[situation]


@contextmanager
def studio(project: Project, progress: Progress) -> Iterator[Studio]:
    """A studio with all visible layers of a project."""
    scene = Scene(project, WIDE)
    scene.shows_dome = False
    # What stands at other dates is outlined, and has no place in a picture of a state.
    scene.ghosts = False
    try:
        layers = [layer for layer in reversed(project.layers) if layer.visible]
        for number, layer in enumerate(layers):
            progress(number / len(layers), f"drawing {layer.name}")
            scene.add(prepare(layer, project.drawable(layer), project.place, project))
        yield Studio(project, scene)
    finally:
        scene.close()


def states_of(project: Project, inputs: Mapping[str, Any]) -> list[State]:
    """The states of the city that a result is about: the one before first."""
    names = {epoch.date: epoch.name for epoch in project.epochs}

    def state(situation: Situation, prefix: str, suffix: str) -> State:
        title = situation.scenario or names.get(situation.date, situation.date) or "all dates"
        return State(f"{prefix}{title}", situation, suffix)

    now, *before = situations_told(inputs)
    if not before:
        return [state(now, "", "")]
    return [state(before[0], "Before: ", "_before"), state(now, "After: ", "")]


def leaves_out_trees(result: Result) -> bool:
    """Whether what was computed takes trees for absent."""
    rule = all_rules().rules.get(str(result.inputs.get("rule", "")))
    if rule is not None:
        return rule.sun is None or rule.sun.trees == "ignore"
    return not result.inputs.get("vegetation", True)


def framed(project: Project, result: Result) -> Float64:
    """What a picture shows: shadows as a whole with little beside them, places with what stands around."""
    box = subject_box(project, result)
    if not len(result.shapes):
        return around(box)
    room = max(MARGIN_M, ROOM * float((box[1] - box[0])[:2].max()))
    wider: Float64 = box + np.array([[-room, -room, 0.0], [room, room, 0.0]])
    return wider


def around(box: Float64) -> Float64:
    """A square around a box on the ground, with room for what casts shadow on it."""
    middle, half = box.mean(axis=0), (box[1] - box[0]) / 2
    reach = float(half[:2].max())
    half[:2] = reach + ROOM_M + ROOM * reach
    return np.stack((middle - half, middle + half))


def hours_of_day(site: Site, day: str) -> list[np.datetime64]:
    """The full hours on the clock of a day at which the sun is up, in UTC."""
    course = day_of(site, day)
    if course.sunrise is None or course.sunset is None:
        return []
    hours = [clock_time(site, date.fromisoformat(day), f"{hour:02}:00") for hour in range(24)]
    return [hour for hour in hours if course.sunrise < hour < course.sunset]


def times_of_day(site: Site, day: str) -> list[np.datetime64]:
    """Three times of a day, in UTC, at which the sun is up: on the clock, or spread over a short day."""
    found = day_of(site, day)
    times = [clock_time(site, date.fromisoformat(day), text) for text in HOURS]
    if found.sunrise is None or found.sunset is None:
        return times if found.hours > 0 else []
    if found.sunrise <= times[0] and times[-1] <= found.sunset:
        return times
    length = found.sunset - found.sunrise
    return [found.sunrise + length * part // 6 for part in (1, 3, 5)]
