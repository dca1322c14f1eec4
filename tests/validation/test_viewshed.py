"""Viewsheds of rasters against GDAL's, and against lines of sight that are followed one by one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
import pytest
import rasterio
from rasterio import Affine

from analysis import visibility
from analysis.sight.fieldofview import FieldOfView
from analysis.sight.sights import EARTH_RADIUS_M, REFRACTION, STRAIGHT, Bend
from analysis.sight.viewshed import Aim, Eye, Surface, excess_m, viewshed, viewshed_as_gdal
from layers.importing import import_files
from layers.project import Project
from tests.conftest import real
from tests.validation.gdalviewshed import Call, by_library, by_program, library
from tests.validation.record import record

SECTION = "Viewsheds"
GIVEN = "reference/computed-gdal-viewshed-give"
GDAL = "GDAL, GDALViewshedGenerate with GVM_Edge (Wang, Robinson & White 2000)"
#: GDAL takes the semi-major axis of the CRS's ellipsoid for the Earth's radius.
GRS80_M = 6_378_137.0
#: Cells that are as they should be: the requirement.
LEAST = 99.0


def surface_of(path: Path) -> tuple[Surface, Affine, float]:
    """A surface model with cells without a value, as GDAL takes it; where it lies; the value of these."""
    with rasterio.open(path) as raster:
        affine, nothing = raster.transform, np.nan if raster.nodata is None else float(raster.nodata)
        return Surface(raster.read(1), (affine.a, affine.d, affine.b, affine.e)), affine, nothing


def eye_at(surface: Surface, affine: Affine, x: float, y: float, height_m: float) -> Eye:
    column, row = (int(value) for value in ~affine @ (x, y))
    return Eye(row, column, float(surface.heights[row, column]) + height_m)


def cells_of(surface: Surface) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.indices(surface.heights.shape)
    return rows.ravel(), columns.ravel()


def agreement_pct(one: np.ndarray, other: np.ndarray) -> float:
    return 100 * float((one == other).mean())


@pytest.mark.parametrize("number", [0, 1])
def test_the_given_rasters_of_gdal(number: int) -> None:
    case = orjson.loads(real(f"{GIVEN}/cases.json").read_bytes())["cases"][number]
    surface, affine, nothing = surface_of(real(case["input"]))
    with rasterio.open(real(f"{GIVEN}/{case['file']}")) as raster:
        given = raster.read(1) > 0
    eye = eye_at(surface, affine, *case["observer_xy"], case["observer_height"])
    aim = Aim(case["target_height"])
    what = f"surface model of 175 × 223 cells, eye {eye_text(case)}"
    record(
        SECTION,
        f"method “as GDAL”: {what}",
        reference=f"{GDAL} 3.10.3, the given raster {case['file']}",
        quantity="cells that agree",
        found=agreement_pct(viewshed_as_gdal(surface, [eye], aim).count > 0, given),
        tolerance=LEAST,
        unit="%",
        at_least=True,
    )
    lines = viewshed(surface, [eye], aim).count > 0
    excess = excess_of_all(surface, eye) - aim.target_m
    own = excess <= 0
    record_own_lines(f": {what}", lines, excess)
    is_known = surface.heights != np.float32(nothing)
    differ = (lines != given) & is_known
    told = own[differ] == lines[differ]
    record(
        SECTION,
        f"method “lines of sight”: {what}",
        reference=f"{GDAL} 3.10.3, the given raster {case['file']}",
        quantity="cells that agree",
        found=agreement_pct(lines, given),
        tolerance=LEAST,
        unit="%",
        at_least=True,
        allowed=97.5,
        because=(
            f"of the {int(differ.sum())} cells that differ, {100 * told.mean():.1f} % are as their own lines "
            "of sight say: GDAL carries the height of the horizon from cell to cell, and mixes that of two "
            f"neighbours at each; they lie at the edge of what is seen, {spread(np.abs(excess[differ]))}"
        ),
    )


def eye_text(case: dict[str, float]) -> str:
    return f"{case['observer_height']:g} m and target {case['target_height']:g} m above it"


def excess_of_all(surface: Surface, eye: Eye, bend: Bend = STRAIGHT) -> np.ndarray:
    rows, columns = cells_of(surface)
    return excess_m(surface, eye, rows, columns, bend).reshape(surface.heights.shape)


def record_own_lines(what: str, seen: np.ndarray, excess: np.ndarray) -> None:
    """Hold which cells the method of lines of sight sees against how far each is hidden on its own line."""
    off = np.abs(excess[seen != (excess <= 0)])
    record(
        SECTION,
        f"method “lines of sight”{what}",
        reference="every cell's own line of sight, followed over all lines of the raster that it crosses",
        quantity="cells that agree",
        found=agreement_pct(seen, excess <= 0),
        tolerance=LEAST,
        unit="%",
        at_least=True,
        note=f"{len(off)} differ, all at the edge of what is seen: {spread(off)}",
    )


def spread(off_m: np.ndarray) -> str:
    """How far from the edge of what is seen, in words."""
    half, most, worst = np.percentile(off_m, (50, 90, 100)) if len(off_m) else (0.0, 0.0, 0.0)
    return f"half of them within {half:.2f} m of height, 90 % within {most:.2f} m, the farthest {worst:.2f} m"


@pytest.fixture(scope="module")
def hills(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rolling country of 20 × 16 km in cells of 50 m, where the Earth's curvature hides a part."""
    y, x = np.mgrid[0:320, 0:400]
    heights = 12 * np.sin(x / 31) * np.cos(y / 23) + 2 * np.sin(x / 3) * np.sin(y / 4) + 200
    path = tmp_path_factory.mktemp("rasters") / "hills.tif"
    corner = Affine(50, 0, 350_000, 0, -50, 5_700_000)
    with rasterio.open(
        path, "w", driver="GTiff", dtype="float32", count=1, height=320, width=400, crs="EPSG:25832",
        transform=corner, nodata=-9999,
    ) as raster:  # fmt: skip
        raster.write(heights.astype(np.float32), 1)
    return path


@pytest.mark.parametrize("refraction", [0.0, 0.13])
def test_with_curvature_and_refraction_as_gdal(hills: Path, refraction: float, tmp_path: Path) -> None:
    surface, affine, _ = surface_of(hills)
    call = Call(hills, 354_025.0, 5_693_975.0, 30.0, 10.0, 1 - refraction, 12_000.0)
    eye = eye_at(surface, affine, call.x, call.y, call.eye_m)
    aim = Aim(call.target_m, Bend(refraction, GRS80_M), FieldOfView(call.most_m))
    ours = viewshed_as_gdal(surface, [eye], aim).count > 0
    flat = viewshed_as_gdal(surface, [eye], Aim(call.target_m, field=aim.field)).count > 0
    gdal = library()
    theirs = {} if gdal is None else {gdal.GDALVersionInfo(b"--version").decode(): by_library(gdal, call)}
    if (made := by_program(call, tmp_path / "seen.tif")) is not None:
        theirs["the program gdal_viewshed"] = made
    if not theirs:
        pytest.skip("there is no GDAL: neither in the wheel of rasterio nor the program gdal_viewshed")
    for name, seen in theirs.items():
        record(
            SECTION,
            f"method “as GDAL” with curvature, refraction {refraction:g}, within 12 km: 50 m cells",
            reference=f"{GDAL}, {name}, -cc {call.curvature:g}",
            quantity="cells that agree",
            found=agreement_pct(ours, within(seen, ours.shape, affine, call)),
            tolerance=LEAST,
            unit="%",
            at_least=True,
            note=f"{int(ours.sum()):,} cells are seen, {int(flat.sum()):,} were the Earth flat",
        )
    assert flat.sum() > ours.sum() + 1_000


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("nrw-dom1/dom1_32_356_5699_1_nw_2020.tif", "a town, 1 km² in cells of 1 m"),
        ("opengeos-dsm/dsm.tif", "a prairie, 400 × 400 cells of 1 m"),
    ],
)
def test_measured_surfaces(name: str, what: str, tmp_path: Path) -> None:
    path = real(f"terrain/{name}")
    surface, affine, _ = surface_of(path)
    row, column = (side // 2 for side in surface.heights.shape)
    call = Call(path, *(affine @ (column + 0.5, row + 0.5)), 20.0, 0.0, 1 - REFRACTION)
    eye = eye_at(surface, affine, call.x, call.y, call.eye_m)
    gdal, bend = library(), Bend(REFRACTION)
    theirs = by_program(call, tmp_path / "seen.tif") if gdal is None else by_library(gdal, call)
    lines = viewshed(surface, [eye], Aim(0.0, bend)).count > 0
    record_own_lines(
        f" with curvature: measured surface of {what}, eye 20 m above it",
        lines,
        excess_of_all(surface, eye, bend),
    )
    if theirs is None:
        return
    aim = Aim(0.0, Bend(REFRACTION, GRS80_M))
    record(
        SECTION,
        f"method “as GDAL” with curvature: measured surface of {what}, eye 20 m above it",
        reference=f"{GDAL}, -cc {call.curvature:g}",
        quantity="cells that agree",
        found=agreement_pct(viewshed_as_gdal(surface, [eye], aim).count > 0, theirs),
        tolerance=LEAST,
        unit="%",
        at_least=True,
    )


def test_the_analysis_by_the_method_of_gdal(hills: Path, tmp_path: Path) -> None:
    call = Call(hills, 354_025.0, 5_693_975.0, 30.0, 10.0, 1 - REFRACTION, 12_000.0)
    inputs = visibility.Inputs(
        on="raster", places=((call.x, call.y),), eye_height_m=call.eye_m, target_height_m=call.target_m,
        radius_m=call.most_m, method="gdal",
    )  # fmt: skip
    with Project.create(tmp_path / "hills.city.gpkg") as project:
        import_files(project, [hills])
        result = visibility.run(project, inputs)
    grid, gdal = result.grid, library()
    assert grid is not None
    ours = np.zeros(grid.rows * grid.columns, bool)
    ours[grid.cell] = result.points.numbers("seen_fraction") > 0
    theirs = by_program(call, tmp_path / "seen.tif") if gdal is None else by_library(gdal, call)
    if theirs is None:
        pytest.skip("there is no GDAL: neither in the wheel of rasterio nor the program gdal_viewshed")
    record(
        SECTION,
        "analysis “viewshed” of a project's terrain, method “as GDAL”, curvature and refraction as they are "
        "asked for at first, within 12 km",
        reference=f"{GDAL}, -cc {call.curvature:g}",
        quantity="cells that agree",
        found=agreement_pct(ours.reshape(grid.rows, grid.columns), theirs),
        tolerance=LEAST,
        unit="%",
        at_least=True,
    )


def within(seen: np.ndarray, shape: tuple[int, ...], affine: Affine, call: Call) -> np.ndarray:
    """GDAL's raster, which ends at the distance, as part of the whole."""
    column, row = (int(value) for value in ~affine @ (call.x, call.y))
    reach = int(np.ceil(call.most_m / affine.a))
    whole = np.zeros(shape, bool)
    top, left = max(row - reach, 0), max(column - reach, 0)
    whole[top : top + seen.shape[0], left : left + seen.shape[1]] = seen
    return whole


@pytest.mark.parametrize("refraction", [None, 0.0, 0.13])
def test_lines_of_sight_with_and_without_curvature(hills: Path, refraction: float | None) -> None:
    surface, affine, _ = surface_of(hills)
    bend = STRAIGHT if refraction is None else Bend(refraction)
    eye = eye_at(surface, affine, 354_025.0, 5_693_975.0, 30.0)
    lines = viewshed(surface, [eye], Aim(10.0, bend)).count > 0
    earth = "on a flat Earth" if refraction is None else f"with curvature, refraction {refraction:g}"
    excess = excess_of_all(surface, eye, bend) - 10.0
    record_own_lines(f" {earth}: rolling country, 128,000 cells of 50 m", lines, excess)


@pytest.mark.parametrize("refraction", [0.0, 0.13])
def test_a_tower_20_km_away(refraction: float) -> None:
    eye_m, cell_m, bend = 10.0, 10.0, Bend(refraction)
    sea = Surface(np.zeros((3, 2002), np.float32), (cell_m, 0.0, 0.0, -cell_m))
    lowest = viewshed(sea, [Eye(1, 0, eye_m)], Aim(bend=bend), with_lowest=True).lowest_m
    assert lowest is not None
    factor = (1 - refraction) / (2 * EARTH_RADIUS_M)
    expected = factor * (20_000.0 - np.sqrt(eye_m / factor)) ** 2
    record(
        SECTION,
        f"what the sea hides of a tower 20 km away from an eye 10 m above it, refraction {refraction:g}",
        reference="closed form: (1 - k)/2R · (d - √(2R h/(1 - k)))²",
        quantity="difference in height",
        found=1000 * (float(lowest[1, 2000]) - expected),
        tolerance=1.0,
        unit="mm",
        note=f"{expected:.3f} m",
    )


@pytest.mark.parametrize(("what", "slope"), [("a wall", np.inf), ("a ridge", 2.5)])
def test_behind_a_wall_and_a_ridge(what: str, slope: float) -> None:
    rows, columns = np.indices((201, 401))
    heights = np.zeros(rows.shape)
    for away in range(30) if np.isfinite(slope) else range(1):
        height = 20.0 - (slope * away if away else 0.0)
        heights[:, [60 - away, 60 + away]] = max(height, 0.0)
    lowest = viewshed(Surface(heights.astype(np.float32)), [Eye(100, 0, 1.7)], with_lowest=True).lowest_m
    assert lowest is not None
    behind = (columns > 100) & (np.abs(rows - 100) <= columns)
    expected = 1.7 + (20.0 - 1.7) * columns / 60
    record(
        SECTION,
        f"from which height on one sees a target behind {what} 20 m high, 60 m away",
        reference="closed form: the plane through the eye and the top",
        quantity="largest difference",
        found=1000 * float(np.abs(lowest - expected)[behind].max()),
        tolerance=1.0,
        unit="mm",
        note=f"{int(behind.sum()):,} cells, up to {expected[behind].max():.0f} m",
    )
