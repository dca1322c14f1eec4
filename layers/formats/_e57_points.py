"""The scans of an E57 file (ASTM E2807-11), block by block, turned and moved to where they were made."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.errors import ReadError
from layers.pointfiles import AS_IT_IS, POINTS_AT_ONCE, Decoded, Stretch
from layers.stored import Float64

NAME = "e57"  # of the decoder
CARTESIAN = ("cartesianX", "cartesianY", "cartesianZ")
SPHERICAL = ("sphericalRange", "sphericalAzimuth", "sphericalElevation")
COLOURS = ("colorRed", "colorGreen", "colorBlue")
INTENSITY = "intensity"
#: What says that a point has no place: no echo came back, or only its direction is known.
INVALID = ("cartesianInvalidState", "sphericalInvalidState")
#: Beyond places, colours and intensity, by the names of the standard and of an extension that is common.
CLASSES = ("classification", "cls:classification")
MOST_SCANS = 100_000
#: No file packs more points into a byte than this, unless all of them are the same.
MOST_POINTS_PER_BYTE = 64


@dataclass(frozen=True)
class Pose:
    """Where a scanner stood and how it was turned: a unit quaternion (w, x, y, z), then a translation."""

    rotation: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)
    translation: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def placed(self, points: Float64) -> Float64:
        """(n, 3) points of the scanner's own axes in those of the file."""
        w, x, y, z = np.array(self.rotation) / np.linalg.norm(self.rotation)
        turned = np.array(
            [
                [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
            ]
        )
        return np.asarray(points @ turned.T + np.array(self.translation))


@dataclass(frozen=True)
class Scan:
    """What the file says of one scan."""

    number: int
    count: int
    fields: tuple[str, ...]
    pose: Pose
    limits: dict[str, tuple[float, float]]  # of intensity and of colours
    facts: dict[str, Any]

    @property
    def places(self) -> tuple[str, ...]:
        """The fields of its coordinates; none where it has no places."""
        names = set(self.fields)
        return next((found for found in (CARTESIAN, SPHERICAL) if set(found) <= names), ())

    @property
    def attributes(self) -> tuple[str, ...]:
        """What a cloud keeps of its points besides their place."""
        names = set(self.fields)
        has = (
            ("intensity", INTENSITY in names),
            ("rgb", set(COLOURS) <= names),
            ("classification", bool(set(CLASSES) & names)),
        )
        return tuple(name for name, there in has if there)


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The file, open in libE57; what it finds wrong becomes a sentence."""
    from pye57 import libe57

    try:
        with open_quietly(path) as file:
            yield file
    except libe57.E57Exception as error:
        raise damaged(path, error) from error


@contextmanager
def open_quietly(path: Path) -> Iterator[Any]:
    """The file, closed in the end, with errors as the library has them."""
    import pye57

    file = pye57.E57(str(path))
    try:
        yield file
    finally:
        file.close()


def damaged(path: Path, error: Exception) -> ReadError:
    """What to say of a file that the library refuses."""
    said = str(error).strip().splitlines()
    reason = said[0] if said else "it cannot be understood"
    return ReadError(
        "This E57 file is damaged",
        where=path.name,
        found=reason.rpartition(" (Error")[0] or reason,
        do="Copy it again from where it comes from",
    )


def scans_of(file: Any) -> list[Scan]:
    """All scans of an open file."""
    return [_scan(file, number) for number in range(min(file.scan_count, MOST_SCANS))]


def _scan(file: Any, number: int) -> Scan:
    header = file.get_header(number)
    node = header.node
    fields = tuple(str(name) for name in header.point_fields)
    limits = {}
    for name, low, high, holder in (
        (INTENSITY, "intensityMinimum", "intensityMaximum", "intensityLimits"),
        ("rgb", "colorRedMinimum", "colorRedMaximum", "colorLimits"),
    ):
        if node.isDefined(f"{holder}/{low}") and node.isDefined(f"{holder}/{high}"):
            limits[name] = (float(node[holder][low].value()), float(node[holder][high].value()))
    facts = {}
    for key in ("name", "description", "sensorVendor", "sensorModel", "sensorSerialNumber", "temperature"):
        if node.isDefined(key) and (value := node[key].value()) not in ("", None):
            facts[key] = value
    return Scan(number, int(header.point_count), fields, _pose(node), limits, facts)


def _pose(node: Any) -> Pose:
    if not node.isDefined("pose"):
        return Pose()
    pose, found = node["pose"], {}
    for name, axes in (("rotation", "wxyz"), ("translation", "xyz")):
        if pose.isDefined(name):
            found[name] = tuple(float(pose[name][axis].value()) for axis in axes)
    told = Pose(**found)  # type: ignore[arg-type]  # as many numbers as there are axes
    size = math.hypot(*told.rotation)
    is_known = math.isfinite(size) and size > 0 and all(map(math.isfinite, told.translation))
    return told if is_known else Pose()


@lru_cache(maxsize=8)
def _known(path: Path) -> tuple[Scan, ...]:
    """The scans of a file; asked for every stretch of it."""
    with opened(path) as file:
        return tuple(scans_of(file))


def decode(stretch: Stretch) -> Iterator[Decoded]:
    """Blocks of the points of a scan; a stretch is one scan, for it can only be read from its beginning."""
    path = Path(stretch.path)
    first = 0
    for scan in _known(path):
        if not scan.places:
            continue
        if first == stretch.first and scan.count:
            with opened(path) as file:
                yield from _blocks(file, scan, path)
            return
        first += scan.count
    raise ReadError("This scan is no longer in the file", where=path.name)


def _blocks(file: Any, scan: Scan, path: Path) -> Iterator[Decoded]:
    from pye57 import libe57

    wanted = [*scan.places, *(name for name in INVALID if name in scan.fields)]
    wanted += [INTENSITY] if INTENSITY in scan.fields else []
    wanted += COLOURS if set(COLOURS) <= set(scan.fields) else ()
    wanted += [name for name in CLASSES if name in scan.fields][:1]
    size = min(POINTS_AT_ONCE, scan.count)
    arrays = {name: np.empty(size, np.float64) for name in wanted}
    buffers = libe57.VectorSourceDestBuffer()
    for name, array in arrays.items():
        buffers.append(libe57.SourceDestBuffer(file.image_file, name, array, size, True, True))
    reader = file.get_header(scan.number).points.reader(buffers)
    left = scan.count
    while left > 0:
        count = reader.read()
        if count <= 0:
            raise ReadError("This scan ends early", where=path.name, found=f"{left:,} points are missing")
        left -= count
        yield _decoded({name: array[:count] for name, array in arrays.items()}, scan)


def _decoded(columns: dict[str, Float64], scan: Scan) -> Decoded:
    """Points with a place, moved to where the scanner saw them."""
    known = np.ones(len(columns[scan.places[0]]), np.bool_)
    for name in INVALID:
        if name in columns:
            known &= columns[name] == 0
    kept = {name: column[known] for name, column in columns.items()}
    points = _cartesian([kept[name] for name in scan.places], scan.places is SPHERICAL)
    return Decoded(scan.pose.placed(points), AS_IT_IS, _told(kept, scan))


def _cartesian(axes: Sequence[Float64], is_spherical: bool) -> Float64:
    """Range, azimuth from x towards y, elevation above the xy plane (radians) as x, y, z."""
    if not is_spherical:
        return np.stack(axes, axis=-1)
    reach, azimuth, elevation = axes
    flat = reach * np.cos(elevation)
    return np.stack((flat * np.cos(azimuth), flat * np.sin(azimuth), reach * np.sin(elevation)), axis=-1)


def _told(columns: dict[str, Float64], scan: Scan) -> dict[str, NDArray[Any]]:
    found: dict[str, NDArray[Any]] = {}
    if set(COLOURS) <= set(columns):
        stored = np.stack([columns[name] for name in COLOURS], axis=-1)
        found["rgb"] = _scaled(stored, scan.limits.get("rgb"), 255).astype(np.uint16)
    if INTENSITY in columns:
        found["intensity"] = _scaled(columns[INTENSITY], scan.limits.get(INTENSITY), 65535).astype(np.uint16)
    for name in CLASSES:
        if name in columns:
            found["classification"] = np.clip(columns[name], 0, 255).astype(np.uint8)
    return found


def _scaled(values: Float64, limits: tuple[float, float] | None, most: int) -> Float64:
    """Values from 0 to `most`; without limits in the file they go from 0 to 1, or are as they are."""
    values = np.nan_to_num(values)
    low, high = limits or (0.0, 1.0 if float(values.max(initial=0.0)) <= 1.0 else float(most))
    if not high > low:
        low, high = 0.0, float(most)
    return np.asarray(np.clip((values - low) / (high - low), 0.0, 1.0) * most)
