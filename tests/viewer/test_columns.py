"""What views and the scene know of a layer's objects: inherited values, families, what is shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from layers.importing import import_files
from layers.project import Project
from tests.cities import imported_here
from viewer.columns import Columns
from viewer.prepared import columns_of
from viewer.visibility import Visibility

#: id: (parent, attributes)
OBJECTS = {
    "A": (None, {"height": 12.5, "use": "1000", "dateOfConstruction": "1900-01-01"}),
    "A.1": ("A", {"height": 4}),
    "A.1.a": ("A.1", {}),
    "B": (None, {"use": "1010"}),
    "B.1": ("B", {"dateOfConstruction": "1980-01-01"}),
    "C": (None, {"height": "tall"}),
}
TYPES = {0: "Building", 1: "BuildingPart", 2: "BuildingInstallation"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("families")
    square = {"type": "MultiSurface", "lod": "1", "boundaries": [[[0, 1, 2]]]}
    city = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [1, 1, 1], "translate": [85000, 447000, 0]},
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
        "CityObjects": {
            id: {
                "type": TYPES[id.count(".")],
                "attributes": attributes,
                "geometry": [square],
                **({"parents": [parent]} if parent else {}),
                "children": [other for other, (above, _) in OBJECTS.items() if above == id],
            }
            for id, (parent, attributes) in OBJECTS.items()
        },
        "vertices": [[0, 0, 0], [9, 0, 0], [9, 9, 0]],
    }
    source = folder / "families.city.json"
    source.write_text(json.dumps(city), encoding="utf-8")
    with Project.create(folder / "families.city.gpkg") as project:
        with imported_here():
            import_files(project, [source])
        yield project


@pytest.fixture
def columns(project: Project) -> Columns:
    return columns_of(project, project.layers[0])


def ids(columns: Columns, chosen: NDArray[Any]) -> list[str]:
    names = list(OBJECTS)
    return [names[at] for at in (np.flatnonzero(chosen) if chosen.dtype == bool else chosen)]


def test_parts_take_the_values_of_what_they_are_a_part_of(columns: Columns) -> None:
    assert columns.values("id").tolist() == list(OBJECTS)
    assert columns.inherited("height").tolist() == [12.5, 4, 4, None, None, "tall"]
    assert columns.inherited("use").tolist() == ["1000", "1000", "1000", "1010", "1010", None]
    assert columns.inherited("never there").tolist() == [None] * 6


def test_texts_are_numbered(columns: Columns) -> None:
    codes, names = columns.codes("use")
    assert [names[code] for code in codes] == ["1000", "", "", "1010", "", ""]
    codes, names = columns.codes("type")
    assert [names[code] for code in codes][:3] == ["Building", "BuildingPart", "BuildingInstallation"]


def test_families_reach_down_to_the_last_part(columns: Columns) -> None:
    assert ids(columns, columns.family(np.array([0], np.int32))) == ["A", "A.1", "A.1.a"]
    assert ids(columns, columns.family(np.array([4, 1], np.int32))) == ["A.1", "A.1.a", "B.1"]


def test_what_is_hidden_isolated_and_selected_takes_its_parts_along(columns: Columns) -> None:
    first, seen = columns.first_fid, Visibility()
    seen.hide(np.array([first + 1]))
    seen.hide([first + 5, first + 1, first + 10**6])
    seen.select(np.array([first + 3, first - 10**6]))
    shown = seen.shown(columns, None)
    assert ids(columns, shown.visible) == ["A", "B", "B.1"]
    assert ids(columns, shown.selected) == ["B", "B.1"]
    seen.isolate([first])
    assert ids(columns, seen.shown(columns, None).visible) == ["A"]
    seen.show_all()
    assert seen.shown(columns, None).visible.all()


def test_no_part_stands_longer_than_its_building(project: Project, columns: Columns) -> None:
    seen = Visibility()
    layer = project.layers[0].id
    for date, standing in (("1850", ["B", "C"]), ("1950", ["A", "A.1", "A.1.a", "B", "C"])):
        seen.date = date
        shown = seen.shown(columns, seen.states(project)[layer])
        assert ids(columns, shown.visible) == standing
        assert (shown.ghost == ~shown.visible).all()
    seen.ghosts = False
    assert not seen.shown(columns, seen.states(project)[layer]).ghost.any()


def test_an_eye_sees_neither_ghosts_nor_signs_for_what_is_unseen(project: Project, columns: Columns) -> None:
    seen = Visibility()
    seen.date, seen.as_seen = "1850", True
    state = seen.states(project)[project.layers[0].id]
    assert ids(columns, seen.shown(columns, state, "city").visible) == ["B", "C"]
    assert not seen.shown(columns, state, "city").ghost.any()
    assert not seen.shown(columns, None, "pipes").visible.any()
    seen.as_seen = False
    assert seen.shown(columns, None, "pipes").visible.all()
