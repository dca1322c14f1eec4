"""Point clouds: what laspy reads, we give; what would hang or kill a decoder, we refuse before it sees it."""

from __future__ import annotations

import struct
from pathlib import Path

import laspy
import numpy as np
import pytest

from layers.arrays import Cloud
from layers.data import LayerData, ReadOptions
from layers.errors import Cancelled, ReadError
from layers.formats import las
from layers.points import class_counts, class_name, colours_in_8_bits
from tests.conftest import DATA, real

SMALL = "pointcloud/startinpy/small.laz"
AUTZEN = "pointcloud/pdal/autzen_trim.laz"
COLOURED = "pointcloud/pdal/1.2-with-color.las"
MONTPELLIER = "pointcloud/ign-lidarhd/test_data_77055_627755_LA93_IGN69.laz"
CLOUDS = sorted(DATA.glob("pointcloud/**/*.la[sz]")) + sorted(DATA.glob("heritage/**/*.laz"))
REFUSED = {"garbage_nVariableLength.las"}


def read(path: Path, **options: object) -> LayerData:
    (layer,) = las.read(path, ReadOptions(**options))  # type: ignore[arg-type]
    return layer


def cloud_of(layer: LayerData) -> Cloud:
    assert isinstance(layer.drawable, Cloud)
    return layer.drawable


@pytest.mark.skipif(not CLOUDS, reason="the real clouds are not here (set CITYSTRATA_DATA)")
@pytest.mark.parametrize("path", CLOUDS, ids=lambda path: path.name)
def test_every_cloud_opens_as_laspy_reads_it_or_is_refused_in_a_sentence(path: Path) -> None:
    if path.name in REFUSED:
        with pytest.raises(ReadError, match=r"number of variable length records.*1,069,128,089.*allowed"):
            read(path)
        return
    layer = read(path)
    cloud, expected = cloud_of(layer), laspy.read(path)
    assert cloud.points.dtype == np.float64
    assert np.array_equal(cloud.points, expected.xyz)
    assert np.array_equal(cloud.classification, np.asarray(expected.classification))
    assert np.array_equal(cloud.return_number, np.asarray(expected.return_number))
    assert layer.report.read == len(expected.points)
    assert layer.report.dropped == 0
    assert layer.kind == "points"
    assert layer.linked


def test_classes_and_heights_of_a_dutch_tile() -> None:
    layer = read(real(SMALL))
    assert layer.crs == "EPSG:7415"
    assert class_counts(cloud_of(layer)) == {1: 11302, 2: 18392, 6: 9532, 9: 7}
    assert layer.facts["classes"] == {"1": 11302, "2": 18392, "6": 9532, "9": 7}
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


def test_colours_are_8_bits_however_they_were_stored() -> None:
    cloud = cloud_of(read(real(COLOURED)))
    stored = laspy.read(real(COLOURED))
    assert int(stored.red.max()) <= 255  # this writer left 8-bit colours in 16 bits
    assert cloud.rgb is not None
    assert np.array_equal(cloud.rgb[:, 0], stored.red)
    assert colours_in_8_bits(np.array([[65535, 256, 0]], np.uint16)).tolist() == [[255, 1, 0]]


def test_thinning_is_even_and_said() -> None:
    layer = read(real(SMALL), max_points=1000)
    cloud, whole = cloud_of(layer), laspy.read(real(SMALL)).xyz
    assert cloud.source_index is not None
    assert np.array_equal(cloud.source_index, np.arange(0, 39233, 40))
    assert np.array_equal(cloud.points, whole[::40])
    assert layer.facts["points"] == 39233
    assert [warning.code for warning in layer.report.warnings] == ["thinned"]


def test_thinning_goes_on_across_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(las, "POINTS_AT_ONCE", 7001)
    cloud = cloud_of(read(real(SMALL), max_points=3000))
    assert np.array_equal(cloud.points, laspy.read(real(SMALL)).xyz[::14])


def test_reading_can_be_stopped() -> None:
    def stop(fraction: float, text: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        read(real(SMALL), progress=stop)


def test_impossible_points_are_left_out_and_counted(tmp_path: Path) -> None:
    data = bytearray(real(COLOURED).read_bytes())
    start = struct.unpack_from("<I", data, 96)[0]
    struct.pack_into("<d", data, 131, 1e5)  # scale of x: 100 km
    for number in range(3, 1065):
        struct.pack_into("<i", data, start + 34 * number, 4)
    path = tmp_path / "far.las"
    path.write_bytes(data)
    layer = read(path)
    assert layer.report.dropped == 3
    assert cloud_of(layer).source_index is not None
    assert len(cloud_of(layer).points) == 1062


def patched(tmp_path: Path, name: str, *changes: tuple[str, int, int]) -> Path:
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


def test_damaged_points_are_refused_in_a_sentence(tmp_path: Path) -> None:
    data = bytearray(real(MONTPELLIER).read_bytes())
    middle = len(data) // 3
    data[middle : middle + 2000] = b"\xff" * 2000
    path = tmp_path / "damaged.laz"
    path.write_bytes(data)
    try:
        assert len(cloud_of(read(path)).points) <= 72770  # some damage cannot be noticed
    except ReadError as error:
        assert "damaged" in error.sentence()


def test_a_file_of_something_else_is_not_a_cloud(tmp_path: Path) -> None:
    path = tmp_path / "x.las"
    path.write_bytes(b"LASF")
    with pytest.raises(ReadError, match="not a LAS or LAZ file"):
        read(path)
