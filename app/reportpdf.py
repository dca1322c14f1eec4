"""The report of analyses as a PDF file: the verdict first, then maps, numbers, and where they come from."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from html import escape
from itertools import groupby
from pathlib import Path

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont, QImage, QPainter

from analysis.localtime import local
from analysis.site import Site, site_of
from app.charts import Look, on_paper
from app.charts.view import Paint
from app.paper import (
    ACCENT,
    HEIGHT,
    MUTED,
    SMALL,
    TINY,
    WIDTH,
    Beside,
    Block,
    Chapter,
    Chart,
    Facts,
    Grid,
    Text,
    face,
    heading,
    paragraph,
    write_pdf,
)
from app.paperparts import ColourBar, Map, Swatches, VerdictBand
from app.pedigreetext import work_numbers
from app.reportpictures import (
    BROAD,
    HALF,
    WIDE,
    Shot,
    State,
    Studio,
    hours_of_day,
    leaves_out_trees,
    states_of,
)
from app.reporttables import numbers_grid, table_blocks, verdict_grid
from app.reportwords import date_in_words, day_of_result, seen_from
from app.resultanswer import TIMED, answers_of, small_tables, warnings_of
from app.resultcharts import charts_of
from app.resulttable import NAMES, tables_of
from app.resulttext import (
    VERDICTS,
    WORDS,
    amount,
    answers,
    column_title,
    counting_rows,
    kind_title,
    local_time,
    numbers_of,
    verdict_number,
    verdict_rows,
    when,
)
from layers.data import Progress
from layers.errors import PlaceError
from layers.project import Project
from layers.results import BEFORE, OBSERVERS, SIGHTLINES, VOLUMES, Quantity, Result
from layers.safefile import write_by_path
from layers.views import views_of

TREES = (
    "These pictures show the shadows of trees too; the numbers and the verdict leave trees out, as was asked "
    "or as the rule says."
)
#: Tables that are drawn without values.
DRAWN = (OBSERVERS, SIGHTLINES, VOLUMES)
#: Room for a caption below a view, and its part of the heading above, in points.
AROUND_VIEW = 40.0
#: Views that have their pictures; of more, the first ones.
MOST_VIEWS = 6
#: Verdicts that are drawn large; the table below has all.
MOST_BANDS = 6
NUMBERS = (("before", "Before"), ("after", "After"), ("threshold", "Needed"))
#: Of charts on paper, in 1/96 inch.
CHART_LETTERS = 10.0
#: Tables that are not printed: charts show them, and the exported tables have every row.
NOT_PRINTED = ("points", "hours", "sky", "place", "blockers_by_month", *TIMED, "bands")


@dataclass(frozen=True)
class Reported:
    """A project, and what a report says of it as a whole."""

    project: Project
    site: Site | None
    author: str
    made: str

    @property
    def place(self) -> str:
        """Where it lies."""
        crs = self.project.place.crs or "no coordinate reference system"
        return f"{self.site.title}, {crs}" if self.site is not None else crs


def write_report(
    path: Path, project: Project, results: Sequence[Result], studio: Studio, progress: Progress
) -> int:
    """Write the report of some results of a project; gives its number of pages."""
    site = _site(project)
    reported = Reported(project, site, _author(), local_time(datetime.now(site.tz if site else None)))
    chapters = []
    for number, result in enumerate(results):

        def tell(fraction: float, text: str, number: int = number) -> None:
            progress((number + fraction) / len(results), text)

        blocks = list(_chapter(reported, result, studio, tell, is_first=number == 0))
        lines = result.pedigree.sun
        foot = lines[len(lines) // 2] if lines else f"{project.title} · {reported.place}"
        chapters.append(Chapter(blocks, f"{project.title} · {result.title}", foot))
    pages: list[int] = []
    title = f"{project.title}: {results[0].title}"
    write_by_path(path, lambda part: pages.append(write_pdf(part, title, chapters)))
    return pages[0]


def _chapter(
    reported: Reported, result: Result, studio: Studio, progress: Progress, is_first: bool
) -> Iterator[Block]:
    yield from _title(reported, result, is_first)
    yield from _verdicts(result)
    yield from _pictures(reported, result, studio, progress)
    yield from _tables(result)
    yield from _origin(reported, result)


def _title(reported: Reported, result: Result, is_first: bool) -> Iterator[Block]:
    project = reported.project
    kind = kind_title(result.kind)
    yield Text(gap=0, html=escape(kind.upper()), points=7.5, colour=ACCENT, weight=QFont.Weight.Bold)
    yield Text(gap=2, html=escape(result.title), points=19, weight=QFont.Weight.DemiBold)
    states = [state.full_title for state in states_of(project, result.inputs)]
    rows = [
        ("Project", project.title),
        ("Place", reported.place),
        ("State of the city", "\n".join(states)),
        ("Computed", when(result)),
    ]
    if is_first:
        rows += [("Report by", reported.author), ("Report of", reported.made)]
    yield Facts(gap=10, rows=rows)


def _verdicts(result: Result) -> Iterator[Block]:
    rows, counting, said = verdict_rows(result), counting_rows(result), answers_of(result)
    if rows:
        yield heading("Verdict")
    if said:
        yield Text(gap=10, html=escape(said[0]), points=11.5, weight=QFont.Weight.DemiBold)
    for row in counting[:MOST_BANDS]:
        verdict = str(row.get("verdict", ""))
        yield VerdictBand(
            gap=8,
            verdict=verdict,
            word=WORDS.get(verdict, verdict.upper()),
            name=str(row.get("name", "")),
            words=[str(row.get(key, "")) for key in ("rule", "reason") if row.get(key) not in said],
            numbers=[(title, verdict_number(row, key)) for key, title in NUMBERS],
        )
    if len(rows) > min(len(counting), MOST_BANDS):
        yield verdict_grid(rows)
    yield from map(paragraph, [*said[1:], *warnings_of(result)])
    found = numbers_grid(result)
    small = small_tables(result)
    if found is not None or small:
        yield heading("In numbers")
    if found is not None:
        yield found
    for table in small:
        yield Grid(
            list(table.titles),
            [list(row) for row in table.rows],
            [bool(at) for at in range(len(table.titles))],
        )


def _pictures(reported: Reported, result: Result, studio: Studio, progress: Progress) -> Iterator[Block]:
    quantity = next(iter(result.quantities), None)
    states = states_of(reported.project, result.inputs)
    yield from _views(result, states, studio, progress)
    if quantity is None:
        yield from _charts(result)
        if any(name in result.tables for name in DRAWN):
            yield from _drawn(result, states[-1], studio, progress)
        return
    alike = with_one_scale(result, quantity)
    progress(0.1, "drawing the maps")
    names = {each.name for each in result.quantities}
    mapped = [state for state in states if f"{quantity.name}{state.suffix}" in names]
    size = HALF if len(mapped) > 1 else BROAD
    maps = [studio.from_above(alike, state, size, quantity.name) for state in mapped]
    yield heading("Map")
    yield Beside(
        blocks=[_map(shot) for shot in maps], stays_with_next=bool(maps[-1].scale or maps[-1].legend)
    )
    yield from _legend(quantity, maps[-1])
    day, site = day_of_result(result), reported.site
    if day and site is not None:
        yield from _shadows(result, states, day, site, studio, progress)
    yield from _charts(result)
    progress(0.7, "drawing the view")
    shot = studio.at_an_angle(alike, states[-1], WIDE, quantity.name, day, site)
    yield heading(f"Seen from the {seen_from(shot.azimuth_deg)}")
    yield _map(shot)


def _views(result: Result, states: Sequence[State], studio: Studio, progress: Progress) -> Iterator[Block]:
    """What is seen from each place, as an eye sees it; two states below each other are compared best."""
    views = views_of(result)[:MOST_VIEWS]
    for number, view in enumerate(views):
        progress(0.1 * number / len(views), f"drawing the view from {view.name}")
        if number == 0:
            yield heading("As it is seen")
        on_one_page = len(states) * (WIDTH / view.aspect + AROUND_VIEW) <= HEIGHT
        for state in states:
            stays = on_one_page and state is not states[-1]
            yield replace(_map(studio.as_seen(result, state, view)), stays_with_next=stays)


def _drawn(result: Result, state: State, studio: Studio, progress: Progress) -> Iterator[Block]:
    """Lines of sight and volumes without values: from above and as a bird sees them."""
    progress(0.3, "drawing the map")
    above = studio.from_above(result, state, BROAD)
    yield heading("Map")
    yield _map(above)
    yield from _swatches(above)
    progress(0.7, "drawing the view")
    shot = studio.at_an_angle(result, state, WIDE, "", "", None)
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
        image=_image(shot),
        caption=shot.caption,
        metres_per_pixel=shot.metres_per_pixel,
        azimuth_deg=shot.azimuth_deg,
        outlines=shot.outlines,
    )


def _image(shot: Shot) -> QImage:
    height, width, _ = shot.pixels.shape
    return QImage(shot.pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _swatches(shot: Shot) -> Iterator[Block]:
    for title, entries in groupby(shot.legend, key=lambda entry: entry.heading):
        yield Swatches(gap=6, title=title, entries=[(entry.color, entry.label) for entry in entries])


def _legend(quantity: Quantity, shot: Shot) -> Iterator[Block]:
    yield from _swatches(shot)
    if shot.scale is not None:
        yield ColourBar(gap=6, quantity=quantity, low=shot.scale.low, high=shot.scale.high)


def _charts(result: Result) -> Iterator[Block]:
    look = on_paper(face(), CHART_LETTERS)
    for number, chart in enumerate(charts_of(result, next(iter(result.quantities), None))):
        yield heading(chart.title, 10, 20 if number == 0 else 14)
        yield Chart(high=chart.height, paint=partial(_paint, chart.paint, look))


def _paint(paint: Paint, look: Look, painter: QPainter, box: QRectF) -> None:
    paint(painter, box, look)


def _tables(result: Result) -> Iterator[Block]:
    for name, table in tables_of(result).items():
        # One place that is no object is told in numbers above.
        is_said = name == "surfaces" and len(table) == 1 and table.numbers("fid")[0] < 0
        if name == VERDICTS or name in NOT_PRINTED or is_said:
            continue
        yield heading(NAMES.get(name, column_title(name)))
        yield from table_blocks(result, table)


def _origin(reported: Reported, result: Result) -> Iterator[Block]:
    """Method, error, limits, questions, and what went in."""
    pedigree = result.pedigree
    yield heading("How it was computed")
    yield paragraph(pedigree.method)
    if pedigree.error:
        yield heading("How exact it is", 10, 12)
        yield paragraph(pedigree.error)
    if pedigree.limits:
        yield heading("Left out and assumed", 10, 12)
        for limit in pedigree.limits:
            yield Text(gap=2, html=f"– {escape(limit)}", points=SMALL)
    yield heading("What was asked", 10, 12)
    yield Facts(rows=answers(result, reported.project), title_share=0.42)
    if pedigree.sun:
        yield heading("Sun", 10, 12)
        for line in pedigree.sun:
            yield paragraph(line, SMALL, gap=3)
    yield heading("What went in", 10, 12)
    rows = [[name, digest] for name, digest in pedigree.named_inputs]
    yield Grid(["Input", "SHA-256 of its content"], rows, [False, False], points=6.5)
    work = "; ".join(f"{name}: {number}" for name, number in work_numbers(pedigree))
    yield paragraph(f"Computed with {pedigree.version}. {work}.", SMALL, MUTED)


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


def _site(project: Project) -> Site | None:
    try:
        return site_of(project)
    except PlaceError:
        return None


def _author() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
