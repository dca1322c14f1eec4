"""Roofs on footprints of every form: sound solids with the volumes that geometry gives them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon

from layers.errors import EditError
from layers.modelling.buildings import building
from layers.modelling.outlines import Outline
from layers.modelling.roofs import KINDS, Roof
from layers.modelling.skeleton import skeleton
from tests.layers.modelling.footprints import NAMED, RECTANGLE, L, at_place, local, outlines, volumes_of

TAN = math.tan(math.radians(35))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMED)
def test_every_roof_on_every_footprint_is_sound_or_refused_in_a_sentence(name: str, kind: str) -> None:
    rings = [at_place(ring, 17) for ring in NAMED[name]]
    if kind == "pyramid" and name in ("U", "yard"):
        with pytest.raises(EditError, match="no place from which all sides are seen"):
            building(rings, 12, 5, Roof(kind))
        return
    shape = building(rings, 12, 5, Roof(kind))
    found = volumes_of(shape)
    assert found["1"] == pytest.approx(found["2"], rel=1e-9)
    assert {"RoofSurface", "WallSurface", "GroundSurface"} == set(local(shape).kinds)


def test_roofs_on_a_rectangle_have_the_volumes_of_the_textbook() -> None:
    a, b, walls = 10.0, 6.0, 10 * 6 * 5.0
    rise = b / 2 * TAN

    def of(roof: Roof) -> float:
        return volumes_of(building([at_place(RECTANGLE, 28)], 0, 5, roof))["2"] - walls

    assert of(Roof("flat")) == pytest.approx(0, abs=1e-6)
    assert of(Roof("gable", pitch_deg=35)) == pytest.approx(a * b * rise / 2, rel=1e-6)
    assert of(Roof("hip", pitch_deg=35)) == pytest.approx(b * rise / 6 * (3 * a - b), rel=1e-6)
    assert of(Roof("pyramid", rise_m=4)) == pytest.approx(a * b * 4 / 3, rel=1e-6)
    # East of the turned rectangle's long side is azimuth 90 - 28.
    assert of(Roof("shed", rise_m=2, direction_deg=62)) == pytest.approx(a * b, rel=1e-6)
    run = 1.0
    below = run * math.tan(math.radians(70))
    mansard = Roof("mansard", pitch_deg=70, upper_pitch_deg=25, break_m=below)
    inner_a, inner_b, upper = a - 2 * run, b - 2 * run, (b / 2 - run) * math.tan(math.radians(25))
    frustum = below / 6 * (a * b + (a + inner_a) * (b + inner_b) + inner_a * inner_b)
    assert of(mansard) == pytest.approx(frustum + inner_b * upper / 6 * (3 * inner_a - inner_b), rel=1e-6)


def test_a_gable_roof_follows_the_wings() -> None:
    shape = building([at_place(L)], 0, 5, Roof("gable", pitch_deg=45), lods=("2",))
    body = local(shape)
    assert body.kinds.count("RoofSurface") == 4
    gables = [
        len(face[0]) for face, kind in zip(body.faces, body.kinds, strict=True) if kind == "WallSurface"
    ]
    assert sorted(gables) == [4, 4, 4, 4, 5, 5]


def inner_volume(outline: Outline) -> float:
    """The volume of a hip roof of 45° by the areas of outlines moved inwards, as GEOS makes them.

    Between the times when anything happens they are quadratic: Gauss' two places are exact.
    """
    outer, *holes = (ring - outline.places[0] for ring in outline.rings)
    shape = Polygon(outer, holes)
    times = np.unique(skeleton(outline).nodes[:, 2])
    total = 0.0
    for one, other in pairwise(times.tolist()):
        for share in (0.5 - 0.5 / math.sqrt(3), 0.5 + 0.5 / math.sqrt(3)):
            moved = shape.buffer(-(one + share * (other - one)), join_style="mitre", mitre_limit=1e6)
            total += (other - one) / 2 * moved.area
    return total


@settings(max_examples=60)
@given(outlines(), st.sampled_from(("hip", "gable", "mansard", "shed")))
def test_roofs_on_random_footprints_are_sound(outline: Outline, kind: str) -> None:
    building(outline, 3.0, 4.0, Roof(kind))


@settings(max_examples=40)
@given(outlines())
def test_hip_roofs_on_random_footprints_have_the_volume_of_the_moved_outlines(outline: Outline) -> None:
    found = volumes_of(building(outline, 0, 4.0, Roof("hip", pitch_deg=45), lods=("2",)))["2"]
    expected = outline.area_m2 * 4 + inner_volume(outline)
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("ring", "words"),
    [
        ([(0, 0), (5, 0)], "fewer than three corners"),
        ([(0, 0), (5, 5), (5, 0), (0, 5)], "self-intersection"),
        ([(0, 0), (5, 0), (9, 0)], "fewer than three corners"),
        ([(0, 0), (0.05, 0), (0.05, 0.05)], "m²"),
    ],
)
def test_an_outline_that_is_none_is_refused(ring: Sequence[tuple[float, float]], words: str) -> None:
    with pytest.raises(EditError, match=words):
        building([at_place(ring)], 0, 5)


def test_numbers_that_make_no_roof_are_refused() -> None:
    for roof in (
        Roof("onion"),
        Roof("hip", pitch_deg=90),
        Roof("hip", rise_m=-1),
        Roof("mansard", rise_m=99),
    ):
        with pytest.raises(EditError):
            building([at_place(RECTANGLE)], 0, 5, roof)
    with pytest.raises(EditError, match="walls have no height"):
        building([at_place(RECTANGLE)], 0, 0)
