"""Buildings as bodies: the triangles of each with all its parts, what it covers, how much it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from analysis.casters import Casters
from analysis.changes.wholes import covered
from analysis.naming import Naming
from analysis.standing import matching, objects_of
from analysis.zones.frame import Frame
from analysis.zones.overshoot import overshoot, volume_and_sides
from analysis.zones.sheets import cells_of, level
from layers.arrays import Float64
from layers.columns import Mask
from layers.footprint import plans_of
from layers.project import Project
from layers.runs import Int64

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

#: What is built by plan, where nobody says which objects count.
BUILDINGS = frozenset(("Building", "BuildingPart"))


@dataclass(frozen=True)
class Piece:
    """One object with triangles of its own: a building, or a part of one."""

    fid: int
    triangles: Float64  # (m, 3, 3) metres, anticlockwise seen from outside
    rows: Int64  # (m,) which of all triangles that cast shadow these are
    volume_m3: float  # NaN where they close no body
    plan: BaseGeometry  # what it covers
    values: Mapping[str, object]

    @property
    def low_z(self) -> float:
        """Its lowest corner."""
        return float(self.triangles[..., 2].min())

    @property
    def high_z(self) -> float:
        """Its highest."""
        return float(self.triangles[..., 2].max())

    @property
    def mean_height_m(self) -> float:
        """Above its lowest corner, averaged over what it covers; its whole height where it is not closed."""
        if np.isfinite(self.volume_m3) and self.plan.area > 0:
            return min(self.volume_m3 / self.plan.area, self.high_z - self.low_z)
        return self.high_z - self.low_z


@dataclass(frozen=True)
class Body:
    """A building with all its parts."""

    fid: int
    layer: int
    id: str
    name: str
    pieces: tuple[Piece, ...]
    values: Mapping[str, object]

    @cached_property
    def triangles(self) -> Float64:
        """(m, 3, 3) of all pieces."""
        return np.concatenate([piece.triangles for piece in self.pieces])

    @cached_property
    def plan(self) -> BaseGeometry:
        """What it covers with all its parts."""
        return shapely.union_all([piece.plan for piece in self.pieces])

    @property
    def is_closed(self) -> bool:
        """Whether all its pieces are closed."""
        return all(np.isfinite(piece.volume_m3) for piece in self.pieces)

    @property
    def low_z(self) -> float:
        """Its lowest corner."""
        return min(piece.low_z for piece in self.pieces)

    @property
    def high_z(self) -> float:
        """Its highest."""
        return max(piece.high_z for piece in self.pieces)


def bodies_of(
    project: Project, cast: Casters, frame: Frame, where: str, fids: Sequence[int] | None
) -> list[Body]:
    """The buildings among what stands, or the objects that an expression holds for, or chosen ones."""
    rows = np.flatnonzero(_wanted(project, cast, where, fids))
    rows = rows[np.argsort(cast.fid[rows], kind="stable")]
    owners, first = np.unique(cast.fid[rows], return_index=True)
    layers = cast.layer[rows[first]].astype(np.int64)
    plans = _plans(project, layers, owners, frame)
    wholes = Naming(project).wholes(owners)
    known = {item.fid: item for item in project.objects(fids=np.union1d(owners, wholes).tolist())}
    groups: dict[int, list[Piece]] = {}
    for fid, whole, plan, mine in zip(
        owners.tolist(), wholes.tolist(), plans, np.split(rows, first[1:]), strict=True
    ):
        corners = frame.local(cast.vertices[cast.triangles[mine]])
        volume, is_closed = volume_and_sides(corners)
        if volume < 0:
            corners = corners[:, ::-1]
        held = abs(volume) if is_closed else np.nan
        groups.setdefault(whole, []).append(Piece(fid, corners, mine, held, plan, known[fid].row()))
    layer_of = dict(zip(owners.tolist(), layers.tolist(), strict=True))
    found = []
    for whole, pieces in groups.items():
        thing = known[whole]
        name = str(thing.attributes.get("name") or thing.id)
        layer = layer_of[pieces[0].fid]
        found.append(Body(whole, layer, thing.id, name, tuple(pieces), thing.row()))
    return found


def _wanted(project: Project, cast: Casters, where: str, fids: Sequence[int] | None) -> Mask:
    """Which triangles are of objects that count."""
    found = np.zeros(len(cast.triangles), bool)
    for number in np.unique(cast.layer[cast.fid >= 0]).tolist():
        layer = project.layer(number)
        is_meant = objects_of(project, layer, BUILDINGS) if not where else np.ones(layer.object_count, bool)
        if where or fids is not None:
            is_meant = is_meant & matching(project, layer, where, fids)
        mine = np.flatnonzero((cast.layer == number) & (cast.fid >= 0))
        found[mine] = is_meant[cast.fid[mine] - layer.first_fid]
    return found


def _plans(project: Project, layers: Int64, fids: Int64, frame: Frame) -> list[BaseGeometry]:
    """What each object covers, in metres; nothing where it has no plan."""
    found = np.empty(len(fids), object)
    for number in np.unique(layers).tolist():
        mine = np.flatnonzero(layers == number)
        shapes = plans_of(project, project.layer(number), fids[mine])
        found[mine] = covered(shapes, np.arange(len(mine)), len(mine))
    return [shapely.Polygon() if shape is None else frame.shape(shape) for shape in found.tolist()]


def built_m3(body: Body, area: BaseGeometry) -> float:
    """What of a building lies over an area; NaN where it is not closed."""
    if not body.is_closed:
        return np.nan
    return overshoot(body.triangles, cells_of((level(area, body.low_z),))).volume_m3
