"""The pictures, maps and charts of a report, what it is about first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from analysis.localtime import local
from analysis.sight.windowtables import SHARES
from analysis.site import Site
from app.charts import Look, on_paper
from app.charts.view import Paint
from app.paper import (
    HEIGHT,
    MUTED,
    SMALL,
    TINY,
    WIDTH,
    Beside,
    Block,
    Chart,
    Narrow,
    face,
    heading,
    paragraph,
)
from app.papergrid import Grid
from app.paperparts import OUTLINES, ColourBar, Map, Swatches
from app.reportframes import HIGHEST
from app.reportpictures import (
    BROAD,
    HALF,
    WIDE,
    Shot,
    State,
    Studio,
    hours_of_day,
    leaves_out_trees,
)
from app.reporttables import heights_along, in_numbers, tables_named
from app.reportwords import date_in_words, day_of_result, seen_from
from app.resultcharts import ResultChart, charts_of, further_charts
from app.resulttext import (
    VERDICTS,
    amount,
    numbers_of,
)
from layers.arrays import UInt8
from layers.data import Progress
from layers.results import BEFORE, CHANGES, OBSERVERS, SIGHTLINES, VOLUMES, Quantity, Result
from layers.views import View, views_of

TREES = (
    "These pictures show the shadows of trees too; the numbers and the verdict leave trees out, as was asked "
    "or as the rule says."
)
#: Tables that are drawn without values.
DRAWN = (OBSERVERS, SIGHTLINES, VOLUMES)
#: Room for the caption of a view and the gap above it, in points.
AROUND_VIEW = 40.0
#: Room for the heading of a map, its caption and its legend; and maps are no less high.
AROUND_MAP, LEAST_MAP = 160.0, 280.0
#: Maps beside a view are so high at most, as a part of their width.
HALF_AS_HIGH = 0.6
#: Tables that say what the picture of a view comes to, right below it.
LEADING = (SHARES,)
#: Views that would be narrower than this part of the page stand beside each other.
NARROWEST = 0.62
#: On later pages the pictures of a view are so high together at most, as a part of the page.
LATER = 0.62
#: Views that have their pictures; of more, the first ones.
MOST_VIEWS = 6
#: Of charts on paper, in 1/96 inch.
CHART_LETTERS = 10.0


def figures(
    result: Result,
    states: Sequence[State],
    site: Site | None,
    studio: Studio,
    progress: Progress,
    room: float,
) -> Iterator[Block]:
    """What the result is about first, as high as there is room on the first page."""
    views = views_of(result)[:MOST_VIEWS]
    # Values all over the ground are judged by their map, unless there is a verdict on a view.
    views_lead = bool(views) and (result.grid is None or VERDICTS in result.tables)
    if views_lead:
        yield from _views(result, states, views[:1], studio, progress, room)
    else:
        yield from _mapped(result, states, studio, progress, room)
        yield from in_numbers(result)
        yield from tables_named(result, LEADING)
    others = views[1:] if views_lead else views
    if others:
        yield heading("As it is seen")
        yield from _views(result, states, others, studio, progress, LATER * HEIGHT)
    if views_lead:
        yield from tables_named(result, LEADING)
        yield from _charts(further_charts(result))
        yield from _mapped(result, states, studio, progress, AROUND_MAP + HALF_AS_HIGH * WIDTH)
        yield from in_numbers(result)
    day = day_of_result(result)
    if day and site is not None:
        yield from _shadows(result, states, day, site, studio, progress)
    if not views_lead:
        yield from _charts(charts_of(result, next(iter(result.quantities), None)))
    # A bird sees corridors and what stands best; views are those of an eye, and maps show the ground.
    is_flat = result.grid is not None and not day
    if VOLUMES in result.tables or not (views or is_flat):
        yield from _from_the_air(result, states[-1], day, site, studio, progress)


def _views(
    result: Result,
    states: Sequence[State],
    views: Sequence[View],
    studio: Studio,
    progress: Progress,
    room: float,
) -> Iterator[Block]:
    """What is seen from each place, as an eye sees it; two states below each other are compared best."""
    for number, view in enumerate(views):
        progress(0.1 * number / len(views), f"drawing the view from {view.name}")
        shots = [_map(studio.as_seen(result, state, view)) for state in states]
        aspect = shots[0].image.width() / shots[0].image.height()
        wide = min(WIDTH, (room / len(shots) - AROUND_VIEW) * aspect)
        if wide < NARROWEST * WIDTH and len(shots) > 1:
            yield Beside(gap=12, blocks=shots)
            continue
        wide = max(wide, NARROWEST * WIDTH)
        for shot in shots:
            yield Narrow(gap=10, block=shot, wide=wide, stays_with_next=shot is not shots[-1])


def _mapped(
    result: Result, states: Sequence[State], studio: Studio, progress: Progress, room: float
) -> Iterator[Block]:
    """The maps of the first quantity, with one scale; without values what is drawn of lines and volumes."""
    quantity = next(iter(result.quantities), None)
    progress(0.3, "drawing the maps")
    highest = max(room - AROUND_MAP, LEAST_MAP) / WIDTH
    if quantity is None:
        if any(name in result.tables for name in DRAWN):
            above = studio.from_above(result, states[-1], BROAD, "", min(highest, HIGHEST))
            yield from _map_with_legend([above], None)
        return
    alike = with_one_scale(result, quantity)
    if CHANGES in result.tables:  # what is gone is seen in the state before, in the same colours
        states = [replace(state, suffix="") for state in states]
    names = {each.name for each in result.quantities}
    mapped = [state for state in states if f"{quantity.name}{state.suffix}" in names]
    # A state in which there is nothing to be seen has no map.
    mapped = [state for state in mapped if not state.suffix or _has_values(result, quantity, state)]
    width = HALF if len(mapped) > 1 else BROAD
    highest = min(highest * len(mapped), HIGHEST)
    yield from _map_with_legend(
        [studio.from_above(alike, state, width, quantity.name, highest) for state in mapped], quantity
    )
    along = heights_along(result)
    if along is not None:
        yield heading("How high one may build along the corridor", 10, 14)
        yield along


def _has_values(result: Result, quantity: Quantity, state: State) -> bool:
    found = numbers_of(result, replace(quantity, name=f"{quantity.name}{state.suffix}"))
    return found is None or found.low != 0 or found.high != 0


def _map_with_legend(shots: Sequence[Shot], quantity: Quantity | None) -> Iterator[Block]:
    legend = list(_legend(quantity, shots[-1]))
    yield heading("Map")
    yield Beside(blocks=[_map(shot) for shot in shots], stays_with_next=bool(legend))
    for block in legend:
        yield replace(block, stays_with_next=block is not legend[-1])


def _from_the_air(
    result: Result, state: State, day: str, site: Site | None, studio: Studio, progress: Progress
) -> Iterator[Block]:
    quantity = next(iter(result.quantities), None)
    if quantity is None and not any(name in result.tables for name in DRAWN):
        return
    progress(0.7, "drawing the view")
    alike = result if quantity is None else with_one_scale(result, quantity)
    shot = studio.at_an_angle(alike, state, WIDE, quantity.name if quantity else "", day, site)
    yield heading(f"Seen from the {seen_from(shot.azimuth_deg)}")
    yield _map(shot)


def _shadows(
    result: Result,
    states: Sequence[State],
    day: str,
    site: Site,
    studio: Studio,
    progress: Progress,
) -> Iterator[Block]:
    rows = []
    for number, state in enumerate(states):
        progress(0.3 + 0.2 * number, f"casting shadows, {state.title}")
        shots = studio.shadows(result, state, day, site)
        if shots:
            rows.append(shots)
    if rows:
        yield heading(f"Shadows on {date_in_words(day)}")
        for shots in rows:
            yield Beside(gap=8, blocks=[_map(shot) for shot in shots])
        if leaves_out_trees(result):
            yield paragraph(TREES, SMALL)
        for shot in rows[0]:
            yield paragraph(shot.audit_line, 6.5, MUTED, gap=3)
    hours = hours_of_day(site, day)
    if len(result.points) and hours:
        trees = ", without trees" if leaves_out_trees(result) else ""
        yield heading(f"Share of the area in the sun, hour by hour{trees}", 10, 14)
        shares = [studio.lit_shares(result, state, hours, site) for state in states]
        clock = [f"{local(hour, site):%H:%M}" for hour in hours]
        cells = [
            [state.title, *(amount(each, 0) for each in row)]
            for state, row in zip(states, shares, strict=True)
        ]
        yield Grid(["%", *clock], cells, [False, *[True] * len(hours)], points=TINY)


def _map(shot: Shot) -> Map:
    return Map(
        gap=8,
        image=image_of(shot.pixels),
        caption=shot.caption,
        metres_per_pixel=shot.metres_per_pixel,
        azimuth_deg=shot.azimuth_deg,
        outlines=shot.outlines,
        marks=shot.marks,
    )


def image_of(pixels: UInt8) -> QImage:
    """A picture (h, w, 3) as Qt has it."""
    height, width, _ = pixels.shape
    return QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _legend(quantity: Quantity | None, shot: Shot) -> Iterator[ColourBar | Swatches]:
    """All that a map's colours mean: lines and volumes, outlines, and the values."""
    for title, signs in groupby(shot.legend, key=lambda entry: entry.heading):
        yield Swatches(gap=6, title=title, entries=[(sign.color, sign.label) for sign in signs])
    roles = dict.fromkeys(outline.role for outline in shot.outlines if outline.rings)
    if roles:
        yield Swatches(gap=6, title="Outlined", entries=[(OUTLINES[role], role) for role in roles])
    if shot.scale is not None and quantity is not None and shot.scale.is_of_words:
        entries = [(entry.color, entry.label) for entry in shot.scale.legend()]
        yield Swatches(gap=6, title=quantity.title, entries=entries)
    elif shot.scale is not None and quantity is not None:
        yield ColourBar(gap=6, quantity=quantity, low=shot.scale.low, high=shot.scale.high)


def _charts(charts: Sequence[ResultChart]) -> Iterator[Block]:
    look = on_paper(face(), CHART_LETTERS)
    for number, chart in enumerate(charts):
        yield heading(chart.title, 10, 20 if number == 0 else 14)
        yield Chart(high=chart.height, paint=partial(_paint, chart.paint, look))


def _paint(paint: Paint, look: Look, painter: QPainter, box: QRectF) -> None:
    paint(painter, box, look)


def with_one_scale(result: Result, quantity: Quantity) -> Result:
    """The result with the same limits of colours for a quantity now and before, so that maps compare."""
    same = {quantity.name, quantity.name + BEFORE}
    found = [numbers_of(result, each) for each in result.quantities if each.name in same]
    known = [numbers for numbers in found if numbers is not None]
    if not known:
        return result
    low = min(numbers.low for numbers in known) if quantity.low is None else quantity.low
    high = max(numbers.high for numbers in known) if quantity.high is None else quantity.high
    limited = (replace(each, low=low, high=high) if each.name in same else each for each in result.quantities)
    return replace(result, quantities=tuple(limited))
