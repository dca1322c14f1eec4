"""Where what is printed comes from: the project, its place, by whom, when, and how it was computed."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape

from analysis.site import Site, site_of
from app.paper import MUTED, SMALL, Block, Facts, Text, heading, paragraph
from app.papergrid import Grid
from app.pedigreetext import work_numbers
from app.reportwords import sources_of
from app.resulttext import answers, local_time
from layers.errors import PlaceError
from layers.project import Project
from layers.results import Result

#: Accounts that name no person.
NOBODY = ("root", "admin", "administrator", "user", "unknown")
OF_THE_MODEL = (
    "These errors are those of the computation. The model has its own, which add to them: one metre that a "
    "roof, the ground or a plan is wrong is a metre in the heights told here. How exact the files below are "
    "they do not say; their makers can."
)


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


def reported_now(project: Project) -> Reported:
    """What a report of this hour says of a project."""
    site = _site(project)
    return Reported(project, site, _author(), local_time(datetime.now(site.tz if site else None)))


def origin_of(reported: Reported, result: Result, title: str = "How it was computed") -> Iterator[Block]:
    """Method, error, limits, questions, and what went in."""
    pedigree = result.pedigree
    yield heading(title)
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
