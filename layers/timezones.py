"""Time zones by place: the zone of the nearest principal city in the time zone database."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from layers.arrays import Float64
from layers.errors import PlaceError

EARTH_RADIUS_KM = 6371.0
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


def nearest_zone(longitude: float, latitude: float, region: str = "") -> tuple[str, str]:
    """The zone of the nearest principal city on the globe, and why it is that one.

    `region` is text that names countries, such as a CRS's area of use: zones of others are left out,
    so that Calais has the time of Paris and not that of London.
    """
    zones = _zones()
    countries = _countries_in(region)
    wanted = np.array([country in countries for country in zones.countries])
    within = wanted if wanted.any() else np.ones(len(wanted), bool)
    cosine = zones.cities @ _on_sphere(np.array([longitude]), np.array([latitude]))[0]
    nearest = int(np.argmax(np.where(within, cosine, -2.0)))
    far = EARTH_RADIUS_KM * np.arccos(np.clip(cosine[nearest], -1, 1))
    whose = "of the countries of the CRS" if wanted.any() else "in the time zone database"
    return zones.names[nearest], f"nearest principal city {whose}, {far:.0f} km"


@dataclass(frozen=True)
class _Zones:
    names: list[str]
    countries: list[str]  # ISO 3166 codes
    cities: Float64  # (n, 3) unit vectors


@lru_cache(maxsize=1)
def _zones() -> _Zones:
    rows = _table("zone.tab")
    places = np.array([_degrees(row[1]) for row in rows])
    return _Zones([row[2] for row in rows], [row[0] for row in rows], _on_sphere(places[:, 0], places[:, 1]))


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


def _on_sphere(longitude: Float64, latitude: Float64) -> Float64:
    east, north = np.radians(longitude), np.radians(latitude)
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=-1)
