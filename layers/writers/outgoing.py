"""A layer on its way into a file: its rows and shapes where they are wanted, each made when asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from layers import formats, wkb
from layers.arrays import CityTiles, Drawable, Mesh, Mover
from layers.citymesh import mesh_of_tiles, moved, part_of
from layers.columns import Mask
from layers.companions import NONE, Companions, renamed
from layers.crs import LOCAL, crs_text, crs_title, is_beside_metres, parse_crs
from layers.data import Feature, LayerData, WriteOptions
from layers.errors import WriteError
from layers.formats._citymodel import DECODERS
from layers.formats._vector import moved as moved_rows
from layers.formats._vector import moved_shape
from layers.ground import terrain_of
from layers.lods import geometries_at
from layers.moving import way
from layers.pipes import Network, network
from layers.place import is_metric
from layers.project import Project
from layers.records import Layer
from layers.report import Report
from layers.runs import Int64
from layers.shapes import Shape
from layers.sourcetext import source_tiles
from layers.writers._levels import Levels


@dataclass(frozen=True)
class Outgoing:
    """A layer of a project, and how it is to be written."""

    project: Project
    layer: Layer
    options: WriteOptions

    @cached_property
    def source(self) -> LayerData:
        """The objects, and the text of the source with the edits in it."""
        return self._told[0]

    @property
    def shapes_beside(self) -> dict[str, Shape]:
        """Edited shapes by the ids of their objects that the text of the source cannot tell."""
        return self._told[1]

    @cached_property
    def _told(self) -> tuple[LayerData, dict[str, Shape]]:
        from layers.exporting import layer_data

        try:
            return layer_data(self.project, self.layer), {}
        except WriteError:
            shapes = self.project.shapes(self.layer)
            if not shapes:
                raise
            ids = {item.fid: item.id for item in self.project.objects(fids=shapes)}
            found = layer_data(self.project, self.layer, with_shapes=False)
            return found, {ids[fid]: shape for fid, shape in shapes.items()}

    @cached_property
    def is_model(self) -> bool:
        """Whether the source is a model itself, that knows more than what is drawn, and was not moved."""
        if self.layer.source_format not in DECODERS or not self.layer.placement.is_as_read:
            return False
        own = formats.by_name(self.layer.source_format)
        return formats.reshaper(own) is not None or not self.project.shapes(self.layer)

    @property
    def is_of_shapes(self) -> bool:
        """Whether a city model is made of its shapes as they were drawn by hand."""
        return self.layer.is_drawn and self.layer.placement.is_as_read

    @cached_property
    def companions(self) -> Companions:
        """The images of the source that go out with a city model that is written anew."""
        from layers.writers import MODELS, by_ending

        out = self.options.out
        if out is None or not self.is_model or not {*by_ending(out, self.layer.kind)} & {*MODELS}:
            return NONE
        return renamed(self.layer, lambda: source_tiles(self.project, self.layer), out)

    @cached_property
    def rows(self) -> LayerData:
        """The objects with their footprints, lines and points in `crs`."""
        return self.rows_in(self.crs)

    def rows_in(self, crs: str | None) -> LayerData:
        """The objects with their footprints, lines and points in a CRS."""
        data = self._placed_rows(crs)
        if self.layer.kind != "pipes":
            return data
        levels, fids = Levels.of(self.network, self.mover(crs)), self.project.fids(self.layer).tolist()
        raised = [levels.raised(feature, fid) for fid, feature in zip(fids, data.features, strict=True)]
        return replace(data, features=raised)

    def _placed_rows(self, crs: str | None) -> LayerData:
        """The objects where they are on the map."""
        data = rows_of(self.project, self.layer)
        if self.layer.placement.is_as_read:
            return moved_rows(data, crs)
        put, there = self.project.mover(self.layer), self.mover(crs)
        for feature in data.features:
            if feature.geometry is not None:
                shape = moved_shape(wkb.read(feature.geometry), lambda points: there(put(points)))
                feature.geometry = wkb.write(shape)
        return replace(data, crs=crs)

    @cached_property
    def network(self) -> Network:
        """Pipes and nodes as they lie in the ground, in the project's CRS."""
        return network(self.project, self.layer, terrain_of(self.project))

    @cached_property
    def crs(self) -> str | None:
        """The CRS of what is written: the one asked for, or the layer's own; a network's in one unit."""
        if self.options.crs is not None:
            asked = crs_text(parse_crs(self.options.crs))
            if self.layer.kind == "pipes" and is_beside_metres(asked):
                raise WriteError(
                    "The network would have its heights in metres, and its positions not",
                    where=str(self.options.out or ""),
                    found=crs_title(asked),
                    do="Choose a CRS in metres, or one that names heights too, such as EPSG:3547+6360",
                )
            return asked
        own = None if self.layer.crs == LOCAL else self.layer.crs
        is_mixed = self.layer.kind == "pipes" and own is not None and is_beside_metres(own)
        stays = own is not None and self.layer.placement.is_as_read and not is_mixed
        return own if stays else self.project.place.crs

    @cached_property
    def metric_crs(self) -> str | None:
        """The same for files that know metres alone: in place of a layer's degrees or feet, the project's."""
        if self.crs is None or is_metric(self.crs):
            return self.crs
        if self.options.crs is not None:
            raise WriteError(
                "This format holds metres alone",
                where=str(self.options.out or ""),
                found=self.options.crs,
                do="Choose a projected CRS in metres",
            )
        return self.project.place.crs

    @cached_property
    def drawable(self) -> Drawable:
        """The arrays of the layer, in the project's CRS; made again where the cache has none."""
        from layers.importing import complete

        complete(self.project, [self.layer], self.options.progress)
        found = self.project.drawable(self.layer)
        if found is None:
            raise WriteError(
                "The layer has no shapes that could be written in this format", where=self.layer.name
            )
        return found

    def mover(self, crs: str | None) -> Mover:
        """What moves points from the project's CRS into one that is wanted."""
        return way(None if crs is None else self.project.place.crs, crs).move

    @cached_property
    def tiles(self) -> CityTiles:
        """The arrays of a city layer."""
        if not isinstance(self.drawable, CityTiles):
            raise WriteError("The layer has no city objects", where=self.layer.name)
        return self.drawable

    @cached_property
    def shown(self) -> Mask:
        """Per geometry of the tiles, whether it stands for its object: in the LoD asked for or its finest."""
        lod, names = self.options.lod, self.tiles.lod_names
        if lod is not None and lod not in names:
            raise WriteError(
                f"No city object of the layer has LoD {lod}",
                where=self.layer.name,
                allowed=", ".join(filter(None, names)) or "none",
            )
        return geometries_at(self.tiles, self.project.parents(self.layer), lod or "")

    @cached_property
    def positions(self) -> Int64:
        """Where the objects that are there stand in the layer, one for each of the rows."""
        found: Int64 = self.project.fids(self.layer) - self.layer.first_fid
        return found

    @cached_property
    def _there(self) -> Mask:
        """Per geometry of the tiles, whether its object is there."""
        gone = self.project.gone(self.layer)
        return np.repeat(~gone[self.tiles.entry_object], np.diff(self.tiles.entry_geometry))

    @cached_property
    def mesh(self) -> Mesh:
        """City objects, each in one LoD, in `metric_crs`."""
        return self._mesh(self.shown, self.metric_crs)

    @cached_property
    def whole_mesh(self) -> Mesh:
        """City objects in all LoDs, or in the one asked for, in `metric_crs`."""
        every = np.ones(len(self.tiles.geometry_lod), np.bool_)
        return self._mesh(every if self.options.lod is None else self.shown, self.metric_crs)

    def _mesh(self, kept: Mask, crs: str | None) -> Mesh:
        chosen = np.flatnonzero(kept & self._there)
        return moved(part_of(mesh_of_tiles(self.tiles), chosen), self.mover(crs))


def rows_of(project: Project, layer: Layer) -> LayerData:
    """The objects of a layer as they are now, their geometries in the layer's CRS."""
    data = LayerData(layer.name, layer.kind, layer.crs, Report(), facts=dict(layer.facts))
    data.facts["source_format"] = layer.source_format
    for id, kind, text, parent, since, until, geometry, lods in project.rows(
        "SELECT id, type, attributes, parent, valid_from, valid_to, geom, lods FROM object"
        " WHERE layer = ? AND gone = 0 ORDER BY fid",
        (layer.objects_layer,),
    ):
        shape = wkb.from_blob(geometry) if geometry else None
        data.features.append(
            Feature(id, kind, text.encode(), parent, since, until, geometry=shape, lods=lods)
        )
    return data
