"""What stands at a date: validity, snapshot layers, ticks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from layers import epochs
from layers.columns import empty, encoded
from layers.data import ReadOptions
from layers.errors import UsageError
from layers.importing import import_files
from layers.project import Project


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("1950", "1950-01-01"),
        (1950, "1950-01-01"),
        ("1950-7", "1950-07-01"),
        ("2024-02-29T12:00:00Z", "2024-02-29"),
        ("2023-02-29", None),
        ("about 1900", None),
        (None, None),
        (True, None),
        (12, None),
    ],
)
def test_years_months_and_days_are_dates(value: object, date: str | None) -> None:
    assert epochs.iso_date(value) == date


def test_an_object_is_there_from_its_first_day_until_before_its_last() -> None:
    starts = ["1950", None, "1950-06-01", "not known", None]
    ends = ["1990", "1950-01-01", None, None, None]
    bounds = encoded(starts), encoded(ends)
    assert epochs.is_valid(*bounds, "1950").tolist() == [True, False, False, True, True]
    assert epochs.is_valid(*bounds, "1990").tolist() == [False, False, True, True, True]
    with pytest.raises(UsageError, match="such as 2024-05-31"):
        epochs.is_valid(*bounds, "yesterday")


def test_many_objects_are_quick() -> None:
    starts = [f"{1500 + n % 500}-01-01" for n in range(200_000)]
    assert epochs.is_valid(encoded(starts), empty(len(starts)), "1599-12-31").sum() == 40_000


def pipes(path: Path, *years: int | None) -> Path:
    features = [
        {
            "type": "Feature",
            "properties": {"diameter": 0.3, "bouwjaar": year},
            "geometry": {"type": "LineString", "coordinates": [[n, 0], [n, 1]]},
        }
        for n, year in enumerate(years)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("epochs")
    options = ReadOptions(crs="EPSG:28992")
    with Project.create(folder / "p.city.gpkg", crs="EPSG:28992") as project:
        import_files(project, [pipes(folder / "all.geojson", 1900, 1980, None)], options)
        for name, date in (("old", "1950"), ("now", "2020-01-01"), ("plan", "2035-01-01")):
            import_files(project, [pipes(folder / f"{name}.geojson", None, None)], options, epoch=date)
        yield project


def test_the_latest_snapshot_up_to_a_date_shows_and_the_others_are_ghosts(project: Project) -> None:
    everything, old, now, plan = (project.layer(name).id for name in ("all", "old", "now", "plan"))

    def visible(date: str | None) -> dict[int, list[bool]]:
        state = epochs.state_at(project, date)
        assert all((ghost == ~shown).all() for shown, ghost in state.values())
        return {layer: shown.tolist() for layer, (shown, _) in state.items()}

    yes, no = [True, True], [False, False]
    assert visible("2024-05-31") == {everything: [True, True, True], old: no, now: yes, plan: no}
    assert visible("1960") == {everything: [True, False, True], old: yes, now: no, plan: no}
    assert visible("1899") == {everything: [False, False, True], old: no, now: no, plan: no}
    assert visible(None) == {everything: [True] * 3, old: yes, now: yes, plan: yes}


def test_edits_move_the_timeline(project: Project) -> None:
    layer = project.layer("all")
    with project.edit("Demolished in 2000") as edit:
        edit.set_valid(layer.first_fid + 1, "1980-01-01", "2000-01-01")
        edit.set_epoch("Reconstruction", "1955-05-05")
    shown, _ = epochs.state_at(project, "2001-01-01")[layer.id]
    assert shown.tolist() == [True, False, True]
    ticks = {tick.date: tick for tick in epochs.dates_of(project)}
    assert list(ticks) == sorted(ticks)
    assert ticks["1955-05-05"].names == ("Reconstruction",)
    assert ticks["1950-01-01"].names == ("old",)
    assert ticks["2000-01-01"].changes == 1
    project.undo()
    assert "2000-01-01" not in {tick.date for tick in epochs.dates_of(project)}
    assert np.array_equal(epochs.state_at(project, "2001")[layer.id][0], [True, True, True])


def test_the_attribute_that_a_date_came_from_moves_its_object(project: Project) -> None:
    layer = project.layer("all")
    first = layer.first_fid

    def since() -> list[str | None]:
        return [project.object(first + n).valid_from for n in range(3)]

    with project.edit("Older than thought") as edit:
        edit.set_attributes([first, first + 1], "bouwjaar", [1850, "unknown"])
    assert since() == ["1850-01-01", None, None]
    project.undo()
    with project.edit("By hand") as edit:
        edit.set_valid(first, "1910-01-01")
        edit.set_attribute(first, "bouwjaar", 1850)
        edit.set_attribute(first + 2, "validFrom", "2040-01-01")
    assert since() == ["1910-01-01", "1980-01-01", "2040-01-01"]
    with project.edit("Not known") as edit:
        edit.remove_attribute(first + 1, "bouwjaar")
    assert since()[1] is None
    project.undo()
    project.undo()
    assert since() == ["1900-01-01", "1980-01-01", None]
