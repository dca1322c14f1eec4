"""Between layers and the plane of metres: houses in feet and in degrees, a pit in a raster of terrain."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from layers.checks.layer import findings
from layers.data import ReadOptions
from layers.errors import EditError
from layers.importing import import_files
from layers.modelling.buildings import building
from layers.modelling.digging import Work, dig
from layers.modelling.earthworks import Earthwork
from layers.modelling.pushing import raised
from layers.modelling.roofs import Roof
from layers.modelling.workplace import Workplace
from layers.project import Project
from layers.shaping import Shapes
from tests import rasters
from tests.cities import imported_here
from tests.layers.modelling.footprints import RECTANGLE, local


@pytest.mark.parametrize("crs", ["EPSG:25832", "EPSG:4979", "EPSG:4326", "EPSG:2263"])
def test_a_drawn_house_is_sound_and_as_large_in_a_layer_of_any_crs(tmp_path: Path, crs: str) -> None:
    """Degrees, and feet; what is kept in them is raised by metres."""
    project_crs = "EPSG:32618" if crs == "EPSG:2263" else "EPSG:25832"
    place = (585_000, 4_511_000) if crs == "EPSG:2263" else (565_000, 5_933_000)
    with Project.create(tmp_path / "p.city.gpkg", crs=project_crs) as project:
        with project.edit("Draw") as edit:
            layer = edit.add_layer("Drawn", crs=crs)
        work = Workplace(project, project.layer(layer))
        shape = building([np.array(RECTANGLE) + place], 30, 5, Roof("hip"))
        with project.edit("Draw a house") as edit:
            fid = edit.add_object(layer, "H1", "Building", work.given(shape))
        found = Shapes(project, project.layer(layer)).of(fid)
        assert found is not None
        higher = raised(work.taken(found), 3.0)
        assert local(higher).volume_m3 == pytest.approx(local(shape).volume_m3 + 60 * 3, rel=1e-4)
        with project.edit("Raise") as edit:
            edit.set_geometry(fid, work.given(higher))
        drawn = Shapes(project, project.layer(layer)).in_project(fid)
        assert drawn is not None
        assert np.ptp(drawn.vertices[:, 2]) == pytest.approx(np.ptp(shape.vertices[:, 2]) + 3, abs=1e-3)
        assert list(findings(project, project.layer(layer))) == []


def test_a_pit_in_a_raster_takes_the_place_of_the_terrain_and_undo_gives_it_back(tmp_path: Path) -> None:
    heights = rasters.hilly(120, 160).astype(np.float32)
    heights[5, 5] = np.nan
    source = rasters.write(tmp_path / "ground.tif", heights, crs="EPSG:25832", nodata=np.nan)
    with imported_here(), Project.create(tmp_path / "p.city.gpkg") as project:
        layer = import_files(project, [source], ReadOptions(kind="terrain"))[0]
        square = np.array([(40.0, 30), (80, 30), (80, 70), (40, 70)])
        ring = square * (1, -1) + (rasters.WEST, rasters.NORTH)
        pit = Earthwork([ring], 6, 2)
        made, moved = dig(project, layer, [Work(pit)], tmp_path / "pit.tif")
        assert moved.fill_m3 == 0 and moved.cut_m3 == pytest.approx(pit.volume_m3, rel=1e-3)
        with rasterio.open(tmp_path / "pit.tif") as raster:
            after = raster.read(1, masked=True).filled(np.nan)
        assert np.array_equal(np.isnan(after), np.isnan(heights))
        change = np.nan_to_num(heights - after)
        assert change.max() == pytest.approx(6, abs=1e-4) and not change[:30].any() and not change[70:].any()
        assert [(at.name, at.visible) for at in project.layers if at.kind == "terrain"] == [
            (made.name, True),
            (layer.name, False),
        ]
        project.undo()
        assert [at.id for at in project.layers] == [layer.id] and project.layer(layer.id).visible
        with pytest.raises(EditError, match="No earth is moved"):
            dig(project, layer, [Work(Earthwork([ring + 1000], 6, 2))], tmp_path / "none.tif")
        assert not (tmp_path / "none.tif").exists()
