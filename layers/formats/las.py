"""Point clouds as LAS and LAZ 1.0 to 1.4 (https://www.asprs.org/las), COPC included."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Cloud
from layers.data import Box, LayerData, ReadOptions
from layers.errors import PlaceError, ReadError
from layers.formats._files import is_near_zero, layer_name
from layers.formats._las_header import MARK, Header, Record, read_header
from layers.place import crs_text, crs_title, fits, height_unit, parse_crs, unit_names
from layers.points import (
    box_of,
    class_counts,
    colours_in_8_bits,
    is_possible,
    picked,
    possible,
    thinning_step,
)
from layers.report import Report

NAME = "las"
TITLE = "LAS and LAZ point cloud"
ENDINGS = (".las", ".laz", ".copc.laz")
KINDS = ("points", "heritage")

POINTS_AT_ONCE = 2_000_000
COLOURED_FORMATS = (2, 3, 5, 7, 8, 10)
_WKT, _GEO_KEYS = 2112, 34735
_GEOGRAPHIC_KEY, _PROJECTED_KEY, _VERTICAL_KEY = 2048, 3072, 4096


def can_read(head: bytes, path: Path) -> int:
    """Surely when it begins with LASF."""
    return 100 if head[:4] == MARK else 0


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The cloud, thinned evenly to `options.max_points`."""
    header = read_header(path)
    if not header.points:
        raise ReadError("This point cloud holds no points", where=path.name)
    report = Report(read=header.points)
    step = thinning_step(header.points, options.max_points)
    cloud = _without_impossible(_read_cloud(path, header, step, options), report, path)
    if step > 1:
        used = f"{len(cloud.points):,} of {header.points:,} points"
        report.warn("thinned", "", f"{used} are used, every {step}th; the file keeps them all")
    kind = options.kind if options.kind in KINDS else KINDS[0]
    name, box = layer_name(path, ENDINGS), box_of(cloud.points)
    crs = options.crs or _crs(header, box, report)
    facts = _facts(header, cloud, box, crs)
    return [LayerData(name, kind, crs, report, drawable=cloud, box=box, linked=True, facts=facts)]


def _facts(header: Header, cloud: Cloud, box: Box | None, crs: str | None) -> dict[str, object]:
    height_name, height_m = height_unit(crs) if crs else ("", 1.0)
    return {
        "version": header.version,
        "point_format": header.point_format,
        "compressed": header.compressed,
        "points": header.points,
        "points_used": len(cloud.points),
        "classes": {str(code): count for code, count in class_counts(cloud).items()},
        "coloured": cloud.rgb is not None,
        "unit": unit_names(crs)[0] if crs else "",
        "height_unit": height_name,
        "height_unit_m": height_m,
        "local": crs is None and box is not None and is_near_zero(box),
    }


def _without_impossible(cloud: Cloud, report: Report, path: Path) -> Cloud:
    """The cloud without points that can be nowhere, counted in the report."""
    box = box_of(cloud.points)
    if box is not None and is_possible(box):
        return cloud
    good = possible(cloud.points)
    lost = len(good) - int(good.sum())
    if lost == len(good):
        raise ReadError("No point of this cloud has possible coordinates", where=path.name)
    report.dropped += lost
    report.warn("impossible_points", "", f"{lost:,} points have impossible coordinates and are left out")
    return picked(cloud, good)


# --- points ---------------------------------------------------------------------------------------


@contextmanager
def _decoding(path: Path) -> Iterator[None]:
    """What the decoders raise on damaged data, as a sentence."""
    import laspy  # type: ignore[import-untyped]  # it has none
    import lazrs  # type: ignore[import-untyped]  # it has none

    try:
        yield
    except (laspy.errors.LaspyException, lazrs.LazrsError, ValueError, struct.error, EOFError) as error:
        raise _damaged(path, error) from error
    except BaseException as error:
        if type(error).__module__ == "pyo3_runtime":  # a panic in Rust has no class to import
            raise _damaged(path, error) from error
        raise


def _damaged(path: Path, error: BaseException) -> ReadError:
    found = (str(error) or type(error).__name__).splitlines()[0][:200]
    return ReadError(
        "The points of this cloud are damaged",
        where=path.name,
        found=found,
        do="Get the file again, or repair it with the program that wrote it",
    )


def _read_cloud(path: Path, header: Header, step: int, options: ReadOptions) -> Cloud:
    """Every `step`-th point, read in stretches."""
    import laspy

    wanted = -(-header.points // step)
    parts = _room_for(wanted, header)
    done = filled = 0
    with _decoding(path), _opened(laspy, path, header) as cloud_file:
        for stretch in cloud_file.chunk_iterator(POINTS_AT_ONCE):
            every = slice(-done % step, None, step)
            filled = _take(parts, filled, stretch, every)
            done += len(stretch)
            options.progress(done / header.points, f"Reading points: {done:,} of {header.points:,}")
    if done < header.points:
        raise ReadError(
            "This point cloud is cut off",
            where=path.name,
            found=f"{done:,} points",
            allowed=f"{header.points:,}",
        )
    colours, intensity = parts["rgb"], parts["intensity"]
    return Cloud(
        parts["points"],
        rgb=colours_in_8_bits(colours) if colours.any() else None,
        intensity=intensity if intensity.any() else None,
        classification=parts["classification"],
        return_number=parts["return_number"],
        source_index=np.arange(wanted, dtype=np.int64) * step if step > 1 else None,
    )


def _opened(laspy: Any, path: Path, header: Header) -> Any:
    """The laspy reader; it decodes only the fields that are kept."""
    fields = laspy.DecompressionSelection
    kept = fields.XY_RETURNS_CHANNEL | fields.Z | fields.CLASSIFICATION | fields.INTENSITY | fields.RGB
    return laspy.open(
        path,
        laz_backend=laspy.LazBackend.LazrsParallel if header.compressed else None,
        read_evlrs=False,
        decompression_selection=kept,
    )


def _room_for(count: int, header: Header) -> dict[str, NDArray[Any]]:
    coloured = header.point_format in COLOURED_FORMATS
    return {
        "points": np.empty((count, 3), np.float64),
        "rgb": np.empty((count if coloured else 0, 3), np.uint16),
        "intensity": np.empty(count, np.uint16),
        "classification": np.empty(count, np.uint8),
        "return_number": np.empty(count, np.uint8),
    }


def _take(parts: dict[str, NDArray[Any]], filled: int, stretch: Any, every: slice) -> int:
    """Copies every wanted point of a stretch behind those already there; gives the new count."""
    x = np.asarray(stretch.x)[every]
    room = slice(filled, filled + len(x))
    for axis, values in enumerate((x, np.asarray(stretch.y)[every], np.asarray(stretch.z)[every])):
        parts["points"][room, axis] = values
    if len(parts["rgb"]):
        for axis, colour in enumerate(("red", "green", "blue")):
            parts["rgb"][room, axis] = np.asarray(stretch[colour])[every]
    for field in ("intensity", "classification", "return_number"):
        parts[field][room] = np.asarray(stretch[field])[every]
    return filled + len(x)


# --- CRS ------------------------------------------------------------------------------------------


def _crs(header: Header, box: Box | None, report: Report) -> str | None:
    """The CRS that the header's records name, as WKT or as GeoTIFF keys; WKT counts first."""
    named = [record for record in header.records if record.user == "LASF_Projection"]
    for text in (*_wkt_texts(named), *_geo_key_texts(named)):
        try:
            found = crs_text(parse_crs(text))
        except PlaceError as error:
            report.warn("crs", "", f"a CRS in the header is not understood: {error.sentence()}")
            continue
        if box is None or fits(found, box):
            return found
        report.warn("crs", "", f"the points do not fit the CRS that the file names, {crs_title(found)}")
    return None


def _wkt_texts(records: list[Record]) -> Iterator[str]:
    for record in records:
        text = record.data.split(b"\0")[0].decode("utf-8", "replace").strip()
        if record.id == _WKT and text:
            yield text


def _geo_key_texts(records: list[Record]) -> Iterator[str]:
    """ "EPSG:28992+5709", then without heights, where GeoTIFF keys give codes."""
    for record in records:
        if record.id != _GEO_KEYS:
            continue
        keys = np.frombuffer(record.data[: len(record.data) // 8 * 8], "<u2").reshape(-1, 4)[1:]
        codes = {int(key): int(value) for key, place, _count, value in keys if place == 0}
        position = codes.get(_PROJECTED_KEY) or codes.get(_GEOGRAPHIC_KEY) or 0
        heights = codes.get(_VERTICAL_KEY, 0)
        if _is_code(position) and _is_code(heights):
            yield f"EPSG:{position}+{heights}"
        if _is_code(position):
            yield f"EPSG:{position}"


def _is_code(value: int) -> bool:
    """Whether a GeoTIFF key holds an EPSG code (0 is undefined, 32767 user-defined)."""
    return 1024 <= value <= 32766
