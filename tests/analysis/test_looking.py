"""From where one looks: never from under the ground, and called by what one stands on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analysis import isovist, protectedview, sightline, visibility, windowview
from analysis.sight.looking import place_names, positions_of
from layers.errors import UsageError
from layers.importing import import_files
from layers.project import Project
from layers.results import Result
from tests.analysis.test_protectedview import INPUTS as PROTECTED
from tests.analysis.town import at, make_town

#: Z as if it were a height above the ground, which is 5 m high there.
BURIED = at(100, 30, -3.4)
FROM = (BURIED,)
RUNS: dict[str, Callable[[Project], Result]] = {
    "visibility": lambda town: visibility.run(town, visibility.Inputs(places=FROM)),
    "ground": lambda town: visibility.run(town, visibility.Inputs(places=FROM, on="ground", radius_m=30)),
    "raster": lambda town: visibility.run(town, visibility.Inputs(places=FROM, on="raster")),
    "isovist": lambda town: isovist.run(town, isovist.Inputs(places=FROM)),
    "sightline": lambda town: sightline.run(
        town, sightline.Inputs(places=FROM, targets=(at(20, 20, 2),), eye_height_m=0.0)
    ),
    "protectedview": lambda town: protectedview.run(town, protectedview.Inputs(
        places=FROM, landmark=PROTECTED.landmark, compare=False
    )),
    "windowview": lambda town: windowview.run(town, windowview.Inputs(points=FROM, sun=False, step_deg=5.0)),
}  # fmt: skip


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with Project.open(make_town(tmp_path_factory.mktemp("town"))) as project:
        yield project


@pytest.mark.parametrize("name", RUNS)
def test_no_analysis_looks_from_under_the_ground(town: Project, name: str) -> None:
    with pytest.raises(UsageError, match=r"The eye is under the ground \(.*the ground there at [45]\.\d\d m"):
        RUNS[name](town)


def test_a_spot_on_the_ground_itself_is_no_deeper_than_it(town: Project) -> None:
    visibility.run(town, visibility.Inputs(places=(BURIED[:2],), eye_height_m=0.0))


def test_a_place_is_called_by_what_one_stands_on_not_by_what_is_above(tmp_path: Path) -> None:
    stand = tmp_path / "stand.city.json"
    stand.write_text(STAND)
    with Project.create(tmp_path / "stand.city.gpkg") as project:
        import_files(project, [stand])
        x, y, top = 356_011.0, 5_699_811.0, 21.0
        feet = positions_of(project, [(x, y, z) for z in (top, top + 1.6, top - 20, top + 5, top)])
        assert place_names(project, feet) == (
            "Viewing place A",
            "Viewing place A 2",
            "place 3",
            "place 4",
            "Viewing place A 3",
        )


#: A deck 2 by 2 metres, 20 to 21 metres high.
STAND = """{"type": "CityJSON", "version": "2.0",
 "transform": {"scale": [1, 1, 1], "translate": [356010, 5699810, 20]},
 "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/25832"},
 "CityObjects": {"deck": {"type": "CityFurniture", "attributes": {"name": "Viewing place A"}, "geometry": [
  {"type": "MultiSurface", "lod": "2", "boundaries": [[[0, 1, 2, 3]], [[4, 5, 6, 7]]]}]}},
 "vertices": [[0,0,0], [2,0,0], [2,2,0], [0,2,0], [0,0,1], [2,0,1], [2,2,1], [0,2,1]]}
"""
