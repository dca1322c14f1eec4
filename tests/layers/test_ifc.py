"""Building models: all products with their properties, standing where the file says; slightly broken ones."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from pyproj import Geod, Transformer

from layers.arrays import Mesh
from layers.bim.georeference import georeference
from layers.bim.model import opened
from layers.data import Feature, LayerData, ReadOptions, WriteOptions
from layers.errors import ReadError, WriteError
from layers.exporting import export_layer
from layers.formats import detect, ifc
from layers.importing import import_files
from layers.losses import losses
from layers.project import Project
from layers.report import Report
from tests.app.blocks import write_city
from tests.conftest import real

DUPLEX = "ifc/duplex-georef/Duplex_A_20110907_georeferenced.ifc"
FZK = "ifc/fzk/FZK.ifc"
OSBIM = "ifc/osbim"
#: Places are kept to less than a millimetre.
EXACT_M = 1e-4

#: A beam of 4 by 1 by 3 m in millimetres that begins at (2, 0, 0) m, with a hole of a property set.
BEAM = """ISO-10303-21;
HEADER;
FILE_DESCRIPTION((''),'2;1');
FILE_NAME('','',(''),(''),'','','');
FILE_SCHEMA(('IFC4'));
ENDSEC;
DATA;
#1=IFCCARTESIANPOINT((0.,0.,0.));
#2=IFCAXIS2PLACEMENT3D(#1,$,$);
#3=IFCDIRECTION((0.,1.));
#4=IFCGEOMETRICREPRESENTATIONCONTEXT($,'Model',3,1.E-5,#2,#3);
#5=IFCSIUNIT(*,.LENGTHUNIT.,.MILLI.,.METRE.);
#6=IFCUNITASSIGNMENT((#5));
#7=IFCPROJECT('0000000000000000000007',$,'Test',$,$,$,$,(#4),#6);
#10=IFCLOCALPLACEMENT($,#2);
#11=IFCSITE('0000000000000000000011',$,'Site',$,$,#10,$,$,.ELEMENT.,{place},1500.,$,$);
#12=IFCBUILDING('0000000000000000000012',$,'House',$,$,#10,$,$,.ELEMENT.,$,$,$);
#13=IFCBUILDINGSTOREY('0000000000000000000013',$,'Ground floor',$,$,#10,$,$,.ELEMENT.,250.);
#14=IFCRELAGGREGATES('0000000000000000000014',$,$,$,#7,(#11));
#15=IFCRELAGGREGATES('0000000000000000000015',$,$,$,#11,(#12));
#16=IFCRELAGGREGATES('0000000000000000000016',$,$,$,#12,(#13));
#20=IFCCARTESIANPOINT((2000.,0.,0.));
#21=IFCAXIS2PLACEMENT3D(#20,$,$);
#22=IFCLOCALPLACEMENT(#10,#21);
#23=IFCCARTESIANPOINT((2000.,500.));
#24=IFCAXIS2PLACEMENT2D(#23,$);
#25=IFCRECTANGLEPROFILEDEF(.AREA.,$,#24,4000.,1000.);
#26=IFCDIRECTION((0.,0.,1.));
#27=IFCEXTRUDEDAREASOLID(#25,#2,#26,3000.);
#28=IFCSHAPEREPRESENTATION(#4,'Body','SweptSolid',(#27));
#29=IFCPRODUCTDEFINITIONSHAPE($,$,(#28));
#30=IFCWALL('0000000000000000000030',$,'W\\X2\\00E4\\X0\\nd',$,$,#22,#29,$,$);
#31=IFCRELCONTAINEDINSPATIALSTRUCTURE('0000000000000000000031',$,$,$,(#30),#13);
#40=IFCPROPERTYSINGLEVALUE('FireRating',$,IFCLABEL('F90'),$);
#41=IFCPROPERTYSINGLEVALUE('IsExternal',$,IFCBOOLEAN(.T.),$);
#42=IFCPROPERTYSET('0000000000000000000042',$,'Pset_WallCommon',$,(#40,#41));
#43=IFCRELDEFINESBYPROPERTIES('0000000000000000000043',$,$,$,(#30),#42);
#44=IFCQUANTITYAREA('NetArea',$,$,12.,$);
#45=IFCELEMENTQUANTITY('0000000000000000000045',$,'BaseQuantities',$,$,(#44));
#46=IFCRELDEFINESBYPROPERTIES('0000000000000000000046',$,$,$,(#30),#45);
{more}
ENDSEC;
END-ISO-10303-21;
"""
CONVERSION = """#90=IFCPROJECTEDCRS('{crs}',$,$,{heights},$,$,{unit});
#91=IFCMAPCONVERSION(#4,#90,{east},{north},{up},{x},{y},{scale});
"""
METRE = "#92=IFCSIUNIT(*,.LENGTHUNIT.,$,.METRE.);\n"
FOOT = """#92=IFCCONVERSIONBASEDUNIT(#93,.LENGTHUNIT.,'US SURVEY FOOT',#94);
#93=IFCDIMENSIONALEXPONENTS(1,0,0,0,0,0,0);
#94=IFCMEASUREWITHUNIT(IFCLENGTHMEASURE(0.304800609601219),#95);
#95=IFCSIUNIT(*,.LENGTHUNIT.,$,.METRE.);
"""


def read(path: Path, **options: object) -> LayerData:
    (layer,) = ifc.read(path, ReadOptions(**options))  # type: ignore[arg-type]
    return layer


def model(folder: Path, place: str = "$,$", more: str = "") -> Path:
    path = folder / "model.ifc"
    path.write_text(BEAM.format(place=place, more=more))
    return path


def on_map(folder: Path, **values: object) -> Path:
    told: dict[str, object] = {
        "crs": "EPSG:28992", "heights": "$", "unit": "$", "up": "0.", "x": "$", "y": "$", "scale": "$",
        **values,
    }  # fmt: skip
    unit = {"#92": METRE}.get(str(told["unit"]), "")
    return model(folder, more=CONVERSION.format(**told) + str(values.get("units", unit)))


def attributes(layer: LayerData) -> dict[str, dict[str, Any]]:
    return {feature.id: orjson.loads(feature.attributes) for feature in layer.features}


def by_class(layer: LayerData) -> Counter[str]:
    return Counter(values["ifcClass"] for values in attributes(layer).values())


def named(layer: LayerData, name: str) -> Feature:
    return next(f for f in layer.features if orjson.loads(f.attributes).get("name") == name)


# --- what is in the file --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [f"{OSBIM}/example.ifc", f"{OSBIM}/ac16_unicode.ifc", "utilities/utn2ifc/outputTestGML.ifc"]
)
def test_every_product_that_the_text_holds_is_an_object(name: str) -> None:
    path = real(name)
    layer = read(path)
    text = path.read_text("latin-1")
    written = Counter(re.findall(r"(?m)^#\d+\s*=\s*(IFC[A-Z]+)\s*\(", text))
    found = by_class(layer)
    for kind, count in found.items():
        assert written[kind.upper()] == count, kind
    assert layer.report.dropped == 0
    assert layer.report.read == len(layer.features)
    assert len({feature.id for feature in layer.features}) == len(layer.features)


def test_products_are_city_objects_in_their_storeys_with_properties(tmp_path: Path) -> None:
    layer = read(model(tmp_path))
    types = {feature.id[-2:]: (feature.type, (feature.parent or "")[-2:]) for feature in layer.features}
    assert types == {
        "11": ("LandUse", ""),
        "12": ("Building", ""),
        "13": ("BuildingStorey", "12"),
        "30": ("BuildingConstructiveElement", "13"),
    }
    wall = orjson.loads(named(layer, "Wänd").attributes)
    assert wall == {
        "ifcClass": "IfcWall",
        "name": "Wänd",
        "storey": "Ground floor",
        "Pset_WallCommon.FireRating": "F90",
        "Pset_WallCommon.IsExternal": True,
        "BaseQuantities.NetArea": 12.0,
    }
    assert (named(layer, "Wänd").lods, named(layer, "Wänd").surfaces) == ("3", "WallSurface:6")
    assert orjson.loads(named(layer, "Ground floor").attributes)["elevation_m"] == 0.25
    mesh = layer.drawable
    assert isinstance(mesh, Mesh)
    assert (len(mesh.surface_type), len(mesh.triangles)) == (6, 12), "faces stay polygons"
    assert mesh.type_names[mesh.surface_type[0]] == "WallSurface"
    assert layer.box == pytest.approx((2, 0, 0, 6, 1, 3), abs=EXACT_M)
    assert (layer.crs, layer.facts["local"]) == (None, True)


def test_a_house_has_rooms_materials_types_and_openings() -> None:
    layer = read(real(FZK))
    again = read(real(FZK))
    assert isinstance(layer.drawable, Mesh) and isinstance(again.drawable, Mesh)
    assert np.array_equal(layer.drawable.vertices, again.drawable.vertices), (
        "the same, whichever thread is first"
    )
    assert layer.looks == again.looks
    types = Counter(feature.type for feature in layer.features)
    assert (types["BuildingRoom"], types["BuildingStorey"], types["Building"]) == (7, 2, 1)
    told = attributes(layer)
    walls = [values for values in told.values() if values["ifcClass"] == "IfcWallStandardCase"]
    assert len(walls) == 13 and all(wall["materials"] for wall in walls)
    assert sum(len(values.get("openings", ())) for values in told.values()) == 17
    assert all(values["storey"] in ("Erdgeschoss", "Dachgeschoss") for values in walls)
    looks = {look.name: look.color for look in layer.looks}
    # IfcColourRgb (0.878, 0.398, 0.109), of which the style reflects 0.85.
    assert looks["Ziegel"] == pytest.approx((0.7465, 0.3385, 0.0930), abs=1e-3)


# --- where it stands ------------------------------------------------------------------------------


def matrix_of(path: Path) -> tuple[str | None, np.ndarray]:
    with opened(path, Report()) as held:
        found = georeference(held, 1.0, None, None)
    return found.crs, found.matrix


def test_property_sets_place_a_model_of_ifc2x3() -> None:
    crs, matrix = matrix_of(real(DUPLEX))
    assert crs == "EPSG:9897"  # Luxembourg, though its site is said to be in Chicago
    # By hand, with the direction and the place that ePSet_MapConversion names.
    cosine, sine = 0.325568154457152, 0.945518575599318
    place = (76670 + 10 * cosine - 20 * sine, 77179 + 10 * sine + 20 * cosine, 3 + 293.700012207031)
    assert (matrix @ (10, 20, 3, 1))[:3] == pytest.approx(place, abs=EXACT_M)


def test_latitude_and_longitude_place_a_model_turned_to_true_north() -> None:
    crs, matrix = matrix_of(real(FZK))
    longitude, latitude = 8 + 26 / 60 + 11.5404 / 3600, 49 + 6 / 60 + 1.566 / 3600
    # By hand on the ellipsoid: true north is (0.766, 0.643) in the model, so its y axis points north-west.
    north_of_y = np.degrees(np.arctan2(0.766044443119, 0.642787609687))
    way = Transformer.from_crs(4326, 32632, always_xy=True)
    origin = np.array(way.transform(longitude, latitude))
    there = way.transform(*Geod(ellps="WGS84").fwd(longitude, latitude, -north_of_y, 100.0)[:2])
    along_y = (there - origin) / np.hypot(*(there - origin))
    along_x = np.array([along_y[1], -along_y[0]])
    place = (*(origin + 10 * along_x + 20 * along_y), 3 + 110)
    assert crs == "EPSG:32632"
    # Directions change by 10⁻⁶ rad over the 100 m by which they are found: 20 µm over the building.
    assert (matrix @ (10, 20, 3, 1))[:3] == pytest.approx(place, abs=EXACT_M)


def test_a_site_far_from_the_project_is_not_believed() -> None:
    layer = read(real(f"{OSBIM}/example.ifc"), project_crs="EPSG:7415")  # Abu Dhabi
    assert layer.crs == "local"
    assert "far from the project" in layer.facts["place_doubt"]


def test_where_a_model_comes_to_stand_is_told_once(tmp_path: Path) -> None:
    city = write_city(tmp_path / "city.city.json")
    with Project.create(tmp_path / "p.city.gpkg") as project:
        import_files(project, [city])
        (layer,) = import_files(project, [real(f"{OSBIM}/example.ifc")])
    (told,) = [warning["text"] for warning in layer.report["warnings"] if "far from" in warning["text"]]
    assert told.startswith("its site is said to lie at 24.4")
    assert "in the middle of the project, its foot at height 0, wherever the ground is" in told
    assert not any("names no place" in warning["text"] for warning in layer.report["warnings"])
    assert layer.box is not None and layer.box[2] == pytest.approx(0.0)


@pytest.mark.parametrize(("scale", "unit"), [("0.001", "#92"), ("$", "$"), ("1.", "#92"), ("0.9996", "#92")])
def test_writers_count_units_into_the_scale_or_do_not(tmp_path: Path, scale: str, unit: str) -> None:
    metres = unit == "#92"
    place = {"east": "85000." if metres else "85000000.", "north": "446000." if metres else "446000000."}
    layer = read(on_map(tmp_path, scale=scale, unit=unit, up="2." if metres else "2000.", **place))
    size = 0.9996 if scale == "0.9996" else 1.0
    box = (85000 + 2 * size, 446000, 2, 85000 + 6 * size, 446000 + size, 2 + 3 * size)
    assert layer.crs == "EPSG:28992"
    assert layer.box == pytest.approx(box, abs=EXACT_M)


def test_a_map_conversion_turns_the_model_and_names_heights(tmp_path: Path) -> None:
    place = {"east": "85000.", "north": "446000.", "up": "-1.5", "unit": "#92"}
    layer = read(on_map(tmp_path, x="0.", y="1.", heights="'EPSG:5709'", **place))
    assert layer.crs == "EPSG:7415"
    assert layer.box == pytest.approx((84999, 446002, -1.5, 85000, 446006, 1.5), abs=EXACT_M)


def test_coordinates_of_a_map_may_stand_in_the_world_coordinate_system(tmp_path: Path) -> None:
    path = model(tmp_path, more="#96=IFCCARTESIANPOINT((85000000.,446000000.,1000.));\n"
        "#97=IFCAXIS2PLACEMENT3D(#96,$,#98);\n#98=IFCDIRECTION((0.,1.,0.));\n")  # fmt: skip
    path.write_text(path.read_text().replace("'Model',3,1.E-5,#2,#3", "'Model',3,1.E-5,#97,#3"))
    layer = read(path)
    assert (layer.crs, layer.facts["local"]) == (None, False)
    assert layer.box == pytest.approx((84999, 446002, 1, 85000, 446006, 4), abs=EXACT_M)


def test_latitude_and_longitude_are_those_of_the_sites_origin(tmp_path: Path) -> None:
    near = read(model(tmp_path, place="(52,0,0),(4,0,0)"))
    east = "#96=IFCCARTESIANPOINT((7000.,0.,0.));\n#97=IFCAXIS2PLACEMENT3D(#96,$,$);\n"
    path = model(tmp_path, place="(52,0,0),(4,0,0)", more=east)  # the site, and all that stands on it
    path.write_text(path.read_text().replace("#10=IFCLOCALPLACEMENT($,#2)", "#10=IFCLOCALPLACEMENT($,#97)"))
    assert read(path, crs="local").box == pytest.approx((9, 0, 0, 13, 1, 3))
    far = read(path)
    assert near.crs == far.crs == "EPSG:32631"
    assert near.box is not None and near.box[2] == pytest.approx(1.5)
    assert far.box == pytest.approx(near.box, abs=EXACT_M)


@pytest.mark.parametrize(("operation", "top"), [
    ("IFCRIGIDOPERATION(#4,#90,IFCLENGTHMEASURE(85000.),IFCLENGTHMEASURE(446000.),3.)", 6),
    ("IFCMAPCONVERSIONSCALED(#4,#90,85000.,446000.,3.,$,$,0.001,1.,1.,2.)", 9),
])  # fmt: skip
def test_operations_of_ifc4x3_place_a_model(tmp_path: Path, operation: str, top: float) -> None:
    crs = "#90=IFCPROJECTEDCRS('EPSG:28992',$,$,$,$,$,#92);\n"
    path = model(tmp_path, more=f"{crs}#91={operation};\n{METRE}")
    path.write_text(path.read_text().replace("IFC4'", "IFC4X3_ADD2'"))
    layer = read(path)
    assert layer.crs == "EPSG:28992"
    assert layer.box == pytest.approx((85002, 446000, 3, 85006, 446001, top), abs=EXACT_M)


def test_a_map_in_feet(tmp_path: Path) -> None:
    place = {"east": "985000.", "north": "200000.", "up": "30.", "unit": "#92", "units": FOOT}
    layer = read(on_map(tmp_path, crs="EPSG:2263", **place))
    foot = 0.304800609601219
    box = (985000 + 2 / foot, 200000, 30, 985000 + 6 / foot, 200000 + 1 / foot, 30 + 3 / foot)
    assert layer.crs == "EPSG:2263"
    assert layer.box == pytest.approx(box, abs=EXACT_M)


def test_a_person_says_where_a_model_lies_that_names_no_map(tmp_path: Path) -> None:
    path = on_map(tmp_path, crs="the usual one", east="85000.", north="446000.", unit="#92")
    unknown = read(path)
    assert unknown.crs is None and unknown.facts["local"] is False
    assert "'the usual one' of the file is not known" in unknown.report.warnings[0].text
    assert read(path, crs="EPSG:28992").box == unknown.box


# --- broken, packed, refused ----------------------------------------------------------------------


def test_an_unclosed_comment_does_not_hide_the_building() -> None:
    broken, sound = read(real(f"{OSBIM}/errorfile.ifc")), read(real(f"{OSBIM}/doubleguids.ifc"))
    assert by_class(broken) == by_class(sound)
    assert broken.report.warnings[0].text.startswith("a comment is never closed")
    assert (broken.report.repaired, broken.report.dropped) == (1, 0)


def test_ids_that_are_given_twice_are_told_apart() -> None:
    layer = read(real(f"{OSBIM}/doubleguids.ifc"))
    assert [w.object for w in layer.report.warnings if w.code == "id_twice"] == ["1EzyXtTtv7RAinwkFVr6_I~2"]


def test_names_in_shift_jis_are_read_as_what_they_mean() -> None:
    raw, escaped = (read(real(f"{OSBIM}/ac16_{name}.ifc")) for name in ("sjis", "unicode"))
    names = [[v.get("name") for v in attributes(layer).values()] for layer in (raw, escaped)]
    assert names[0] == names[1]
    assert "1階" in names[0]


def test_a_model_that_is_cut_off_is_refused_and_entities_that_are_broken_are_told(tmp_path: Path) -> None:
    whole = model(tmp_path).read_bytes()
    path = tmp_path / "cut.ifc"
    for end in (whole.index(b"#46=") + 20, whole.index(b"#31=")):  # within an entity, and between two
        path.write_bytes(whole[:end])
        with pytest.raises(ReadError, match="is cut off"):
            read(path)
    broken = whole.index(b"#46=") + 20
    path.write_bytes(whole[:broken] + b"\nENDSEC;\nEND-ISO-10303-21;\n")
    layer = read(path)
    assert len(layer.features) == 4
    (told,) = [w for w in layer.report.warnings if w.code == "not_read"]
    assert told.text == "1 entities of the file cannot be read, the first is #46 near line 39"


def test_what_is_rounder_than_anything_built_is_told_and_not_drawn(tmp_path: Path) -> None:
    path = model(tmp_path)
    rectangle, circle = "RECTANGLEPROFILEDEF(.AREA.,$,#24,4000.,1000.)", "CIRCLEPROFILEDEF(.AREA.,$,#24,{})"
    for radius, is_drawn in (("2000.", True), ("99999999999999999999.", False)):
        path.write_text(BEAM.format(place="$,$", more="").replace(rectangle, circle.format(radius)))
        layer = read(path)
        (wall,) = (feature for feature in layer.features if feature.type == "BuildingConstructiveElement")
        told = [warning.object for warning in layer.report.warnings if warning.code == "impossible"]
        assert (bool(wall.lods), told) == ((True, []) if is_drawn else (False, [wall.id]))


def test_archives_are_opened_and_written_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "model.ifczip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(model(tmp_path), "inner/model.ifc")
    assert detect(path) is ifc
    with Project.create(tmp_path / "town.city.gpkg", crs="EPSG:7415") as project:
        (layer,) = import_files(project, [path])
        assert layer.object_count == 4
        out = tmp_path / "out.ifczip"
        export_layer(project, layer, out)
        assert out.read_bytes() == path.read_bytes()
        with project.edit("Rename") as edit:
            edit.set_attribute(layer.first_fid, "name", "other")
        again = tmp_path / "again.ifczip"
        with pytest.raises(WriteError, match="edits of this layer cannot be written"):
            losses(project, layer, WriteOptions(out=again))
        with pytest.raises(WriteError, match="edits of this layer cannot be written"):
            export_layer(project, layer, again)


@pytest.mark.parametrize(("name", "content", "reason"), [
    ("a.ifcxml", "<?xml version='1.0'?><ifc:ifcXML/>", "IFC written as XML is not read"),
    ("a.ifc", "ISO-10303-21;\nHEADER;FILE_SCHEMA(('IFC9'));ENDSEC;DATA;ENDSEC;", "cannot be read"),
    ("a.ifc", BEAM[: BEAM.index("#1=")] + "ENDSEC;\nEND-ISO-10303-21;", "no building or any other product"),
])  # fmt: skip
def test_what_is_no_building_model_is_refused_with_the_reason(
    tmp_path: Path, name: str, content: str, reason: str
) -> None:
    path = tmp_path / name
    path.write_text(content)
    assert detect(path) is ifc
    with pytest.raises(ReadError, match=reason):
        read(path)


def test_a_library_of_templates_is_no_building() -> None:
    with pytest.raises(ReadError, match="a library of templates"):
        read(real("ifc/duplex-georef/IFC2X3_Geolocation.ifc"))
