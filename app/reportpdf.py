"""The report of analyses as a PDF file: the verdict first, then maps, numbers, and where they come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from PySide6.QtGui import QFont

from app.pages import Chapter, write_pdf
from app.paper import (
    ACCENT,
    HEIGHT,
    WIDTH,
    Block,
    Facts,
    Text,
    heading,
    paragraph,
)
from app.paperparts import VerdictBand
from app.reportfigures import LEADING, figures
from app.reportorigin import Reported, origin_of, reported_now
from app.reportpictures import (
    Studio,
    states_of,
)
from app.reporttables import tables_named, verdict_grid
from app.reportwords import day_of_result, subject_of
from app.resultanswer import answers_of, warnings_of
from app.resulttable import tables_of
from app.resulttext import (
    WORDS,
    counting_rows,
    kind_title,
    verdict_numbers,
    verdict_rows,
    when,
)
from layers.data import Progress
from layers.project import Project
from layers.results import Result
from layers.safefile import write_by_path
from layers.written import unbroken

#: Verdicts that are drawn large; the table below has all.
MOST_BANDS = 6


def write_report(
    path: Path, project: Project, results: Sequence[Result], studio: Studio, progress: Progress
) -> int:
    """Write the report of some results of a project; gives its number of pages."""
    reported = reported_now(project)
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
    states = states_of(reported.project, result.inputs)
    room = HEIGHT - sum(block.height(WIDTH) + block.gap for block in said)
    yield from figures(result, states, reported.site, studio, progress, room)
    yield from tables_named(result, [name for name in tables_of(result) if name not in LEADING])
    yield from origin_of(reported, result)


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
            words=[words for words in _words(row) if words not in said],
            numbers=verdict_numbers(row),
        )
    if len(rows) > min(len(counting), MOST_BANDS):
        yield verdict_grid(rows)
    for sentence in (*said[1:], *warnings_of(result)):
        yield paragraph(sentence, gap=4)


def _words(row: Mapping[str, Any]) -> list[str]:
    """By which rule a verdict is found, and why."""
    return [unbroken(str(row.get(key, ""))) for key in ("rule", "reason")]
