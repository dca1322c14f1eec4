"""Solar energy of a project: what the tables say, and that they agree with each other."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis import solar
from analysis.albedo import Albedos, albedo_of
from analysis.casters import casters
from analysis.pv import Modules, pv_yield
from analysis.situation import Situation
from app.cli import main
from layers.errors import UsageError
from layers.project import Project
from layers.results import Result
from tests.analysis.town import at
from tests.conftest import real
from tests.validation.record import record

PARTS = ("direct", "diffuse", "reflected", "total")
HOUSE = "id in ('A', 'B')"


@pytest.fixture(scope="module")
def result(town_path: Path) -> Result:
    """The houses in 2020, when B is gone, under a cloudless sky."""
    with Project.open(town_path, read_only=True) as project:
        return solar.run(project, solar.Inputs(where=HOUSE, date="2020-01-01", spacing_m=1.0))


def row(result: Result, kind: str, azimuth: float | None = None) -> int:
    """The surface of house A of a type that looks that way."""
    types, looks = result.surfaces.texts("surface_type"), result.surfaces.numbers("azimuth_deg")
    ids = result.surfaces.texts("object_id")
    return next(
        number
        for number in range(len(ids))
        if ids[number] == "A"
        and types[number] == kind
        and (azimuth is None or abs((looks[number] - azimuth + 180) % 360 - 180) < 10)
    )


def test_parts_add_up_over_months_and_kinds(result: Result) -> None:
    table = result.surfaces
    for part in PARTS:
        months = sum(table.numbers(f"{part}_kwh_m2_{month:02}") for month in range(1, 13))
        assert table.numbers(f"{part}_kwh_m2") == pytest.approx(months, rel=1e-5, abs=1e-4)
    parts = sum(table.numbers(f"{part}_kwh_m2") for part in PARTS[:3])
    assert table.numbers("total_kwh_m2") == pytest.approx(parts, rel=1e-5, abs=1e-4)


def test_surfaces_are_means_of_their_points_and_buildings_their_sums(result: Result) -> None:
    rows, area = result.points.numbers("row").astype(int), result.points.numbers("area_m2")
    total = result.points.numbers("total_kwh_m2")
    means = np.bincount(rows, area * total) / np.bincount(rows, area)
    assert result.surfaces.numbers("total_kwh_m2") == pytest.approx(means, rel=1e-5)
    sums = (result.surfaces.numbers("area_m2") * np.nan_to_num(result.surfaces.numbers("total_kwh_m2"))).sum()
    assert result.tables["buildings"].numbers("total_kwh").sum() == pytest.approx(sums, rel=1e-5)
    assert result.tables["directions"].numbers("area_m2").sum() == pytest.approx(5 * 80 + 100 - 80, rel=0.3)


def test_sides_get_what_their_direction_and_the_sky_let_them(result: Result) -> None:
    """A lonely house at 51° N: its roof gets all light of the open sky, its north wall least."""
    total = result.surfaces.numbers("total_kwh_m2")
    roof, south, north = (
        row(result, "RoofSurface"),
        row(result, "WallSurface", 180),
        row(result, "WallSurface", 0),
    )
    months = result.tables["months"]
    assert total[roof] == pytest.approx(months.numbers("ghi_kwh_m2").sum(), rel=0.02)
    assert min(total[roof], total[south]) > 4 * total[north]
    direct = result.surfaces.numbers("direct_kwh_m2_12")
    assert direct[north] == 0 < direct[roof] < direct[south]


def test_open_walls_get_half_the_ground_s_light_times_its_albedo(town: Project) -> None:
    """No object near: ground of albedo 0.5 under the open sky gives 0.25 of what it gets."""
    point = (*at(20.0, 150.0, 2.0), 0.0, 1.0, 0.0)
    inputs = solar.Inputs(on="points", points=(point,), albedo_ground=0.5, mode="exact")
    found = solar.run(town, inputs)
    ghi = found.tables["months"].numbers("ghi_kwh_m2").sum()
    assert found.points.numbers("reflected_kwh_m2")[0] == pytest.approx(0.25 * ghi, rel=0.05)


def test_before_and_after_say_who_loses_how_much(town: Project) -> None:
    """House B once stood at the east wall of A, and took all its light."""
    inputs = solar.Inputs(
        where="id == 'A'", date="2020-01-01", compare=True, compare_date="1990-01-01", bounces=0
    )
    found = solar.run(town, inputs)
    east, table = row(found, "WallSurface", 90), found.surfaces
    assert table.numbers("total_kwh_m2_before")[east] < 1
    change = table.numbers("total_kwh_m2_change")
    assert change == pytest.approx(
        table.numbers("total_kwh_m2") - table.numbers("total_kwh_m2_before"), abs=1e-3
    )
    assert change[east] > 100
    assert "total_kwh_change" in found.tables["buildings"].columns


def test_the_pedigree_says_what_was_done_and_how_far_off_it_may_be(result: Result) -> None:
    pedigree = result.pedigree
    assert "160 positions" in pedigree.method and "albedo of ground 0.2" in pedigree.method
    assert "kWh/m²" in pedigree.error and pedigree.numbers["binning_rmse_pct"] < 2
    assert len(pedigree.sun) == 3 and "NREL SPA" in pedigree.sun[0]
    assert {name for name, _ in pedigree.inputs} == {"town", "ground"}


def test_weather_comes_from_files(town: Project) -> None:
    path = real("reference/pvlib/NLD_Amsterdam062400_IWEC.epw")
    found = solar.run(town, solar.Inputs(where="id == 'A'", weather=str(path), spacing_m=4.0))
    assert found.pedigree.numbers["ghi_kwh_m2"] == pytest.approx(982.5, abs=1)
    assert any(name == path.name and len(sha) == 64 for name, sha in found.pedigree.inputs)
    assert any(limit.startswith("Warning") and "km away" in limit for limit in found.pedigree.limits)


def test_weather_of_another_part_of_the_world_must_be_meant(town: Project) -> None:
    inputs = solar.Inputs(where="id == 'A'", weather=str(real("reference/epw/chicago.epw")), spacing_m=8.0)
    with pytest.raises(UsageError, match=r"too far away.*allowed: up to 1\u202f500 km"):
        solar.run(town, inputs)
    assert len(solar.run(town, replace(inputs, far_weather=True)).surfaces)


def test_the_same_project_gives_the_same_numbers(town: Project, result: Result) -> None:
    again = solar.run(town, solar.Inputs(**dict(result.inputs)))
    for name in ("direct_kwh_m2", "diffuse_kwh_m2", "reflected_kwh_m2"):
        assert (again.points.numbers(name) == result.points.numbers(name)).all()


def test_albedo_follows_what_surfaces_and_covers_are(town: Project) -> None:
    found = casters(town)
    values = Albedos(ground=0.11, wall=0.22, roof=0.33, water=0.44, vegetation=0.55)
    albedo = albedo_of(town, Situation(), found, values)
    of_a = np.flatnonzero(found.fid[: found.opaque] == town.by_id("A").fid)  # type: ignore[union-attr]
    normal = np.abs(_normals(found.vertices[found.triangles[of_a]])[:, 2])
    assert set(albedo.triangle[of_a][normal < 0.1]) == {0.22}
    assert set(albedo.triangle[of_a][normal > 0.9]) == {0.33, 0.11}  # its roof, and its ground surface
    places = np.array([at(50.0, 122.0, 0.0), at(50.0, 82.0, 0.0), at(50.0, 150.0, 0.0)])
    assert albedo.ground(places) == pytest.approx([0.55, 0.11, 0.11])


def _normals(corners: np.ndarray) -> np.ndarray:
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return across / np.linalg.norm(across, axis=1, keepdims=True)


def test_modules_lie_where_there_is_enough_light() -> None:
    """10 + 20 m² with 900 and 1 000 kWh/m², 5 m² with too little, a wall that carries none."""
    light = np.array([[900.0], [1000.0], [700.0], [1000.0]], np.float32)
    area, rows = np.array([10.0, 20.0, 5.0, 8.0]), np.array([0, 0, 0, 1])
    modules = Modules(800.0, coverage=0.5, efficiency=0.2, performance_ratio=0.8, losses=0.1)
    found = pv_yield(modules, light, area, rows, 2, np.array([True, False]))
    assert found.usable_m2 == pytest.approx([30.0, 0.0])
    assert found.peak_kw == pytest.approx([3.0, 0.0])
    assert found.energy_kwh[:, 0] == pytest.approx([29_000 * 0.5 * 0.2 * 0.8 * 0.9, 0.0])


def test_yield_is_that_of_the_performance_ratio_by_pvlib() -> None:
    """A kilowatt peak: modules of pvlib's PVWatts without heat, with its losses as ratio, within 0.1 %."""
    from pvlib.pvsystem import pvwatts_dc

    hours = np.array([0.0, 120.0, 480.0, 830.0, 1010.0])  # W/m² on the module
    judge = pvwatts_dc(hours, 25.0, 1000.0, -0.004).sum() / 1000 * 0.86
    modules = Modules(0.0, coverage=1.0, efficiency=0.2, performance_ratio=0.86)
    light = (hours / 1000).astype(np.float32)[None]
    found = pv_yield(modules, light, np.array([5.0]), np.array([0]), 1, np.array([True]))
    assert found.peak_kw[0] == pytest.approx(1.0)
    record(
        "Photovoltaics",
        "the yield of a plant of 1 kW over hours of sun, at its performance ratio",
        reference="pvlib's PVWatts (Dobos 2014, NREL/TP-6A20-62641) at 25 °C cells, 14 % losses",
        quantity="relative difference",
        found=float(found.energy_kwh.sum() / judge - 1),
        tolerance=1e-3,
    )


def test_what_cannot_be_is_refused(town: Project) -> None:
    with pytest.raises(UsageError, match="nothing to measure"):
        solar.run(town, solar.Inputs(where="id == 'nobody'"))
    with pytest.raises(Exception, match="weather file"):
        solar.run(town, replace(solar.Inputs(where=HOUSE), weather="nowhere.epw"))


def test_the_estimate_counts_about_as_many_points(town: Project, result: Result) -> None:
    inputs = solar.Inputs(**dict(result.inputs))
    told = solar.estimate(town, inputs)
    assert told.points == pytest.approx(len(result.points), rel=0.35)
    assert told.seconds > 0


def test_the_verb_writes_the_columns_that_scripts_rely_on(
    town_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "irradiation.csv"
    arguments = [
        "solar",
        str(town_path),
        "--weather",
        "clear-sky",
        "--objects",
        "id == 'A'",
        "--out",
        str(out),
    ]
    assert main([*arguments, "--spacing", "3", "--date", "2020-01-01", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["points"] > 10 and len(answer["buildings"]) == 1 and len(answer["months"]) == 12
    columns = out.read_text("utf-8").splitlines()[0].split(",")
    wanted = ["object_id", "surface_id", "surface_type", "area_m2", "tilt_deg", "azimuth_deg"]
    assert columns[:6] == wanted
    for part in PARTS:
        assert f"{part}_kwh_m2" in columns
        assert all(f"{part}_kwh_m2_{month:02}" in columns for month in range(1, 13))


def test_the_verb_says_what_is_wrong(town_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solar", str(town_path), "--weather", "clear-sky", "--efficiency", "140"]) == 2
    assert "140" in capsys.readouterr().err
    assert main(["solar", str(town_path), "--weather", "nowhere.epw"]) == 1
    assert "nowhere.epw" in capsys.readouterr().err
