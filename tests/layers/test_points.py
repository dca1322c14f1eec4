"""Point clouds: what laspy reads, we give; what would hang or kill a decoder, we refuse before it sees it."""

from __future__ import annotations

import struct
from pathlib import Path

import laspy
import numpy as np
import pytest

from layers import octree_index
from layers.data import LayerData, ReadOptions, never_stop
from layers.errors import Cancelled, ReadError
from layers.formats import las
from layers.importing import import_files
from layers.moving import Move
from layers.octree import Cloud, PointTree
from layers.pointfiles import PointFiles, Stretch
from layers.points import class_name
from layers.project import Project
from tests.clouds import prints_of, whole
from tests.conftest import DATA, real

SMALL = "pointcloud/startinpy/small.laz"
AUTZEN = "pointcloud/pdal/autzen_trim.laz"
COLOURED = "pointcloud/pdal/1.2-with-color.las"
MONTPELLIER = "pointcloud/ign-lidarhd/test_data_77055_627755_LA93_IGN69.laz"
CLOUDS = sorted(DATA.glob("pointcloud/**/*.la[sz]")) + sorted(DATA.glob("heritage/**/*.laz"))
REFUSED = {"garbage_nVariableLength.las"}
STAYS = Move(None, None)


def read(path: Path, **options: object) -> LayerData:
    (layer,) = las.read(path, ReadOptions(**options))  # type: ignore[arg-type]
    return layer


def tree_of(layer: LayerData, folder: Path, move: Move = STAYS) -> PointTree:
    assert isinstance(layer.points, PointFiles)
    return octree_index.index(layer.points, move, folder / "index", layer.report, never_stop)


def as_laspy_reads(path: Path) -> Cloud:
    """All points of a file, by another reader."""
    found = laspy.read(path)
    colours = (
        [np.asarray(found[name]) for name in ("red", "green", "blue")]
        if "red" in found.point_format.dimension_names
        else []
    )
    rgb = np.stack(colours, axis=-1) if colours else None
    if rgb is not None:
        rgb = (rgb >> (8 if rgb.max() > 255 else 0)).astype(np.uint8) if rgb.any() else None
    intensity = np.asarray(found.intensity)
    return Cloud(
        found.xyz,
        rgb=rgb,
        intensity=intensity if intensity.any() else None,
        classification=np.asarray(found.classification),
        return_number=np.asarray(found.return_number),
    )


@pytest.mark.skipif(not CLOUDS, reason="the real clouds are not here (set CITYSTRATA_DATA)")
@pytest.mark.parametrize("path", CLOUDS, ids=lambda path: path.name)
def test_every_cloud_is_indexed_as_laspy_reads_it_or_refused_in_a_sentence(
    path: Path, tmp_path: Path
) -> None:
    if path.name in REFUSED:
        with pytest.raises(ReadError, match=r"number of variable length records.*1,069,128,089.*allowed"):
            read(path)
        return
    layer, expected = read(path), as_laspy_reads(path)
    tree = tree_of(layer, tmp_path)
    assert np.array_equal(prints_of(whole(tree)), prints_of(expected))
    assert layer.report.read == len(expected.points)
    assert layer.report.dropped == 0
    assert layer.kind == "points"
    assert layer.linked


def test_classes_and_heights_of_a_dutch_tile(tmp_path: Path) -> None:
    layer = read(real(SMALL))
    assert layer.crs == "EPSG:7415"
    assert tree_of(layer, tmp_path).class_counts() == {1: 11302, 2: 18392, 6: 9532, 9: 7}
    assert layer.box is not None
    assert (round(layer.box[2], 2), round(layer.box[5], 2)) == (-0.57, 15.97)
    assert layer.facts["version"] == "1.4"
    assert class_name(9) == "water"
    assert class_name(65) == "class 65"


@pytest.mark.parametrize(
    ("name", "crs"),
    [
        (MONTPELLIER, "EPSG:2154"),
        ("pointcloud/ign-lidarhd/sample_lareunion_epsg2975.laz", "EPSG:2975"),
        ("pointcloud/lidr/Topography.laz", "EPSG:2949"),  # GeoTIFF keys
        ("pointcloud/pdal/epsg_4326.las", "EPSG:4326"),
        ("pointcloud/pdal/1.2-with-color.copc.laz", "EPSG:2991+6360"),
        ("pointcloud/pdal/test1_4.las", "EPSG:2903"),
        ("pointcloud/ign-lidarhd/test_noepsg_043500_629205_IGN69.laz", None),
        ("pointcloud/3dfier-ahn3/ahn3_cropped_2.laz", None),
    ],
)
def test_the_crs_comes_from_the_header(name: str, crs: str | None) -> None:
    assert read(real(name)).crs == crs


def test_feet_are_known_as_feet() -> None:
    facts = read(real(AUTZEN)).facts
    assert (facts["unit"], facts["height_unit"], facts["height_unit_m"]) == ("foot", "foot", 0.3048)


def test_a_crs_that_cannot_be_true_is_not_believed() -> None:
    """Devils Tower in UTM, said to be geocentric: 1 400 km below ground."""
    layer = read(real("pointcloud/pdal/lone-star.copc.laz"))
    assert layer.crs is None
    assert "EPSG:4978" in layer.report.warnings[0].text
    assert read(real("pointcloud/pdal/lone-star.copc.laz"), crs="EPSG:32613").crs == "EPSG:32613"


def test_colours_are_8_bits_however_they_were_stored(tmp_path: Path) -> None:
    stored = laspy.read(real(COLOURED))
    assert int(stored.red.max()) <= 255  # this writer left 8-bit colours in 16 bits
    found = whole(tree_of(read(real(COLOURED)), tmp_path)).rgb
    assert found is not None
    assert np.array_equal(np.sort(found[:, 0]), np.sort(stored.red))
    for name in ("red", "green", "blue"):
        stored[name] = np.asarray(stored[name]) * 257
    stored.write(tmp_path / "a.las")
    again = whole(tree_of(read(tmp_path / "a.las"), tmp_path)).rgb
    assert again is not None
    assert np.array_equal(again, found)


def test_points_move_into_the_crs_of_the_project(tmp_path: Path) -> None:
    layer = read(real(SMALL))
    move = Move("EPSG:7415", "EPSG:25831+5709")
    found, expected = whole(tree_of(layer, tmp_path, move)).points, move(as_laspy_reads(real(SMALL)).points)
    found, expected = (points[np.lexsort(points.round(2).T)] for points in (found, expected))
    assert np.abs(np.sort(found, axis=0) - np.sort(expected, axis=0)).max() <= 0.00051


def test_a_wrong_box_in_the_header_harms_nothing(tmp_path: Path) -> None:
    """The octree is then built around the points that are found."""
    for number, box in enumerate(([9e5] * 6, [1.0, 0.0] * 3, [float("nan")] * 6, [0.0] * 6)):
        path = patched(tmp_path, SMALL, *(("<d", 179 + 8 * place, value) for place, value in enumerate(box)))
        layer = read(path, crs="EPSG:7415")
        tree = tree_of(layer, tmp_path / str(number))
        assert np.array_equal(prints_of(whole(tree)), prints_of(as_laspy_reads(real(SMALL))))
        assert tree.spacing_m[0] < 5


def test_decoding_may_begin_anywhere_whatever_the_chunks(tmp_path: Path) -> None:
    """COPC files have chunks of all sizes."""
    path = real("pointcloud/pdal/lone-star.copc.laz")
    expected, found = laspy.read(path).xyz, 0
    for first in range(0, len(expected), 150_000):
        for decoded in Stretch("las", str(path), first, min(150_000, len(expected) - first), 1).decoded():
            points = decoded.frame.world(decoded.stored)
            assert np.array_equal(points, expected[found : found + len(points)])
            found += len(points)
    assert found == len(expected)


def test_tiles_become_one_cloud(tmp_path: Path) -> None:
    paths = sorted(real(MONTPELLIER).parent.glob("test_data_*.laz"))
    (layer,) = las.read_tiles(paths, ReadOptions())
    assert layer.crs == "EPSG:2154"
    tree = tree_of(layer, tmp_path)
    clouds = [prints_of(as_laspy_reads(path)) for path in paths]
    expected = np.concatenate(clouds)
    assert np.array_equal(prints_of(whole(tree)), np.sort(expected))


def test_damaged_tiles_are_left_out_only_when_asked(tmp_path: Path) -> None:
    folder = tmp_path / "tiles"
    folder.mkdir()
    data = real(SMALL).read_bytes()
    (folder / "good.laz").write_bytes(data)
    for name in ("bad", "worse"):
        (folder / f"{name}.laz").write_bytes(data[:9000])
    with Project.create(tmp_path / "p.city.gpkg") as project:
        with pytest.raises(ReadError, match=r"2 of 3 tiles cannot be read.*bad\.laz.*worse\.laz"):
            import_files(project, [folder])
        (layer,) = import_files(project, [folder], ReadOptions(skip_broken=True))
        assert (layer.facts["points"], layer.facts["tiles"]) == (39233, ["good.laz"])
        told = [(warning["code"], warning["object"]) for warning in layer.report["warnings"]]
        assert [item for item in told if item[0] == "broken"] == [
            ("broken", "bad.laz"),
            ("broken", "worse.laz"),
        ]


def test_tiles_in_different_crs_are_refused() -> None:
    paths = [real(SMALL), real(MONTPELLIER)]
    with pytest.raises(ReadError, match="different CRSs"):
        las.read_tiles(paths, ReadOptions())


def test_indexing_can_be_stopped(tmp_path: Path) -> None:
    def stop(fraction: float, text: str) -> None:
        raise Cancelled

    layer = read(real(SMALL))
    assert isinstance(layer.points, PointFiles)
    with pytest.raises(Cancelled):
        octree_index.index(layer.points, STAYS, tmp_path / "index", layer.report, stop)


def test_impossible_points_are_left_out_and_counted(tmp_path: Path) -> None:
    data = bytearray(real(COLOURED).read_bytes())
    start = struct.unpack_from("<I", data, 96)[0]
    struct.pack_into("<d", data, 131, 1e5)  # scale of x: 100 km
    for number in range(3, 1065):
        struct.pack_into("<i", data, start + 34 * number, 4)
    path = tmp_path / "far.las"
    path.write_bytes(data)
    layer = read(path)
    tree = tree_of(layer, tmp_path)
    assert layer.report.dropped == 3
    assert tree.points == 1062


def patched(tmp_path: Path, name: str, *changes: tuple[str, int, float]) -> Path:
    """A copy with numbers of the header replaced: (struct format, position, value)."""
    data = bytearray(real(name).read_bytes())
    for layout, position, value in changes:
        struct.pack_into(layout, data, position, value)
    path = tmp_path / Path(name).name
    path.write_bytes(data)
    return path


def chunk_table(name: str) -> int:
    data = real(name).read_bytes()
    return int(struct.unpack_from("<q", data, struct.unpack_from("<I", data, 96)[0])[0])


@pytest.mark.parametrize(
    ("name", "changes", "sentence"),
    [
        (COLOURED, [("<I", 107, 0xFFFFFFFF)], r"number of points.*4,294,967,295; allowed: 0 to 1,065"),
        (COLOURED, [("<I", 100, 0xFFFFFFFF)], "number of variable length records"),
        (COLOURED, [("<I", 96, 0x7FFFFFFF)], "start of the points"),
        (COLOURED, [("<H", 94, 12)], "header size"),
        (COLOURED, [("<B", 104, 63)], "point format"),
        (COLOURED, [("<H", 105, 1)], "bytes per point"),
        (COLOURED, [("<B", 25, 9)], r"version.*1\.9"),
        (COLOURED, [("<Q", 131, 0)], "scale"),
        (COLOURED, [("<Q", 155, 0x7FF8000000000000)], "scale"),
        (COLOURED, [("<I", 107, 0)], "holds no points"),
        ("pointcloud/laspy/1_4_w_evlr.laz", [("<I", 243, 0xFFFFFFFF)], "number of extended records"),
        ("pointcloud/laspy/1_4_w_evlr.laz", [("<Q", 247, 2**62)], "number of points"),
        (SMALL, [("<Q", 247, 10**10)], "number of points"),
    ],
)
def test_false_headers_are_refused_at_once(
    tmp_path: Path, name: str, changes: list[tuple[str, int, int]], sentence: str
) -> None:
    with pytest.raises(ReadError, match=sentence):
        read(patched(tmp_path, name, *changes))


def test_a_false_chunk_count_never_reaches_the_decoder(tmp_path: Path) -> None:
    """The decoder would reserve 64 GiB and abort the process."""
    path = patched(tmp_path, SMALL, ("<I", chunk_table(SMALL) + 4, 0xFFFFFFFF))
    with pytest.raises(ReadError, match=r"number of chunks.*4,294,967,295"):
        read(path)


def test_a_chunk_table_outside_the_file_never_reaches_the_decoder(tmp_path: Path) -> None:
    start = struct.unpack_from("<I", real(SMALL).read_bytes(), 96)[0]
    with pytest.raises(ReadError, match="position of the chunk table"):
        read(patched(tmp_path, SMALL, ("<q", start, 2**50)))


@pytest.mark.parametrize("name", [COLOURED, SMALL, "pointcloud/pdal/1.2-with-color.copc.laz"])
def test_a_cut_off_cloud_is_refused(tmp_path: Path, name: str) -> None:
    data = real(name).read_bytes()
    path = tmp_path / "cut.laz"
    for part in (0.001, 0.01, 0.3, 0.9, 0.999):
        path.write_bytes(data[: int(len(data) * part)])
        with pytest.raises(ReadError):
            read(path)


def test_what_is_not_damaged_is_kept(tmp_path: Path) -> None:
    data = bytearray(real(MONTPELLIER).read_bytes())
    middle = len(data) // 3
    data[middle : middle + 2000] = b"\xff" * 2000
    path = tmp_path / "damaged.laz"
    path.write_bytes(data)
    layer = read(path)
    try:
        assert tree_of(layer, tmp_path).points + layer.report.dropped == 72770  # some damage goes unnoticed
    except ReadError as error:
        assert "damaged" in error.sentence()


def test_a_file_of_something_else_is_not_a_cloud(tmp_path: Path) -> None:
    path = tmp_path / "x.las"
    path.write_bytes(b"LASF")
    with pytest.raises(ReadError, match="not a LAS or LAZ file"):
        read(path)
