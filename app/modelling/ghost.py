"""Shapes as they would be, drawn over the picture while one drags: nothing of the project is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from layers.arrays import Float64
from layers.flatten import DEPTH
from layers.shapes import Shape, rings_of
from viewer.camera import Camera

#: Of more faces only every so many are filled; the rest would be a blur anyway.
MOST_FACES = 4000
NEAREST_M = 0.05
#: From where the light of a ghost comes, and how much of its colour faces in the shade keep.
LIGHT = np.array([0.35, -0.55, 0.76])
SHADE = 0.55
FILL_ALPHA, EDGE_ALPHA = 150, 230
#: How wide lines are drawn, and how large points, in points of the screen.
LINE, DOT = 2.4, 5.0
AsDrawn = Callable[[Float64], Float64]


class Ghost:
    """The faces of some shapes at their finest level of detail, and their lines and points."""

    def __init__(self, shapes: Iterable[Shape]) -> None:
        shapes = list(shapes)
        points: list[Float64] = []
        self._faces: list[list[slice]] = []
        self._lines = [shape.vertices[line] for shape in shapes for line in _lines(shape)]
        count = 0
        for shape in shapes:
            for face in _faces(shape):
                rings = []
                for ring in face:
                    points.append(shape.vertices[ring])
                    rings.append(slice(count, count + len(ring)))
                    count += len(ring)
                self._faces.append(rings)
        self._faces = self._faces[:: max(-(-len(self._faces) // MOST_FACES), 1)]
        self.points: Float64 = np.concatenate([np.empty((0, 3)), *points])
        self._light = [self._lit(rings[0]) for rings in self._faces]

    def _lit(self, ring: slice) -> float:
        corners = self.points[ring] - self.points[ring.start]
        normal = np.cross(corners, np.roll(corners, -1, axis=0)).sum(axis=0)
        length = float(np.linalg.norm(normal))
        return SHADE + (1 - SHADE) * max(float(normal @ LIGHT) / length, 0.0) if length else 1.0

    def paint(
        self, painter: QPainter, area: QRectF, camera: Camera, as_drawn: AsDrawn, colour: QColor
    ) -> None:
        """Draw lines and points, and the faces, the far ones first."""
        self._paint_lines(painter, area, camera, as_drawn, colour)
        if not self._faces:
            return
        drawn = camera.project(as_drawn(self.points), round(area.width()), round(area.height()))
        depth = np.array([drawn[rings[0], 2].mean() for rings in self._faces])
        nearest = [float(drawn[rings[0], 2].min()) for rings in self._faces]
        edge = QColor(colour)
        edge.setAlpha(EDGE_ALPHA)
        painter.save()
        painter.setPen(QPen(edge, 1.2))
        for at in np.argsort(-depth, kind="stable").tolist():
            if nearest[at] <= NEAREST_M or not np.isfinite(depth[at]):
                continue
            fill = colour.darker(round(100 / self._light[at]))
            fill.setAlpha(FILL_ALPHA)
            painter.setBrush(fill)
            painter.drawPath(_path(drawn, self._faces[at]))
        painter.restore()

    def _paint_lines(
        self, painter: QPainter, area: QRectF, camera: Camera, as_drawn: AsDrawn, colour: QColor
    ) -> None:
        painter.save()
        painter.setPen(QPen(colour, LINE))
        painter.setBrush(colour)
        for line in self._lines:
            drawn = camera.project(as_drawn(line), round(area.width()), round(area.height()))
            places = [QPointF(x, y) for x, y, depth in drawn.tolist() if depth > NEAREST_M]
            if len(places) == 1:
                painter.drawEllipse(places[0], DOT, DOT)
            else:
                painter.drawPolyline(QPolygonF(places))
        painter.restore()


def _path(drawn: Float64, rings: list[slice]) -> QPainterPath:
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.OddEvenFill)
    for ring in rings:
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in drawn[ring, :2].tolist()]))
        path.closeSubpath()
    return path


def _faces(shape: Shape) -> list[list[list[int]]]:
    """The faces of a shape's most detailed geometry."""
    drawn = [geometry for geometry in shape.geometries if geometry.get("type") in DEPTH]
    if not drawn:
        return []
    finest = max(drawn, key=lambda geometry: str(geometry.get("lod", "")))
    return list(rings_of(finest["boundaries"], DEPTH[str(finest["type"])]))


def _lines(shape: Shape) -> Iterator[list[int]]:
    """The lines of a shape, and each of its points as a line of one."""
    for geometry in shape.geometries:
        if geometry.get("type") == "MultiLineString":
            yield from geometry["boundaries"]
        elif geometry.get("type") == "MultiPoint":
            yield from ([number] for number in geometry["boundaries"])
