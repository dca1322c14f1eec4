"""Profiles along lines of sight as charts: what blocks is where it blocks, and said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF

from analysis import sightline
from analysis.analysis import analysis_of, perform
from app.charts import Look, Painted, ProfileChart, as_image, of_theme, on_paper, paint_profile, profiles_of
from app.theme import DARK
from layers.data import never_stop
from layers.project import Project
from tests.analysis.town import HOUSE_HEIGHT_M, SLOPE, at, make_town

SIZES = ((320, 220, of_theme(DARK, True)), (660, 260, on_paper()), (660, 260, replace(on_paper(), size=16.0)))


@pytest.fixture(autouse=True)
def _application(qapp: object) -> None:
    """Fonts need one."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with Project.open(make_town(tmp_path_factory.mktemp("town")), read_only=True) as project:
        yield project


def charts(town: Project, **changes: Any) -> list[ProfileChart]:
    inputs = sightline.Inputs(
        places=(at(30, 55, 2),), eye_height_m=0.0, targets=(at(90, 55, 2), at(90, 55, 60)), date="2020-01-01"
    )
    return profiles_of(perform(analysis_of("sightline"), town, replace(inputs, **changes), never_stop))


def painted(chart: ProfileChart, width: int = 660, height: int = 260, look: Look | None = None) -> Painted:
    return as_image(lambda p, b, k: paint_profile(p, b, chart, k), width, height, look or on_paper())[1]


def test_a_chart_for_each_line_says_what_hides_its_end(town: Project) -> None:
    hidden, free = charts(town)
    assert hidden.blocked_at_m == pytest.approx(20, abs=1e-6) and free.blocked_at_m is None
    assert hidden.verdict == "hidden by A, 6.0 m too high" and free.verdict == "seen"
    house = next(body for body in hidden.bodies if body.name == "A")
    assert house.top[1] == pytest.approx(50 * SLOPE + HOUSE_HEIGHT_M, abs=1e-3)
    said = [text for _, text in painted(hidden).texts]
    assert "A" in said and "Hidden by A, 6.0 m too high" in said


def test_what_stands_there_is_told_under_the_pointer(town: Project) -> None:
    found = painted(charts(town)[0])
    name = next(box for box, text in found.texts if text == "A")
    assert found.tip(name.center() + QPointF(0, 2 * name.height())).startswith("A, up to")


def test_what_is_new_and_what_is_gone(town: Project) -> None:
    chart = charts(town, compare=True, compare_date="1990-01-01", compare_without="id == 'A'")[0]
    states = {body.name: body.state for body in chart.bodies}
    assert states["A"] == "new" and states["B"] == "gone"
    assert "new" in [text for _, text in painted(chart).texts]


@pytest.mark.parametrize(("width", "height", "look"), SIZES)
def test_no_text_lies_on_another_or_outside(town: Project, width: int, height: int, look: Look) -> None:
    for chart in charts(town):
        found = painted(chart, width, height, look)
        boxes = [box for box, _ in found.texts]
        assert len(boxes) >= 6
        for number, box in enumerate(boxes):
            assert QRectF(0, 0, width, height).contains(box), found.texts[number]
            assert not any(box.intersects(other) for other in boxes[:number]), found.texts[number]


def test_a_line_over_open_ground_has_a_chart(town: Project) -> None:
    chart = charts(town, places=(at(10, 180, 1.6),), targets=(at(40, 180, 1.6),))[0]
    assert np.isfinite(chart.sight).all() and len(painted(chart).texts) >= 6
