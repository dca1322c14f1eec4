"""Time zones by place: the zone of the nearest principal city in the time zone database."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from layers.arrays import Float64
from layers.errors import PlaceError

EARTH_RADIUS_KM = 6371.0
#: ISO 6709: latitude ±DDMM or ±DDMMSS, longitude ±DDDMM or ±DDDMMSS.
_POSITION = re.compile(r"([+-])(\d\d)(\d\d)(\d\d)?([+-])(\d\d\d)(\d\d)(\d\d)?")


def zone_named(name: str) -> ZoneInfo:
    """The time zone of that name in the time zone database, such as Europe/Amsterdam."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise PlaceError(
            "There is no such time zone",
            found=repr(name),
            do="Give a name of the time zone database, such as Europe/Amsterdam or UTC",
        ) from error


def nearest_zone(longitude: float, latitude: float) -> tuple[str, float]:
    """The zone whose principal city is nearest on the globe, and how far that city is, in km."""
    names, cities = _cities()
    cosine = cities @ _on_sphere(np.array([longitude]), np.array([latitude]))[0]
    nearest = int(np.argmax(cosine))
    return names[nearest], float(EARTH_RADIUS_KM * np.arccos(min(1.0, cosine[nearest])))


@lru_cache(maxsize=1)
def _cities() -> tuple[list[str], Float64]:
    """The principal city of every zone: names, and places as unit vectors (n, 3)."""
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8")
    rows = [line.split("\t") for line in table.splitlines() if line and not line.startswith("#")]
    places = np.array([_degrees(row[1]) for row in rows])
    return [row[2] for row in rows], _on_sphere(places[:, 0], places[:, 1])


def _degrees(text: str) -> tuple[float, float]:
    found = _POSITION.fullmatch(text)
    assert found, text
    north, east = (
        (1 if found[at] == "+" else -1)
        * (int(found[at + 1]) + int(found[at + 2]) / 60 + int(found[at + 3] or 0) / 3600)
        for at in (1, 5)
    )
    return east, north


def _on_sphere(longitude: Float64, latitude: Float64) -> Float64:
    east, north = np.radians(longitude), np.radians(latitude)
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=-1)
