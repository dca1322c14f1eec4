"""Archives of strangers: nothing outside, nothing without end, everything else byte by byte."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from layers import zipsafe
from layers.errors import ReadError
from layers.zipsafe import Archive
from tests.zipdamage import Entry, archive_of


def packed(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_files_come_out_as_they_went_in(tmp_path: Path) -> None:
    files = {"a.txt": b"one", "folder/b.bin": bytes(range(256)) * 99}
    with Archive(packed(tmp_path / "a.zip", files)) as archive:
        assert archive.names == tuple(files)
        assert archive.read("folder/b.bin") == files["folder/b.bin"]
        assert archive.head("folder/b.bin", 4) == b"\0\1\2\3"
        archive.unpack(tmp_path / "out")
    assert (tmp_path / "out" / "folder" / "b.bin").read_bytes() == files["folder/b.bin"]


@pytest.mark.parametrize("name", ["../a", "/etc/a", "x/../../a", "..\\a", "C:\\a", "\\\\host\\a"])
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ReadError, match="leads out"):
        Archive(packed(tmp_path / "a.zip", {"fine": b"", name: b"x"}))


def test_a_file_without_a_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(archive_of([Entry.of(b"", b"x")]))
    with pytest.raises(ReadError, match="leads out"):
        Archive(path)


@pytest.mark.parametrize("name", ["d/" * 2000 + "a", "n" * 5000, "d/" * 61 + "a"])
def test_names_that_no_disk_has_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ReadError, match="too long"):
        Archive(packed(tmp_path / "a.zip", {name: b"x"}))


def test_no_more_files_are_made_than_one_waits_for(tmp_path: Path) -> None:
    files = {f"{number}.txt": b"" for number in range(zipsafe.MOST_UNPACKED + 1)}
    with Archive(packed(tmp_path / "a.zip", files)) as archive:
        with pytest.raises(ReadError, match="10,001 files"):
            archive.unpack(tmp_path / "out")
        archive.unpack(tmp_path / "out", archive.names[:3])
    assert len(list((tmp_path / "out").iterdir())) == 3


def test_a_bomb_is_stopped_while_it_goes_off(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"zeros": bytes(64 << 20)})
    with Archive(path) as archive, pytest.raises(ReadError, match="far more"):
        came = 0
        for block in archive.blocks("zeros"):
            came += len(block)
            assert came <= max(zipsafe.ALWAYS_BYTES, zipsafe.MOST_RATIO * path.stat().st_size)


def test_what_an_archive_says_of_its_size_is_not_believed(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"zeros": bytes(64 << 20)})
    data = bytearray(path.read_bytes())
    for start, at in ((b"PK\1\2", 24), (b"PK\3\4", 22)):
        where = data.index(start)
        data[where + at : where + at + 4] = struct.pack("<I", 10)
    path.write_bytes(data)
    with Archive(path) as archive, pytest.raises(ReadError):
        archive.read("zeros")


@pytest.mark.parametrize("cut", [0, 10, 60, 100])
def test_a_damaged_archive_is_told(tmp_path: Path, cut: int) -> None:
    path = packed(tmp_path / "a.zip", {"a": b"x" * 1000})
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ReadError, match="damaged"):
        Archive(path)


def test_an_encrypted_file_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"a": b"secret"})
    data = bytearray(path.read_bytes())
    for start, at in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        data[data.index(start) + at] |= 1
    path.write_bytes(data)
    with Archive(path) as archive, pytest.raises(ReadError, match="encrypted"):
        archive.read("a")
