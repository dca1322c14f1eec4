"""DXF (AutoCAD 2010) in true coordinates and metres: footprints and lines in plan, or a section.

footprint, line, point   on the drawing layer of the object's type; id and attributes as extended data
--section                where polygons cut upright planes along a line, at their places in space; the same
                         flattened (metres along the line, height) is the block SECTION; each leg has a UCS
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from layers import wkb
from layers.arrays import Float64
from layers.colors import object_color
from layers.data import Feature
from layers.errors import WriteError
from layers.writers import _sections
from layers.writers._metadata import text_of
from layers.writers.holds import Holds
from layers.writers.outgoing import Outgoing

if TYPE_CHECKING:
    from ezdxf.document import Drawing
    from ezdxf.layouts.blocklayout import BlockLayout

NAME = "dxf"
TITLE = "DXF drawing"
ENDINGS = (".dxf",)
KINDS = ("city", "pipes", "heritage", "vector")
HOLDS = Holds(
    in_metres=True,
    shapes="as footprints",
    several_lods=False,
    shapeless=False,
    nested="as text",
    parents=False,
    dates=False,
    crs="in a comment",
)

VERSION = "R2010"
METRES = 6  # of $INSUNITS
APPLICATION = "CITYSTRATA"
SECTION, GROUND, GROUND_COLOR = "SECTION", "TERRAIN", "#8a7a5c"
#: What extended data may take of an entity is 16 kB, of a text 255 letters.
MOST_TEXTS, MOST_LETTERS = 60, 250
_FORBIDDEN = re.compile(r'[<>/\\":;?*|=`,\x00-\x1f]')


def write(path: Path, going: Outgoing) -> None:
    """The layer in plan, or along a section."""
    import ezdxf

    drawing = ezdxf.new(VERSION)  # type: ignore[attr-defined]  # it re-exports the name without saying so
    drawing.header["$INSUNITS"], drawing.header["$MEASUREMENT"] = METRES, 1
    drawing.header.custom_vars.append("CRS", going.metric_crs or "")
    drawing.appids.add(APPLICATION)
    if going.options.section:
        _Section(drawing, going).draw()
    else:
        _Plan(drawing, going).draw()
    drawing.saveas(path)


class _Sheet:
    """A drawing that is made."""

    def __init__(self, drawing: Drawing, going: Outgoing) -> None:
        self.drawing, self.going = drawing, going
        self.space = drawing.modelspace()

    def layer(self, name: str, color: str) -> str:
        """The layer of the drawing of that name, made when it is not there."""
        plain = _FORBIDDEN.sub("_", name).strip() or "0"
        if plain not in self.drawing.layers:
            self.drawing.layers.add(plain, true_color=int(color.lstrip("#"), 16))
        return plain


class _Plan(_Sheet):
    """Footprints, lines and points."""

    def draw(self) -> None:
        """Every object that has a place."""
        rows = self.going.rows_in(self.going.metric_crs)
        drawn = 0
        for number, feature in enumerate(rows.features):
            if number % 1000 == 0:
                self.going.options.progress(number / len(rows.features), "Drawing")
            shape = None if feature.geometry is None else wkb.read(feature.geometry)
            if shape is not None and shape.parts:
                self._draw(feature, shape)
                drawn += 1
        if not drawn:
            raise WriteError("No object of the layer has a place in plan", where=self.going.layer.name)

    def _draw(self, feature: Feature, shape: wkb.Shape) -> None:
        attributes = {"layer": self.layer(feature.type, object_color(feature.type))}
        data = [(1000, text) for text in _texts(feature)]
        for part in shape.parts:
            for sequence in part:
                points = np.nan_to_num(sequence)
                entity: Any
                if shape.is_point:
                    entity = self.space.add_point(points[0].tolist(), dxfattribs=attributes)
                elif np.ptp(points[:, 2]) == 0:
                    flat = {**attributes, "elevation": float(points[0, 2])}
                    ring = points[:-1, :2] if shape.is_area else points[:, :2]
                    entity = self.space.add_lwpolyline(ring.tolist(), close=shape.is_area, dxfattribs=flat)
                else:
                    ring = points[:-1] if shape.is_area else points
                    entity = self.space.add_polyline3d(
                        ring.tolist(), close=shape.is_area, dxfattribs=attributes
                    )
                entity.set_xdata(APPLICATION, data)


class _Section(_Sheet):
    """What upright planes along a line cut."""

    def draw(self) -> None:
        """Every polygon that is cut, and the ground."""
        if self.going.layer.kind != "city":
            raise WriteError(
                "A section is drawn of city objects",
                where=self.going.layer.name,
                do="Leave --section out to draw the layer in plan",
            )
        mesh = self.going.mesh
        types = [str(name) for name in self.going.project.values(self.going.layer, "type").tolist()]
        ids = self.going.project.values(self.going.layer, "id")
        block = self.drawing.blocks.new(SECTION)
        owner, pieces = mesh.surface_object, 0
        for number, leg in enumerate(_sections.legs_of(self.going.options.section)):
            name = f"{SECTION}_{number + 1}"
            self.drawing.ucs.add(
                name,
                dxfattribs={
                    "origin": (*leg.start, 0.0),
                    "xaxis": (*leg.along, 0.0),
                    "yaxis": (0.0, 0.0, 1.0),
                },
            )
            for surface, ends in _sections.cuts(mesh, leg):
                position = int(owner[surface])
                kind = mesh.type_names[int(mesh.surface_type[surface])]
                title = f"{SECTION} {types[position]} {kind}".rstrip()
                layer = self.layer(title, object_color(types[position]))
                self._line(block, leg, layer, ends, [str(ids[position]), types[position]])
                pieces += 1
            for ends in _sections.ground(self.going, leg):
                self._line(block, leg, self.layer(f"{SECTION} {GROUND}", GROUND_COLOR), ends, [GROUND])
        if not pieces:
            raise WriteError(
                "The line of the section meets no city object",
                where=self.going.layer.name,
                found=" ".join(f"{x:g},{y:g}" for x, y in self.going.options.section),
                do=f"Give a line in {self.going.metric_crs}, as X1,Y1,X2,Y2",
            )

    def _line(
        self, block: BlockLayout, leg: _sections.Leg, layer: str, points: Float64, texts: list[str]
    ) -> None:
        """A line at its place in space, and flattened in the block."""
        attributes = {"layer": layer}
        line = self.space.add_polyline3d(points.tolist(), dxfattribs=attributes)
        line.set_xdata(APPLICATION, [(1000, text[:MOST_LETTERS]) for text in texts])
        block.add_lwpolyline(leg.flat(points).tolist(), dxfattribs=attributes)


def _texts(feature: Feature) -> list[str]:
    """The id, the type and the attributes of an object, as far as extended data hold them."""
    found = [f"id={feature.id}", f"type={feature.type}"]
    for name, value in orjson.loads(feature.attributes).items():
        if value is not None:
            found.append(f"{name}={text_of(value)}")
    return [text[:MOST_LETTERS].replace("\n", " ") for text in found[:MOST_TEXTS]]
