"""The panorama of a window or a spot: what is what, before and after, and what makes the difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from math import atan, atan2, cos, degrees, isfinite, radians, sin, tan

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPainterPath

from analysis.landcover import KINDS, TITLES
from analysis.sight.windowtables import LEAST_PCT, PANORAMA, SEEN, SHARES, STATES, VIEW
from app.charts.look import Look
from app.charts.sheet import BELOW, MIDDLE, RIGHT, Painted, Sheet, number_text
from layers.results import BEFORE, CHANGE, Result, Table
from layers.runs import Int64
from layers.views import View, views_of

#: Colours of what is seen; as things are, not as the theme is.
COLOURS: Mapping[str, str] = {
    "sky": "#c3dcee",
    "green": "#86b06a",
    "water": "#4f8fc4",
    "building": "#b9a894",
    "ground": "#ddd6c6",
    "other": "#9a90a8",
}
#: Of the series of a look, those of objects that make a difference.
MARKED = (5, 3, 0)
#: Lower than this one sees the ground before one's feet.
LOWEST_DEG = -45.0
#: Azimuths are named so far apart.
POINTS = {0: "N", 45: "NE", 90: "E", 135: "SE", 180: "S", 225: "SW", 270: "W", 315: "NW"}
#: Places that get a chart, at most, and the height of one panel all around and before a facade.
MOST_CHARTS, AROUND_PX, FACADE_PX = 3, 150, 230
#: Rows of the legend: all that has a colour is named.
MOST_ROWS = 10
HEADINGS = {"now": "After", "before": "Before"}


@dataclass(frozen=True)
class Run:
    """Cells above each other in which the same is seen; degrees."""

    off: float  # left edge, from the middle of the view
    low: float
    high: float
    kind: str
    fid: int
    name: str


@dataclass(frozen=True)
class ViewChart:
    """What a panorama shows of one place."""

    name: str
    panels: tuple[tuple[str, tuple[Run, ...]], ...]  # heading and runs, the state before first
    azimuth_deg: float  # of the middle, from true north
    view: View | None
    step_deg: float
    shares: tuple[tuple[str, str], ...]  # kind, and its share in words
    marked: Mapping[int, str]  # objects that make the difference, by fid

    @property
    def sides_deg(self) -> tuple[float, float]:
        """From the left to the right edge, off the middle."""
        offs = [run.off for _, runs in self.panels for run in runs]
        return min(offs, default=-180.0), max(offs, default=180.0 - self.step_deg) + self.step_deg

    @property
    def headings(self) -> tuple[str, ...]:
        """Of the panels."""
        return tuple(heading for heading, _ in self.panels) or ("",)

    @property
    def height(self) -> int:
        """That it takes, in 1/96 inch."""
        left, right = self.sides_deg
        panel = AROUND_PX if right - left > 200 else FACADE_PX
        return len(self.panels) * (panel + 34) + 54


def view_charts_of(result: Result) -> list[ViewChart]:
    """The charts of a result that has panoramas."""
    table = result.tables.get(PANORAMA, Table())
    if not len(table):
        return []
    places = list(dict.fromkeys(table.texts("place")))
    views = {view.name: view for view in views_of(result)}
    is_alone = len(places) == 1
    return [_chart(result, place, views.get(place), is_alone) for place in places[:MOST_CHARTS]]


def _chart(result: Result, place: str, view: View | None, is_alone: bool) -> ViewChart:
    table = result.tables[PANORAMA]
    mine = np.array(table.texts("place"), object) == place
    states = np.array(table.texts("state"), object)
    found = [state for state in reversed(STATES) if (mine & (states == state)).any()]
    rows = {state: np.flatnonzero(mine & (states == state)) for state in found}
    panels = tuple((HEADINGS[state] if len(found) > 1 else "", _runs(table, rows[state])) for state in found)
    first = int(np.flatnonzero(mine)[0])
    middle = (table.numbers("azimuth_deg")[first] - table.numbers("off_deg")[first]) % 360
    shares = _shares(result.tables[SHARES]) if is_alone else tuple((kind, "") for kind in KINDS)
    step = float(table.numbers("step_deg")[first])
    return ViewChart(place, panels, float(middle), view, step, shares, _marked(result.tables[SEEN]))


def _runs(table: Table, rows: Int64) -> tuple[Run, ...]:
    angles = ("off_deg", "from_altitude_deg", "to_altitude_deg")
    columns = [table.numbers(name)[rows].tolist() for name in angles]
    fids = table.numbers("fid")[rows].astype(int).tolist()
    texts = [[table.texts(name)[row] for row in rows.tolist()] for name in ("kind", "name")]
    return tuple(
        Run(off, low, high, kind, fid, name)
        for off, low, high, kind, fid, name in zip(*columns, texts[0], fids, texts[1], strict=True)
    )


def _shares(table: Table) -> tuple[tuple[str, str], ...]:
    """As in "31.0 % (36.4)", the share before in brackets."""
    now = table.numbers(VIEW).tolist()
    before = table.numbers(VIEW + BEFORE).tolist() if VIEW + BEFORE in table.columns else [np.nan] * len(now)
    return tuple(
        (kind, f"{number_text(share, 0.1)} %" + (f" ({number_text(was, 0.1)})" if isfinite(was) else ""))
        for kind, share, was in zip(table.texts("kind"), now, before, strict=True)
        if share >= LEAST_PCT or was >= LEAST_PCT
    )


def _marked(table: Table) -> dict[int, str]:
    """The objects whose share of the view changes most."""
    if VIEW + CHANGE not in table.columns:
        return {}
    rows = zip(
        table.numbers("fid").astype(int).tolist(),
        table.texts("name"),
        table.numbers(VIEW + CHANGE).tolist(),
        strict=True,
    )
    changed = [(fid, name) for fid, name, change in rows if abs(change) >= LEAST_PCT]
    return dict(changed[: len(MARKED)])


def paint_view(painter: QPainter, box: QRectF, chart: ViewChart, look: Look) -> Painted:
    """The panels below each other, with one legend."""
    sheet = Sheet(painter, look)
    entries = _legend(chart, look)
    foot = sheet.legend_height(box.width(), entries, MOST_ROWS)
    room = box.adjusted(0, 0, 0, -foot - look.size * 0.4)
    # Where a panel is as wide as there is room, it is not as high as there would be: the legend follows it.
    high = min(room.height() / max(len(chart.panels), 1), _panel_height(sheet, box.width(), chart))
    colours = {fid: look.series[at] for fid, at in zip(chart.marked, MARKED, strict=False)}
    for number, (heading, runs) in enumerate(chart.panels):
        part = QRectF(room.left(), room.top() + number * high, room.width(), high)
        _paint_panel(sheet, part, chart, heading, runs, colours)
    below = room.top() + len(chart.panels) * high + look.size * 0.4
    sheet.legend(QRectF(box.left(), below, box.width(), foot), entries, MOST_ROWS)
    return sheet.painted


def _panel_height(sheet: Sheet, width: float, chart: ViewChart) -> float:
    """How high a panel is that is so wide, with what is written above and below."""
    left, right = chart.sides_deg
    per_deg = (width - _gutter(sheet) - 1) / (right - left)
    return per_deg * (90 - LOWEST_DEG) + max(map(partial(_head, sheet), chart.headings)) + _foot(sheet)


def _gutter(sheet: Sheet) -> float:
    return sheet.width("−45°") + sheet.look.size * 0.5


def _head(sheet: Sheet, heading: str) -> float:
    return sheet.line_height * (1.5 if heading else 0.4)


def _foot(sheet: Sheet) -> float:
    return sheet.line_height * 1.5


def _legend(chart: ViewChart, look: Look) -> list[tuple[str, str]]:
    kinds = [(COLOURS[kind], f"{TITLES[kind]} {share}".strip()) for kind, share in chart.shares]
    marked = zip(chart.marked.values(), MARKED, strict=False)
    return [*kinds, *((look.series[at], name) for name, at in marked)]


@dataclass(frozen=True)
class _Plot:
    """From directions to places in a panel: degrees are as wide as they are high."""

    box: QRectF
    left: float
    high: float
    per_deg: float

    def at(self, off: float, altitude: float) -> QPointF:
        """Where a direction is."""
        return QPointF(
            self.box.left() + (off - self.left) * self.per_deg,
            self.box.top() + (self.high - altitude) * self.per_deg,
        )


def _paint_panel(
    sheet: Sheet,
    part: QRectF,
    chart: ViewChart,
    heading: str,
    runs: Sequence[Run],
    colours: Mapping[int, str],
) -> None:
    """One state: what is seen, the frame of the picture, and the axes."""
    left, right = chart.sides_deg
    room = part.adjusted(_gutter(sheet), _head(sheet, heading), -1, -_foot(sheet))
    per_deg = min(room.width() / (right - left), room.height() / (90 - LOWEST_DEG))
    size = QRectF(0, 0, per_deg * (right - left), per_deg * (90 - LOWEST_DEG))
    size.moveTopLeft(room.topLeft())
    plot = _Plot(size, left, 90.0, per_deg)
    if heading:
        sheet.text(QPointF(size.left(), part.top() + sheet.line_height * 0.6), heading, bold=True)
    _paint_runs(sheet, plot, chart, runs, colours)
    _paint_frame(sheet, plot, chart)
    _write_axes(sheet, plot, chart)


def _paint_runs(
    sheet: Sheet, plot: _Plot, chart: ViewChart, runs: Sequence[Run], colours: Mapping[int, str]
) -> None:
    painter = sheet.painter
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)  # no seams between the runs
    spots: dict[tuple[str, str], QPainterPath] = {}
    for run in runs:
        if run.high <= LOWEST_DEG:
            continue
        top, bottom = plot.at(run.off, run.high), plot.at(run.off + chart.step_deg, max(run.low, LOWEST_DEG))
        place = QRectF(top, bottom)
        sheet.fill(place, colours.get(run.fid, COLOURS[run.kind]))
        if run.name:
            spots.setdefault((run.name, run.kind), QPainterPath()).addRect(place)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    for (name, kind), path in spots.items():
        sheet.spot(path, f"{name}: {TITLES[kind].lower()}")


def _paint_frame(sheet: Sheet, plot: _Plot, chart: ViewChart) -> None:
    """The edges of the picture, which are curved here."""
    if chart.view is None:
        return
    view = chart.view
    wide = tan(radians(view.fov_deg) / 2)
    high = wide / view.aspect
    ring = [(-1.0, 1.0), (1.0, 1.0), (1.0, -1.0), (-1.0, -1.0), (-1.0, 1.0)]
    line: list[QPointF] = []
    for (x0, y0), (x1, y1) in pairwise(ring):
        for share in np.linspace(0, 1, 24).tolist():
            x, y = (x0 + share * (x1 - x0)) * wide, (y0 + share * (y1 - y0)) * high
            off, altitude = _direction(x, y, view.altitude_deg)
            line.append(plot.at(off, min(max(altitude, LOWEST_DEG), 90.0)))
    sheet.curve(line, "#ffffff", 3.0)
    sheet.curve(line, "#20303a", 1.2)


def _direction(x: float, y: float, tilt_deg: float) -> tuple[float, float]:
    """Off the middle and altitude, in degrees, of a place in the picture plane at distance 1."""
    tilt = radians(tilt_deg)
    level, up = cos(tilt) - y * sin(tilt), sin(tilt) + y * cos(tilt)
    off = degrees(atan2(x, level))
    return off, degrees(atan(up / (level**2 + x**2) ** 0.5))


def _write_axes(sheet: Sheet, plot: _Plot, chart: ViewChart) -> None:
    """The horizon, altitudes at the left, points of the compass below."""
    look, (left, right) = sheet.look, chart.sides_deg
    for altitude in (-30, 0, 30, 60, 90):
        start = plot.at(left, altitude)
        if altitude == 0:
            sheet.line(start, plot.at(right, altitude), "#20303a", 0.8)
        place = start - QPointF(look.size * 0.4, 0)
        sheet.text(place, f"{altitude}°".replace("-", "−"), RIGHT, color=look.muted, if_free=True, scale=0.9)
    for azimuth, name in POINTS.items():
        off = (azimuth - chart.azimuth_deg - left) % 360 + left
        if off <= right:
            at = plot.at(off, LOWEST_DEG)
            sheet.line(at, at + QPointF(0, look.size * 0.3), look.muted)
            under = at + QPointF(0, look.size * 0.35)
            sheet.text(under, name, MIDDLE, BELOW, look.text, bold=len(name) == 1, if_free=True)
