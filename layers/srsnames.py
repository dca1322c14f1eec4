"""What GML says of places (srsName), in every spelling met, as a CRS text and the order of its axes.

The standard leaves the order of axes to the authority where a name is a URN or a URL, and to habit
where it is short ("EPSG:4326"). Producers of city models keep to that for degrees; metres they write
easting first, whatever the authority says. So the numbers are asked too: an order under which they
lie in the area of the CRS wins over one under which they do not, and that is told.

Sources: OGC 09-048r5 (URNs, URLs), OGC 07-092r3 (compound URNs), the short names of CRSs of the AdV
(GeoInfoDok, "Koordinatenreferenzsysteme"), the EPSG registry in PROJ.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from layers.arrays import Float64
from layers.crs import LOCAL, parse_crs, positions
from layers.errors import PlaceError

if TYPE_CHECKING:
    from lxml.etree import _Element
    from pyproj import CRS, Proj

#: Around the area for which a CRS is made, in degrees: neighbouring zones are used a little beyond.
MARGIN_DEG = 3.0
#: Numbers below are a designer's own: they lie near the origin of any CRS and tell nothing of a place.
NEAR_ZERO = 2000.0
MAX_NAME = 1000

#: Horizontal CRSs by the short names of the AdV; "ETRS89_UTM32" and the like follow by rule.
_ADV = {
    "ETRS89_Lat-Lon": "4258",
    "ETRS89_Lat-Lon-h": "4937",
    "ETRS89_X-Y-Z": "4936",
    "DE_DHDN_3GK2": "31466",
    "DE_DHDN_3GK3": "31467",
    "DE_DHDN_3GK4": "31468",
    "DE_DHDN_3GK5": "31469",
    "DE_PD-83_3GK3": "3396",
    "DE_PD-83_3GK4": "3397",
    "DE_RD-83_3GK4": "3398",
    "DE_RD-83_3GK5": "3399",
    "DE_42-83_3GK3": "2397",
    "DE_42-83_3GK4": "2398",
    "DE_42-83_3GK5": "2399",
    "DE_DHDN_Soldner-Berlin": "3068",
    "DE_Soldner-Berlin": "3068",
}
_ADV_HEIGHTS = {
    "DE_DHHN2016_NH": "7837",
    "DE_DHHN92_NH": "5783",
    "DE_DHHN85_NOH": "5784",
    "DE_DHHN12_NOH": "7699",
    "DE_SNN76_NH": "5785",
}
#: Names that are no code and which PROJ does not know, or knows as something in degrees.
_NAMES = {
    "CH1903": "EPSG:21781",
    "CH1903/LV03": "EPSG:21781",
    "LV03": "EPSG:21781",
    "CH1903+": "EPSG:2056",
    "CH1903+/LV95": "EPSG:2056",
    "LV95": "EPSG:2056",
    "RD": "EPSG:28992",
    "RDNAP": "EPSG:7415",
}
#: UTM of Europe with the zone before the easting: by the zone, the CRS that says so.
_ZONE_FIRST = {"EPSG:25831": "EPSG:5649", "EPSG:25832": "EPSG:4647", "EPSG:25833": "EPSG:5650"}

_AUTHORITY = r"(EPSG|OGC|IGNF|ESRI)"
_CODE = re.compile(rf"crs:{_AUTHORITY}:(?:[\w.]*:)?([\w.]+)|crs/{_AUTHORITY}/[\w.]+/([\w.]+)", re.I)
_SHORT = re.compile(r"(?:epsg:{1,2})?(\d{4,6})(?:\+(\d{4,6}))?", re.I)
_STRICT = re.compile(r"urn:(x-)?ogc:def:crs:|https?://www\.opengis\.net/def/crs/", re.I)
_OLD_URL = re.compile(r"https?://www\.opengis\.net/gml/srs/epsg\.xml#(\d{4,6})", re.I)


@dataclass(frozen=True)
class Reference:
    """Where the coordinates of an srsName lie, and how they become x (east), y (north), z.

    First the first two numbers of each point change places, if `swapped`; then `shift` is added.
    """

    crs: str | None  # as `layers.crs.parse_crs` takes it; None when it is not known
    swapped: bool = False
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0)  # east, north, up
    note: str = ""  # a sentence for the report, '' when there is nothing to tell

    def placed(self, points: Float64) -> Float64:
        """Points as they stand in the file, (n, 3), with x east and y north in `crs`."""
        if self.swapped:
            points = points[:, [1, 0, 2]]
        return points + self.shift if any(self.shift) else points


@dataclass(frozen=True)
class Anchor:
    """Where the origin of a local engineering CRS stands on the Earth (ISO 19136, EngineeringDatum)."""

    srs_name: str
    point: tuple[float, float, float]  # in the order of that name


def anchors_in(root: _Element) -> dict[str, Anchor]:
    """The local CRSs that are defined in `root`, by their name in a srsName ("#local-CRS-1").

    One without an anchor is in it with an empty srsName.
    """
    found = {}
    for crs in root.iter("{*}EngineeringCRS"):
        name = next((value for key, value in crs.attrib.items() if str(key).endswith("}id")), "")
        srs_name, point = "", (0.0, 0.0, 0.0)
        for anchor in crs.iter("{*}anchorDefinition", "{*}anchorPoint"):
            numbers = _numbers(anchor.text or "")
            if numbers is not None and anchor.get("codeSpace"):
                srs_name, point = str(anchor.get("codeSpace")), numbers
        found[f"#{name}"] = Anchor(srs_name, point)
    return found


def _numbers(text: str) -> tuple[float, float, float] | None:
    try:
        x, y, z = map(float, text.split())
    except ValueError:
        return None
    return x, y, z


def crs_and_order(srs_name: str | None, sample: Float64, anchors: Mapping[str, Anchor] = {}) -> Reference:
    """Where coordinates of this name lie; `sample` are some of them, (n, 3), as they stand in the file.

    A name that cannot be understood, and one that the numbers contradict, gives no CRS and a note
    why: then a person must say where the file lies. Small numbers are local coordinates instead.
    """
    name = (srs_name or "").strip()
    if not name:
        return Reference(None)
    if name.startswith("#"):
        return _local(name, anchors.get(name), sample)
    crs = crs_of(name)
    if crs is None:
        return Reference(None, note=f"the CRS {_shown(name)} is not known")
    return _ordered(name, crs, np.asarray(sample, np.float64))


def crs_as_said(
    said: str, srs_name: str | None, sample: Float64, anchors: Mapping[str, Anchor] = {}
) -> Reference:
    """Where coordinates lie of which a person says so: in that CRS, whatever the name in their file means.

    The order of axes is a matter of the file: that of its own name, where the numbers bear it out.
    """
    own, text = crs_and_order(srs_name, sample, anchors), crs_of(said)
    if own.crs in (None, LOCAL) or any(own.shift):
        meant = crs_and_order(said, sample)
        is_told = meant.crs not in (None, LOCAL)  # otherwise the place itself is told to be far off
        return Reference(text, is_told and meant.swapped, note=meant.note if is_told else "")
    note = ""
    if len(sample) and text is not None and parse_crs(text).is_projected:
        x, y, _z = own.placed(_middle(sample)[np.newaxis])[0].tolist()
        if not _lies_in(text, x, y, MARGIN_DEG):
            theirs, ours = (parse_crs(crs).name for crs in (str(own.crs), text))
            name = _shown(str(srs_name))
            note = f"the file says {name} ({theirs}), and its coordinates lie there, but not in {ours}"
    return Reference(text, own.swapped, note=note)


def _shown(name: str) -> str:
    return repr(name if len(name) <= 80 else f"{name[:80]}…")


def _local(name: str, anchor: Anchor | None, sample: Float64) -> Reference:
    """A CRS of the file's own, at its anchor on the Earth where it has one."""
    if anchor is None or not anchor.srs_name or anchor.srs_name.startswith("#"):
        return Reference(LOCAL, note=f"the local CRS {_shown(name)} has no anchor on the Earth")
    point = np.array([anchor.point])
    at = crs_and_order(anchor.srs_name, point)
    if at.crs is None or at.crs == LOCAL or not parse_crs(at.crs).is_projected:
        return Reference(LOCAL, note=f"the anchor of the local CRS {_shown(name)} is not understood")
    east, north, up = at.placed(point)[0].tolist()
    there = f"{east:.10g}, {north:.10g}, {up:.10g} ({at.crs})"
    told = f"the local CRS {_shown(name)} was moved to its anchor at {there}"
    return Reference(at.crs, shift=(east, north, up), note=told)


@lru_cache(maxsize=64)
def crs_of(srs_name: str) -> str | None:
    """The CRS text that an srsName means, whatever the order of its axes; None when it is not known."""
    name = srs_name.strip()
    if len(name) > MAX_NAME:
        return None
    text = _spelled(name)
    if text is None:
        return None
    try:
        parse_crs(text)
    except PlaceError:
        return None
    return text


def _spelled(name: str) -> str | None:
    if name.lower().startswith("urn:adv:crs:"):
        return _adv(name[len("urn:adv:crs:") :])
    known = _NAMES.get(name.upper().replace(" ", ""))
    if known:
        return known
    short = _SHORT.fullmatch(name)
    if short:
        return _joined([("EPSG", code) for code in short.groups() if code])
    old = _OLD_URL.fullmatch(name)
    if old:
        return f"EPSG:{old[1]}"
    codes = [(a or c, b or d) for a, b, c, d in _CODE.findall(name)]
    return _joined(codes) if codes else name


def _joined(codes: list[tuple[str, str]]) -> str | None:
    """The CRS of a code, or of two: positions and heights."""
    (authority, code), *heights = codes
    if authority.upper() == "EPSG" and heights:
        vertical = _vertical(heights[0][1])
        return f"EPSG:{code}+{vertical}" if vertical else f"EPSG:{code}"
    return f"{authority.upper()}:{code}"


@lru_cache(maxsize=64)
def _vertical(code: str) -> str | None:
    """The code of a vertical CRS; some producers give that of its datum (5101 for ODN height, 5701)."""
    from pyproj import CRS
    from pyproj.database import query_crs_info
    from pyproj.enums import PJType
    from pyproj.exceptions import CRSError

    try:
        return code if CRS.from_epsg(code).is_vertical else None
    except CRSError:
        for found in query_crs_info(auth_name="EPSG", pj_types=[PJType.VERTICAL_CRS]):
            datum = CRS.from_epsg(found.code).datum
            known = datum.to_json_dict().get("id", {}) if datum is not None else {}
            if str(known.get("code")) == code:
                return str(found.code)
    return None


def _adv(names: str) -> str | None:
    """A CRS by AdV's names for positions and heights, as in ETRS89_UTM32*DE_DHHN2016_NH*GCG2016."""
    position, *heights = names.split("*")
    utm = re.fullmatch(r"ETRS89_UTM(\d\d)", position)
    # Some states append their own realisation: DE_DHDN_3GK2_NW101 lies within metres of DE_DHDN_3GK2.
    gauss = re.match(r"DE_DHDN_3GK\d", position)
    code = f"258{utm[1]}" if utm else _ADV.get(position) or _ADV.get(gauss[0] if gauss else "")
    if code is None:
        return None
    vertical = next((_ADV_HEIGHTS[name] for name in heights if name in _ADV_HEIGHTS), None)
    return f"EPSG:{code}+{vertical}" if vertical else f"EPSG:{code}"


def _north_first(name: str, crs: CRS) -> bool:
    """Whether the first number should be the northing or the latitude."""
    if crs.axis_info[0].direction != "north":
        return False
    if _OLD_URL.match(name):
        return False
    if positions(crs).is_geographic:
        return name.lower().startswith(("urn:", "http"))
    # A URN or URL of one CRS is of few, who know about it; pairs ("crs,crs:") are of producers of cities.
    return _STRICT.match(name) is not None


def _middle(points: Float64) -> Float64:
    """The middle one of each coordinate; numpy's own median takes ten milliseconds the first time."""
    found: Float64 = np.sort(points, axis=0)[len(points) // 2]
    return found


def _ordered(name: str, text: str, sample: Float64) -> Reference:
    """The order of axes that the name asks for, unless only the other one fits the numbers."""
    crs = parse_crs(text)
    if crs.is_geocentric or crs.is_engineering or not len(sample):
        return Reference(text, not crs.is_geocentric and _north_first(name, crs))
    first, second = _middle(sample)[:2].tolist()
    wanted = _north_first(name, crs)
    # A designer's own numbers may lie beside an area by chance: they are believed only within it.
    margin_deg = 0.0 if _are_near_zero(crs, sample) else MARGIN_DEG
    for north_first in (wanted, not wanted):
        x, y = (second, first) if north_first else (first, second)
        if _lies_in(text, x, y, margin_deg):
            note = "" if north_first == wanted else _turned(name, north_first)
            return Reference(text, north_first, note=note)
    zone = _with_zone(text, first, second)
    if zone:
        return Reference(zone, note=f"the eastings of {_shown(name)} begin with the number of their zone")
    return _contradicted(name, crs, text, wanted, sample)


def _turned(name: str, north_first: bool) -> str:
    found, wanted = ("north before east", "east before north")[:: 1 if north_first else -1]
    return f"the coordinates of {_shown(name)} are written {found}, not {wanted} as the name means; read so"


def _with_zone(text: str, x: float, y: float) -> str | None:
    horizontal, _, heights = text.partition("+")
    other = _ZONE_FIRST.get(horizontal)
    if other is None or not _lies_in(other, x, y, MARGIN_DEG):
        return None
    return f"{other}+{heights}" if heights else other


def _contradicted(name: str, crs: CRS, text: str, wanted: bool, sample: Float64) -> Reference:
    if _are_near_zero(crs, sample):
        note = f"the coordinates are near zero, where {crs.name} has no places: taken as local coordinates"
        return Reference(LOCAL, note=note)
    low, high = sample.min(axis=0), sample.max(axis=0)
    note = (
        f"the file says {_shown(name)} ({crs.name}), but its coordinates ({low[0]:.10g} to {high[0]:.10g},"
        f" {low[1]:.10g} to {high[1]:.10g}) do not lie there"
    )
    return Reference(None, wanted, note=note)


def _are_near_zero(crs: CRS, sample: Float64) -> bool:
    """Whether coordinates in metres or feet may be a designer's own."""
    return bool(crs.is_projected) and float(np.abs(sample[:, :2]).max()) < NEAR_ZERO


def _lies_in(text: str, x: float, y: float, margin_deg: float) -> bool:
    """Whether a place, x east and y north, lies in the area for which the CRS is made, or beside it."""
    area, projection = _area(text)
    longitude, latitude = (x, y) if projection is None else projection(x, y, inverse=True)
    if not (abs(longitude) <= 180 and abs(latitude) <= 90):
        return False
    if area is None:
        return True
    west, south, east, north = area
    if not south - margin_deg <= latitude <= north + margin_deg:
        return False
    inside = west - margin_deg <= longitude <= east + margin_deg
    return inside or (west > east and not east + margin_deg < longitude < west - margin_deg)


@lru_cache(maxsize=64)
def _area(text: str) -> tuple[tuple[float, float, float, float] | None, Proj | None]:
    """The area of a CRS in degrees (west, south, east, north), and what makes degrees of its positions."""
    from pyproj import Proj

    crs = parse_crs(text)
    flat = positions(crs)
    area = flat.area_of_use or crs.area_of_use
    bounds = (area.west, area.south, area.east, area.north) if area is not None else None
    return bounds, None if flat.is_geographic else Proj(flat)
