"""Layers in other formats: what is in the files, told by their specifications and by other programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyproj import CRS, Transformer

from layers import scenarios, wkb
from layers.arrays import CityTiles
from layers.data import ReadOptions, WriteOptions
from layers.errors import CitystrataError, ReadError, WriteError
from layers.exporting import export_layer, forms_of
from layers.importing import import_files
from layers.lods import geometries_at
from layers.losses import losses
from layers.pipes import network
from layers.placement import Placement
from layers.project import Project
from layers.records import Layer
from tests.cities import faults, import_here, imported_here, raw_models
from tests.conftest import real
from tests.glbs import Glb, issues, tiles_of, tiles_tool
from tests.houses import HOUSES, make_houses
from tests.towns import box, write_town

#: Polygons of Delfshaven, in the LoD that is written, whose images are there.
PICTURED = 445
DENHAAG = "cityjson/denhaag/denhaag.city.json"


@pytest.fixture(scope="module")
def denhaag(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Den Haag: buildings with parts, a TIN."""
    with Project.create(tmp_path_factory.mktemp("denhaag") / "p.city.gpkg") as project:
        import_here(project, real(DENHAAG))
        yield project


@pytest.fixture(scope="module")
def written(denhaag: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Den Haag as binary glTF."""
    out = tmp_path_factory.mktemp("glb") / "denhaag.glb"
    assert export_layer(denhaag, city_of(denhaag), out) == "written anew as Binary glTF"
    return out


@pytest.fixture(scope="module")
def reread(written: Path) -> Iterator[Project]:
    """Den Haag, read from that."""
    with again(written, written.parent) as project:
        yield project


@pytest.fixture
def houses(tmp_path: Path) -> Iterator[Project]:
    with imported_here():
        path = make_houses(tmp_path)
    with Project.open(path) as project:
        yield project


def city_of(project: Project) -> Layer:
    return next(layer for layer in project.layers if layer.kind == "city")


def tiles(project: Project, layer: Layer) -> CityTiles:
    drawable = project.drawable(layer)
    assert isinstance(drawable, CityTiles)
    return drawable


def again(path: Path, folder: Path, crs: str | None = None) -> Project:
    """What was written, read again."""
    project = Project.create(folder / f"again-{path.name}.city.gpkg", crs=crs)
    with imported_here():
        import_files(project, [path], ReadOptions(kind="city"))
    return project


def facts(project: Project, layer: Layer) -> dict[str, tuple[Any, ...]]:
    """Type, parent and attributes of objects by their ids."""
    items = list(project.objects(layer))
    found = {item.id: (item.type, item.parent, item.attributes) for item in items}
    assert len(found) == len(items)
    return found


# ---------------------------------------------------------------- glTF


def test_every_object_is_in_a_glb_with_its_attributes(denhaag: Project, written: Path) -> None:
    layer, glb = city_of(denhaag), Glb.of(written)
    rows = glb.rows()
    assert {row.pop("id"): row for row in rows} == {
        item.id: {
            "type": item.type,
            **({"parent": item.parent} if item.parent else {}),
            **({"lod": "2"} if item.lods else {}),
            **item.attributes,
        }
        for item in denhaag.objects(layer)
    }
    said = glb.json["asset"]["extras"]["citystrata"]
    points = glb.points() + said["origin"]
    assert said["crs"] == "EPSG:7415"
    box = np.array(layer.box).reshape(2, 3)
    assert np.abs(points.min(axis=0) - box[0]).max() < 1e-3
    assert np.abs(points.max(axis=0) - box[1]).max() < 1e-3
    triangles = sum(len(glb.values(p["indices"])) // 3 for p in glb.primitives)
    assert triangles == len(tiles(denhaag, layer).triangles)


def test_corners_of_a_glb_belong_to_their_objects(denhaag: Project, written: Path) -> None:
    layer = city_of(denhaag)
    glb, city = Glb.of(written), tiles(denhaag, layer)
    ids = [row["id"] for row in glb.rows()]
    entry = {id: number for number, id in enumerate(denhaag.values(layer, "id").tolist())}
    boxes = dict(zip(city.entry_object.tolist(), np.asarray(city.entry_box), strict=True))
    origin = np.array(glb.json["asset"]["extras"]["citystrata"]["origin"])
    surfaces, seen = [row["type"] for row in glb.rows(1)], set()
    for primitive in glb.primitives:
        numbers = glb.values(primitive["attributes"]["_FEATURE_ID_0"])[:, 0].astype(int)
        x, y, z = glb.values(primitive["attributes"]["POSITION"]).astype(np.float64).T
        places = np.column_stack((x, -z, y)) + origin
        for number in np.unique(numbers)[:50].tolist():
            low, high = boxes[entry[ids[number]]]
            mine = places[numbers == number]
            assert (mine >= low - 1e-3).all() and (mine <= high + 1e-3).all()
        sets = primitive["extensions"]["EXT_mesh_features"]["featureIds"]
        assert sets[0]["featureCount"] == len(np.unique(numbers))
        if len(sets) > 1:
            kinds = np.unique(glb.values(primitive["attributes"]["_FEATURE_ID_1"]))
            seen.update(surfaces[int(kind)] for kind in kinds)
            assert len(kinds) == 1
    assert seen == {"RoofSurface", "WallSurface", "GroundSurface"}


def test_a_glb_has_no_fault_and_opens_again_as_it_was(
    denhaag: Project, written: Path, reread: Project
) -> None:
    layer, found = city_of(denhaag), city_of(reread)
    assert facts(reread, found) == facts(denhaag, layer)
    assert found.box == pytest.approx(layer.box, abs=1e-3)
    for errors, warnings, messages in issues(written):
        assert (errors, warnings) == (0, 0), messages


def test_what_comes_back_from_a_glb_is_drawn_in_the_finest_lod_of_each(
    denhaag: Project, reread: Project
) -> None:
    """Some of it says no LoD, and no LoD is what is asked for where the finest is wanted."""
    drawn = []
    for project in (denhaag, reread):
        layer = city_of(project)
        city = tiles(project, layer)
        entries = np.repeat(city.entry_object, np.diff(city.entry_geometry))
        drawn.append(set(entries[geometries_at(city, project.parents(layer), layer.lod)].tolist()))
        assert "" in city.lod_names or project is denhaag
    assert drawn[0] == drawn[1] and drawn[0]


def test_pictures_are_in_a_glb(tmp_path: Path) -> None:
    source = real("cityjson/delfshaven/Rotterdam_3-20-DELFSHAVEN.city.json")
    out = tmp_path / "delfshaven.glb"
    with Project.create(tmp_path / "p.city.gpkg") as project:
        import_here(project, source)
        layer = city_of(project)
        export_layer(project, layer, out)
        export_layer(project, layer, out.with_suffix(".obj"))
        album, city = tiles(project, layer).album, tiles(project, layer)
    assert album is not None and city.surface_look is not None and city.vertex_uv is not None
    glb = Glb.of(out)
    pictures = {album.encoded(number) for number in range(len(album.size))}
    assert {glb.view(image["bufferView"]) for image in glb.json["images"]} == pictures
    textured = [p for p in glb.primitives if "TEXCOORD_0" in p["attributes"]]
    places = np.concatenate([glb.values(p["attributes"]["TEXCOORD_0"]) for p in textured])
    assert np.isfinite(places).all() and len(textured) >= len(pictures)
    beside = {path.read_bytes() for path in (tmp_path / "delfshaven_images").iterdir()}
    assert beside == pictures
    lines = out.with_suffix(".obj").read_text().splitlines()
    placed = [line for line in lines if line.startswith("f ") and "/" in line]
    assert len(placed) == PICTURED and len([line for line in lines if line.startswith("vt ")]) > 3 * PICTURED
    for errors, warnings, messages in issues(out):
        assert (errors, warnings) == (0, 0), messages


def test_an_obj_with_images_comes_back_as_the_same_city(tmp_path: Path) -> None:
    out = tmp_path / "delfshaven.obj"
    with Project.create(tmp_path / "p.city.gpkg") as project:
        import_here(project, real("cityjson/delfshaven/Rotterdam_3-20-DELFSHAVEN.city.json"))
        before = city_of(project)
        export_layer(project, before, out)
        import_here(project, out)
        after = next(layer for layer in project.layers if layer.source_path.endswith(".obj"))
        assert after.kind == "city", "not a scan, although its materials have the names of images"
        types = dict(zip(project.column(before, "id"), project.column(before, "type"), strict=True))
        city = tiles(project, before)
        shown = {project.column(before, "id")[at] for at in np.unique(city.entry_object).tolist()}
        again = dict(zip(project.column(after, "id"), project.column(after, "type"), strict=True))
        assert again == {id: types[id] for id in shown}
        kinds = [set(tiles(project, layer).type_names) for layer in (before, after)]
        assert kinds[0] == kinds[1]


# ---------------------------------------------------------------- 3D Tiles


def test_a_tileset_keeps_to_the_specification(denhaag: Project, tmp_path: Path) -> None:
    layer, out = city_of(denhaag), tmp_path / "tileset.json"
    export_layer(denhaag, layer, out)
    found = tiles_of(out)
    ids: Counter[str] = Counter()
    assert len(found) > 4
    for tile in found:
        turn = tile.transform[:3, :3]
        assert np.allclose(turn.T @ turn, np.eye(3), atol=1e-12) and np.linalg.det(turn) > 0
        glb = tile.content
        on_earth = tile.on_earth(glb.points())
        ids.update(row["id"] for row in glb.rows())
        if tile.parent is not None:
            assert tile.parent.holds(tile.corners(), 0.01)
        above: Any = tile
        while above is not None:
            assert above.holds(on_earth, 1e-3)
            above = above.parent
        if not tile.members.get("children"):
            assert tile.members["geometricError"] == 0
    assert ids == Counter(item.id for item in denhaag.objects(layer))
    for errors, warnings, messages in issues(*(tmp_path / "tiles").glob("*.glb")):
        assert (errors, warnings) == (0, 0), messages


def test_a_tileset_stands_where_the_city_stands_on_earth(denhaag: Project, tmp_path: Path) -> None:
    """The outermost corner east, by pyproj; NAP heights are taken as those of the datum's own ellipsoid."""
    layer, out = city_of(denhaag), tmp_path / "tileset.json"
    export_layer(denhaag, layer, out)
    vertices = np.asarray(tiles(denhaag, layer).vertices)
    known = vertices[vertices[:, 0].argmax()]
    bessel = CRS("EPSG:28992").to_3d()
    there = np.array(Transformer.from_crs(bessel, "EPSG:4978", always_xy=True).transform(*known))
    places = np.concatenate([tile.on_earth(tile.content.points()) for tile in tiles_of(out)])
    assert np.linalg.norm(places - there, axis=1).min() < 1e-3


def test_a_tileset_opens_again_with_the_same_objects(denhaag: Project, tmp_path: Path) -> None:
    layer = city_of(denhaag)
    for out in (tmp_path / "tileset.json", tmp_path / "denhaag.3tz"):
        export_layer(denhaag, layer, out)
        with again(out, tmp_path, "EPSG:7415") as project:
            found = city_of(project)
            assert facts(project, found) == facts(denhaag, layer)
            assert len(tiles(project, found).triangles) == len(tiles(denhaag, layer).triangles)


def test_an_archive_of_tiles_is_found_by_its_index(denhaag: Project, tmp_path: Path) -> None:
    layer = city_of(denhaag)
    export_layer(denhaag, layer, tmp_path / "denhaag.3tz")
    export_layer(denhaag, layer, tmp_path / "tileset.json")
    tiles_tool("convert", "-i", str(tmp_path / "denhaag.3tz"), "-o", str(tmp_path / "out"))
    names = sorted(path.name for path in (tmp_path / "tiles").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "out" / "tiles").iterdir())
    for name in names:
        assert (tmp_path / "out" / "tiles" / name).read_bytes() == (tmp_path / "tiles" / name).read_bytes()
    unpacked = json.loads((tmp_path / "out" / "tileset.json").read_text())
    assert unpacked == json.loads((tmp_path / "tileset.json").read_text())


def test_tiles_never_go_over_others(houses: Project, tmp_path: Path) -> None:
    out = tmp_path / "out" / "tileset.json"
    out.parent.mkdir()
    export_layer(houses, city_of(houses), out)
    before = out.read_bytes()
    with pytest.raises(WriteError, match="a file of that name already"):
        export_layer(houses, city_of(houses), out)
    with pytest.raises(WriteError, match="empty folder"):
        export_layer(houses, city_of(houses), out, overwrite=True)
    assert out.read_bytes() == before
    assert sorted(path.name for path in out.parent.iterdir()) == ["tiles", "tileset.json"]


# ---------------------------------------------------------------- the others


def test_an_obj_has_true_coordinates_and_a_group_per_object(houses: Project, tmp_path: Path) -> None:
    out = tmp_path / "houses.obj"
    export_layer(houses, city_of(houses), out)
    lines = out.read_text().splitlines()
    assert [line[2:] for line in lines if line.startswith("o ")] == list(HOUSES)
    assert "v 85009.000 447012.000 9.000" in lines
    assert [line for line in lines if line.startswith("usemtl")] == ["usemtl RoofSurface"] * 3
    faces = [line for line in lines if line.startswith("f ")]
    assert len(faces) == 3 and all(len(face.split()) == 5 for face in faces)
    assert (tmp_path / "houses.mtl").read_text().startswith("newmtl RoofSurface\nKd ")


def test_a_drawing_has_footprints_and_what_a_section_cuts(houses: Project, tmp_path: Path) -> None:
    ezdxf = pytest.importorskip("ezdxf")
    plan, cut = tmp_path / "plan.dxf", tmp_path / "cut.dxf"
    layer = city_of(houses)
    export_layer(houses, layer, plan)
    drawing = ezdxf.readfile(plan)
    assert not drawing.audit().errors and drawing.header["$INSUNITS"] == 6
    outlines = list(drawing.modelspace())
    texts = [[value for _code, value in each.get_xdata("CITYSTRATA")] for each in outlines]
    assert [text[0] for text in texts] == ["id=A", "id=B", "id=C"] and "built=1961-05-01" in texts[0]
    corners = {tuple(vertex.dxf.location) for vertex in outlines[0].vertices}
    assert corners == {(85000, 447000, 0), (85009, 447000, 0), (85009, 447012, 9), (85000, 447012, 9)}
    # Across the middle of the roofs, then along them: they rise by 9 over 12 metres.
    line = ((84990.0, 447006.0), (85004.0, 447006.0), (85004.0, 447099.0))
    export_layer(houses, layer, cut, section=line)
    drawing = ezdxf.readfile(cut)
    assert not drawing.audit().errors and [ucs.dxf.name for ucs in drawing.ucs] == ["SECTION_1", "SECTION_2"]
    ends = [[tuple(v.dxf.location) for v in each.vertices] for each in drawing.modelspace()]
    assert np.allclose(ends[0], [(85000, 447006, 4.5), (85004, 447006, 4.5)], atol=1e-9)
    assert np.allclose(ends[3], [(85004, 447006, 4.5), (85004, 447012, 9)], atol=1e-9)
    flat = [list(each.get_points("xy")) for each in drawing.blocks.get("SECTION")]
    assert np.allclose(flat[0], [(10, 4.5), (14, 4.5)]) and np.allclose(flat[3], [(14, 4.5), (20, 9)])
    with pytest.raises(WriteError, match="meets no city object"):
        export_layer(houses, layer, tmp_path / "none.dxf", section=((0.0, 0.0), (1.0, 1.0)))


def test_points_are_written_as_they_are_shown(tmp_path: Path) -> None:
    laspy = pytest.importorskip("laspy")
    source = real("pointcloud/3dfier-ahn3/ahn3_cropped_2.laz")
    with Project.create(tmp_path / "p.city.gpkg") as project:
        with imported_here():
            (layer,) = import_files(project, [source], ReadOptions(crs="EPSG:7415"))
        whole, part = tmp_path / "whole.laz", tmp_path / "part.laz"
        export_layer(project, layer, whole, crs="EPSG:7415")
        before, after = laspy.read(source), laspy.read(whole)
        assert np.array_equal(_points(before), _points(after))
        assert after.header.parse_crs().to_epsg() == 7415
        box = [85000.0, 447450.0, -10.0, 85060.0, 447600.0, 5.0]
        with project.edit("Clip") as edit:
            style = {"hidden_classes": [1, 26], "clip": [{"box": box, "keep": "inside"}]}
            edit.set_layer(layer.id, style=style)
        layer = project.layers[0]
        export_layer(project, layer, part)
        x, y, z, kind = _points(before)[:4]
        shown = ~np.isin(kind, [1, 26]) & (x >= 85000_000) & (x <= 85060_000)
        shown &= (y >= 447450_000) & (y <= 447600_000) & (z >= -10_000) & (z <= 5000)
        assert 0 < shown.sum() < len(x)
        found = laspy.read(part)
        assert np.array_equal(_points(found), _points(before)[:, shown])
        # Where the points stay where they are, all else that they have is kept.
        assert found.header.point_format == before.header.point_format
        assert Counter(np.asarray(found.gps_time).tolist()) <= Counter(np.asarray(before.gps_time).tolist())
        assert np.asarray(found.number_of_returns).max() > 1
        assert {loss.code for loss in losses(project, layer, WriteOptions(out=part))} == {"hidden"}
        moved = WriteOptions(crs="EPSG:25831", out=tmp_path / "moved.las")
        assert "point-attributes" in {loss.code for loss in losses(project, layer, moved)}
        export_layer(project, layer, tmp_path / "moved.las", crs="EPSG:25831")
        assert laspy.read(tmp_path / "moved.las").header.point_count == shown.sum()


def test_a_part_of_a_copc_file_is_a_plain_one(tmp_path: Path) -> None:
    laspy = pytest.importorskip("laspy")
    source = real("pointcloud/pdal/1.2-with-color.copc.laz")
    with Project.create(tmp_path / "p.city.gpkg") as project:
        with imported_here():
            (layer,) = import_files(project, [source], ReadOptions(crs="local"))
        out = tmp_path / "part.laz"
        with project.edit("Hide") as edit:
            edit.set_layer(layer.id, style={"hidden_classes": [2]})
        export_layer(project, project.layers[0], out)
    before, after = laspy.read(source), laspy.read(out)
    assert np.array_equal(_points(after), _points(before)[:, _points(before)[3] != 2])
    assert "copc" not in {record.user_id for record in after.vlrs}
    assert {"gps_time", "red"} <= set(after.point_format.dimension_names)


def _points(cloud: Any) -> Any:
    """Millimetres, classes and intensities, in one order."""
    columns = [np.rint(np.asarray(axis) * 1000).astype(np.int64) for axis in (cloud.x, cloud.y, cloud.z)]
    columns += [np.asarray(cloud.classification, np.int64), np.asarray(cloud.intensity, np.int64)]
    table = np.array(columns)
    return table[:, np.lexsort(table[::-1])]


@pytest.mark.parametrize("ending", [".city.json", ".city.jsonl"])
def test_what_is_no_cityjson_becomes_a_valid_model(
    denhaag: Project, reread: Project, tmp_path: Path, ending: str
) -> None:
    layer, out = city_of(denhaag), tmp_path / f"denhaag{ending}"
    export_layer(reread, city_of(reread), out)
    assert list(faults(out)) == []
    with again(out, tmp_path) as project:
        assert facts(project, city_of(project)) == facts(denhaag, layer)
        assert city_of(project).box == pytest.approx(layer.box, abs=2e-3)


def test_a_closed_body_is_a_solid_again(tmp_path: Path) -> None:
    source = real("cityjson/cjval-texture/data/cube.city.json")
    with Project.create(tmp_path / "p.city.gpkg") as project:
        import_here(project, source)
        layer = city_of(project)
        with project.edit("Put elsewhere") as edit:
            edit.set_layer(layer.id, placement=Placement(shift=(10.0, 0.0, 0.0)))
        out = tmp_path / "moved.city.json"
        export_layer(project, project.layers[0], out, lod="1")
    model = json.loads(out.read_text())
    (geometry,) = (g for item in model["CityObjects"].values() for g in item.get("geometry", []))
    assert geometry["type"] == "Solid" and len(geometry["boundaries"][0]) == 6


# ---------------------------------------------------------------- losses


EXPECTED = {
    "houses.glb": {"nested", "source"},
    "tileset.json": {"nested", "source", "heights"},
    "houses.obj": {"attributes", "crs", "source"},
    "houses.geojson": {"shapes", "crs", "source"},
    "houses.gpkg": {"shapes", "nested", "source"},
    "houses.csv": {"shapes", "nested", "crs", "source"},
    "houses.dxf": {"shapes", "nested", "crs", "source"},
    "houses.city.jsonl": set(),
    "houses.city.json": set(),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_what_a_file_cannot_hold_is_said_before(houses: Project, tmp_path: Path, name: str) -> None:
    layer = city_of(houses)
    options = WriteOptions(out=tmp_path / name)
    assert {loss.code for loss in losses(houses, layer, options)} == EXPECTED[name]
    with houses.edit("Height") as edit:
        edit.set_attribute(layer.first_fid, "measuredHeight", 13.0)
    assert {loss.code for loss in losses(houses, layer, options)} == EXPECTED[name] | {"history"}


def test_polygons_below_a_millimetre_stay_in_a_city_model(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p.city.gpkg") as project, imported_here():
        layer = import_files(project, [real("ifc/osbim/errorfile.ifc")])[0]
        out = tmp_path / "tiny.city.json"
        export_layer(project, layer, out)
        again = import_files(project, [out])[0]
        assert again.report["polygons"] == layer.report["polygons"] == 1356
        assert raw_models(out)[0]["transform"]["scale"] == [1e-4] * 3 and list(faults(out)) == []


def test_only_what_can_be_written_is_offered(tmp_path: Path) -> None:
    names = ("heritage/photogrammetry/Example_colors.ply", "heritage/3dhop/gargo.ply")
    with Project.create(tmp_path / "p.city.gpkg") as project, imported_here():
        for path in map(real, names):
            import_files(project, [path], ReadOptions(crs="local"))
        (tmp_path / "c.csv").write_text("id,name,condition,x,y\n1,Mill,good,5,6\n")
        import_files(project, [tmp_path / "c.csv"], ReadOptions(crs="local"))
        for layer in project.layers:
            offered = {form.NAME for form in forms_of(layer)}
            bulk = {"PointTree": {"laz"}, "Scan": {"gltf", "obj"}, None: {"dxf"}}[layer.drawable]
            assert offered == {"geojson", "geopackage", "csv"} | bulk
            for number, form in enumerate(forms_of(layer)):
                export_layer(project, layer, tmp_path / f"{layer.id}-{number}{form.ENDINGS[0]}")


def test_objects_that_are_nowhere_are_told(tmp_path: Path) -> None:
    units = real("citygml/ogc3/BuildingUnits_Storeys_xlink.gml")
    network = real("utilities/swmm/model_full_features_network.inp")
    rails = real("cityjson/railway-seq/delft_subset.city.jsonl")
    houses = real("citygml/lyon-vaulx/sandbox_houses_003.gml")
    counts = {"units.obj": 2, "units.dxf": 2, "units.glb": 0, "pipes.dxf": 1, "pipes.gpkg": 0}
    counts |= {"rails.obj": 10, "houses.obj": 0}  # shapes of parts; shapes of no LoD
    with Project.create(tmp_path / "p.city.gpkg") as project, imported_here():
        layers = {"units": import_files(project, [units])[0]}
        for name, path in (("pipes", network), ("rails", rails), ("houses", houses)):
            layers[name] = import_files(project, [path], ReadOptions(crs="local"))[0]
        for name, count in counts.items():
            layer = layers[name.partition(".")[0]]
            found = losses(project, layer, WriteOptions(out=tmp_path / name))
            assert sum(loss.count for loss in found if loss.code == "shapeless") == count
            if name.endswith(".obj"):
                export_layer(project, layer, tmp_path / name)
                lines = (tmp_path / name).read_text().splitlines()
                assert sum(line.startswith("o ") for line in lines) == layer.object_count - count


def test_a_table_of_city_objects_is_no_catalogue_for_their_names(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p.city.gpkg") as project, imported_here():
        source = real("citygml/plateau-takeshiba-tunnel/53393690_tun_6697_40_op.gml")
        export_layer(project, import_files(project, [source])[0], tmp_path / "tunnel.csv")
        with pytest.raises(ReadError, match="a table of the objects of a layer"):
            import_files(project, [tmp_path / "tunnel.csv"])
        table = tmp_path / "monuments.csv"
        table.write_text("id,type,name,condition\n1,Tunnel,Old tunnel,good\n")
        (monuments,) = import_files(project, [table])
        assert monuments.kind == "heritage"


def test_what_cannot_be_written_is_refused_before(houses: Project, tmp_path: Path) -> None:
    for name in ("houses.laz", "houses.xyz", "houses"):
        with pytest.raises(CitystrataError):
            losses(houses, city_of(houses), WriteOptions(out=tmp_path / name))


def test_what_was_drawn_is_told_as_it_goes_out(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p.city.gpkg") as project:
        import_here(project, write_town(tmp_path / "town.city.json"))
        with project.edit("Begin") as edit:
            scenario = edit.add_scenario("Tower")
        with project.edit("Raise the mill") as edit:
            mill = project.by_id("mill")
            assert mill is not None
            copy = scenarios.editable(project, edit, [mill.fid], scenario)[mill.fid]
            edit.set_geometry(copy, box((0, 0, 10, 10, 0, 40)))
        drawn = next(layer for layer in project.layers if layer.is_drawn)
        # From its shapes: in a CRS of any unit, with nothing cut into triangles.
        for crs in (None, "EPSG:2263+6360"):
            out = tmp_path / f"{crs is None}.city.json"
            told = {loss.code for loss in losses(project, drawn, WriteOptions(crs=crs, out=out))}
            assert told == ({"history"} if crs is None else {"history", "heights"})
            export_layer(project, drawn, out, crs=crs)
            (model,) = raw_models(out)
            top = max(z for *_, z in model["vertices"]) * model["transform"]["scale"][2]
            top += model["transform"]["translate"][2]
            assert model["CityObjects"] and list(faults(out)) == []
            assert crs is not None or top == pytest.approx(40)


def test_heights_that_cityjson_cannot_name_are_told(tmp_path: Path) -> None:
    source = real("citygml/nrw-lod2/LoD2_32_280_5657_1_NW.gml")
    with Project.create(tmp_path / "p.city.gpkg") as project:
        layer = import_here(project, source)
        for name in ("a.city.json", "a.city.jsonl"):
            found = losses(project, layer, WriteOptions(out=tmp_path / name))
            assert [(loss.code, "DHHN2016" in loss.text, "EPSG:25832" in loss.text) for loss in found] == [
                ("heights", True, True)
            ]
        # The same with heights of 1992 has a code of its own.
        named = WriteOptions(crs="EPSG:25832+5783", out=tmp_path / "b.city.json")
        assert not [loss for loss in losses(project, layer, named) if "CityJSON cannot say" in loss.text]
        export_layer(project, layer, tmp_path / "b.city.json", crs="EPSG:25832+5783")
        (head,) = raw_models(tmp_path / "b.city.json")
        assert head["metadata"]["referenceSystem"].endswith("/5555")


def test_types_and_lods_that_cityjson_has_no_name_for_are_told(tmp_path: Path) -> None:
    name = "citygml/citygml4j/lod4_building_v2.gml"
    with Project.create(tmp_path / "p.city.gpkg") as project:
        with imported_here():
            layer = import_files(project, [real(name)])[0]
        assert "lod4" in {warning["code"] for warning in layer.report["warnings"]}
        out = tmp_path / "a.city.json"
        found = {loss.code: loss for loss in losses(project, layer, WriteOptions(out=out))}
        assert set(found) == {"types", "lod4"} and "ReliefFeature" in found["types"].text
        export_layer(project, layer, out)
        model = json.loads(out.read_text())
        kept = [item for item in model["CityObjects"].values() if "sourceType" in item.get("attributes", {})]
        assert len(kept) == found["types"].count


# ---------------------------------------------------------------- networks


def network_of(folder: Path) -> Project:
    """A pipe with inverts between a shaft and one without a depth, and a pipe of which nothing is known."""
    lines = {
        "p": ({"diameter_mm": 200, "invert_up": 3.0, "invert_down": 1.0}, [[85000, 447000], [85020, 447000]]),
        "q": ({"diameter_mm": 200}, [[85000, 447050], [85020, 447050]]),
    }
    points = {"a": ({"bottom_level": 2.5}, [85000, 447000]), "b": ({}, [85020, 447000])}
    features = [
        {"type": "Feature", "id": id, "properties": values, "geometry": {"type": kind, "coordinates": places}}
        for kind, all in (("LineString", lines), ("Point", points))
        for id, (values, places) in all.items()
    ]
    source = folder / "sewer.geojson"
    source.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    project = Project.create(folder / "p.city.gpkg", crs="EPSG:28992")
    fields = {"start_invert_m": "invert_up", "end_invert_m": "invert_down", "bottom_level_m": "bottom_level"}
    with imported_here():
        import_files(project, [source], ReadOptions(kind="pipes", crs="EPSG:28992", field_map=fields))
    return project


def test_networks_lie_at_their_levels_in_other_files(tmp_path: Path) -> None:
    ezdxf = pytest.importorskip("ezdxf")
    with network_of(tmp_path) as project:
        (layer,) = project.layers
        for name in ("a.gpkg", "a.dxf", "moved.geojson"):
            crs = "EPSG:7415" if name.startswith("moved") else None
            found = losses(project, layer, WriteOptions(crs=crs, out=tmp_path / name))
            assert [loss.count for loss in found if loss.code == "levels"] == [2]
            export_layer(project, layer, tmp_path / name, crs=crs)
        moved = {
            one["id"]: one["geometry"]["coordinates"]
            for one in json.loads((tmp_path / "moved.geojson").read_text())["features"]
        }
        assert moved["p"] == [[85000, 447000, pytest.approx(3.1)], [85020, 447000, pytest.approx(1.1)]]
        assert moved["a"] == [85000, 447000, 2.5]
        assert moved["b"] == [85020, 447000] and moved["q"] == [[85000, 447050], [85020, 447050]]
        space = ezdxf.readfile(tmp_path / "a.dxf").modelspace()
        heights = sorted(round(point.dxf.location.z, 3) for point in space.query("POINT"))
        assert heights == [0, 2.5]
        with imported_here():
            (again,) = import_files(project, [tmp_path / "a.gpkg"], ReadOptions(kind="pipes"))
        (fid,) = (int(fid) for fid in project.fids(again, "id == 'p'"))
        assert wkb.read(project.wkb(fid) or b"").coordinates[:, 2] == pytest.approx([3.1, 1.1])


def test_a_network_in_feet_goes_out_in_one_unit(tmp_path: Path) -> None:
    path = real("utilities/wntr-ky4/ky4.inp")
    with Project.create(tmp_path / "p.city.gpkg") as project, imported_here():
        (layer,) = import_files(project, [path], ReadOptions(crs="EPSG:3547"))
        texts = [warning["text"] for warning in layer.report["warnings"]]
        assert any("are in feet" in text and "GPM" in text for text in texts)
        out = tmp_path / "a.gpkg"
        told = [loss.text for loss in losses(project, layer, WriteOptions(out=out))]
        assert any("Coordinates are written in" in text and "EPSG:3723" in text for text in told)
        assert not any("beside" in text for text in told)
        export_layer(project, layer, out)
        (again,) = import_files(project, [out], ReadOptions(kind="pipes"))
        assert again.crs == "EPSG:3723"
        assert again.facts["field_map"]["bottom_level_m"] == "elevation [ft]", "as the heights tell"
        levels = [network(project, one).node_bottom_z for one in (layer, again)]
        assert [round(float(each.max()), 3) for each in levels] == [round(float(levels[0].max()), 3)] * 2
        (fid,) = (int(fid) for fid in project.fids(again, "id == 'J-1'"))
        place = wkb.read(project.wkb(fid) or b"").coordinates[0]
        nodes = network(project, layer).node_points
        assert np.linalg.norm(nodes - place, axis=1).min() < 0.001
        assert place[2] == pytest.approx(611.3897 * 0.3048, abs=0.001)
        with pytest.raises(WriteError, match="heights in metres"):
            export_layer(project, layer, tmp_path / "b.gpkg", crs="EPSG:3547")
        export_layer(project, layer, tmp_path / "c.gpkg", crs="EPSG:3547+6360")
        (feet,) = import_files(project, [tmp_path / "c.gpkg"], ReadOptions(kind="pipes"))
        (fid,) = (int(fid) for fid in project.fids(feet, "id == 'J-1'"))
        height = wkb.read(project.wkb(fid) or b"").coordinates[0, 2]
        assert height == pytest.approx(project.object(fid).attributes["elevation"], abs=0.01)


# ---------------------------------------------------------------- its own format


def test_what_is_refused_in_writing_back_is_refused_before(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p.city.gpkg") as project:
        with imported_here():
            (layer,) = import_files(project, [real("citygml/nrw-lod2/LoD2_32_280_5657_1_NW.gml")],
                                    ReadOptions(placement=Placement(offset=(1.0, 2.0, 0.0))))  # fmt: skip
        out = tmp_path / "a.gml"
        assert [loss.code for loss in losses(project, layer, WriteOptions(out=out))] == ["placement"]
        with pytest.raises(WriteError, match="only of a layer that came from it"):
            losses(project, layer, WriteOptions(crs="EPSG:2056", out=out))
