"""Weather files: the real ones as pvlib reads them, and sentences for all that can be wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from layers.errors import ReadError
from layers.weather import Weather, clock_error_minutes, read_weather
from tests.conftest import real
from tests.mutations import damaged

EPWS = (
    "reference/pvlib/NLD_Amsterdam062400_IWEC.epw",
    "reference/epw/chicago.epw",
    "reference/cea-zug/weather.epw",
)
PVGIS_CSV = "reference/pvlib/tmy_45.000_8.000_2005_2023.csv"
PVGIS_JSON = "reference/pvlib/tmy_45.000_8.000_userhorizon.json"
AMSTERDAM = EPWS[0]


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def epw_lines() -> list[str]:
    return real(AMSTERDAM).read_text("latin-1").splitlines()


def cell(line: str, at: int, text: str) -> str:
    parts = line.split(",")
    parts[at] = text
    return ",".join(parts)


def same(weather: Weather, frame: object, names: tuple[str, str, str]) -> bool:
    ours = (weather.ghi, weather.dni, weather.dhi)
    theirs = (np.asarray(frame[name], np.float64) for name in names)  # type: ignore[index]
    return all(np.abs(mine - other).max() < 1e-9 for mine, other in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("name", EPWS)
def test_epw_as_pvlib_reads_it(name: str) -> None:
    from pvlib.iotools import read_epw  # type: ignore[import-untyped]

    weather = read_weather(real(name))
    frame, facts = read_epw(real(name))
    assert same(weather, frame, ("ghi", "dni", "dhi"))
    place = (weather.longitude, weather.latitude, weather.height_m, weather.utc_offset_h)
    assert place == (facts["longitude"], facts["latitude"], facts["altitude"], facts["TZ"])
    # pvlib's index is the beginning of the hour.
    begins = frame.index.tz_convert("UTC").tz_localize(None).to_numpy()
    assert (weather.times - begins == np.timedelta64(30, "m")).all()
    assert len(weather.times) == 8760 and weather.years == 1 and weather.step_h == 1
    assert list(np.bincount(weather.months)[1:] / 24) == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


@pytest.mark.parametrize(("name", "kwh"), list(zip(EPWS, (983, 1407, 1121), strict=True)))
def test_the_sun_of_a_file_culminates_at_noon(name: str, kwh: float) -> None:
    weather = read_weather(real(name))
    late = clock_error_minutes(weather)
    assert late is not None and abs(late) < 6 and not weather.notes
    assert weather.yearly_ghi_kwh_m2 == pytest.approx(kwh, abs=1)


def test_pvgis_typical_year_as_pvlib_reads_it() -> None:
    from pvlib.iotools import read_pvgis_tmy

    weather = read_weather(real(PVGIS_CSV))
    frame, _ = read_pvgis_tmy(real(PVGIS_CSV), map_variables=True)
    assert same(weather, frame, ("ghi", "dni", "dhi"))
    assert (weather.latitude, weather.longitude, weather.height_m) == (45.0, 8.0, 250.0)
    assert weather.format == "PVGIS TMY" and weather.is_instant
    # The irradiance is that of 0.1761 h past the stamp, as the file says.
    stamps = frame.index.tz_localize(None).to_numpy()
    assert (np.abs(weather.times - stamps - np.timedelta64(633_960, "ms")) < np.timedelta64(2, "ms")).all()
    assert any("horizon" in note for note in weather.notes)
    late = clock_error_minutes(weather)
    assert late is not None and abs(late) < 6


def test_pvgis_json_is_the_same_as_csv(tmp_path: Path) -> None:
    rows = json.loads(real(PVGIS_JSON).read_text())
    bare = read_weather(real(PVGIS_JSON))
    assert bare.longitude is None and any("which minute" in note for note in bare.notes)
    location = {"latitude": 45.0, "longitude": 8.0, "elevation": 250.0, "irradiance_time_offset": 0.1761}
    meteo = {"radiation_db": "PVGIS-SARAH3", "use_horizon": True}
    whole = {"inputs": {"location": location, "meteo_data": meteo}, "outputs": {"tmy_hourly": rows}}
    weather = read_weather(written(tmp_path / "tmy.json", json.dumps(whole)))
    other = read_weather(real(PVGIS_CSV))
    assert (weather.times == other.times).all() and (weather.longitude, weather.title) == (
        8.0,
        "PVGIS-SARAH3",
    )
    assert weather.dni == pytest.approx([row["Gb(n)"] for row in rows])
    # A horizon of one's own takes light away: the two files differ in nothing else.
    assert weather.yearly_ghi_kwh_m2 < other.yearly_ghi_kwh_m2


def test_pvgis_hours_on_a_horizontal_plane(tmp_path: Path) -> None:
    """Direct irradiance comes back from its horizontal part and the sun's height, as the file gives both."""
    lines = [
        "Latitude (decimal degrees):\t45.000",
        "Longitude (decimal degrees):\t8.000",
        "Elevation (m):\t250",
        "Radiation database:\tPVGIS-SARAH2",
        "",
        "Slope: 0 deg.",
        "Azimuth: 0 deg. ",
        "time,Gb(i),Gd(i),Gr(i),H_sun,T2m,WS10m,Int",
    ]
    times = np.arange(np.datetime64("2015-01-01T00:10"), np.datetime64("2017-01-01"), np.timedelta64(1, "h"))
    for at, time in enumerate(times):
        stamp = re.sub(r"[-:]", "", str(time)).replace("T", ":")
        lines.append(f"{stamp},{'250.0,80.0,0.0,30.0' if at % 24 == 12 else '0.0,0.0,0.0,0.0'},10.0,1.0,0.0")
    weather = read_weather(written(tmp_path / "hourly.csv", "\n".join([*lines, "", "Gb(i): Beam", ""])))
    assert weather.years == 2 and len(weather.times) == 17_544 and weather.format == "PVGIS hourly"
    assert weather.dni[12] == pytest.approx(500) and weather.dhi[12] == 80 and weather.ghi[12] == 330
    assert str(weather.times[12]) == "2015-01-01T12:10:00.000"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("pvgis_hourly_Timeseries_45.000_8.000_SA_30deg_0deg_2016_2016.csv", "tilted plane"),
        ("pvgis_hourly_Timeseries_45.000_8.000_SA2_10kWp_CIS_5_2a_2013_2014.json", "tilted plane"),
        ("pvgis_tmy_meta.json", "not a weather file"),
        ("singleaxis_tracker_wslope.csv", "not a weather file"),
    ],
)
def test_other_files_are_refused_with_the_reason(name: str, said: str) -> None:
    with pytest.raises(ReadError, match=said):
        read_weather(real(f"reference/pvlib/{name}"))


def test_tmy3(tmp_path: Path) -> None:
    """Hours end at their stamp in standard time; 24:00 is the end of the day."""
    head = '723170,"GREENSBORO PIEDMONT TRIAD INT",NC,-5.0,36.100,-79.950,273\n'
    names = (
        "Date (MM/DD/YYYY),Time (HH:MM),ETR (W/m^2),ETRN (W/m^2),GHI (W/m^2),DNI (W/m^2),DHI (W/m^2),A,B,C\n"
    )
    rows = []
    for day in np.arange(np.datetime64("1988-01-01"), np.datetime64("1989-01-01")):
        if str(day).endswith("02-29"):
            continue
        _, month, date = str(day).split("-")
        rows += [
            f"{month}/{date}/{1988 + int(month) % 3},{hour:02}:00,0,0,{10 * hour},5,7,0,0,0\n"
            for hour in range(1, 25)
        ]
    weather = read_weather(written(tmp_path / "723170TYA.CSV", head + names + "".join(rows)))
    assert weather.format == "TMY3" and weather.title == "GREENSBORO PIEDMONT TRIAD INT, NC"
    assert (weather.longitude, weather.latitude, weather.utc_offset_h) == (-79.95, 36.1, -5)
    assert str(weather.times[0])[5:] == "01-01T05:30:00.000"
    assert list(weather.ghi[:3]) == [10, 20, 30] and weather.ghi[23] == 240
    assert any("culminates" in note for note in weather.notes)  # no sun shines brightest at midnight


def test_epw_of_pvgis_is_in_utc(tmp_path: Path) -> None:
    """It names a zone but counts hours in UTC, and says in a comment when its irradiance was."""
    lines = epw_lines()
    pvgis = real(PVGIS_CSV).read_text("latin-1").splitlines()
    start = next(at for at, line in enumerate(pvgis) if line.startswith("time(UTC)")) + 1
    lines[0] = "LOCATION,unknown,-,unknown,ECMWF/ERA,unknown,45.000000,8.000000,1,250"
    lines[6] = "COMMENTS 2,Irradiance Time Offset (h):-0.8239"
    for at in range(8760):
        stamp, *values = pvgis[start + at].split(",")
        ghi, dni, dhi = values[2:5]
        hour = str(int(stamp[9:11]) + 1)
        cells = [stamp[:4], stamp[4:6], stamp[6:8], hour, "0", "?", *["0"] * 7, ghi, dni, dhi]
        lines[8 + at] = ",".join(cells)
    weather = read_weather(written(tmp_path / "tmy.epw", "\n".join(lines)))
    other = read_weather(real(PVGIS_CSV))
    assert np.abs(weather.times - other.times).max() < np.timedelta64(1, "s")
    assert (weather.dni == other.dni).all() and weather.is_instant
    assert any("UTC" in note for note in weather.notes)


def test_missing_values_are_filled_and_told(tmp_path: Path) -> None:
    lines = epw_lines()
    noon = 8 + 24 * 170 + 12
    known = [float(lines[noon + 24 * day].split(",")[14]) for day in (-1, 1)]
    for row in range(noon, noon + 3):
        lines[row] = cell(cell(lines[row], 14, "9999"), 15, "9999")
    weather = read_weather(written(tmp_path / "gaps.epw", "\n".join(lines)))
    assert "3 missing values of DNI" in weather.notes[0] and "3 missing values of DHI" in weather.notes[1]
    assert 0 < weather.dni[noon - 8] < max(*known, 900)
    for row in range(8, 8 + 600):
        lines[row] = cell(lines[row], 14, "9999")
    with pytest.raises(ReadError, match="lacks too much irradiance"):
        read_weather(written(tmp_path / "gaps.epw", "\n".join(lines)))


def test_a_leap_year_has_its_day(tmp_path: Path) -> None:
    lines = epw_lines()
    start = 8 + 24 * 59
    extra = [cell(cell(line, 1, "2"), 2, "29") for line in lines[start - 24 : start]]
    leap = [*lines[:8], *[cell(line, 0, "2024") for line in [*lines[8:start], *extra, *lines[start:]]]]
    weather = read_weather(written(tmp_path / "leap.epw", "\n".join(leap)))
    assert len(weather.times) == 8784 and np.bincount(weather.months)[2] == 29 * 24
    # The 29th of February in a year that has none.
    leap = [*lines[:8], *[cell(line, 0, "2023") for line in leap[8:]]]
    with pytest.raises(ReadError, match="date cannot be"):
        read_weather(written(tmp_path / "no.epw", "\n".join(leap)))


def test_half_hours(tmp_path: Path) -> None:
    lines = epw_lines()
    lines[7] = lines[7].replace("DATA PERIODS,1,1", "DATA PERIODS,1,2")
    twice = [cell(line, 4, minute) for line in lines[8:8768] for minute in ("30", "60")]
    weather = read_weather(written(tmp_path / "half.epw", "\n".join([*lines[:8], *twice])))
    assert weather.step_h == 0.5 and weather.years == 1
    assert weather.yearly_ghi_kwh_m2 == pytest.approx(read_weather(real(AMSTERDAM)).yearly_ghi_kwh_m2)


def swapped(lines: list[str]) -> list[str]:
    return [*lines[:100], lines[101], lines[100], *lines[102:]]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda lines: lines[:3000], "does not hold whole years"),
        (lambda lines: [*lines[:3000], lines[3000][:40]], "cut off or damaged \\(.*line 3001"),
        (lambda lines: lines[:20], "cut off"),
        (lambda lines: lines[:8], "cut off"),
        (swapped, "skips or repeats hours.*line 101"),
        (lambda lines: [*lines[:500], *lines[501:]], "skips or repeats hours.*line 501"),
        (
            lambda lines: [*lines[:50], cell(lines[50], 14, "twelve"), *lines[51:]],
            "no number.*line 51.*twelve",
        ),
        (lambda lines: [*lines[:50], cell(lines[50], 13, "5000"), *lines[51:]], "GHI.*5000 W/m²"),
        (lambda lines: [*lines[:50], cell(lines[50], 15, "-500"), *lines[51:]], "DHI.*-500 W/m²"),
        (lambda lines: [*lines[:50], cell(lines[50], 1, "13"), *lines[51:]], "date cannot be"),
        (lambda lines: [*lines[:50], cell(lines[50], 3, "25"), *lines[51:]], "time of day cannot be"),
        (lambda lines: [*lines[:8], *[cell(line, 14, "0") for line in lines[8:]]], "lacks direct"),
        (lambda lines: ["LOCATION,nowhere", *lines[1:]], "says no place"),
        (lambda lines: [lines[0].replace("52.30", "north"), *lines[1:]], "no number"),
        (lambda lines: [], "empty file"),
    ],
)
def test_a_damaged_file_is_a_sentence(
    damage: Callable[[list[str]], list[str]], said: str, tmp_path: Path
) -> None:
    path = written(tmp_path / "damaged.epw", "\n".join(damage(epw_lines())))
    with pytest.raises(ReadError) as told:
        read_weather(path)
    assert re.search(said, told.value.sentence()), told.value.sentence()
    assert told.value.where == str(path)


@pytest.mark.parametrize("size", [0, 10, 100_000, 10_000_000])
def test_garbage_is_a_sentence(size: int, tmp_path: Path) -> None:
    noise = np.random.default_rng(7).integers(0, 256, size, np.uint8).tobytes()
    for head in (b"", b"LOCATION,", b"{", b"[{", b"time(UTC),", b"x\nDate (MM/DD/YYYY)"):
        with pytest.raises(ReadError):
            read_weather(written(tmp_path / "noise.epw", head + noise))


@pytest.mark.parametrize("name", [AMSTERDAM, PVGIS_CSV, PVGIS_JSON])
def test_a_mutated_file_is_read_or_refused(name: str, tmp_path: Path) -> None:
    data = real(name).read_bytes()
    for seed in range(6):
        path = written(tmp_path / "mutated", damaged(data, seed, is_text=True))
        try:
            weather = read_weather(path)
        except ReadError as error:
            assert error.where == str(path)
        else:
            assert np.isfinite(weather.dni).all() and len(weather.times) == 8760


def test_json_of_the_wrong_shape_is_a_sentence(tmp_path: Path) -> None:
    for text in ('{"outputs": 3}', '{"outputs": {"tmy_hourly": {}}}', "[1, 2]", '[{"a": 1}]', "[" * 2000,
                 '{"inputs": [], "outputs": {"hourly": [{"time": "20200101:0010"}]}}',
                 json.dumps([{"time(UTC)": "x", "G(h)": "a", "Gb(n)": 0, "Gd(h)": 0}] * 9000)):  # fmt: skip
        with pytest.raises(ReadError):
            read_weather(written(tmp_path / "x.json", text))


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    for path in (tmp_path / "none.epw", tmp_path):
        with pytest.raises(ReadError, match="could not be read"):
            read_weather(path)


def test_how_far_the_weather_is_away() -> None:
    weather = read_weather(real(AMSTERDAM))
    assert weather.distance_km(4.357, 52.012) == pytest.approx(42.6, abs=0.5)
    assert read_weather(real(PVGIS_JSON)).distance_km(4, 52) is None
