"""The printed comparison as a PDF file or a picture: views, what differs, where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path, PurePath

from PySide6.QtGui import QFont

from analysis.situation import Situation
from analysis.states import states_title
from app.pages import Chapter, picture_of_first, write_pdf
from app.paper import ACCENT, MUTED, SMALL, TINY, Beside, Block, Facts, Stacked, Text, heading, paragraph
from app.papergrid import Grid
from app.paperparts import Map, Swatches
from app.printed.comparison import FEWEST, PER_ROW, Comparison
from app.printed.differences import CAME, WENT, Changed, Differences, differences
from app.printed.tables import MOST_NUMBERED, counts_of, objects_of, results_of
from app.printed.told import Told, told
from app.printed.views import BETWEEN, FINENESS, Seen, seen
from app.reportfigures import image_of
from app.reportmarks import Mark
from app.reportorigin import Reported, origin_of, reported_now
from app.reportwords import seen_from
from app.resulttext import when
from layers.data import Progress
from layers.errors import UsageError
from layers.pictures import write_png
from layers.project import Project
from layers.safefile import write_by_path
from layers.written import grouped

PDF, PNG = ENDINGS = (".pdf", ".png")
#: So steep and more is straight down.
STRAIGHT_DOWN_DEG = 89.5
#: Digits of hashes that tell files apart.
HASH_DIGITS = 16
#: So many objects are listed beside how many there are.
MOST_BESIDE = 6
#: Of layers that tell no CRS.
NOTHING_SAID = "not told"


@dataclass(frozen=True, eq=False)
class _Sheet:
    """All that is on the pages."""

    comparison: Comparison
    reported: Reported
    seen: Seen
    found: Sequence[Differences]
    told: Sequence[Told]


def write_comparison(path: Path, project: Project, comparison: Comparison, progress: Progress) -> int:
    """Write a comparison as PDF, or its first page as PNG, as the path ends; gives its number of pages."""
    situations = [one.situation for one in comparison.situations]

    def tell(fraction: float, text: str) -> None:
        progress(0.5 * fraction, text)

    found = differences(project, situations, tell)
    progress(0.5, "drawing the views")
    boxes = [row.box for each in found for row in each.rows if row.box is not None]
    views = seen(project, comparison, boxes if comparison.fits else ())
    found = [each.within(views) for each in found]
    sheet = _Sheet(
        comparison, reported_now(project), views, found, told(project, situations, comparison.results)
    )
    title = comparison.title or f"{project.title}: {_short_names(project, situations)}"
    foot = f"{project.title} · {sheet.reported.place} · printed {sheet.reported.made}"
    chapters = [Chapter(list(_blocks(sheet, title)), title, foot)]
    progress(0.95, "writing")
    pages: list[int] = []

    def write(part: Path) -> None:
        if path.suffix.lower() == PNG:
            write_png(part, picture_of_first(chapters, comparison.page, FINENESS))
            pages.append(1)
        else:
            pages.append(write_pdf(part, title, chapters, comparison.page))

    write_by_path(path, write)
    return pages[0]


def _short_names(project: Project, situations: Sequence[Situation]) -> str:
    """Epochs and scenarios without dates: "today, plan A and plan B"."""
    *names, last = (states_title(project, [situation]) for situation in situations)
    return f"{', '.join(names)} and {last}"


def check_ending(path: Path) -> None:
    """Refuse files that a comparison is not written as."""
    if path.suffix.lower() not in ENDINGS:
        raise UsageError(
            "The comparison is a PDF file or a PNG picture",
            found=path.name,
            do=f"Call it {path.stem or 'comparison'}.pdf",
        )


def _blocks(sheet: _Sheet, title: str) -> Iterator[Block]:
    """The views and what differs in them on the first page; then what results say, and the origin."""
    comparison, found = sheet.comparison, sheet.found
    yield Text(gap=0, html="COMPARISON", points=7.5, colour=ACCENT, weight=QFont.Weight.Bold)
    yield Text(gap=0, html=escape(title), points=15, weight=QFont.Weight.DemiBold)
    yield from _views(sheet)
    yield paragraph(_where_from(sheet), TINY, MUTED, gap=4)
    yield Swatches(gap=5, entries=list(_legend(sheet.seen)))
    counts = counts_of(comparison, found)
    objects = objects_of(comparison, found)
    is_short = len(found) == 1 and len(found[0].shown) <= MOST_BESIDE
    if objects and is_short:
        differs = Stacked(blocks=[heading("What differs", 11), *counts])
        yield Beside(gap=10, blocks=[differs, Stacked(blocks=objects)], space=24)
    else:
        yield heading("What differs", 11, 10)
        yield from counts
        yield from objects
    yield from results_of(comparison, sheet.told)
    yield from _origin(sheet)


def _views(sheet: _Sheet) -> Iterator[Block]:
    """The pictures, each below its name and what is said of it."""
    comparison = sheet.comparison
    across = PER_ROW[len(comparison.situations)]
    heads, maps = _heads(comparison, sheet.reported.project), _maps(sheet)
    for first in range(0, len(maps), across):
        row = slice(first, first + across)
        yield Beside(gap=10, blocks=heads[row], space=BETWEEN, stays_with_next=True)
        yield Beside(gap=4, blocks=maps[row], space=BETWEEN)


def _heads(comparison: Comparison, project: Project) -> list[Block]:
    """What each view shows: its date, its scenario with status and note, what it is called in tables."""
    scenarios = {one.name: one for one in project.scenarios}
    found: list[Block] = []
    for number, one in enumerate(comparison.situations):
        before = ""
        if len(comparison.situations) == FEWEST:
            before = f'<span style="color:{ACCENT}">{comparison.heads[number]}: </span>'
        head = f"{before}{escape(one.title)}"
        words: list[Block] = [Text(html=head, points=11, weight=QFont.Weight.DemiBold)]
        scenario = scenarios.get(one.situation.scenario)
        if scenario is not None and scenario.note:
            words.append(paragraph(scenario.note, SMALL, MUTED, gap=1))
        found.append(Stacked(blocks=words))
    return found


def _maps(sheet: _Sheet) -> list[Block]:
    """The pictures with north and, where there is one, their scale; what differs has the list's numbers."""
    camera, (_, height) = sheet.seen.camera, sheet.seen.size
    scale = camera.metres_per_pixel(height) if camera.parallel else 0.0
    return [
        Map(
            image=image_of(pixels),
            metres_per_pixel=scale,
            azimuth_deg=camera.azimuth_deg,
            has_north=True,
            marks=_marks(sheet, number),
        )
        for number, pixels in enumerate(sheet.seen.pictures)
    ]


def _marks(sheet: _Sheet, number: int) -> list[Mark]:
    """The numbers of what differs, in the views in which it stands."""
    if len(sheet.found) != 1:  # each of several lists would have numbers of its own
        return []
    marks = []
    for place, each in enumerate(sheet.found[0].shown[:MOST_NUMBERED], 1):
        if each.box is not None and _stands(each, number):
            x, y = sheet.seen.top_of(each.box)
            marks.append(Mark(x, y, str(place)))
    return marks


def _stands(each: Changed, number: int) -> bool:
    """Whether it is there before (0), or after (1)."""
    return each.kind != (CAME, WENT)[number]


def _where_from(sheet: _Sheet) -> str:
    """From where all views are seen, how large, and in which sun."""
    camera, comparison = sheet.seen.camera, sheet.comparison
    east, north, up = camera.target.tolist()
    if camera.altitude_deg >= STRAIGHT_DOWN_DEG:
        words = "All views are seen from straight above"
    else:
        words = (
            f"All views are seen from the {seen_from(camera.azimuth_deg)}, {camera.altitude_deg:.0f}° down"
        )
    if camera.parallel:
        words += ", in parallel projection"
    else:
        words += f", {grouped(camera.distance_m)} m away"
    words += f" from {east:.1f}, {north:.1f}, {up:.1f}. N is grid north."
    if comparison.suns:
        words += f" Sun: {comparison.suns[0].audit_line}."
    return words


def _legend(views: Seen) -> Iterator[tuple[str, str]]:
    """What the colours mean, below their titles; of layers with the same ones once."""
    groups: dict[str, dict[tuple[str, str], None]] = {}
    for entry in views.legend:
        groups.setdefault(entry.heading, {})[entry.color, entry.label] = None
    said: set[tuple[str, str]] = set()
    for title, rows in sorted(groups.items(), key=lambda group: -len(group[1])):
        if not rows.keys() <= said:
            yield "", title
            yield from rows
            said |= rows.keys()


def _origin(sheet: _Sheet) -> Iterator[Block]:
    """Who printed it, which files are shown, and how what differs and what results say was computed."""
    reported, project = sheet.reported, sheet.reported.project
    yield heading("Where this comes from", 11, 14)
    rows = [
        ("Project", project.title),
        ("Place", reported.place),
        ("Printed", reported.made),
        *([("Printed by", reported.author)] if reported.author else []),
    ]
    yield Facts(rows=rows)
    layers = [
        [
            layer.name,
            PurePath(layer.source_path).name if layer.source_path else "drawn here",
            layer.crs or NOTHING_SAID,
            layer.epoch or "",
            (layer.source_sha256 or "")[:HASH_DIGITS],
        ]
        for layer in project.layers
        if layer.visible
    ]
    titles = ["Layer", "File", "Coordinate reference system", "Of", "SHA-256 begins"]
    yield Grid(titles, layers, [False] * len(titles), points=TINY)
    computed = [
        [one.title, when(result), result.pedigree.version, result.pedigree.error]
        for one in sheet.told
        for result in one.results
    ]
    if computed:
        titles = ["Result", "Computed", "With", "How exact"]
        yield Grid(titles, computed, [False] * len(titles), points=TINY)
    result = next((found.result for found in sheet.found if found.result is not None), None)
    if result is not None:
        yield from origin_of(reported, result, "How what differs was found")
