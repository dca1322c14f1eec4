"""Point clouds as LAS and LAZ 1.0 to 1.4 (https://www.asprs.org/las)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from layers.data import Box, LayerData, ReadOptions
from layers.errors import PlaceError, ReadError
from layers.formats._files import is_near_zero, layer_name
from layers.formats._las_header import MARK, Header, Record, attributes_of, read_header
from layers.octree import Frame
from layers.place import crs_text, crs_title, fits, height_unit, parse_crs, unit_names
from layers.pointfiles import POINTS_AT_ONCE, PointFile, PointFiles, Stretch, surveyed
from layers.points import is_possible
from layers.report import Report

NAME = "las"
TITLE = "LAS and LAZ point cloud"
ENDINGS = (".las", ".laz")
KINDS = ("points", "heritage")

_WKT, _GEO_KEYS = 2112, 34735
_GEOGRAPHIC_KEY, _PROJECTED_KEY, _VERTICAL_KEY = 2048, 3072, 4096


def can_read(head: bytes, path: Path) -> int:
    """Surely when it begins with LASF."""
    return 100 if head[:4] == MARK else 0


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """What the header says; the points are indexed when it is known where they belong."""
    return read_tiles([path], options)


def read_tiles(paths: Sequence[Path], options: ReadOptions) -> list[LayerData]:
    """Files that lie side by side as one cloud."""
    report = Report()
    headers = _headers(paths, report)
    source = PointFiles(tuple(_point_file(path, header) for path, header in headers.items()))
    report.read = source.points
    crs = options.crs or _common_crs(headers, source.box, report)
    kind = options.kind if options.kind in KINDS else KINDS[0]
    name, facts = layer_name(paths[0], ENDINGS), facts_of(list(headers.values()), source.box, crs)
    return [LayerData(name, kind, crs, report, points=source, box=source.box, linked=True, facts=facts)]


def _headers(paths: Sequence[Path], report: Report) -> dict[Path, Header]:
    """The headers of the files that hold points; of many files, some may be empty."""
    headers = {path: read_header(path) for path in paths}
    filled = {path: header for path, header in headers.items() if header.points}
    if not filled:
        raise ReadError("This point cloud holds no points", where=paths[-1].name)
    for path in headers.keys() - filled.keys():
        report.warn("not_read", path.name, f"{path.name} holds no points")
    return filled


def _point_file(path: Path, header: Header) -> PointFile:
    """The file's points, in stretches that begin where the decoder can."""
    alone = min(header.chunk_points, header.points)
    step = max(POINTS_AT_ONCE // alone, 1) * alone
    stretches = tuple(
        Stretch(NAME, str(path), first, min(step, header.points - first), alone)
        for first in range(0, header.points, step)
    )
    box = np.array(header.box).reshape(2, 3)
    is_flat = header.points > 1 and bool((box[0, :2] >= box[1, :2]).all())
    if is_flat or not is_possible(header.box):
        box = surveyed(path, stretches)
    frame = Frame(header.scale, header.offset)
    return PointFile(path, header.points, box, frame, attributes_of(header), stretches)


def facts_of(headers: Sequence[Header], box: Box, crs: str | None) -> dict[str, object]:
    """What is said of a cloud."""
    height_name, height_m = height_unit(crs) if crs else ("", 1.0)
    return {
        "version": headers[0].version,
        "point_format": headers[0].point_format,
        "compressed": headers[0].compressed,
        "points": sum(header.points for header in headers),
        "unit": unit_names(crs)[0] if crs else "",
        "height_unit": height_name,
        "height_unit_m": height_m,
        "local": crs is None and is_near_zero(box),
    }


# --- CRS ------------------------------------------------------------------------------------------


def _common_crs(headers: Mapping[Path, Header], box: Box, report: Report) -> str | None:
    """The CRS that the files name; an error when they name several."""
    found: dict[str, Path] = {}
    for path, header in headers.items():
        crs = crs_of(header, box, report)
        if crs is not None:
            found.setdefault(crs, path)
    if len(found) > 1:
        (crs, path), (other_crs, other), *_ = found.items()
        raise ReadError(
            "The files of this cloud are in different CRSs",
            where=f"{path.name}, {other.name}",
            found=f"{crs_title(crs)}, {crs_title(other_crs)}",
            do="Import the files of each CRS as a layer of their own",
        )
    return next(iter(found), None)


def crs_of(header: Header, box: Box | None, report: Report) -> str | None:
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
