"""What is damaged: files of every format, and archives in every way."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections import Counter
from io import BytesIO
from pathlib import Path

import pytest

from layers import formats
from layers.errors import ReadError
from layers.zipsafe import Archive
from tests.conftest import DATA
from tests.fuzz.cases import Case, Seed
from tests.fuzz.made import MADE, made
from tests.fuzz.seeds import is_sound, made_seeds, seeds
from tests.zipdamage import ZIP_DAMAGE, Entry, archive_of, damaged_zip, entries_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads in a forked child and watches it")
FILES = {b"a.txt": b"one", b"folder/b.bin": bytes(range(256)) * 9}


@pytest.mark.skipif(not DATA.exists(), reason="the real data is not here")
def test_every_format_is_damaged() -> None:
    assert {form.NAME for form in formats.FORMATS} == {name for name, mine in seeds().items() if mine}


def test_every_ending_that_is_made_is_of_one_format() -> None:
    made_of = Counter(seed.format for seed in made_seeds())
    assert {"geopackage", "flatgeobuf", "kml", "dxf", "mapinfo", "geodatabase", "gml", "stl"} <= set(made_of)
    assert len(made_seeds()) == len(MADE)


@pytest.mark.parametrize("seed", made_seeds(), ids=lambda seed: seed.name)
def test_what_is_made_is_sound_and_the_same_every_time(seed: Seed) -> None:
    assert is_sound(seed)
    before = made(seed.name)
    made.cache_clear()
    assert made(seed.name) == before


def test_a_case_is_the_same_at_every_run(tmp_path: Path) -> None:
    seed = Seed("shapefile", "made/lines.shp")
    worse = set()
    for number in range(40):
        one, other = tmp_path / f"{number}a", tmp_path / f"{number}b"
        Case(seed, number).write(one)
        Case(seed, number).write(other)
        for name, data in seed.files.files.items():
            assert (one / name).read_bytes() == (other / name).read_bytes()
            if (one / name).read_bytes() != data:
                worse.add(name)
    assert worse == set(seed.files.files)  # not only the file that is opened


def test_an_archive_that_is_made_is_one() -> None:
    data = archive_of([Entry.of(name, content) for name, content in FILES.items()])
    with zipfile.ZipFile(BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert {name.encode(): archive.read(name) for name in archive.namelist()} == FILES
    assert archive_of(entries_of(data)) == data


def test_a_damaged_archive_gives_its_files_or_a_sentence(tmp_path: Path) -> None:
    data = archive_of([Entry.of(name, content) for name, content in FILES.items()])
    told = Counter[str]()
    for number in range(60 * len(ZIP_DAMAGE) // len(set(ZIP_DAMAGE))):
        path = tmp_path / "a.zip"
        path.write_bytes(damaged_zip(data, number))
        assert path.read_bytes() == damaged_zip(data, number)
        try:
            with Archive(path) as archive:
                archive.unpack(tmp_path / str(number))
        except ReadError as error:
            told[str(error).split(" (")[0]] += 1
        assert not (tmp_path / "canary").exists()
    assert "A name in the archive leads out of it" in told
    assert "The archive unpacks to far more than an honest one" in told


def test_what_is_opened_or_made_outside_is_seen(tmp_path: Path) -> None:
    script = """
import ctypes, sys
from pathlib import Path
from tests.fuzz.watching import Watch
folder = Path(sys.argv[1])
(folder / "in").mkdir(); (folder / "work").mkdir()
watch, library = Watch(folder), ctypes.CDLL(None)
def told(act):
    watch.begin(folder / "in")
    act()
    print(watch.outside().removeprefix(f"{folder}/") or "nothing")
told(lambda: (folder / "work" / "a").write_text("") + len((folder / "work" / "a").read_text()))
told(lambda: (folder / "in" / ".." / "canary").read_text())
told(lambda: library.open(bytes(folder / "canary"), 0))
told(lambda: library.creat(bytes(folder / "new"), 0o600))
told(lambda: library.creat(bytes(folder / "in" / "beside"), 0o600))
"""
    said = subprocess.run(
        [sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == ["nothing", "canary", "canary/", "new", "in/beside"]
