"""Sizes of shapes by closed forms, faces under a point, and what a file of millimetres leaves of a shape."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.modelling.bodies import checked
from layers.modelling.buildings import building
from layers.modelling.figures import face_at, figures
from layers.modelling.outlines import Outline
from layers.modelling.roofs import Roof
from tests.layers.modelling.footprints import RECTANGLE, at_place, local, outlines


def test_the_figures_of_a_house_are_those_of_the_textbook() -> None:
    found = figures(building([at_place(RECTANGLE, 33)], 12, 5, Roof("gable", pitch_deg=45)))
    assert found.volume_m3 == pytest.approx(60 * 5 + 10 * 6 * 3 / 2, rel=1e-6)
    assert found.footprint_m2 == pytest.approx(60, rel=1e-6)
    assert found.roof_m2 == pytest.approx(60 * math.sqrt(2), rel=1e-6)
    assert found.wall_m2 == pytest.approx(2 * 16 * 5 + 2 * 9, rel=1e-6)
    assert (found.height_m, found.eaves_m) == pytest.approx((8, 5), rel=1e-6)


def test_each_face_is_found_by_a_point_on_it() -> None:
    shape = building([at_place(RECTANGLE, 33)], 12, 5, Roof("hip"))
    body = local(shape)
    for number, face in enumerate(body.faces):
        middle = body.points[face[0]].mean(axis=0) + shape.vertices[0]
        assert face_at(shape, middle) == (1, number)


@settings(max_examples=30, derandomize=True)
@given(outlines(), st.sampled_from(("flat", "gable", "hip", "mansard")))
def test_a_shape_is_still_sound_when_a_file_rounds_it_to_millimetres(outline: Outline, kind: str) -> None:
    """True of all but one in a thousand, which have faces of a few millimetres."""
    shape = building(outline, 3.0, 4.0, Roof(kind))
    checked(replace(shape, vertices=np.round(shape.vertices, 3)))
