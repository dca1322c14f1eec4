"""Whatever is thrown at it: one sentence, no traceback, no hang, bounded memory, nothing half written."""

from __future__ import annotations

import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import orjson
import pytest

from layers import formats
from layers.cache import cache_folder
from layers.data import LayerData, ReadOptions
from layers.decoding import ImportProcess, answered
from layers.errors import CitystrataError, EditError, PlaceError, ProjectError, ReadError, WriteError
from layers.exporting import export_layer
from layers.importing import import_files
from layers.project import Project
from layers.request import Request
from tests.conftest import real
from tests.mutations import damaged

IN_ROTTERDAM = ReadOptions(crs="EPSG:7415")
CITY = "cityjson/cjio/rotterdam_subset.json"
CUBE: dict[str, object] = {
    "type": "CityJSON",
    "version": "2.0",
    "transform": {"scale": [0.001, 0.001, 0.001], "translate": [85000.0, 446000.0, 0.0]},
    "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
    "CityObjects": {
        "b1": {
            "type": "Building",
            "geometry": [{"type": "MultiSurface", "lod": "1", "boundaries": [[[0, 1, 2, 3]]]}],
        }
    },
    "vertices": [[0, 0, 0], [9000, 0, 0], [9000, 9000, 0], [0, 9000, 0]],
}


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail rather than hang."""
    if sys.platform == "win32":
        yield
        return

    def too_long(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def sentence_of(error: CitystrataError) -> str:
    """What a person reads: one line that ends, and no inside of a program."""
    said = str(error)
    assert said.endswith(".") and "\n" not in said and len(said) < 700
    assert not re.search(r"Traceback|object at 0x|<class|numpy|errno", said, re.IGNORECASE), said
    return said


def refusal(path: Path, options: ReadOptions | None = None) -> str:
    """Why a file is not read."""
    with within(20), pytest.raises(CitystrataError) as caught:
        formats.read(path, options or ReadOptions())
    return sentence_of(caught.value)


def city_layer(path: Path) -> LayerData:
    with within(20):
        return formats.read(path, ReadOptions())[1][0]


def written(folder: Path, data: bytes | dict[str, object], name: str = "city.city.json") -> Path:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else orjson.dumps(data))
    return path


# --- files ----------------------------------------------------------------------------------------


def test_an_empty_file(tmp_path: Path) -> None:
    assert "The file is empty" in refusal(written(tmp_path, b""))
    assert "The file is empty" in refusal(written(tmp_path, b" \n\t "))


def test_a_wrong_ending(tmp_path: Path) -> None:
    assert "This kind of file is not read" in refusal(written(tmp_path, b"hello", "letter.docx"))
    picture = b"\x89PNG\r\n\x1a\n" + bytes(100)
    for ending in (".city.json", ".laz", ".tif", ".gpkg", ".ply", ".inp", ".csv", ".asc"):
        refusal(written(tmp_path, picture, f"picture{ending}"))


def test_a_folder_a_missing_file_and_a_pipe(tmp_path: Path) -> None:
    assert "This is a folder" in refusal(tmp_path)
    assert "There is no such file" in refusal(tmp_path / "nothing.city.json")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.city.json")
        assert "not a file" in refusal(tmp_path / "pipe.city.json")


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without root's right to read everything."""
    if sys.platform == "win32" or os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights")
def test_a_file_without_the_right_to_read_it(open_folder: Path) -> None:
    path = written(open_folder, CUBE)
    path.chmod(0)
    closed = open_folder / "closed"
    closed.mkdir(0o700)
    hidden = written(closed, CUBE)
    closed.chmod(0)
    with as_nobody():
        assert "may not be read" in refusal(path)
        assert "may not be read" in refusal(hidden)


def test_a_header_that_promises_ten_gigabytes(tmp_path: Path) -> None:
    data = bytearray(real("pointcloud/laspy/simple1_1.las").read_bytes())
    struct.pack_into("<I", data, 107, 10 * 2**30 // 28)
    assert "number of points" in refusal(written(tmp_path, bytes(data), "cloud.las"))


DEEP = {
    "the file": b"[" * 10_000,
    "an attribute": b'{"type":"Building","attributes":{"x":' + b"[" * 10_000 + b"]" * 10_000 + b"}}",
    "a geometry": b'{"type":"Building","geometry":[{"type":"Solid","lod":"1","boundaries":'
    + b"[" * 10_000
    + b"]" * 10_000
    + b"}]}",
}


@pytest.mark.parametrize("where", DEEP)
def test_json_of_ten_thousand_levels(tmp_path: Path, where: str) -> None:
    whole = orjson.dumps({**CUBE, "CityObjects": {"b1": 0}})
    data = DEEP[where] if where == "the file" else whole.replace(b'"b1":0', b'"b1":' + DEEP[where])
    path = written(tmp_path, data)
    try:
        layer = city_layer(path)
    except CitystrataError as error:
        sentence_of(error)
    else:
        assert layer.report.unsupported == 1


def test_a_vertex_that_does_not_exist(tmp_path: Path) -> None:
    text = orjson.dumps(CUBE)
    for wrong in (b"4", b"-1", b"99999999999999999999", b"1.5", b'"1"', b"null", b"[]"):
        layer = city_layer(written(tmp_path, text.replace(b"[[[0,1,2,3]]]", b"[[[0,1,2,%s]]]" % wrong)))
        (warning,) = layer.report.warnings
        assert (warning.code, warning.object) == ("bad_geometry", "b1") and "cannot be drawn" in warning.text
        assert len(layer.features) == 1 and b"".join(p.data for p in layer.pieces).count(wrong)


def test_coordinates_that_are_no_numbers(tmp_path: Path) -> None:
    text = orjson.dumps(CUBE)
    for wrong in (b"NaN", b"Infinity", b"1e400", b"1e30", b"null", b'"7"'):
        refusal(written(tmp_path, text.replace(b"[9000,0,0]", b"[9000,0,%s]" % wrong)))
    refusal(written(tmp_path, text.replace(b"[0.001,0.001,0.001]", b"[1e308,0.001,0.001]")))
    grid = b"ncols 2\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize nan\n1 2\n3 4\n"
    refusal(written(tmp_path, grid, "grid.asc"))


def test_two_objects_with_one_id(tmp_path: Path) -> None:
    text = orjson.dumps(CUBE)
    building = orjson.dumps(CUBE["CityObjects"])[1:-1]
    for again in (building, b'"b1":{"type":"Road"}', b'"\\u00621":{"type":"Road"}'):
        twice = text.replace(building, building + b"," + again)
        assert "'b1' is given to two city objects" in refusal(written(tmp_path, twice))


def test_an_unknown_reference_system(tmp_path: Path) -> None:
    strange = {**CUBE, "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/99999"}}
    with Project.create(tmp_path / "p.city.gpkg") as project:
        with pytest.raises(PlaceError) as caught:
            import_files(project, [written(tmp_path, strange)])
        assert "99999" in sentence_of(caught.value) and not project.layers
        with pytest.raises(PlaceError) as caught:
            import_files(project, [written(tmp_path, CUBE)], ReadOptions(crs="EPSG:99999"))
        assert "99999" in sentence_of(caught.value) and not project.layers


def test_a_small_file_that_would_fill_the_memory(tmp_path: Path) -> None:
    """One template of 100 000 vertices, placed 4 000 times: half a megabyte, ten gigabytes of vertices."""
    template = {"type": "MultiSurface", "lod": "1", "boundaries": [[[0, 1, 2]]]}
    instance = {"type": "GeometryInstance", "template": 0, "boundaries": [0]}
    trees = {f"t{n}": {"type": "SolitaryVegetationObject", "geometry": [instance]} for n in range(4000)}
    templates = {"templates": [template], "vertices-templates": [[0, 0, 1]] * 100_000}
    path = written(tmp_path, {**CUBE, "CityObjects": trees, "geometry-templates": templates})
    with Project.create(tmp_path / "p.city.gpkg") as project:
        with within(180), pytest.raises(ReadError) as caught:
            import_files(project, [path])
        assert "memory" in sentence_of(caught.value) and not project.layers


# --- projects -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a few real buildings, closed."""
    path = tmp_path_factory.mktemp("bad") / "city.city.gpkg"
    with Project.create(path) as project:
        import_files(project, [real(CITY)], IN_ROTTERDAM)
    return path


def unopenable(path: Path) -> str:
    before = path.read_bytes()
    with within(20), pytest.raises(ProjectError) as caught:
        Project.open(path)
    assert path.read_bytes() == before
    return sentence_of(caught.value)


def test_a_project_of_a_newer_version(city: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(city, tmp_path))
    with Project.open(path) as project, project.edit("Newer") as edit:
        edit.set_project("schema_version", "99")
    assert "newer version" in unopenable(path)


def test_files_that_are_no_projects(tmp_path: Path) -> None:
    path = tmp_path / "p.city.gpkg"
    for data in (b"", b"hello", orjson.dumps(CUBE), b"SQLite format 3\0" + bytes(2000)):
        path.write_bytes(data)
        unopenable(path)
    with pytest.raises(ProjectError, match="folder"):
        Project.open(tmp_path)
    with pytest.raises(ProjectError, match="no such project"):
        Project.open(tmp_path / "nothing.city.gpkg")


def test_a_project_that_was_cut_off(city: Path, tmp_path: Path) -> None:
    data = city.read_bytes()
    path = tmp_path / "cut.city.gpkg"
    for share in (0.01, 0.1, 0.5, 0.9):
        path.write_bytes(data[: int(len(data) * share)])
        unopenable(path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights")
def test_a_project_without_the_right_to_write_it(city: Path, open_folder: Path) -> None:
    path = Path(shutil.copy(city, open_folder))
    path.chmod(0o444)
    open_folder.chmod(0o555)
    with as_nobody(), Project.open(path) as project:
        assert project.read_only and "may not write" in project.read_only_reason
        layer = project.layers[0]
        fid = int(project.fids(layer)[0])
        with pytest.raises(EditError) as caught, project.edit("Try") as edit:
            edit.set_attribute(fid, "a", 1)
        sentence_of(caught.value)
        with pytest.raises(CitystrataError) as refused:
            import_files(project, [real(CITY)], IN_ROTTERDAM)
        sentence_of(refused.value)
        with pytest.raises(WriteError) as unwritten:
            export_layer(project, layer, open_folder / "out.city.json")
        sentence_of(unwritten.value)
    assert sorted(item.name for item in open_folder.iterdir()) == [path.name]


# --- a full disk ----------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], capture_output=True, check=False
        )
        if shutil.which("mount")
        else None
    )
    if mounted is None or mounted.returncode:
        pytest.skip("a small file system can only be mounted by root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(folder: Path, leave: int) -> Path:
    """Fill the disk up to so many bytes."""
    filler = folder / "filler"
    with filler.open("wb") as file:
        file.write(bytes(max(0, shutil.disk_usage(folder).free - leave)))
    return filler


def refused_on_full_disk(work: Callable[[], object]) -> None:
    with within(30), pytest.raises(CitystrataError) as caught:
        work()
    said = sentence_of(caught.value)
    assert "full" in said or "No space" in said, said


def test_edits_and_exports_on_a_full_disk(city: Path, small_disk: Path) -> None:
    path = Path(shutil.copy(city, small_disk))
    out = written(small_disk, b"old", "out.city.json")
    with Project.open(path) as project:
        layer = project.layers[0]
        fid = int(project.fids(layer)[0])
        before = project.object(fid)
        filler = fill(small_disk, leave=0)

        def edit_much() -> None:
            with project.edit("Much") as edit:
                edit.set_attribute(fid, "much", "x" * 300_000)

        refused_on_full_disk(edit_much)
        refused_on_full_disk(lambda: export_layer(project, layer, out, overwrite=True))
        assert project.object(fid) == before and out.read_bytes() == b"old"
        filler.unlink()
        assert project.object(fid) == before and project.can_undo and project.can_undo.label != "Much"
        edit_much()
        export_layer(project, layer, out, overwrite=True)
        assert b'"much":"xxx' in out.read_bytes()
    names = {item.name for item in small_disk.iterdir()}
    assert names == {path.name, cache_folder(path).name, out.name}


@pytest.mark.parametrize("leave", [0, 4096, 60_000, 150_000, 300_000])
def test_an_import_on_a_full_disk(city: Path, small_disk: Path, leave: int) -> None:
    path = Path(shutil.copy(city, small_disk))
    with Project.open(path) as project:
        layers = project.layers
        filler = fill(small_disk, leave)
        refused_on_full_disk(lambda: import_files(project, [real(CITY)], IN_ROTTERDAM))
        assert project.layers == layers
    filler.unlink()
    with Project.open(path) as project:
        assert project.layers == layers and project.query("PRAGMA integrity_check") == [("ok",)]
        assert project.query("SELECT DISTINCT layer FROM object") == [(layers[0].id,)]
        import_files(project, [real(CITY)], IN_ROTTERDAM)
        assert len(project.layers) == 2


# --- anything -------------------------------------------------------------------------------------

LONG = bool(os.environ.get("CITYSTRATA_LONG"))
TEXTS = {
    ".city.json": CITY,
    ".json": "cityjson/railway-seq/geometry_templates.city.json",
    ".city.jsonl": "cityjson/val3dity-cj/denhaag_random_5.city.jsonl",
    ".inp": "utilities/wntr-net/Net1.inp",
    ".geojson": "utilities/wntr-ky4/ky4_tanks.geojson",
}
BINARIES = {
    ".las": "pointcloud/laspy/simple1_1.las",
    ".ply": "heritage/3dhop/cage.ply",
    ".gpkg": "reference/goteborg/pois.gpkg",
}
#: Read by foreign native code, and therefore only ever in the import process.
NATIVE = {
    ".laz": "pointcloud/laspy/1_4_w_evlr.laz",
    ".copc.laz": "pointcloud/pdal/1.2-with-color.copc.laz",
    ".tif": "reference/cea-zug/terrain.tif",
}


@pytest.mark.parametrize("ending", [*TEXTS, *BINARIES])
def test_a_damaged_file_is_read_or_refused_in_a_sentence(tmp_path: Path, ending: str) -> None:
    data = real({**TEXTS, **BINARIES}[ending]).read_bytes()
    for seed in range(2000 if LONG else 60):
        path = written(tmp_path, damaged(data, seed, ending in TEXTS), f"damaged{ending}")
        with within(20):
            try:
                formats.read(path, ReadOptions())
            except CitystrataError as error:
                assert "\n" not in str(error), f"seed {seed}"


@pytest.mark.parametrize("ending", NATIVE)
def test_a_decoder_that_is_given_damage_harms_nobody(tmp_path: Path, ending: str) -> None:
    data = real(NATIVE[ending]).read_bytes()
    for seed in range(200 if LONG else 3):
        path = written(tmp_path, damaged(data, seed, False), f"damaged{ending}")
        with within(60):
            try:
                with answered(Request(str(path), str(tmp_path / str(seed)))):
                    pass
            except CitystrataError as error:
                sentence_of(error)


def test_what_nobody_foresaw_is_told_as_it_is_and_not_as_a_crash(tmp_path: Path) -> None:
    """The import process is asked something that is no request, and fails."""
    reader = ImportProcess.start()
    assert reader.process.stdin
    reader.process.stdin.write(b"no request\n")
    reader.process.stdin.flush()
    with within(60):
        assert "JSON is malformed" in sentence_of(reader.death(tmp_path))
    reader.end()


@pytest.mark.skipif(sys.platform != "linux", reason="finds the process in /proc")
def test_a_decoder_that_dies_is_a_sentence(tmp_path: Path) -> None:
    """The import process is ended by a signal, as the crash of a decoder would end it."""
    path = written(tmp_path, CUBE)

    def shoot(_fraction: float, _text: str) -> None:
        for child in (
            Path(f"/proc/{os.getpid()}/task/{threading.get_native_id()}/children").read_text().split()
        ):
            os.kill(int(child), signal.SIGABRT)

    with Project.create(tmp_path / "p.city.gpkg") as project:
        with within(60), pytest.raises(ReadError) as caught:
            import_files(project, [path], progress=shoot)
        assert "SIGABRT" in sentence_of(caught.value) and not project.layers
    assert [item.name for item in cache_folder(project.path).iterdir()] == ["lock"]
