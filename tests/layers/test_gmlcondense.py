"""What is taken out of the text before it is parsed comes out as if it had been parsed."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from layers.arrays import Mesh
from layers.data import LayerData, ReadOptions
from layers.formats import citygml
from layers.gml.condense import FACES, POLYGONS, Condenser
from layers.gml.reader import Reader
from tests.conftest import real
from tests.layers.test_citygml import MODELS
from tests.layers.test_gml import OPENING, SQUARE, building, lod2, model, polygon, surfaces, tag

POSITIONS = f'<gml:posList srsDimension="3"> {SQUARE}\n</gml:posList>'
HOLE = f"<gml:interior><gml:LinearRing><gml:posList>{SQUARE}</gml:posList></gml:LinearRing></gml:interior>"


def wall(*polygons: str, id: str = "w", more: str = "") -> str:
    return tag("bldg:boundedBy", tag("bldg:WallSurface", more + lod2(*polygons), id))


#: Contents of a building, and how many polygons are taken out of them.
CONTENTS = {
    wall(polygon()): 1,
    wall(polygon(POSITIONS)).replace("><", ">\r\n\t <"): 1,
    wall(polygon(), more="<gml:name>north</gml:name><bldg:class>1000</bldg:class>"): 1,
    wall(polygon(), id="") + wall(polygon(id="q"), id="v") + lod2("#p", "#q", name="bldg:lod2Solid"): 2,
    wall(polygon(), more=wall(polygon(id="q"), id="v")): 2,
    wall(polygon(), polygon(id="q"), "#p"): 2,
    lod2(polygon(), polygon(id="q"), polygon(id="r", more=HOLE), polygon(id="s")): 3,
    lod2(polygon()) + "<!-- " + wall(polygon(id="q")) + " -->": 2,
    wall(polygon("<gml:posList>0 0 0 1 x 0 1 1 0 0 0 0</gml:posList>")): 1,
    wall(polygon("<gml:posList>0 0 0 1 0 0 1 1 0</gml:posList>")): 1,
    wall(polygon("<gml:posList>0 0 &#48; 1 0 0 1 1 0 0 0 0</gml:posList>")): 0,
    wall(polygon('<gml:posList srsDimension="2">0 0 1 0 1 1 0 0</gml:posList>')): 0,
    wall(polygon()).replace("<gml:Polygon ", '<gml:Polygon xmlns:gml="elsewhere" '): 0,
    wall(polygon()) + f'<gml:name {POLYGONS}="0 1"/>': 0,
    wall(polygon()) + "<gml:name><![CDATA[" + wall(polygon()) + "]]></gml:name>": 2,
    tag("bldg:lod2Geometry", tag("gml:MultiGeometry", surfaces(polygon()))): 1,
    tag("ade:part", tag("ade:Thing", wall(polygon()), "t")): 1,
    tag("ade:part", tag("ade:Thing", wall(polygon()))): 1,
    tag("bldg:lod2Solid", tag("gml:OrientableSurface", surfaces(polygon())[18:-19])): 1,
}


def both(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading a file gives the same either way."""
    short = citygml.read(path, ReadOptions())
    monkeypatch.setattr(Reader, "condenses", False)
    whole = citygml.read(path, ReadOptions())
    assert list(map(_told, short)) == list(map(_told, whole))
    for one, other in zip(short, whole, strict=True):
        if isinstance(one.drawable, Mesh) and isinstance(other.drawable, Mesh):
            for name in (field.name for field in fields(Mesh)):
                np.testing.assert_equal(getattr(one.drawable, name), getattr(other.drawable, name))


def _told(layer: LayerData) -> tuple[object, ...]:
    return layer.features, layer.pieces, layer.facts, repr(layer.report), layer.looks, layer.themes


@pytest.mark.parametrize("name", MODELS)
def test_real_files_are_read_alike(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    both(real(name), monkeypatch)


@pytest.mark.parametrize("content", CONTENTS)
def test_all_spellings_are_read_alike(content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "city.gml"
    path.write_text(model(building(content), building("", "b2")), "utf-8")
    both(path, monkeypatch)


@pytest.mark.parametrize(("content", "polygons"), CONTENTS.items())
def test_only_what_is_plain_is_taken_out(content: str, polygons: int) -> None:
    found = Condenser(OPENING.encode(), "UTF-8").condensed(building(content).encode())
    assert (0 if found is None else len(found[1].rings)) == polygons
    if found is not None and "<!--" not in content:
        assert len(found[0]) < len(building(content))


def test_surfaces_of_version_3_are_taken_out_whatever_their_prefix() -> None:
    opening = (
        '<CityModel xmlns="http://www.opengis.net/citygml/3.0" xmlns:gml="http://www.opengis.net/gml/3.2"'
        ' xmlns:con="http://www.opengis.net/citygml/construction/3.0">'
    )
    surface = tag("con:WallSurface", lod2(polygon(), name="lod2MultiSurface"), "w")
    found = Condenser(opening.encode(), "ISO-8859-1").condensed(tag("boundary", surface).encode())
    assert found is not None
    assert found[0] == f'<boundary {FACES}="0 1"/>'.encode()
    assert found[1].faces == [("WallSurface", "w", "2", None)]
    assert Condenser(opening.encode(), "Shift_JIS").condensed(tag("boundary", surface).encode()) is None
