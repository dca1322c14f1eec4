"""A city over time: pictures of one date after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from layers.arrays import UInt8
from layers.errors import UsageError
from viewer.panes import Panes
from viewer.scene import SunLight
from viewer.studio import Take, picture_of

FEWEST, MOST = 2, 10_000
#: Pictures between two dates in which one goes over into the other.
MOST_BETWEEN = 60


def dates_between(first: str, last: str, count: int) -> list[str]:
    """So many ISO dates from the first to the last, evenly apart, both included."""
    if not FEWEST <= count <= MOST:
        raise UsageError(
            "So many pictures make no time-lapse", found=str(count), allowed=f"{FEWEST} to {MOST}"
        )
    ends = np.array([first, last], "datetime64[D]")
    if ends[0] == ends[1]:
        raise UsageError("The time-lapse begins and ends at the same date", found=first)
    steps = np.rint(np.linspace(0, (ends[1] - ends[0]).astype(int), count)).astype("timedelta64[D]")
    return [str(day) for day in ends[0] + steps]


def timelapse(
    panes: Panes,
    take: Take,
    dates: Sequence[str],
    between: int = 0,
    sun_at: Callable[[str], SunLight] | None = None,
) -> Iterator[UInt8]:
    """A picture for each date, and `between` them pictures that go over from one to the next.

    `sun_at` tells the sun with the shadows of the city of a date.
    """
    if not 0 <= between <= MOST_BETWEEN:
        raise UsageError(
            "So many pictures do not go between", found=str(between), allowed=f"0 to {MOST_BETWEEN}"
        )
    showing = panes.showings[0]
    for number, date in enumerate(dates):
        if number and between:
            panes.hold()
        panes.show(0, replace(showing, date=date))
        if sun_at is not None:
            panes.set_sun(0, sun_at(date))
            take = replace(take, sun=panes.lead.sun)
        for step in range(1, between + 1) if number else ():
            panes.fade = step / (between + 1)
            yield picture_of(panes, take)
        panes.fade = 1.0
        yield picture_of(panes, take)
