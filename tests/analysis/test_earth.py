"""Earth that is moved between two terrains, against closed forms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rasterio import Affine

from analysis import change
from layers.importing import import_files
from layers.project import Project
from layers.results import FINDINGS, Result
from tests import rasters
from tests.validation.record import record

pytestmark = pytest.mark.usefixtures("read_here")

ROWS, COLUMNS = 240, 300
#: What is moved is known to so much of it: the requirement.
SHARE = 1e-3


def difference(
    folder: Path, before: np.ndarray, after: np.ndarray, was: str = "EPSG:25832", **more: object
) -> Result:
    """The difference of two terrains of cells of 1 m; `more` is said of the later raster."""
    with Project.create(folder / "ground.city.gpkg") as project:
        for date, heights, said in (("2016", before, {"crs": was}), ("2022", after, {"crs": was} | more)):
            path = rasters.write(folder / f"{date}.tif", heights.astype(np.float32), **said)
            import_files(project, [path], name="ground", epoch=f"{date}-01-01")
        return change.run(project, change.Inputs(compare_date="2016-01-01", date="2022-01-01"))


def test_a_pit_and_a_mound_on_hills(tmp_path: Path) -> None:
    """A cone of 50 m radius and 20 m depth; half a ball of 30 m radius; on hills that stay."""
    hills = rasters.hilly(ROWS, COLUMNS)
    row, column = np.mgrid[0:ROWS, 0:COLUMNS] + 0.5
    pit = np.maximum(20 * (1 - np.hypot(column - 80, row - 90) / 50), 0)
    mound = np.sqrt(np.maximum(30**2 - np.hypot(column - 220, row - 150) ** 2, 0))
    result = difference(tmp_path, hills, hills - pit + mound)
    earth = result.tables["earth"]
    cut, fill = (float(earth.numbers(name)[0]) for name in ("cut_m3", "fill_m3"))
    for what, found, exact in (
        ("a pit like a cone", cut, np.pi * 50**2 * 20 / 3),
        ("a mound like half a ball", fill, 2 * np.pi * 30**3 / 3),
    ):
        record(
            "What changed",
            f"earth of {what}, 100 and 60 m wide, in hills of cells of 1 m",
            reference="closed form",
            quantity="deviation",
            found=100 * abs(found / exact - 1),
            tolerance=100 * SHARE,
            unit="%",
        )
    assert float(earth.numbers("balance_m3")[0]) == fill - cut
    assert float(earth.numbers("cut_m2")[0]) == pytest.approx(np.pi * (50 * (1 - 0.1 / 20)) ** 2, rel=5e-3)
    assert result.grid is not None and (result.grid.rows, result.grid.columns) == (ROWS, COLUMNS)
    rise = result.points.numbers("rise_m")
    assert rise.min() == pytest.approx(-20, abs=0.3) and rise.max() == pytest.approx(30, abs=0.1)
    assert "cut" in result.tables[FINDINGS].texts("sentence")[-1]


def test_a_tilted_plane_over_a_level_one_on_finer_cells(tmp_path: Path) -> None:
    """The plane rises by 3 m along 300 m and crosses the other in the middle; its cells are of 50 cm."""
    column = (np.arange(2 * COLUMNS) + 0.5) / 2
    plane = np.tile(3 * column / COLUMNS - 1.5, (2 * ROWS, 1))
    half = Affine(0.5, 0, rasters.WEST, 0, -0.5, rasters.NORTH)
    result = difference(tmp_path, np.zeros((ROWS, COLUMNS)), plane, transform=half)
    earth = result.tables["earth"]
    wedge = ROWS * (COLUMNS / 2) * 1.5 / 2
    for name in ("cut_m3", "fill_m3"):
        assert float(earth.numbers(name)[0]) == pytest.approx(wedge, rel=SHARE)
    assert float(earth.numbers("cell_m")[0]) == 0.5


def test_an_offset_counts_unless_the_references_of_heights_differ(tmp_path: Path) -> None:
    ground = rasters.hilly(60, 80)
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    same = difference(tmp_path / "one", ground, ground + 0.25)
    other = difference(tmp_path / "two", ground, ground + 0.25, was="EPSG:25832+5783", crs="EPSG:25832+7837")
    assert float(same.tables["earth"].numbers("fill_m3")[0]) == pytest.approx(60 * 80 * 0.25, rel=SHARE)
    assert "perhaps" in same.tables[FINDINGS].texts("sentence")[-1]
    assert float(other.tables["earth"].numbers("fill_m3")[0]) == pytest.approx(0, abs=1)
    told = other.tables[FINDINGS].texts("sentence")[-1]
    assert "DHHN92 height and DHHN2016 height" in told and "not counted" in told
