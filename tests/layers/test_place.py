"""CRSs are read, named and suggested; positions and heights move as published test points say."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import Transformer

from layers.errors import PlaceError
from layers.gazetteer import find_crs
from layers.geoid import missing_grids, note_of_ellipsoid
from layers.place import (
    LOCAL,
    Place,
    crs_text,
    crs_title,
    far_note,
    fits,
    height_unit,
    is_metric,
    likely_crs,
    parse_crs,
    project_crs_for,
    same_place,
    suggest_crs,
    unit_names,
)


def place(crs: str | None) -> Place:
    return Place(crs, np.zeros(3))


def moved(from_crs: str, to_crs: str, x: float, y: float, z: float = 0.0) -> list[float]:
    return list(place(to_crs).mover(from_crs)(np.array([[x, y, z]]))[0])


@pytest.mark.parametrize(
    "text",
    [
        "EPSG:7415",
        "epsg:7415",
        "7415",
        "28992+5709",
        "EPSG:28992+5709",
        "urn:ogc:def:crs:EPSG::7415",
        "urn:ogc:def:crs,crs:EPSG::28992,crs:EPSG::5709",
        "https://www.opengis.net/def/crs/EPSG/0/7415",
        parse_crs("EPSG:7415").to_wkt(),
    ],
)
def test_every_way_to_write_a_crs_gives_one_text(text: str) -> None:
    assert crs_text(parse_crs(text)) == "EPSG:7415"


def test_a_pair_of_codes_without_a_code_of_its_own_stays_a_pair() -> None:
    assert crs_text(parse_crs("25832+7837")) == "EPSG:25832+7837"
    assert crs_text(parse_crs("http://www.opengis.net/gml/srs/epsg.xml#28992")) == "EPSG:28992"


def test_rough_datum_shifts_in_wkt_do_not_hide_the_code() -> None:
    bound = (
        'PROJCS["ETRS89 / UTM zone 32N",GEOGCS["ETRS89",DATUM["European_Terrestrial_Reference_System_1989",'
        'SPHEROID["GRS 1980",6378137,298.257222101],TOWGS84[0,0,0,0,0,0,0]],PRIMEM["Greenwich",0],'
        'UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
        'PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",9],PARAMETER["scale_factor",0.9996],'
        'PARAMETER["false_easting",500000],PARAMETER["false_northing",0],UNIT["metre",1]]'
    )
    assert crs_text(parse_crs(bound)) == "EPSG:25832"


@pytest.mark.parametrize(
    "text", ["", "EPSG:999999", "99999999", "Atlantis", "+init=epsg:28992", "x" * 200_000]
)
def test_an_unknown_crs_is_refused_in_one_short_sentence(text: str) -> None:
    with pytest.raises(PlaceError, match="not known") as caught:
        parse_crs(text)
    assert len(caught.value.sentence()) < 250


def test_heights_alone_are_no_crs() -> None:
    with pytest.raises(PlaceError, match="NAP height"):
        parse_crs("EPSG:5709")


def test_titles_and_units_can_be_read() -> None:
    assert crs_title("EPSG:7415") == "Amersfoort / RD New + NAP height (EPSG:7415)"
    assert unit_names("EPSG:7415") == ("metre", "metre")
    assert unit_names("EPSG:28992") == ("metre", "")
    assert height_unit("EPSG:4326") == ("metre", 1.0)
    assert height_unit("EPSG:2263") == ("US survey foot", pytest.approx(0.3048006096))


def test_rd_new_moves_the_test_point_of_the_epsg_guidance_note() -> None:
    """IOGP 373-7-2, Oblique Stereographic: 53° N 6° E (Amersfoort) is E 196105.283, N 557057.739."""
    x, y, z = moved("EPSG:4289", "EPSG:28992", 6.0, 53.0, 7.0)
    assert (round(x, 3), round(y, 3), z) == (196105.283, 557057.739, 7.0)


def test_british_grid_moves_the_test_point_of_the_epsg_guidance_note() -> None:
    """IOGP 373-7-2, Transverse Mercator: 50°30' N 0°30' E (OSGB36) is E 577274.99, N 69740.50."""
    x, y, _z = moved("EPSG:4277", "EPSG:27700", 0.5, 50.5)
    assert (x, y) == pytest.approx((577274.99, 69740.50), abs=0.02)


def test_positions_are_the_same_place_whatever_their_heights() -> None:
    points = np.array([[85000.123456789, 446000.987654321, 3.25]])
    assert same_place("EPSG:7415", "EPSG:28992")
    assert not same_place("EPSG:7415", "EPSG:25832")
    assert np.array_equal(place("EPSG:7415").mover("EPSG:28992")(points), points)
    assert "NAP height" in place("EPSG:7415").note("EPSG:28992")
    assert place("EPSG:7415").note("EPSG:7415") == ""


def test_a_known_height_transformation_changes_heights_and_nothing_else() -> None:
    """DHHN92 to DHHN2016 in Hamburg, against PROJ itself."""
    before, after = "EPSG:25832+5783", "EPSG:25832+7837"
    oracle = Transformer.from_crs(before, after, always_xy=True).transform(565000.0, 5935000.0, 26.005)
    x, y, z = moved(before, after, 565000.0, 5935000.0, 26.005)
    assert (x, y) == (565000.0, 5935000.0)
    assert z == pytest.approx(oracle[2], abs=1e-6)
    assert z != 26.005
    assert place(after).note(before) == ""


def test_heights_without_a_known_transformation_keep_their_numbers_and_it_is_said() -> None:
    to = place("EPSG:25832+7837")
    assert moved("EPSG:7415", "EPSG:25832+7837", 85000, 446000, 3.0)[2] == 3.0
    assert "no transformation from NAP height to DHHN2016 height" in to.note("EPSG:7415")


def test_positions_are_never_moved_by_a_rougher_way_for_the_sake_of_heights() -> None:
    """PROJ's own choice from 7415 to 4979 ignores the datum; here positions go the good way."""
    longitude, latitude, _z = moved("EPSG:7415", "EPSG:4979", 155000, 463000)
    published = (5.38720621, 52.15517440)  # WGS 84 of RD 155000, 463000, the tower of Amersfoort
    assert (longitude, latitude) == pytest.approx(published, abs=4e-6)


def test_feet_become_metres() -> None:
    x, y, z = moved("EPSG:2994+6360", "EPSG:3740+5703", 636000, 848000, 406)
    assert z == pytest.approx(406 * 1200 / 3937, abs=1e-9)
    assert (x, y) == pytest.approx((494129.8208, 4877132.9659), abs=1e-3)
    feet = place("EPSG:3740").mover("EPSG:2994", height_unit("EPSG:2994")[1])
    assert feet(np.array([[636000.0, 848000.0, 100.0]]))[0, 2] == pytest.approx(30.48)


def test_earth_centred_points_land_on_the_ellipsoid() -> None:
    box = (3908000.0, 355000.0, 5013000.0, 3908010.0, 355010.0, 5013010.0)
    oracle = Transformer.from_crs("EPSG:4978", "EPSG:4979", always_xy=True).transform(*box[:3])
    longitude, latitude, height = moved("EPSG:4978", "EPSG:4979", *box[:3])
    assert (longitude, latitude, height) == pytest.approx(oracle, abs=1e-9)
    assert project_crs_for("EPSG:4978", box) == "EPSG:32631"
    assert "ellipsoid" in place("EPSG:7415").note("EPSG:4978")


def test_points_that_are_nowhere_are_refused() -> None:
    with pytest.raises(PlaceError, match=r"1 of 2 points .* x 500\.000"):
        place("EPSG:28992").mover("EPSG:4326")(np.array([[5.0, 52.0, 0.0], [500.0, 1000.0, 0.0]]))


def test_an_unknown_datum_still_moves_and_it_is_said() -> None:
    unknown = (
        'GEOGCS["mine",DATUM["unknown",SPHEROID["Delambre 1810",6376523,308.64]],'
        'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]'
    )
    x, _y, _z = moved(unknown, "EPSG:32616", -87.5, 39.4)
    assert 400_000 < x < 500_000
    assert "some hundred metres" in place("EPSG:32616").note(unknown)


def test_a_local_model_stays_where_it_is() -> None:
    points = np.array([[1.0, 2.0, 3.0]])
    assert crs_text(parse_crs("local")) == LOCAL
    assert is_metric(LOCAL)
    assert np.array_equal(place(LOCAL).mover("EPSG:7415")(points), points)
    assert np.array_equal(place("EPSG:7415").mover(LOCAL)(points), points)


def test_a_layer_without_crs_stays_and_a_project_without_crs_refuses() -> None:
    points = np.array([[1.0, 2.0, 3.0]])
    assert np.array_equal(place("EPSG:7415").mover(None)(points), points)
    with pytest.raises(PlaceError, match="project has no CRS"):
        place(None).mover("EPSG:7415")


@pytest.mark.parametrize(
    ("crs", "box", "expected"),
    [
        ("EPSG:7415", (0, 0, 0, 1, 1, 1), "EPSG:7415"),
        ("EPSG:4326", (-105.55, 40.09, 0, -105.35, 40.2, 0), "EPSG:32613"),
        ("EPSG:4326", (18.6, -33.94, 0, 18.7, -33.93, 0), "EPSG:32734"),
        ("EPSG:6697", (139.6, 35.2, 0, 139.7, 35.3, 9), "EPSG:6691+6695"),  # keeps the Japanese heights
        ("EPSG:2994", (636000, 848000, 0, 637000, 849000, 500), "EPSG:3740"),  # feet; the same datum
        ("EPSG:2048", (50000, 3755000, 0, 51000, 3757000, 0), "EPSG:32734"),  # counts to the west and south
    ],
)
def test_a_project_begins_in_metres(crs: str, box: tuple[float, ...], expected: str) -> None:
    assert project_crs_for(crs, box) == expected  # type: ignore[arg-type]
    assert is_metric(expected)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((84808, 447412, -1, 85000, 447641, 20), ["EPSG:7415", "EPSG:28992"]),  # Delft
        ((119299, 485099, -1, 119351, 485151, 21), ["EPSG:7415", "EPSG:28992"]),  # Amsterdam
        ((356000, 5699000, 87, 357000, 5700000, 168), ["EPSG:25832"]),  # Essen
        ((770550, 6277500, 20, 770600, 6277550, 39), ["EPSG:2154"]),  # Montpellier
        ((435000, 6291000, 117, 435050, 6291050, 136), ["EPSG:2154"]),
        ((1844000, 5175000, 0, 1845000, 5176000, 0), ["EPSG:3946"]),  # Lyon
        ((281070, 6242040, 56, 281900, 6242900, 68), ["EPSG:32734"]),  # Cape Town
        ((-105.55, 40.09, 1943, -105.35, 40.21, 3286), ["EPSG:4326"]),
    ],
)
def test_the_likeliest_crs_is_suggested_first(box: tuple[float, ...], expected: list[str]) -> None:
    found = suggest_crs(box)  # type: ignore[arg-type]
    assert [code for code, _title, _reason in found[: len(expected)]] == expected
    assert len(found) <= 6
    assert all(title and reason for _code, title, reason in found)


def test_cape_town_in_its_national_grid_is_among_the_suggestions() -> None:
    codes = [code for code, _title, _reason in suggest_crs((50000, 3755000, 0, 51000, 3757000, 0))]
    assert "EPSG:2048" in codes


def test_a_scanners_own_numbers_suggest_nothing() -> None:
    assert suggest_crs((-23, -200, -8, 6, 750, 12)) == []


def test_a_wrong_crs_in_a_file_is_noticed() -> None:
    utm_called_geocentric = (515368.6, 4918340.4, 2322.9, 515401.0, 4918381.1, 2338.6)
    assert not fits("EPSG:4978", utm_called_geocentric)
    assert fits("EPSG:32613", utm_called_geocentric)
    assert not fits("EPSG:4326", (85000, 446000, 0, 85001, 446001, 0))


def test_a_layer_far_from_its_crs_is_noticed() -> None:
    assert far_note("EPSG:7415", (85000, 447000, 0, 86000, 448000, 9)) == ""
    selfkant = (280000, 5657000, 40, 281000, 5658000, 60)  # 5.88° E, officially in the zone from 6° E
    assert far_note("EPSG:25832+7837", selfkant) == ""
    assert "outside the area" in far_note("EPSG:25832+7837", (180000, 5657000, 40, 181000, 5658000, 60))
    wyoming = (-5955638, 6157955, 2322, -5955576, 6158005, 2338)
    assert "outside the area of Amersfoort / RD New + NAP height" in far_note("EPSG:7415", wyoming)
    assert far_note(LOCAL, wyoming) == ""


KY4 = (4.99e6, 3.9e6, 0.0, 5.0e6, 3.91e6, 300.0)


def test_only_what_is_likely_is_chosen_beforehand() -> None:
    assert likely_crs(suggest_crs((84000, 446000, 0, 84500, 446500, 30))) == "EPSG:7415"
    weak = suggest_crs(KY4)
    assert [code for code, *_ in weak] == ["EPSG:3857"], "which fits all numbers"
    assert likely_crs(weak) == likely_crs([]) == ""


def test_crss_are_found_by_the_name_of_the_place() -> None:
    found = find_crs("Kentucky", KY4)
    assert found[0].code in ("EPSG:3089", "EPSG:3091", "EPSG:6473"), "in feet, and the numbers fit"
    assert "would lie at 3" in found[0].reason and "W" in found[0].reason
    assert any("outside" in item.reason for item in found), "those in metres do not fit"
    berlin = find_crs("utm zone 33 etrs89", (385000, 5819000, 0, 386000, 5820000, 9))
    assert berlin[0].code == "EPSG:25833"
    assert len({item.code for item in berlin}) == len(berlin)
    assert find_crs("  ", KY4) == find_crs("no such place", KY4) == []


def test_heights_that_are_taken_as_above_the_ellipsoid_are_said_to_be_off_by_metres() -> None:
    told = note_of_ellipsoid("EPSG:25832+7837", 7.0, 51.0)
    assert "34 to 51 m above the ellipsoid" in told and "too low" in told
    assert ("de_bkg_gcg2016.tif" in told) == bool(missing_grids("EPSG:25832+7837"))
    assert "JGD2011" in note_of_ellipsoid("EPSG:6697", 139.6, 35.3)
    assert "15 to 36 m below" in note_of_ellipsoid("EPSG:26918+5703", -75.0, 40.0)
    assert note_of_ellipsoid("EPSG:25832", 7.0, 51.0) == ""
