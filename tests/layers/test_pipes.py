"""Networks in the ground: fields found by their many names, true levels, true diameters."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layers import pipes
from layers.arrays import Float64
from layers.data import ReadOptions
from layers.errors import ReadError
from layers.importing import import_files
from layers.pipe_fields import Source, check_mapping, with_units
from layers.project import Project
from tests.conftest import real
from tests.olden import age

CRS = "EPSG:7415"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "p.city.gpkg", crs=CRS) as project:
        yield project


def flat_terrain(positions: Float64) -> Float64:
    heights: Float64 = np.full(len(positions), 5.0)
    return heights


def drawn(
    project: Project, path: Path, terrain: pipes.Terrain | None = None, **field_map: str
) -> pipes.Network:
    layer = import_files(project, [path], ReadOptions(kind="pipes", crs=CRS, field_map=field_map))[0]
    return pipes.network(project, layer, terrain)


def geojson(project: Project, *features: tuple[dict[str, Any], str, Any]) -> Path:
    path = project.path.with_name("network.geojson")
    listed = [
        {"type": "Feature", "properties": values, "geometry": {"type": type, "coordinates": coordinates}}
        for values, type, coordinates in features
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": listed}))
    return path


@pytest.mark.parametrize(
    ("names", "values", "expected"),
    [
        (["DIAM_MM"], [300], "DIAM_MM [mm]"),
        (["Nennweite"], [], "Nennweite [mm]"),
        (["Diameter"], [300, 400, 800], "Diameter [mm]"),
        (["diameter"], [0.3, 1.2], "diameter [m]"),
        (["diameter"], ["6", "8", "12"], "diameter [in]"),
        (["Pipe diameter (feet)"], [2], "Pipe diameter (feet) [ft]"),
        (["BreedteLeiding"], [500], "BreedteLeiding [mm]"),
        (["ledningsdimension"], [0.2], "ledningsdimension [m]"),
    ],
)
def test_diameters_are_found_with_their_unit(names: list[str], values: list[Any], expected: str) -> None:
    assert pipes.guess_mapping(names, {names[0]: values})["diameter_m"] == expected


def test_levels_are_found_in_four_languages() -> None:
    for start, end in (
        ("upstream_invert", "downstream_invert"),
        ("BobBeginpuntLeiding", "BobEindpuntLeiding"),
        ("Sohlhöhe_oben", "Sohlhöhe_unten"),
        ("BundløbskoteOpst", "BundløbskoteNedst"),
    ):
        found = pipes.guess_mapping(["id", "color", start, end], {})
        assert found == {"start_invert_m": f"{start} [m]", "end_invert_m": f"{end} [m]"}


def test_a_mapping_reads_units_alternatives_and_decimal_commas() -> None:
    source = Source.parse("diameter [mm] | height [ft]")
    assert source.length_m({"diameter": "300,5"}) == pytest.approx(0.3005)
    assert source.length_m({"diameter": None, "height": 2}) == pytest.approx(0.6096)
    assert np.isnan(source.length_m({"diameter": "unknown"}))


def test_a_chosen_field_gets_the_unit_that_nobody_wrote() -> None:
    sample: dict[str, list[Any]] = {"D": [300, 500], "Size [mm]": [1], "H_ft": [1]}
    chosen = {"diameter_m": "D | Size [mm] | D [in]", "bottom_level_m": "H_ft", "material": "D"}
    assert with_units(chosen, sample) == {
        "diameter_m": "D [mm] | Size [mm] [mm] | D [in]",
        "bottom_level_m": "H_ft [ft]",
        "material": "D",
    }
    assert Source.parse("Size [mm] [mm]").length_m({"Size [mm]": 300}) == pytest.approx(0.3)
    check_mapping(chosen, sample)
    with pytest.raises(ReadError, match="no such field"):
        check_mapping({"diam": "D"}, sample)
    with pytest.raises(ReadError, match="no such attribute"):
        check_mapping({"diameter_m": "DN [mm]"}, sample)


def test_a_sewer_lies_at_its_inverts(project: Project) -> None:
    network = drawn(project, real("utilities/bellinge/bellinge_small.inp"))
    layer = project.layer("bellinge_small")
    conduits = {item.fid: item for item in project.objects(layer, where="type == 'Conduit'")}
    bottoms = {
        item.id: item.attributes["invertElevation"]
        for item in project.objects(layer)
        if item.type != "Conduit"
    }
    assert len(network.fid) == len(conduits) == 15
    for number, fid in enumerate(network.fid):
        values = conduits[int(fid)].attributes
        line = network.points[network.offsets[number] : network.offsets[number + 1]]
        radius = values["diameter"] / 2
        assert network.diameter_m[number] == values["diameter"]
        assert line[0, 2] == pytest.approx(bottoms[values["fromNode"]] + values["inOffset"] + radius)
        assert line[-1, 2] == pytest.approx(bottoms[values["toNode"]] + values["outOffset"] + radius)
    assert len(network.node_fid) == 16
    for number, fid in enumerate(network.node_fid):
        node = project.object(int(fid))
        assert network.node_bottom_z[number] == pytest.approx(bottoms[node.id])
        if depth := node.attributes.get("maxDepth"):
            assert network.node_top_z[number] == pytest.approx(bottoms[node.id] + depth)
    assert network.notes == ()


def test_feet_and_inches_are_drawn_in_metres(project: Project) -> None:
    network = drawn(project, real("utilities/wntr-net/Net1.inp"))
    first = project.object(int(network.fid[0]))
    assert (first.id, first.attributes["diameter"]) == ("10", 18)
    assert network.diameter_m[0] == pytest.approx(0.4572)
    assert network.points[0, 2] == pytest.approx(710 * 0.3048 + 0.4572 / 2)


def test_an_invert_slopes_evenly_along_the_length(project: Project) -> None:
    values = {"dn": 400, "us_invert": 2.0, "ds_invert": 1.0}
    path = geojson(project, (values, "LineString", [[0, 0], [30, 40], [30, 90]]))
    network = drawn(project, path)
    assert network.points[:, 2].tolist() == pytest.approx([2.2, 1.7, 1.2])


def test_levels_fall_back_from_geometry_to_cover_to_zero(project: Project) -> None:
    path = geojson(
        project,
        ({"diameter": 0.2}, "LineString", [[0, 0, -1], [10, 0, -2]]),
        ({"diameter": 0.2, "depth": 0.8}, "LineString", [[0, 1], [10, 1]]),
        ({"diameter": 0.2}, "MultiLineString", [[[0, 2], [10, 2]], [[20, 2], [30, 2]]]),
        ({"diameter": 0.2}, "Point", [0, 0]),
    )
    above = drawn(project, path, flat_terrain)
    assert [pipes.LEVELS[kind] for kind in above.level] == [
        "geometry",
        "cover depth",
        "usual cover",
        "usual cover",
    ]
    assert above.points[above.offsets[:-1], 2].tolist() == pytest.approx([-1, 4.1, 3.9, 3.9])
    assert (above.node_top_z[0], above.node_bottom_z[0]) == (5.0, 3.5)
    assert above.fid[2] == above.fid[3]
    assert "drawn 1 m below the terrain" in above.notes[0]
    (layer,) = [layer for layer in project.layers if layer.kind == "pipes"]
    without = pipes.network(project, layer)
    assert without.points[without.offsets[:-1], 2].tolist() == pytest.approx([-1, 0, 0, 0])
    assert set(without.notes) == {
        "2 of 4 lines have no level; they are drawn at height 0.",
        "1 of 4 lines say only how deep below the ground they lie, and there is no terrain yet;"
        " they are drawn at height 0.",
    }


def test_pipes_find_the_nodes_of_another_layer(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p.city.gpkg", crs="EPSG:3547") as project:
        (lines,) = import_files(project, [real("utilities/wntr-ky4/ky4_pipes.geojson")])
        assert set(pipes.network(project, lines).level) == {pipes.UNKNOWN}
        import_files(project, [real("utilities/wntr-ky4/ky4_junctions.geojson")])
        network = pipes.network(project, lines)
        start = project.by_id("J-1")
        assert start is not None
        assert network.points[0, 2] == pytest.approx(start.attributes["elevation"] + 0.1524 / 2)
        assert np.isfinite(network.points).all()


def test_a_network_in_another_crs_comes_to_the_projects(project: Project) -> None:
    (layer,) = import_files(
        project,
        [geojson(project, ({"diameter": 0.3}, "LineString", [[5.387206, 52.155174], [5.388206, 52.155174]]))],
    )
    network = pipes.network(project, layer)
    assert network.points[0, :2] == pytest.approx([155_000, 463_000], abs=1)
    assert np.linalg.norm(np.diff(network.points[:, :2], axis=0)) == pytest.approx(68.4, abs=0.2)


def test_an_edited_diameter_is_drawn_and_a_chosen_field_wins(project: Project) -> None:
    path = geojson(project, ({"diameter": 300, "outer": 500}, "LineString", [[0, 0], [1, 1]]))
    assert drawn(project, path, diameter_m="outer").diameter_m.tolist() == [0.5]
    (layer,) = project.layers
    with project.edit("Relined") as edit:
        edit.set_attribute(layer.first_fid, "outer", 250)
    assert pipes.network(project, layer).diameter_m.tolist() == [0.25]
    with project.edit("Use the inner diameter") as edit:
        edit.set_layer(layer.id, style={"field_map": {"diameter_m": "diameter"}})
    assert pipes.network(project, project.layer(layer.id)).diameter_m.tolist() == [0.3]


def test_a_network_without_geometry_is_empty(project: Project) -> None:
    path = project.path.with_name("bare.inp")
    path.write_text("[JUNCTIONS]\nA 1 2\n[CONDUITS]\nC A B 1 1\n")
    network = drawn(project, path)
    assert (len(network.points), network.offsets.tolist(), len(network.node_points)) == (0, [0], 0)


def test_levels_in_the_wrong_unit_are_told_where_there_is_terrain(project: Project) -> None:
    path = real("utilities/wntr-ky4/ky4.inp")

    def ground(places: Float64) -> Float64:
        """What ky4_elevation.tif says in the middle: metres, while the network's levels are in feet."""
        return np.full(len(places), 199.0)

    right = drawn(project, path, ground)
    assert not any("fit the terrain" in note for note in right.notes)
    wrong = drawn(project, path, ground, bottom_level_m="elevation [m]")
    assert any("if they were feet, not metres" in note for note in wrong.notes)


def test_ky4_in_feet_lies_on_its_terrain_in_metres(tmp_path: Path) -> None:
    import rasterio

    with Project.create(tmp_path / "ky4.city.gpkg", crs="EPSG:3547") as project:
        options = ReadOptions(crs="EPSG:3547")
        layer = import_files(project, [real("utilities/wntr-ky4/ky4.inp")], options)[0]
        nodes = pipes.network(project, layer).node_points
    with rasterio.open(real("utilities/wntr-ky4/ky4_elevation.tif")) as terrain:
        ground = np.array([value[0] for value in terrain.sample(nodes[:, :2].tolist())])
    apart = nodes[ground > 0, 2] - ground[ground > 0]
    assert np.abs(np.quantile(apart, (0.05, 0.5, 0.95))).max() < 3.0


@pytest.mark.parametrize("crs", ["EPSG:2236", "EPSG:2236+6360"])  # in feet; heights not said, in feet
def test_boxes_of_a_network_in_feet_hold_what_is_drawn(tmp_path: Path, crs: str) -> None:
    path = tmp_path / "feet.inp"
    path.write_text(
        "[JUNCTIONS]\nA 100\nB 200\n[PIPES]\nP A B 500 12\n[OPTIONS]\nUnits GPM\n"
        "[COORDINATES]\nA 900000 600000\nB 900500 600000\n"
    )
    with Project.create(tmp_path / "feet.city.gpkg") as project:
        (layer,) = import_files(project, [path], ReadOptions(crs=crs))
        network = pipes.network(project, layer)
        # A foot of the file is 0.3048 m; EPSG:6360 says its heights are in US survey feet of the same place.
        assert network.node_bottom_z == pytest.approx([30.48, 60.96], abs=1e-6)
        assert layer.box is not None
        assert (layer.box[2], layer.box[5]) == pytest.approx((30.48, 60.96), abs=1e-6)
        boxes = np.array([project.box([fid]) for fid in project.fids(layer)])
        held = [[30.48, 30.48], [60.96, 60.96], [30.48, 60.96]]
        assert boxes[:, [2, 5]] == pytest.approx(np.array(held), abs=1e-4)


def test_a_project_of_version_3_gets_the_boxes_of_its_networks_in_feet_right(tmp_path: Path) -> None:
    path = tmp_path / "feet.inp"
    path.write_text(
        "[JUNCTIONS]\nA 100\nB 200\n[PIPES]\nP A B 500 12\n[OPTIONS]\nUnits GPM\n"
        "[COORDINATES]\nA 900000 600000\nB 900500 600000\n"
    )
    with Project.create(tmp_path / "feet.city.gpkg") as project:
        (layer,) = import_files(project, [path], ReadOptions(crs="EPSG:2236"))
        right = [project.box([fid]) for fid in project.fids(layer)]
        own = layer.box
    assert own is not None
    # As they were written before: metres taken for feet once more.
    wrong = [*own[:2], own[2] * 0.3048006, *own[3:5], own[5] * 0.3048006]
    with closing(sqlite3.connect(project.path)) as connection:
        connection.execute("UPDATE layer SET box = ?", (json.dumps(wrong),))
        connection.execute("UPDATE object_rtree SET minz = minz * 0.3048006, maxz = maxz * 0.3048006")
        connection.commit()
    age(project.path, 3)
    with Project.open(project.path, read_only=True) as old:
        assert list(old.layer(layer.id).box or ()) == pytest.approx(wrong)
    with Project.open(project.path) as new:
        assert new.layer(layer.id).box == pytest.approx(own, abs=1e-6)
        boxes = [new.box([fid]) for fid in new.fids(new.layer(layer.id))]
        assert np.array(boxes) == pytest.approx(np.array(right), abs=1e-3, rel=1e-6)
