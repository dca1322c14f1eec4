"""Isovists in plan against all that no shadow of a wall covers, made by shapely from footprints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from analysis import isovist
from analysis.casters import casters
from analysis.isovist import Inputs
from analysis.obstacles import Casters
from analysis.skyfactors import sky_factors
from layers.arrays import Float64
from layers.importing import import_files
from layers.project import Project
from tests.cities import import_here
from tests.conftest import real
from tests.plans import rectangle, seen_in_plan
from tests.validation.record import record
from tests.validation.scenes import parallel_walls

SECTION = "Isovists and exposure"
BENEDIKT = "Benedikt 1979, doi:10.1068/b060047"
RADIUS_M = 120.0
FACES = ((0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7))
CORNER = np.array((155_000.0, 463_000.0))


def footprints(count: int = 90) -> list[Float64]:
    """Turned rectangles, some of which lie over each other; the middle is free."""
    random = np.random.default_rng(12)
    found: list[Float64] = []
    while len(found) < count:
        x, y = random.uniform(-200, 200, 2)
        ring = rectangle(x, y, *random.uniform((4, 4, 0), (14, 14, np.pi)).tolist())
        if np.abs(ring).max(axis=1).min() > 8:
            found.append(np.round(ring, 3))
    return found


def body(number: int, ring: Float64) -> dict[str, Any]:
    first = 8 * number
    shell = [[[first + corner for corner in face]] for face in FACES]
    return {"type": "Building", "geometry": [{"type": "Solid", "lod": "1", "boundaries": [shell]}]}


@pytest.fixture(scope="module")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The rectangles as buildings 9 m high."""
    folder: Path = tmp_path_factory.mktemp("isovists")
    rings = footprints()
    corners = [(*place, z) for ring in rings for z in (0.0, 9.0) for place in ring.tolist()]
    city = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [0.001] * 3, "translate": [*CORNER, 0.0]},
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
        "CityObjects": {f"b{number}": body(number, ring) for number, ring in enumerate(rings)},
        "vertices": np.rint(np.array(corners) * 1000).astype(int).tolist(),
    }
    source = folder / "quarter.city.json"
    source.write_text(json.dumps(city), encoding="utf-8")
    with Project.create(folder / "quarter.city.gpkg") as project:
        import_here(project, source)
        yield project


def test_isovists_are_those_that_shapely_finds_from_footprints(quarter: Project) -> None:
    rings = footprints()
    houses = shapely.union_all([shapely.Polygon(ring) for ring in rings])
    random = np.random.default_rng(3)
    places = [
        place for place in random.uniform(-90, 90, (60, 2)) if not houses.contains(shapely.Point(place))
    ]
    inputs = Inputs(
        places=tuple((*(CORNER + place).tolist(), 0.0) for place in places),
        radius_m=RADIUS_M,
        sky_directions=100,
    )
    result = isovist.run(quarter, inputs)
    judges = [seen_in_plan(place, rings, RADIUS_M) for place in places]
    # Pieces that only touch the rest in a corner are seen too; their outlines count each.
    whole = np.array([isinstance(judge, shapely.Polygon) for judge in judges])
    area = result.surfaces.numbers("isovist_area_m2") / shapely.area(judges) - 1
    perimeter = result.surfaces.numbers("isovist_perimeter_m") / shapely.length(judges) - 1
    far = [
        shapely.hausdorff_distance(judge, shapely.Point(place))
        for judge, place in zip(judges, places, strict=True)
    ]
    longest = result.surfaces.numbers("longest_sight_m") - np.array(far)
    note = f"{len(places)} places among {len(rings)} buildings, up to {RADIUS_M:g} m"
    for claim, found in (("area", area), ("perimeter", perimeter[whole])):
        record(
            SECTION,
            f"{claim} of isovists in plan",
            reference=f"a circle less the shadows of all sides of footprints (shapely); {BENEDIKT}",
            quantity="largest deviation",
            found=float(100 * np.abs(found).max()),
            tolerance=0.1,
            unit="%",
            note=note,
        )
    record(
        SECTION,
        "longest sight in plan",
        reference="the farthest corner of what shapely finds",
        quantity="largest deviation",
        found=float(np.abs(longest).max()),
        tolerance=0.01,
        unit="m",
        note=note,
    )


def at_eye_height(cast: Casters) -> list[int]:
    """The objects that reach from below 1.6 m above the ground to higher: others hide nothing in plan."""
    stands = ~np.isin(cast.layer, cast.terrain)
    corners = cast.vertices[cast.triangles[stands]]
    above = corners[..., 2] - cast.ground.heights(corners.reshape(-1, 3)[:, :2]).reshape(-1, 3)
    fids, owner = np.unique(cast.fid[stands], return_inverse=True)
    low, high = np.full(len(fids), np.inf), np.full(len(fids), -np.inf)
    np.minimum.at(low, owner, above.min(axis=1))
    np.maximum.at(high, owner, above.max(axis=1))
    return [int(fid) for fid in fids[(low < 1.6) & (high > 1.6)]]


def test_isovists_of_a_real_city_are_those_of_its_footprints(tmp_path: Path) -> None:
    with Project.create(tmp_path / "denhaag.city.gpkg") as project:
        import_files(project, [real("cityjson/denhaag/denhaag.city.json")])
        cast = casters(project)
        ground, standing = cast.ground, at_eye_height(cast)
        shapes = [
            shapely.force_2d(shapely.from_wkb(shape)).buffer(0)
            for thing in project.objects(fids=standing)
            if (shape := project.wkb(thing.fid)) is not None
        ]
        houses = shapely.union_all(shapes)
        rings = [
            np.array(ring.coords)[:-1]
            for part in shapely.get_parts(houses)
            for ring in (part.exterior, *part.interiors)
        ]
        random, (x0, y0, x1, y1) = np.random.default_rng(0), houses.bounds
        places = random.uniform((x0, y0), (x1, y1), (300, 2))
        free = shapely.distance(houses, shapely.points(places)) > 0.5
        near = shapely.distance(houses, shapely.points(places)) < 30
        places = places[free & near & np.isfinite(ground.heights(places))][:8]
        inputs = Inputs(places=tuple(map(tuple, places.tolist())), radius_m=RADIUS_M, sky_directions=100)
        found = isovist.run(project, inputs).surfaces.numbers("isovist_area_m2")
    judges = []
    for place in places:
        mine = [
            ring for ring in rings if shapely.distance(shapely.Polygon(ring), shapely.Point(place)) < RADIUS_M
        ]
        judges.append(seen_in_plan(place.tolist(), mine, RADIUS_M).area)
    record(
        SECTION,
        "area of isovists in Den Haag, with its terrain",
        reference=f"a circle less the shadows of all sides of footprints (shapely); {BENEDIKT}",
        quantity="largest deviation",
        found=float(100 * np.abs(found / np.array(judges) - 1).max()),
        tolerance=0.1,
        unit="%",
        note=f"{len(places)} places among {len(shapes)} buildings and parts; low sheds and oriels left out",
    )


def test_open_sky_beside_and_between_walls() -> None:
    off = []
    for angle_deg in np.arange(5.0, 90.0, 10.0):
        height, way = 20.0 * np.tan(np.radians(angle_deg)), np.radians(2.3 * angle_deg)
        for distances, closed in (
            ([20.0], 1 - angle_deg / 180),
            ([-20.0, 20.0], 1 - angle_deg / 90),
        ):
            scene = parallel_walls(height, distances, (float(np.cos(way)), float(np.sin(way))))
            cast = Casters.of(scene.vertices, scene.triangles)
            seen = sky_factors(cast, np.array([[0.0, 0, 1e-3]]), np.array([[0.0, 0, 1]]), 1000)
            off.append(seen.openness[0] - closed)
    record(
        SECTION,
        "open sky beside an endless wall and between two",
        reference="1 − γ / π and 1 − 2γ / π, the solid angle of a lune",
        quantity="largest deviation, angles γ of 5 to 85° by 10°",
        found=float(100 * np.abs(off).max()),
        tolerance=1.1,
        unit="% of the sky",
    )
