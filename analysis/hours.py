"""The sun for values that stand for hours: where it stands while it shines."""

from __future__ import annotations

import numpy as np

from analysis.days import changes
from analysis.localtime import Times
from analysis.site import Site
from analysis.sun import SunPositions, sun_at
from layers.weather import Weather


def sun_of(site: Site, weather: Weather) -> SunPositions:
    """The sun at a site for each value of a weather file (n,)."""
    if weather.is_instant:
        return sun_at(site, weather.times)
    return sun_at(site, sunlit_middles(site, weather.times, weather.step_h))


def sunlit_middles(site: Site, middles: Times, step_h: float) -> Times:
    """The middle of the time the sun is up, for steps in which it rises or sets; else the middle itself.

    What a whole hour's direct irradiance says then comes from where the sun was, and not from below
    the horizon.
    """
    half = np.timedelta64(round(step_h * 1_800_000), "ms")
    start_up, end_up = sun_at(site, middles - half).up, sun_at(site, middles + half).up
    at = np.flatnonzero(start_up != end_up)
    was_up, low, high = start_up[at], middles[at] - half, middles[at] + half
    change = changes(low, high, was_up, lambda times: sun_at(site, times).up)
    edge: Times = np.where(was_up, low, high)
    found = middles.copy()
    found[at] = edge + (change - edge) / 2
    return found
