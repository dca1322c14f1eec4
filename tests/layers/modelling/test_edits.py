"""Faces pushed, roofs raised, shapes split and merged: sound after any chain, and of the right volume."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.errors import EditError
from layers.modelling.bodies import SOLIDS
from layers.modelling.buildings import building
from layers.modelling.carving import divided
from layers.modelling.dividing import merged, split_at_height, split_by_line
from layers.modelling.moving import middle, moved, scaled, turned
from layers.modelling.outlines import Outline
from layers.modelling.pushing import pushed, raised
from layers.modelling.roofs import Roof
from layers.shapes import Shape
from tests.layers.modelling.footprints import RECTANGLE, U, at_place, local, outlines, volumes_of

#: Corners closer than 2 mm become one: of a thin wedge that is less than a litre.
LITRE = 1e-3


def volume(shape: Shape) -> float:
    return volumes_of(shape)["2"]


def house(kind: str = "gable", ring: list[tuple[int, int]] = RECTANGLE) -> Shape:
    return building([at_place(ring, 17)], 12, 5, Roof(kind))


def face_of(shape: Shape, kind: str, number: int = 0) -> int:
    return [at for at, name in enumerate(local(shape).kinds) if name == kind][number]


@pytest.mark.parametrize("kind", ["flat", "gable", "hip", "shed", "pyramid", "mansard"])
def test_a_raised_roof_adds_footprint_times_height(kind: str) -> None:
    before = house(kind)
    after = raised(before, 3.2)
    assert {
        lod: found - volumes_of(before)[lod] for lod, found in volumes_of(after).items()
    } == pytest.approx({"1": 60 * 3.2, "2": 60 * 3.2}, rel=1e-6)
    assert after.vertices[:, 2].min() == before.vertices[:, 2].min()
    assert local(after).kinds == local(before).kinds


def test_a_roof_is_not_moved_into_the_ground() -> None:
    with pytest.raises(EditError, match=r"The roof cannot be moved by -5 m: .*\(code 102\)"):
        raised(house(), -5)


def test_a_wall_of_a_flat_house_takes_its_neighbours_along() -> None:
    shape = house("flat")
    after = pushed(shape, 1, face_of(shape, "WallSurface"), 2)
    assert volume(after) - volume(shape) == pytest.approx(10 * 5 * 2, rel=1e-6)
    assert volumes_of(after)["1"] == pytest.approx(volumes_of(after)["2"], rel=1e-9)
    assert len(local(after).faces) == 6


def test_a_wall_below_a_roof_pulls_out_a_bay_and_pushes_in_a_recess() -> None:
    shape = house("hip")
    wall = face_of(shape, "WallSurface")
    bay = pushed(shape, 1, wall, 1.5)
    assert volume(bay) - volume(shape) == pytest.approx(10 * 5 * 1.5, rel=1e-6)
    assert local(bay).kinds.count("RoofSurface") == local(shape).kinds.count("RoofSurface") + 1
    recess = pushed(shape, 1, wall, -0.5)
    assert volume(shape) - volume(recess) == pytest.approx(10 * 5 * 0.5, rel=1e-6)
    assert "OuterCeilingSurface" in local(recess).kinds


def test_a_roof_that_is_pushed_in_takes_what_is_above_it_along() -> None:
    """A notch would leave no thickness beside it; so all above the plane goes, as a cut takes it."""
    shape = house("hip")
    body = local(shape)
    face = face_of(shape, "RoofSurface")
    after = pushed(shape, 1, face, -0.7)
    assert len(local(after).faces) == len(body.faces)
    normal = body.normals()[face]
    offset = float(body.points[body.faces[face][0][0]] @ normal) - 0.7
    parts = divided(body, normal, offset, ({}, {}))
    assert parts is not None and volume(after) == pytest.approx(parts[1].volume_m3, rel=1e-6)


def test_a_pushed_face_does_not_come_out_on_the_other_side() -> None:
    shape = house("flat")
    wall = face_of(shape, "WallSurface")
    before = shape.text()
    with pytest.raises(EditError):
        pushed(shape, 1, wall, -6)
    with pytest.raises(EditError):
        pushed(shape, 1, wall, -7)
    assert shape.text() == before


def test_what_surfaces_say_besides_their_type_stays_with_them() -> None:
    shape = house("hip")
    shape.geometries[1]["semantics"]["surfaces"][0]["material"] = "slate"
    after = pushed(shape, 1, face_of(shape, "WallSurface"), 1)
    slate = [surface for surface in local(after).surfaces if surface.get("material") == "slate"]
    assert len(slate) == 4


@pytest.mark.parametrize("kind", ["flat", "gable", "hip", "mansard"])
def test_what_is_split_and_merged_is_what_it_was(kind: str) -> None:
    shape = house(kind, U)
    start, end = at_place([(-1, 3.7), (13, 6.1)], 17)
    for one, other in (split_by_line(shape, start, end), split_at_height(shape, 15.5)):
        for lod, whole in volumes_of(shape).items():
            assert volumes_of(one)[lod] + volumes_of(other)[lod] == pytest.approx(whole, rel=1e-6)
        again = merged([one, other])
        assert volumes_of(again) == pytest.approx(volumes_of(shape), rel=1e-6)
        assert len(local(again).faces) == len(local(shape).faces)


def test_the_left_part_of_a_split_lies_left_and_a_part_may_be_several_bodies() -> None:
    shape = house("flat", U)
    left, right = split_by_line(shape, *at_place([(-1, 7), (13, 7)], 17))
    assert left.geometries[1]["type"] == "MultiSolid" and right.geometries[1]["type"] == "Solid"
    assert volume(left) == pytest.approx(2 * 4 * 3 * 5, rel=1e-6)


def test_a_line_beside_the_house_and_houses_apart_are_refused() -> None:
    shape = house()
    with pytest.raises(EditError, match="does not split"):
        split_by_line(shape, *at_place([(-1, -1), (13, -1)], 17))
    with pytest.raises(EditError, match=r"allowed: between 12\.00 m and"):
        split_at_height(shape, 11)
    with pytest.raises(EditError, match="do not touch"):
        merged([shape, moved(shape, (30, 0))])


def test_houses_that_were_moved_together_within_a_millimetre_merge_without_a_wall_between() -> None:
    one = building([at_place(RECTANGLE, 17)], 12, 5, lods=("2",))
    way = at_place([(10.0006, 0)], 17)[0] - at_place([(0, 0)], 17)[0]
    both = merged([one, moved(one, way)])
    assert len(local(both).faces) == 6
    assert volume(both) == pytest.approx(2 * 300, rel=1e-4)


EDITS = ("raise", "push", "move", "turn", "scale", "line", "height")


@settings(max_examples=40)
@given(outlines(holes=False), st.sampled_from(("flat", "gable", "hip", "shed", "mansard")), st.data())
def test_any_chain_of_edits_gives_sound_solids(outline: Outline, kind: str, data: st.DataObject) -> None:
    """Every function checks what it gives; here volumes are held against what each edit should do."""
    shape = building(outline, 3.0, 4.0, Roof(kind), lods=("2",))
    for edit in data.draw(st.lists(st.sampled_from(EDITS), min_size=1, max_size=4)):
        before = volume(shape)
        try:
            after, expected, beside_m = edited(shape, edit, data)
        except EditError:
            assert volume(shape) == before
            continue
        assert all(geometry["type"] in SOLIDS for geometry in after.geometries)
        assert volume(after) == pytest.approx(expected, rel=1e-6, abs=slack(shape, beside_m)), edit
        shape = after


def slack(shape: Shape, beside_m: float) -> float:
    """By how much volumes may differ, for faces that are not quite planar or have a corner set elsewhere."""
    body = local(shape)
    total = LITRE
    for face, vector in zip(body.faces, body.area_vectors(), strict=True):
        corners = body.points[face[0]]
        area = float(np.linalg.norm(vector))
        off = float(np.ptp(corners @ vector)) / max(area, 1e-9)
        total += area * ((off if off > 1e-7 else 0) + beside_m)
    return total


def edited(shape: Shape, edit: str, data: st.DataObject) -> tuple[Shape, float, float]:
    """The shape after an edit, the volume it should have, and how far corners were moved to make it sound."""
    number, before = data.draw(st.integers(-30, 60)) / 10, volume(shape)
    if edit == "raise":
        after = raised(shape, number)
        moving = (after.vertices != shape.vertices).any(axis=1)
        body = local(shape)
        faces = zip(body.faces, body.area_vectors()[:, 2], strict=True)
        return after, before + number * sum(area for face, area in faces if moving[face[0]].all()), 0
    if edit == "push":
        face = data.draw(st.integers(0, len(local(shape).faces) - 1))
        after = pushed(shape, 0, face, number)
        area = float(np.linalg.norm(local(shape).area_vectors()[face]))
        assert (volume(after) - before) / number > 0
        # Outwards less is added where the body is in the way; inwards it depends on the faces around.
        return after, volume(after) if number < 0 else min(volume(after), before + number * area), 0
    if edit == "move":
        return moved(shape, (number, -3, 2)), before, 0
    if edit == "turn":
        return turned(shape, 40 * number, middle(shape)), before, 0
    if edit == "scale":
        by = abs(number) / 5 + 0.4
        return scaled(shape, (by, 1.1, 0.9), middle(shape), axis_deg=20), before * by * 0.99, 0
    if edit == "line":
        place = middle(shape)[:2] + number / 3
        angle = data.draw(st.integers(0, 179)) / 57.3
        way = np.array((np.cos(angle), np.sin(angle)))
        parts = split_by_line(shape, place, place + way)
        beside = np.abs((shape.vertices[:, :2] - place) @ (way[1], -way[0]))
    else:
        height = float(shape.vertices[:, 2].min()) + 2 + abs(number) / 2
        parts = split_at_height(shape, height)
        beside = np.abs(shape.vertices[:, 2] - height)
    # Corners right beside the cut are set on it, which moves the faces around them a little.
    beside_m = 0.003 if ((beside > 1e-9) & (beside < 0.003)).any() else 0.0
    assert sum(map(volume, parts)) == pytest.approx(before, rel=1e-6, abs=slack(shape, beside_m))
    return merged(parts), before, beside_m
