"""Footprints as GIS programs see them."""

from __future__ import annotations

import pytest
import shapely

from layers import formats
from layers.arrays import Mesh
from layers.boxes import object_boxes
from layers.data import ReadOptions
from layers.footprint import footprints
from tests.conftest import real


def test_a_court_stays_a_hole() -> None:
    _, (layer, *_) = formats.read(
        real("cityjson/cjseq-bertt/building_with_innerring.city.json"), ReadOptions()
    )
    assert isinstance(layer.drawable, Mesh)
    (shape,) = shapely.from_wkb(footprints(layer.drawable, 1))
    (area,) = shape.geoms
    assert shape.is_valid and shape.has_z and len(area.interiors) == 1
    assert area.area == pytest.approx(1453.878, abs=1e-3)


def test_each_building_stands_within_its_box() -> None:
    _, (layer, *_) = formats.read(
        real("cityjson/delfshaven/Rotterdam_3-20-DELFSHAVEN.city.json"), ReadOptions()
    )
    assert isinstance(layer.drawable, Mesh)
    shapes = shapely.from_wkb(footprints(layer.drawable, len(layer.features)))
    boxes = object_boxes(layer.drawable, len(layer.features))
    for (west, south, _, east, north, _), shape in zip(boxes.tolist(), shapes, strict=True):
        assert shape.area > 0
        assert shapely.box(west, south, east, north).buffer(1e-6).covers(shape)
