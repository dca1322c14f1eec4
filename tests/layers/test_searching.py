"""Looking for objects by a text: by an index where it begins their id, and in stretches that can be left."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from layers import searching
from layers.project import Project
from tests.cities import imported_here
from tests.houses import make_houses


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with imported_here():
        return make_houses(tmp_path)


def test_one_can_stop_between_the_stretches(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "AT_ONCE", 2)
    with Project.open(path) as project:
        found = [item.id if item else None for item in project.search("mill")]
        assert found == ["A", "B", *[None] * 6], "a word of their name begins so"
        found = [item.id if item else None for item in project.search("ill")]
        assert found == [*[None] * 4, "A", "B", None, None], "an attribute holds it"
        assert [item.id if item else None for item in project.search("c")] == ["C", *[None] * 6]
        assert [item.id for item in project.find("a", 1)] == ["A"]
        monkeypatch.setattr(searching, "PATIENCE", 2)
        assert project.find("ill") == [], "the attributes were not reached"


def test_ids_are_found_by_an_index_whatever_their_capitals(path: Path) -> None:
    with Project.open(path) as project:
        plan = project.query(f"EXPLAIN QUERY PLAN SELECT * FROM object WHERE {searching.BEGINS}", ("a", "b"))
        assert "USING INDEX object_named" in str(plan)
        plan = project.query("EXPLAIN QUERY PLAN SELECT * FROM object WHERE id = ? COLLATE NOCASE", ("a",))
        assert "USING INDEX object_named" in str(plan)
        assert project.by_id("a") is None and project.by_id("A") is not None


def test_a_file_of_an_earlier_version_gets_its_indexes(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP INDEX object_named")
        connection.execute("CREATE INDEX object_by_id ON object (id)")
    with Project.open(path) as project:
        names = {row[0] for row in project.query("SELECT name FROM sqlite_master WHERE type = 'index'")}
    assert "object_named" in names and "object_by_id" not in names
