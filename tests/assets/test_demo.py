"""The demo city: valid solids on the ground, a town with its records, the same bytes every time."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import laspy
import numpy as np
import pytest
import rasterio
import shapely

from analysis.zones.ordinance import COVERAGE, HEIGHT, ordinance_from
from assets.demo import DemoFiles, make
from layers.validation import validate

City = dict[str, Any]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> DemoFiles:
    return make(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def city(files: DemoFiles) -> City:
    loaded: City = json.loads(files.city.read_text(encoding="utf-8"))
    return loaded


def solids(city: City) -> Iterator[tuple[str, str, list[list[list[int]]]]]:
    for id, members in city["CityObjects"].items():
        for geometry in members.get("geometry", ()):
            if geometry["type"] == "Solid":
                yield id, geometry["lod"], geometry["boundaries"][0]


def indices(boundaries: Any) -> Iterator[int]:
    """The numbers of vertices in nested lists."""
    if isinstance(boundaries, int):
        yield boundaries
    else:
        for part in boundaries:
            yield from indices(part)


def vertices_m(city: City) -> np.ndarray:
    """Vertices in metres from the corner, small enough to be exact."""
    return np.array(city["vertices"], np.int64) / 1000.0


def newell(points: np.ndarray) -> np.ndarray:
    following = np.roll(points, -1, axis=0)
    normal: np.ndarray = np.cross(points - points[0], following - points[0]).sum(axis=0) / 2
    return normal


def test_the_city_is_valid_solid_by_solid_and_part_by_part(files: DemoFiles) -> None:
    assert [finding for finding in validate(files.city) if not finding.is_warning] == []


def test_every_solid_is_closed_with_each_edge_used_once_in_each_direction(city: City) -> None:
    for id, lod, shell in solids(city):
        edges = Counter(
            edge for rings in shell for ring in rings for edge in zip(ring, ring[1:] + ring[:1], strict=True)
        )
        assert set(edges.values()) == {1}, (id, lod)
        assert all((b, a) in edges for a, b in edges), (id, lod)


def test_every_face_is_planar_to_a_millimetre_and_none_is_a_sliver(city: City) -> None:
    points = vertices_m(city)
    for id, lod, shell in solids(city):
        for rings in shell:
            corners = points[[i for ring in rings for i in ring]]
            normal = newell(points[rings[0]])
            area = float(np.linalg.norm(normal))
            assert area > 0.005, (id, lod)
            off = (corners - corners.mean(axis=0)) @ (normal / area)
            assert np.abs(off).max() < 0.001, (id, lod, np.abs(off).max())


def test_normals_point_outwards(city: City) -> None:
    points = vertices_m(city)
    for id, lod, shell in solids(city):
        inside = points[[i for rings in shell for ring in rings for i in ring]].mean(axis=0)
        volume = sum(
            float((points[ring[0]] - inside) @ newell(points[ring])) / 3 for rings in shell for ring in rings
        )
        assert volume > 0.5, (id, lod, volume)


def test_no_vertex_is_written_twice_or_left_unused(city: City) -> None:
    vertices = [tuple(v) for v in city["vertices"]]
    assert len(set(vertices)) == len(vertices)
    used: set[int] = set()
    for members in city["CityObjects"].values():
        for geometry in members.get("geometry", ()):
            used |= set(indices(geometry["boundaries"]))
        for address in members.get("address", ()):
            used |= set(indices(address["location"]["boundaries"]))
    assert used == set(range(len(vertices)))


def test_semantic_surfaces_match_the_faces(city: City) -> None:
    for members in city["CityObjects"].values():
        for geometry in members.get("geometry", ()):
            semantics = geometry.get("semantics")
            if semantics and geometry["type"] == "Solid":
                assert len(semantics["values"][0]) == len(geometry["boundaries"][0])
                assert {0, *semantics["values"][0]} == set(range(len(semantics["surfaces"])))
            elif semantics:
                assert len(semantics["values"]) == len(geometry["boundaries"])


def test_it_is_a_town_of_about_six_hundred_buildings_in_two_levels_of_detail(city: City) -> None:
    types = Counter(members["type"] for members in city["CityObjects"].values())
    assert 550 <= types["Building"] <= 760
    assert types["SolitaryVegetationObject"] > 500
    assert {"Road", "WaterBody", "Bridge", "CityFurniture", "TransportSquare", "LandUse"} <= set(types)
    lods = Counter(lod for id, lod, _ in solids(city) if id.startswith(("building", "church")))
    assert lods["1.2"] == lods["2.2"] > 700
    roofs = Counter(m["attributes"].get("roofType") for m in city["CityObjects"].values())
    for code in ("1000", "1010", "1030", "1040", "1050", "1060", "1070", "1080"):
        assert roofs[code] > 4, code


def test_the_same_quarter_is_seen_in_three_epochs(files: DemoFiles, city: City) -> None:
    def standing(date: str) -> set[str]:
        return {
            id
            for id, members in city["CityObjects"].items()
            if members["type"] == "Building"
            and members["attributes"].get("validFrom", "") <= date
            and date < members["attributes"].get("validTo", "9999")
        }

    then, now, planned = (standing(date) for _, date in files.epochs)
    assert len(then - now) >= 10 and len(now - then) > 200 and len(planned - now) >= 10
    assert all(city["CityObjects"][id]["attributes"]["status"] == "planned" for id in planned - now)


def test_the_proposed_tower_stands_between_the_viewing_place_and_the_church(city: City) -> None:
    points, objects = vertices_m(city), city["CityObjects"]

    def corners(id: str) -> np.ndarray:
        parts = (objects[part] for part in (id, *objects[id].get("children", ())))
        shapes = (geometry["boundaries"] for part in parts for geometry in part.get("geometry", ()))
        found: np.ndarray = points[sorted({at for shape in shapes for at in indices(shape)})]
        return found

    named = {members["attributes"].get("name"): id for id, members in objects.items()}
    deck, tower = corners("viewing-place"), corners(named["Lohe tower (proposed)"])
    church = corners("church-st-kilian")
    spire = church[church[:, 2].argmax()]
    sight = shapely.LineString((deck[:, :2].mean(axis=0), spire[:2]))
    assert sight.crosses(shapely.MultiPoint(tower[:, :2]).convex_hull)
    assert objects["viewing-place"]["attributes"]["function"] == "viewing place"
    assert deck[:, 2].max() < tower[:, 2].max() > spire[2]


def test_the_proposed_tower_and_the_school_yard_overlap_nothing_that_stands_then(city: City) -> None:
    points = vertices_m(city)
    objects = city["CityObjects"]

    def outline(id: str) -> shapely.Geometry:
        geometry = objects[id]["geometry"][-1]
        shell = geometry["boundaries"][0] if geometry["type"] == "Solid" else geometry["boundaries"]
        return shapely.union_all([shapely.Polygon(points[rings[0], :2]).buffer(0) for rings in shell])

    named = {m["attributes"].get("name"): id for id, m in objects.items()}
    tower, yard = outline(named["Lohe tower (proposed)"]), outline(named["Lohe School yard"])
    assert yard.area > 300 and shapely.box(696, 556, 792, 612).contains(yard)
    assert 0 < yard.centroid.y - tower.centroid.y < 70  # south of it, its shadow at noon in March reaches
    for id, members in objects.items():
        solid = members["type"] in ("Building", "BuildingPart") and members.get("geometry")
        if not (solid or members["type"] == "Road") or id == named["Lohe tower (proposed)"]:
            continue
        other = outline(id)
        if members["attributes"].get("validTo", "9999") > "2035-07-01":
            assert not tower.intersects(other), id
        assert not yard.intersects(other), id


def test_buildings_stand_on_the_terrain(files: DemoFiles, city: City) -> None:
    points = vertices_m(city)
    translate = np.array(city["transform"]["translate"])
    with rasterio.open(files.terrain) as raster:
        heights = raster.read(1)
        assert raster.crs.to_epsg() == 5555
        for id, lod, shell in solids(city):
            if lod != "2.2" or not id.startswith(("building", "church")):
                continue
            corners = points[sorted({i for rings in shell for ring in rings for i in ring})] + translate
            base = corners[corners[:, 2] < corners[:, 2].min() + 0.01]
            ground = np.array([heights[raster.index(x, y)] for x, y, _ in base])
            assert (base[:, 2] < ground + 0.05).all(), id
            assert (ground - base[:, 2]).max() < 6.5, id


def test_sewage_runs_downhill_from_every_manhole_to_an_outfall(files: DemoFiles) -> None:
    features = json.loads(files.sewer.read_text(encoding="utf-8"))["features"]
    conduits = [f["properties"] for f in features if f["geometry"]["type"] == "LineString"]
    manholes = {f["properties"]["id"]: f["properties"] for f in features if f["geometry"]["type"] == "Point"}
    downstream = {c["fromNode"]: c["toNode"] for c in conduits}
    outfalls = {id for id, m in manholes.items() if m["manholeType"].startswith("outfall")}
    assert len(conduits) > 250 and len(outfalls) == 2
    for conduit in conduits:
        assert conduit["startInvertLevel"] > conduit["endInvertLevel"]
        assert manholes[conduit["toNode"]]["invertLevel"] <= conduit["endInvertLevel"] + 0.01
    for id, manhole in manholes.items():
        seen = {id}
        while id not in outfalls:
            id = downstream[id]
            assert id not in seen
            seen.add(id)
        assert 1.5 < manhole["depth"] < 9


def test_the_water_network_is_one_piece(files: DemoFiles) -> None:
    features = json.loads(files.water.read_text(encoding="utf-8"))["features"]
    around: dict[str, set[str]] = {}
    for f in features:
        if f["geometry"]["type"] == "LineString":
            a, b = f["properties"]["fromNode"], f["properties"]["toNode"]
            around.setdefault(a, set()).add(b)
            around.setdefault(b, set()).add(a)
    reached, todo = set(), [next(iter(around))]
    while todo:
        node = todo.pop()
        if node not in reached:
            reached.add(node)
            todo += around[node]
    assert reached == {f["properties"]["id"] for f in features if f["geometry"]["type"] == "Point"}


def test_every_plot_has_rules_that_a_check_knows_and_none_lies_on_another(files: DemoFiles) -> None:
    features = json.loads(files.zoning.read_text(encoding="utf-8"))["features"]
    areas = shapely.from_geojson([json.dumps(each["geometry"]) for each in features])
    assert shapely.is_valid(areas).all() and len({each["id"] for each in features}) == len(features) > 20
    assert shapely.union_all(areas).area == pytest.approx(shapely.area(areas).sum(), rel=1e-9)
    for each in features:
        rules = ordinance_from({}, list(each["properties"]), by_name=True).found
        assert {HEIGHT, COVERAGE} <= set(rules) and rules[HEIGHT] == "maxHeight", each["id"]


def test_the_catalogue_points_at_city_objects_and_scans_that_exist(files: DemoFiles, city: City) -> None:
    with files.catalogue.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 15 and len({row["id"] for row in rows}) == len(rows)
    assert all(row["city_object"] in city["CityObjects"] for row in rows)
    scans = [row["scan"] for row in rows if row["scan"]]
    assert scans == [files.scan.name, files.mesh.name]
    with laspy.open(files.scan) as reader:
        cloud = reader.read()
        assert reader.header.parse_crs().to_epsg() == 5555
    assert 120_000 < len(cloud.points) < 180_000
    assert set(np.unique(cloud.classification)) == {2, 5, 6}
    assert files.mesh.read_bytes().startswith(b"ply\nformat binary_little_endian 1.0\n")


def test_it_is_made_of_the_same_bytes_every_time(files: DemoFiles, tmp_path: Path) -> None:
    again = make(tmp_path)
    for name in ("terrain", "city", "sewer", "water", "zoning", "catalogue", "scan", "mesh"):
        first, second = (hashlib.sha256(getattr(f, name).read_bytes()).hexdigest() for f in (files, again))
        assert first == second, name
