"""Since when objects stand: by versions within a file, by the attributes of a register, by their snapshot."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from layers.data import Feature, ReadOptions
from layers.epochs import city_validity, state_at
from layers.importing import import_files
from layers.project import Project
from layers.records import Layer
from layers.versions import dates_of, settle
from tests.conftest import real
from tests.olden import age
from tests.towns import write_town

HAMBURG = "multitemporal/hamburg-2016-2022/{}/LoD2_576_5950_1_HH.xml"


def brought(project: Project, name: str, crs: str | None = None) -> Layer:
    return import_files(project, [real(name)], ReadOptions(crs=crs))[0]


def standing(project: Project, layer: Layer, date: str) -> set[str]:
    stands, _ghosts = state_at(project, date)[layer.id]
    return {str(project.column(layer, "id")[at]) for at in np.flatnonzero(stands)}


@pytest.mark.parametrize(
    ("attributes", "dates"),
    [
        ({"validFrom": "2000-05-01T00:00:00", "yearOfConstruction": 1900}, ("2000-05-01", None)),
        (
            {"dateOfConstruction": "1950-01-02", "dateOfDemolition": "1990-03-04"},
            ("1950-01-02", "1990-03-04"),
        ),
        ({"yearOfConstruction": 1973, "creationDate": "2019-01-01"}, ("1973-01-01", None)),
        ({"creationDate": "2016-11-22", "terminationDate": "2020-01-01"}, ("2016-11-22", "2020-01-01")),
        ({"yearOfConstruction": "unknown", "yearOfDemolition": "1999"}, (None, "1999-01-01")),
    ],
)
def test_attributes_of_citygml_say_when_objects_stand(
    attributes: dict[str, object], dates: tuple[str | None, str | None]
) -> None:
    assert city_validity(attributes) == dates


def test_entries_of_a_register_say_nothing_before_the_date_of_their_snapshot() -> None:
    def features() -> list[Feature]:
        made = Feature("a", "Building", b'{"creationDate":"2016-11-22"}', valid_from="2016-11-22")
        return [made, Feature("b", "Building", b"{}")]

    snapshot, alone = features(), features()
    settle(snapshot, "2016-06-01")
    settle(alone, None)
    assert [feature.valid_from for feature in snapshot] == ["2016-06-01", "2016-06-01"]
    assert [feature.valid_from for feature in alone] == ["2016-11-22", None]


def test_versions_follow_the_branch_that_counts() -> None:
    versions = {
        "c": {"date": "2019-03-04T18:34:12Z", "parents": ["b", "side"], "objects": {}},
        "b": {"date": "2019-02-04", "parents": ["a"], "objects": {"house": "house-2", "barn": "barn-1"}},
        "side": {"date": "2019-02-08", "parents": ["a"], "objects": {"house": "house-3"}},
        "a": {"date": "2019-01-02", "objects": {"house": "house-1", "barn": "barn-1"}},
    }
    text = msgspec.Raw(msgspec.json.encode({"versions": versions, "branches": {"side": "side", "main": "c"}}))
    assert dates_of(text) == {
        "house-1": ("2019-01-02", "2019-02-04"),
        "house-2": ("2019-02-04", "2019-03-04"),
        "barn-1": ("2019-01-02", "2019-03-04"),
    }
    assert dates_of(msgspec.Raw(b'{"versions":7}')) == {}


def test_a_versioned_cityjson_file_has_its_history(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p.city.gpkg") as project:
        layer = brought(project, "multitemporal/cj-versioning/buildingBeforeAndAfter.json", "local")
        assert standing(project, layer, "2019-01-20") == {"building01-01"}
        assert standing(project, layer, "2019-02-20") == {"building01-02"}
        assert standing(project, layer, "2020") == standing(project, layer, "1990") == set()


def test_a_versioned_citygml_file_has_its_history(tmp_path: Path) -> None:
    name = "citygml/ogc3/historicalSuccession_CityGML_3.0_LOD2_Versioning.gml"
    with Project.create(tmp_path / "p.city.gpkg") as project:
        layer = brought(project, name)
        wholes = {str(item.id) for item in project.objects(layer, "type == 'Building'")}

        def buildings(date: str) -> set[str]:
            return standing(project, layer, date) & wholes

        assert buildings("2005") == {"BU_69381AL47_2000-01-01", "BU_69381AL49_2000-01-01"}
        assert buildings("2020") == {"BU_69381AL49_2015-01-01", "BU_69381AL50_2015-01-01"}
        assert buildings("1999") == set()


def test_snapshots_of_one_name_are_a_series(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p.city.gpkg") as project:
        for year in ("2016", "2022"):
            import_files(project, [real(HAMBURG.format(year))], name="Hamburg", epoch=f"{year}-06-01")
        assert {layer.name: layer.series for layer in project.layers} == {
            "Hamburg 2016": "Hamburg",
            "Hamburg 2022": "Hamburg",
        }
        assert project.layer("Hamburg").name == "Hamburg 2022"
        shown = {
            date: [layer.name for layer in project.layers if state_at(project, date)[layer.id][0].any()]
            for date in ("2015", "2018", "2024")
        }
        assert shown == {"2015": [], "2018": ["Hamburg 2016"], "2024": ["Hamburg 2022"]}
        # The register was made anew after the date of the snapshot: that hides nothing.
        assert state_at(project, "2016-06-01")[project.layer("Hamburg 2016").id][0].all()
        project.undo()
        assert [(layer.name, layer.series) for layer in project.layers] == [("Hamburg", "")]


def test_other_series_do_not_stand_for_it(tmp_path: Path) -> None:
    source = write_town(tmp_path / "town.city.json")
    with Project.create(tmp_path / "p.city.gpkg") as project:
        for date, series in (("2000", "Old town"), ("2010", "Old town"), ("2005", "Harbour")):
            import_files(project, [source], name=series, epoch=f"{date}-01-01", series=series)
        state = state_at(project, "2007")
        assert {layer.name: bool(state[layer.id][0].any()) for layer in project.layers} == {
            "Old town 2000": True,
            "Old town 2010": False,
            "Harbour 2005": True,
        }


@pytest.mark.parametrize("version", [2, 3, 4])
def test_a_project_of_an_earlier_version_is_read_and_upgraded(tmp_path: Path, version: int) -> None:
    path = tmp_path / "p.city.gpkg"
    with Project.create(path) as project:
        import_files(project, [write_town(tmp_path / "town.city.json")], name="Town")
        count = len(project.fids(project.layer("Town")))
    age(path, version)
    with Project.open(path, read_only=True) as old:
        assert (len(old.fids(old.layer("Town"))), old.scenarios, old.fact("schema_version")) == (
            count,
            (),
            str(version),
        )
        assert all(stands.all() for stands, _ in state_at(old, None).values())
        assert old.by_id("mill") is not None
    with Project.open(path) as new:
        with new.edit("Demolish") as edit:
            edit.remove_objects([new.layer("Town").first_fid])
        assert len(new.fids(new.layer("Town"))) == count - 1
        view = new.layer("Town").view
        assert new.query(f"SELECT count(*) FROM {view}") == [(count - 1,)]
