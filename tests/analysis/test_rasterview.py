"""Viewsheds over the cells of a terrain raster, of a town whose lines of sight are known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio import Affine

from analysis import visibility
from analysis.rerunning import rerun
from analysis.sight import keptcells
from analysis.visibility import Inputs
from layers.data import ReadOptions, never_stop
from layers.errors import UsageError
from layers.importing import import_files
from layers.placement import Placement
from layers.project import Project
from layers.resultfiles import export_result
from layers.results import FINDINGS, Result
from tests import rasters
from tests.analysis.town import HOUSE_HEIGHT_M, SIZE_M, SLOPE, at, make_town

#: West of house A, in the middle of a cell; the eye stands 1.6 m above it.
HERE = (10.5, 55.5)
ASKED = Inputs(on="raster", places=(at(*HERE, 0.0)[:2],), curvature=False, date="2024-01-01")


def seen(project: Project, inputs: Inputs) -> Result:
    return visibility.run(project, inputs, never_stop)


def values(result: Result, name: str) -> np.ndarray:
    """A quantity as raster, rows from the south, in the cells of the town."""
    grid = result.grid
    assert grid is not None
    found = np.full(grid.rows * grid.columns, np.nan)
    found[grid.cell] = result.points.numbers(name)
    return found.reshape(grid.rows, grid.columns)[::-1]


def test_behind_a_house_one_sees_from_where_the_line_over_its_roof_meets(town: Project) -> None:
    result = seen(town, ASKED)
    hidden = values(result, "hidden_m")
    assert hidden.shape == (SIZE_M, SIZE_M)
    # Above the slope, the roof's edge towards the eye is the highest that one sees of the house.
    edge = HOUSE_HEIGHT_M - SLOPE * 0.5
    away = np.arange(62, 120) + 0.5 - HERE[0]
    expected = 1.6 + (edge - 1.6) / (50.5 - HERE[0]) * away
    assert hidden[55, 62:120] == pytest.approx(expected, abs=2e-3)
    fraction = values(result, "seen_fraction")
    assert not fraction[55, 62:].any()
    assert fraction[55, :50].all()
    assert fraction[90, 100] == 1.0


def test_of_what_was_demolished_and_what_is_left_out(town: Project) -> None:
    result = seen(town, replace(ASKED, compare=True, compare_date="1990-01-01", places=(at(80.5, 55.5, 0),)))
    change = values(result, "seen_fraction_change")
    assert np.nanmax(change) == 1.0  # house B is gone
    assert "m² that were hidden before are seen now." in result.tables[FINDINGS].texts("sentence")[1]
    bare = seen(town, replace(ASKED, objects=False))
    assert values(bare, "seen_fraction").all()
    assert "Buildings and trees are left out" in " ".join(bare.pedigree.limits)
    assert any("trees count as solid" in limit for limit in result.pedigree.limits)
    leafless = seen(town, replace(ASKED, vegetation=False))
    assert not any("trees" in limit for limit in leafless.pedigree.limits)
    same = seen(town, replace(ASKED, compare=True, compare_date="2024-01-01"))
    assert "nothing changes" in same.tables[FINDINGS].texts("sentence")[1]


def test_of_several_places_it_counts_how_many_see_a_cell(town: Project) -> None:
    places = (at(*HERE, 0.0)[:2], at(120.5, 150.5, 0.0)[:2], at(180.5, 20.5, 30.0))
    each = [values(seen(town, replace(ASKED, places=(place,))), "seen_fraction") for place in places]
    result = seen(town, replace(ASKED, places=places))
    assert np.array_equal(values(result, "seen_by"), sum(each))
    table = result.tables["places"]
    assert table.numbers("seen_m2") == pytest.approx([one.sum() for one in each])
    assert result.surfaces.numbers("seen_fraction")[0] == pytest.approx((sum(each) > 0).mean())


def test_a_large_raster_is_kept_coarser_and_counts_the_same(
    town: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    fine = seen(town, ASKED)
    monkeypatch.setattr(keptcells, "MOST_KEPT", 2_500)
    coarse = seen(town, ASKED)
    assert coarse.grid is not None
    assert (coarse.grid.rows, coarse.grid.columns, coarse.grid.step_m) == (50, 50, 4.0)
    blocks = values(fine, "seen_fraction").reshape(50, 4, 50, 4).mean(axis=(1, 3))
    assert values(coarse, "seen_fraction") == pytest.approx(blocks)
    assert coarse.surfaces.numbers("seen_fraction") == fine.surfaces.numbers("seen_fraction")
    assert "4 by 4 cells as one" in coarse.pedigree.error
    assert fine.raster is None
    assert coarse.raster is not None
    every = coarse.raster.values["seen_by"].reshape(SIZE_M, SIZE_M)[::-1]
    assert np.array_equal(every, values(fine, "seen_fraction"))


def test_all_cells_of_a_large_raster_are_kept_and_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keptcells, "MOST_KEPT", 2_500)
    asked = replace(ASKED, radius_m=60.0, compare=True, compare_date="1990-01-01")
    with Project.open(make_town(tmp_path)) as project:
        result = seen(project, asked)
        with project.edit("Keep") as edit:
            number = edit.add_result(result)
        kept = project.result(number)
        assert kept.raster is not None and result.raster is not None
        assert (kept.raster.crs, kept.raster.affine) == (result.raster.crs, result.raster.affine)
        export_result(project, kept, tmp_path / "seen.tif")
        layer = next(layer for layer in project.layers if layer.kind == "terrain")
        place = project.place.mover(layer.crs)(np.array([at(*HERE, 0.0)]))[0]
    with rasterio.open(tmp_path / "seen.tif") as file:
        assert file.descriptions == ("seen_by", "seen_by_before")
        row, column = file.index(*place[:2])
        cells, nothing = file.read(1), file.nodata
    assert cells[row, column] == 1
    assert set(np.unique(cells)) == {0, 1, nothing}
    down, across = np.indices(cells.shape)
    is_far = np.hypot(down - row, across - column) > 60
    assert np.array_equal(cells == nothing, is_far)


def test_only_what_lies_in_view_is_looked_at(town: Project) -> None:
    result = seen(town, replace(ASKED, radius_m=40.0, azimuth_deg=90.0, width_deg=60.0))
    x, y, _ = at(*HERE, 0.0)
    east, north = result.points.numbers("x") - x, result.points.numbers("y") - y
    away = np.hypot(east, north)
    assert away.max() <= 40.0
    off = np.degrees(np.arctan2(north, east))[away > 0]  # the grid is turned by 1.6° against true north
    assert -32.0 < off.min() < off.max() < 32.0
    assert result.surfaces.numbers("area_m2")[0] == pytest.approx(np.pi * 40.0**2 / 6, rel=0.03)


def test_a_raster_in_another_crs_is_looked_over_where_it_lies(tmp_path: Path) -> None:
    heights = np.zeros((300, 300), np.float32)
    heights[:, 150] = 10.0
    # On the central meridian of the one zone the other one's grid is turned, by 4° here.
    source = rasters.write(
        tmp_path / "far.tif", heights, crs="EPSG:25831", transform=Affine(2, 0, 779_000, 0, -2, 5_712_000)
    )
    with Project.create(tmp_path / "far.city.gpkg", crs="EPSG:25832") as project:
        import_files(project, [source])
        layer = project.layers[0]
        place = project.place.mover(layer.crs)(np.array([(779_201.0, 5_711_699.0, 0.0)]))[0]
        inputs = Inputs(on="raster", places=(place[:2].tolist(),), curvature=False)
        result = visibility.run(project, inputs, never_stop)
        points = np.column_stack([result.points.numbers(axis) for axis in "xyz"])
        back = project.place.way_back_of(layer)(points)
    assert result.raster is not None and result.raster.crs == layer.crs
    assert not result.raster.values["seen_by"].reshape(300, 300)[:, 151:].any()
    behind = back[:, 0] > 779_303.0
    fraction = result.points.numbers("seen_fraction")
    assert not fraction[behind].any()
    assert fraction[back[:, 0] < 779_299.0].mean() > 0.99


def test_a_raster_that_was_put_elsewhere_is_kept_where_it_lies(tmp_path: Path) -> None:
    source = rasters.write(
        tmp_path / "flat.tif",
        np.zeros((60, 80), np.float32),
        crs="EPSG:25832",
        transform=Affine(2, 0, 691_000, 0, -2, 5_334_000),
    )
    turned = Placement(shift=(500.0, 0.0, 0.0), rotation_deg=90.0, pivot=(691_000.0, 5_334_000.0, 0.0))
    with Project.create(tmp_path / "flat.city.gpkg", crs="EPSG:25832") as project:
        import_files(project, [source], ReadOptions(placement=turned))
        inputs = Inputs(on="raster", places=((691_550.0, 5_334_050.0),), curvature=False)
        raster = visibility.run(project, inputs, never_stop).raster
    assert raster is not None and raster.crs == "EPSG:25832"
    # Turned to the left about its upper left corner: columns go north, rows east.
    assert raster.affine == pytest.approx((0, 2, 691_500, 2, 0, 5_334_000))


def test_the_same_again(town: Project) -> None:
    places = tuple(at(20.5 + 15 * number, 30.5 + 9 * number, 0.0)[:2] for number in range(7))
    assert rerun(town, seen(town, replace(ASKED, places=places)), never_stop).same


def test_what_cannot_be_looked_over_is_said(town: Project, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="beside the terrain"):
        seen(town, replace(ASKED, places=(at(250.0, 50.0, 0.0),)))
    with pytest.raises(UsageError, match="looks all around"):
        seen(town, replace(ASKED, method="gdal", width_deg=90.0))
    with pytest.raises(UsageError, match="cells of a terrain raster"):
        seen(town, replace(ASKED, terrain="town"))
    with (
        Project.open(make_town(tmp_path, terrain=False), read_only=True) as without,
        pytest.raises(UsageError, match="no terrain raster"),
    ):
        seen(without, ASKED)
    inside = seen(town, replace(ASKED, places=(at(55.5, 55.5, 0.0),)))
    assert any(limit.startswith("Warning: place 1 is inside a building") for limit in inside.pedigree.limits)


def test_a_rectangle_is_looked_at_alone_from_within_and_from_beside(town: Project) -> None:
    whole = seen(town, ASKED)
    west, south = at(35, 35, 0)[:2]
    box = west, south, west + 60.0, south + 60.0
    for places in (ASKED.places, (*ASKED.places, at(5, 150, 0)[:2])):
        part = seen(town, replace(ASKED, places=places, box=",".join(map(str, box))))
        x, y = (part.points.numbers(axis) for axis in "xy")
        assert box[0] <= x.min() < x.max() <= box[2] and box[1] <= y.min() < y.max() <= box[3]
        assert part.surfaces.numbers("area_m2")[0] == pytest.approx(3600.0, rel=0.04)
        assert "of 3 6" in sentence(part) or "of 3 5" in sentence(part)
        if len(places) == 1:
            is_same = [known(whole)[place] == is_seen for place, is_seen in known(part).items()]
            assert np.mean(is_same) > 0.99


def known(result: Result) -> dict[tuple[float, float], float]:
    """Whether each cell is seen, by its middle."""
    x, y, found = (result.points.numbers(name) for name in ("x", "y", "seen_fraction"))
    return dict(zip(zip(x.tolist(), y.tolist(), strict=True), found.tolist(), strict=True))


def sentence(result: Result) -> str:
    return result.tables[FINDINGS].texts("sentence")[0].replace("\u202f", " ")


def test_the_error_is_a_share_of_what_is_seen(town: Project) -> None:
    numbers = seen(town, ASKED).pedigree.numbers
    assert numbers["checked"] > 10_000 and numbers["otherwise"] < 0.01 * numbers["checked"]
    error = seen(town, ASKED).pedigree.error
    assert "lines of sight of their own" in error and "% of what is seen" in error
