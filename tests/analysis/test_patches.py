"""Objects in pieces: their area, which way they look, and how large they look."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.gridding import areas_of
from analysis.sight.patches import far_solid_angles, patches_of, solid_angles
from layers.arrays import Float64
from tests.analysis.test_shadow import box

TOWER = box((0.0, 0.0, 0.0), (20.0, 20.0, 60.0))


def ball(count: int = 40, radius_m: float = 5.0) -> Float64:
    """A ball of many small triangles about the origin."""
    turn, rise = np.meshgrid(
        np.linspace(0, 2 * np.pi, 2 * count + 1), np.linspace(-np.pi / 2, np.pi / 2, count + 1)
    )
    points = radius_m * np.stack((np.cos(rise) * np.cos(turn), np.cos(rise) * np.sin(turn), np.sin(rise)), -1)
    a, b, c, d = points[:-1, :-1], points[:-1, 1:], points[1:, :-1], points[1:, 1:]
    pairs = (np.stack((a, b, d), axis=-2), np.stack((a, d, c), axis=-2))
    return np.concatenate([pair.reshape(-1, 3, 3) for pair in pairs])


def test_pieces_cover_a_body_and_look_out_of_it_whichever_way_it_is_turned() -> None:
    for triangles in (TOWER, TOWER[:, ::-1]):
        found = patches_of(triangles, np.zeros(len(triangles), np.int64), 300)
        assert found.area_m2.sum() == pytest.approx(areas_of(TOWER).sum(), rel=1e-9)
        assert ((found.outward * (found.middles - (10, 10, 30))).sum(axis=1) > 9.9).all()
        assert found.is_closed.all() and found.is_convex
        assert 300 <= len(found) <= 600


def test_each_piece_lies_in_its_slice() -> None:
    found = patches_of(TOWER, np.zeros(len(TOWER), np.int64), 300)
    bottom, top = found.level * found.level_m, (found.level + 1) * found.level_m
    heights = found.corners[..., 2]
    assert found.levels * found.level_m == pytest.approx(60.0)
    assert (heights.min(axis=1) >= bottom - 1e-9).all() and (heights.max(axis=1) <= top + 1e-9).all()


def test_a_yard_makes_a_body_hollow_and_a_sheet_is_none() -> None:
    two = np.concatenate((TOWER, box((40.0, 0.0, 0.0), (50.0, 20.0, 30.0))))
    assert not patches_of(two, np.repeat([0, 1], len(TOWER)), 300).is_convex
    sheet = patches_of(TOWER[:2], np.zeros(2, np.int64), 50)
    assert not sheet.is_closed.any() and not sheet.is_convex


def test_many_small_faces_are_represented_by_some() -> None:
    triangles = ball()
    found = patches_of(triangles, np.zeros(len(triangles), np.int64), 100)
    assert len(found) <= 400
    assert found.area_m2.sum() == pytest.approx(areas_of(triangles).sum(), rel=1e-6)
    eye = np.tile([[30.0, 10.0, 4.0]], (len(found), 1))
    seen = solid_angles(eye, found.corners) * found.weight
    sine = 5.0 / np.linalg.norm(eye[0])
    assert seen.sum() / 2 == pytest.approx(
        2 * np.pi * (1 - np.sqrt(1 - sine**2)), rel=1 / np.sqrt(len(found))
    )


def test_solid_angles_are_those_of_the_closed_form_near_and_far() -> None:
    half, away = 0.5, np.array([0.05, 0.5, 3.0, 20.0])
    square = np.array(
        [
            [[-half, -half, 0], [half, -half, 0], [half, half, 0]],
            [[-half, -half, 0], [half, half, 0], [-half, half, 0]],
        ]
    )
    eyes = np.column_stack((np.zeros((4, 2)), away))
    found = sum(solid_angles(eyes, np.repeat(part[None], 4, axis=0)) for part in square)
    closed = 4 * np.arcsin(half**2 / (half**2 + away**2))
    assert found == pytest.approx(closed, rel=1e-9)
    far = far_solid_angles(-eyes, np.tile([0.0, 0.0, 1.0], (4, 1)), np.ones(4))
    assert far[3] == pytest.approx(closed[3], rel=2e-3)


def test_nothing_has_no_pieces() -> None:
    assert len(patches_of(np.empty((0, 3, 3)), np.empty(0, np.int64), 100)) == 0
