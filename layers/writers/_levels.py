"""Networks on their way out: pipes at the heights of their axes, nodes at those of their bottoms, as drawn.

Heights that are guessed for the picture (the usual cover, none at all) are not written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from layers import wkb
from layers.arrays import Float64, Mover
from layers.data import Feature
from layers.pipes import COVER_DEPTH, GEOMETRY, INVERTS, Network

GIVEN = (INVERTS, GEOMETRY, COVER_DEPTH)


@dataclass(frozen=True)
class Levels:
    """The heights of a network's objects in some CRS, by fid: of each line, or of each point."""

    lines: Mapping[int, list[Float64]]
    points: Mapping[int, list[float]]
    unknown: frozenset[int]  # objects whose level nobody says

    @classmethod
    def of(cls, network: Network, move: Mover) -> Levels:
        """Those of a network whose points are moved."""
        lines: dict[int, list[Float64]] = {}
        heights = move(network.points)[:, 2] if len(network.points) else np.empty(0)
        is_given = np.isin(network.level, GIVEN)
        for number, fid in enumerate(network.fid.tolist()):
            if is_given[number]:
                part = heights[network.offsets[number] : network.offsets[number + 1]]
                lines.setdefault(fid, []).append(part)
        points: dict[int, list[float]] = {}
        bottoms = move(network.node_points)[:, 2] if len(network.node_points) else np.empty(0)
        for fid, height, known in zip(
            network.node_fid.tolist(), bottoms.tolist(), network.node_is_given.tolist(), strict=True
        ):
            if known:
                points.setdefault(fid, []).append(height)
        unknown = {*network.fid[~is_given].tolist(), *network.node_fid[~network.node_is_given].tolist()}
        return cls(lines, points, frozenset(unknown))

    def raised(self, feature: Feature, fid: int) -> Feature:
        """An object at its heights; as it is where they are not known."""
        if feature.geometry is None or (fid not in self.lines and fid not in self.points):
            return feature
        shape = wkb.read(feature.geometry)
        if fid in self.lines:
            heights = iter(self.lines[fid])
            parts = tuple((_at(part[0], next(heights)),) for part in shape.parts if len(part[0]) > 1)
        else:
            parts = tuple(
                (_at(part[0], np.array([height])),)
                for part, height in zip(shape.parts, self.points[fid], strict=True)
            )
        return replace(feature, geometry=wkb.write(replace(shape, parts=parts)))


def _at(points: Float64, heights: Float64) -> Float64:
    """(n, 3) points at these heights."""
    return np.column_stack((points[:, :2], heights))
