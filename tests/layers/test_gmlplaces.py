"""Buildings of seven cities land where they stand on Earth: one corner of each, moved by pyproj by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pyproj import Geod, Transformer

from layers.arrays import CityTiles
from layers.crs import LOCAL
from layers.project import Project
from tests.cities import import_here
from tests.conftest import real

EUROPE, JAPAN = "EPSG:3035", "EPSG:6691"
TOLERANCE_M = 0.001
#: From the middle of the town, as gazetteers have it.
IN_TOWN_M = 6000

PLACES = [
    # file, the corner as it stands in it, CRS, whether latitude comes first, project, town (lat, lon)
    (
        "citygml/plateau-yokosuka/bldg/52397519_bldg_6697_op.gml",
        "35.25962954418222 139.73892268006682 10.500850847558837",
        6668,
        True,
        JAPAN,
        (35.2586, 139.7399),  # Yokosuka Museum of Art
    ),
    (
        "citygml/njam/zurich-lod2-citygml1.xml",
        "683305.953 247425.762 406.21621",
        21781,
        False,
        EUROPE,
        (47.3717, 8.5424),  # Zürich, Rathaus
    ),
    (
        "citygml/nrw-lod2/LoD2_32_280_5657_1_NW.gml",
        "280928.585 5657506.457 39.68",
        25832,
        False,
        EUROPE,
        (51.0333, 5.9167),  # Selfkant
    ),
    (
        "citygml/lyon-vaulx/225_EGLISE_VAULX.gml",
        "1849974.150118 5178007.597125 172.721171",
        3946,
        False,
        EUROPE,
        (45.7768, 4.9187),  # Vaulx-en-Velin
    ),
    (
        "citygml/ogc3/Opera-Lyon_CityGML3.0_LOD2_with_xAL3_FreeText.gml",
        "1842817.003957 5175853.878231 170.786987",
        3946,
        False,
        EUROPE,
        (45.7677, 4.8363),  # Opéra de Lyon
    ),
    (
        "citygml/potsdam-lod1/Potsdam_LoD1.gml",
        "367186.40808105 5808056.27807617 41.98",
        25833,
        False,
        EUROPE,
        (52.3989, 13.0657),  # Potsdam
    ),
    (
        "citygml/ogc3/Building_CityGML3.0_with_Dynamizer_and_inline_Timeseries.gml",
        "4490663.45 5322007.59 555.191",
        31468,
        False,
        EUROPE,
        (48.0342, 11.8762),  # Moosach, east of Munich
    ),
    (
        "citygml/val3dity-gml/dh_1.gml",
        "79448.3 457352.198 18.558",
        28992,
        False,
        EUROPE,
        (52.0705, 4.3007),  # Den Haag
    ),
]


@pytest.mark.parametrize(("name", "corner", "code", "lat_first", "crs", "town"), PLACES)
def test_a_known_corner_lands_where_it_stands(
    name: str,
    corner: str,
    code: int,
    lat_first: bool,
    crs: str,
    town: tuple[float, float],
    tmp_path: Path,
) -> None:
    source = real(name)
    assert corner in source.read_text("utf-8", "replace")
    first, second, height = map(float, corner.split())
    x, y = (second, first) if lat_first else (first, second)
    to_project = Transformer.from_crs(code, crs, always_xy=True)
    expected = np.array([*to_project.transform(x, y), height])
    with Project.create(tmp_path / "p.city.gpkg", crs=crs) as project:
        layer = import_here(project, source)
        tiles = project.drawable(layer)
    assert isinstance(tiles, CityTiles)
    assert np.abs(tiles.vertices - expected).max(axis=1).min() < TOLERANCE_M
    longitude, latitude = Transformer.from_crs(crs, 4326, always_xy=True).transform(*expected[:2])
    _, _, off = Geod(ellps="WGS84").inv(longitude, latitude, town[1], town[0])
    assert off < IN_TOWN_M


def test_a_model_of_no_crs_near_zero_is_said_to_lie_nowhere(tmp_path: Path) -> None:
    source = real("citygml/citygml10/LOD2_Buildings_v100.gml")
    with Project.create(tmp_path / "p.city.gpkg") as project:
        layer = import_here(project, source)
    (told,) = layer.report["warnings"]
    assert layer.crs == LOCAL and told["code"] == "placed"
    assert "names no coordinate reference system" in told["text"] and "place it" in told["text"]


def test_a_file_of_terrain_alone_becomes_its_objects_and_its_ground(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p.city.gpkg") as project:
        import_here(project, real("citygml/plateau-yokosuka/dem/523965_dem_6697_05_op.gml"))
        found = {layer.kind: layer.name for layer in project.layers}
    name = "523965_dem_6697_05_op"
    assert found == {"city": f"{name} objects", "terrain": f"{name} terrain"}
