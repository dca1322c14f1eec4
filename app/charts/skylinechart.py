"""The skyline as it is seen from a viewing place: what is new in it, and what is left of the landmark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPolygonF

from analysis.sight.silhouette import SKYLINE
from analysis.sight.viewtables import CORRIDORS
from app.charts.axes import Scale
from app.charts.look import Look
from app.charts.sheet import BELOW, MIDDLE, RIGHT, Painted, Sheet, nice_step, number_text, ticks
from layers.results import BEFORE, Result, Table

Float64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: Degrees of sky above all that stands, and of ground below the lowest of it.
SKY_DEG, GROUND_DEG = 1.5, 1.0
#: Of the chart: no axis has more numbers.
MOST_TICKS = 6
#: No fewer degrees are shown where the skyline reaches so far.
LEAST_DEG = 30.0
#: How strongly what is hidden of the landmark is painted, and the corridor.
HIDDEN, BAND = 0.5, 0.16


@dataclass(frozen=True, eq=False)
class Skyline:
    """What the chart shows: altitudes by direction (m,), NaN where nothing is."""

    place: str
    landmark: str
    azimuth_deg: Float64  # true, growing
    altitude_deg: Float64
    before_deg: Float64 | None  # where there is a state before
    landmark_deg: Float64
    front_deg: Float64  # what stands before the landmark
    name: tuple[str, ...]  # of what makes the skyline
    distance_m: Float64
    corridor_deg: tuple[float, float]  # azimuths of its sides
    threshold_deg: float

    def about(self, wide_deg: float) -> Skyline:
        """Only so many degrees, with the corridor in their middle as far as there is skyline."""
        middle = sum(self.corridor_deg) / 2
        first, last = float(self.azimuth_deg[0]), float(self.azimuth_deg[-1])
        left = float(np.clip(middle - wide_deg / 2, first, max(last - wide_deg, first)))
        kept = (self.azimuth_deg >= left) & (self.azimuth_deg <= left + wide_deg)
        return replace(
            self,
            azimuth_deg=self.azimuth_deg[kept],
            altitude_deg=self.altitude_deg[kept],
            before_deg=None if self.before_deg is None else self.before_deg[kept],
            landmark_deg=self.landmark_deg[kept],
            front_deg=self.front_deg[kept],
            name=tuple(self.name[at] for at in np.flatnonzero(kept).tolist()),
            distance_m=self.distance_m[kept],
        )


def skylines_of(result: Result) -> list[Skyline]:
    """The skylines that a result has, one for each viewing place."""
    table, corridors = result.tables.get(SKYLINE, Table()), result.tables.get(CORRIDORS, Table())
    if not len(table) or not len(corridors):
        return []
    places = np.array(table.texts("place"), object)
    return [
        _skyline(table, np.flatnonzero(places == place), corridors, row)
        for row, place in enumerate(corridors.texts("place"))
    ]


def _skyline(table: Table, some: NDArray[np.int64], corridors: Table, row: int) -> Skyline:
    azimuth = np.degrees(np.unwrap(np.radians(table.numbers("azimuth_deg")[some])))
    axis, half = (float(corridors.numbers(name)[row]) for name in ("azimuth_deg", "width_deg"))
    axis += 360 * round((float(azimuth.mean()) - axis) / 360)
    names = table.texts("name")
    compares = f"altitude_deg{BEFORE}" in table.columns
    return Skyline(
        place=corridors.texts("place")[row],
        landmark=corridors.texts("landmark")[row],
        azimuth_deg=azimuth,
        altitude_deg=table.numbers("altitude_deg")[some],
        before_deg=table.numbers(f"altitude_deg{BEFORE}")[some] if compares else None,
        landmark_deg=table.numbers("landmark_deg")[some],
        front_deg=table.numbers("front_deg")[some],
        name=tuple(names[at] for at in some.tolist()),
        distance_m=table.numbers("distance_m")[some],
        corridor_deg=(axis - half / 2, axis + half / 2),
        threshold_deg=float(corridors.numbers("threshold_deg")[row]),
    )


@dataclass(frozen=True)
class _Plot:
    """Where directions are on the chart: a degree is as wide as it is high."""

    box: QRectF
    across: Scale
    up: Scale
    low: float

    def points(self, azimuth_deg: Float64, altitude_deg: Float64) -> list[QPointF]:
        """Directions on the chart, none below its lower edge."""
        shown = np.maximum(altitude_deg, self.low)
        return [
            QPointF(self.across(x), self.up(y))
            for x, y in zip(azimuth_deg.tolist(), shown.tolist(), strict=True)
        ]


def paint_skyline(painter: QPainter, box: QRectF, chart: Skyline, look: Look) -> Painted:
    """The skyline with the landmark, its corridor, and what is new."""
    sheet = Sheet(painter, look)
    entries = _legend(chart, look)
    top = box.top() + sheet.legend(QRectF(box.left(), box.top(), box.width(), 0), entries) + look.size * 0.4
    plot, chart = _laid_out(sheet, QRectF(QPointF(box.left(), top), box.bottomRight()), chart)
    painter.save()
    painter.setClipRect(plot.box)
    painter.fillRect(plot.box, QColor(look.sky))
    floor = np.full(len(chart.azimuth_deg), plot.low)
    stands = np.nan_to_num(chart.altitude_deg, nan=plot.low)
    _fill(sheet, plot, chart.azimuth_deg, floor, stands, look.shade)
    _paint_new(sheet, plot, chart, stands)
    _paint_landmark(sheet, plot, chart)
    _paint_corridor(sheet, plot, chart)
    painter.restore()
    _tell(sheet, plot, chart, stands)
    _write_axes(sheet, plot)
    return sheet.painted


def _laid_out(sheet: Sheet, room: QRectF, chart: Skyline) -> tuple[_Plot, Skyline]:
    """The plot in a room, with degrees of one size in both directions, and what of the skyline is on it."""
    curves = [chart.altitude_deg, chart.landmark_deg, np.array([chart.threshold_deg])]
    curves += [chart.before_deg] if chart.before_deg is not None else []
    known = np.concatenate([curve[np.isfinite(curve)] for curve in curves])
    low, high = float(known.min()) - GROUND_DEG, float(known.max()) + SKY_DEG
    label = sheet.width("−10°") + sheet.look.size * 0.6
    box = room.adjusted(label, sheet.line_height * 0.5, -sheet.look.size * 0.5, -sheet.line_height * 1.5)
    field = float(np.ptp(chart.azimuth_deg))
    unit = min(box.height() / (high - low), box.width() / min(field, LEAST_DEG))
    wide = min(field, box.width() / unit)
    shown = chart.about(wide)
    left, right = float(shown.azimuth_deg[0]), float(shown.azimuth_deg[-1])
    box = QRectF(box.left() + (box.width() - wide * unit) / 2, box.top(), wide * unit, box.height())
    across = Scale(left, right, box.left(), box.right())
    return _Plot(box, across, Scale(low, low + box.height() / unit, box.bottom(), box.top()), low), shown


def _paint_new(sheet: Sheet, plot: _Plot, chart: Skyline, stands: Float64) -> None:
    """What rises above the skyline before, and the outline of that."""
    if chart.before_deg is None:
        sheet.curve(plot.points(chart.azimuth_deg, stands), sheet.look.text, 1.0)
        return
    was = np.nan_to_num(chart.before_deg, nan=plot.low)
    _fill(sheet, plot, chart.azimuth_deg, was, stands, _new_color(sheet.look))
    sheet.curve(plot.points(chart.azimuth_deg, was), sheet.look.text, 1.0)


def _paint_landmark(sheet: Sheet, plot: _Plot, chart: Skyline) -> None:
    """What is seen of the landmark, and its outline where something stands before it."""
    has = np.isfinite(chart.landmark_deg)
    top = np.where(has, chart.landmark_deg, plot.low)
    front = np.where(np.isfinite(chart.front_deg), chart.front_deg, plot.low)
    _fill(sheet, plot, chart.azimuth_deg, np.minimum(front, top), top, sheet.look.accent)
    hidden = _faint(sheet.look.accent, HIDDEN)
    _fill(
        sheet, plot, chart.azimuth_deg, np.full(len(top), chart.threshold_deg), np.minimum(front, top), hidden
    )
    for run in _runs(has & (front > plot.low)):
        points = plot.points(chart.azimuth_deg[run], top[run])
        sheet.curve(points, sheet.look.accent, 1.4, (3, 2))


def _paint_corridor(sheet: Sheet, plot: _Plot, chart: Skyline) -> None:
    """The sides of the corridor above its threshold."""
    y = plot.up(chart.threshold_deg)
    left, right = (plot.across(side) for side in chart.corridor_deg)
    band = _faint(sheet.look.accent, BAND)
    sheet.painter.fillRect(QRectF(QPointF(left, plot.box.top()), QPointF(right, y)), QBrush(band))
    for x in (left, right):
        sheet.line(QPointF(x, plot.box.top()), QPointF(x, y), sheet.look.accent, 1.0)
    sheet.line(QPointF(left - 4, y), QPointF(right + 4, y), sheet.look.accent, 1.6)


def _fill(
    sheet: Sheet, plot: _Plot, azimuth_deg: Float64, low: Float64, high: Float64, color: str | QColor
) -> None:
    """What lies between two curves where the second is above the first."""
    sheet.painter.setPen(Qt.PenStyle.NoPen)
    sheet.painter.setBrush(QColor(color))
    for run in _runs(high > low):
        outline = plot.points(azimuth_deg[run], high[run])
        sheet.painter.drawPolygon(QPolygonF([*outline, *plot.points(azimuth_deg[run], low[run])[::-1]]))


def _runs(wanted: Mask) -> Iterator[slice]:
    """Stretches of directions, each with one more at both ends so that neighbours meet."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], wanted, [False])).astype(np.int8)))
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        yield slice(max(first - 1, 0), last + 1)


def _tell(sheet: Sheet, plot: _Plot, chart: Skyline, stands: Float64) -> None:
    """What makes each stretch of the skyline."""
    changes = [at for at in range(1, len(chart.name)) if chart.name[at] != chart.name[at - 1]]
    for first, last in zip([0, *changes], [*changes, len(chart.name)], strict=True):
        if not chart.name[first]:
            continue
        run = slice(first, min(last + 1, len(chart.name)))
        outline = plot.points(chart.azimuth_deg[run], stands[run])
        path = QPainterPath()
        ground = [QPointF(outline[-1].x(), plot.box.bottom()), QPointF(outline[0].x(), plot.box.bottom())]
        path.addPolygon(QPolygonF([*outline, *ground]))
        most = first + int(stands[first:last].argmax())
        told = f"{chart.name[first]}: up to {number_text(stands[most], 0.1)}°"
        sheet.spot(path, f"{told}, {number_text(chart.distance_m[most], 1)} m away")


def _write_axes(sheet: Sheet, plot: _Plot) -> None:
    look = sheet.look
    step = max(nice_step(plot.up.high - plot.low, MOST_TICKS), 1.0)
    for mark in ticks(plot.low, plot.up.high, step):
        y = plot.up(mark)
        sheet.line(QPointF(plot.box.left() - look.size * 0.3, y), QPointF(plot.box.left(), y), look.muted)
        place = QPointF(plot.box.left() - look.size * 0.5, y)
        sheet.text(place, f"{number_text(mark, step)}°", RIGHT, color=look.muted, if_free=True)
    step = max(nice_step(plot.across.high - plot.across.low, MOST_TICKS), 1.0)
    for mark in ticks(plot.across.low, plot.across.high, step):
        at = QPointF(plot.across(mark), plot.box.bottom())
        sheet.line(at, at + QPointF(0, look.size * 0.3), look.muted)
        text = f"{number_text(mark % 360, step)}°"
        sheet.text(at + QPointF(0, look.size * 0.4), text, MIDDLE, BELOW, look.muted, if_free=True)
    sheet.line(plot.box.bottomLeft(), plot.box.bottomRight(), look.muted)


def _new_color(look: Look) -> str:
    return look.series[5]


def _legend(chart: Skyline, look: Look) -> list[tuple[str, str]]:
    entries = [(look.accent, chart.landmark), (look.shade, "what stands")]
    if chart.before_deg is not None:
        new = np.nan_to_num(chart.altitude_deg, nan=-90.0) > np.nan_to_num(chart.before_deg, nan=-90.0) + 1e-6
        entries += [(_new_color(look), "new")] if new.any() else []
    is_before = np.nan_to_num(chart.front_deg, nan=-90.0) > chart.threshold_deg
    if (np.isfinite(chart.landmark_deg) & is_before).any():
        entries.append((_faint(look.accent, HIDDEN).name(QColor.NameFormat.HexArgb), "of it hidden (dashed)"))
    band = _faint(look.accent, BAND).name(QColor.NameFormat.HexArgb)
    return [*entries, (band, "corridor, above what must stay free")]


def _faint(color: str, strength: float) -> QColor:
    found = QColor(color)
    found.setAlphaF(strength)
    return found
