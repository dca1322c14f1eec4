"""What checks of city objects share: which objects, their content's hash, rows of their surfaces."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from analysis.analysis import Estimate
from analysis.facing import azimuths, tilts
from analysis.gridding import areas_of
from analysis.site import site_if_known
from layers.arrays import CityTiles
from layers.columns import Mask
from layers.errors import UsageError
from layers.project import Project
from layers.records import Layer
from layers.results import Table
from layers.runs import Int64, ranges


class Asked(Protocol):
    """Inputs that say which objects are meant."""

    @property
    def where(self) -> str: ...  # noqa: D102
    @property
    def fids(self) -> tuple[int, ...]: ...  # noqa: D102
    @property
    def layer(self) -> str: ...  # noqa: D102


def checked_layers(project: Project, inputs: Asked) -> list[tuple[Layer, Mask]]:
    """The city layers that are meant, and which of their objects."""
    found = []
    is_known = any(inputs.layer in (layer.name, str(layer.id)) for layer in project.layers)
    meant = project.layer(inputs.layer).id if is_known else None
    for layer in project.layers:
        if layer.kind != "city" or (inputs.layer and layer.id != meant):
            continue
        mask = ~project.gone(layer)
        if inputs.fids:
            positions = np.array(inputs.fids) - layer.first_fid
            mask &= np.isin(np.arange(layer.object_count), positions)
        elif inputs.where:
            mask = project.matching(layer, inputs.where)
        if mask.any():
            found.append((layer, mask))
    if not found:
        names = ", ".join(layer.name for layer in project.layers if layer.kind == "city")
        if not names:
            raise UsageError(
                "There are no city objects to check", do="Add a city model: buildings, bridges, roads …"
            )
        raise UsageError(
            "No city object is meant",
            found=inputs.layer or inputs.where or "nothing that is chosen is one",
            allowed=f"objects of the layers {names}",
        )
    return found


def estimate_of(project: Project, inputs: Asked, objects_per_second: float) -> Estimate:
    """How much there is to check."""
    count = sum(int(mask.sum()) for _, mask in checked_layers(project, inputs))
    return Estimate(count, 0, count / objects_per_second, what="object")


def content_of(project: Project, layer: Layer) -> tuple[str, str]:
    """A layer's name and the hash of its content with the edited shapes in it."""
    edited = repr([(fid, shape.text()) for fid, shape in sorted(project.shapes(layer).items())])
    text = f"{project.stamp(layer)} {edited}"
    return layer.name, hashlib.sha256(text.encode()).hexdigest()


def surface_rows(project: Project, objects: Sequence[tuple[int, int]]) -> Table:
    """The surfaces of some objects, by layer and fid, as results list them."""
    convergence = site_if_known(project).convergence_deg
    parts = [
        _rows(
            project,
            project.any_layer(number),
            np.array([f for n, f in objects if n == number], np.int64),
            convergence,
        )
        for number in dict.fromkeys(layer for layer, _ in objects)
    ]
    names = (
        "layer",
        "fid",
        "object_id",
        "geometry",
        "surface",
        "surface_id",
        "surface_type",
        "area_m2",
        "tilt_deg",
        "azimuth_deg",
    )
    texts = ("object_id", "surface_id", "surface_type")
    columns = {
        name: [value for part in parts for value in part.columns[name]]
        if name in texts
        else np.concatenate([np.empty(0), *(part.numbers(name) for part in parts)])
        for name in names
    }
    for name in ("layer", "fid", "geometry", "surface"):
        columns[name] = np.asarray(columns[name]).astype(np.int64)
    return Table(columns)


def _rows(project: Project, layer: Layer, fids: Int64, convergence_deg: float) -> Table:
    city = project.drawable(layer)
    assert isinstance(city, CityTiles)
    entries = np.flatnonzero(np.isin(city.entry_object, fids - layer.first_fid))
    begin, end = city.entry_surface[entries], city.entry_surface[entries + 1]
    surfaces = ranges(begin, end - begin)
    position = np.repeat(city.entry_object[entries], end - begin).astype(np.int64)
    geometries = np.searchsorted(city.geometry_surface, surfaces, side="right") - 1
    first, counts = city.surface_triangle[surfaces], np.diff(city.surface_triangle)[surfaces]
    corners = city.vertices[np.asarray(city.triangles[ranges(first, counts)])]
    owner = np.repeat(np.arange(len(surfaces)), counts)
    normals = np.asarray(city.surface_normal[surfaces], np.float64)
    ids = [str(id) for id in project.values(layer, "id").taken(position).tolist()]
    geometry, surface = city.geometry_index[geometries], city.surface_index[surfaces]
    return Table(
        {
            "layer": np.full(len(surfaces), layer.id),
            "fid": layer.first_fid + position,
            "object_id": ids,
            "geometry": np.asarray(geometry),
            "surface": np.asarray(surface),
            "surface_id": [
                f"{id}/{g}/{s}" for id, g, s in zip(ids, geometry.tolist(), surface.tolist(), strict=True)
            ],
            "surface_type": [city.type_names[code] for code in city.surface_type[surfaces].tolist()],
            "area_m2": np.bincount(owner, areas_of(corners), len(surfaces)),
            "tilt_deg": tilts(normals),
            "azimuth_deg": azimuths(normals, convergence_deg),
        }
    )
