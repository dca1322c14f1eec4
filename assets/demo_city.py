"""The demo city as CityJSON 2.0, one city object a line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from assets.demo_house import FUNCTIONS, ROOFS, House
from assets.demo_nature import Bridge, Plant
from assets.demo_plan import Street
from assets.demo_solids import Face, Point, Solid, circle, millimetres
from assets.demo_terrain import CORNER

TOWN = "Lohefurt"
#: SIG3D classes of what buildings are for
CLASS_OF_BUILDING = {
    "residential": "1000",
    "tenement": "1000",
    "shop house": "1000",
    "guildhall": "1020",
    "office": "1030",
    "shop": "1030",
    "supermarket": "1030",
    "inn": "1040",
    "sports hall": "1060",
    "castle": "1070",
    "museum": "1070",
    "church": "1080",
    "school": "1100",
    "gas works": "1110",
    "water tower": "1110",
    "fortification": "1140",
    "depot": "1150",
    "industrial": "1160",
    "factory": "1160",
    "workshop": "1160",
    "mill": "1160",
    "garage": "1170",
}

Template = list[tuple[tuple[float, float, float], ...]]


class City:
    """Collects city objects and their vertices."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.vertices: dict[Point, int] = {}
        self.templates: list[dict[str, Any]] = []
        self.template_vertices: list[list[float]] = []
        self.template_names: dict[str, int] = {}

    def _vertex(self, p: Point) -> int:
        return self.vertices.setdefault(p, len(self.vertices))

    def _rings(self, face: Face) -> list[list[int]]:
        return [[self._vertex(p) for p in ring] for ring in face.rings]

    def solid(self, solid: Solid, lod: str) -> dict[str, Any]:
        """A Solid with semantic surfaces."""
        return {
            "type": "Solid",
            "lod": lod,
            "boundaries": [[self._rings(f) for f in solid.faces]],
            "semantics": {
                "surfaces": [{"type": face.kind} for face in solid.faces],
                "values": [list(range(len(solid.faces)))],
            },
        }

    def surfaces(self, faces: Sequence[Face], lod: str, **details: dict[str, Any]) -> dict[str, Any]:
        """A MultiSurface, with semantics where the faces have a kind."""
        geometry: dict[str, Any] = {
            "type": "MultiSurface",
            "lod": lod,
            "boundaries": [self._rings(f) for f in faces],
        }
        if faces[0].kind:
            kinds = list(dict.fromkeys(face.kind for face in faces))
            geometry["semantics"] = {
                "surfaces": [{"type": kind, **details.get(kind, {})} for kind in kinds],
                "values": [kinds.index(face.kind) for face in faces],
            }
        return geometry

    def add(
        self,
        id: str,
        type: str,
        attributes: dict[str, Any],
        geometry: Iterable[dict[str, Any]] = (),
        **more: Any,
    ) -> None:
        """One city object; empty members are left out."""
        members = {"type": type, "attributes": attributes, **more, "geometry": list(geometry)}
        self.objects[id] = {k: v for k, v in members.items() if v}

    def template(self, name: str, polygons: Template) -> None:
        """A shape to be placed many times."""
        start = len(self.template_vertices)
        index: dict[tuple[float, float, float], int] = {}
        boundaries = [[[start + index.setdefault(p, len(index)) for p in ring]] for ring in polygons]
        self.template_vertices += [list(p) for p in index]
        self.template_names[name] = len(self.templates)
        self.templates.append({"type": "MultiSurface", "lod": "2.2", "boundaries": boundaries})

    def placed(
        self, name: str, p: Point, scale: tuple[float, float, float], turn_deg: float
    ) -> dict[str, Any]:
        """A template, scaled and turned, standing at a point."""
        c, s = math.cos(math.radians(turn_deg)), math.sin(math.radians(turn_deg))
        matrix = [
            scale[0] * c,
            -scale[1] * s,
            0,
            0,
            scale[0] * s,
            scale[1] * c,
            0,
            0,
            0,
            0,
            scale[2],
            0,
            0,
            0,
            0,
            1,
        ]
        return {
            "type": "GeometryInstance",
            "template": self.template_names[name],
            "boundaries": [self._vertex(p)],
            "transformationMatrix": [round(float(v), 6) for v in matrix],
        }

    def building(self, house: House) -> None:
        """A building; more than one volume makes building parts."""
        attributes = _attributes(house)
        address = self._address(house)
        if len(house.volumes) == 1:
            volume = house.volumes[0]
            attributes["roofType"] = ROOFS[volume.roof]
            geometry = [self.solid(volume.lod12, "1.2"), self.solid(volume.lod22, "2.2")]
            self.add(house.id, "Building", attributes, geometry, address=address)
            return
        attributes["roofType"] = ROOFS["sawtooth" if house.volumes[0].roof == "sawtooth" else "combination"]
        parts = [f"{house.id}-{i + 1}" for i in range(len(house.volumes))]
        self.add(house.id, "Building", attributes, address=address, children=parts)
        lasting: dict[str, Any] = {k: attributes[k] for k in ("validFrom", "validTo") if k in attributes}
        for part, volume in zip(parts, house.volumes, strict=True):
            low, high = volume.lod22.height_range_m()
            own = {
                "name": volume.role,
                "roofType": ROOFS[volume.roof],
                "measuredHeight": round(high - low, 2),
                **lasting,
            }
            geometry = [self.solid(volume.lod12, "1.2"), self.solid(volume.lod22, "2.2")]
            self.add(part, "BuildingPart", own, geometry, parents=[house.id])

    def _address(self, house: House) -> list[dict[str, Any]]:
        if not house.number:
            return []
        low = house.volumes[0].lod22.height_range_m()[0]
        door = self._vertex(millimetres(*house.front, low + 0.3))
        return [
            {
                "thoroughfareName": house.street,
                "thoroughfareNumber": house.number,
                "postcode": "97999",
                "localityName": TOWN,
                "countryName": "Germany",
                "location": {"type": "MultiPoint", "lod": "0", "boundaries": [door]},
            }
        ]

    def street(self, id: str, street: Street, faces: Sequence[Face]) -> None:
        """A carriageway."""
        kind = {"path": "footpath", "works": "industrial", "old": "old town street"}.get(
            street.kind, "local street"
        )
        attributes = {
            "name": street.name,
            "class": kind,
            "width": street.width_m,
            "length": round(street.line.length, 1),
        }
        surface = {"surfaceMaterial": "sett paving" if street.kind == "old" else "asphalt"}
        self.add(id, "Road", attributes, [self.surfaces(faces, "2.2", TrafficArea=surface)])

    def bridge(self, id: str, bridge: Bridge, body: Solid, hump_m: float, attributes: dict[str, Any]) -> None:
        """A bridge with its two parapets."""
        parts = [f"{id}-parapet-{side}" for side in ("west", "east")]
        self.add(id, "Bridge", attributes, [self.solid(body, "2.2")], children=parts)
        for part, side in zip(parts, (1, -1), strict=True):
            element = self.solid(bridge.parapet(hump_m, side), "2.2")
            self.add(part, "BridgeConstructiveElement", {"function": "parapet"}, [element], parents=[id])

    def plants(self, plants: Iterable[Plant]) -> None:
        """Trees, as placed templates."""
        for i, p in enumerate(plants):
            crown = round(
                p.height_m * (0.24 if p.template == "poplar" else 0.55 if p.template != "conifer" else 0.42),
                2,
            )
            attributes = {"species": p.species, "height": p.height_m, "crownDiameter": crown}
            if p.template in ("broadleaf", "conifer"):
                attributes["trunkDiameter"] = round(p.height_m * 0.035, 2)
            placed = self.placed(
                p.template, millimetres(p.x, p.y, p.z), (crown, crown, p.height_m), p.turn_deg
            )
            self.add(f"tree-{i + 1:04d}", "SolitaryVegetationObject", attributes, [placed])

    def write(self, path: Path) -> None:
        """The file: header, one line for each object, templates, vertices."""
        points = list(self.vertices)
        low, high = ([f([p[i] for p in points]) / 1000 for i in range(3)] for f in (min, max))
        extent = [round(v + (CORNER[i % 3] if i % 3 < 2 else 0), 3) for i, v in enumerate((*low, *high))]
        head = {
            "type": "CityJSON",
            "version": "2.0",
            "transform": {"scale": [0.001] * 3, "translate": [*CORNER, 0.0]},
            "metadata": {
                "geographicalExtent": extent,
                "identifier": "lohefurt-demo",
                "referenceDate": "2025-01-01",
                "referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/5555",
                "title": f"{TOWN}, a town that does not exist",
            },
        }
        templates = {"templates": self.templates, "vertices-templates": self.template_vertices}
        rows = ",\n".join(f"{_text(id)}:{_text(members)}" for id, members in self.objects.items())
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.write(_text(head)[:-1] + ',\n"CityObjects":{\n' + rows + "\n},\n")
            file.write(f'"geometry-templates":{_text(templates)},\n"vertices":{_text(points)}}}\n')


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _attributes(house: House) -> dict[str, Any]:
    """The building's record; dates of validity for what was built after 1900 or is gone."""
    values: dict[str, Any] = {"name": house.name} if house.name else {}
    values |= {
        "class": CLASS_OF_BUILDING[house.function],
        "function": FUNCTIONS[house.function],
        "measuredHeight": round(house.height_m, 2),
        "storeysAboveGround": house.storeys,
        "yearOfConstruction": house.year,
        "status": "planned"
        if house.year > 2025
        else "demolished"
        if house.demolished and house.demolished < 2025
        else "in use",
        "isListed": house.year < 1900 and house.demolished is None and house.function != "tenement",
    }
    if house.number:
        values["address"] = f"{house.street} {house.number}"
    if house.year >= 1900:
        values["validFrom"] = f"{house.year}-01-01"
    if house.demolished:
        values |= {"yearOfDemolition": house.demolished, "validTo": f"{house.demolished}-01-01"}
    return values


def _lathe(profile: Sequence[tuple[float, float]], sides: int) -> Template:
    """A shape turned around the vertical axis; radius and height for each ring, radius 0 is a tip."""
    rings = [
        [(round(x, 4), round(y, 4), z) for x, y in circle((0, 0), r, sides)] if r else [(0.0, 0.0, z)]
        for r, z in profile
    ]
    polygons: Template = []
    for low, high in pairwise(rings):
        for i in range(sides):
            j = (i + 1) % sides
            corners = [low[i % len(low)], low[j % len(low)], high[j % len(high)], high[i % len(high)]]
            polygons.append(tuple(dict.fromkeys(corners)))
    return polygons


def tree_templates(city: City) -> None:
    """Shapes one metre high and one metre wide."""
    trunk = _lathe(((0.035, 0.0), (0.03, 0.3)), 4)
    city.template("broadleaf", trunk + _lathe(((0, 0.2), (0.45, 0.42), (0.43, 0.72), (0, 1.0)), 7))
    city.template("fruit", trunk + _lathe(((0, 0.26), (0.48, 0.45), (0.4, 0.78), (0, 1.0)), 6))
    city.template(
        "conifer", trunk + _lathe(((0.0, 0.16), (0.5, 0.17), (0.18, 0.6), (0.3, 0.61), (0, 1.0)), 6)
    )
    city.template("poplar", trunk + _lathe(((0, 0.08), (0.46, 0.28), (0.4, 0.7), (0, 1.0)), 6))
    lamp = _lathe(((0.06, 0.0), (0.05, 4.2)), 4)
    city.template("lamp", lamp + _lathe(((0.06, 4.2), (0.26, 4.35), (0.2, 4.75), (0, 4.95)), 6))


def number_addresses(houses: Iterable[House], streets: Sequence[Street]) -> None:
    """Street names and numbers, odd on the left, even on the right, counted from the street's start."""
    named = [s for s in streets if s.kind != "path" or s.name in ("Burgweg", "Hochhausring")]
    tree = shapely.STRtree([s.line for s in named])
    along: dict[tuple[str, bool], list[tuple[float, House]]] = {}
    for house in houses:
        door = shapely.Point(house.front)
        street = named[int(tree.nearest(door))]
        s = street.line.project(door)
        p, q = street.line.interpolate(max(0.0, s - 1)), street.line.interpolate(s + 1)
        is_left = (q.x - p.x) * (door.y - p.y) - (q.y - p.y) * (door.x - p.x) > 0
        along.setdefault((street.name, is_left), []).append((round(s, 3), house))
    for (name, is_left), found in along.items():
        found.sort(key=lambda item: (item[0], item[1].year))
        for i, (_, house) in enumerate(found):
            house.street, house.number = name, str(2 * i + (1 if is_left else 2))


def flat_water(area: BaseGeometry, level: tuple[float, float]) -> list[Face]:
    """The river's surface, a plane that falls from `level[0]` at x = 0 by `level[1]` for each metre."""
    (ring,) = (list(p.exterior.coords)[:-1] for p in shapely.get_parts(shapely.orient_polygons(area)))
    return [Face("WaterSurface", (tuple(millimetres(x, y, level[0] - level[1] * x) for x, y in ring),))]
