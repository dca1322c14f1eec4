"""The panorama: everything at its direction, what makes the difference in a colour of its own."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainterPath

from app.charts import Look, Painted, ViewChart, as_image, of_theme, on_paper, paint_view
from app.charts.viewchart import COLOURS, MARKED, Run
from app.theme import DARK, LIGHT
from layers.views import View

TOWER = 7


@pytest.fixture(autouse=True)
def _application(qapp: object) -> None:
    """Fonts need one."""


def runs(has_tower: bool) -> tuple[Run, ...]:
    """Before a facade that looks south: ground, sky, and a tower from 20 to 40° on the right, 50° high."""
    found = []
    for off in range(-90, 90):
        top = 50.0 if has_tower and 20 <= off < 40 else 0.0
        found.append(Run(off, -90.0, 0.0, "ground", -1, ""))
        if top:
            found.append(Run(off, 0.0, top, "building", TOWER, "Tower"))
        found.append(Run(off, top, 90.0, "sky", -1, ""))
    return tuple(found)


CHART = ViewChart(
    "window",
    (("Before", runs(False)), ("After", runs(True))),
    180.0,
    View("window", (0.0, 0.0, 0.0), (0.0, -9.0, 0.0), 90.0, 1.5),
    1.0,
    (("sky", "42.0 % (50.0)"), ("building", "8.0 % (0.0)"), ("ground", "50.0 % (50.0)")),
    {TOWER: "Tower"},
)


def drawn(width: int, look: Look) -> tuple[QImage, Painted]:
    return as_image(lambda painter, box, k: paint_view(painter, box, CHART, k), width, CHART.height, look)


@pytest.mark.parametrize(
    ("width", "look"), [(320, of_theme(LIGHT, False)), (420, of_theme(DARK, True)), (660, on_paper())]
)
def test_all_is_written_and_nothing_on_another(width: int, look: Look) -> None:
    _, painted = drawn(width, look)
    texts = [text for _, text in painted.texts]
    assert {"Before", "After", "S", "0°", "Tower", "Sky 42.0 % (50.0)"} <= set(texts)
    boxes = [box.adjusted(1, 1, -1, -1) for box, _ in painted.texts]
    assert not any(a.intersects(b) for a, b in combinations(boxes, 2))


def test_everything_that_has_a_colour_is_named_right_below_the_panels() -> None:
    kinds = ("sky", "green", "water", "building", "ground", "other")
    names = ("Lohe tower (proposed)", "Old gasworks hall", "Sports hall")
    shares = tuple((kind, "12.3 % (45.6)") for kind in kinds)
    chart = replace(CHART, shares=shares, marked=dict(enumerate(names)))
    look = of_theme(LIGHT, False)
    _, painted = as_image(lambda painter, box, k: paint_view(painter, box, chart, k), 280, chart.height, look)
    assert set(names) <= {text for _, text in painted.texts}
    axis = max(box.bottom() for box, text in painted.texts if text == "S")
    first = min(box.top() for box, text in painted.texts if text.startswith("Sky"))
    assert 0 <= first - axis < 2 * look.size


def test_the_tower_is_where_it_is_seen_and_only_after() -> None:
    look = on_paper()
    image, painted = drawn(660, look)
    (path,) = [place for place, told in painted.spots if told == "Tower: buildings"]
    assert isinstance(path, QPainterPath)
    box = path.boundingRect()
    middle = box.center()
    assert painted.tip(middle) == "Tower: buildings"
    assert box.height() / box.width() == pytest.approx(50 / 20, rel=0.02)  # degrees are square
    assert colour(image, middle) == QColor(look.series[MARKED[0]])
    assert colour(image, QPointF(box.left() - 4, box.top() + 4)) == QColor(COLOURS["sky"])
    assert colour(image, QPointF(middle.x(), box.bottom() + 12)) == QColor(COLOURS["ground"])
    south = next(place for place, text in painted.texts if text == "S" and place.top() > middle.y())
    per_deg = box.width() / 20
    assert middle.x() - south.center().x() == pytest.approx(30 * per_deg, abs=1.5)


def colour(image: QImage, at: QPointF) -> QColor:
    return image.pixelColor(round(at.x()), round(at.y()))
