"""The town plan of the demo city: streets, open spaces and the blocks that the streets leave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from assets.demo_terrain import SIZE_M, WATER_HALF_WIDTH_M, river_y

XY = tuple[float, float]


@dataclass(frozen=True)
class Street:
    """A street by its middle line; `kind` says what stands along it."""

    name: str
    kind: str  # old, town, suburb, rows, works, path, country
    width_m: float
    line: LineString


#: name, kind, width in metres, corners of the middle line
_STREETS: tuple[tuple[str, str, float, tuple[XY, ...]], ...] = (
    ("Südtor", "old", 8.5, ((430, 205), (432, 250), (433, 325))),
    ("Brückengasse", "old", 8.5, ((433, 325), (437, 380), (434, 420))),
    ("Obere Gasse", "old", 7.5, ((432, 462), (422, 500), (414, 545), (420, 582))),
    ("Westgasse", "old", 7.0, ((262, 444), (300, 440), (340, 434), (404, 442))),
    ("Ostgasse", "old", 7.0, ((464, 444), (523, 450), (560, 448), (601, 456))),
    (
        "Uferstraße",
        "old",
        8.0,
        (
            (262, 444),
            (268, 400),
            (292, 362),
            (340, 336),
            (433, 325),
            (520, 329),
            (573, 352),
            (598, 402),
            (601, 456),
        ),
    ),
    (
        "Wallstraße",
        "old",
        8.0,
        (
            (262, 444),
            (270, 495),
            (298, 542),
            (350, 573),
            (420, 582),
            (500, 577),
            (560, 548),
            (594, 505),
            (601, 456),
        ),
    ),
    ("Webergasse", "old", 5.0, ((344, 336), (336, 385), (340, 434), (343, 500), (362, 575))),
    ("Gerbergasse", "old", 5.0, ((520, 329), (531, 392), (523, 450), (536, 502), (522, 569))),
    ("Fischergasse", "old", 5.0, ((275, 386), (336, 385), (437, 380), (531, 392), (592, 390))),
    ("Kirchgasse", "old", 5.0, ((274, 503), (343, 500), (422, 500))),
    ("Pfarrgasse", "old", 5.0, ((422, 500), (455, 482), (520, 480), (536, 502), (592, 508))),
    ("Schulgasse", "old", 4.5, ((414, 545), (470, 552), (522, 546))),
    ("Bahnhofstraße", "town", 11.0, ((601, 456), (690, 462), (780, 456), (880, 450), (990, 462))),
    ("Gartenstraße", "town", 9.5, ((560, 548), (600, 556), (690, 556), (786, 548), (880, 548))),
    ("Lohepromenade", "town", 9.0, ((573, 352), (620, 334), (690, 326), (772, 318), (870, 318), (985, 330))),
    ("Goethestraße", "town", 9.0, ((620, 334), (614, 395), (614, 458))),
    ("Lessingstraße", "town", 9.0, ((690, 326), (690, 462), (690, 556))),
    ("Gaswerkstraße", "town", 9.5, ((772, 318), (780, 456), (786, 548))),
    ("Hafenweg", "town", 8.0, ((870, 318), (880, 450), (880, 548))),
    ("Weststraße", "rows", 8.0, ((8, 452), (80, 456), (170, 450), (262, 444))),
    ("Am Anger", "rows", 6.0, ((60, 330), (150, 344), (230, 352), (292, 362))),
    ("Tuchmacherweg", "path", 5.0, ((45, 393), (130, 400), (220, 400), (268, 400))),
    ("Rosenweg", "rows", 6.0, ((40, 512), (120, 514), (210, 506), (271, 497))),
    ("Fliederweg", "path", 5.0, ((48, 568), (130, 572), (215, 566), (298, 542))),
    ("Feldweg", "rows", 6.5, ((60, 330), (45, 393), (48, 455), (40, 512), (48, 568), (82, 628))),
    (
        "Oberer Steig",
        "suburb",
        7.5,
        ((420, 582), (424, 640), (408, 700), (430, 770), (470, 840), (520, 905), (540, 992)),
    ),
    (
        "Lindenstraße",
        "suburb",
        6.5,
        ((82, 628), (180, 626), (290, 634), (424, 640), (540, 628), (680, 622), (800, 634), (905, 628)),
    ),
    (
        "Sonnenleite",
        "suburb",
        6.0,
        ((250, 690), (330, 694), (408, 700), (520, 690), (640, 680), (770, 692), (890, 684)),
    ),
    (
        "Weinbergweg",
        "suburb",
        6.0,
        ((300, 752), (370, 762), (430, 770), (540, 752), (660, 742), (780, 752), (900, 742)),
    ),
    (
        "Panoramaweg",
        "suburb",
        6.0,
        ((360, 822), (420, 834), (470, 840), (580, 818), (690, 806), (800, 814), (912, 800)),
    ),
    ("Hochwaldweg", "path", 6.0, ((520, 905), (610, 884), (710, 872), (830, 876), (930, 862))),
    ("Nussbaumweg", "suburb", 6.0, ((680, 556), (680, 622), (640, 680), (660, 742), (690, 806), (710, 872))),
    ("Kapellenweg", "suburb", 6.0, ((880, 548), (905, 628), (890, 684), (900, 742), (912, 800), (930, 862))),
    ("Burgweg", "path", 4.5, ((290, 634), (262, 690), (215, 715), (182, 760), (190, 810), (160, 838))),
    (
        "Südstraße",
        "suburb",
        8.5,
        (
            (8, 196),
            (110, 186),
            (220, 196),
            (330, 204),
            (430, 205),
            (560, 190),
            (700, 178),
            (860, 176),
            (992, 190),
        ),
    ),
    ("Mühlweg", "suburb", 6.0, ((220, 196), (232, 140), (250, 88), (330, 74), (420, 80), (500, 84))),
    ("Wiesenweg", "suburb", 6.0, ((232, 140), (320, 138), (410, 142), (500, 138))),
    ("Am Südhang", "suburb", 6.0, ((500, 197), (500, 138), (500, 84), (505, 12))),
    ("Hochhausring", "path", 6.0, ((110, 186), (100, 120), (140, 80), (196, 92), (224, 132))),
    ("Am Steg", "path", 3.5, ((870, 318), (866, 260), (862, 176))),
    ("Industriestraße", "works", 9.5, ((700, 178), (698, 110), (694, 12))),
    ("Werkstraße", "works", 8.5, ((560, 190), (590, 104), (698, 104), (850, 100), (968, 108), (975, 188))),
)

MARKET = Polygon(((402, 419), (465, 415), (470, 461), (440, 466), (404, 465)))
CHURCHYARD = Polygon(((446, 492), (520, 486), (529, 503), (521, 540), (470, 545), (440, 538)))
GASWORKS = Polygon(((784, 324), (866, 324), (874, 444), (786, 450)))
PARK = Polygon(((884, 326), (980, 336), (984, 455), (886, 444)))
CASTLE = Point(130, 805).buffer(52)
SCHOOL = Polygon(((696, 563), (778, 556), (792, 612), (700, 612)))
#: Between the school's east wing and the sports hall: sunlit in spring for the hours around noon.
SCHOOL_YARD = Polygon(((762.5, 569), (772.1, 569), (773.8, 604), (764.4, 604)))


def _rounded(corners: tuple[XY, ...]) -> LineString:
    """A Catmull-Rom curve through the corners, a point about every 6 m."""
    p = np.array((corners[0], *corners, corners[-1]), float)
    out = [p[1]]
    for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False):
        for t in np.linspace(0, 1, max(2, int(np.hypot(*(c - b)) / 6)) + 1)[1:]:
            out.append(
                0.5
                * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
            )
    return LineString(np.array(out).round(3))


def river_area(extra_m: float = 0.0) -> Polygon:
    """The water, widened by `extra_m` on both sides, over the whole area."""
    x = np.linspace(-40, SIZE_M + 40, 109)
    middle = LineString(np.column_stack((x, river_y(x))))
    return Polygon(middle.buffer(WATER_HALF_WIDTH_M + extra_m, cap_style="flat").exterior)


class Plan:
    """Streets, their areas, and blocks; everything in metres from the corner of the area."""

    def __init__(self) -> None:
        self.streets = tuple(Street(name, kind, width, _rounded(c)) for name, kind, width, c in _STREETS)
        self.area = shapely.box(0, 0, SIZE_M, SIZE_M)
        self.water = river_area()
        self.road_area: BaseGeometry = shapely.union_all(
            [s.line.buffer(s.width_m / 2, cap_style="round", quad_segs=4) for s in self.streets] + [MARKET]
        )
        self.open_spaces: BaseGeometry = shapely.union_all([CHURCHYARD, GASWORKS, PARK, CASTLE, SCHOOL])

    def blocks(self) -> list[Polygon]:
        """Areas enclosed by old-town and town streets, without the streets themselves, west to east."""
        lines = shapely.union_all([s.line for s in self.streets if s.kind in ("old", "town")])
        found: list[Polygon] = []
        for ring in shapely.get_parts(shapely.polygonize([lines])):
            rest = ring.difference(self.road_area).difference(self.open_spaces)
            found += [p for p in shapely.get_parts(rest) if isinstance(p, Polygon) and p.area > 1200]
        return sorted(found, key=lambda p: (round(p.centroid.x, 3), round(p.centroid.y, 3)))
