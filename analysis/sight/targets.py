"""What is looked at: chosen objects, with their parts, as they stand in states of the city."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analysis.facades import Wanted, on_surfaces
from analysis.missing import why_nothing
from analysis.naming import Naming
from analysis.obstacles import Casters
from analysis.receivers import NOBODY, Receivers
from analysis.situation import Situation, state_of
from analysis.standing import Reach, entries_of, matching
from layers.arrays import CityTiles
from layers.columns import Mask
from layers.data import Box
from layers.errors import UsageError
from layers.heritage import records
from layers.project import Project
from layers.runs import Int64
from layers.written import grouped

#: Distance of points at which every surface has but one.
ONE_EACH_M = 1e6


@dataclass(frozen=True)
class Target:
    """Objects that are looked at as one."""

    fids: Int64  # sorted, with all parts
    title: str  # the name of one object, or how many there are
    box: Box
    count: int = 1  # of objects, each with its parts

    def triangles_in(self, cast: Casters) -> Mask:
        """Which triangles of the casters are of it."""
        return np.isin(cast.fid, self.fids)

    def alone(self, cast: Casters) -> Casters:
        """It, as if nothing else stood."""
        mine = self.triangles_in(cast)
        return replace(
            cast,
            triangles=cast.triangles[mine],
            fid=cast.fid[mine],
            layer=cast.layer[mine],
            surface=cast.surface[mine],
            transmissivity=cast.transmissivity[mine],
            opaque=int(mine[: cast.opaque].sum()),
        )


def target_of(
    project: Project,
    where: str,
    fids: Sequence[int],
    states: Sequence[Situation],
    called: str = "What is looked at",
) -> Target:
    """The objects that match an expression, or are chosen; UsageError where none stands in any state."""
    what = f"{called} is not there"
    if not where and not fids:
        raise UsageError("No object is chosen to look at", do="Choose one in the view, or by an expression")
    fids = with_city_objects(project, fids)
    chosen, boxes = [], []
    stood = [state_of(project, state) for state in states]
    for layer in project.layers:
        if layer.kind != "city" or not layer.object_count or not layer.visible:
            continue
        mine = matching(project, layer, where, fids or None)
        mine &= np.logical_or.reduce([state[layer.id][0] for state in stood])
        city = project.drawable(layer)
        if mine.any() and isinstance(city, CityTiles):
            boxes.append(np.asarray(city.entry_box)[entries_of(city, mine, Reach())].reshape(-1, 2, 3))
            chosen.append(layer.first_fid + np.flatnonzero(mine))
    reasons = [why_nothing(project, where, fids, state) for state in states]
    if all(reasons):
        raise UsageError(what, found=reasons[0], do="Choose another object, or another date of the city")
    corners = np.concatenate([np.empty((0, 2, 3)), *boxes])
    if not len(corners):
        raise UsageError(what, found="it has no geometry", do="Choose another object")
    found = np.sort(np.concatenate(chosen))
    naming = Naming(project)
    wholes = np.unique(naming.wholes(found)).tolist()
    title = naming.title(wholes[0]) if len(wholes) == 1 else f"{grouped(len(wholes))} objects"
    x0, y0, z0 = corners[:, 0].min(axis=0).tolist()
    x1, y1, z1 = corners[:, 1].max(axis=0).tolist()
    return Target(found, title, (x0, y0, z0, x1, y1, z1), len(wholes))


def with_city_objects(project: Project, fids: Sequence[int]) -> tuple[int, ...]:
    """The objects, and in place of records and scans of monuments the city objects that they are of."""
    catalogues = [layer for layer in project.layers if layer.kind == "heritage" and layer.object_count]
    chosen = {
        layer.id: [fid for fid in fids if 0 <= fid - layer.first_fid < layer.object_count]
        for layer in catalogues
    }
    if not any(chosen.values()):
        return tuple(fids)
    scans = {Path(layer.source_path) for layer in catalogues if chosen[layer.id]}
    found = [
        each
        for layer in catalogues
        for record in records(project, layer)
        if record.fid in chosen[layer.id] or (record.scan is not None and record.scan.path in scans)
        for each in record.city_fids
    ]
    others = set(fids).difference(*chosen.values())
    return tuple(sorted(others.union(found))) or tuple(fids)


def surfaces_of_target(
    project: Project, target: Target, state: Situation, convergence_deg: float
) -> Receivers:
    """A row for each semantic surface of it, without points."""
    wanted = Wanted(fids=target.fids.tolist())
    found = on_surfaces(project, state, wanted, ONE_EACH_M, convergence_deg)
    return replace(found, points=NOBODY.points, area_m2=NOBODY.area_m2, row=NOBODY.row, grid=None)


def row_of_triangles(project: Project, rows: Receivers, cast: Casters) -> Int64:
    """(m,) the row of surfaces that each triangle of the casters lies in, -1 for none."""
    places = {
        key: row
        for row, key in enumerate(
            zip(
                rows.layer.tolist(),
                rows.fid.tolist(),
                rows.geometry.tolist(),
                rows.surface.tolist(),
                strict=True,
            )
        )
    }
    found = np.full(len(cast.triangles), -1, np.int64)
    for number in np.unique(cast.layer).tolist():
        city = project.drawable(project.layer(number))
        if not isinstance(city, CityTiles):
            continue
        mine = np.flatnonzero((cast.layer == number) & (cast.surface >= 0))
        polygon = cast.surface[mine]
        geometry = np.searchsorted(city.geometry_surface, polygon, "right") - 1
        keys = zip(
            cast.fid[mine].tolist(),
            city.geometry_index[geometry].tolist(),
            city.surface_index[polygon].tolist(),
            strict=True,
        )
        found[mine] = [places.get((number, *key), -1) for key in keys]
    return found
