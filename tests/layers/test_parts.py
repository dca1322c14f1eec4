"""Cities that are read in parts: the project they make is the one that reading them at once makes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest

from benchmarks.city import write_sequence
from layers import parts
from layers.arrays import CityTiles
from layers.cache import KEPT, cache_folder, layer_folder
from layers.data import ReadOptions
from layers.errors import Cancelled, PlaceError, ReadError
from layers.exporting import export_layer
from layers.importing import import_files, rebuild
from layers.project import Project
from layers.request import Request
from tests.boxes import HEAD, some_boxes, write_boxes
from tests.cities import OPENABLE, answered_here, imported_here
from tests.conftest import ROOT, real

#: Every third real file; those that name no CRS lie nowhere.
SOME = OPENABLE[1::3]
ENDINGS = (".city.json", ".city.jsonl")
PART_BYTES = 4000
AT_ONCE = ReadOptions(crs="EPSG:7415")
SMALL_PARTS = ReadOptions(part_bytes=1 << 18)
IN_PARTS = ReadOptions(crs="EPSG:7415", part_bytes=PART_BYTES)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Everything in this process, parts too."""
    monkeypatch.setattr(parts, "LEAST_FOR_WORKERS", sys.maxsize)
    with imported_here():
        yield


def contents(project: Project) -> dict[str, Any]:
    """All that an import makes, but for what is called by chance."""
    tables = {
        table: project.query(f"SELECT * FROM {table} ORDER BY 1, 2")
        for table in ("object", "object_rtree", "attribute")
    }
    columns = "name, kind, crs, first_fid, object_count, box, facts, report, drawable, partner, source_sha256"
    layers = [
        tuple(json.loads(value) if str(value).startswith("{") else value for value in row)
        for row in project.query(f"SELECT {columns} FROM layer ORDER BY id")
    ]
    source = b"".join(data for (data,) in project.rows("SELECT data FROM piece ORDER BY layer, seq"))
    objects = project.query("SELECT object, substr(data, start + 1) FROM piece WHERE object > 0 ORDER BY 1")
    return {**tables, "layers": layers, "source": source, "objects": objects}


def drawn(project: Project) -> list[tuple[str, Any]]:
    """The arrays of the first layer, and its columns."""
    tiles = project.drawable(project.any_layer(1))
    assert isinstance(tiles, CityTiles)
    arrays = [(name, np.asarray(value)) for name, value in vars(tiles).items() if name != "album"]
    if tiles.album is not None:
        arrays += [(name, np.asarray(value)) for name, value in vars(tiles.album).items()]
    layer = project.any_layer(1)
    keys = (*project.attribute_types(layer), "id", "parent", "lods")
    columns = [(key, np.array([str(value) for value in project.column(layer, key)])) for key in keys]
    return arrays + columns


def assert_same_drawing(one: Project, other: Project) -> None:
    for (name, a), (_, b) in zip(drawn(one), drawn(other), strict=True):
        assert np.array_equal(a, b, equal_nan=a.dtype.kind == "f"), name


@pytest.mark.parametrize("name", SOME)
@pytest.mark.usefixtures("alone")
def test_parts_make_the_project_that_the_whole_makes(tmp_path: Path, name: str) -> None:
    path = real(f"cityjson/{name}")
    in_parts = ReadOptions(crs="EPSG:7415", part_bytes=max(200, path.stat().st_size // 7))
    with Project.create(tmp_path / "one.city.gpkg") as one, Project.create(tmp_path / "p.city.gpkg") as many:
        import_files(one, [path], AT_ONCE)
        import_files(many, [path], in_parts)
        expected, found = contents(one), contents(many)
        assert found["source"] == path.read_bytes()
        for what in expected:
            assert found[what] == expected[what], what
        assert_same_drawing(one, many)


def test_workers_make_what_one_process_makes(tmp_path: Path) -> None:
    path = write_boxes(tmp_path / "town.city.jsonl", some_boxes(60))
    with (
        Project.create(tmp_path / "one.city.gpkg") as one,
        Project.create(tmp_path / "many.city.gpkg") as many,
    ):
        import_files(one, [path])
        import_files(many, [path], ReadOptions(part_bytes=PART_BYTES))
        assert contents(many) == contents(one)
        assert_same_drawing(one, many)
        assert {item.name for item in cache_folder(many.path).iterdir()} <= {"lock", many.layers[0].uid}


@pytest.mark.usefixtures("alone")
def test_a_city_in_parts_is_drawn_again_from_its_rows_and_exported_byte_by_byte(tmp_path: Path) -> None:
    path = real("cityjson/delfshaven/Rotterdam_3-20-DELFSHAVEN.city.json")
    with Project.create(tmp_path / "p.city.gpkg") as project:
        (layer,) = import_files(project, [path], ReadOptions(crs="EPSG:7415", part_bytes=200_000))
        before = drawn(project)
        shutil.rmtree(layer_folder(project.path, layer.uid))
        rebuild(project, layer)
        for (name, a), (_, b) in zip(before, drawn(project), strict=True):
            assert np.array_equal(a, b, equal_nan=a.dtype.kind == "f"), name
        export_layer(project, layer, tmp_path / "out.city.json")
        assert (tmp_path / "out.city.json").read_bytes() == path.read_bytes()


# --- what parts must be joined for ------------------------------------------------------------------


def buildings(count: int) -> list[dict[str, Any]]:
    """Features of a sequence: boxes named B0, B1, …"""
    with TemporaryDirectory() as folder:
        lines = write_boxes(Path(folder, "boxes"), some_boxes(count)).read_text().splitlines()
    return [json.loads(line) for line in lines[1:]]


def empty(id: str, **members: Any) -> dict[str, Any]:
    """A feature without geometry."""
    city_object = {"type": "Building", **members}
    return {"type": "CityJSONFeature", "id": id, "CityObjects": {id: city_object}, "vertices": []}


def shifted(boundaries: Any, by: int) -> Any:
    return boundaries + by if isinstance(boundaries, int) else [shifted(item, by) for item in boundaries]


def write_town(path: Path, features: list[dict[str, Any]], head: dict[str, Any] = HEAD) -> Path:
    """The features as a sequence or, by the ending of the file, as one CityJSON object."""
    if path.suffix == ".jsonl":
        path.write_text("".join(f"{json.dumps(line)}\n" for line in (head, *features)))
        return path
    vertices: list[list[int]] = []
    members = []
    for feature in features:
        for id, item in feature["CityObjects"].items():
            for geometry in item.get("geometry", []):
                geometry = {**geometry, "boundaries": shifted(geometry["boundaries"], len(vertices))}
                item = {**item, "geometry": [geometry]}
            members.append(f"{json.dumps(id)}: {json.dumps(item)}")  # a dict would not take an id twice
        vertices += feature["vertices"]
    text = json.dumps({**head, "vertices": vertices})
    path.write_text(text.replace('"CityObjects": {}', '"CityObjects": {' + ", ".join(members) + "}"))
    return path


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.usefixtures("alone")
def test_an_id_that_parts_far_from_each_other_have_is_refused(tmp_path: Path, ending: str) -> None:
    path = write_town(tmp_path / f"town{ending}", [*buildings(60), empty("B3")])
    with Project.create(tmp_path / "p.city.gpkg") as project:
        for options in (AT_ONCE, IN_PARTS):
            with pytest.raises(ReadError, match="'B3' is given to two city objects"):
                import_files(project, [path], options)
            assert not project.query("SELECT id FROM object") and not project.query("SELECT id FROM layer")


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.usefixtures("alone")
def test_what_has_no_geometry_encloses_its_parts_wherever_they_are(tmp_path: Path, ending: str) -> None:
    features = buildings(60)
    for number, feature in enumerate(features):
        feature["CityObjects"][f"B{number}"]["parents"] = [f"block {number % 3}"]
    blocks = [empty(f"block {number}", parents=["quarter"]) for number in range(3)]
    path = write_town(tmp_path / f"town{ending}", [empty("quarter"), *features, *blocks])
    with Project.create(tmp_path / "one.city.gpkg") as one, Project.create(tmp_path / "p.city.gpkg") as many:
        import_files(one, [path], AT_ONCE)
        import_files(many, [path], IN_PARTS)
        assert contents(many) == contents(one)
        quarter, block = (many.by_id(id) for id in ("quarter", "block 1"))
        assert quarter and block
        fids = [int(fid) for fid in many.fids(1)]
        assert many.box([quarter.fid]) == many.box(fids)
        assert many.box([block.fid]) == many.box(many.children(block.fid)) != many.box(fids)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.usefixtures("alone")
def test_where_parts_lie_is_asked_and_answered_as_for_the_whole(tmp_path: Path, ending: str) -> None:
    """A town that names no CRS; one in degrees, which makes a project in metres; one that lies nowhere."""
    town = buildings(60)
    nameless = write_town(tmp_path / f"nameless{ending}", town, {**HEAD, "metadata": {}})
    in_degrees = {
        **HEAD,
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/4979"},
        "transform": {"scale": [1e-8, 1e-8, 0.001], "translate": [4.4, 51.9, 0]},
    }
    degrees = write_town(tmp_path / f"degrees{ending}", town, in_degrees)
    said = []
    with Project.create(tmp_path / "one.city.gpkg") as one, Project.create(tmp_path / "p.city.gpkg") as many:
        for project, part_bytes in ((one, ReadOptions.part_bytes), (many, PART_BYTES)):
            with pytest.raises(PlaceError, match="does not name its coordinate reference system") as told:
                import_files(project, [nameless], ReadOptions(part_bytes=part_bytes))
            said.append(told.value.sentence())
            import_files(project, [degrees], ReadOptions(part_bytes=part_bytes))
            import_files(project, [nameless], ReadOptions(crs="local", part_bytes=part_bytes))
        assert said[0] == said[1]
        assert many.place.crs == one.place.crs == "EPSG:32631"
        assert contents(many) == contents(one)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.usefixtures("alone")
def test_looking_at_parts_makes_nothing_and_tells_the_same(tmp_path: Path, ending: str) -> None:
    path = write_town(tmp_path / f"town{ending}", buildings(60))
    look = Request(str(path), str(tmp_path / "made"), wanted="look", part_bytes=PART_BYTES)
    with answered_here(look) as answer, answered_here(Request(str(path), str(tmp_path / "whole"))) as whole:
        (found,), (expected,) = answer.layers, whole.layers
    assert replace(found, pieces=0, counts=[]) == replace(expected, pieces=0, counts=[])
    assert sorted(found.counts) == sorted(expected.counts)
    assert {file.name for file in Path(answer.folder).rglob("*.sqlite")} == set()


# --- cut off --------------------------------------------------------------------------------------


def kept_parts(project: Path) -> list[Path]:
    """The parts of an import that was cut off."""
    return sorted(cache_folder(project).glob(f"{KEPT}*/part-?????"))


IMPORT = """
import sys
from pathlib import Path
from layers import importing
from layers.data import ReadOptions
from layers.project import Project
from layers.request import Request
with Project.open(Path(sys.argv[1])) as project:
    def progress(fraction, text):
        print(fraction, text, flush=True)
    importing.import_files(project, [Path(sys.argv[2])], ReadOptions(part_bytes=1 << 18), progress=progress)
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city of twenty parts or so."""
    path = tmp_path_factory.mktemp("large") / "large.city.jsonl"
    write_sequence(path, 5000)
    return path


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")")[-1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
def test_a_killed_import_goes_on_where_it_was(tmp_path: Path, large: Path) -> None:
    path = tmp_path / "p.city.gpkg"
    Project.create(path).close()
    command = [sys.executable, "-c", IMPORT, str(path), str(large)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        while len(kept_parts(path)) < 4:
            assert process.stdout.readline(), "it ended before it could be killed"
        family = descendants(process.pid)
        process.kill()
    wait_until(lambda: not any(map(is_running, family)))
    done = {part: (part / "part.json").stat().st_mtime_ns for part in kept_parts(path)}
    said: list[str] = []
    with Project.open(path) as project:
        assert not project.layers and not project.query("SELECT fid FROM object")
        (layer,) = import_files(project, [large], SMALL_PARTS, progress=lambda _, text: said.append(text))
        count = len(done)
        assert any(f"continuing, {count} of 2" in text for text in said), said[-10:]
        assert layer.object_count == 5000
        assert (
            b"".join(d for (d,) in project.rows("SELECT data FROM piece ORDER BY seq")) == large.read_bytes()
        )
        assert {item.name for item in cache_folder(path).iterdir()} == {"lock", layer.uid}


def test_an_import_that_is_cancelled_stops_at_once_and_keeps_its_parts(tmp_path: Path, large: Path) -> None:
    path = tmp_path / "p.city.gpkg"
    asked = [0.0]

    def progress(_fraction: float, _text: str) -> None:
        if len(kept_parts(path)) >= 3:
            asked[0] = asked[0] or time.monotonic()
            raise Cancelled

    with Project.create(path) as project:
        with pytest.raises(Cancelled):
            import_files(project, [large], SMALL_PARTS, progress=progress)
        assert time.monotonic() - asked[0] < 2
        assert not project.query("SELECT fid FROM object") and not project.query("SELECT id FROM layer")
    assert kept_parts(path)


def test_rows_of_a_cut_off_import_go_when_there_is_time(
    tmp_path: Path, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "p.city.gpkg"

    def progress(_fraction: float, _text: str) -> None:
        with closing(sqlite3.connect(path)) as connection:
            if connection.execute("SELECT count(*) FROM object").fetchone()[0] > 3000:
                raise Cancelled

    monkeypatch.setattr("layers.intake.DROP_S", 0)
    with Project.create(path) as project:
        with pytest.raises(Cancelled):
            import_files(project, [large], SMALL_PARTS, progress=progress)
        ((left,),) = project.query("SELECT count(*) FROM object")
        assert left > 1000 and not project.layers
        (layer,) = import_files(project, [write_boxes(tmp_path / "a.city.jsonl", some_boxes(5))])
        assert project.query("SELECT layer, count(*) FROM object GROUP BY 1") == [(layer.id, 5)]
        assert project.query("SELECT count(*) FROM object_rtree") == [(5,)]
        assert project.query("SELECT DISTINCT layer FROM piece") == [(layer.id,)]


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
def test_a_worker_that_crashes_is_a_sentence(tmp_path: Path, large: Path) -> None:
    def shoot(_fraction: float, _text: str) -> None:
        workers = [pid for pid in descendants(os.getpid()) if b"partworker" in command_of(pid)]
        if workers:
            os.kill(workers[0], signal.SIGSEGV)

    with Project.create(tmp_path / "p.city.gpkg") as project:
        with pytest.raises(ReadError, match="SIGSEGV") as told:
            import_files(project, [large], SMALL_PARTS, progress=shoot)
        assert "\n" not in told.value.sentence() and not project.query("SELECT id FROM layer")


@pytest.mark.skipif(sys.platform != "linux", reason="reads memory from /proc")
def test_memory_does_not_grow_with_the_file(tmp_path: Path, large: Path) -> None:
    """A city three times as large takes no more."""
    larger = tmp_path / "larger.city.jsonl"
    write_sequence(larger, 12_000)
    peaks = []
    for path in (large, larger):
        peak = 0

        def watch(_fraction: float, _text: str) -> None:
            nonlocal peak
            peak = max(peak, sum(map(resident_bytes, descendants(os.getpid()))))

        with Project.create(tmp_path / f"{path.stem}.city.gpkg") as project:
            import_files(project, [path], SMALL_PARTS, progress=watch)
        peaks.append(peak)
    assert peaks[1] < peaks[0] * 1.2 + (20 << 20) and peaks[1] < 500 << 20, peaks


def descendants(pid: int) -> list[int]:
    """The processes that a process started, and those that they did."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with suppress(OSError):
            found += [int(child) for child in (task / "children").read_text().split()]
    return [*found, *(grand for child in found for grand in descendants(child))]


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def resident_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def wait_until(come: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not come():
        assert time.monotonic() < until
        time.sleep(0.02)


# --- many tiles -----------------------------------------------------------------------------------


def write_tiles(folder: Path, ending: str) -> list[Path]:
    """Three tiles of a city, each with an origin of its own, and a note."""
    (folder / "north").mkdir(parents=True)
    found = []
    for number, name in enumerate(("a", "b", "north/c")):
        head = {**HEAD, "transform": {"scale": [0.001] * 3, "translate": [85_000 + 500 * number, 447_000, 0]}}
        tile = buildings(25)
        for feature in tile:
            feature["id"] = f"{name} {feature['id']}"
            feature["CityObjects"] = {f"{name} {id}": item for id, item in feature["CityObjects"].items()}
        found.append(write_town(folder / f"{name}{ending}", tile, head))
    (folder / "readme.txt").write_text("Three tiles.")
    return found


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("part_bytes", [PART_BYTES, 8 << 20])
@pytest.mark.usefixtures("alone")
def test_a_folder_of_tiles_is_one_layer_and_comes_back_byte_by_byte(
    tmp_path: Path, ending: str, part_bytes: int
) -> None:
    tiles = write_tiles(tmp_path / "old town", ending)
    with Project.create(tmp_path / "p.city.gpkg") as project:
        (layer,) = import_files(project, [tmp_path / "old town"], ReadOptions(part_bytes=part_bytes))
        assert (layer.name, layer.object_count, layer.crs) == ("old town", 75, "EPSG:7415")
        assert [(w["code"], w["object"]) for w in layer.report["warnings"]] == [("not_read", "readme.txt")]
        assert layer.box and layer.box[3] - layer.box[0] > 1000
        before = drawn(project)
        shutil.rmtree(layer_folder(project.path, layer.uid))
        rebuild(project, layer)
        for (name, a), (_, b) in zip(before, drawn(project), strict=True):
            assert np.array_equal(a, b, equal_nan=a.dtype.kind == "f"), name
        export_layer(project, layer, tmp_path / "out")
        for tile in tiles:
            assert (
                tmp_path / "out" / tile.relative_to(tmp_path / "old town")
            ).read_bytes() == tile.read_bytes()
        with project.edit("Height") as edit:
            edit.set_attribute(int(project.fids(layer)[30]), "height", 1.5)
        export_layer(project, layer, tmp_path / "edited")
        changed = [
            t
            for t in tiles
            if (tmp_path / "edited" / t.relative_to(tmp_path / "old town")).read_bytes() != t.read_bytes()
        ]
        assert changed == tiles[1:2]


@pytest.mark.usefixtures("alone")
def test_tiles_are_written_as_one_file_where_one_is_asked_for(tmp_path: Path) -> None:
    tiles = write_tiles(tmp_path / "town", ".city.jsonl")
    with Project.create(tmp_path / "p.city.gpkg") as project:
        (layer,) = import_files(project, tiles, as_one_layer=True)
        assert layer.name == "town" and layer.object_count == 75
        export_layer(project, layer, tmp_path / "whole.city.json")
        (again,) = import_files(project, [tmp_path / "whole.city.json"])
        assert again.object_count == 75
        assert again.box == pytest.approx(layer.box, abs=2e-3)


@pytest.mark.usefixtures("alone")
def test_tiles_in_different_places_are_no_layer(tmp_path: Path) -> None:
    write_tiles(tmp_path / "town", ".city.jsonl")
    elsewhere = {**HEAD, "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/25832"}}
    write_town(tmp_path / "town" / "d.city.jsonl", [empty("other")], elsewhere)
    with Project.create(tmp_path / "p.city.gpkg") as project:
        with pytest.raises(ReadError, match=r"different CRSs .*d\.city\.jsonl.*EPSG:25832.*EPSG:7415"):
            import_files(project, [tmp_path / "town"])
        (layer,) = import_files(project, [tmp_path / "town"], ReadOptions(crs="EPSG:7415"))
        assert layer.object_count == 76
