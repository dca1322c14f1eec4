"""Buildings from a footprint: walls up to a roof (LoD 2), or a block of the same volume (LoD 1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from layers.checks.codes import SNAP_M
from layers.errors import EditError
from layers.modelling.bodies import GROUND, ROOF, WALL, Body, Surface, as_kept, first_sound, shape_of
from layers.modelling.cells import SHORT_M, Cells, edges_of
from layers.modelling.linking import Edge, joined
from layers.modelling.outlines import Outline, outline_of
from layers.modelling.roofs import Roof, roof_cells
from layers.shapes import Shape

LOWEST_WALL_M = 0.01
#: Edges of roofs so short become points, one after the other, until the building is sound.
WELDED_M = (SHORT_M, 0.005, 0.01, 0.02)
BLOCK, ROOFED = "1", "2"


def building(
    footprint: Sequence[ArrayLike] | Outline,
    ground_m: float,
    eaves_m: float,
    roof: Roof | None = None,
    lods: Sequence[str] = (BLOCK, ROOFED),
) -> Shape:
    """A building on a footprint (rings of x, y) whose lowest eaves are so high above its ground.

    LoD 2 has the roof, and types of surfaces; LoD 1 is a block of the same volume.
    """
    outline = outline_of(footprint)
    if not eaves_m >= LOWEST_WALL_M:
        raise EditError(
            "The walls have no height", found=f"{eaves_m:g} m", allowed=f"at least {LOWEST_WALL_M} m"
        )
    for lod in lods:
        if not lod.startswith((BLOCK, ROOFED)):
            raise EditError("There is no such level of detail", found=repr(lod), allowed="1 and 2")
    cells = roof_cells(outline, roof or Roof())
    cells = cells.with_heights(cells.nodes[:, 2] + ground_m + eaves_m)

    def made(short_m: float) -> Shape:
        roofed = walled(cells.welded(short_m), ground_m)
        bodies = (
            (lod, roofed if lod.startswith(ROOFED) else _block(outline, ground_m, roofed.volume_m3))
            for lod in lods
        )
        return shape_of(*bodies)

    try:
        return first_sound(lambda short_m: as_kept(made(short_m)), WELDED_M)
    except EditError:
        return first_sound(made, WELDED_M)


def _block(outline: Outline, ground_m: float, volume_m3: float) -> Body:
    """A block of some volume."""
    whole = roof_cells(outline, Roof("flat"))
    return walled(whole.with_heights(whole.nodes[:, 2] + ground_m + volume_m3 / outline.area_m2), ground_m)


def block_of(body: Body) -> Body | None:
    """The block on a body's ground that has its volume; None where its ground is not one level surface."""
    ground = [face for face, kind in zip(body.faces, body.kinds, strict=True) if kind == GROUND]
    if len(ground) != 1:
        return None
    heights = body.points[[node for ring in ground[0] for node in ring], 2]
    if np.ptp(heights) > SNAP_M:
        return None
    outline = Outline.of(*(body.points[ring, :2] for ring in ground[0]))
    return _block(outline, float(heights.mean()), body.volume_m3)


def walled(cells: Cells, ground_m: float) -> Body:
    """The body below cells, down to level ground."""
    corners = cells.corners
    foot = len(cells.nodes)  # the corner below corner k is foot + k
    low = np.column_stack((cells.nodes[:corners, :2], np.full(corners, ground_m)))
    faces = list(cells.polygons)
    surfaces: list[Surface] = [{"type": ROOF} for _ in faces]
    ground = []
    for ring in _border(cells):
        marks = [at for at, node in enumerate(ring) if node < corners]
        for one, other in zip(marks, [*marks[1:], marks[0] + len(ring)], strict=True):
            top = [ring[at % len(ring)] for at in range(one, other + 1)]
            faces.append([[foot + top[0], foot + top[-1], *reversed(top)]])
            surfaces.append({"type": WALL})
        ground.append([foot + ring[at] for at in reversed(marks)])
    ground.sort(key=lambda ring: min(ring))  # the outer ring has the first corner
    return Body(np.vstack((cells.nodes, low)), [*faces, ground], [*surfaces, {"type": GROUND}])


def _border(cells: Cells) -> Iterable[list[int]]:
    """The rings around all cells."""
    edges = [edge for polygon in cells.polygons for ring in polygon for edge in edges_of(ring)]
    there = set(edges)
    border: list[Edge] = [edge for edge in edges if edge[::-1] not in there]
    for numbers in joined(border, cells.nodes[:, :2]):
        yield [border[number][0] for number in numbers]
