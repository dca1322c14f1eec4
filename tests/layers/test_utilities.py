"""Cables and pipes in GML and INTERLIS: every object counted, lines and levels where they belong."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lxml import etree
from pyproj import Transformer

from layers import formats, wkb
from layers.arrays import CityTiles
from layers.data import Feature, LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats import gml, imkl, interlis
from layers.gml.utilities import network_layers
from layers.importing import import_files
from layers.project import Project
from tests.conftest import real

IMKL = "utilities/imkl-geonovum/VoorbeeldbestandBest.IMKL2015-v1.1_snetten.xml"
KLIC = "utilities/klic-give/GI_22G003180_1_V2.redacted.xml"
NANAIMO = "utilities/nanaimo/nanaimo_water_pipes.gml"
SEWER = "utilities/teksi/minimal-dataset-SIA405-ABWASSER.xtf"


def values(feature: Feature) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(feature.attributes)
    return found


def of(layer: LayerData, id: str) -> Feature:
    return next(feature for feature in layer.features if feature.id == id)


def coordinates(feature: Feature) -> list[list[float]]:
    points: list[list[float]] = wkb.read(feature.geometry or b"").coordinates.tolist()
    return points


def classes(path: Path, xpath: str) -> Counter[str]:
    found = etree.parse(path).xpath(xpath)
    assert isinstance(found, list)
    return Counter(etree.QName(element).localname for element in found if isinstance(element, etree._Element))


# ---------------------------------------------------------------- IMKL


@pytest.mark.parametrize("name", [IMKL, KLIC])
def test_every_object_of_a_delivery_is_there_once(name: str) -> None:
    path = real(name)
    form, (network, beside) = formats.read(path, ReadOptions())
    assert (form.NAME, network.kind, beside.kind) == ("imkl", "pipes", "vector")
    expected = classes(path, "/*/*[local-name()='featureMember']/*")
    links = sum(len(values(feature).get("utilityLink", ())) for feature in network.features)
    assert links == expected.pop("UtilityLink")
    assert Counter(feature.type for feature in (*network.features, *beside.features)) == expected
    assert network.report.dropped == beside.report.dropped == 0


def test_a_cable_has_the_line_of_its_link_and_the_theme_and_depth_of_its_network() -> None:
    network, _ = imkl.read(real(KLIC), ReadOptions())
    cable = of(network, "nl.imkl-KL1040.EKBL_IMKL_Elektriciteitskabel__Ms_Kabel__415504843_27368148")
    assert values(cable)["thema"] == "middenspanning"
    assert values(cable)["standaardDieptelegging"] == 0.8
    duct = of(network, "nl.imkl-KL1040.MABS_IMKL_Mantelbuis__E_Mantelbuis_MS__432415686_48784105")
    assert [point[:2] for point in coordinates(duct)] == [[111706.61, 526237.2], [111707.21, 526244.69]]
    assert (values(duct)["pipeDiameter"], values(duct)["buismateriaalType"]) == (150, "steel")
    assert duct.valid_from is None  # 9999-12-31 means that nobody knows
    assert network.facts["field_map"] == {
        "diameter_m": "pipeDiameter [mm]",
        "depth_m": "standaardDieptelegging [m]",
        "material": "buismateriaalType",
        "kind": "thema",
    }


def test_lines_in_degrees_among_others_in_metres_are_brought_to_them() -> None:
    network, _ = imkl.read(real(IMKL), ReadOptions())
    assert network.report.repaired == 18
    assert network.box is not None and network.box[0] > 150_000 and network.box[3] < 160_000


# ---------------------------------------------------------------- the Utility Network ADE


def test_components_are_pipes_with_nodes_connections_and_material() -> None:
    path = real(NANAIMO)
    (network,) = network_layers([path], path.stem, ReadOptions())
    expected = classes(path, "//*[local-name()='component']/*")
    assert Counter(feature.type for feature in network.features) == expected
    pipe = of(network, "RoundPipeID_35a46b0f-e4a5-11e7-9dfd-40e230b7519d")
    assert coordinates(pipe)[0] == [425761.347899994, 5452685.09289954, 128.813525539777]
    assert values(pipe)["fromNode"] == "NodeID_35a46c2b-e4a5-11e7-9dfd-40e230b7519d"
    assert values(pipe)["toNode"] == "NodeID_35a46bb2-e4a5-11e7-9dfd-40e230b7519d"
    assert (values(pipe)["material"], values(pipe)["medium"]) == ("PVC", "freshWater")
    assert values(pipe)["connectedWith"] == ["RoundPipeID_35a46b2d-e4a5-11e7-9dfd-40e230b7519d"]
    mapping = network.facts["field_map"]
    assert isinstance(mapping, dict) and mapping["diameter_m"] == "exteriorDiameter [cm]"
    assert [w.code for w in network.report.warnings] == ["diameter-unlikely"]


def test_a_graph_without_components_is_drawn_itself() -> None:
    path = real("utilities/utn2ifc/Testfeld1ToGML.gml")
    (network,) = network_layers([path], path.stem, ReadOptions())
    assert Counter(f.type for f in network.features) == {"InteriorFeatureLink": 9, "Node": 18}
    assert network.crs == "EPSG:25832"


def test_a_city_model_with_a_network_is_a_city_and_pipes() -> None:
    form, layers = formats.read(real(NANAIMO), ReadOptions())
    assert form.NAME == "citygml"
    assert [layer.kind for layer in layers] == ["city", "pipes"]


def test_networks_of_a_city_that_is_read_in_parts_or_tiles_are_the_same_pipes(tmp_path: Path) -> None:
    source = real(NANAIMO)
    folder = tmp_path / "tiles"
    folder.mkdir()
    shutil.copy(source, folder / "network.gml")
    text = source.read_bytes()
    without = text[: text.index(b"<core:cityObjectMember")] + text[text.rindex(b"</") :]
    (folder / "nothing.gml").write_bytes(without)
    found: list[tuple[object, ...]] = []
    for path, part_bytes in ((source, None), (source, 100_000), (folder, None)):
        options = ReadOptions() if part_bytes is None else ReadOptions(part_bytes=part_bytes)
        with Project.create(tmp_path / f"p{len(found)}.city.gpkg", crs="EPSG:26910") as project:
            city, network = import_files(project, [path], options)
            assert (city.kind, network.kind) == ("city", "pipes")
            assert network.name == f"{path.stem} network"
            rows = [
                (item.id, item.type, item.attributes, project.wkb(item.fid))
                for item in project.objects(network)
            ]
            pipes = project.drawable(city)
            assert isinstance(pipes, CityTiles)
            assert len(rows) == 84
            found.append((rows, network.box, network.facts["field_map"], len(pipes.vertices)))
    assert found[0] == found[1] == found[2]


# ---------------------------------------------------------------- INTERLIS


def test_a_sewer_has_the_levels_and_nodes_of_its_ends() -> None:
    path = real(SEWER)
    network, beside = interlis.read(path, ReadOptions())
    sewer = of(network, "ch000000RE000001")
    assert [point[:2] for point in coordinates(sewer)] == [
        [2745874.445, 1267494.562],
        [2745935.932, 1267519.317],
    ]
    row = values(sewer)
    assert (row["vonKote"], row["nachKote"], row["vonKnoten"]) == (448.1, 447.51, "ch000000WN000001")
    shaft = values(of(network, "ch000000WN000001"))
    assert (shaft["Sohlenkote"], shaft["Deckelkote"], shaft["Dimension1"]) == (448.0, 451.0, 600)
    mapping = network.facts["field_map"]
    assert isinstance(mapping, dict) and mapping["diameter_m"] == "Lichte_Hoehe [mm]"
    count = sum(classes(path, "//*[@TID]").values())
    assert len(network.features) + len(beside.features) == count
    assert network.crs == "EPSG:2056"


# ---------------------------------------------------------------- simple features


SIMPLE = """<?xml version="1.0"?>
<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:gml="http://www.opengis.net/gml/3.2"
  xmlns:app="urn:app">
  <wfs:member><app:Tree gml:id="t1"><app:height uom="m">12.5</app:height><app:species>Tilia</app:species>
    <app:place><gml:Point srsName="urn:ogc:def:crs:EPSG::4326"><gml:pos>52.1 4.3</gml:pos>
    </gml:Point></app:place>
  </app:Tree></wfs:member>
  <wfs:member><app:Zone gml:id="z1"><app:use xsi:nil="true"
      xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/>
    <app:area><gml:Polygon srsName="http://www.opengis.net/def/crs/EPSG/0/28992"><gml:exterior><gml:LinearRing>
      <gml:posList>80000 455000 80010 455000 80010 455010 80000 455000</gml:posList>
    </gml:LinearRing></gml:exterior></gml:Polygon></app:area>
  </app:Zone></wfs:member>
  <wfs:member><app:Zone gml:id="z2"><app:area><gml:Polygon srsName="EPSG:28992"><gml:exterior><gml:LinearRing>
      <gml:posList>1 2 x 4</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></app:area>
  </app:Zone></wfs:member>
</wfs:FeatureCollection>"""


def test_features_of_a_service_are_a_layer_per_class_in_one_crs(tmp_path: Path) -> None:
    path = tmp_path / "features.gml"
    path.write_text(SIMPLE)
    form, (trees, zones) = formats.read(path, ReadOptions())
    assert (form.NAME, trees.name, zones.name) == ("gml", "Tree", "Zone")
    assert (trees.crs, zones.crs) == ("EPSG:28992", "EPSG:28992")
    tree = trees.features[0]
    assert (tree.id, values(tree)) == ("t1", {"height": 12.5, "species": "Tilia"})
    expected = Transformer.from_crs("EPSG:4326", "EPSG:28992").transform(52.1, 4.3)
    np.testing.assert_allclose(coordinates(tree)[0][:2], expected, atol=0.001)
    assert np.isnan(coordinates(tree)[0][2])
    assert [point[:2] for point in coordinates(zones.features[0])][:2] == [[80000, 455000], [80010, 455000]]
    assert values(zones.features[0]) == {"use": None}
    assert zones.features[1].geometry is None and trees.report.unsupported == 1


def test_features_may_be_called_as_tables_are_and_numbered_as_in_gml_2(tmp_path: Path) -> None:
    path = tmp_path / "features.gml"
    path.write_text(
        SIMPLE.replace("app:Tree", "app:trees").replace('app:trees gml:id="t1"', 'app:trees fid="t.1"')
    )
    trees, _zones = gml.read(path, ReadOptions())
    assert (trees.name, trees.features[0].id) == ("trees", "t.1")


def test_an_entity_is_never_resolved(tmp_path: Path) -> None:
    path = tmp_path / "features.gml"
    path.write_text(
        SIMPLE.replace("<wfs:Fe", '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><wfs:Fe', 1)
    )
    with pytest.raises(ReadError, match="document type"):
        gml.read(path, ReadOptions())
