"""Which share of each facade is seen: against exact polygons and a hundred times the lines of sight."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from shapely import MultiPoint, Polygon, union_all

from analysis import visibility
from analysis.facades import laid_again
from analysis.sight.fieldofview import FieldOfView
from analysis.sight.lookedat import looked_at
from analysis.sight.looking import bend_of, observers_at
from analysis.sight.outlook import SEEN
from analysis.sight.seeing import Watch, seen_of
from analysis.sight.shares import FINE, MOST_PLACES, fineness, look_again, refined
from analysis.sight.sights import EARTH_RADIUS_M, Sights
from analysis.sight.waypoints import viewing_places
from analysis.site import site_if_known
from analysis.visibility import Inputs
from layers.arrays import Float64
from layers.importing import import_files
from layers.project import Project
from tests.boxes import SIDES, Box, some_boxes, write_boxes
from tests.validation.record import record

SECTION = "Viewsheds"
#: Of absolute value: one per cent of a facade.
TOLERANCE = 0.01
CORNER = np.array([85_000.0, 447_000.0, 0.0])  # of `tests.boxes`, in the world
#: Corners of a box that an edge joins differ in one of three ways.
EDGES = [
    (a, b) for a, b in combinations(range(8), 2) if (a // 4 == b // 4 and (a - b) % 4 in (1, 3)) or b - a == 4
]
NEAREST_M = 1e-6
#: From where the boxes are looked at, from their corner.
EYES = ((-40.0, 90.0, 1.6), (100.0, 117.0, 1.6), (60.0, -30.0, 60.0), (250.0, 240.0, 25.0))
#: How far one looks in the demo city.
RADIUS_M = 200.0
#: Of facades that neighbours leave less of than this, the share is that of a sliver.
LEAST_LEFT = 0.1


#: By object and face.
Shares = dict[tuple[str, int], float]


def exact_shares(boxes: list[Box], eye: Float64) -> Shares:
    """What share of each face is seen from an eye: what others hide of it is cut away as polygons."""
    found = {}
    for number, box in enumerate(boxes):
        for side, ring in enumerate(SIDES):
            face = box.corners[ring]
            across = np.cross(face[1] - face[0], face[3] - face[0])
            normal = across / np.linalg.norm(across)
            away = float((eye - face[0]) @ normal)
            along = (face[1] - face[0]) / np.linalg.norm(face[1] - face[0])
            axes = np.column_stack((along, np.cross(normal, along)))
            outline = Polygon((face - face[0]) @ axes)
            hidden = [
                shadow(other, eye, face[0], normal, axes) for other in boxes if other is not box and away > 0
            ]
            left = outline.difference(union_all([one for one in hidden if one is not None]))
            found[f"B{number}", side] = left.area / outline.area if away > 0 else 0.0
    return found


def shadow(box: Box, eye: Float64, zero: Float64, normal: Float64, axes: Float64) -> Polygon | None:
    """What a box hides of a plane from an eye: the hull of its part in between, cast onto it."""
    corners, away = box.corners, float((eye - zero) @ normal)
    height = (corners - zero) @ normal
    low, high = NEAREST_M, away - NEAREST_M
    ends = [corners[(height > low) & (height < high)]]
    for a, b in EDGES:
        for level in (low, high):
            if (height[a] - level) * (height[b] - level) < 0:
                share = (level - height[a]) / (height[b] - height[a])
                ends.append((corners[a] + share * (corners[b] - corners[a]))[None])
    points = np.concatenate(ends)
    if len(points) < 3:
        return None
    reach = away / (away - (points - zero) @ normal)
    cast = MultiPoint((eye + reach[:, None] * (points - eye) - zero) @ axes).convex_hull
    return cast if isinstance(cast, Polygon) else None


@pytest.fixture(scope="module")
def boxes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, list[Shares]]:
    """Boxes, and what of them is seen from each of the eyes."""
    folder, boxes = tmp_path_factory.mktemp("boxes"), some_boxes(49)
    project = Project.create(folder / "boxes.city.gpkg")
    import_files(project, [write_boxes(folder / "boxes.city.jsonl", boxes)])
    return project, [exact_shares(boxes, np.array(eye)) for eye in EYES]


@pytest.mark.parametrize(("places", "said"), [(1, "one place"), (MOST_PLACES + 1, "many places")])
def test_shares_of_facades_are_those_of_exact_polygons(
    boxes: tuple[Project, list[Shares]], places: int, said: str
) -> None:
    project, shares = boxes
    deviations, is_part = [], []
    for eye, exact in zip(EYES, shares, strict=True):
        # Many places that are one: as many are looked at, with the answer of one.
        where = (tuple((CORNER + np.array(eye)).tolist()),) * places
        table = visibility.run(project, Inputs(places=where, eye_height_m=0.0, curvature=False)).surfaces
        keys = zip(table.texts("object_id"), table.numbers("surface").astype(int).tolist(), strict=True)
        reference = np.array([exact[key] for key in keys])
        deviations.append(table.numbers(SEEN) - reference)
        is_part.append((reference > 0) & (reference < 1))
    found = np.concatenate(deviations)
    some = found[np.concatenate(is_part)]
    assert len(some) > 100
    record(
        SECTION,
        f"share of each roof and wall among 49 boxes that is seen from {said}, as finely as for so many",
        reference="exact polygons: the hulls of all boxes between eye and surface, cut away (shapely)",
        quantity="largest deviation",
        found=float(np.abs(found).max()),
        tolerance=fineness(places).error,
        note=f"{len(found)} surfaces from four sides, {len(some)} of them seen in part; root mean square of "
        f"these {np.sqrt((some**2).mean()):.4f}",
    )


def test_the_earth_hides_the_foot_of_a_tower(tmp_path: Path) -> None:
    # Over a low bank half-way to it, 20 km away: without curvature all but 2 m of the tower would be seen.
    bank, tower = Box((0, 10_000), 2_000, 1, 0, -40, 0), Box((0, 20_010), 20, 20, 0, 0, 40)
    eye_z, far, deviations = 2.0, 20_000.0, []
    with Project.create(tmp_path / "tower.city.gpkg") as project:
        import_files(project, [write_boxes(tmp_path / "tower.city.jsonl", [bank, tower])])
        for refraction, curved in ((0.13, True), (0.0, True), (0.13, False)):
            inputs = Inputs(
                places=((*CORNER[:2], eye_z),),
                eye_height_m=0.0,
                where="id == 'B1'",
                curvature=curved,
                refraction=refraction,
            )
            table = visibility.run(project, inputs).surfaces
            near = np.abs(table.numbers("azimuth_deg") - 180) < 5
            bend = (1 - refraction) / (2 * EARTH_RADIUS_M) if curved else 0.0
            # The line that grazes the bank ends at this height of the tower.
            grazing = [
                eye_z + (bend * at * (far - at) - eye_z) * far / at for at in (10_000 - 0.5, 10_000 + 0.5)
            ]
            deviations.append(table.numbers(SEEN)[near][0] - (1 - max(*grazing, 0.0) / 40))
    record(
        SECTION,
        "share of a tower's wall that is seen over a low bank 20 km away, with curvature and refraction, "
        "without refraction, and on a flat Earth",
        reference="closed form: sag of the line of sight, (1 − k) a b / 2R",
        quantity="largest deviation",
        found=float(np.abs(deviations).max()),
        tolerance=TOLERANCE,
    )


def test_shares_of_facades_are_those_of_a_hundred_times_the_lines(demo_city: Project) -> None:
    inputs = Inputs(places=((548400.0, 5494600.0),), date="2035-07-01")
    site = site_if_known(demo_city)
    places, _ = viewing_places(demo_city, inputs)
    looked = looked_at(demo_city, inputs, site, places, RADIUS_M)
    observers = observers_at(demo_city, places, inputs.eye_height_m, looked.states[0])
    watch = Watch(
        Sights(looked.states[0], inputs.vegetation, bend_of(inputs)),
        observers.eyes,
        FieldOfView(RADIUS_M),
    )
    seen = seen_of(watch, looked.receivers)
    found = refined(demo_city, looked.receivers, looked.states, watch, seen)
    part = np.flatnonzero((found.any_share > 0) & (found.any_share < 1))
    whole = laid_again(demo_city, looked.receivers, part, 100)
    whole_m2 = np.bincount(whole.row, whole.area_m2, len(part))
    part = part[looked.receivers.row_area_m2[part] > LEAST_LEFT * whole_m2]
    rows = np.sort(np.random.default_rng(3).choice(part, 12, replace=False))
    brute = replace(seen, any_share=seen.any_share.copy(), share=seen.share.copy())
    for row in rows:
        look_again(demo_city, looked.receivers, looked.states, watch, brute, row[None], 100 * FINE.points)
    deviation = found.any_share[rows] - brute.any_share[rows]
    record(
        SECTION,
        "share of facades of the demo city that are seen in part, among terrain and trees, with curvature",
        reference="brute force: the same with 100 times the lines of sight",
        quantity="largest deviation",
        found=float(np.abs(deviation).max()),
        tolerance=TOLERANCE,
        note=f"{len(rows)} of {len(part)} surfaces of which neighbours leave a tenth; root mean square "
        f"{np.sqrt((deviation**2).mean()):.4f}",
    )
