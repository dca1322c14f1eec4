"""Analyses of a city in a scenario, alone and beside the city as it is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from analysis import sunlight
from analysis.casters import casters
from analysis.situation import Situation
from analysis.states import is_compared, situations, situations_told, states_title
from layers import scenarios
from layers.data import never_stop
from layers.errors import ProjectError
from layers.importing import import_files
from layers.project import Project
from tests.towns import box, write_town


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The barn stands 10 m east of a block that is 40 m high in the scenario, and 8 m as it is."""
    folder = tmp_path_factory.mktemp("scenarios")
    with Project.create(folder / "town.city.gpkg") as project:
        import_files(project, [write_town(folder / "town.city.json")], name="Houses")
        with project.edit("Propose") as edit:
            number = edit.add_scenario("Tower")
        with project.edit("Raise") as edit:
            mill = project.by_id("mill")
            assert mill is not None
            copy = scenarios.editable(project, edit, [mill.fid], number)[mill.fid]
            edit.set_geometry(copy, box((0, 0, 10, 10, 0, 40)))
        yield project


def test_what_stands_in_the_scenario_casts_its_shadow_there(town: Project) -> None:
    tops = [float(casters(town, Situation(scenario=name)).vertices[:, 2].max()) for name in ("", "Tower")]
    assert tops == [12, 40]
    assert len(np.unique(casters(town, Situation(scenario="Tower")).fid)) == len(
        np.unique(casters(town, Situation()).fid)
    )
    with pytest.raises(ProjectError, match="There is no scenario 'Other'"):
        casters(town, Situation(scenario="Other"))


def test_sunlight_is_compared_with_the_city_as_it_is(town: Project) -> None:
    inputs = sunlight.Inputs(
        where="id == 'barn'", day="2026-03-21", step_min=30.0, spacing_m=4.0, scenario="Tower", compare=True
    )
    assert is_compared(inputs)
    assert situations(inputs) == (Situation(scenario="Tower"), Situation())
    result = sunlight.run(town, inputs, never_stop)
    now, before = (result.surfaces.numbers(f"sunlight_h{state}") for state in ("", "_before"))
    assert (now <= before + 1e-9).all() and now.sum() < before.sum() - 0.2
    assert situations_told(result.inputs) == situations(inputs)
    assert states_title(town, situations(inputs)) == "Tower against all dates"
    assert "Tower" in result.title
