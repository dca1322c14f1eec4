"""Heritage as pixels: a scanned surface in its own colours or in stone, and pins at the records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from layers import wkb
from layers.arrays import Float64, Int32
from layers.heritage import records
from layers.records import Layer
from viewer.bodies import BodiesView
from viewer.color import LegendEntry
from viewer.palette import rgb
from viewer.solids import pins
from viewer.view import Source

if TYPE_CHECKING:
    from layers.project import Project

PIN = "#8e3b46"
PIN_HEIGHT_M = 14.0


class RecordsView(BodiesView):
    """The records of a catalogue, each as a pin that stands on its monument."""

    def __init__(self, source: Source, places: Float64, positions: Int32) -> None:
        super().__init__(source, pins(places, PIN_HEIGHT_M), positions)
        self._places = places
        self._color()
        self.begin()

    @property
    def _pin_color(self) -> str:
        return str(self.layer.style.get("color", PIN))

    def _color(self) -> None:
        self._base[:] = rgb(self._pin_color)

    def style_changed(self, before: Layer) -> None:
        """Colours follow the style."""
        self._color()

    def legend(self) -> list[LegendEntry]:
        """The pins and how many there are."""
        count = len(self._places)
        return [LegendEntry(self.layer.name, self._pin_color, count, "records", self.layer.id, "Heritage")]

    def _corners(self, part: int, triangle: int) -> Float64:
        """A click on a pin means the place it stands on."""
        return self._places[part : part + 1]


def record_places(project: Project, layer: Layer) -> tuple[Float64, Int32]:
    """Where each record stands: on the roof of its city object, else at its own point; positions too."""
    move = project.mover(layer)
    places, positions = [], []
    for record in records(project, layer):
        box = project.box(record.city_fids) if record.city_fids else None
        if box is not None:
            place = np.array([(box[0] + box[3]) / 2, (box[1] + box[4]) / 2, box[5]])
        else:
            data = project.wkb(record.fid)
            shape = wkb.read(data) if data is not None else None
            if shape is None or not len(shape.coordinates):
                continue
            place = move(np.nan_to_num(shape.coordinates).mean(axis=0, keepdims=True))[0]
        places.append(place)
        positions.append(record.fid - layer.first_fid)
    return np.array(places, np.float64).reshape(-1, 3), np.array(positions, np.int32)
