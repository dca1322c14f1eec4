"""How long what is drawn has stood: years from `valid_from`, or a snapshot's date, to the date shown."""

from __future__ import annotations

import datetime
from dataclasses import replace
from itertools import pairwise

import numpy as np

from layers.arrays import Float64, UInt8
from layers.columns import Column
from layers.epochs import Days, days, iso_date
from layers.records import Layer
from viewer.color import Classes
from viewer.palette import NO_VALUE, hex_color, ramp, rgb

#: The `color_by` of a layer that is coloured by age, and where its style holds the date that is shown.
AGE, SHOWN_DATE = "age", "shown_date"
HEADING = "Age in years"
#: Kinds of layers that have one age as a whole.
WHOLE = ("points", "terrain", "image")
#: A Gregorian year.
DAYS_PER_YEAR = 365.2425
#: Ages between which classes change, in years: the same at every date, so that pictures can be compared.
LIMITS = (2, 5, 10, 25, 50, 100, 200)
LABELS = (
    "under 2",
    *(f"{low} – {high}" for low, high in pairwise(LIMITS)),
    f"over {LIMITS[-1]}",
)
#: What will stand later: shown where no date is asked for.
TO_COME = "#c2579a"


def years_at(valid_from: Column, epoch: str | None, date: str) -> Float64:
    """The age of objects in years at a date, negative before they stand, NaN where nothing tells.

    An object of a snapshot that does not say since when it stands has the age of the snapshot.
    """
    starts = days(valid_from)
    return _years(np.where(np.isnat(starts), _days(epoch), starts), date)


def _years(starts: Days, date: str) -> Float64:
    found = (_days(_day(date)) - starts).astype(np.float64) / DAYS_PER_YEAR
    return np.where(np.isnat(starts), np.nan, found)


def _days(date: str | None) -> Days:
    return np.array(iso_date(date) or "NaT", "datetime64[D]")


def age_classes(years: Float64) -> Classes:
    """The class of every age, the youngest first; what is still to come and what has no date come last."""
    codes = np.searchsorted(np.array(LIMITS, np.float64), years, side="right").astype(np.int32)
    codes[years < 0] = len(LABELS)
    codes[np.isnan(years)] = len(LABELS) + 1
    colors = np.vstack((_colors(), rgb(TO_COME), rgb(NO_VALUE)))
    return Classes(codes, colors, (*LABELS, "to come", "no date"), "objects")


def aged(layer: Layer, date: str | None) -> Layer:
    """A layer that is coloured by age, as it is to be drawn at a date; others stay as they are."""
    if layer.style.get("color_by") != AGE:
        return layer
    if layer.kind not in WHOLE:
        return replace(layer, style={**layer.style, SHOWN_DATE: _day(date or "")})
    style = {key: value for key, value in layer.style.items() if key != "color_by"}
    if layer.epoch:
        classes = age_classes(np.atleast_1d(_years(_days(layer.epoch), date or "")))
        style |= {"color_by": "plain", "color": hex_color(classes.colors[classes.codes[0]])}
    return replace(layer, style=style)


def _colors() -> UInt8:
    return ramp("viridis", np.linspace(1, 0, len(LABELS)))


def _day(date: str) -> str:
    """The date that ages are counted to: today where none is asked for."""
    return iso_date(date) or datetime.date.today().isoformat()
