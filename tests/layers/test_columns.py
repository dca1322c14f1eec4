"""Columns: every JSON value comes back as it was, from memory, from parts on disk, and after edits."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers import attributes, cache, columnstore
from layers.columns import Column, JsonTexts, encoded
from layers.columnstore import Row
from layers.history import ATTRIBUTE
from layers.project import Project
from tests.cities import imported_here
from tests.houses import make_houses

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, 1.0, -0.0, 2**53 - 1, 2**53, 2**53 + 1, -(2**63), 2**64 - 1, "1", ""]),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
)
values = st.one_of(scalars, st.lists(scalars, max_size=2), st.dictionaries(st.sampled_from("ab"), scalars))
columns = st.one_of(
    st.lists(values),
    st.lists(st.one_of(st.none(), st.sampled_from([1.5, 2.0, 2, 7]))),
    st.lists(st.one_of(st.none(), st.sampled_from(["gable", "flat"]))),
)


def spelled(found: list[Any]) -> list[str]:
    """Values with their kinds: 1, 1.0 and true are not the same."""
    return list(map(repr, found))


@given(columns)
def test_values_come_back_as_they_were(given: list[Any]) -> None:
    column = encoded(given)
    assert spelled(column.tolist()) == spelled(given)
    assert spelled([column[at] for at in range(len(column))]) == spelled(given)
    assert column.is_none.tolist() == [value is None for value in given]
    codes, different = column.as_codes()
    table = [*different, None]
    # Zero has no sign among the different values.
    assert spelled([table[code] or 0 for code in codes]) == spelled([value or 0 for value in given]) or any(
        not value for value in given
    )


@given(columns, st.data())
def test_renewed_values_take_the_place_of_those_that_were(given: list[Any], data: st.DataObject) -> None:
    changes = data.draw(st.dictionaries(st.integers(0, max(len(given) - 1, 0)), values, max_size=len(given)))
    before = encoded(given)
    after = before.renewed(np.array(list(changes), np.int64), list(changes.values()))
    expected = [changes.get(at, value) if at in changes else value for at, value in enumerate(given)]
    assert spelled(after.tolist()) == spelled(expected)
    assert spelled(before.tolist()) == spelled(given)


def sort_key(value: Any) -> tuple[int, Any]:
    if isinstance(value, bool):
        return 2, value
    return (0, value) if isinstance(value, int | float) else (1, value.casefold())


@given(st.lists(st.one_of(scalars, st.sampled_from(["a", "A", 3, 3.0]))), st.booleans())
def test_they_are_put_in_order_as_python_does(given: list[Any], descending: bool) -> None:
    known = [at for at, value in enumerate(given) if value is not None]
    ranked = sorted(known, key=lambda at: sort_key(given[at]), reverse=descending)
    order = encoded(given).order(descending).tolist()
    assert order == [*ranked, *(at for at, value in enumerate(given) if value is None)]


# --- on disk --------------------------------------------------------------------------------------


def row(id: str, values: dict[str, Any], parent: str | None = None, lods: str = "2.2") -> Row:
    return id, "BuildingPart" if parent else "Building", parent, None, None, lods, orjson.dumps(values)


@given(st.lists(st.dictionaries(st.sampled_from(["a", "b", "id"]), values), max_size=12), st.data())
def test_parts_make_one_table_whatever_is_in_them(
    tmp_path_factory: pytest.TempPathFactory, attributes: list[dict[str, Any]], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("parts")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(attributes)), max_size=3)))
    rows = [row(f"B{at}", values) for at, values in enumerate(attributes)]
    parts: list[Path] = []
    for start, end in zip([0, *cuts], [*cuts, len(rows)], strict=True):
        parts.append(folder / str(len(parts)))
        columnstore.build_part(rows[start:end], parts[-1])
    columnstore.merge(parts, folder / "all")
    table = columnstore.load(folder / "all", len(rows))
    assert table is not None
    assert table.column("id").tolist() == [item[0] for item in rows]
    for name in ("a", "b", "id"):
        found = table.column(ATTRIBUTE + name).tolist()
        assert spelled(found) == spelled([values.get(name) for values in attributes])


def test_parents_are_found_in_other_parts_too(tmp_path: Path) -> None:
    rows = [row("A.1", {}, "A"), row("B", {}), row("B.1", {}, "B"), row("A", {}), row("C.1", {}, "nowhere")]
    for number, part in enumerate((rows[:3], [], rows[3:])):
        columnstore.build_part(part, tmp_path / str(number))
    columnstore.merge([tmp_path / "0", tmp_path / "1", tmp_path / "2"], tmp_path / "all")
    table = columnstore.load(tmp_path / "all")
    assert table is not None
    assert table.parents.tolist() == [3, -1, 1, -1, -1]
    assert table.column("parent").tolist() == ["A", None, "B", None, "nowhere"]


def test_many_different_texts_stay_on_disk_and_few_are_kept_once(tmp_path: Path) -> None:
    for part in range(3):
        rows = [
            row(f"B{at}", {"roof": "gäble" if at % 2 else "flat", "big": 2**60 + at % 3})
            for at in range(3000 * part, 3000 * part + 3000)
        ]
        columnstore.build_part(rows, tmp_path / str(part))
    columnstore.merge([tmp_path / str(part) for part in range(3)], tmp_path / "all")
    table = columnstore.load(tmp_path / "all", 9000)
    assert table is not None
    assert len(table.column(ATTRIBUTE + "roof").values) == 2
    assert table.column(ATTRIBUTE + "big")[4] == 2**60 + 1
    ids = table.column("id")
    assert [ids[8999], *ids[np.array([5, 0])]] == ["B8999", "B5", "B0"]
    texts = ids.values
    assert isinstance(texts, JsonTexts)
    assert np.flatnonzero(texts.holds(["B7", "b8", "B8999", "B12345", ""])).tolist() == [7, 8999]
    again = ids.renewed(np.array([7]), ["other"]).renewed(np.array([8]), ["one more"])
    assert again[6:10] == ["B6", "other", "one more", "B9"] and len(again.tolist()) == 9000


def test_values_are_kept_however_deep_they_are(tmp_path: Path) -> None:
    text = b'{"deep":' + b"[" * 900 + b"]" * 900 + b', "also": 1}'
    columnstore.build_part([("B", "Building", None, None, None, "", text)], tmp_path)
    table = columnstore.load(tmp_path)
    assert table is not None
    assert table.column(ATTRIBUTE + "deep").tolist() == [orjson.loads(text)["deep"]]


@pytest.mark.parametrize("harm", ["cut", "words", "gone", "other"])
def test_what_is_not_whole_does_not_count(tmp_path: Path, harm: str) -> None:
    columnstore.build_part([row("A", {"a": 1.5})] * 50, tmp_path)
    arrays, index = tmp_path / columnstore.ARRAYS, tmp_path / columnstore.INDEX
    if harm == "cut":
        arrays.write_bytes(arrays.read_bytes()[:100])
    elif harm == "words":
        index.write_bytes(b'{"version": 1')
    elif harm == "gone":
        index.unlink()
    assert columnstore.load(tmp_path, 51 if harm == "other" else 50) is None


# --- in a project ---------------------------------------------------------------------------------


@pytest.fixture(params=["read", "stored"])
def project(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Three houses whose columns are read from the project, or lie in the cache as a large layer's do."""
    with imported_here():
        path = make_houses(tmp_path)
    if request.param == "stored":
        monkeypatch.setattr(attributes, "SMALL", 0)
        monkeypatch.setattr(attributes, "AT_ONCE", 2)
    with Project.open(path) as opened:
        opened.store_values(opened.layers[0])
        yield opened


def heights(project: Project) -> list[Any]:
    return project.values(project.layers[0], "measuredHeight").tolist()


def test_columns_follow_edits_undo_and_redo(project: Project) -> None:
    layer = project.layers[0]
    first = layer.first_fid
    assert heights(project) == [12.5, 4, None]
    with project.edit("Other heights") as edit:
        edit.set_attribute(first, "measuredHeight", "tall")
        edit.set_attribute(first + 2, "measuredHeight", 9)
        edit.remove_attribute(first + 1, "measuredHeight")
        edit.set_valid(first + 1, "1990-01-01", None)
    assert heights(project) == ["tall", None, 9]
    assert project.values(layer, "valid_from").tolist() == [None, "1990-01-01", None]
    project.undo()
    assert heights(project) == [12.5, 4, None]
    project.redo()
    assert heights(project) == ["tall", None, 9]
    assert project.fids(layer, "measuredHeight > 5").tolist() == [first + 2]


def test_what_was_edited_lies_over_what_is_stored(project: Project) -> None:
    layer = project.layers[0]
    with project.edit("Measured") as edit:
        edit.set_attribute(layer.first_fid, "measuredHeight", 13)
    with project.edit("Measured again") as edit:
        edit.set_attribute(layer.first_fid + 1, "measuredHeight", 5)
    project.undo()
    for _ in range(2):  # as it is stored, and made again from the project that was edited meanwhile
        with Project.open(project.path, read_only=True) as again:
            assert heights(again) == [13, 4, None]
            folder = cache.layer_folder(project.path, layer.uid) / attributes.FOLDER
            shutil.rmtree(folder, ignore_errors=True)
            again.store_values(layer)
    project.undo()
    with Project.open(project.path, read_only=True) as again:
        assert heights(again) == [12.5, 4, None]


def test_readers_share_what_was_read(project: Project) -> None:
    layer = project.layers[0]
    assert not project._attributes.has(layer, "roofType")
    with closing(project.reader()) as reader:
        assert reader.values(layer, "roofType").tolist() == ["1000", "1030", "1000"]
        assert project._attributes.has(layer, "roofType")
        with project.edit("Other roof", announce=False) as edit:
            edit.set_attribute(layer.first_fid, "roofType", "gable")
        assert reader.values(layer, "roofType")[0] == "gable"


def test_without_room_in_the_cache_columns_are_read_one_by_one(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    layer = project.layers[0]
    shutil.rmtree(cache.layer_folder(project.path, layer.uid), ignore_errors=True)
    monkeypatch.setattr(columnstore, "build_part", full)
    with Project.open(project.path, read_only=True) as again:
        again.store_values(layer)
        assert heights(again) == [12.5, 4, None]
        assert again.parents(layer).tolist() == [-1, -1, -1]
        assert again.values(layer, "lods").tolist() == [["2"]] * 3


def test_an_empty_column_has_no_values() -> None:
    assert Column(3).tolist() == [None] * 3 and Column(3).is_empty
