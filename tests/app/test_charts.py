"""Charts: what they show is where it should be, at 300 points as on paper, and no text on another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from analysis.obstruction import BEHIND, NAMELESS, OPEN, Obstruction
from analysis.site import site_at
from analysis.sun import sun_at
from app.charts import (
    Bars,
    ChartView,
    DayChart,
    Histogram,
    Look,
    Painted,
    Row,
    Series,
    Spell,
    SunPath,
    as_image,
    by_month,
    of_theme,
    on_paper,
    paint_bars,
    paint_day,
    paint_histogram,
    paint_sun_path,
    stacked_by_month,
    sun_path_of,
)
from app.charts.sheet import nice_step, number_text, ticks
from app.charts.view import Paint
from app.theme import DARK, LIGHT
from viewer.palette import ramp

DELFT = site_at(4.36, 52.01)
MONTHS = [20.0, 42, 80, 120, 150, 160, 158, 140, 100, 60, 28, 16]
PARTS = {"direct": MONTHS, "diffuse": MONTHS, "reflected": MONTHS}
SIZES = ((300, 300, of_theme(LIGHT, False)), (420, 320, of_theme(DARK, True)), (660, 400, on_paper()))


@pytest.fixture(autouse=True)
def _application(qapp: object) -> None:
    """Fonts need one."""


def obstructed() -> Obstruction:
    """A tower in the south up to 60°, terrain all around up to 5°, and a wall behind to the north."""
    hider = np.full((90, 360), OPEN, np.int64)
    hider[:5] = NAMELESS
    hider[:60, 170:190] = 4
    hider[:, np.r_[0:90, 270:360]] = BEHIND
    return Obstruction(1.0, hider)


def sun_path() -> SunPath:
    now = sun_at(DELFT, np.array([np.datetime64("2026-03-21T09:00")]))
    return sun_path_of(DELFT, 2026, obstructed(), {4: "Proposed tower"}, now, "At the school yard")


def day() -> DayChart:
    before = (
        Spell(7, 8, "away"),
        Spell(8, 12, "sun"),
        Spell(12, 14, "shade", "Row of houses"),
        Spell(14, 18, "sun"),
    )
    after = (
        Spell(8, 10, "sun"),
        Spell(10, 12, "shade", "Proposed tower"),
        *before[2:3],
        Spell(14, 15, "veil", "Limes"),
    )
    rows = (Row("before", before, "8 h"), Row("after", after, "2 h"))
    return DayChart(rows, "21 March", "Europe/Amsterdam, UTC+01:00")


def histogram() -> Histogram:
    values = np.random.default_rng(0).gamma(4, 1.2, 4000)
    return Histogram(values, values * 0 + 12.5, "h", "m²", "Sunlight", "viridis", 0, 12, 1, 5.3, "chosen")


CHARTS: dict[str, Paint] = {
    "sun path": lambda p, b, k: paint_sun_path(p, b, sun_path(), k),
    "stereographic": lambda p, b, k: paint_sun_path(p, b, replace(sun_path(), stereographic=True), k),
    "no obstruction": lambda p, b, k: paint_sun_path(p, b, sun_path_of(site_at(174.7, -36.8), 2026), k),
    "histogram": lambda p, b, k: paint_histogram(p, b, histogram(), k),
    "months": lambda p, b, k: paint_bars(p, b, by_month(MONTHS, "h", "Hours of sun", MONTHS[::-1]), k),
    "stacked": lambda p, b, k: paint_bars(p, b, stacked_by_month(PARTS, "kWh/m²", "Energy"), k),
    "change": lambda p, b, k: paint_bars(
        p, b, Bars(tuple("abcdef"), (Series("", (3.0, -5.0, 0.0, 2.0, -1.0, 12_000.0)),), "h"), k
    ),
    "day": lambda p, b, k: paint_day(p, b, day(), k),
}  # fmt: skip


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize(("width", "height", "look"), SIZES)
def test_no_text_lies_on_another_or_outside(name: str, width: int, height: int, look: Look) -> None:
    for letters in (1.0, 1.5):
        image, painted = as_image(CHARTS[name], width, height, replace(look, size=look.size * letters))
        boxes = [box for box, _ in painted.texts]
        assert len(boxes) >= 5
        for at, box in enumerate(boxes):
            assert QRectF(0, 0, width, height).contains(box), painted.texts[at]
            for other in range(at):
                assert not box.intersects(boxes[other]), (painted.texts[at][1], painted.texts[other][1])
        assert image.pixelColor(1, 1) == QColor(look.paper)


def drawn(
    paint: Paint, width: int = 420, height: int = 420, look: Look | None = None
) -> tuple[QImage, Painted]:
    return as_image(paint, width, height, look or on_paper())


def texts(painted: Painted) -> list[str]:
    return [text for _, text in painted.texts]


def place(painted: Painted, text: str) -> QPointF:
    return next(box.center() for box, found in painted.texts if found == text)


def near(image: QImage, at: QPointF, color: str, within: int = 40) -> bool:
    found, wanted = image.pixelColor(at.toPoint()), QColor(color)
    return (
        max(
            abs(found.red() - wanted.red()),
            abs(found.green() - wanted.green()),
            abs(found.blue() - wanted.blue()),
        )
        <= within
    )


def test_the_sun_stands_in_the_diagram_where_it_stands_in_the_sky() -> None:
    """9:00 UTC on 21 March in Delft: south-east, 25° high; north is up and east is right."""
    look = on_paper()
    image, painted = drawn(CHARTS["sun path"])
    north, east = place(painted, "N"), place(painted, "E")
    centre = QPointF(north.x(), east.y())
    assert north.y() < centre.y() < place(painted, "S").y() and place(painted, "W").x() < east.x()
    sun = sun_at(DELFT, np.array([np.datetime64("2026-03-21T09:00")]))
    radius = east.x() - centre.x() - look.size * 1.2
    away = radius * (90 - sun.altitude_deg[0]) / 90
    turn = np.radians(sun.azimuth_deg[0])
    at = centre + QPointF(away * np.sin(turn), -away * np.cos(turn))
    found = [
        (x, y)
        for x in range(image.width())
        for y in range(image.height())
        if near(image, QPointF(x, y), look.sun, 12)
    ]
    middle = np.mean(found, axis=0)
    assert np.hypot(middle[0] - at.x(), middle[1] - at.y()) < 6


def test_what_hides_the_sun_has_its_colour_and_name() -> None:
    image, painted = drawn(CHARTS["sun path"])
    south = place(painted, "S")
    centre = QPointF(place(painted, "N").x(), place(painted, "E").y())
    tower = centre + (south - centre) * 0.62
    assert painted.tip(tower) == "Proposed tower"
    assert painted.tip(centre + QPointF(0, -60)) == "behind the surface"
    assert "Proposed tower" in texts(painted) and "terrain and others" in texts(painted)
    assert not near(image, tower, on_paper().sky, 25)


def test_hours_of_the_diagram_are_those_of_the_clocks_there() -> None:
    """In June the sun of Delft is highest at 13:44 summer time."""
    _, painted = drawn(CHARTS["sun path"], 660, 640)
    assert {"6", "9", "12", "13", "14", "17", "21"} <= set(texts(painted)) and "2" not in texts(painted)
    assert abs(place(painted, "14").x() - place(painted, "N").x()) < 12
    assert place(painted, "9").x() > place(painted, "17").x()


def test_in_the_south_the_paths_are_in_the_north() -> None:
    _, painted = drawn(CHARTS["no obstruction"], 660, 640)
    middle = place(painted, "E").y()
    assert all(place(painted, hour).y() < middle + 40 for hour in ("10", "12", "14", "16"))


def test_polar_day_goes_round_and_polar_night_is_told() -> None:
    cape = sun_path_of(site_at(25.78, 71.17, zone="Europe/Oslo"), 2026)
    _, painted = drawn(lambda p, b, k: paint_sun_path(p, b, cape, k), 660, 420)
    assert {"0", "6", "12", "18"} <= set(texts(painted)) and "21 December: no sun" in texts(painted)


def test_bars_are_as_high_as_their_values() -> None:
    look = on_paper()
    image, painted = drawn(lambda p, b, k: paint_bars(p, b, by_month(MONTHS, "h"), k), 600, 300)
    columns = [place(painted, label).x() for label in ("Jan", "Jun", "Dec")]
    heights = [
        sum(near(image, QPointF(x, y), look.accent, 20) for y in range(image.height())) for x in columns
    ]
    assert heights[1] / heights[0] == pytest.approx(160 / 20, rel=0.1)
    assert heights[1] / heights[2] == pytest.approx(160 / 16, rel=0.1)
    assert painted.tip(QPointF(columns[1], 200)) == "Jun: 160.0 h"
    assert "h" in texts(painted)


def test_stacked_bars_stand_on_each_other() -> None:
    look = on_paper()
    parts = {"direct": [10.0] * 12, "diffuse": [20.0] * 12, "reflected": [5.0] * 12}
    image, painted = drawn(lambda p, b, k: paint_bars(p, b, stacked_by_month(parts, "kWh/m²"), k), 600, 300)
    x = place(painted, "Jun").x()
    rows = {
        name: [y for y in range(30, image.height()) if near(image, QPointF(x, y), color, 20)]
        for name, color in (("direct", look.sun), ("diffuse", look.series[4]), ("reflected", look.shade))
    }
    assert min(rows["direct"]) > max(rows["diffuse"]) > max(rows["reflected"])
    assert len(rows["diffuse"]) == pytest.approx(2 * len(rows["direct"]), abs=3)


def test_a_histogram_has_the_colours_of_the_city() -> None:
    """All of 5 h in one bar, in the colour that the legend gives 5 h of 10."""
    flat = Histogram(np.full(50, 5.0), None, "h", "surfaces", "", "viridis", 0.0, 10.0, 1)
    image, painted = drawn(lambda p, b, k: paint_histogram(p, b, flat, k), 420, 240)
    bar = next(place.boundingRect() for place, told in painted.spots if ": 50 surfaces" in told)
    red, green, blue = ramp("viridis", np.array([0.5]))[0]
    assert near(
        image,
        QPointF(bar.center().x(), bar.bottom() - 20),
        QColor(int(red), int(green), int(blue)).name(),
        25,
    )


@pytest.mark.parametrize("values", [[], [np.nan], [3.0], [0.0, 0.0], [-2.0, 5e9], [1e-9, 2e-9]])
def test_a_histogram_of_anything_is_drawn(values: list[float]) -> None:
    odd = Histogram(np.array(values), None, "h", "surfaces")
    _, painted = drawn(lambda p, b, k: paint_histogram(p, b, odd, k), 300, 160)
    assert painted.texts


def test_a_day_tells_who_takes_the_sun() -> None:
    look = on_paper()
    image, painted = drawn(CHARTS["day"], 600, 200)
    shade = next(place for place, told in painted.spots if told.endswith("shaded by Proposed tower"))
    assert (
        painted.tip(shade.boundingRect().center()) == "10:00 to 12:00 (2 h 00 min): shaded by Proposed tower"
    )
    lit = next(place for place, told in painted.spots if "sunlit" in told).boundingRect()
    assert near(image, QPointF(lit.left() + 6, lit.top() + 4), look.sun, 10)
    assert lit.width() == pytest.approx(2 * shade.boundingRect().width(), rel=0.01)
    assert {"before", "after", "8 h", "2 h", "sunlit", "Row of houses", "12:00"} <= set(texts(painted))


def test_round_numbers() -> None:
    assert [nice_step(span, 5) for span in (1, 7, 24, 100, 0.03)] == [0.2, 2, 5, 20, 0.01]
    assert ticks(0, 12, 5) == [0, 5, 10] and ticks(-3, 3, 2) == [-2, 0, 2]
    assert [number_text(value, step) for value, step in ((1200, 100), (0.25, 0.05), (2.5, 2.5), (-3, 1))] == [
        "1\u202f200", "0.25", "2.5", "−3",
    ]  # fmt: skip


def test_the_widget_paints_and_tells(qtbot: QtBot) -> None:
    view = ChartView(lambda p, b, k: paint_bars(p, b, by_month(MONTHS, "h"), k), 200, "Hours by month")
    qtbot.addWidget(view)
    view.resize(320, 200)
    image = view.grab().toImage()
    assert len({image.pixel(x, y) for x in range(0, 320, 3) for y in range(0, 200, 3)}) > 4
