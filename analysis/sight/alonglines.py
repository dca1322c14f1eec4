"""What stands along a few long lines, gathered stretch by stretch: fine terrain even where they are far.

A box around a long line would hold terrain and buildings that no line comes near, and its terrain
would have to be coarser.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from analysis.casters import casters
from analysis.obstacles import Casters
from analysis.sight.section import Cutter
from analysis.situation import Situation
from layers.arrays import Float64
from layers.columns import Mask
from layers.data import Box, Progress, never_stop
from layers.project import Project
from layers.runs import Int64

#: So much of a line is gathered at once, with this much around it.
STRETCH_M, AROUND_M = 250.0, 2.0


def are_long(lines: int, box: Box) -> bool:
    """Whether along so many lines in a box there is less than in all of it."""
    (x0, y0, _), (x1, y1, _) = np.reshape(box, (2, 3))
    return bool(lines * np.hypot(x1 - x0, y1 - y0) * STRETCH_M < (x1 - x0) * (y1 - y0))


def casters_along(
    project: Project,
    situation: Situation,
    lines: Sequence[tuple[Float64, Float64]],
    progress: Progress = never_stop,
) -> Casters:
    """What stands along lines, each from one place (2,) on the map to another, and little around them."""
    pieces = [piece for begin, end in lines for piece in _pieces(begin, end)]
    found = []
    for number, (begin, end) in enumerate(pieces):
        progress(number / len(pieces), f"what stands along the lines, {number + 1} of {len(pieces)}")
        (x0, y0), (x1, y1) = np.minimum(begin, end) - AROUND_M, np.maximum(begin, end) + AROUND_M
        cast = casters(project, situation, (x0, y0, 0.0, x1, y1, 0.0))
        found.append((cast, Cutter(cast).near(begin, end)))
    return _together([cast for cast, _ in found], [some for _, some in found])


def _pieces(begin: Float64, end: Float64) -> list[tuple[Float64, Float64]]:
    count = max(int(np.ceil(np.hypot(*(end - begin)) / STRETCH_M)), 1)
    stops = begin + np.linspace(0, 1, count + 1)[:, None] * (end - begin)
    return list(pairwise(stops))


def _together(parts: Sequence[Casters], some: Sequence[Int64]) -> Casters:
    """Some triangles of each part as one whole, each of them once, the opaque ones first."""
    corners = np.concatenate(
        [
            np.empty((0, 3, 3)),
            *(part.vertices[part.triangles[at]] for part, at in zip(parts, some, strict=True)),
        ]
    )
    fields = {
        name: np.concatenate([getattr(part, name)[at] for part, at in zip(parts, some, strict=True)])
        for name in ("fid", "layer", "surface", "transmissivity")
    }
    is_veil: Mask = np.asarray(fields["transmissivity"].any(axis=1))
    rows = np.column_stack((is_veil, fields["layer"], fields["fid"], corners.reshape(-1, 9)))
    _, first = np.unique(rows, axis=0, return_index=True)
    first = np.sort(first)
    first = first[np.argsort(is_veil[first], kind="stable")]
    return Casters(
        vertices=corners[first].reshape(-1, 3),
        triangles=np.arange(3 * len(first), dtype=np.int32).reshape(-1, 3),
        **{name: values[first] for name, values in fields.items()},
        opaque=int((~is_veil[first]).sum()),
        names={number: name for part in parts for number, name in part.names.items()},
        terrain=tuple(dict.fromkeys(number for part in parts for number in part.terrain)),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )
