"""Many objects at once: each edit planned first, typed, and one undoable step."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from layers.bulk import calculate, plan_calculation, plan_replacement, replace
from layers.errors import EditError, ReadError
from layers.expression import parse
from layers.join import join_csv
from layers.project import Project
from layers.tables import read_table, write_table
from tests.houses import HOUSES, make_houses


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of three houses."""
    return make_houses(tmp_path_factory.mktemp("houses"))


@pytest.fixture
def project(houses: Path, tmp_path: Path) -> Iterator[Project]:
    """A copy of the three houses to change."""
    with Project.open(Path(shutil.copy(houses, tmp_path))) as made:
        yield made


def fids(project: Project) -> list[int]:
    return [int(fid) for fid in project.fids(project.layers[0])]


def attributes(project: Project) -> dict[str, dict[str, object]]:
    return {item.id: item.attributes for item in project.objects()}


def test_the_calculator_fills_what_has_a_result_and_leaves_the_rest(project: Project) -> None:
    plan = plan_calculation(project, fids(project), "storeys", parse("round(measuredHeight / 3.1)"))
    assert [(row.before, row.after) for row in plan.rows(9)] == [(None, 4)]
    assert (plan.asked, plan.objects, plan.empty) == (3, 1, 1)
    assert attributes(project) == HOUSES, "planning changes nothing"
    calculate(project, fids(project), "storeys", parse("round(measuredHeight / 3.1)"), why="no survey")
    assert [attributes(project)[id].get("storeys") for id in "ABC"] == [4, 1, None]
    assert project.history()[-1].why == "no survey"
    project.undo()
    assert attributes(project) == HOUSES


def test_results_keep_the_type_of_the_attribute(project: Project) -> None:
    calculate(project, fids(project), "roofType", parse("1030 + 10"))
    assert {values["roofType"] for values in attributes(project).values()} == {"1040"}
    with pytest.raises(EditError, match="measuredHeight of Building 'A' was not changed: 'Old Mill'"):
        calculate(project, fids(project), "measuredHeight", parse("name"))
    assert len(project.history()) == 2, "a refused edit leaves no step"


def test_validity_can_be_calculated_but_not_the_id(project: Project) -> None:
    calculate(project, fids(project), "valid_from", parse("built"))
    assert [item.valid_from for item in project.objects()] == ["1961-05-01", None, None]
    with pytest.raises(EditError, match="cannot be set"):
        calculate(project, fids(project), "id", parse("name"))


def test_replace_by_part_by_whole_and_by_capitals(project: Project) -> None:
    def names(**options: bool) -> list[object]:
        found = plan_replacement(project, fids(project), "name", "mill", "house", **options)
        return [row.after for row in found.rows(9)]

    assert names() == ["New house"]
    assert names(case=False) == ["Old house", "New house"]
    assert names(whole=True, case=False) == []
    replace(project, fids(project), "roofType", "1000", "1010", whole=True)
    assert [attributes(project)[id]["roofType"] for id in "ABC"] == ["1010", "1030", "1010"]


def test_replacing_does_not_turn_numbers_into_texts(project: Project) -> None:
    replace(project, fids(project), "storeys", "1", "2")
    assert attributes(project)["B"]["storeys"] == 2
    with pytest.raises(EditError, match="a whole number"):
        replace(project, fids(project), "storeys", "2", "two")
    with pytest.raises(EditError, match="nothing to find"):
        replace(project, fids(project), "name", "", "x")


def test_a_table_is_joined_by_id_with_types_and_a_report(project: Project, tmp_path: Path) -> None:
    table = tmp_path / "owners.csv"
    table.write_bytes(
        "\ufeffkey;owner;postcode;area;since;measuredHeight\n"
        "A;Müller;01234;12.5;2001-01-01;13\n"
        "B;;09999;7;2002-02-02;\n"
        "B;second;1;1;2003-03-03;1\n"
        "X;nobody;1;1;2003-03-03;1\n".encode()
    )
    report = join_csv(project, project.layers[0], table, "key")
    assert report.sentence() == (
        "2 objects found a row; 1 object has no row (C); 1 row has no object (X);"
        " 1 key stands in several rows (B); of rows with the same key the first counts."
    )
    found = attributes(project)
    assert found["A"] == HOUSES["A"] | {
        "owner": "Müller",
        "postcode": "01234",
        "area": 12.5,
        "since": "2001-01-01",
        "measuredHeight": 13.0,
    }
    assert "owner" not in found["B"], "empty cells change nothing"
    assert found["B"]["area"] == 7.0
    assert found["C"] == HOUSES["C"]
    project.undo()
    assert attributes(project) == HOUSES


@pytest.mark.parametrize(("between", "is_read"), [(";", True), ("\t", True), (",", False)])
def test_a_decimal_comma_of_a_table_is_one_where_none_stands_between_columns(
    project: Project, tmp_path: Path, between: str, is_read: bool
) -> None:
    table = tmp_path / "heights.csv"
    rows = (["key", "measuredHeight", "area", "name"], ["A", '"13,25"', '"-1,5"', '"1,5"'])
    table.write_text("\n".join(between.join(row) for row in rows), encoding="utf-8")
    if not is_read:
        with pytest.raises(EditError, match="Write the decimal point as a point"):
            join_csv(project, project.layers[0], table, "key")
        return
    join_csv(project, project.layers[0], table, "key", columns=("measuredHeight", "area"))
    assert attributes(project)["A"] == HOUSES["A"] | {"measuredHeight": 13.25, "area": -1.5}
    join_csv(project, project.layers[0], table, "key", columns={"name": "roofType"})
    assert attributes(project)["A"]["roofType"] == "1,5", "a text stays as it is"


def test_a_join_that_does_not_fit_changes_nothing(project: Project, tmp_path: Path) -> None:
    table = tmp_path / "wrong.csv"
    table.write_text("roofType,measuredHeight\n1030,high\n", encoding="utf-8")
    with pytest.raises(EditError, match="measuredHeight of Building 'B' was not changed: 'high'"):
        join_csv(project, project.layers[0], table, "roofType", "roofType")
    with pytest.raises(EditError, match="no such column"):
        join_csv(project, project.layers[0], table, "nope")
    assert len(project.history()) == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"", "no rows"), (b"a,b\n", "no rows"), (b"\0\1\2", "binary"), (b"a,a\n1,2\n", "same name")],
)
def test_files_that_are_no_table_are_refused(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    with pytest.raises(ReadError, match=said):
        read_table(path)


def test_tables_survive_writing_and_reading(tmp_path: Path) -> None:
    rows = [("a,b", 'say "x"'), ("ü", "line\nbreak")]
    write_table(tmp_path / "t.csv", ["one", "two"], rows)
    read = read_table(tmp_path / "t.csv")
    assert (read.columns, list(read.rows)) == (("one", "two"), rows)
