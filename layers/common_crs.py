"""The CRSs in which cities publish their data, for suggestions when a file names none.

Each row: code, weight (how readily it is suggested), region in words, and the region as
(west, south, east, north) in degrees. Regions are drawn tighter than the areas of use in the EPSG
dataset, because the numbers of one country's grid often fit the seas beside another.
"""

from __future__ import annotations

Region = tuple[float, float, float, float]
Row = tuple[str, int, str, Region]


def _regions(code: str, weight: int, region: str, *boxes: Region) -> list[Row]:
    """One CRS whose region is better told by several boxes."""
    return [(code, weight, region, box) for box in boxes]


def _zones(
    first_code: int, weight: int, region: str, west: float, *souths_norths: tuple[float, float]
) -> list[Row]:
    """Neighbouring zones with consecutive codes, each 6° wide, the first beginning at `west`."""
    return [
        (f"EPSG:{first_code + i}", weight, region, (west + 6 * i, south, west + 6 * i + 6, north))
        for i, (south, north) in enumerate(souths_norths)
    ]


def _french_conic_zones() -> list[Row]:
    """The nine conic zones of France, each one degree to both sides of its parallel."""
    return [
        (f"EPSG:{3900 + parallel}", 70, "France", (-5.2, parallel - 1.0, 8.3, parallel + 1.0))
        for parallel in range(42, 51)
    ]


def _south_african_strips() -> list[Row]:
    """The Hartebeesthoek94 strips Lo17 to Lo31, 2° wide; their axes count to the west and south."""
    souths = (-31.5, -35.0, -35.0, -34.5, -34.4, -34.0, -32.5, -31.0)
    return [
        (f"EPSG:{2047 + i}", 60, "South Africa", (16.0 + 2 * i, south, 18.0 + 2 * i, -22.0))
        for i, south in enumerate(souths)
    ]


#: South and north of the land in the zones 50 to 56.
_AUSTRALIA = (
    (-35.2, -19.5),
    (-34.2, -14.0),
    (-32.5, -13.5),
    (-35.5, -11.0),
    (-39.2, -10.5),
    (-43.8, -10.5),
    (-37.6, -23.5),
)

COMMON: tuple[Row, ...] = (
    ("EPSG:7415", 100, "the Netherlands", (3.3, 50.7, 7.3, 53.6)),
    ("EPSG:28992", 95, "the Netherlands", (3.3, 50.7, 7.3, 53.6)),
    ("EPSG:31370", 90, "Belgium", (2.5, 49.4, 6.5, 51.6)),
    ("EPSG:3812", 88, "Belgium", (2.5, 49.4, 6.5, 51.6)),
    ("EPSG:2169", 92, "Luxembourg", (5.7, 49.4, 6.6, 50.2)),
    *_regions("EPSG:25832", 86, "Germany or Denmark", (6.0, 47.2, 12.0, 55.1), (8.0, 54.5, 12.6, 57.8)),
    ("EPSG:25833", 80, "eastern Germany or its neighbours", (11.5, 47.0, 18.0, 58.0)),
    *_regions(
        "EPSG:25831", 74, "Catalonia or the Low Countries", (0.0, 38.5, 3.4, 42.9), (2.5, 49.5, 6.0, 53.0)
    ),
    ("EPSG:25830", 74, "Spain", (-6.5, 35.8, 0.5, 44.0)),
    ("EPSG:25829", 68, "western Spain", (-9.6, 35.8, -6.0, 44.0)),
    ("EPSG:3068", 84, "Berlin", (13.0, 52.3, 13.8, 52.7)),
    ("EPSG:31466", 50, "western Germany", (5.8, 49.1, 7.6, 53.0)),
    ("EPSG:31467", 52, "Germany", (7.4, 47.2, 10.6, 55.1)),
    ("EPSG:31468", 50, "southern and central Germany", (10.4, 47.2, 13.6, 54.7)),
    *_regions(
        "EPSG:2154",
        85,
        "France",
        (-5.2, 47.2, 8.3, 49.4),
        (1.4, 49.4, 5.9, 51.2),
        (-1.8, 43.2, 7.7, 47.2),
        (0.0, 42.3, 3.3, 43.2),
        (8.5, 41.3, 9.6, 43.1),
    ),
    *_french_conic_zones(),
    ("EPSG:2975", 82, "Réunion", (55.2, -21.4, 55.9, -20.8)),
    ("EPSG:2056", 92, "Switzerland", (5.9, 45.8, 10.5, 47.9)),
    ("EPSG:21781", 88, "Switzerland", (5.9, 45.8, 10.5, 47.9)),
    ("EPSG:31254", 70, "western Austria", (9.5, 46.7, 11.9, 47.8)),
    ("EPSG:31255", 70, "central Austria", (11.8, 46.4, 14.9, 48.8)),
    ("EPSG:31256", 74, "eastern Austria", (14.8, 46.5, 17.2, 49.1)),
    ("EPSG:31287", 66, "Austria", (9.5, 46.4, 17.2, 49.1)),
    ("EPSG:27700", 90, "Great Britain", (-6.6, 49.9, 1.8, 59.5)),
    ("EPSG:2157", 84, "Ireland", (-10.6, 51.4, -5.4, 55.5)),
    *_regions("EPSG:3006", 82, "Sweden", (12.4, 55.2, 16.7, 57.0), (11.0, 57.0, 24.2, 69.1)),
    ("EPSG:3007", 84, "Gothenburg", (11.0, 57.0, 13.0, 59.5)),
    ("EPSG:3008", 84, "Malmö", (12.4, 55.2, 14.3, 57.0)),
    ("EPSG:3011", 84, "Stockholm", (17.0, 58.5, 19.4, 60.5)),
    ("EPSG:3067", 82, "Finland", (20.5, 59.7, 31.6, 70.1)),
    ("EPSG:3879", 82, "Helsinki", (24.0, 59.8, 26.0, 61.0)),
    ("EPSG:5973", 62, "Norway", (9.0, 57.9, 18.0, 71.2)),
    ("EPSG:3301", 82, "Estonia", (21.8, 57.5, 28.3, 59.8)),
    ("EPSG:3059", 70, "Latvia", (20.9, 55.6, 28.3, 58.1)),
    ("EPSG:3346", 70, "Lithuania", (20.9, 53.9, 26.9, 56.5)),
    ("EPSG:2180", 78, "Poland", (14.1, 49.0, 24.2, 54.9)),
    ("EPSG:5514", 90, "Czechia or Slovakia", (12.0, 47.7, 22.6, 51.1)),
    ("EPSG:23700", 84, "Hungary", (16.1, 45.7, 22.9, 48.6)),
    ("EPSG:3794", 72, "Slovenia", (13.3, 45.4, 16.7, 46.9)),
    ("EPSG:3765", 72, "Croatia", (13.4, 42.3, 19.5, 46.6)),
    ("EPSG:7791", 66, "western Italy", (6.6, 38.8, 12.0, 47.1)),
    ("EPSG:7792", 66, "eastern Italy", (12.0, 36.6, 18.0, 47.1)),
    ("EPSG:3763", 80, "Portugal", (-9.6, 36.9, -6.1, 42.2)),
    ("EPSG:2100", 72, "Greece", (19.6, 34.8, 28.3, 41.8)),
    ("EPSG:2039", 84, "Israel", (34.2, 29.4, 35.7, 33.3)),
    ("EPSG:3414", 84, "Singapore", (103.6, 1.1, 104.1, 1.5)),
    ("EPSG:2326", 84, "Hong Kong", (113.8, 22.1, 114.5, 22.6)),
    ("EPSG:3826", 70, "Taiwan", (120.0, 21.8, 122.1, 25.4)),
    ("EPSG:6677", 60, "Tokyo and its neighbours", (138.4, 34.8, 140.9, 37.2)),
    ("EPSG:6674", 56, "Osaka and its neighbours", (134.2, 33.4, 136.5, 35.8)),
    ("EPSG:5186", 66, "South Korea", (126.0, 33.9, 128.0, 38.4)),
    *_regions("EPSG:2193", 84, "New Zealand", (166.3, -47.4, 174.4, -40.4), (172.5, -41.7, 178.7, -34.3)),
    *_zones(7850, 64, "Australia", 114.0, *_AUSTRALIA),
    *_zones(28350, 48, "Australia", 114.0, *_AUSTRALIA),
    *_zones(32734, 72, "South Africa", 18.0, (-35.0, -28.0), (-34.3, -22.0), (-31.0, -22.0)),
    *_south_african_strips(),
    *_zones(
        31981, 60, "Brazil", -60.0, (-34.0, -27.0), (-34.0, 0.0), (-25.5, 0.0), (-21.0, -2.5), (-18.0, -3.0)
    ),
    ("EPSG:32719", 60, "Chile", (-72.0, -45.0, -68.0, -17.4)),
    ("EPSG:2263", 76, "New York City, feet", (-74.3, 40.4, -73.6, 41.0)),
    ("EPSG:2994", 70, "Oregon, feet", (-124.6, 41.9, -116.4, 46.3)),
    ("EPSG:2229", 66, "Los Angeles, feet", (-119.4, 33.5, -117.5, 34.9)),
    ("EPSG:2227", 66, "San Francisco, feet", (-123.1, 36.7, -119.9, 38.4)),
    ("EPSG:32188", 72, "Montréal", (-75.0, 44.9, -72.0, 47.0)),
    *_zones(26910, 46, "North America", -126.0, *[(30.0, 55.0)] * 10),
    ("EPSG:32643", 40, "India", (72.0, 8.0, 78.0, 35.0)),
    ("EPSG:32650", 40, "China", (114.0, 21.0, 120.0, 50.0)),
    ("EPSG:3857", 20, "the projection of web maps", (-180.0, -85.0, 180.0, 85.0)),
)
