"""The shapes of products, as polygons: made by ifcopenshell's geometry kernel, in this process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np

from layers.arrays import Float64
from layers.bim.model import Model
from layers.bim.products import LOD, Products
from layers.bim.rounds import take_away
from layers.looks import Look
from layers.points import possible
from layers.polygons import Gathered, Polygons
from layers.report import Report

THREADS = 2


class Shapes:
    """Gathers the polygons of all products, and how they look."""

    def __init__(self, products: Products, matrix: Float64, report: Report) -> None:
        self.gathered = Gathered()
        self.looks: dict[Look, int] = {}
        self.drawn: set[int] = set()  # places of products that have a shape
        self._products, self._matrix, self._report = products, matrix, report
        self._lod = self.gathered.lod_names.code(LOD)
        names = self.gathered.type_names
        self._surfaces = [names.code(products.surface_of(place)) for place in range(len(products.items))]

    def gather(self, model: Model, unit_m: float, progress: Callable[[float, str], None]) -> None:
        """Make the shapes of all products, as many at a time as there are threads; `unit_m` in metres."""
        for product, radius_m in take_away(model, unit_m):
            place = self._products.places.get(product.id())
            if place is not None:
                id, text = self._products.features[place].id, f"a radius of {radius_m:,.0f} m is impossible"
                self._report.warn("impossible", id, f"{text}; the shape is not drawn", "unsupported")
        for done, shape in _shapes(model):
            place = self._products.places.get(shape.id)
            if place is not None:
                self._add(shape, place)
            progress(done, "making shapes")
        self._settle()
        self._tell_features()

    def _tell_features(self) -> None:
        """Say of each product in which LoD it is, and how many surfaces of its type it has."""
        counts: Counter[int] = Counter()
        for batch in self.gathered.batches:
            counts[int(batch.objects[0])] += len(batch.types)
        for place, count in counts.items():
            feature, surface = self._products.features[place], self._products.surface_of(place)
            feature.lods = LOD
            feature.surfaces = f"{surface}:{count}" if surface else ""

    def _settle(self) -> None:
        """Put everything in an order that does not depend on which thread was quicker."""
        self.gathered.batches.sort(key=lambda batch: int(batch.objects[0]))
        used = [batch.looks for batch in self.gathered.batches if batch.looks is not None]
        met = dict.fromkeys(code for codes in used for code in codes.tolist() if code >= 0)
        new = np.full(len(self.looks) + 1, -1, np.int32)
        new[list(met)] = np.arange(len(met))
        known = list(self.looks)
        self.looks = {known[code]: number for number, code in enumerate(met)}
        self.gathered.batches = [
            batch if batch.looks is None else replace(batch, looks=new[batch.looks])
            for batch in self.gathered.batches
        ]

    def _add(self, shape: Any, place: int) -> None:
        faces = shape.geometry.polyhedral_faces_with_holes
        local = np.array(shape.geometry.verts, np.float64).reshape(-1, 3)
        if not len(faces) or not len(local):
            return
        # In columns: where a product stands in the model; then the model on the map.
        there = np.array(shape.transformation.matrix, np.float64).reshape(4, 4).T
        corners = self._moved(self._matrix @ there, local)
        if not possible(corners).all():
            self._report.warn(
                "impossible",
                self._products.features[place].id,
                "the shape has impossible coordinates",
                "unsupported",
            )
            return
        rings = [ring for face in faces for ring in face]
        places = np.fromiter(chain.from_iterable(rings), np.int64)
        if places.min() < 0 or places.max() >= len(corners):
            return
        looks = self._looks_of(shape.geometry, len(faces))
        self.gathered.batches.append(
            Polygons(
                corners=corners[places],
                rings=np.array([len(ring) for ring in rings], np.int32),
                polygon_rings=np.array([len(face) for face in faces], np.int32),
                types=np.full(len(faces), self._surfaces[place], np.int32),
                polygons=np.array([len(faces)]),
                objects=np.array([place], np.int32),
                lods=np.array([self._lod], np.int32),
                places=np.array([0 if place not in self.drawn else 1], np.int32),
                outlined=np.ones(1, np.bool_),
                looks=looks,
            )
        )
        self.drawn.add(place)

    @staticmethod
    def _moved(matrix: Float64, points: Float64) -> Float64:
        return np.asarray(points @ matrix[:3, :3].T + matrix[:3, 3])

    def _looks_of(self, geometry: Any, faces: int) -> Any:
        """The look of each face, -1 where the file gives it none."""
        named = [self._look(material) for material in geometry.materials]
        codes = np.array([*named, -1], np.int32)
        given = np.array(geometry.material_ids, np.int64)
        if len(given) != faces:
            return np.full(faces, -1, np.int32)
        return codes[np.where((given >= 0) & (given < len(named)), given, len(named))]

    def _look(self, material: Any) -> int:
        red, green, blue = (float(np.clip(part, 0.0, 1.0)) for part in material.diffuse.components)
        transparency = float(np.nan_to_num(material.transparency))
        look = Look((red, green, blue), min(max(transparency, 0.0), 1.0), name=str(material.name))
        return self.looks.setdefault(look, len(self.looks))


def _shapes(model: Model) -> Iterator[tuple[float, Any]]:
    """All shapes in space that the file holds, each with how far the work is."""
    from ifcopenshell import geom, ifcopenshell_wrapper

    library: Any = geom  # its types are said in part only
    settings = library.settings()
    # Faces stay the polygons that they are, with their holes.
    settings.set("triangulation-type", ifcopenshell_wrapper.POLYHEDRON_WITH_HOLES)
    settings.set("apply-default-materials", False)
    settings.set("use-material-names", True)
    subtractions = ("IfcOpeningElement", "IfcFeatureElementSubtraction")
    left_out = [name for name in subtractions if model.all(name)][:1]
    iterator = library.iterator(settings, model.file, THREADS, exclude=left_out or None)
    if not iterator.initialize():
        return
    while True:
        yield iterator.progress() / 100, iterator.get()
        if not iterator.next():
            return
