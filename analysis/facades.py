"""Points on the semantic surfaces of city objects: roofs, walls, and whatever else is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.facing import azimuths, in_plane, inside_out, normals_and_areas, tilts, types_by_tilt
from analysis.gridding import SMALLEST_M2, Polygons, gridded
from analysis.receivers import LIFT_M, Receivers, joined, some_rows
from analysis.situation import Situation, state_of
from analysis.standing import Reach, below, entries_of, matching, standing, surfaces_of
from layers.arrays import CityTiles, Float64
from layers.columns import Mask
from layers.data import Box, Progress, never_stop, part_of
from layers.project import Project
from layers.records import Layer
from layers.resultsheets import surfaces_at
from layers.runs import Int64, starts

#: Objects that receive light unless others are asked for.
BUILDING = "Building"
#: Semantic surfaces that the sky does not see: not receivers unless they are asked for.
INDOORS = frozenset(
    (
        "GroundSurface",
        "ClosureSurface",
        "InteriorWallSurface",
        "CeilingSurface",
        "FloorSurface",
        "OuterFloorSurface",
    )
)


#: So many times as many points a surface gets where most of it does not count, at most.
MOST_TIMES = 16.0


@dataclass(frozen=True)
class Wanted:
    """Which semantic surfaces are receivers."""

    where: str = ""  # expression on objects, whose parts follow; '' = buildings
    fids: Sequence[int] | None = None  # these objects and their parts only, of any type
    types: frozenset[str] | None = None  # of surfaces; None = all that the sky may see
    box: Box | None = None  # objects that reach into it


def on_surfaces(
    project: Project,
    situation: Situation | None = None,
    wanted: Wanted | None = None,
    spacing_m: float = 1.0,
    convergence_deg: float = 0.0,
    progress: Progress = never_stop,
) -> Receivers:
    """Points on the semantic surfaces of city objects, on grids about `spacing_m` wide."""
    situation, wanted = situation or Situation(), wanted or Wanted()
    states = state_of(project, situation)
    city_layers = [layer for layer in project.layers if layer.kind == "city" and layer.visible]
    found: list[Receivers] = []
    for number, layer in enumerate(city_layers):
        progress(number / len(city_layers), f"points on {layer.name}")
        city = project.drawable(layer)
        if isinstance(city, CityTiles):
            chosen = standing(project, layer, situation, states[layer.id][0])
            chosen &= matching(project, layer, wanted.where, wanted.fids)
            if not wanted.where and wanted.fids is None:
                chosen &= _buildings(project, layer)
            entries = entries_of(city, chosen, Reach(wanted.box))
            step = part_of(progress, number / len(city_layers), (number + 1) / len(city_layers))
            found.append(
                _on_layer(project, layer, city, entries, wanted.types, spacing_m, convergence_deg, step)
            )
    return joined(found)


def _buildings(project: Project, layer: Layer) -> Mask:
    """Buildings, their parts and installations."""
    codes, names = project.values(layer, "type").as_codes()
    found: Mask = np.array([*(str(name).startswith(BUILDING) for name in names), False])[codes]
    return found


def _on_layer(
    project: Project,
    layer: Layer,
    city: CityTiles,
    entries: Int64,
    types: frozenset[str] | None,
    spacing_m: float,
    convergence_deg: float,
    progress: Progress,
) -> Receivers:
    surfaces, geometries, owner = surfaces_of(project, layer, city, entries)
    corners, counts = _triangles(city, surfaces)
    normals, areas = normals_and_areas(corners, counts)
    type_of = np.asarray(city.surface_type[surfaces])
    turned = inside_out(normals, areas, city.type_names, type_of, geometries)
    normals[turned] *= -1
    said = [city.type_names[code] for code in type_of.tolist()]
    guessed = types_by_tilt(tilts(normals))
    names = [name or guess for name, guess in zip(said, guessed, strict=True)]
    wanted = {name: name in types if types is not None else name not in INDOORS for name in set(names)}
    kept = np.flatnonzero(np.array([wanted[name] for name in names], bool) & (areas > SMALLEST_M2))
    along = _along(city, surfaces, normals)
    lattice = gridded(Polygons(corners, counts, normals, along).some(kept), spacing_m, progress=progress)
    position = city.entry_object[owner[kept]]
    ids = project.values(layer, "id").taken(position).tolist()
    geometry, surface = city.geometry_index[geometries[kept]], city.surface_index[surfaces[kept]]
    return Receivers(
        points=lattice.points + LIFT_M * normals[kept][lattice.polygon],
        area_m2=lattice.area_m2,
        row=lattice.polygon.astype(np.int32),
        row_normal=normals[kept],
        layer=np.full(len(kept), layer.id, np.int32),
        fid=layer.first_fid + position.astype(np.int64),
        object_id=[str(id) for id in ids],
        geometry=np.asarray(geometry),
        surface=np.asarray(surface),
        surface_id=[
            f"{id}/{g}/{s}" for id, g, s in zip(ids, geometry.tolist(), surface.tolist(), strict=True)
        ],
        surface_type=[names[at] for at in kept.tolist()],
        row_area_m2=lattice.polygon_area_m2,
        tilt_deg=tilts(normals[kept]),
        azimuth_deg=azimuths(normals[kept], convergence_deg),
        notes=_notes(
            layer, sum(not name for name in said), int(turned.sum()), int((areas <= SMALLEST_M2).sum())
        ),
    )


def _triangles(city: CityTiles, surfaces: Int64) -> tuple[Float64, Int64]:
    """The triangles (m, 3, 3) of polygons, one polygon after the other, and how many each has."""
    triangles, _ = below(city.surface_triangle, surfaces, surfaces)
    counts = np.asarray(city.surface_triangle[surfaces + 1] - city.surface_triangle[surfaces], np.int64)
    return np.asarray(city.vertices[np.asarray(city.triangles[triangles])]), counts


def laid_again(project: Project, receivers: Receivers, rows: Int64, count: int) -> Receivers:
    """About `count` points on what counts of each of some surfaces, spread evenly; rows as chosen.

    Where a surface is hidden in part they lie on all of it, and so are more.
    """
    found = some_rows(receivers, rows)
    points, owners, areas = [np.empty((0, 3))], [np.empty(0, np.int64)], [np.empty(0)]
    for layer in project.layers:
        mine = np.flatnonzero(found.layer == layer.id)
        city = project.drawable(layer) if len(mine) else None
        if not isinstance(city, CityTiles):
            continue
        place = (found.fid - layer.first_fid, found.geometry, found.surface)
        surfaces = surfaces_at(city, *(each[mine].astype(np.int64) for each in place))
        corners, counts = _triangles(city, surfaces)
        normals = found.row_normal[mine]
        whole = np.maximum(normals_and_areas(corners, counts)[1], SMALLEST_M2)
        area = np.clip(found.row_area_m2[mine], whole / MOST_TIMES, whole)
        polygons = Polygons(corners, counts, normals, _along(city, surfaces, normals))
        lattice = gridded(polygons, np.sqrt(area / count), spread=True)
        points.append(lattice.points + LIFT_M * normals[lattice.polygon])
        owners.append(mine[lattice.polygon])
        areas.append(lattice.area_m2)
    return replace(
        found,
        points=np.concatenate(points),
        row=np.concatenate(owners).astype(np.int32),
        area_m2=np.concatenate(areas),
        grid=None,
    )


def _notes(layer: Layer, untyped: int, turned: int, empty: int) -> tuple[str, ...]:
    """What is to be said about the surfaces of a layer."""
    said = (
        (untyped, "surfaces have no type: it is taken from how they lean"),
        (turned, "surfaces belong to bodies that are turned inside out: they were turned round"),
        (empty, "surfaces have no area and get no points"),
    )
    return tuple(f"{layer.name}: {count} {text}" for count, text in said if count)


def _along(city: CityTiles, surfaces: Int64, normals: Float64) -> Float64:
    """(s, 3) the direction of the longest edge of each polygon, in its plane."""
    vertices, owner = below(city.surface_vertex, surfaces, np.arange(len(surfaces)))
    counts = np.bincount(owner, minlength=len(surfaces))
    points, ends = np.asarray(city.vertices[vertices]), np.flatnonzero(city.ring_end[vertices])
    following = np.arange(1, len(points) + 1)
    following[ends] = np.concatenate(([0], ends[:-1] + 1))
    edges = points[following] - points
    # In square millimetres: of edges as good as equal the first one counts, on every machine.
    length = np.rint((edges**2).sum(axis=1) * 1e6)
    best = np.flatnonzero(length == np.repeat(np.maximum.reduceat(length, starts(counts)[:-1]), counts))
    first = best[np.searchsorted(best, starts(counts)[:-1])]
    return in_plane(edges[first], normals)
