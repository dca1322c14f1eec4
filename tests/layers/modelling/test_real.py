"""Real buildings, planar to the millimetre only: raised, pushed, split, merged; new roofs on their ground."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from layers.checks.geometry import ObjectCheck
from layers.errors import EditError
from layers.modelling.bodies import GROUND, ROOF, WALL, body_of
from layers.modelling.buildings import building
from layers.modelling.dividing import merged, split_by_line
from layers.modelling.moving import middle
from layers.modelling.outlines import Outline
from layers.modelling.pushing import pushed, raised
from layers.modelling.roofs import Roof
from layers.shapes import Shape, renumbered
from tests.conftest import real

HOUSES = 40


@cache
def houses() -> tuple[Shape, ...]:
    """Sound solids of The Hague, every so many of the file."""
    city = json.loads(real("cityjson/denhaag/denhaag.city.json").read_text(encoding="utf-8"))
    vertices = np.array(city["vertices"]) * city["transform"]["scale"] + city["transform"]["translate"]
    solids = [
        geometry
        for item in city["CityObjects"].values()
        for geometry in item.get("geometry", ())
        if geometry["type"] == "Solid"
    ]
    found = []
    for solid in solids[:: len(solids) // (2 * HOUSES)]:
        used = sorted({n for shell in solid["boundaries"] for face in shell for ring in face for n in ring})
        numbers = {n: at for at, n in enumerate(used)}
        shape = Shape([{**solid, "boundaries": renumbered(solid["boundaries"], numbers)}], vertices[used])
        check = ObjectCheck("", shape.vertices - shape.vertices[0])
        if not list(check.findings(shape.geometries)):
            found.append(shape)
    return tuple(found[:HOUSES])


def face_of(shape: Shape, kind: str) -> int:
    return body_of(shape.geometries[0], shape.vertices).kinds.index(kind)


def cut_and_joined(shape: Shape) -> Shape:
    place = middle(shape)[:2]
    return merged(split_by_line(shape, place, place + np.array((0.8, 0.6))))


EDITS: dict[str, tuple[Callable[[Shape], Shape], float]] = {
    "raise": (lambda shape: raised(shape, 3), 1.0),
    "pull a roof": (lambda shape: pushed(shape, 0, face_of(shape, ROOF), 1), 0.95),
    "push a wall": (lambda shape: pushed(shape, 0, face_of(shape, WALL), -0.3), 0.9),
    "split and merge": (cut_and_joined, 0.9),
}


@pytest.mark.parametrize("edit", EDITS)
def test_real_houses_are_edited_as_drawn_ones_are(edit: str) -> None:
    change, share = EDITS[edit]
    told: Counter[str] = Counter()
    for shape in houses():
        try:
            change(shape)
        except EditError as error:
            told[error.sentence()] += 1
    assert told.total() <= (1 - share) * len(houses()), told


def test_every_roof_fits_on_the_ground_of_real_houses() -> None:
    count = 0
    for shape in houses():
        body = body_of(shape.geometries[0], shape.vertices)
        for face, kind in zip(body.faces, body.kinds, strict=True):
            if kind == GROUND:
                outline = Outline.of(*(body.points[ring, :2] for ring in face))
                for name in ("gable", "hip", "mansard"):
                    building(outline, 0, 4, Roof(name), lods=("2",))
                    count += 1
    assert count >= 3 * HOUSES
