"""The sun's paths over the sky of a place, and what stands before them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import cos, radians, sin, tan

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPolygonF

from analysis.days import hour_lines, path_of
from analysis.localtime import local, local_iso
from analysis.obstruction import NAMELESS, Obstruction
from analysis.site import Site
from analysis.sun import SunPositions
from app.charts.look import Look
from app.charts.sheet import CENTRE, LEFT, MIDDLE, Painted, Sheet

#: The days whose paths are drawn: month, day, name.
DAYS = ((6, 21, "21 June"), (3, 21, "21 March"), (12, 21, "21 December"))
#: How their lines are drawn, in turn.
DASHES: tuple[tuple[float, ...], ...] = ((), (5, 3), (1.5, 2.5))
COMPASS = {0: "N", 90: "E", 180: "S", 270: "W"}
#: Rows of the legend below a narrow diagram.
MOST_ROWS = 3
TERRAIN_NAME = "terrain"


@dataclass(frozen=True)
class SunPath:
    """What a sun path diagram shows."""

    site: Site
    paths: tuple[tuple[str, SunPositions], ...]  # a name and the sun over that day
    hours: Mapping[int, SunPositions] = field(default_factory=dict)  # the sun at an hour over the year
    obstruction: Obstruction | None = None
    names: Mapping[int, str] = field(default_factory=dict)  # of objects that hide the sky, by fid
    now: SunPositions | None = None  # where the sun is drawn
    title: str = ""
    stereographic: bool = False  # else altitudes are evenly apart
    order: tuple[str, ...] = ()  # of what hides the sun: the first have the same colours in all charts


def sun_path_of(
    site: Site,
    year: int,
    obstruction: Obstruction | None = None,
    names: Mapping[int, str] | None = None,
    now: SunPositions | None = None,
    title: str = "",
    order: Sequence[str] = (),
) -> SunPath:
    """The diagram of a place, with the solstices and an equinox of a year."""
    paths = tuple((name, path_of(site, f"{year}-{month:02}-{day:02}", 5)) for month, day, name in DAYS)
    hours = hour_lines(site, year)
    return SunPath(site, paths, hours, obstruction, names or {}, now, title, order=tuple(order))


@dataclass(frozen=True)
class Dome:
    """From directions to places on the diagram, north up and east to the right."""

    centre: QPointF
    radius: float
    stereographic: bool

    def far(self, altitude_deg: float) -> float:
        """How far from the centre an altitude is."""
        down = 90 - max(altitude_deg, 0.0)
        return self.radius * (tan(radians(down / 2)) if self.stereographic else down / 90)

    def at(self, azimuth_deg: float, altitude_deg: float) -> QPointF:
        """Where a direction is."""
        away, turn = self.far(altitude_deg), radians(azimuth_deg)
        return self.centre + QPointF(away * sin(turn), -away * cos(turn))

    @property
    def box(self) -> QRectF:
        """Around the horizon."""
        return QRectF(
            self.centre.x() - self.radius, self.centre.y() - self.radius, 2 * self.radius, 2 * self.radius
        )


def paint_sun_path(painter: QPainter, box: QRectF, chart: SunPath, look: Look) -> Painted:
    """The diagram with its compass, legend and hours."""
    sheet = Sheet(painter, look)
    top = box.top() + sheet.title(box, chart.title)
    colors = _colors(chart, look)
    entries = _legend(chart, colors, look)
    beside = box.width() > (box.bottom() - top) * 1.35
    room = QRectF(QPointF(box.left(), top), box.bottomRight())
    if beside:
        room.setRight(box.left() + room.height() * 1.02)
    else:
        foot = sheet.line_height * 2.5 + sheet.legend_height(box.width(), entries, MOST_ROWS)
        room.setBottom(box.bottom() - foot - look.size * 0.6)
    rim = sheet.line_height * 1.7
    radius = min(room.width(), room.height()) / 2 - rim
    dome = Dome(room.center(), max(radius, 10.0), chart.stereographic)
    _paint_sky(sheet, dome, chart, colors)
    _paint_grid(sheet, dome)
    _paint_hours(sheet, dome, chart)
    for (_, sun), dashes in zip(chart.paths, DASHES, strict=False):
        _paint_path(sheet, dome, sun, dashes)
    _paint_sun(sheet, dome, chart)
    _write_around(sheet, dome)
    _write_hours(sheet, dome, chart)
    _write_altitudes(sheet, dome)
    if beside:
        _write_list(sheet, QRectF(QPointF(room.right() + look.size, top), box.bottomRight()), chart, entries)
    else:
        below = QRectF(box.left(), room.bottom() + look.size * 0.6, box.width(), 0)
        below.setTop(below.top() + _write_days(sheet, below, chart))
        below.setTop(below.top() + sheet.legend(below, entries, MOST_ROWS))
        hours = f"hours of {chart.site.zone}"
        whole = f"{hours} at {chart.site.title}"
        place = QPointF(box.left(), below.top() + sheet.line_height * 0.6)
        words = whole if sheet.width(whole) < box.width() else hours
        sheet.text(place, words, color=look.muted, room=box.width())
    return sheet.painted


def _paint_sky(sheet: Sheet, dome: Dome, chart: SunPath, colors: Mapping[int, str]) -> None:
    """The dome, and the cells of it that something hides."""
    painter, look = sheet.painter, sheet.look
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(look.sky))
    painter.drawEllipse(dome.box)
    if chart.obstruction is None:
        return
    for fid in np.unique(chart.obstruction.hider[chart.obstruction.hidden]):
        shape = _cells(dome, chart.obstruction.hider == fid, chart.obstruction.step_deg)
        color = QColor(colors.get(int(fid), look.shade))
        color.setAlphaF(0.78)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.fillPath(shape, color)
        sheet.spot(shape, _name(chart, int(fid)))
    if chart.obstruction.behind.any():
        shape = _cells(dome, chart.obstruction.behind, chart.obstruction.step_deg)
        painter.fillPath(shape, QColor(look.paper))
        painter.fillPath(shape, QBrush(QColor(look.grid), Qt.BrushStyle.BDiagPattern))
        sheet.spot(shape, "behind the surface")


def _cells(dome: Dome, wanted: NDArray[np.bool_], step: float) -> QPainterPath:
    """Cells of the sky as one shape: neighbours of the same heights become one piece."""
    shape = QPainterPath()
    shape.setFillRule(Qt.FillRule.WindingFill)
    edges = np.diff(np.pad(wanted, ((1, 1), (0, 1))).astype(np.int8), axis=0)
    begun: dict[tuple[int, int], int] = {}
    for column in range(edges.shape[1]):
        starts, ends = np.flatnonzero(edges[:, column] == 1), np.flatnonzero(edges[:, column] == -1)
        runs = set(zip(starts.tolist(), ends.tolist(), strict=True))
        for run in set(begun) - runs:
            shape.addPolygon(_piece(dome, begun.pop(run), column, *run, step))
            shape.closeSubpath()
        for run in runs:
            begun.setdefault(run, column)
    return shape


def _piece(dome: Dome, left: int, right: int, low: int, high: int, step: float) -> QPolygonF:
    """The outline of cells between two azimuths and two altitudes."""
    along = range(left, right + 1)
    below = [dome.at(column * step, low * step) for column in along]
    return QPolygonF([*below, *(dome.at(column * step, high * step) for column in reversed(along))])


def _paint_grid(sheet: Sheet, dome: Dome) -> None:
    """Rings of altitude and rays of azimuth."""
    painter, look = sheet.painter, sheet.look
    faint = QColor(look.muted)
    faint.setAlphaF(0.35)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for altitude in range(0, 90, 10):
        away = dome.far(altitude)
        painter.setPen(sheet.pen(look.muted if altitude == 0 else faint.name(QColor.NameFormat.HexArgb), 0.8))
        painter.drawEllipse(dome.centre, away, away)
    for azimuth in range(0, 360, 30):
        sheet.line(dome.at(azimuth, 80), dome.at(azimuth, 0), faint.name(QColor.NameFormat.HexArgb), 0.8)


def _paint_hours(sheet: Sheet, dome: Dome, chart: SunPath) -> None:
    """The figure of eight that the sun makes at each hour over the year."""
    faint = QColor(sheet.look.text)
    faint.setAlphaF(0.35)
    for sun in chart.hours.values():
        for points in _stretches(dome, sun, closed=True):
            sheet.curve(points, faint.name(QColor.NameFormat.HexArgb), 0.7)


def _paint_path(sheet: Sheet, dome: Dome, sun: SunPositions, dashes: Sequence[float]) -> None:
    """The sun over a day, with what it passes told along it."""
    for points in _stretches(dome, sun):
        sheet.curve(points, sheet.look.paper, 4.0)
        sheet.curve(points, _path_color(sheet.look), 2.0, dashes)
    for time, azimuth, altitude in zip(
        sun.times[::2], sun.azimuth_deg[::2], sun.altitude_deg[::2], strict=True
    ):
        if altitude > 0:
            at, reach = dome.at(float(azimuth), float(altitude)), 5 * sheet.look.unit
            when = local_iso(time, sun.site)[:16].replace("T", " ")
            told = f"{when}: azimuth {azimuth:.1f}°, altitude {altitude:.1f}°"
            sheet.spot(QRectF(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach), told)


def _path_color(look: Look) -> str:
    return look.series[5]


def _stretches(dome: Dome, sun: SunPositions, closed: bool = False) -> list[list[QPointF]]:
    """The parts of a path above the horizon, begun and ended on it."""
    azimuth, altitude = sun.azimuth_deg, sun.altitude_deg
    if closed:
        azimuth, altitude = np.append(azimuth, azimuth[:1]), np.append(altitude, altitude[:1])
    found: list[list[QPointF]] = []
    current: list[QPointF] = []
    for at in range(len(altitude)):
        before = float(altitude[at - 1]) if at else float(altitude[0])
        here = float(altitude[at])
        if at and (before > 0) != (here > 0):
            share = before / (before - here)
            turn = (float(azimuth[at] - azimuth[at - 1]) + 180) % 360 - 180
            current.append(dome.at(float(azimuth[at - 1]) + share * turn, 0.0))
            if here <= 0:
                found.append(current)
                current = []
        if here > 0:
            current.append(dome.at(float(azimuth[at]), here))
    return [part for part in [*found, current] if len(part) > 1]


def _paint_sun(sheet: Sheet, dome: Dome, chart: SunPath) -> None:
    if chart.now is None or not chart.now.up[0]:
        return
    at = dome.at(float(chart.now.azimuth_deg[0]), float(chart.now.altitude_deg[0]))
    sheet.painter.setPen(sheet.pen(sheet.look.text, 1.2))
    sheet.painter.setBrush(QColor(sheet.look.sun))
    sheet.painter.drawEllipse(at, 6 * sheet.look.unit, 6 * sheet.look.unit)


def _write_around(sheet: Sheet, dome: Dome) -> None:
    """The compass: letters, and degrees where there is room."""
    every = 30 if dome.radius > sheet.look.size * 9 else 90
    for azimuth in range(0, 360, every):
        text = COMPASS.get(azimuth, f"{azimuth}°")
        out = sheet.line_height * 0.75
        at = dome.centre + QPointF(sin(radians(azimuth)), -cos(radians(azimuth))) * (dome.radius + out)
        across = 0.5 - 0.5 * round(sin(radians(azimuth)), 3) * (azimuth % 90 != 0)
        is_letter = azimuth in COMPASS
        color = sheet.look.text if is_letter else sheet.look.muted
        sheet.text(at, text, across, CENTRE, color, bold=is_letter, if_free=True)


def _write_altitudes(sheet: Sheet, dome: Dome) -> None:
    """Altitudes along the north, where no path of the northern hemisphere is, or the south."""
    look = sheet.look
    for altitude in (60, 30) if dome.radius < look.size * 11 else (80, 60, 40, 20):
        for azimuth in (352.0, 188.0, 262.0, 8.0):
            if sheet.text(
                dome.at(azimuth, altitude),
                f"{altitude}°",
                MIDDLE,
                CENTRE,
                look.muted,
                scale=0.88,
                if_free=True,
            ):
                break


def _write_hours(sheet: Sheet, dome: Dome, chart: SunPath) -> None:
    """Hours on the clocks of the place, along the longest day's path, outside of it."""
    if not chart.paths:
        return
    longest = max((sun for _, sun in chart.paths), key=lambda sun: int(sun.up.sum()))
    for time, azimuth, altitude in zip(longest.times, longest.azimuth_deg, longest.altitude_deg, strict=True):
        clock = local(time, chart.site)
        if clock.minute or altitude <= 1:
            continue
        at = dome.at(float(azimuth), float(altitude))
        sheet.painter.setPen(Qt.PenStyle.NoPen)
        sheet.painter.setBrush(QColor(_path_color(sheet.look)))
        sheet.painter.drawEllipse(at, 2.4 * sheet.look.unit, 2.4 * sheet.look.unit)
        inward = dome.centre - at
        length = max((inward.x() ** 2 + inward.y() ** 2) ** 0.5, 1e-6)
        beside = at + inward * (sheet.look.size * 1.05 / length) * (-1 if length < dome.radius * 0.12 else 1)
        sheet.text(beside, f"{clock.hour}", MIDDLE, CENTRE, sheet.look.text, scale=0.9, if_free=True)


def _write_days(sheet: Sheet, room: QRectF, chart: SunPath) -> float:
    """The lines of the days, in a row below the dome; gives its height."""
    look, x = sheet.look, room.left()
    y = room.top() + sheet.line_height * 0.6
    for (name, _), dashes in zip(chart.paths, DASHES, strict=False):
        words = name if sheet.width("21 December") * 4.6 < room.width() else name[:6]
        ends = [QPointF(x, y), QPointF(x + look.size * 1.8, y)]
        if ends[1].x() + look.size * 0.5 + sheet.width(words) > room.right():
            break
        sheet.curve(ends, _path_color(look), 2.0, dashes)
        sheet.text(ends[1] + QPointF(look.size * 0.5, 0), words)
        x = ends[1].x() + look.size * 1.6 + sheet.width(words)
    return sheet.line_height * 1.2


def _write_list(sheet: Sheet, room: QRectF, chart: SunPath, entries: Sequence[tuple[str, str]]) -> None:
    """The legend in rows, beside the dome."""
    look, high = sheet.look, sheet.line_height * 1.35
    y = room.top() + high
    for text in (chart.site.title, f"hours of {chart.site.zone}"):
        sheet.text(QPointF(room.left(), y), text, color=look.muted, room=room.width())
        y += high
    y += high * 0.4
    for (name, sun), dashes in zip(chart.paths, DASHES, strict=False):
        ends = [QPointF(room.left(), y), QPointF(room.left() + look.size * 2, y)]
        sheet.curve(ends, _path_color(look), 2.0, dashes)
        words = name if sun.up.any() else f"{name}: no sun"
        sheet.text(ends[1] + QPointF(look.size * 0.6, 0), words, LEFT, room=room.width() - look.size * 2.6)
        y += high
    y += high * 0.4
    for color, name in entries:
        if y > room.bottom() - high * 0.5:
            break
        side = look.size * 0.9
        sheet.fill(QRectF(room.left(), y - side / 2, side, side), color, round=side / 5)
        sheet.text(QPointF(room.left() + side + look.size * 0.6, y), name, room=room.width() - 2 * side)
        y += high


def _name(chart: SunPath, fid: int) -> str:
    return TERRAIN_NAME if fid == NAMELESS else chart.names.get(fid, f"object {fid}")


def _colors(chart: SunPath, look: Look) -> dict[int, str]:
    """The colours of the objects that hide most of the sun's band of the sky."""
    if chart.obstruction is None:
        return {}
    hiding = {fid: _name(chart, fid) for fid in _hiding(chart) if fid != NAMELESS}
    found = look.hider_colors([*chart.order, *hiding.values()])
    return {fid: found[name] for fid, name in hiding.items() if name in found}


def _hiding(chart: SunPath) -> list[int]:
    """Objects by how often they hide the sun over the year, then by how much of the sky they hide."""
    sky = chart.obstruction
    assert sky is not None
    counts: dict[int, int] = {}
    for sun in chart.hours.values():
        found, times = np.unique(sky.at(sun.azimuth_deg, sun.altitude_deg), return_counts=True)
        for fid, count in zip(found.tolist(), times.tolist(), strict=True):
            counts[fid] = counts.get(fid, 0) + count
    shares = sky.shares()
    return sorted(shares, key=lambda fid: (-counts.get(fid, 0), -shares[fid]))


def _legend(chart: SunPath, colors: Mapping[int, str], look: Look) -> list[tuple[str, str]]:
    if chart.obstruction is None:
        return []
    entries = [(color, _name(chart, fid)) for fid, color in colors.items()]
    others = set(_hiding(chart)) - set(colors)
    return (
        [*entries, (look.shade, "terrain and others" if NAMELESS in others else "others")]
        if others
        else entries
    )
