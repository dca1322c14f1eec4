"""Where srsNames say a file lies: spellings, orders of axes, what the numbers say."""

from __future__ import annotations

import numpy as np
import pytest
from lxml import etree

from layers.crs import LOCAL, parse_crs
from layers.srsnames import Anchor, Reference, anchors_in, crs_and_order, crs_as_said, crs_of

UTM = np.array([[458868.0, 5438343.0, 112.0]])
GAUSS = np.array([[4490655.5, 5322005.28, 548.47]])
YOKOSUKA = np.array([[35.2583, 139.7372, 2.19]])


@pytest.mark.parametrize(
    ("name", "crs"),
    [
        ("EPSG:28992", "EPSG:28992"),
        ("epsg:25832", "EPSG:25832"),
        ("EPSG:25832+7837", "EPSG:25832+7837"),
        ("urn:ogc:def:crs:EPSG::7415", "EPSG:7415"),
        ("urn:x-ogc:def:crs:EPSG:6.12:28992", "EPSG:28992"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "OGC:CRS84"),
        ("urn:ogc:def:crs,crs:EPSG:6.12:25833,crs:EPSG:6.12:5783", "EPSG:25833+5783"),
        ("urn:ogc:def:crs,crs:EPSG::25832,crs:EPSG::5783", "EPSG:25832+5783"),
        # 5101 is the datum of the heights of 5701.
        ("urn:ogc:def:crs,crs:EPSG:27700,crs:EPSG:5101", "EPSG:27700+5701"),
        ("http://www.opengis.net/def/crs/EPSG/0/6697", "EPSG:6697"),
        ("http://www.opengis.net/gml/srs/epsg.xml#28992", "EPSG:28992"),
        (
            "http://www.opengis.net/def/crs-compound?1=http://www.opengis.net/def/crs/EPSG/0/25832"
            "&2=http://www.opengis.net/def/crs/EPSG/0/7837",
            "EPSG:25832+7837",
        ),
        ("urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH*GCG2016", "EPSG:25832+7837"),
        ("urn:adv:crs:ETRS89_UTM33*DE_DHHN92_NH", "EPSG:25833+5783"),
        ("urn:adv:crs:DE_DHDN_3GK4*DE_DHHN92_NH", "EPSG:31468+5783"),
        ("urn:adv:crs:DE_DHDN_3GK2_NW101", "EPSG:31466"),
        ("CH1903", "EPSG:21781"),
        ("CH1903+ / LV95", "EPSG:2056"),
        ("urn:adv:crs:nonsense", None),
        ("urn:ogc:def:crs:EPSG::999999", None),
        ("a place of mine", None),
        ("x" * 5000, None),
    ],
)
def test_every_spelling_is_understood(name: str, crs: str | None) -> None:
    assert crs_of(name) == crs
    if crs:
        parse_crs(crs)


@pytest.mark.parametrize(
    ("short", "title"),
    [
        ("ETRS89_UTM31", "ETRS89 / UTM zone 31N"),
        ("ETRS89_UTM32", "ETRS89 / UTM zone 32N"),
        ("ETRS89_UTM33", "ETRS89 / UTM zone 33N"),
        ("ETRS89_Lat-Lon", "ETRS89"),
        ("ETRS89_Lat-Lon-h", "ETRS89"),
        ("ETRS89_X-Y-Z", "ETRS89"),
        *((f"DE_DHDN_3GK{n}", f"DHDN / 3-degree Gauss-Kruger zone {n}") for n in (2, 3, 4, 5)),
        *((f"DE_PD-83_3GK{n}", f"PD/83 / 3-degree Gauss-Kruger zone {n}") for n in (3, 4)),
        *((f"DE_RD-83_3GK{n}", f"RD/83 / 3-degree Gauss-Kruger zone {n}") for n in (4, 5)),
        *((f"DE_42-83_3GK{n}", f"Pulkovo 1942(83) / 3-degree Gauss-Kruger zone {n}") for n in (3, 4, 5)),
        ("DE_Soldner-Berlin", "DHDN / Soldner Berlin"),
    ],
)
def test_german_short_names_mean_the_crs_of_that_name(short: str, title: str) -> None:
    text = crs_of(f"urn:adv:crs:{short}")
    assert text is not None
    assert parse_crs(text).name == title


def test_degrees_of_a_url_are_latitude_first_and_those_of_a_short_name_longitude_first() -> None:
    assert crs_and_order("http://www.opengis.net/def/crs/EPSG/0/6697", YOKOSUKA).swapped
    short = crs_and_order("EPSG:4979", np.array([[-77.005, 38.888, 0.0]]))
    assert (short.crs, short.swapped, short.note) == ("EPSG:4979", False, "")


def test_metres_are_easting_first_where_the_authority_says_otherwise() -> None:
    found = crs_and_order("urn:adv:crs:DE_DHDN_3GK4*DE_DHHN92_NH", GAUSS)
    assert (found.crs, found.swapped, found.note) == ("EPSG:31468+5783", False, "")


def test_an_order_that_does_not_fit_the_numbers_is_turned_and_told() -> None:
    turned = crs_and_order("urn:ogc:def:crs:EPSG::25832", UTM[:, [1, 0, 2]])
    assert turned.swapped
    assert "north before east" in turned.note
    assert turned.placed(UTM[:, [1, 0, 2]]).tolist() == UTM.tolist()
    strict = crs_and_order("urn:ogc:def:crs:EPSG::31468", GAUSS)  # northing first, says the authority
    assert not strict.swapped
    assert "east before north" in strict.note
    degrees = crs_and_order("EPSG:6697", YOKOSUKA)
    assert degrees.swapped
    assert degrees.note


def test_eastings_that_begin_with_their_zone_are_known() -> None:
    found = crs_and_order("urn:adv:crs:ETRS89_UTM32*DE_DHHN92_NH", UTM + np.array((32e6, 0, 0)))
    assert found.crs == "EPSG:4647+5783"
    assert found.note


def test_numbers_that_contradict_the_name_give_no_crs_but_the_reason() -> None:
    found = crs_and_order("CH1903", UTM)
    assert found.crs is None
    assert "'CH1903'" in found.note
    assert "458868" in found.note


def test_numbers_near_zero_are_local_where_the_crs_has_no_places() -> None:
    found = crs_and_order("urn:ogc:def:crs,crs:EPSG:6.12:31466,crs:EPSG:6.12:5783", np.eye(3))
    assert found.crs == LOCAL
    assert found.note
    # The zero of Soldner's coordinates lies some kilometres beside Berlin, where nobody uses them.
    berlin = "urn:ogc:def:crs,crs:EPSG:6.12:3068,crs:EPSG:6.12:5783"
    assert crs_and_order(berlin, np.eye(3)).crs == LOCAL
    assert crs_and_order(berlin, np.array([[24000.0, 20000.0, 40.0]])).crs == "EPSG:3068+5783"


def test_what_a_person_says_holds_and_the_file_gives_the_order() -> None:
    zurich = np.array([[682900.0, 246900.0, 410.0]])
    found = crs_as_said("EPSG:28992", "CH1903", zurich)
    assert (found.crs, found.swapped) == ("EPSG:28992", False)
    assert "the file says 'CH1903' (CH1903 / LV03)" in found.note and "not in Amersfoort" in found.note
    latitude_first = "http://www.opengis.net/def/crs/EPSG/0/6697"
    assert crs_as_said("EPSG:6668", latitude_first, YOKOSUKA) == Reference("EPSG:6668", swapped=True)
    munich = np.array([[48.0, 11.0, 500.0]])
    assert crs_as_said("EPSG:4326", "urn:ogc:def:crs:EPSG::4326", munich) == Reference("EPSG:4326", True)
    assert crs_as_said("EPSG:28992", "CH1903", np.empty((0, 3))) == Reference("EPSG:28992")
    assert crs_as_said("EPSG:25832", "CH1903", UTM) == Reference("EPSG:25832")
    # Of numbers near zero nothing is said that is not done: the place tells that it is far off.
    assert crs_as_said("EPSG:3946", "", np.eye(3)) == Reference("EPSG:3946")
    assert crs_as_said("EPSG:25832", None, UTM[:, [1, 0, 2]]).swapped


def test_no_name_and_an_unknown_one_give_no_crs() -> None:
    assert crs_and_order(None, UTM).note == ""
    assert crs_and_order("", UTM).crs is None
    unknown = crs_and_order("urn:ogc:def:crs:EPSG::999999", UTM)
    assert unknown.crs is None
    assert "not known" in unknown.note


DEFINITION = """<core:CityModel xmlns:core="http://www.opengis.net/citygml/3.0"
 xmlns:gml="http://www.opengis.net/gml/3.2"><core:engineeringCRS><gml:EngineeringCRS gml:id="here">
 <gml:engineeringDatum><gml:EngineeringDatum gml:id="d">{anchor}</gml:EngineeringDatum></gml:engineeringDatum>
 </gml:EngineeringCRS></core:engineeringCRS></core:CityModel>"""
ANCHOR = (
    '<gml:anchorDefinition codeSpace="urn:ogc:def:crs,crs:EPSG::25832,crs:EPSG::5783">'
    " 458868.0 5438343.0 112.0</gml:anchorDefinition>"
)


def test_a_local_crs_is_moved_to_its_anchor() -> None:
    anchors = anchors_in(etree.fromstring(DEFINITION.format(anchor=ANCHOR)))
    found = crs_and_order("#here", np.eye(3), anchors)
    assert found.crs == "EPSG:25832+5783"
    assert found.placed(np.array([[1.0, 2.0, 3.0]])).tolist() == [[458869.0, 5438345.0, 115.0]]


@pytest.mark.parametrize("anchor", ["", "<gml:anchorDefinition>the old oak</gml:anchorDefinition>"])
def test_a_local_crs_without_an_anchor_stays_local(anchor: str) -> None:
    anchors = anchors_in(etree.fromstring(DEFINITION.format(anchor=anchor)))
    assert crs_and_order("#here", np.eye(3), anchors).crs == LOCAL
    assert crs_and_order("#elsewhere", np.eye(3), anchors).crs == LOCAL
    assert crs_and_order("#here", np.eye(3), {"#here": Anchor("#here", (0, 0, 0))}).crs == LOCAL
