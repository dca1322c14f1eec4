"""Formats of weather files: EPW, TMY3, and what PVGIS gives, as CSV or JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import orjson

from layers.arrays import Float64
from layers.errors import ReadError
from layers.weather import Readings, Times

KNOWN = "EPW, TMY3 (CSV), PVGIS hourly or typical year (CSV or JSON)"
#: Columns of an EPW file: global horizontal, direct normal, diffuse horizontal.
EPW_COLUMNS = (13, 14, 15)
EPW_HEADER_LINES = 8
#: From here on a value of these formats means that there is none.
EPW_MISSING = 9999.0
TMY3_MISSING = -9900.0
TMY3_COLUMNS = ("GHI (W/m^2)", "DNI (W/m^2)", "DHI (W/m^2)")
PVGIS_TMY_COLUMNS = ("G(h)", "Gb(n)", "Gd(h)")
PVGIS_HOURLY_COLUMNS = ("Gb(i)", "Gd(i)", "H_sun")
PVGIS_COLUMNS = (*PVGIS_TMY_COLUMNS, *PVGIS_HOURLY_COLUMNS)
#: PVGIS's direct horizontal irradiance is not divided by the sine of lower suns.
LOWEST_SUN_DEG = 1.0
WITH_HORIZON = (
    "PVGIS counts the shadow of the terrain's horizon in, unless it was told not to: "
    "where the terrain is in the model too, it counts twice"
)

Rows = Sequence[Sequence[str]]


def parse(data: bytes) -> Readings:
    """What a weather file says; which kind it is, its beginning tells."""
    head = data[:4096].lstrip(b"\xef\xbb\xbf \r\n\t")
    if head[:1] in (b"{", b"["):
        return _pvgis_json(data)
    if b"\0" in head:
        raise _unknown("binary data")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    if first.upper().startswith("LOCATION,"):
        return _epw(lines)
    if len(lines) > 1 and lines[1].startswith("Date (MM/DD/YYYY)"):
        return _tmy3(lines)
    if first.startswith(("Latitude (decimal degrees)", "time(UTC),", "time,")):
        return _pvgis_csv(lines)
    raise _unknown(repr(first[:40]) if first else "an empty file")


def _unknown(found: str) -> ReadError:
    return ReadError("This is not a weather file that can be read", found=found, allowed=KNOWN)


# --- EPW: EnergyPlus Auxiliary Programs, "EnergyPlus Weather File (EPW) Data Dictionary" ---------------


def _epw(lines: list[str]) -> Readings:
    """Hours end at their stamp, in local standard time."""
    place = lines[0].split(",")
    if len(place) < 10:
        raise ReadError("The weather file says no place", where="line 1", found=lines[0][:80])
    latitude, longitude, offset, height = (_number(text, 1, "LOCATION") for text in place[6:10])
    rows = _rows(lines[EPW_HEADER_LINES:], EPW_HEADER_LINES + 1, max(EPW_COLUMNS) + 1)
    ghi, dni, dhi = (
        _column(rows, column, EPW_HEADER_LINES + 1, lambda value: value >= EPW_MISSING)
        for column in EPW_COLUMNS
    )
    per_hour = _records_per_hour(lines[:EPW_HEADER_LINES])
    stamps = [
        _stamp(row[0], row[1], row[2], _whole(row[3], number, "Hour") * 60, number)
        for number, row in enumerate(rows, EPW_HEADER_LINES + 1)
    ]
    ends = np.array(stamps, "datetime64[m]").astype("datetime64[ms]")
    said = _offset_in_comment(lines[:EPW_HEADER_LINES])
    notes: list[str] = []
    if said is not None:
        # PVGIS writes hour 1 for what its other formats call 00:00 UTC, whatever zone the header names.
        times = ends + _hours(said)
        offset = 0.0
        notes.append("written by PVGIS: hours are in UTC, irradiance at the minute it states")
    elif per_hour > 1:
        times = ends - _hours(1) + _hours((np.arange(len(ends)) % per_hour + 0.5) / per_hour) - _hours(offset)
    else:
        times = ends - _hours(0.5) - _hours(offset)
    title = ", ".join(part.strip() for part in place[1:4] if part.strip(" -"))
    return Readings(
        "EPW", times, ghi, dni, dhi, EPW_HEADER_LINES + 1, title, longitude, latitude, height, offset,
        said is not None, tuple(notes),
    )  # fmt: skip


def _records_per_hour(header: list[str]) -> int:
    for line in header:
        if line.upper().startswith("DATA PERIODS"):
            parts = line.split(",")
            found = _whole(parts[2], EPW_HEADER_LINES, "DATA PERIODS") if len(parts) > 2 else 1
            if 1 <= found <= 60 and 60 % found == 0:
                return found
            raise ReadError("The number of records per hour cannot be", found=str(found), allowed="1 to 60")
    return 1


def _offset_in_comment(header: list[str]) -> float | None:
    """Hours from the stamp to the irradiance, which PVGIS states in a comment."""
    for number, line in enumerate(header, 1):
        _, sign, value = line.partition("Irradiance Time Offset (h):")
        if sign:
            return _number(value.split(",")[0], number, "Irradiance Time Offset")
    return None


# --- TMY3: S. Wilcox and W. Marion, Users Manual for TMY3 Data Sets, NREL/TP-581-43156 (2008) -----------


def _tmy3(lines: list[str]) -> Readings:
    """Hours end at their stamp, in local standard time."""
    place = next(csv.reader(lines[:1]))
    if len(place) < 7:
        raise ReadError("The weather file says no place", where="line 1", found=lines[0][:80])
    offset, latitude, longitude, height = (_number(text, 1, "station") for text in place[3:7])
    names = [name.strip() for name in lines[1].split(",")]
    rows = _rows(lines[2:], 3, len(names) - 3)
    ghi, dni, dhi = (
        _column(rows, _at(names, name), 3, lambda value: value <= TMY3_MISSING) for name in TMY3_COLUMNS
    )
    stamps = []
    for number, row in enumerate(rows, 3):
        month, _, rest = row[0].partition("/")
        day, _, year = rest.partition("/")
        hour, _, minute = row[1].partition(":")
        minutes = _whole(hour, number, "Time") * 60 + _whole(minute, number, "Time")
        stamps.append(_stamp(year, month, day, minutes, number))
    times = np.array(stamps, "datetime64[m]").astype("datetime64[ms]") - _hours(0.5) - _hours(offset)
    title = ", ".join((place[1].strip(), place[2].strip()))
    return Readings("TMY3", times, ghi, dni, dhi, 3, title, longitude, latitude, height, offset)


# --- PVGIS: Joint Research Centre, PVGIS 5 user manual and API, hourly and TMY tools --------------------


def _pvgis_csv(lines: list[str]) -> Readings:
    start = next((at for at, line in enumerate(lines) if line.startswith(("time(UTC),", "time,"))), None)
    if start is None:
        raise _unknown("a PVGIS file without a line of column names")
    facts = dict(_fact(line) for line in lines[:start] if ":" in line)
    names = lines[start].strip().split(",")
    body = []
    for line in lines[start + 1 :]:
        if not line[:1].isdigit():
            break
        body.append(line)
    rows = _rows(body, start + 2, len(names))
    return _pvgis(
        {
            name: _column(rows, at, start + 2, np.isnan)
            for at, name in enumerate(names)
            if name in PVGIS_COLUMNS
        },
        [row[0] for row in rows],
        facts,
        start + 2,
    )


def _fact(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(), value.strip()


def _pvgis_json(data: bytes) -> Readings:
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise ReadError("The weather file is cut off or damaged", found=str(error)) from error
    facts: dict[str, str] = {}
    rows = found
    if isinstance(found, dict):
        outputs = found.get("outputs")
        outputs = outputs if isinstance(outputs, dict) else {}
        rows = outputs.get("tmy_hourly") or outputs.get("hourly")
        facts = _json_facts(found)
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise _unknown("JSON without hours of PVGIS")
    stamp = "time(UTC)" if "time(UTC)" in rows[0] else "time"
    columns = {
        name: np.array([_json_number(row.get(name), at, name) for at, row in enumerate(rows)])
        for name in rows[0]
        if name in PVGIS_COLUMNS
    }
    return _pvgis(columns, [str(row.get(stamp, "")) for row in rows], facts, 1)


def _json_facts(found: dict[str, Any]) -> dict[str, str]:
    """What the JSON says beside its hours, in the words of the CSV."""
    paths = {
        "Latitude (decimal degrees)": ("location", "latitude"),
        "Longitude (decimal degrees)": ("location", "longitude"),
        "Elevation (m)": ("location", "elevation"),
        "Irradiance Time Offset (h)": ("location", "irradiance_time_offset"),
        "Radiation database": ("meteo_data", "radiation_db"),
        "horizon": ("meteo_data", "use_horizon"),
        "Slope": ("mounting_system", "fixed", "slope", "value"),
    }
    facts = {}
    for name, path in paths.items():
        value: Any = found.get("inputs")
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None:
            facts[name] = str(value)
    mounting = (
        found.get("inputs", {}).get("mounting_system") if isinstance(found.get("inputs"), dict) else None
    )
    if isinstance(mounting, dict) and mounting and "fixed" not in mounting:
        facts["Slope"] = next(iter(mounting)).replace("_", " ")
    return facts


def _json_number(value: object, at: int, name: str) -> float:
    if value is None:
        return float("nan")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ReadError("A value is no number", where=f"hour {at + 1}, {name}", found=repr(value)[:40])
    return float(value)


def _pvgis(columns: dict[str, Float64], stamps: list[str], facts: dict[str, str], first_row: int) -> Readings:
    """Times are UTC; irradiance is of the minute in the stamp, or of the offset that the file states."""
    times = _pvgis_times(stamps, first_row)
    notes = []
    if all(name in columns for name in PVGIS_TMY_COLUMNS):
        kind = "PVGIS TMY"
        ghi, dni, dhi = (columns[name] for name in PVGIS_TMY_COLUMNS)
        offset = facts.get("Irradiance Time Offset (h)")
        if offset is not None:
            times = times + _hours(_number(offset, 1, "Irradiance Time Offset"))
        else:
            notes.append(
                "the file does not say to which minute its irradiance belongs: taken as the full hour"
            )
    else:
        kind = "PVGIS hourly"
        ghi, dni, dhi = _pvgis_horizontal(columns, facts)
    if facts.get("horizon") != "False":
        notes.append(WITH_HORIZON)
    longitude, latitude, height = (
        _number(facts[name], 1, name) if name in facts else None
        for name in ("Longitude (decimal degrees)", "Latitude (decimal degrees)", "Elevation (m)")
    )
    title = facts.get("Radiation database", "PVGIS")
    return Readings(
        kind, times, ghi, dni, dhi, first_row, title, longitude, latitude, height, 0.0, True, tuple(notes)
    )


def _pvgis_horizontal(columns: dict[str, Float64], facts: dict[str, str]) -> tuple[Float64, Float64, Float64]:
    """Irradiance of an hourly file, which gives it on a plane: that has to be the horizontal one."""
    slope = facts.get("Slope", "not stated").split(" ")[0].rstrip(".")
    if slope not in ("0", "0.0"):
        raise ReadError(
            "The weather file holds irradiance on a tilted plane",
            found=f"slope {facts.get('Slope', 'not stated')}",
            allowed="slope 0",
            do="Get it from PVGIS again with slope 0 and radiation components, or get its typical year (TMY)",
        )
    if any(name not in columns for name in PVGIS_HOURLY_COLUMNS):
        raise ReadError(
            "The weather file does not tell direct from diffuse irradiance",
            found=", ".join(columns),
            allowed=", ".join(PVGIS_HOURLY_COLUMNS),
            do="Get it from PVGIS again with radiation components",
        )
    direct, dhi, sun = (columns[name] for name in PVGIS_HOURLY_COLUMNS)
    sine = np.sin(np.radians(np.maximum(sun, LOWEST_SUN_DEG)))
    return direct + dhi, np.where(sun > 0, direct / sine, 0.0), dhi


def _pvgis_times(stamps: list[str], first_row: int) -> Times:
    found = []
    for number, stamp in enumerate(stamps, first_row):
        if len(stamp) != len("20180101:0000") or stamp[8] != ":":
            raise ReadError("A time is not understood", where=f"line {number}", found=repr(stamp[:40]))
        minutes = _whole(stamp[9:11], number, "time") * 60 + _whole(stamp[11:], number, "time")
        found.append(_stamp(stamp[:4], stamp[4:6], stamp[6:8], minutes, number))
    return np.array(found, "datetime64[m]").astype("datetime64[ms]")


# --- what they share -----------------------------------------------------------------------------------


def _rows(lines: Sequence[str], first_row: int, width: int) -> Rows:
    """The cells of the lines, of which the last may be empty; none may be short."""
    filled = list(lines)
    while filled and not filled[-1].strip():
        filled.pop()
    rows = list(csv.reader(io.StringIO("\n".join(filled), newline="")))
    for number, row in enumerate(rows, first_row):
        if len(row) < width:
            raise ReadError(
                "The weather file is cut off or damaged",
                where=f"line {number}",
                found=f"{len(row)} values",
                allowed=f"{width} or more",
            )
    return rows


def _column(rows: Rows, at: int, first_row: int, is_missing: Callable[[float], Any]) -> Float64:
    """A column of numbers, with nan where the file has none."""
    try:
        values = np.array([row[at] or "nan" for row in rows]).astype(np.float64)
    except ValueError:
        values = np.array(
            [_number(row[at] or "nan", n, f"column {at + 1}") for n, row in enumerate(rows, first_row)]
        )
    return np.where(np.array([bool(is_missing(value)) for value in values]), np.nan, values)


def _at(names: list[str], name: str) -> int:
    if name not in names:
        raise ReadError("The weather file lacks a column", found=", ".join(names)[:80], allowed=name)
    return names.index(name)


def _stamp(year: str, month: str, day: str, minutes: int, line: int) -> np.datetime64:
    """A date and the minutes since its midnight, 24:00 included."""
    try:
        date = np.datetime64(f"{_whole(year, line, 'year'):04}-{int(month):02}-{int(day):02}", "m")
    except ValueError as error:
        raise ReadError("A date cannot be", where=f"line {line}", found=f"{year}-{month}-{day}") from error
    if not 0 <= minutes <= 24 * 60:
        raise ReadError("A time of day cannot be", where=f"line {line}", found=f"{minutes / 60:g} h")
    return date + np.timedelta64(minutes, "m")


def _hours(hours: float | Float64) -> Any:
    return np.round(np.asarray(hours) * 3_600_000).astype("timedelta64[ms]")


def _whole(text: str, line: int, name: str) -> int:
    number = _number(text, line, name)
    if number != int(number) or abs(number) > 9999:
        raise ReadError("A value is no whole number", where=f"line {line}, {name}", found=repr(text[:40]))
    return int(number)


def _number(text: str, line: int, name: str) -> float:
    try:
        found = float(text)
    except ValueError as error:
        raise ReadError(
            "A value is no number", where=f"line {line}, {name}", found=repr(text[:40])
        ) from error
    if abs(found) == float("inf"):
        raise ReadError("A value is no number", where=f"line {line}, {name}", found=text[:40])
    return found
