"""Results of analyses in the project: kept, taken back, brought back, and the same to the last bit."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layers import resultstore
from layers.errors import EditError, ProjectError
from layers.project import Project
from layers.records import Changes
from layers.results import Grid, Pedigree, Quantity, Result, Table
from layers.schema import SCHEMA_VERSION
from tests.olden import age


def result(rows: int = 5, title: str = "Sunlight on 21 March") -> Result:
    """A result with a column of every sort."""
    dice = np.random.default_rng(7)
    pedigree = Pedigree(
        "Rays to the sun, every 10 minutes",
        "Citystrata 1, Embree 4",
        (("delft.city.json", "a" * 64),),
        ("52.0° N 4.4° E, 2024-03-21T12:00+01:00, azimuth 166.1°, altitude 37.6°",),
        "± 10 min per spell",
        ("Vegetation is left out",),
        {"points": 5.0, "seconds": np.float64(0.25)},
    )
    hours = dice.random(rows)
    hours[0] = np.nan
    return Result(
        "sunlight",
        title,
        {"date": "2024-03-21", "spacing_m": 1.0, "fids": [1, 2], "where": None},
        pedigree,
        (Quantity("sunlight_h", "Sunlight", "h", 1, low=0.0),),
        Table({"object_id": [f"b{at} ½ \u2028" for at in range(rows)], "sunlight_h": hours}),
        Table({"x": dice.random(rows), "row": np.arange(rows, dtype=np.int32), "lit": hours > 0.5}),
        Table({"wkb": ["00" * 9]}),
        {"months": Table({"month": np.arange(12, dtype=np.uint8)}), "verdicts": Table()},
        Grid(84_000.0, 447_000.0, 2.0, 3, 2, np.array([0, 2, 5], np.int64)),
        "2024-03-21T12:00:00+01:00",
        verdict="fail",
    )


def values(found: Result) -> dict[str, Any]:
    """All columns as bytes and types, to be compared."""
    tables = {"surfaces": found.surfaces, "points": found.points, "shapes": found.shapes, **found.tables}
    plain = {
        (tab, name): column if isinstance(column, list) else (column.dtype, column.tobytes())
        for tab, table in tables.items()
        for name, column in table.columns.items()
    }
    cells = None if found.grid is None else found.grid.cell.tolist()
    return {"tables": list(tables), "columns": plain, "cells": cells}


def keep(project: Project, found: Result) -> int:
    with project.edit("Keep the result") as edit:
        return edit.add_result(found)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "p.city.gpkg"
    Project.create(found, crs="EPSG:7415").close()
    return found


@pytest.fixture
def project(path: Path) -> Iterator[Project]:
    with Project.open(path) as found:
        yield found


@pytest.mark.parametrize("rows", [1, resultstore.BLOCK, resultstore.BLOCK + 3])
def test_a_result_comes_back_to_the_last_bit(path: Path, rows: int) -> None:
    wanted = result(rows)
    with Project.open(path) as project:
        number = keep(project, wanted)
    with Project.open(path, read_only=True) as again:
        found = again.result(number)
        (summary,) = again.results
    assert values(found) == values(wanted)
    assert (found.kind, found.title, found.inputs, found.quantities, found.made_at) == (
        wanted.kind, wanted.title, wanted.inputs, wanted.quantities, wanted.made_at,
    )  # fmt: skip
    assert found.pedigree == wanted.pedigree and found.id == number
    assert summary.verdict == found.verdict == "fail"
    assert summary.pedigree == wanted.pedigree and summary.inputs == wanted.inputs
    assert found.grid is not None and found.grid.north == 447_000.0


def test_keeping_renaming_and_deleting_can_be_undone_and_redone(project: Project) -> None:
    heard: list[Changes] = []
    project.changed.connect(heard.append)
    number = keep(project, result())
    with project.edit("Rename") as edit:
        edit.rename_result(number, "School yard")
    with project.edit("Delete") as edit:
        edit.remove_result(number)
    assert project.results == ()
    project.undo()
    assert [found.title for found in project.results] == ["School yard"]
    project.undo()
    assert project.result(number).title == "Sunlight on 21 March"
    project.undo()
    assert project.results == ()
    with pytest.raises(ProjectError, match=f"There is no result {number}.*none yet"):
        project.result(number)
    for _ in range(3):
        project.redo()
    assert project.results == ()
    assert all(changes.results and not changes.layers for changes in heard) and len(heard) == 9


def test_results_that_no_step_reaches_leave_the_file(path: Path) -> None:
    with Project.open(path) as project:
        keep(project, result())
        project.undo()
        second = keep(project, result(title="Another"))
    assert second == 2
    with Project.open(path) as again:
        assert again.query("SELECT id FROM result") == [(second,)]
        assert again.query("SELECT DISTINCT result FROM result_block") == [(second,)]
        again.undo()
    with Project.open(path) as again:
        again.redo()
        assert again.result(second).title == "Another"


def test_an_edit_that_fails_keeps_nothing(project: Project) -> None:
    with pytest.raises(ZeroDivisionError), project.edit("Keep") as edit:
        edit.add_result(result())
        raise ZeroDivisionError
    uneven = replace(result(), surfaces=Table({"a": np.zeros(2), "b": np.zeros(3)}))
    with pytest.raises(EditError, match="not of one length"):
        keep(project, uneven)
    with pytest.raises(EditError, match="cannot be stored"):
        keep(project, replace(result(), points=Table({"a": np.zeros(2, complex)})))
    assert project.results == () and project.query("SELECT * FROM result_block") == []
    with pytest.raises(EditError, match="There is no such result"), project.edit("Delete") as edit:
        edit.remove_result(9)


def test_a_project_for_reading_keeps_no_results(project: Project) -> None:
    with project.reader() as reader, pytest.raises(EditError, match="open for reading only"):
        keep(reader, result())


def test_a_project_of_version_1_is_read_and_upgraded(path: Path) -> None:
    age(path, 1)
    with Project.open(path, read_only=True) as old:
        assert old.results == () and old.fact("schema_version") == "1"
        with pytest.raises(ProjectError, match="There is no result 1"):
            old.result(1)
    with Project.open(path) as new:
        assert new.fact("schema_version") == str(SCHEMA_VERSION)
        assert values(new.result(keep(new, result()))) == values(result())


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE result SET facts = '{}'",
        "UPDATE result SET facts = replace(CAST(facts AS TEXT), '\"rows\":5', '\"rows\":99999999999')",
        "UPDATE result SET facts = replace(CAST(facts AS TEXT), '<f8', '|O')",
        "UPDATE result_block SET data = x'00'",
        "UPDATE result_block SET data = (SELECT data FROM result_block WHERE name = 'month')",
        "DELETE FROM result_block WHERE name = 'x'",
    ],
)
def test_a_damaged_result_is_refused(path: Path, harm: str) -> None:
    with Project.open(path) as project:
        number = keep(project, result())
    connection = sqlite3.connect(path)
    connection.execute(harm)
    connection.commit()
    connection.close()
    with Project.open(path) as again, pytest.raises(ProjectError, match="is damaged"):
        again.result(number)


def test_a_change_is_shown_so_that_it_adds_up() -> None:
    table = Table({"h": np.array([6.154]), "h_before": np.array([7.126]), "h_change": np.array([-0.972])})
    shown = table.shown(lambda _: 2)
    assert shown.numbers("h_change")[0] == pytest.approx(6.15 - 7.13)
    assert table.numbers("h_change")[0] == -0.972


def test_an_input_that_differs_between_two_states_says_of_which_it_is() -> None:
    pedigree = Pedigree("", "", (("City", "a"), ("Terrain", "b"), ("City", "c")))
    assert pedigree.named_inputs == [("City, after", "a"), ("Terrain", "b"), ("City, before", "c")]
