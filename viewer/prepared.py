"""From a layer and its arrays to the view that draws it; the heavy part, for any thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.arrays import CityTiles, Drawable, ImagePyramid, PointTree, Scan, TerrainPyramid
from layers.ground import terrain_of
from layers.pipes import network
from layers.place import Place
from layers.records import Layer
from layers.revised import families, tiles_of
from layers.vector import measures, shapes
from viewer.city import CityView
from viewer.columns import Columns
from viewer.faces import Index
from viewer.heritage import RecordsView, record_places
from viewer.image import ImageView
from viewer.pipes import PipesView
from viewer.points import PointsView
from viewer.raster import RasterView
from viewer.scan import ScanView
from viewer.terrain import TinView
from viewer.tin import TIN
from viewer.vector import VectorView
from viewer.view import LayerView, Source

if TYPE_CHECKING:
    from layers.project import Project

MOST_TILES = 36


@dataclass(frozen=True)
class Prepared:
    """A layer ready to be added to a scene."""

    layer: Layer
    drawable: Drawable | None
    place: Place
    columns: Columns | None = None
    view: LayerView | None = None


@dataclass(frozen=True, eq=False)
class Revision:
    """Some objects of a layer as they are now, to be drawn in place of what was drawn of them before."""

    layer: Layer
    objects: Index  # positions in the layer; with all that they are parts of, and all parts
    tiles: CityTiles  # of these alone


def prepare(layer: Layer, drawable: Drawable | None, place: Place, reader: Project | None = None) -> Prepared:
    """The heavy part of drawing a layer, in any thread.

    `reader` is the project as that thread may read it (`project.reader()`); without it the heavy
    part waits for `Scene.add`.
    """
    if reader is None:
        return Prepared(layer, drawable, place)
    reader.store_values(layer)
    columns = columns_of(reader, layer)
    return Prepared(layer, drawable, place, columns, view_of(reader, layer, drawable, place, columns))


def revised(layer: Layer, fids: Index, reader: Project) -> Revision:
    """These objects of an imported layer as they are now, ready for `Scene.revise`; in any thread."""
    objects = families(reader, layer, fids - layer.first_fid)
    return Revision(layer, objects, tiles_of(reader, layer, objects))


def columns_of(project: Project, layer: Layer) -> Columns:
    """The values of the objects that a layer shows, its own or its partner's."""
    holder = project.any_layer(layer.objects_layer)
    return Columns(project, layer, holder.first_fid, holder.object_count)


def view_of(
    project: Project, layer: Layer, drawable: Drawable | None, place: Place, columns: Columns
) -> LayerView | None:
    """The view that fits a layer."""
    has_terrain = any(other.partner == layer.id for other in project.layers)
    source = Source(
        layer=layer,
        origin=place.origin,
        columns=columns,
        mover=place.mover_of(layer),
        left_out=frozenset((TIN,)) if has_terrain else frozenset(),
        most_tiles=MOST_TILES,
    )
    if isinstance(drawable, TerrainPyramid):
        return RasterView(source, drawable, place.way_back_of(layer))
    if isinstance(drawable, ImagePyramid):
        return ImageView(source, drawable, place.way_back_of(layer))
    if isinstance(drawable, CityTiles) and layer.kind == "terrain":
        return TinView(source, drawable)
    if isinstance(drawable, CityTiles):
        return CityView(source, drawable)
    if isinstance(drawable, Scan):
        return ScanView(source, drawable)
    if isinstance(drawable, PointTree):
        return PointsView(layer, drawable)
    if layer.kind == "pipes":
        return PipesView(source, network(project, layer, terrain_of(project)))
    if layer.kind == "vector":
        return VectorView(source, shapes(project, layer), terrain_of(project), measures(project, layer))
    if layer.kind == "heritage":
        return RecordsView(source, *record_places(project, layer))
    return None
