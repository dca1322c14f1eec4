"""What stands beside a mesh: the shift that programs take off large coordinates, and the CRS.

Known are `NAME_offset.xyz` and `NAME_wkt.prj` (Pix4D), `metadata.xml` with SRS and SRSOrigin
(ContextCapture, Metashape), `coords.txt` (OpenDroneMap), and plain `NAME.offset`, `NAME.xyz`, `NAME.prj`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml.etree import _Element

from layers.crs import crs_text, parse_crs
from layers.errors import PlaceError, ReadError
from layers.smallfile import read_whole
from layers.xmlsafe import parse

MOST_BYTES = 1 << 16
LARGEST = 1e8
#: What the files are called; `{}` stands for the mesh's own name.
SHIFT_NAMES = (
    "{}.offset", "{}_offset.xyz", "{}_offset.txt", "{}.offset.txt", "{}.xyz", "offset.xyz", "offset.txt"
)  # fmt: skip
CRS_NAMES = ("{}.prj", "{}_wkt.prj")
PLACE_NAMES = ("metadata.xml", "coords.txt", "odm_georeferencing_model_geo.txt")
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_NUMBERS = re.compile(_NUMBER)
#: A file that holds nothing but two or three numbers, perhaps with words in front of them.
_SHIFT = re.compile(rf"\s*(?:[A-Za-z_ ]+[:=])?\s*\(?{_NUMBER}(?:[\s,;]+{_NUMBER}){{1,2}}\)?\s*")


@dataclass(frozen=True)
class Beside:
    """What is said beside a mesh; `notes` are sentences for the report."""

    shift: tuple[float, float, float] | None = None
    crs: str | None = None
    notes: tuple[str, ...] = ()


def beside(path: Path) -> Beside:
    """What the files beside a mesh say of its place."""
    shift, crs, notes = None, None, []
    for file in _shift_files(path):
        shift = _shift(_text(file))
        if shift is not None:
            notes.append(f"the shift {shift[0]:.3f}, {shift[1]:.3f}, {shift[2]:.3f} is from {file.name}")
            break
    for file in _present(path, CRS_NAMES):
        crs = crs_of(_text(file))
        if crs:
            notes.append(f"the coordinate reference system is from {file.name}")
            break
    if shift is None:
        for file in _present(path, PLACE_NAMES[:1]):
            crs_said, shift = _model_metadata(_text(file), file.name)
            crs = crs or crs_said
            notes.append(f"the place is from {file.name}")
        for file in _present(path, PLACE_NAMES[1:]):
            crs_said, shift = _drone_map(_text(file))
            crs = crs or crs_said
            notes.append(f"the place is from {file.name}")
    return Beside(shift, crs, tuple(notes)) if shift or crs else Beside()


def place_files(path: Path, out: Path) -> Iterator[tuple[Path, Path]]:
    """The files that say where a mesh lies, each with its name beside a copy of the mesh."""
    for file in (*_shift_files(path), *_present(path, (*CRS_NAMES, *PLACE_NAMES))):
        name = file.name
        if name.startswith(path.stem):
            name = out.stem + name.removeprefix(path.stem)
        yield file, out.with_name(name)


def _shift_files(path: Path) -> Iterator[Path]:
    yield from (file for file in _present(path, SHIFT_NAMES) if _shift(_text(file)) is not None)


def _present(path: Path, names: tuple[str, ...]) -> Iterator[Path]:
    """The files of these names beside a file; `{}` stands for its own, with and without its ending."""
    for name in names:
        for own in (path.stem, path.name):
            file = path.parent / name.format(own)
            if file.is_file() and file != path:
                yield file
                break


def _text(file: Path) -> str:
    try:
        return read_whole(file, "file beside the mesh", MOST_BYTES).decode("utf-8", "replace")
    except ReadError:
        return ""  # too large to be a shift: a cloud, perhaps


def _shift(text: str) -> tuple[float, float, float] | None:
    """Two or three numbers, or none when the file is something else."""
    if not _SHIFT.fullmatch(text):
        return None
    values = [float(number) for number in _NUMBERS.findall(text)]
    if len(values) not in (2, 3) or not all(abs(value) < LARGEST for value in values):
        return None
    return values[0], values[1], values[2] if len(values) > 2 else 0.0


def crs_of(text: str) -> str | None:
    """The CRS that a text names, None when it names none."""
    try:
        return crs_text(parse_crs(text.strip()))
    except PlaceError:
        return None


def _model_metadata(text: str, name: str) -> tuple[str | None, tuple[float, float, float] | None]:
    """ModelMetadata of ContextCapture: SRS and SRSOrigin."""
    try:
        root = parse(text.encode(), name)
    except ReadError:
        return None, None
    return crs_of(_child(root, "SRS")), _shift(_child(root, "SRSOrigin"))


def _child(root: _Element, tag: str) -> str:
    found = root.find(f"{{*}}{tag}")
    return (found.text or "") if found is not None else ""


def _drone_map(text: str) -> tuple[str | None, tuple[float, float, float] | None]:
    """The first two lines of OpenDroneMap: "WGS84 UTM 32N", and east and north."""
    lines = text.splitlines()
    zone = re.fullmatch(r"WGS84 UTM (\d{1,2})([NS])", lines[0].strip()) if len(lines) > 1 else None
    if zone is None or not 1 <= int(zone[1]) <= 60:
        return None, None
    return f"EPSG:{326 if zone[2] == 'N' else 327}{int(zone[1]):02d}", _shift(lines[1])
