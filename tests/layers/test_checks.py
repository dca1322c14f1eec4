"""Checks of geometries: each code by a shape made for it, and the files whose codes val3dity's tests name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layers.checks.codes import CODES
from layers.checks.geometry import ObjectCheck, parts_findings
from layers.validation import validate
from tests.conftest import real

SIDE = 10.0
#: Faces of a cube over its eight corners, looking outwards.
CUBE = [[0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]


class Model:
    """Corners and boundaries, added piece by piece."""

    def __init__(self) -> None:
        self.points: list[tuple[float, float, float]] = []

    def ring(self, *corners: Sequence[float]) -> list[int]:
        first = len(self.points)
        self.points += [(float(c[0]), float(c[1]), float(c[2]) if len(c) > 2 else 0.0) for c in corners]
        return list(range(first, len(self.points)))

    def cube(self, at: Sequence[float] = (0, 0, 0), side: float = SIDE, inwards: bool = False) -> list[Any]:
        x, y, z = at
        base = ((0, 0), (1, 0), (1, 1), (0, 1))
        corners = [(x + a * side, y + b * side, z + h) for h in (0.0, side) for a, b in base]
        numbers = self.ring(*corners)
        faces = [[[numbers[n] for n in face]] for face in CUBE]
        return [[ring[::-1] for ring in face] for face in faces] if inwards else faces

    def codes(self, type: str, boundaries: Any) -> list[str]:
        check = ObjectCheck("it", np.array(self.points))
        found = list(check.findings([{"type": type, "lod": "2", "boundaries": boundaries}]))
        assert all(finding.code in CODES and finding.text for finding in found)
        return sorted({finding.code for finding in found})


SQUARE = ((0, 0), (SIDE, 0), (SIDE, SIDE), (0, SIDE))


def hole(low: float, high: float) -> tuple[tuple[float, float], ...]:
    return ((low, low), (low, high), (high, high), (high, low))


@pytest.mark.parametrize(
    ("code", "rings"),
    [
        ("", [SQUARE]),
        ("", [SQUARE, hole(2, 4)]),
        ("", [SQUARE, ((0, 0), (2, 4), (4, 2))]),  # a hole may touch the outer ring at a point
        ("101", [SQUARE[:2]]),
        ("102", [(*SQUARE, (0.0005, SIDE))]),
        ("104", [((0, 0), (SIDE, SIDE), (SIDE, 0), (0, SIDE))]),
        ("104", [((0, 0), (SIDE, 0), (5, 5), (SIDE, SIDE), (0, SIDE), (5, 5))]),  # touches itself
        ("104", [((0, 0), (5, 0), (SIDE, 0))]),  # no area
        ("201", [SQUARE, ((8, 8), (8, 12), (12, 12), (12, 8))]),
        ("201", [SQUARE, ((2, 0), (2, 4), (4, 4), (4, 0))]),  # runs along the outer ring
        ("202", [SQUARE, SQUARE[::-1]]),
        ("203", [((0, 0), (SIDE, 0), (SIDE, SIDE, 0.1), (0, SIDE))]),
        ("", [((0, 0), (SIDE, 0), (SIDE, SIDE, 0.02), (0, SIDE))]),  # each corner 5 mm off the plane
        ("204", [((0, 0), (SIDE, 0), (SIDE, 0.01, 0.008), (0, 0.01))]),
        ("205", [SQUARE, ((0, 5), (5, SIDE), (SIDE, 5), (5, 0))]),
        ("206", [SQUARE, hole(20, 22)]),
        ("207", [SQUARE, hole(2, 8), hole(4, 6)]),
        ("208", [SQUARE, hole(2, 4)[::-1]]),
    ],
)
def test_a_polygon_has_the_code_of_what_is_wrong_with_it(code: str, rings: list[Any]) -> None:
    model = Model()
    face = [model.ring(*ring) for ring in rings]
    assert model.codes("MultiSurface", [face]) == ([code] if code else [])


def test_a_cube_is_sound_and_what_is_done_to_it_is_told() -> None:
    def codes(change: Any = None, type: str = "Solid", inwards: bool = False) -> list[str]:
        model = Model()
        faces = model.cube(inwards=inwards)
        if change:
            faces = change(model, faces)
        return model.codes(type, [faces] if type == "Solid" else faces)

    assert codes() == [] and codes(type="CompositeSurface") == []
    assert codes(inwards=True) == ["405"]
    assert codes(lambda _, faces: faces[:3]) == ["301"]
    assert codes(lambda _, faces: faces[:5]) == ["302"]
    assert codes(lambda _, faces: faces[:5], type="CompositeSurface") == []
    assert codes(lambda _, faces: [[faces[0][0][::-1]], *faces[1:]]) == ["307"]
    assert codes(lambda model, faces: [*faces, *model.cube((20, 0, 0))]) == ["305"]
    # Two cubes along one edge: it belongs to four faces.
    assert "303" in codes(lambda model, faces: [*faces, *model.cube((SIDE, SIDE, 0))])
    # Two cubes at one corner.
    assert "303" in codes(lambda model, faces: [*faces, *model.cube((SIDE, SIDE, SIDE))])
    assert codes(lambda model, faces: [*faces, *model.cube((5, 5, 5))]) == ["305", "306"]


@pytest.mark.parametrize(("depth", "codes"), [(5.0, []), (12.0, ["306"])])
def test_a_dent_deeper_than_the_ground_crosses_the_shell(depth: float, codes: list[str]) -> None:
    model = Model()
    faces = model.cube()
    (bottom,) = model.ring((5, 5, SIDE - depth))
    top = faces.pop(1)[0]
    dent = [[[top[k], top[(k + 1) % 4], bottom]] for k in range(4)]
    assert model.codes("Solid", [[*faces, *dent]]) == codes


@pytest.mark.parametrize(
    ("code", "at", "side", "inwards"),
    [
        ("", (2, 2, 2), 4, True),
        ("401", (8, 2, 2), 4, True),
        ("402", (0, 0, 0), SIDE, True),
        ("403", (20, 2, 2), 4, True),
        ("405", (2, 2, 2), 4, False),
    ],
)
def test_inner_shells(code: str, at: tuple[float, ...], side: float, inwards: bool) -> None:
    model = Model()
    shells = [model.cube(), model.cube(at, side, inwards)]
    assert model.codes("Solid", shells) == ([code] if code else [])


@pytest.mark.parametrize(
    ("code", "at", "side"),
    [
        ("", (SIDE, 0, 0), SIDE),
        ("501", (SIDE - 0.01, 0, 0), SIDE),
        ("501", (2, 2, 2), 4),
        ("502", (0, 0, 0), SIDE),
        ("503", (20, 0, 0), SIDE),
    ],
)
def test_solids_of_a_composite(code: str, at: tuple[float, ...], side: float) -> None:
    model = Model()
    solids = [[model.cube()], [model.cube(at, side)]]
    assert model.codes("CompositeSolid", solids) == ([code] if code else [])
    assert model.codes("MultiSolid", solids) == []


@pytest.mark.parametrize(("x", "overlaps"), [(SIDE, False), (SIDE - 0.5, True)])
def test_parts_of_a_building(x: float, overlaps: bool) -> None:
    checks = {}
    for id, at in (("a", 0.0), ("b", x)):
        model = Model()
        boundaries = [model.cube((at, 0, 0))]
        checks[id] = ObjectCheck(id, np.array(model.points))
        assert not list(checks[id].findings([{"type": "Solid", "lod": "2", "boundaries": boundaries}]))
    assert [found.code for found in parts_findings("house", checks)] == (["601"] if overlaps else [])


@pytest.mark.parametrize(("depth", "overlaps"), [(0.0, False), (0.01, True), (1.0, True)])
def test_slanted_walls_that_are_rounded_to_a_millimetre_touch(depth: float, overlaps: bool) -> None:
    """Each part is right by itself; where they meet, rounding puts one up to 1.4 mm into the other."""
    rng = np.random.default_rng(7)
    found = 0
    for angle in rng.uniform(0.02, 1.5, 60):
        turned = np.array([(np.cos(angle), -np.sin(angle), 0), (np.sin(angle), np.cos(angle), 0), (0, 0, 1)])
        checks = {}
        for id, at, side in (("a", (0.0, 0.0, 0.0), SIDE), ("b", (SIDE - depth, 3.3, -1.7), 3.1)):
            model = Model()
            boundaries = [model.cube(at, side)]
            points = (np.array(model.points) @ turned.T).round(3)
            checks[id] = ObjectCheck(id, points)
            assert not list(checks[id].findings([{"type": "Solid", "lod": "2", "boundaries": boundaries}]))
        found += any(True for _ in parts_findings("house", checks))
    assert found == (60 if overlaps else 0)


def test_a_beam_through_a_wall_overlaps_it_though_no_corner_is_inside() -> None:
    checks = {}
    for id, low, size in (("wall", (0, 0, 0), (20, 0.2, 10)), ("beam", (13.2, -7.0, 4.1), (0.3, 50.0, 0.3))):
        model = Model()
        boundaries = [model.cube((0, 0, 0), 1.0)]
        checks[id] = ObjectCheck(id, np.array(model.points) * size + low)
        list(checks[id].findings([{"type": "Solid", "lod": "2", "boundaries": boundaries}]))
    assert [found.code for found in parts_findings("house", checks)] == ["601"]


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("501.json", ["501"]),
        ("501_1.json", ["501"]),
        ("502.json", ["502"]),
        ("503.json", ["503"]),
        ("601.json", ["601"]),
        ("3dbag_b2.city.jsonl", ["102"]),
        ("denhaag_random_5.city.jsonl", ["203", "601"]),
        ("geomtemplate_1.json", []),
        ("geomtemplate_2.json", ["203"]),
        ("several_lods_valid.json", []),
        ("torus.city.json", []),
        ("cube_v10.city.json", []),
        ("cube_v11.city.json", []),
    ],
)
def test_the_same_codes_as_val3dity(name: str, codes: list[str]) -> None:
    found = validate(real(f"cityjson/val3dity-cj/{name}"))
    assert sorted({finding.code for finding in found if finding.code.isdigit()}) == codes


def test_the_guide_explains_every_code() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guide.md").read_text(encoding="utf-8")
    assert [code for code in CODES if f"`{code}`" not in guide] == []
