"""`citystrata render --timelapse`: the city over time, as numbered pictures or as a film."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.situated import situation_named
from analysis.situation import Situation
from app.verbs.verb import Answer, Progress
from layers.arrays import UInt8
from layers.errors import UsageError, WriteError
from layers.film import MP4, frames_in, write_film
from layers.outfile import check_place
from layers.project import Project

if TYPE_CHECKING:
    from viewer.scene import SunLight
    from viewer.showing import Showing
    from viewer.studio import Take

FRAMES, RATE = 48, 12.0
SLOWEST, FASTEST = 0.1, 120.0
#: The city over time goes from one date to another.
SPAN = "FROM..TO"


def add_timelapse(parser: argparse.ArgumentParser) -> None:
    """How a time-lapse is asked for."""
    add = parser.add_argument
    add(
        "--timelapse",
        metavar=SPAN,
        help="the city from one date or epoch to another, into a folder of PNGs or a file.mp4, as --out says",
    )
    add("--frames", metavar="N", type=int, default=FRAMES, help=f"dates of --timelapse; default {FRAMES}")
    add(
        "--between",
        metavar="N",
        type=int,
        default=0,
        help="pictures that go over from date to date; default 0",
    )
    add("--rate", metavar="FPS", type=float, default=RATE, help=f"pictures per second; default {RATE:g}")


def span_of(project: Project, text: str) -> tuple[str, str]:
    """The dates of FROM..TO, each an epoch's or said itself."""
    first, dots, last = text.partition("..")
    if not dots:
        raise UsageError("A time-lapse goes from one date to another", found=repr(text), allowed=SPAN)
    dates = [situation_named(project, name).situation.date for name in (first, last)]
    if "" in dates:
        raise UsageError("A time-lapse needs two dates", found=repr(text), allowed=SPAN)
    return dates[0], dates[1]


def check_film(project: Project, arguments: argparse.Namespace) -> None:
    """Refuse what a time-lapse cannot be, or where it cannot be written."""
    out: Path = arguments.out
    if not SLOWEST <= arguments.rate <= FASTEST:
        allowed = f"{SLOWEST:g} to {FASTEST:g} pictures per second"
        raise UsageError("A film cannot run so fast", found=f"{arguments.rate:g}", allowed=allowed)
    for name in ("split", "swipe", "onion", "compare", "date"):
        if getattr(arguments, name) is not None:
            what = "A time-lapse shows one view of all its dates"
            raise UsageError(what, found=f"--{name}", do=f"Leave --{name} away")
    if out.suffix.lower() == MP4:
        check_place(project, out, arguments.overwrite)
        return
    if out.suffix:
        name = out.with_suffix(MP4).name
        raise UsageError(
            "A time-lapse is a folder or an MP4", found=out.name, do=f"Call it {out.stem} or {name}"
        )
    if not out.absolute().parent.is_dir():
        raise WriteError("The folder does not exist", where=str(out.absolute().parent))
    if out.is_dir() and frames_in(out) and not arguments.overwrite:
        do = "Choose another name, or add --overwrite"
        raise WriteError("There are pictures of a time-lapse already", where=str(out), do=do)


def filmed(
    project: Project,
    arguments: argparse.Namespace,
    take: Take,
    showing: Showing,
    sun_of: Callable[[Situation], SunLight] | None,
) -> Answer:
    """Draw and write it; `sun_of` tells the sun with the shadows of a situation."""
    from viewer.studio import staged
    from viewer.timelapse import dates_between, timelapse

    first, last = span_of(project, arguments.timelapse)
    dates = dates_between(first, last, arguments.frames)
    count = len(dates) + (len(dates) - 1) * arguments.between
    scenario = arguments.scenario or ""

    def sun_at(date: str) -> SunLight:
        assert sun_of is not None
        return sun_of(Situation(date, scenario=scenario))

    with staged(project, arguments.size, take, [replace(showing, date=dates[0])]) as panes:
        pictures = timelapse(panes, take, dates, arguments.between, sun_at if sun_of is not None else None)
        written = write_film(arguments.out, _told(pictures, count), arguments.rate)
    seconds = written / arguments.rate
    width, height = arguments.size
    values: dict[str, Any] = {"out": str(arguments.out), "width": width, "height": height}
    values |= {"from": dates[0], "to": dates[-1], "frames": written, "seconds": round(seconds, 3)}
    line = f"{written} pictures from {dates[0]} to {dates[-1]}, {seconds:.1f} s. File: {arguments.out}"
    return Answer(values, (line,))


def _told(pictures: Iterator[UInt8], count: int) -> Iterator[UInt8]:
    """The pictures, with progress."""
    progress = Progress()
    try:
        for number, picture in enumerate(pictures, 1):
            progress(number / count, f"Picture {number} of {count}")
            yield picture
    finally:
        progress.end()
