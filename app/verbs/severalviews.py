"""Several views in one picture: which situations of the city they show, and how they are arranged."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from analysis.situated import Named, situations_named
from layers.errors import UsageError
from layers.project import Project

if TYPE_CHECKING:
    from viewer.arrangement import Arrangement
    from viewer.showing import Showing

SITUATIONS = "A,B"


def add_views(parser: argparse.ArgumentParser) -> None:
    """How several situations are shown in one picture."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--split",
        metavar="A,B[,C,D]",
        help="side by side: dates, epochs or scenarios, or all; each with its name",
    )
    group.add_argument("--swipe", metavar="A,B[@0.5]", help="two of them, left and right of an upright line")
    group.add_argument("--onion", metavar="A,B[@0.5]", help="two of them mixed, so much of the second")
    parser.add_argument("--layout", metavar="NAME", help="of --split: row or grid; default a grid for four")


def asked_views(project: Project, arguments: argparse.Namespace) -> tuple[Arrangement, list[Named]] | None:
    """The arrangement and the situations that are asked for; None for one view."""
    from viewer.arrangement import GRID, ONION, ROW, SWIPE, Arrangement

    if arguments.split is None and arguments.layout is not None:
        raise UsageError(
            "--layout says how --split lays out its views", found=arguments.layout, do="Give both"
        )
    if arguments.split is not None:
        found = situations_named(project, arguments.split)
        way = arguments.layout or (GRID if len(found) == 4 else ROW)
        if way not in (ROW, GRID):
            raise UsageError("There is no such layout", found=way, allowed=f"{ROW}, {GRID}")
        arrangement = Arrangement(way)
    elif arguments.swipe is not None or arguments.onion is not None:
        names, at = _placed(arguments.swipe or arguments.onion)
        found = situations_named(project, names)
        arrangement = Arrangement(SWIPE if arguments.swipe is not None else ONION, at)
    else:
        return None
    for name in ("date", "scenario"):
        if getattr(arguments, name) is not None:
            what = "Each of several views has a situation of its own"
            raise UsageError(what, found=f"--{name}", do=f"Leave --{name} away")
    if len(found) < 2:
        raise UsageError("Several views show at least two situations", found="one", allowed=SITUATIONS)
    arrangement.check(len(found))
    return arrangement, found


def _placed(text: str) -> tuple[str, float]:
    """The names, and where the line between them is, or how much of the second is seen."""
    names, _, share = text.partition("@")
    try:
        return names, float(share or 0.5)
    except ValueError:
        raise UsageError(
            "The place between two views is not a number", found=share, allowed="0 to 1"
        ) from None


def showings_of(project: Project, found: list[Named], arguments: argparse.Namespace) -> list[Showing]:
    """What each view shows; several attributes colour one view each."""
    from viewer.showing import Showing

    ways: list[str | None] = [None]
    if arguments.color_by:
        ways = arguments.color_by.split(",") if "," in arguments.color_by else [arguments.color_by]
    if len(ways) not in (1, len(found)):
        raise UsageError(
            "--color-by names another number of attributes than there are views",
            found=str(len(ways)),
            allowed=f"one for all, or {len(found)}",
        )
    ways = ways * len(found) if len(ways) == 1 else ways
    return [
        Showing(
            one.situation.date or None,
            project.scenario(one.situation.scenario).id if one.situation.scenario else None,
            caption=one.title,
            color_by=way,
            theme=arguments.theme,
            lod=arguments.lod,
        )
        for one, way in zip(found, ways, strict=True)
    ]
