"""Exact shadows against closed forms, against rays, and from the project to the file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from analysis import shadow
from analysis.durations import bands, gaps_h
from analysis.rays import Rays
from analysis.rerunning import rerun
from analysis.shadowcast import Terrain, footprint, shadow_on_plane, shadow_on_terrain
from analysis.site import site_of
from analysis.sun import sun_at
from app import cli
from layers.arrays import Float64
from layers.data import never_stop
from layers.errors import ProjectError, UsageError
from layers.project import Project
from tests.cities import import_here
from tests.validation.record import record

#: What is asked of closed forms, and what the shadows promise.
WITHIN_M = 1e-3
BOX_FACES = ((0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7))


def box_corners(low: tuple[float, float, float], high: tuple[float, float, float]) -> Float64:
    (x0, y0, z0), (x1, y1, z1) = low, high
    return np.array([[x, y, z] for z in (z0, z1) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))])


def triangles(corners: Float64, faces: tuple[tuple[int, ...], ...]) -> Float64:
    """Faces as fans of triangles (m, 3, 3)."""
    return np.array(
        [corners[[face[0], face[at], face[at + 1]]] for face in faces for at in range(1, len(face) - 1)]
    )


def box(low: tuple[float, float, float], high: tuple[float, float, float]) -> Float64:
    return triangles(box_corners(low, high), BOX_FACES)


def gable() -> tuple[Float64, Float64]:
    """A house of 8 by 12 m, 5 m to the eaves and 9 m to the ridge: its corners and triangles."""
    base = box_corners((40.3, 40.7, 0.0), (48.3, 52.7, 5.0))
    corners = np.vstack([base, [[44.3, 40.7, 9.0], [44.3, 52.7, 9.0]]])
    faces = (
        (0, 3, 2, 1),
        (0, 1, 5, 8, 4),
        (1, 2, 6, 5),
        (2, 3, 7, 9, 6),
        (3, 0, 4, 7),
        (5, 6, 9, 8),
        (4, 8, 9, 7),
    )
    return corners, triangles(corners, faces)


def raster(height: Callable[[Float64, Float64], Float64], cells: int = 60, step: float = 2.0) -> Terrain:
    """Heights on a raster as triangles."""
    x, y = np.meshgrid(np.arange(cells + 1) * step, np.arange(cells + 1) * step)
    points = np.stack((x, y, height(x, y)), axis=-1)
    a, b, c, d = points[:-1, :-1], points[:-1, 1:], points[1:, :-1], points[1:, 1:]
    pairs = (np.stack((a, b, c), axis=-2), np.stack((b, d, c), axis=-2))
    return Terrain(np.concatenate([pair.reshape(-1, 3, 3) for pair in pairs]))


def toward(azimuth_deg: float, altitude_deg: float) -> Float64:
    azimuth, altitude = np.radians((azimuth_deg, altitude_deg))
    return np.array(
        [np.sin(azimuth) * np.cos(altitude), np.cos(azimuth) * np.cos(altitude), np.sin(altitude)]
    )


def fallen(corners: Float64, sun: Float64, slope: tuple[float, float] = (0.0, 0.0)) -> Any:
    """Where corners fall in plan on the plane z = ax + by: the hull of a convex body's is its shadow."""
    normal = np.array([-slope[0], -slope[1], 1.0])
    along = (corners @ normal) / (sun @ normal)
    return shapely.convex_hull(shapely.multipoints((corners - along[:, None] * sun)[:, :2]))


def apart(one: Any, other: Any) -> float:
    """How far apart the outlines of two shapes are at most."""
    return float(shapely.hausdorff_distance(one.boundary, other.boundary, densify=0.01))


SUNS = [(180.0, 45.0), (200.3, 31.7), (97.1, 12.4), (315.0, 60.0)]


@pytest.mark.parametrize("sun", [toward(*place) for place in SUNS], ids=str)
@pytest.mark.parametrize("foot", [(40.0, 50.0), (41.3, 50.9)], ids=["on cells", "between cells"])
def test_a_box_on_flat_ground(sun: Float64, foot: tuple[float, float]) -> None:
    """On a plane, and on a raster that lies 0.3 m above the foot of the box."""
    low, high = (*foot, 0.0), (foot[0] + 6.0, foot[1] + 10.0, 12.0)
    wanted = fallen(box_corners(low, high), sun)
    found = shadow_on_plane(box(low, high), 0.0, sun)
    on_terrain = shadow_on_terrain(box((*foot, -0.3), high), raster(lambda x, y: 0 * x), sun)
    assert found.area == pytest.approx(wanted.area, abs=0.01)
    worst = max(apart(found, wanted), apart(on_terrain, wanted.intersection(shapely.box(0, 0, 120, 120))))
    record(
        "Shadow",
        "a box on flat ground, ground in cells of 2 m and as a plane",
        reference="closed form: the hull of the corners moved along the sun's rays",
        quantity="largest distance of outlines",
        found=1000 * worst,
        tolerance=1000 * WITHIN_M,
        unit=" mm",
    )


@pytest.mark.parametrize("sun", [toward(*place) for place in SUNS], ids=str)
def test_a_gable_roof(sun: Float64) -> None:
    corners, house = gable()
    found = shadow_on_terrain(house, raster(lambda x, y: 0 * x), sun)
    record(
        "Shadow",
        "a house with a gable roof on flat ground",
        reference="closed form: the hull of eaves, ridge and foot moved along the sun's rays",
        quantity="largest distance of outlines",
        found=1000 * apart(found, fallen(corners, sun)),
        tolerance=1000 * WITHIN_M,
        unit=" mm",
    )


@pytest.mark.parametrize("sun", [toward(*place) for place in SUNS], ids=str)
@pytest.mark.parametrize("slope", [(0.05, -0.12), (-0.2, 0.1)])
def test_onto_a_slope(sun: Float64, slope: tuple[float, float]) -> None:
    """The box goes down into the ground: what is below the slope casts nothing."""
    terrain = raster(lambda x, y: slope[0] * x + slope[1] * y)
    low, high = (51.3, 50.9, -40.0), (57.3, 58.9, 15.0)
    feet = box_corners(low, high)[:4].copy()
    feet[:, 2] = feet[:, :2] @ slope
    wanted = fallen(np.vstack([feet, box_corners(low, high)[4:]]), sun, slope)
    wanted = wanted.intersection(shapely.box(0, 0, 120, 120))
    found = shadow_on_terrain(box(low, high), terrain, sun)
    record(
        "Shadow",
        "a box that stands in a slope, down to 40 m below it",
        reference="closed form: the hull of top and cut with the slope, moved along the sun's rays",
        quantity="largest distance of outlines",
        found=1000 * apart(found, wanted),
        tolerance=1000 * WITHIN_M,
        unit=" mm",
    )


def test_over_an_edge_the_shadow_bends() -> None:
    """Level ground up to y = 70, then a bank that rises by 1 in 2: the far part is shortened, exactly."""
    sun = toward(180.0, 30.0)
    reach = 12.0 / np.tan(np.radians(30.0))
    found = shadow_on_terrain(
        box((50.0, 56.0, 0.0), (58.0, 60.0, 12.0)), raster(lambda x, y: np.maximum(y - 70, 0) / 2), sun
    )
    beyond = 60 + reach - 70
    wanted = shapely.box(50, 56, 58, 70 + beyond / (1 + 0.5 / np.tan(np.radians(30.0))))
    assert apart(found, wanted) < WITHIN_M and found.area == pytest.approx(wanted.area, abs=0.01)


def test_rays_agree_everywhere_but_on_the_outline() -> None:
    """Hills, a tower with an overhang: 20 000 random points of the ground see the sun or do not."""
    terrain = raster(lambda x, y: 2 * np.sin(x / 9) * np.cos(y / 13) + y / 20)
    caster = np.concatenate(
        [box((50.2, 40.3, -9.0), (57.1, 47.9, 20.0)), box((44.0, 38.0, 20.0), (61.0, 50.0, 23.0))]
    )
    sun = toward(195.0, 28.0)
    found = shadow_on_terrain(caster, terrain, sun)
    dice = np.random.default_rng(3)
    corners = terrain.corners[dice.integers(0, len(terrain.corners), 20_000)]
    shares = dice.dirichlet((1, 1, 1), len(corners))
    points = np.einsum("pk,pki->pi", shares, corners) + np.array([0, 0, 1e-6])
    rays = Rays(caster.reshape(-1, 3), np.arange(3 * len(caster), dtype=np.int32).reshape(-1, 3))
    blocked = rays.blocked(points, sun)
    places = shapely.points(points[:, :2])
    clear = shapely.distance(found.boundary, places) > 0.01
    inside = shapely.contains(found, places)
    record(
        "Shadow",
        "a tower with an overhang on hills, against rays from 20 000 random points",
        reference="Embree",
        quantity="points that disagree, beside those within 1 cm of the outline",
        found=float((inside != blocked)[clear].sum()),
        tolerance=0.0,
    )
    assert inside.sum() > 500


def test_far_from_zero_and_again_it_is_the_same() -> None:
    _, house = gable()
    there = np.array([500_000.0, 5_900_000.0, 100.0])
    sun = toward(150.0, 25.0)
    near = shadow_on_plane(house, 0.0, sun)
    far = shadow_on_plane(house + there, 100.0, sun)
    assert apart(shapely.transform(far, lambda places: places - there[:2]), near) < WITHIN_M
    assert footprint(house).area == pytest.approx(96.0, abs=1e-3)
    assert shadow_on_terrain(house, Terrain(np.empty((0, 3, 3))), sun) is None


def test_bands_are_what_is_certain() -> None:
    """A strip that moves by half its width: what lies between two times counts where both are covered."""
    strips = [shapely.box(at, 0, at + 3, 1) for at in (0, 1, 2, 9)]
    found = bands(strips, np.array([1.0, 1.0, 1.0]))
    assert [(hours, round(shape.area, 4)) for hours, shape in found] == [(1, 3.0), (2, 1.0)]
    assert bands(strips[:1], np.empty(0)) == [] == bands(strips[::3], np.array([3.0]))
    times = np.array(["2026-03-21T09", "2026-03-21T10", "2026-03-21T12"], "datetime64[ms]")
    assert gaps_h(times).tolist() == [1.0, 2.0]


def test_no_band_is_shorter_than_the_step() -> None:
    """With three hours between the times, two times in shadow are 3 h; one and two hours are not offered."""
    found = bands(
        [shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1), shapely.box(5, 0, 6, 1)], np.full(2, 3.0)
    )
    assert [(hours, round(shape.area, 4)) for hours, shape in found] == [(3.0, 1.0)]


# --- from the project to the file -----------------------------------------------------------------


def model(folder: Path) -> Path:
    """A building in two parts, and one that stands until 1990."""
    faces = [[list(face)] for face in BOX_FACES]
    solid = {"type": "Solid", "lod": "2", "boundaries": [faces]}
    corners = [[x, y, z] for z in (0, 10) for x, y in ((0, 0), (10, 0), (10, 10), (0, 10))]
    behind, apart = (
        {**solid, "boundaries": [[[[corner + first for corner in ring] for ring in face] for face in faces]]}
        for first in (8, 16)
    )
    high = [[x + 10, y, 3 * z] for x, y, z in corners]
    old = [[x + 200, y, z] for x, y, z in corners]
    text = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [1, 1, 1], "translate": [85_000.0, 447_000.0, 0.0]},
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
        "CityObjects": {
            "house": {"type": "Building", "children": ["low", "high"], "attributes": {"h": 30}},
            "low": {"type": "BuildingPart", "parents": ["house"], "geometry": [solid]},
            "high": {"type": "BuildingPart", "parents": ["house"], "geometry": [behind]},
            "old": {
                "type": "Building",
                "attributes": {"h": 10, "validTo": "1990-01-01"},
                "geometry": [apart],
            },
        },
        "vertices": corners + high + old,
    }  # fmt: skip
    path = folder / "houses.city.json"
    path.write_text(json.dumps(text))
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with Project.create(tmp_path / "p.city.gpkg") as project:
        import_here(project, model(tmp_path))
        return project.path


@pytest.fixture
def project(path: Path) -> Iterator[Project]:
    with Project.open(path) as found:
        yield found


NOON = shadow.Inputs(times="2026-03-21T12:00")


def test_parts_cast_with_the_building_they_are_parts_of(project: Project) -> None:
    both = shadow.run(project, NOON, never_stop)
    assert both.shapes.columns["caster"] == ["house", "old"]
    assert set(both.shapes.columns["time"]) == {"2026-03-21T12:00:00+01:00"}
    part = shadow.run(project, replace(NOON, where="type == 'BuildingPart'"), never_stop)
    assert part.shapes.columns["caster"] == ["low", "high"]
    later = shadow.run(project, replace(NOON, date="2026-03-21"), never_stop)
    assert later.shapes.columns["caster"] == ["house"]
    house = project.by_id("house")
    assert house is not None
    chosen = shadow.run(project, replace(NOON, fids=(house.fid,)), never_stop)
    assert chosen.shapes.columns["wkb"] == both.shapes.columns["wkb"][:1]
    (shape,) = shapely.from_wkb(chosen.shapes.columns["wkb"])
    assert shape.area == pytest.approx(chosen.shapes.numbers("area_m2")[0])
    # 10 m by 10 m, and 30 m high behind it: the shadow outside the footprint is what beside_m2 says.
    beside = shape.difference(shapely.box(85_000, 447_000, 85_020, 447_010)).area
    assert chosen.shapes.numbers("beside_m2")[0] == pytest.approx(beside, abs=0.01)


def test_the_sun_is_that_of_the_place_and_the_result_says_so(project: Project) -> None:
    result = shadow.run(project, replace(NOON, where="id == 'old'"), never_stop)
    (shape,) = shapely.from_wkb(result.shapes.columns["wkb"])
    point = np.array([85_205.0, 447_005.0, 0.0])
    sun = sun_at(site_of(project, point), np.array([np.datetime64("2026-03-21T11:00", "ms")]))
    wanted = fallen(box_corners((200.0, 0.0, 0.0), (210.0, 10.0, 10.0)), sun.directions_in_grid[0])
    assert apart(shapely.transform(shape, lambda p: p - (85_000, 447_000)), wanted) < WITHIN_M
    assert "2026-03-21T12:00:00+01:00" in result.pedigree.sun[0] and "NREL SPA" in result.pedigree.sun[0]
    assert "0.1 mm" in result.pedigree.error and len(result.pedigree.inputs[0][1]) == 64


def test_terrain_of_the_project_receives(tmp_path: Path) -> None:
    """A box that goes 5 m into a TIN that falls to the north by 1 in 10."""
    corners = [[x, y, -y // 10] for x, y in ((-200, -200), (200, -200), (200, 200), (-200, 200))]
    low, high = (0.0, 0.0, -5.0), (10.0, 10.0, 20.0)
    numbers = [[corner + 4 for corner in face] for face in BOX_FACES]
    text = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [1, 1, 1], "translate": [85_000.0, 447_000.0, 0.0]},
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
        "CityObjects": {
            "ground": {
                "type": "TINRelief",
                "geometry": [
                    {"type": "CompositeSurface", "lod": "1", "boundaries": [[[0, 1, 2]], [[0, 2, 3]]]}
                ],
            },
            "box": {
                "type": "Building",
                "geometry": [{"type": "Solid", "lod": "1", "boundaries": [[[face] for face in numbers]]}],
            },
        },
        "vertices": corners + box_corners(low, high).astype(int).tolist(),
    }
    (tmp_path / "slope.city.json").write_text(json.dumps(text))
    with Project.create(tmp_path / "p.city.gpkg") as project:
        import_here(project, tmp_path / "slope.city.json")
        result = shadow.run(project, replace(NOON, times="2026-03-21T10:00"), never_stop)
        site = site_of(project, np.array([85_005.0, 447_005.0, 0.0]))
    sun = sun_at(site, np.array([np.datetime64("2026-03-21T09:00", "ms")]))
    feet = box_corners(low, high)[:4].copy()
    feet[:, 2] = -feet[:, 1] / 10
    wanted = fallen(np.vstack([feet, box_corners(low, high)[4:]]), sun.directions_in_grid[0], (0.0, -0.1))
    (shape,) = shapely.from_wkb(result.shapes.columns["wkb"])
    assert result.shapes.columns["caster"] == ["box"]
    assert apart(shapely.transform(shape, lambda p: p - (85_000, 447_000)), wanted) < WITHIN_M
    assert "the triangles of slope terrain" in result.pedigree.method


def test_a_series_says_how_long(project: Project) -> None:
    series = shadow.Inputs(day="2026-03-21", begin="10:00", end="14:00", step_min=30.0, where="id == 'old'")
    result = shadow.run(project, series, never_stop)
    assert len(result.shapes) == 9 and len(result.tables["together"]) == 9
    lasting = result.tables["bands"]
    # The ground below the building itself is in shadow all the time.
    assert lasting.numbers("hours").tolist() == [1, 2, 3, 4]
    areas = lasting.numbers("area_m2")
    assert (np.diff(areas) < 0).all() and areas[-1] >= 100
    assert lasting.numbers("longer_h").tolist() == [1.0] * 4
    assert "up to 30 min earlier" in result.pedigree.error
    assert not any("long for durations" in limit for limit in result.pedigree.limits)


def test_one_time_in_shadow_is_no_duration(project: Project) -> None:
    """Beside the building itself no ground is in shadow at two times that lie three hours apart."""
    series = shadow.Inputs(day="2026-03-21", begin="09:00", end="15:00", step_min=180.0, where="id == 'old'")
    result = shadow.run(project, series, never_stop)
    together = result.tables["together"].numbers("area_m2")
    lasting = result.tables["bands"]
    assert lasting.numbers("hours").tolist() == [3.0, 6.0]
    assert (lasting.numbers("area_m2") < together.min()).all()
    assert any("may be up to 6 h longer" in limit for limit in result.pedigree.limits)


def test_before_and_after(project: Project) -> None:
    """What stood until 1990 no longer casts; of a building that is left out, all that it shades is new."""
    gone = replace(NOON, date="2026-03-21", compare=True, compare_date="1980-01-01")
    result = shadow.run(project, gone, never_stop)
    assert result.shapes.columns["caster"] == ["house"]
    before = shadow.run(project, replace(NOON, date="1980-01-01"), never_stop)
    assert result.tables["together_before"].columns["wkb"] == before.tables["together"].columns["wkb"]
    old = before.shapes.numbers("area_m2")[1]
    assert result.tables["no_longer_shaded"].numbers("area_m2").tolist() == pytest.approx([old], abs=0.01)
    assert len(result.tables["newly_shaded"]) == 0
    proposed = replace(NOON, where="id == 'old'", compare=True, compare_without="id == 'old'")
    result = shadow.run(project, proposed, never_stop)
    assert result.tables["newly_shaded"].numbers("area_m2").tolist() == pytest.approx([old], abs=0.01)
    series = replace(proposed, times="", begin="11:00", end="13:00")
    assert len(shadow.run(project, series, never_stop).tables["bands_before"]) == 0


def test_what_cannot_cast_is_a_sentence(project: Project) -> None:
    with pytest.raises(UsageError, match="The sun is not up"):
        shadow.run(project, replace(NOON, times="2026-03-21T03:00"), never_stop)
    with pytest.raises(UsageError, match="no object matches"):
        shadow.run(project, replace(NOON, where="h > 99"), never_stop)
    with pytest.raises(UsageError, match="Shadows fall on terrain"):
        shadow.run(project, replace(NOON, on="houses"), never_stop)


def ran(*words: object) -> Any:
    return cli.main([str(word) for word in words])


def test_the_verbs_shadow_results_and_rerun(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.geojson"
    asked = ("shadow", path, "--time", "2026-03-21T12:00", "2026-03-21T15:00", "--objects", "h > 20")
    assert ran(*asked, "--out", out, "--keep", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["caster"] for row in told["features"]] == ["house", "house"] and len(told["sun"]) == 2
    written = json.loads(out.read_text())["features"]
    assert {"caster", "time", "area_m2"} <= set(written[0]["properties"])
    assert ran(*asked, "--out", out) == 1
    assert "There is a file of that name already" in capsys.readouterr().err
    assert ran("results", path, "--json") == 0
    (kept,) = json.loads(capsys.readouterr().out)
    assert (kept["id"], kept["kind"]) == (1, "shadow")
    assert ran("rerun", path, "1", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["same"], said["largest_difference"], said["changed_inputs"]) == (True, 0.0, [])
    assert ran("results", path, "1", "--out", tmp_path / "again.csv") == 0
    assert ran("shadow", path, "--day", "2026-03-21", "--time", "2026-03-21T12:00") == 2
    assert ran("rerun", path, "7") == 2


def test_a_rerun_tells_numbers_that_differ_and_inputs_that_changed(project: Project) -> None:
    result = shadow.run(project, NOON, never_stop)
    other = replace(result, inputs={**result.inputs, "times": "2026-03-21T12:01"})
    found = rerun(project, other, never_stop)
    assert not found.same and found.where == "shapes: time" and found.largest_difference == np.inf
    areas = result.shapes.numbers("area_m2") + np.array([0.5, 0.0])
    shifted = replace(
        result, shapes=replace(result.shapes, columns={**result.shapes.columns, "area_m2": areas})
    )
    found = rerun(project, shifted, never_stop)
    assert (found.same, found.where) == (False, "shapes: area_m2")
    assert found.largest_difference == pytest.approx(0.5)
    with project.edit("Demolish") as edit:
        house = project.by_id("old")
        assert house is not None
        edit.set_valid(house.fid, None, "1980-01-01")
    dated = shadow.run(project, replace(NOON, date="1985-01-01"), never_stop)
    project.undo()
    found = rerun(project, dated, never_stop)
    assert not found.same and found.changed_inputs == ("houses",)
    strange = replace(result, inputs={**result.inputs, "wind": 3})
    with pytest.raises(ProjectError, match="by another version"):
        rerun(project, strange, never_stop)
