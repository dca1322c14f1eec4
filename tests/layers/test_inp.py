"""SWMM and EPANET input files: every object, every byte, and edits that touch one word."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from layers import wkb
from layers.data import LayerData, ReadOptions
from layers.decoding import MissingCrs
from layers.errors import ReadError, WriteError
from layers.formats import inp
from layers.importing import import_files
from layers.jsontext import raw_members
from layers.project import Project
from tests.conftest import DATA, real

NETWORKS = sorted(DATA.glob("utilities/*/*.inp"))
OBJECT_SECTIONS = {
    "swmm": {
        "JUNCTIONS": "Manhole",
        "OUTFALLS": "Outfall",
        "STORAGE": "Storage",
        "DIVIDERS": "Divider",
        "CONDUITS": "Conduit",
        "PUMPS": "Pump",
        "ORIFICES": "Orifice",
        "WEIRS": "Weir",
    },
    "epanet": {
        "JUNCTIONS": "Junction",
        "RESERVOIRS": "Reservoir",
        "TANKS": "Tank",
        "PIPES": "Pipe",
        "PUMPS": "Pump",
        "VALVES": "Valve",
    },
}


def read(path: Path, crs: str | None = None) -> LayerData:
    return inp.read(path, ReadOptions(crs=crs))[0]


def written(text: str, tmp_path: Path) -> Path:
    path = tmp_path / "network.inp"
    path.write_bytes(text.encode())
    return path


def edited(layer: LayerData, id: str, type: str, **values: bytes | None) -> bytes:
    """The file after one object's attributes were changed; None takes one away."""
    (number,) = [n for n, f in enumerate(layer.features) if (f.id, f.type) == (id, type)]
    after = raw_members(layer.features[number].attributes)
    for name, value in values.items():
        after = after | {name: value} if value is not None else {k: v for k, v in after.items() if k != name}
    pieces = ((piece, number if piece.feature == number else None) for piece in layer.pieces)
    return b"".join(inp.rewrite(pieces, lambda _: after))


def rows_per_section(path: Path) -> Counter[str]:
    counts: Counter[str] = Counter()
    section = ""
    for line in path.read_text(encoding="cp1252").split("\n"):
        line = line.split(";")[0].strip()
        if line.startswith("["):
            section = line.strip("[]")
        elif line:
            counts[section] += 1
    return counts


@pytest.mark.parametrize("path", NETWORKS, ids=lambda path: path.name)
def test_every_row_of_an_object_is_a_feature_and_every_byte_a_piece(path: Path) -> None:
    layer, rows = read(path), rows_per_section(path)
    sections = OBJECT_SECTIONS["epanet" if rows["PIPES"] else "swmm"]
    expected = {type: rows[name] for name, type in sections.items() if rows[name]}
    assert Counter(feature.type for feature in layer.features) == expected
    assert b"".join(piece.data for piece in layer.pieces) == path.read_bytes()
    assert layer.report.dropped == 0
    everything = ((piece, piece.feature) for piece in layer.pieces)
    same = inp.rewrite(everything, lambda number: raw_members(layer.features[number].attributes))
    assert b"".join(same) == path.read_bytes()


def test_a_word_is_changed_and_the_columns_stay() -> None:
    path = real("utilities/swmm/model_full_features_network.inp")
    after = edited(read(path), "C2.1", "Conduit", roughness=b"0.0125", diameter=b"1.5")
    changed = [
        (a, b) for a, b in zip(path.read_bytes().splitlines(), after.splitlines(), strict=True) if a != b
    ]
    before_row, after_row = changed[0]
    assert before_row.replace(b"0.01  ", b"0.0125") == after_row[: len(before_row)]
    assert changed[1][1].startswith(b"C2.1             CIRCULAR     1.5              0 ")
    assert len(changed) == 2


def test_a_conduit_and_a_manhole_may_have_the_same_id() -> None:
    layer = read(real("utilities/swmm/model_full_features_network.inp"))
    assert sorted(feature.type for feature in layer.features if feature.id == "1") == ["Conduit", "Manhole"]
    assert not any(warning.code == "duplicate-id" for warning in layer.report.warnings)


def test_a_line_bends_at_its_vertices() -> None:
    layer = read(real("utilities/swmm/model_full_features_network.inp"), "EPSG:2249")
    (feature,) = [f for f in layer.features if f.id == "C2.1"]
    line = wkb.read(feature.geometry or b"").coordinates
    assert line[:, :2].tolist() == [
        [238.750, -53.332],
        [295.636, -159.756],
        [360.253, -181.886],
        [459.058, -113.145],
    ]


def test_an_invalid_model_opens_with_warnings() -> None:
    layer = read(real("utilities/swmm/invalid_model.inp"))
    assert {"InvalidLink1", "InvalidLink2"} <= {feature.id for feature in layer.features}
    assert {w.object for w in layer.report.warnings if w.code == "node-missing"} >= {"InvalidLink1"}


def test_what_drains_into_the_network_is_a_layer_beside_it() -> None:
    path = real("utilities/swmm/model_full_features_network.inp")
    network, beside = inp.read(path, ReadOptions())
    assert (network.kind, beside.kind) == ("pipes", "vector")
    assert Counter(f.type for f in beside.features) == {"Subcatchment": 4, "RainGage": 1}
    first = beside.features[1]
    assert b'"outlet":"J1","area":3,' in first.attributes and b'"routeTo":"OUTLET"' in first.attributes
    assert b"".join(piece.data for piece in beside.pieces) == path.read_bytes()
    after = edited(beside, "S2", "Subcatchment", percentImpervious=b"95")
    changed = [
        (a, b) for a, b in zip(path.read_bytes().splitlines(), after.splitlines(), strict=True) if a != b
    ]
    assert len(changed) == 1 and b" 95 " in changed[0][1]


@pytest.mark.parametrize(
    ("name", "crs", "first", "told"),
    [
        ("wntr-net/Net1.inp", "local", 67.056 * 20, "67.06 m"),  # a schematic map
        ("swmm/model_state_plane.inp", None, 2746229.223, ""),  # in feet, but where is not said
        ("ltown/L-TOWN.inp", "local", 138.22, ""),  # in metres already
    ],
)
def test_the_lengths_of_links_say_how_large_a_map_is(
    name: str, crs: str | None, first: float, told: str
) -> None:
    layer = read(real(f"utilities/{name}"))
    assert layer.crs == crs
    assert wkb.read(layer.features[0].geometry or b"").coordinates[0, 0] == pytest.approx(first, rel=1e-6)
    assert told in " ".join(warning.text for warning in layer.report.warnings)


def test_a_crs_in_metres_for_a_map_in_feet_is_doubted() -> None:
    path = real("utilities/wntr-ky4/ky4.inp")
    assert not any(w.code == "map-unit" for w in read(path, "EPSG:3547").report.warnings)
    (told,) = [w.text for w in read(path, "EPSG:32616").report.warnings if w.code == "map-unit"]
    assert told == "By the lengths of its links the map is in feet, but the CRS is in metre."


def test_us_units_are_named_and_values_stay_as_written() -> None:
    layer = read(real("utilities/wntr-ky4/ky4.inp"))
    assert layer.facts["length_unit"] == "ft"
    assert layer.features[0].attributes == b'{"elevation":611.3897,"baseDemand":2.49,"pattern":"1"}'
    mapping = layer.facts["field_map"]
    assert isinstance(mapping, dict)
    assert mapping["diameter_m"] == "diameter [in]"


ROUGH = """[TITLE]
[JUNC]\t;sections may be short
"Old well"\t.5\t+3\t;by the church
B 1e1 007
[CONDUITS]
C "Old well" B 12 0.01
[XSECTIONS]
C RECT_CLOSED 2 3
[COORDINATES]
"old WELL" 1 2
B 4 6
"""


def test_tabs_quotes_comments_and_odd_numbers(tmp_path: Path) -> None:
    layer = read(written(ROUGH, tmp_path))
    well, other, conduit = layer.features
    assert well.id == "Old well"
    assert well.attributes == b'{"invertElevation":0.5,"maxDepth":3,"comment":"by the church"}'
    assert other.attributes == b'{"invertElevation":1e1,"maxDepth":7}'
    assert conduit.geometry is not None
    assert [warning.code for warning in layer.report.warnings] == ["feet"]


def test_a_byte_order_mark_does_not_hide_the_first_section(tmp_path: Path) -> None:
    layer = read(written("\ufeff[JUNCTIONS]\nA 1\n[CONDUITS]\n", tmp_path))
    assert [feature.id for feature in layer.features] == ["A"]


def test_a_missing_coordinate_keeps_the_object(tmp_path: Path) -> None:
    layer = read(written(ROUGH.replace("B 4 6\n", ""), tmp_path))
    assert [feature.geometry is None for feature in layer.features] == [False, True, True]
    assert [warning.code for warning in layer.report.warnings] == ["coordinate-missing"] * 2 + ["feet"]


def test_values_are_added_behind_a_row_and_taken_from_its_end(tmp_path: Path) -> None:
    layer = read(written(ROUGH, tmp_path))
    longer = edited(layer, "C", "Conduit", inOffset=b"0.2", comment=b'"relined 2020"')
    assert b'C "Old well" B 12 0.01 0.2 ;relined 2020\n' in longer
    shorter = edited(layer, "B", "Manhole", maxDepth=None)
    assert b"\nB 1e1 \n" in shorter


@pytest.mark.parametrize(
    ("name", "value"),
    [("material", b'"PVC"'), ("outOffset", b"0.1"), ("roughness", b"[1]"), ("length", None)],
)
def test_what_has_no_place_in_the_file_is_refused(tmp_path: Path, name: str, value: bytes | None) -> None:
    with pytest.raises(WriteError, match=name):
        edited(read(written(ROUGH, tmp_path)), "C", "Conduit", **{name: value})


def test_windows_text_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "aa.inp"
    path.write_bytes("[JUNCTIONS]\r\nBrønd 1 2 ;Åbæk\r\n[CONDUITS]\r\n".encode("cp1252"))
    layer = read(path)
    assert layer.features[0].id == "Brønd"
    after = edited(layer, "Brønd", "Manhole", comment='"Ærø"'.encode())
    assert after == "[JUNCTIONS]\r\nBrønd 1 2 ;Ærø\r\n[CONDUITS]\r\n".encode("cp1252")


@pytest.mark.parametrize("text", ["", "hello", "[section]\nkey=value\n", "[PIPES]\0"])
def test_other_files_are_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(ReadError):
        read(written(text, tmp_path))


def test_a_crs_in_another_unit_than_the_map_is_not_suggested(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p.city.gpkg") as project, pytest.raises(MissingCrs) as refused:
        import_files(project, [real("utilities/wntr-ky4/ky4.inp")])
    assert "3857" not in str(refused.value) and "in feet" in str(refused.value)
