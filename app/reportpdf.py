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

from analysis.exposuretables import AREAS
from analysis.localtime import local
from analysis.site import Site, site_of
from analysis.windowtables import SHARES
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
    Narrow,
    Text,
    face,
    heading,
    paragraph,
    write_pdf,
)
from app.paperparts import OUTLINES, ColourBar, Map, Swatches, VerdictBand
from app.pedigreetext import work_numbers
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
    states_of,
)
from app.reporttables import heights_along, numbers_grid, table_blocks, verdict_grid
from app.reportwords import date_in_words, day_of_result, seen_from, sources_of
from app.resultanswer import TIMED, answers_of, small_tables, warnings_of
from app.resultcharts import ResultChart, charts_of, further_charts
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
#: Accounts that name no person.
NOBODY = ("root", "admin", "administrator", "user", "unknown")
OF_THE_MODEL = (
    "These errors are those of the computation. The model has its own, which add to them: one metre that a "
    "roof, the ground or a plan is wrong is a metre in the heights told here. How exact the files below are "
    "they do not say; their makers can."
)
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
        # Of many days no one course of the sun speaks for the whole.
        foot = lines[len(lines) // 2] if day_of_result(result) else f"{project.title} · {reported.place}"
        chapters.append(Chapter(blocks, f"{project.title} · {subject_of(result)}", foot))
    pages: list[int] = []
    title = f"{project.title}: {results[0].title}"
    write_by_path(path, lambda part: pages.append(write_pdf(part, title, chapters)))
    return pages[0]


def _chapter(
    reported: Reported, result: Result, studio: Studio, progress: Progress, is_first: bool
) -> Iterator[Block]:
    """What was found and a picture of it on the first page; then the other pictures, numbers and origin."""
    said = [*_title(reported, result, is_first), *_verdicts(result)]
    yield from said
    room = HEIGHT - sum(block.height(WIDTH) + block.gap for block in said)
    yield from _pictures(reported, result, studio, progress, room)
    yield from _tables(result, [name for name in tables_of(result) if name not in LEADING])
    yield from _origin(reported, result)


def _title(reported: Reported, result: Result, is_first: bool) -> Iterator[Block]:
    project = reported.project
    kind = kind_title(result.kind)
    yield Text(gap=0, html=escape(kind.upper()), points=7.5, colour=ACCENT, weight=QFont.Weight.Bold)
    yield Text(gap=2, html=escape(subject_of(result)), points=17, weight=QFont.Weight.DemiBold)
    states = [state.full_title for state in states_of(project, result.inputs)]
    rows = [
        ("Project", project.title),
        ("Place", reported.place),
        ("State of the city", "\n".join(states)),
        ("Computed", when(result)),
    ]
    if is_first:
        rows += [("Report of", reported.made)]
        rows += [("Report by", reported.author)] if reported.author else []
    yield Facts(gap=8, rows=rows)


def subject_of(result: Result) -> str:
    """The title of a result without what it says of the outcome, which stands below it."""
    title = result.title
    for sentence in answers_of(result)[:1]:
        title = title.replace(f": {sentence.removesuffix('.')}", "")
    return title


def _verdicts(result: Result) -> Iterator[Block]:
    """The verdicts, and all that is said in sentences."""
    rows, counting, said = verdict_rows(result), counting_rows(result), answers_of(result)
    is_one = len(rows) == 1 and len(said) > 0
    if rows and not is_one:
        yield heading("Verdict")
    if said and not is_one:
        yield Text(gap=10, html=escape(said[0]), points=11.5, weight=QFont.Weight.DemiBold)
    for row in counting[:MOST_BANDS]:
        verdict = str(row.get("verdict", ""))
        yield VerdictBand(
            gap=10 if is_one else 8,
            verdict=verdict,
            word=WORDS.get(verdict, verdict.upper()),
            name=said[0] if is_one else str(row.get("name", "")),
            words=[str(row.get(key, "")) for key in ("rule", "reason") if row.get(key) not in said],
            numbers=[(title, verdict_number(row, key)) for key, title in NUMBERS],
        )
    if len(rows) > min(len(counting), MOST_BANDS):
        yield verdict_grid(rows)
    for sentence in (*said[1:], *warnings_of(result)):
        yield paragraph(sentence, gap=4)


def _numbers(result: Result) -> Iterator[Block]:
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


def _pictures(
    reported: Reported, result: Result, studio: Studio, progress: Progress, room: float
) -> Iterator[Block]:
    """What the result is about first, as high as there is room on the first page."""
    states = states_of(reported.project, result.inputs)
    views = views_of(result)[:MOST_VIEWS]
    # Values all over the ground are judged by their map, unless there is a verdict on a view.
    views_lead = bool(views) and (result.grid is None or VERDICTS in result.tables)
    if views_lead:
        yield from _views(result, states, views[:1], studio, progress, room)
    else:
        yield from _mapped(result, states, studio, progress, room)
        yield from _numbers(result)
    others = views[1:] if views_lead else views
    if others:
        yield heading("As it is seen")
        yield from _views(result, states, others, studio, progress, HEIGHT)
    if views_lead:
        yield from _numbers(result)
        yield from _tables(result, LEADING)
        yield from _charts(further_charts(result))
        yield from _mapped(result, states, studio, progress, AROUND_MAP + HALF_AS_HIGH * WIDTH)
    day, site = day_of_result(result), reported.site
    if day and site is not None:
        yield from _shadows(result, states, day, site, studio, progress)
    if not views_lead:
        yield from _charts(charts_of(result, next(iter(result.quantities), None)))
    # From the eye one sees what a view is about better than a bird does, unless it is a corridor.
    if not views or VOLUMES in result.tables:
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
        wide = min(WIDTH, ((room if number == 0 else HEIGHT) / len(shots) - AROUND_VIEW) * aspect)
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
    names = {each.name for each in result.quantities}
    mapped = [state for state in states if f"{quantity.name}{state.suffix}" in names]
    width = HALF if len(mapped) > 1 else BROAD
    highest = min(highest * len(mapped), HIGHEST)
    yield from _map_with_legend(
        [studio.from_above(alike, state, width, quantity.name, highest) for state in mapped], quantity
    )
    along = heights_along(result)
    if along is not None:
        yield heading("How high one may build along the corridor", 10, 14)
        yield along


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
        image=_image(shot),
        caption=shot.caption,
        metres_per_pixel=shot.metres_per_pixel,
        azimuth_deg=shot.azimuth_deg,
        outlines=shot.outlines,
        marks=shot.marks,
    )


def _image(shot: Shot) -> QImage:
    height, width, _ = shot.pixels.shape
    return QImage(shot.pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()


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


def _tables(result: Result, names: Sequence[str]) -> Iterator[Block]:
    every = tables_of(result)
    for name in (each for each in names if each in every):
        table = every[name]
        # One place that is no object is told in numbers above.
        is_said = name == "surfaces" and len(table) == 1 and table.numbers("fid")[0] < 0
        if name == VERDICTS or name in NOT_PRINTED or is_said or _repeats(result, name):
            continue
        yield heading(NAMES.get(name, column_title(name)))
        yield from table_blocks(result, table)


def _repeats(result: Result, name: str) -> bool:
    """Whether a table says of the ground of areas again what a table of areas says by their names."""
    return name == "surfaces" and AREAS in result.tables


def _origin(reported: Reported, result: Result) -> Iterator[Block]:
    """Method, error, limits, questions, and what went in."""
    pedigree = result.pedigree
    yield heading("How it was computed")
    yield paragraph(pedigree.method)
    if pedigree.error:
        yield heading("How exact it is", 10, 12)
        yield paragraph(pedigree.error)
        yield paragraph(OF_THE_MODEL, gap=4)
        yield Facts(rows=sources_of(reported.project))
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
    """Who is at this computer; "" where the account is nobody's own."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        return ""
    return "" if name in NOBODY else name
