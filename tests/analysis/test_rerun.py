"""Every analysis, kept in a project and computed again, gives the same numbers to the last digit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from analysis import ANALYSES
from analysis.analysis import analysis_of
from analysis.rerunning import rerun
from layers.data import never_stop
from layers.project import Project
from tests.analysis.test_shadow import model
from tests.cities import import_here

PLACES = ((85_205.0, 446_960.0, 0.0), (85_100.0, 447_005.0, 3.0))
#: Inputs with which an analysis is quick; the others are as they are when nothing is said.
QUICK: Mapping[str, Mapping[str, Any]] = {
    "shadow": {"step_min": 120.0},
    "sunlight": {"spacing_m": 5.0, "step_min": 30.0},
    "rules": {"rule": "bre-sky-component", "spacing_m": 5.0},
    "blame": {"spacing_m": 5.0, "step_min": 60.0, "year": False},
    "solar": {"spacing_m": 5.0},
    "skyview": {"spacing_m": 5.0},
    "visibility": {"places": PLACES, "spacing_m": 5.0},
    "sightline": {"places": PLACES, "targets": ((85_300.0, 447_005.0, 0.0),)},
    "protectedview": {"places": PLACES, "landmark": "id == 'old'", "spacing_m": 5.0, "compare": False},
    "windowview": {"on": "surfaces", "spacing_m": 5.0, "step_deg": 2.0, "directions": 500},
    "exposure": {"target": "id == 'old'", "fids": (), "spacing_m": 2.0},
    "isovist": {"on": "ground", "fids": (), "spacing_m": 2.0},
    "change": {"compare_date": "1980-01-01", "date": "2040-01-01"},
    "zoning": {"plots": "plots"},
    "indicators": {},
    "soundness": {},
    "doctor": {},
}


def plots(folder: Path) -> Path:
    """A plot around the old building, which is higher than may be."""
    ring = [[85_195, 446_995], [85_215, 446_995], [85_215, 447_015], [85_195, 447_015], [85_195, 446_995]]
    feature = {
        "type": "Feature",
        "properties": {"maxHeight": 8},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}}
    path = folder / "plots.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": [feature]}))
    return path


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("rerun")
    with Project.create(folder / "p.city.gpkg") as found:
        import_here(found, model(folder))
        import_here(found, plots(folder))
        yield found


@pytest.mark.parametrize("name", ANALYSES)
def test_a_kept_result_is_computed_again(project: Project, name: str) -> None:
    analysis = analysis_of(name)
    chosen = project.by_id("old")
    assert chosen is not None
    known = analysis.Inputs.__dataclass_fields__
    answers = {"fids": (chosen.fid,), **QUICK[name]}
    inputs = analysis.Inputs(**{key: value for key, value in answers.items() if key in known})
    result = analysis.run(project, inputs, never_stop)
    with project.edit("Keep") as edit:
        number = edit.add_result(result)
    found = rerun(project, project.result(number), never_stop)
    assert (found.same, found.largest_difference, found.changed_inputs) == (True, 0.0, ())
    assert len(result.pedigree.inputs) and result.pedigree.error and result.pedigree.method
