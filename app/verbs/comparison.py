"""`citystrata report --compare`: situations of the city side by side on paper, and what differs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.situated import Named, situations_named
from app.verbs.severalviews import SITUATIONS, showings_of
from app.verbs.verb import Answer, Progress
from layers.errors import UsageError
from layers.importing import complete
from layers.project import Project

if TYPE_CHECKING:
    from app.printed.comparison import Comparison
    from viewer.shade import SunLight

PAPERS = ("A4", "A3")
#: Options that say how a comparison looks, and mean nothing without one.
OPTIONS = ("view", "camera", "sun", "color_by", "theme", "lod", "paper", "title", "fit")


def add_comparison(parser: argparse.ArgumentParser) -> None:
    """How a comparison is asked for."""
    group = parser.add_argument_group("comparison")
    add = group.add_argument
    add(
        "--compare",
        metavar=f"{SITUATIONS}[,C,D]",
        help="dates, epochs or scenarios, or all, side by side with what differs; a PDF, or a PNG of its "
        "first page; results that know of several of them are told before and after",
    )
    look = group.add_mutually_exclusive_group()
    look.add_argument("--view", metavar="NAME", help="top, north, isometric, …; default overview")
    look.add_argument(
        "--camera",
        metavar="X,Y,Z,DISTANCE,AZIMUTH,ALTITUDE[,FOV]",
        help="look at a point, from there; FOV: vertical opening in degrees, or parallel",
    )
    add(
        "--fit",
        action="store_const",
        const=True,
        help="go where what differs fills the views, looking the same way as --camera; so it is without one",
    )
    add(
        "--sun", metavar="ISO-TIME", help="lit by the sun of this time, each with the shadows of its own city"
    )
    add("--color-by", metavar="ATTR", help="as render does; one attribute, or one for each situation")
    add("--theme", metavar="NAME", help="in the materials and textures of this theme of a file")
    add("--lod", metavar="L", help="this level of detail")
    add("--paper", choices=PAPERS, help="the size of the sheets, which lie; default A4")
    add("--title", metavar="TEXT", help="what stands above; default the project and its situations")


def check_no_comparison(arguments: argparse.Namespace) -> None:
    """Refuse half a comparison."""
    for name in OPTIONS:
        if getattr(arguments, name) is not None:
            option = f"--{name.replace('_', '-')}"
            what = f"{option} says how a comparison looks"
            raise UsageError(what, found=option, do=f"Add --compare {SITUATIONS}")


def write(arguments: argparse.Namespace, project: Project, results: list[int]) -> Answer:
    """Draw, compare and write."""
    from app.printed.sheet import write_comparison

    progress = Progress()
    out: Path = arguments.out
    try:
        complete(project, project.layers, progress)
        comparison = _asked(project, arguments, results)
        pages = write_comparison(out, project, comparison, progress)
    finally:
        progress.end()
    values = {"out": str(out), "pages": pages, "situations": comparison.names, "results": results}
    return Answer(values, (f"Compared: {', '.join(comparison.names)}", f"Wrote {pages} pages. File: {out}"))


def _asked(project: Project, arguments: argparse.Namespace, results: list[int]) -> Comparison:
    """The comparison that the arguments describe."""
    from app.printed.comparison import FEWEST, MOST, Comparison
    from viewer.shot import camera_from
    from viewer.studio import NO_GHOSTS, Take

    found = situations_named(project, arguments.compare)
    if not FEWEST <= len(found) <= MOST:
        allowed = f"{FEWEST} to {MOST}, as {SITUATIONS}"
        raise UsageError(
            "So many situations are not compared on a sheet", found=str(len(found)), allowed=allowed
        )
    suns = _suns(project, arguments.sun, found) if arguments.sun else ()
    take = Take(
        arguments.view or "overview",
        camera_from(arguments.camera) if arguments.camera else None,
        sun=suns[0] if suns else None,
        ghosts=NO_GHOSTS,
        marks=False,
    )
    return Comparison(
        found,
        showings_of(project, found, arguments),
        take,
        suns,
        arguments.paper or PAPERS[0],
        arguments.title or "",
        results,
        fits=bool(arguments.fit or arguments.camera is None),
    )


def _suns(project: Project, time: str, found: list[Named]) -> tuple[SunLight, ...]:
    """The sun of a time over each situation, with the shadows of its own city."""
    from analysis.localtime import moment_from
    from analysis.site import site_of
    from app.sunlit import sun_over

    moment = moment_from(time, site_of(project))
    return tuple(sun_over(project, moment.utc, one.situation) for one in found)
