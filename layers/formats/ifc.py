"""Building models as IFC (ISO 16739): STEP text, IFC2x3, IFC4 and IFC4.3, alone or in an archive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from layers.bim.georeference import Georeference, georeference, length_unit_m
from layers.bim.model import DAMAGE, STEP, Model, opened
from layers.bim.products import Products
from layers.bim.shapes import Shapes
from layers.data import LayerData, Piece, ReadOptions, part_of
from layers.errors import ReadError
from layers.formats._files import is_near_zero, layer_name
from layers.points import box_of
from layers.report import Report
from layers.siting import PLACE_DOUBT
from layers.zipsafe import START as ZIP

NAME = "ifc"
TITLE = "IFC building model"
ENDINGS = (".ifc", ".ifczip", ".ifcxml")
KINDS = ("city",)

PIECE_BYTES = 1 << 20


def can_read(head: bytes, path: Path) -> int:
    """Surely when it is STEP text or XML that names an IFC schema."""
    if head.lstrip()[: len(STEP)] == STEP:
        return 100 if b"IFC" in head.upper() else 20
    if head.startswith(ZIP):
        return 90 if path.suffix.lower() == ".ifczip" or b".ifc" in head[30:300].lower() else 0
    return 100 if b"ifcXML" in head[:2000] or path.suffix.lower() == ".ifcxml" else 0


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The products of the model as city objects, standing where the file says."""
    options.progress(0.0, "reading the model")
    report = Report()
    try:
        return [_layer(path, options, report)]
    except DAMAGE as error:
        raise ReadError(
            "This IFC file is damaged", where=path.name, found=str(error), do="Ask for the file again"
        ) from error


def _layer(path: Path, options: ReadOptions, report: Report) -> LayerData:
    with opened(path, report, options.scratch) as model:
        products = _products(model, path, report)
        unit_m = _unit_m(model)
        place = georeference(model, unit_m, options.crs, options.project_crs)
        for note in place.notes:
            report.warn("georeference", "", note)
        shapes = Shapes(products, place.matrix, report)
        shapes.gather(model, unit_m, part_of(options.progress, 0.2, 0.9))
        facts = _facts(model, place)
    products.tell_what_is_not_drawn(shapes.drawn)
    layer = LayerData(layer_name(path, ENDINGS), "city", place.crs, report, products.features, facts=facts)
    layer.drawable = shapes.gathered.mesh()
    layer.looks = list(shapes.looks)
    layer.box = box_of(layer.drawable.vertices)
    facts["local"] = place.crs is None and (layer.box is None or is_near_zero(layer.box))
    layer.pieces = list(_pieces(path))
    report.read = len(layer.features)
    return layer


def rewrite(
    pieces: Iterator[tuple[Piece, int | None]], attributes_of: Callable[[int], dict[str, bytes]]
) -> Iterator[bytes]:
    """The file as it was; nothing of it belongs to an object that could be edited."""
    return (piece.data for piece, _ in pieces)


def _products(model: Model, path: Path, report: Report) -> Products:
    products = Products(model, _unit_m(model), report)
    if not products.items:
        library = model.all("IfcPropertySetTemplate") or model.all("IfcTypeObject")
        raise ReadError(
            "This IFC file holds no building or any other product",
            where=path.name,
            found="a library of templates" if library else f"{len(model.file.entity_names()):,} entities",
        )
    return products


def _unit_m(model: Model) -> float:
    """Metres in the model's length unit; one where it says none."""
    for project in model.all("IfcProject"):
        units = project.UnitsInContext
        for unit in units.Units or () if units is not None else ():
            if getattr(unit, "UnitType", None) == "LENGTHUNIT":
                return length_unit_m(unit) or 1.0
    return 1.0


def _facts(model: Model, place: Georeference) -> dict[str, object]:
    projects = model.all("IfcProject")
    name = next((model.text(str(project.LongName or project.Name)) for project in projects), "")
    return {
        "version": str(model.file.schema_identifier),
        "project": name,
        "georeference": place.source,
        "length_unit_m": _unit_m(model),
        **({PLACE_DOUBT: place.doubt} if place.doubt else {}),
    }


def _pieces(path: Path) -> Iterator[Piece]:
    """The file as it is, in stretches that belong to nobody."""
    with path.open("rb") as file:
        while block := file.read(PIECE_BYTES):
            yield Piece(block)
