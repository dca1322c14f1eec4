"""Times on the clocks of a place and in UTC; hours that summer time skips or repeats are told.

Times in arrays are UTC, datetime64[ms].
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from analysis.site import Site
from layers.errors import UsageError

Times = NDArray[np.datetime64]

#: Years in which the position of the sun is looked up; clocks as we know them are younger still.
FIRST_YEAR, LAST_YEAR = 1000, 2999
MINUTE = np.timedelta64(60_000, "ms")


@dataclass(frozen=True)
class Moment:
    """A point in time, and what is to be said about how it was understood."""

    utc: np.datetime64
    note: str = ""


def moment_from(text: str, site: Site) -> Moment:
    """The moment that an ISO text means: with an offset or Z as it says, else on the clocks of the site."""
    try:
        found = datetime.fromisoformat(text.strip())
        if len(text.strip()) <= len("2026-03-21"):
            raise ValueError("no time of day")
    except ValueError as error:
        raise UsageError(
            "This time is not understood",
            found=repr(text),
            allowed="an ISO time such as 2026-03-21T12:00 (local) or 2026-03-21T11:00Z (UTC)",
        ) from error
    _check_year(found.year)
    if found.tzinfo is not None:
        return Moment(_utc(found))
    early, late = (found.replace(tzinfo=site.tz, fold=fold) for fold in (0, 1))
    if early.utcoffset() == late.utcoffset():
        return Moment(_utc(early))
    if early.astimezone(UTC).astimezone(site.tz).replace(tzinfo=None) != found:
        raise UsageError(
            "This time does not exist: summer time begins and clocks leave it out",
            found=f"{text} in {site.zone}",
            do="Give a time an hour earlier or later, or one with its offset from UTC",
        )
    return Moment(
        _utc(early),
        f"{text} comes twice in {site.zone}, as summer time ends; the first is meant "
        f"(UTC{_offset(early)}), write {text}{_offset(late)} for the second",
    )


def day_bounds(site: Site, day: str | date) -> tuple[np.datetime64, np.datetime64]:
    """Local midnight at the beginning and the end of a date, in UTC; 23 to 25 hours apart."""
    on = date_from(day)
    start, end = (_utc(datetime.combine(on + timedelta(days), time(), site.tz)) for days in (0, 1))
    if end <= start:
        raise UsageError("Clocks left out this date", found=f"{on.isoformat()} in {site.zone}")
    return start, end


def times_of(
    site: Site,
    day: str | date,
    start: str = "00:00",
    end: str = "24:00",
    step_minutes: float = 60.0,
) -> Times:
    """UTC times from one local clock time to another, the end included where a step falls on it."""
    first, last = (clock_time(site, date_from(day), text) for text in (start, end))
    if not step_minutes > 0 or last < first:
        raise UsageError("The hours of the day are not understood", found=f"{start} to {end}")
    step = np.timedelta64(round(step_minutes * 60_000), "ms")
    return np.arange(first, last + np.timedelta64(1, "ms"), step, dtype="datetime64[ms]")


def date_from(day: str | date) -> date:
    """A date from ISO text."""
    if isinstance(day, date):
        return day
    try:
        found = date.fromisoformat(day)
    except ValueError as error:
        raise UsageError("This date is not understood", found=repr(day), allowed="as 2026-03-21") from error
    _check_year(found.year)
    return found


def local(moment: np.datetime64, site: Site) -> datetime:
    """The time on the clocks of the site."""
    return _python(moment).astimezone(site.tz)


def local_iso(moment: np.datetime64, site: Site) -> str:
    """As in 2026-03-21T12:00:00+01:00."""
    return local(moment, site).isoformat(timespec="seconds")


def utc_iso(moment: np.datetime64) -> str:
    """As in 2026-03-21T11:00:00Z."""
    return _python(moment).strftime("%Y-%m-%dT%H:%M:%SZ")


def offset_of(moment: np.datetime64, site: Site) -> str:
    """What the clocks of the site are ahead of UTC, as in +01:00."""
    return _offset(local(moment, site))


def clock_time(site: Site, day: date, text: str) -> np.datetime64:
    """The UTC time at which clocks of the site show a time of day, "24:00" for the next midnight."""
    if text.strip() == "24:00":
        return day_bounds(site, day)[1]
    try:
        at = time.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(
            "This time of day is not understood", found=repr(text), allowed="as 09:30"
        ) from error
    return _utc(datetime.combine(day, at.replace(tzinfo=None), site.tz))


def _check_year(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise UsageError("The year is too far away", found=str(year), allowed=f"{FIRST_YEAR} to {LAST_YEAR}")


def _utc(moment: datetime) -> np.datetime64:
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "ms")


def _python(moment: np.datetime64) -> datetime:
    found: datetime = moment.astype("datetime64[ms]").astype(datetime)
    return found.replace(tzinfo=UTC)


def _offset(moment: datetime) -> str:
    return moment.isoformat()[len(moment.replace(tzinfo=None).isoformat()) :]
