"""Time zones by place, from the principal cities of the time zone database."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from layers.arrays import Float64
from layers.errors import PlaceError

EARTH_RADIUS_KM = 6371.0
#: So many kilometres of distance weigh as much as an hour between clocks and sun.
KM_PER_HOUR = 200.0
#: A zone with other clocks is told as a possible one up to this multiple of the distance, and so many km.
DOUBT, DOUBT_KM = 2.5, 100.0
MOST_COMPARED, MOST_TOLD = 40, 3
#: Zones are compared by the rules of this year.
RULES_OF = 2025
#: What the EPSG register calls countries that ISO 3166 as the time zone database has it calls otherwise.
_OTHER_NAMES = {
    "United Kingdom": "GB",
    "Czechia": "CZ",
    "South Korea": "KR",
    "Republic of Korea": "KR",
    "Russian Federation": "RU",
    "Viet Nam": "VN",
    "Turkiye": "TR",
    "Türkiye": "TR",
}
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


@dataclass(frozen=True)
class ZoneGuess:
    """The time zone of a place, as far as the place tells."""

    name: str
    others: tuple[str, ...] = ()  # zones with other clocks that it may be as well


@lru_cache(maxsize=256)
def zone_of(longitude: float, latitude: float, *regions: str) -> ZoneGuess:
    """The zone of a place: the one whose principal city is nearest, in the countries it can lie in.

    Those are the ones that all regions name which name any: texts such as a CRS's area of use. So Brest
    has the time of Paris and not of Jersey. Within a country, zones that are far from the sun's own time
    count as farther away.
    """
    cities = _cities()
    distance = EARTH_RADIUS_KM * np.arccos(np.clip(cities.places @ _on_sphere(longitude, latitude), -1, 1))
    wanted = set(cities.countries)
    for region in regions:
        wanted = (wanted & _countries_in(region)) or wanted
    within = [at for at in np.argsort(distance) if cities.countries[at] in wanted]
    clocks = {at: _ahead(cities.names[at]) for at in within[:MOST_COMPARED]}
    score = {at: distance[at] + KM_PER_HOUR * abs(clocks[at][0] - longitude / 15) for at in clocks}
    country = cities.countries[within[0]]
    best = min((at for at in clocks if cities.countries[at] == country), key=lambda at: score[at])
    reach = DOUBT * distance[best] + DOUBT_KM
    others = {clocks[at]: cities.names[at] for at in reversed(list(clocks)) if distance[at] < reach}
    others.pop(clocks[best], None)
    return ZoneGuess(cities.names[best], tuple(sorted(others.values()))[:MOST_TOLD])


@dataclass(frozen=True)
class _Cities:
    names: list[str]  # of zones
    countries: list[str]  # ISO 3166 codes
    places: Float64  # (n, 3) unit vectors


@lru_cache(maxsize=1)
def _cities() -> _Cities:
    """The principal city of each zone of each country, without exclaves that keep a neighbour's time."""
    canonical = {row[2] for row in _table("zone1970.tab")}
    rows = _table("zone.tab")
    having = {row[0] for row in rows if row[2] in canonical}
    kept = [row for row in rows if row[2] in canonical or row[0] not in having]
    places = np.stack([_on_sphere(*_degrees(row[1])) for row in kept])
    return _Cities([row[2] for row in kept], [row[0] for row in kept], places)


@lru_cache(maxsize=1024)
def _ahead(name: str) -> tuple[float, float]:
    """What a zone's clocks are ahead of UTC in winter and summer of the north, the lesser first, in hours."""
    zone = zone_named(name)
    moments = (datetime(RULES_OF, month, 15, tzinfo=zone).utcoffset() or timedelta() for month in (1, 7))
    low, high = sorted(moment / timedelta(hours=1) for moment in moments)
    return low, high


def _countries_in(text: str) -> set[str]:
    """Codes of the countries that a text names."""
    names = {name.partition(" (")[0]: code for code, name in _table("iso3166.tab")} | _OTHER_NAMES
    return {code for name, code in names.items() if name in text}


def _table(name: str) -> list[list[str]]:
    text = (files("tzdata") / "zoneinfo" / name).read_text("utf-8")
    return [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]


def _degrees(text: str) -> tuple[float, float]:
    found = _POSITION.fullmatch(text)
    assert found, text
    north, east = (
        (1 if found[at] == "+" else -1)
        * (int(found[at + 1]) + int(found[at + 2]) / 60 + int(found[at + 3] or 0) / 3600)
        for at in (1, 5)
    )
    return east, north


def _on_sphere(longitude: float, latitude: float) -> Float64:
    east, north = np.radians([longitude, latitude])
    return np.array([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])
