"""Sky view factor and sky component of a small city, end to end."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from analysis import skyview
from analysis.analysis import analysis_of
from analysis.casters import Casters
from analysis.skyfactors import sky_directions, sky_factors
from analysis.skyview import COMPONENT, SKY_VIEW, Inputs
from layers.errors import UsageError
from layers.importing import import_files
from layers.project import Project
from tests.validation.scenes import of_quads

WIDTH_M, HEIGHT_M = 20.0, 15.0


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Two long blocks either side of a street that runs north, one of them from 2000 on."""
    objects = {"West": block(-WIDTH_M / 2 - 10), "East": block(WIDTH_M / 2)}
    objects["East"]["attributes"] = {"dateOfConstruction": "2000-01-01"}
    vertices: list[list[float]] = []
    for thing in objects.values():
        corners = thing.pop("corners")
        shift = len(vertices)
        vertices += corners
        thing["geometry"][0]["boundaries"] = [
            [[[corner + shift for corner in ring] for ring in face] for face in SIDES]
        ]
    city = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [0.01] * 3, "translate": [155000, 463000, 0]},
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
        "CityObjects": objects,
        "vertices": [[round(100 * value) for value in vertex] for vertex in vertices],
    }
    folder = tmp_path_factory.mktemp("street")
    source = folder / "street.city.json"
    source.write_text(json.dumps(city), encoding="utf-8")
    project = Project.create(folder / "street.city.gpkg")
    import_files(project, [source])
    return project


SIDES = [[[3, 2, 1, 0]], [[4, 5, 6, 7]], [[0, 1, 5, 4]], [[1, 2, 6, 5]], [[2, 3, 7, 6]], [[3, 0, 4, 7]]]


def block(west: float) -> dict[str, Any]:
    """A building ten metres deep and two kilometres long."""
    ring = [(west, -1000), (west + 10, -1000), (west + 10, 1000), (west, 1000)]
    types = [{"type": name} for name in ("GroundSurface", "RoofSurface", "WallSurface")]
    solid = {"type": "Solid", "lod": "2", "semantics": {"surfaces": types, "values": [[0, 1, 2, 2, 2, 2]]}}
    corners = [[x, y, z] for z in (0.0, HEIGHT_M) for x, y in ring]
    return {"type": "Building", "corners": corners, "geometry": [solid]}


def test_roofs_see_all_and_walls_along_a_street_what_the_closed_form_says(street: Project) -> None:
    result = analysis_of("skyview").run(street, Inputs(spacing_m=5.0), lambda _share, _text: None)
    table = result.surfaces
    roofs = np.array(table.texts("surface_type")) == "RoofSurface"
    assert table.numbers(SKY_VIEW)[roofs] == pytest.approx(1.0, abs=1e-6)
    assert table.numbers(COMPONENT)[roofs] == pytest.approx(100.0, abs=1e-4)
    points = result.points
    on_street = (
        (np.abs(points.numbers("nx")) > 0.99)
        & (np.abs(points.numbers("x") - 155000) < WIDTH_M / 2)
        & (np.abs(points.numbers("y") - 463000) < 200)
    )
    rise = np.arctan((HEIGHT_M - points.numbers("z")[on_street]) / WIDTH_M)
    assert on_street.sum() > 100
    assert points.numbers(SKY_VIEW)[on_street] == pytest.approx((1 - np.sin(rise)) / 2, abs=0.006)
    assert "0.005" in result.pedigree.error and len(result.pedigree.inputs[0][1]) == 64


def test_a_state_is_compared_with_one_before(street: Project) -> None:
    inputs = Inputs(
        where="id == 'West'",
        surfaces="walls",
        spacing_m=5.0,
        date="2020-01-01",
        compare=True,
        compare_date="1990-01-01",
    )
    points = skyview.run(street, inputs).points
    change = points.numbers(SKY_VIEW + "_change")
    facing = (points.numbers("nx") > 0.99) & (np.abs(points.numbers("y") - 463000) < 200)
    assert points.numbers(SKY_VIEW + "_before")[facing] == pytest.approx(0.5, abs=1e-6)
    assert (change[facing] < -0.05).all()
    assert change[points.numbers("nx") < -0.99] == pytest.approx(0.0, abs=1e-12)


def test_what_is_estimated_is_what_is_measured(street: Project) -> None:
    inputs = Inputs(spacing_m=5.0)
    assert skyview.estimate(street, inputs).points == pytest.approx(
        len(skyview.run(street, inputs).points), rel=0.05
    )


def test_progress_goes_from_nothing_to_all() -> None:
    told: list[float] = []
    nothing, up = Casters.of(np.empty((0, 3)), np.empty((0, 3), np.int32)), np.array([[0.0, 0.0, 1.0]])
    sky_factors(nothing, up, up, progress=lambda fraction, _: told.append(fraction))
    assert told[0] == 0 and told == sorted(told) and told[-1] <= 1


def test_given_points_are_measured_where_they_are(street: Project) -> None:
    window = (155000 - WIDTH_M / 2 + 0.01, 463000.0, 1.5, 1.0, 0.0, 0.0)
    result = skyview.run(street, Inputs(on="points", points=(window,)))
    rise = np.arctan((HEIGHT_M - 1.5) / WIDTH_M)
    closed = 3 / 14 * (1 - np.sin(rise)) + 4 / (7 * np.pi) * np.cos(rise) ** 2
    assert result.surfaces.numbers(COMPONENT) == pytest.approx([100 * closed], abs=0.5)


def test_no_points_is_a_sentence(street: Project) -> None:
    with pytest.raises(UsageError, match="No points"):
        skyview.run(street, Inputs(on="points"))
    with pytest.raises(UsageError, match="nothing to measure on"):
        skyview.run(street, Inputs(where="id == 'North'"))


def test_directions_share_the_sky_equally() -> None:
    sky = sky_directions(2000)
    assert np.linalg.norm(sky, axis=1) == pytest.approx(1.0)
    assert (sky[:, 2] > 0).all()
    # Solid angles of three caps and three quarters of the sky.
    for low in (0.2, 0.5, 0.8):
        assert (sky[:, 2] > low).mean() == pytest.approx(1 - low, abs=0.001)
    assert (sky[:, 0] > 0).mean() == pytest.approx(0.5, abs=0.002)


def test_what_looks_down_sees_no_sky() -> None:
    nothing = Casters.of(np.zeros((0, 3)), np.zeros((0, 3), np.int32))
    seen = sky_factors(nothing, np.zeros((1, 3)), np.array([[0.0, 0, -1]]))
    assert seen.sky_view[0] == seen.sky_component[0] == 0


def test_a_roof_of_leaves_lets_its_share_of_the_sky_through() -> None:
    leaves = of_quads(np.array([[[-1e4, -1e4, 5], [1e4, -1e4, 5], [1e4, 1e4, 5], [-1e4, 1e4, 5]]]))
    through = np.full((2, 2), (0.25, 0.5), np.float32)
    trees = Casters.of(leaves.vertices, leaves.triangles, np.array([7, 7]), through)
    points, up = np.array([[0.0, 0, 0], [0.0, 0, 6]]), np.array([[0.0, 0, 1], [0.0, 0, 1]])
    seen = sky_factors(trees, points, up, 1000)
    assert seen.sky_view == pytest.approx([0.25, 1.0], abs=0.001)
    assert seen.sky_component == pytest.approx([0.25, 1.0], abs=0.001)
