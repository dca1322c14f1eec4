"""The demo city: `make(folder)` writes the files of a town that does not exist, the same bytes every time.

terrain.tif            hills and a river valley, 1 km by 1 km at 2 m
city.city.json         buildings in two levels of detail through three epochs, streets, trees, bridges
sewer.geojson          gravity sewer: conduits and manholes
water.geojson          drinking water network
heritage.csv           catalogue of monuments
zoning.geojson         plots of the zoning plan, with what may be built on them
church-scan.laz        the parish church as a coloured, classified point cloud
church-mesh.ply        and as a mesh
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import shapely

from assets import demo_church, demo_nature
from assets.demo_city import TOWN, City, flat_water, number_addresses, tree_templates
from assets.demo_house import Builder, Dice, House
from assets.demo_landmarks import PLAN_YEAR, Landmarks
from assets.demo_networks import write_sewer, write_water
from assets.demo_plan import CHURCHYARD, MARKET, PARK, SCHOOL_YARD, Plan
from assets.demo_plots import write_plots
from assets.demo_quarters import Ground, Quarters
from assets.demo_solids import millimetres
from assets.demo_suburbs import Suburbs
from assets.demo_terrain import CRS, WATER_FALL, WATER_LEVEL_M, Terrain

#: Raised with every change to what is built.
EDITION = 5
#: What the epoch is called in which the city stands that was surveyed.
STOCK = "stock 2025"
SEED = 1897
SCAN_POINTS = 150_000


@dataclass(frozen=True)
class DemoFiles:
    """What `make` wrote, and the epochs the city is to be seen in."""

    terrain: Path
    city: Path
    sewer: Path
    water: Path
    zoning: Path
    catalogue: Path
    scan: Path
    mesh: Path
    title: str = f"{TOWN} (demo)"
    crs: str = CRS
    time_zone: str = "Europe/Berlin"
    epochs: tuple[tuple[str, str], ...] = (
        ("1950", "1950-07-01"),
        (STOCK, "2025-07-01"),
        ("plan 2035", "2035-07-01"),
    )


def make(folder: Path) -> DemoFiles:
    """Write the demo city's files into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    files = DemoFiles(
        folder / "terrain.tif",
        folder / "city.city.json",
        folder / "sewer.geojson",
        folder / "water.geojson",
        folder / "zoning.geojson",
        folder / "heritage.csv",
        folder / "church-scan.laz",
        folder / "church-mesh.ply",
    )
    terrain, plan, dice = Terrain(), Plan(), Dice(SEED)
    houses = _houses(terrain, plan, dice)
    terrain.write(files.terrain)
    _city(terrain, plan, dice, houses).write(files.city)
    write_sewer(files.sewer, plan, terrain)
    write_water(files.water, plan, terrain)
    write_plots(files.zoning, plan)
    scan = demo_church.ChurchScan(houses[0], terrain, SEED)
    demo_church.write_cloud(files.scan, scan, SCAN_POINTS)
    demo_church.write_mesh(files.mesh, scan)
    demo_church.write_catalogue(files.catalogue, _monuments(houses), files.scan.name, files.mesh.name)
    return files


def _houses(terrain: Terrain, plan: Plan, dice: Dice) -> list[House]:
    """All buildings of all epochs, the church first."""
    builder, ground = Builder(terrain), Ground(plan)
    landmarks = Landmarks(builder, ground)
    houses = [demo_church.church(builder), *landmarks.all()]
    quarters, suburbs = Quarters(plan, builder, ground, dice), Suburbs(plan, builder, ground, dice)
    blocks = list(quarters.blocks())
    houses += [*blocks, *quarters.replaced(blocks), *suburbs.rows(), *suburbs.detached()]
    houses.append(_in_place_of_others(landmarks.tower(), houses))
    for i, house in enumerate(houses):
        house.id = house.id or f"building-{i:04d}"
    number_addresses(houses, plan.streets)
    return houses


def _in_place_of_others(planned: House, houses: list[House]) -> House:
    """A planned house; what stands on its site by then is taken down two years before."""
    (volume,) = planned.volumes
    site = shapely.Polygon(volume.footprint)
    for house in houses:
        stands = house.demolished is None or house.demolished > PLAN_YEAR
        if stands and any(site.intersects(shapely.Polygon(v.footprint)) for v in house.volumes):
            house.demolished = PLAN_YEAR - 2
    return planned


def _monuments(houses: list[House]) -> list[House]:
    """The church, the named old buildings and some houses of the old town."""
    old = [h for h in houses[1:] if h.year < 1912 and h.demolished is None]
    return [houses[0], *(h for h in old if h.name), *[h for h in old if not h.name and h.year < 1800][::5]]


def _city(terrain: Terrain, plan: Plan, dice: Dice, houses: list[House]) -> City:
    city = City()
    for house in houses:
        city.building(house)
    stone = demo_nature.Bridge(431.7, 432.9, 9.0, 24.0, terrain)
    steel = demo_nature.Bridge(865.7, 866.6, 3.5, 25.0, terrain)
    city.bridge(
        "bridge-loh", stone, stone.arched(3, 0.9), 0.9, {"name": "Old bridge", "yearOfConstruction": 1608}
    )
    footbridge = {"name": "Footbridge", "yearOfConstruction": 1988, "validFrom": "1988-01-01"}
    city.bridge("bridge-foot", steel, steel.slab(0.4, 0.7), 0.7, footbridge)
    outlines = shapely.union_all([stone.outline, steel.outline])
    for i, (street, area) in enumerate(demo_nature.street_areas(plan, outlines)):
        above = demo_nature.STREET_ABOVE_GROUND_M
        faces = list(demo_nature.draped(area.difference(plan.water.buffer(3)), terrain, above, "TrafficArea"))
        city.street(f"street-{i + 1:02d}", street, faces)
    _open_spaces(city, terrain, plan)
    tree_templates(city)
    built = [v.footprint for h in houses for v in h.volumes]
    city.plants(demo_nature.Trees(plan, terrain, built, dice).all())
    for i, (x, y) in enumerate(demo_nature.lamps(plan, outlines)):
        foot = millimetres(x, y, terrain.at(x, y))
        city.add(
            f"lamp-{i + 1:03d}",
            "CityFurniture",
            {"function": "street lamp"},
            [city.placed("lamp", foot, (1, 1, 1), 0)],
        )
    return city


def _open_spaces(city: City, terrain: Terrain, plan: Plan) -> None:
    above = demo_nature.STREET_ABOVE_GROUND_M
    market = list(demo_nature.draped(MARKET, terrain, above, "TrafficArea"))
    paving = {"surfaceMaterial": "sett paving"}
    city.add(
        "market",
        "TransportSquare",
        {"name": "Market square"},
        [city.surfaces(market, "2.2", TrafficArea=paving)],
    )
    for id, name, area in (("park", "Lohe park", PARK), ("churchyard", "Churchyard", CHURCHYARD.buffer(-2))):
        green = area.difference(plan.road_area)
        faces = list(demo_nature.draped(green, terrain, demo_nature.GREEN_ABOVE_GROUND_M, ""))
        city.add(id, "LandUse", {"name": name, "class": "green"}, [city.surfaces(faces, "2.2")])
    paved = list(demo_nature.draped(SCHOOL_YARD, terrain, demo_nature.GREEN_ABOVE_GROUND_M, ""))
    yard = {"name": "Lohe School yard", "class": "school yard"}
    city.add("school-yard", "LandUse", yard, [city.surfaces(paved, "2.2")])
    river = flat_water(plan.water.intersection(plan.area), (WATER_LEVEL_M, WATER_FALL))
    city.add("river-lohe", "WaterBody", {"name": "Lohe", "class": "river"}, [city.surfaces(river, "2.2")])
    tower, deck = demo_nature.belvedere(terrain)
    timber = {"name": "Schönblick tower", "function": "belvedere", "yearOfConstruction": 2011}
    city.add("belvedere", "CityFurniture", timber, [city.surfaces(tower, "2.2")])
    place = {"name": "Viewing place Schönblick", "function": "viewing place"}
    city.add("viewing-place", "CityFurniture", place, [city.surfaces(deck, "2.2")])
    fountain = {"name": "Market fountain", "function": "fountain", "yearOfConstruction": 1723}
    city.add("fountain", "CityFurniture", fountain, [city.surfaces(demo_nature.fountain(terrain), "2.2")])
