"""Buildings placed by hand: town hall, castle, town wall, works, flats, gasworks, the plans for 2035."""

from __future__ import annotations

from collections.abc import Iterator

from assets.demo_house import Builder, House
from assets.demo_quarters import Ground
from assets.demo_solids import XY, circle, rectangle

GASWORKS_CLOSED = 1971
PLAN_YEAR = 2035
TOWER_STOREYS = 19


class Landmarks:
    """Builds what is placed by hand; goes first, the ordinary houses keep clear of it."""

    def __init__(self, builder: Builder, ground: Ground) -> None:
        self.builder, self.ground = builder, ground

    def _take(self, house: House) -> House:
        for volume in house.volumes:
            self.ground.take(volume.footprint)
        return house

    def all(self) -> Iterator[House]:
        """Every landmark but the church."""
        yield from map(
            self._take,
            (*self._civic(), *self._castle(), *self._wall_towers(), *self._works(), *self._flats()),
        )
        yield from self._gasworks_quarter()

    def tower(self) -> House:
        """The tower proposed south of the school: in spring it takes the midday sun from the school yard."""
        footprint = rectangle((765, 536.6), (-1.0, 0.09), 28, 14)
        volume = self.builder.body(footprint, "flat", TOWER_STOREYS * 3.1 + 1.4)
        return House([volume], "tenement", PLAN_YEAR, TOWER_STOREYS, name="Lohe tower (proposed)")

    def _civic(self) -> Iterator[House]:
        body = self.builder.body
        u = (1.0, -0.087)
        hall = rectangle((447.5, 473.6), u, 23, 12.0)
        tower = rectangle((461.9, 472.3), u, 5.8, 5.8)
        yield House(
            [body(hall, "half-hip", 10.2, 1.25), body(tower, "pyramid", 20.5, 2.6, role="tower")],
            "guildhall", 1561, 3, name="Town hall",
        )  # fmt: skip
        blocklike = self.builder.blocklike
        wings: list[XY] = [
            (704, 572),
            (762, 568),
            (764, 604),
            (750, 605),
            (749, 583),
            (719, 585),
            (720, 606),
            (705, 607),
        ]
        yield House([blocklike(wings, 10.5)], "school", 1974, 3, name="Lohe School")
        sports = rectangle((782, 588), (0.05, 1.0), 28, 17)
        yield House([body(sports, "gable", 6.5, 0.22)], "sports hall", 1976, 1, name="Sports hall")
        mill = rectangle((236, 312), (1.0, 0.12), 20, 11)
        yield House([body(mill, "half-hip", 9.4, 1.1)], "mill", 1789, 3, name="Lohe mill")
        tank = circle((246, 800), 6.5, 16)
        yield House([body(tank, "cone", 5.5, 0.3)], "water tower", 1934, 1, name="Service reservoir")

    def _castle(self) -> Iterator[House]:
        body, ring = self.builder.body, self.builder.blocklike
        yield House(
            [body(circle((117, 820), 5.6, 16), "cone", 27, 1.15)], "castle", 1240, 6, name="Castle keep"
        )
        yield House(
            [body(rectangle((139, 794), (1, 0.45), 25, 10), "gable", 9.5, 1.3)],
            "castle",
            1390,
            3,
            name="Great hall",
        )
        outer, inner = circle((130, 805), 33, 14, 0.2), circle((130, 805), 31.4, 14, 0.2)
        yield House(
            [ring(outer, 5.5, [inner], role="curtain wall")], "fortification", 1280, 1, name="Curtain wall"
        )

    def _wall_towers(self) -> Iterator[House]:
        places = (
            ("Powder tower", (286, 552)),
            ("Weavers' tower", (252, 474)),
            ("Tanners' tower", (597, 541)),
        )
        for name, at in places:
            yield House(
                [self.builder.body(circle(at, 3.9, 12), "cone", 13.5, 1.7)],
                "fortification",
                1410,
                4,
                name=name,
            )
        gate = rectangle((441.5, 590.5), (1, -0.06), 7.5, 7.5)
        yield House(
            [self.builder.body(gate, "pyramid", 19, 1.9)], "fortification", 1396, 5, name="Upper gate tower"
        )

    def _works(self) -> Iterator[House]:
        """South of the river: halls, silos, a brewery with its chimney."""
        body = self.builder.body
        halls: tuple[tuple[XY, float, float, str, float, int, str], ...] = (
            ((640, 145), 62, 36, "gable", 8.5, 1962, "industrial"),
            ((748, 146), 52, 34, "flat", 9.5, 1978, "industrial"),
            ((812, 143), 44, 30, "flat", 7.5, 1991, "depot"),
            ((905, 145), 76, 40, "gable", 10.5, 1999, "industrial"),
            ((610, 66), 48, 30, "shed", 7.0, 1969, "workshop"),
            ((660, 60), 26, 46, "flat", 8.0, 1984, "depot"),
            ((734, 60), 40, 24, "gable", 6.5, 1957, "workshop"),
            ((732, 30), 36, 18, "gable", 5.5, 1957, "workshop"),
            ((790, 52), 44, 58, "flat", 11.0, 2006, "industrial"),
            ((856, 60), 50, 26, "gable", 7.5, 1973, "industrial"),
            ((856, 26), 46, 20, "flat", 6.0, 1988, "depot"),
            ((936, 62), 60, 34, "flat", 12.0, 2014, "industrial"),
        )
        for centre, length, width, roof, eaves, year, function in halls:
            footprint = rectangle(centre, (1.0, -0.02), length, width)
            slope = 0.28 if roof == "gable" else 0.06
            yield House([body(footprint, roof, eaves, slope)], function, year, 1)
        for i in range(4):
            silo = circle((884.0 + 9.4 * i, 20.0), 4.2, 16)
            yield House([body(silo, "cone", 17.0, 0.35)], "depot", 1988, 1, name=f"Silo {i + 1}")
        strip = [rectangle((585 + 11.0 * i, 32), (0.0, 1.0), 26, 11.0) for i in range(5)]
        saws = [
            body(f, "sawtooth", 5.2, 0.42, (0.0, 1.0), role=f"bay {i + 1}", base=self._floor(strip))
            for i, f in enumerate(strip)
        ]
        yield House(saws, "factory", 1953, 1, name="Weaving mill")
        brewery = [body(rectangle((672, 216), (1, 0.06), 30, 15), "gable", 12, 0.8)]
        brewery.append(body(circle((694, 222), 1.7, 12), "flat", 31, role="chimney"))
        yield House(brewery, "factory", 1902, 4, name="Lohe brewery")

    def _floor(self, footprints: list[list[XY]]) -> float:
        """One floor level for bays that stand side by side."""
        return min(self.builder.ground(f)[0] for f in footprints) - 0.3

    def _flats(self) -> Iterator[House]:
        """The estate of the 1970s in the south-west."""
        slabs: tuple[tuple[XY, XY, float, int, int], ...] = (
            ((62, 150), (0.1, 1.0), 52, 8, 1971),
            ((70, 78), (0.25, 1.0), 44, 8, 1972),
            ((150, 134), (1.0, -0.1), 46, 6, 1973),
            ((150, 44), (1.0, 0.12), 50, 9, 1974),
        )
        for centre, along, length, storeys, year in slabs:
            volume = self.builder.body(rectangle(centre, along, length, 12.5), "flat", storeys * 2.85 + 1)
            yield House([volume], "tenement", year, storeys)
        for centre, storeys in (((26, 110), 13), ((34, 48), 15)):
            volume = self.builder.body(rectangle(centre, (1, 0.2), 19, 19), "flat", storeys * 2.85 + 2.5)
            yield House([volume], "tenement", 1974, storeys)

    def _gasworks_quarter(self) -> Iterator[House]:
        """The same ground three times: gasworks until 1971, a car park and a shop today, towers from 2035."""
        body = self.builder.body
        u = (1.0, 0.03)
        works: tuple[tuple[str, list[XY], str, float, float, int], ...] = (
            ("Gasholder I", circle((806, 350), 15, 24), "cone", 17, 0.25, 1898),
            ("Gasholder II", circle((842, 347), 11.5, 24), "cone", 13, 0.25, 1911),
            ("Retort house", rectangle((812, 396), u, 42, 18), "gable", 9.5, 0.75, 1898),
            ("Purifier house", rectangle((850, 398), u, 22, 15), "gable", 7, 0.7, 1898),
            ("Coal store", rectangle((812, 420), u, 44, 15), "gable", 6, 0.45, 1903),
            ("Coal tip", rectangle((852, 424), u, 24, 17), "shed", 4.5, 0.25, 1921),
            ("Office", rectangle((794.5, 374.5), u, 11, 9), "hip", 6.5, 0.8, 1899),
            ("Chimney", circle((838, 374), 2.0, 12), "flat", 38, 0.0, 1898),
            ("Workshop", rectangle((856, 371), u, 15, 9), "gable", 4.5, 0.6, 1908),
        )
        for name, footprint, roof, eaves, slope, year in works:
            yield House([body(footprint, roof, eaves, slope)], "gas works", year, 1, GASWORKS_CLOSED, name)
        meter = rectangle((797, 436), u, 20, 10)
        yield House([body(meter, "gable", 7.5, 0.8)], "museum", 1904, 2, name="Meter house")
        shop = rectangle((836, 352), u, 46, 26)
        yield House([body(shop, "flat", 6.2)], "supermarket", 1994, 1, PLAN_YEAR - 2, "Supermarket")
        wash = rectangle((852, 388), u, 18, 7)
        yield House([body(wash, "shed", 3.8, 0.1)], "garage", 1997, 1, PLAN_YEAR - 2, "Car wash")
        yield from self._plan_2035(u)

    def _plan_2035(self, u: XY) -> Iterator[House]:
        body = self.builder.body
        towers: tuple[tuple[XY, float, float, int, str], ...] = (
            ((800, 342), 19, 19, 17, "tenement"),
            ((836, 339), 30, 14, 7, "tenement"),
            ((858, 350), 13, 26, 9, "tenement"),
            ((797, 372), 15, 22, 12, "office"),
            ((828, 371), 18, 18, 21, "tenement"),
            ((857, 384), 15, 24, 11, "tenement"),
            ((800, 405), 22, 17, 8, "tenement"),
            ((834, 404), 22, 14, 14, "office"),
            ((857, 414), 16, 16, 18, "tenement"),
            ((826, 430), 24, 14, 6, "tenement"),
            ((856, 436), 20, 12, 5, "shop house"),
        )
        for i, (centre, length, width, storeys, function) in enumerate(towers):
            volumes = [body(rectangle(centre, u, length, width), "flat", storeys * 3.1 + 1.4)]
            yield House(volumes, function, PLAN_YEAR, storeys, name=f"Gasworks quarter, house {i + 1}")
