"""The real CityJSON files, projects made from them, and what a file says when read by json alone."""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from numpy.typing import NDArray

from layers import importer, importing
from layers.arrays import CityTiles, Mesh
from layers.conformance import Conformance, Finding
from layers.data import LayerData, Progress, ReadOptions, WriteOptions, never_stop
from layers.decoding import ignored
from layers.errors import PlaceError
from layers.formats import cityjson, cityjsonseq
from layers.formats._citymodel import model_of, written_anew
from layers.project import Project
from layers.records import Layer
from layers.request import Answer, Request
from layers.writers import cityjson as cityjson_writer
from layers.writers import cityjsonseq as cityjsonseq_writer
from tests.conftest import DATA, real

FOLDER = DATA / "cityjson"
EXTENSION_SCHEMA = "extension schema, not a city model"

#: Files that are refused, and a word of the sentence that says why.
REFUSED = {
    "cjval-texture/data/cube_20.jsonl": "'id-1' is given to two city objects",
    "cjval-texture/data/cube_20_1.jsonl": "'id-1' is given to two city objects",
    "cjval-texture/data/duplicate.json": "'LondonTower' is given to two city objects",
    "cjval-texture/schemas/extensions/11/extension.schema.json": '"type": "object"',
    "cjval-texture/schemas/extensions/11/generic.ext.json": EXTENSION_SCHEMA,
    "cjval-texture/schemas/extensions/11/manycases.ext.json": EXTENSION_SCHEMA,
    "cjval-texture/schemas/extensions/11/noise.ext.json": EXTENSION_SCHEMA,
    "cjval-texture/schemas/extensions/11/potato.ext.json": EXTENSION_SCHEMA,
    "cjval-texture/schemas/extensions/20/extension.schema.json": '"type": "object"',
    "cjval-texture/schemas/extensions/20/generic.ext.json": EXTENSION_SCHEMA,
    "cjval-texture/schemas/extensions/20/noise.ext.json": EXTENSION_SCHEMA,
    "cjval-texture/schemas/extensions/20/noise2.ext.json": "expected ',' or '}' (byte 53)",
    "cjval-texture/schemas/extensions/20/potato.ext.json": EXTENSION_SCHEMA,
    "cjval-texture/schemas/extensions/20/simpleattribute.ext.json": EXTENSION_SCHEMA,
    "dynamizer/dynamizer.ext.json": EXTENSION_SCHEMA,
    "val3dity-cj/completely_empty.json": "The file is empty",
    "val3dity-cj/empty_primitive_1.json": '"version": "0.1"',
    "val3dity-cj/invalid_json_cityjson.json": "at `$.CityObjects`",
    "val3dity-cj/invalid_schema_cityjson_1.json": "(byte 53042)",
    "val3dity-cj/unclosedbracket.city.jsonl": "line 1): Input data was truncated",
    "val3dity-cj/with-errors.json": "(byte 53042)",
    "website/noise.ext.json": EXTENSION_SCHEMA,
    "website/twobuildings_invalid.city.json": 'no member "CityObjects"',
}


def _names() -> list[str]:
    found = (path for path in FOLDER.rglob("*") if path.suffix in (".json", ".jsonl"))
    return sorted(path.relative_to(FOLDER).as_posix() for path in found)


NAMES = _names()
OPENABLE = [name for name in NAMES if name not in REFUSED]
each_openable = pytest.mark.parametrize("name", OPENABLE)


def layer_of(name: str) -> LayerData:
    """A real file as its reader gives it."""
    return read_layer(real(f"cityjson/{name}"))


def read_layer(path: Path) -> LayerData:
    """The city objects of a file, read in this process; the format is noted as a project notes it."""
    is_sequence = path.suffix == ".jsonl"
    layer = (cityjsonseq.read if is_sequence else cityjson.read)(path, ReadOptions())[0]
    layer.facts["source_format"] = cityjsonseq.NAME if is_sequence else cityjson.NAME
    return layer


def write_model(out: Path, layer: LayerData, options: WriteOptions) -> None:
    """A layer that was just read as CityJSON, or as a sequence where the name says so."""
    form = cityjsonseq_writer if out.name.endswith(".jsonl") else cityjson_writer
    with written_anew(layer.name):
        form.save(out, model_of(layer, options))


def surface_objects(city: CityTiles) -> NDArray[np.int32]:
    """Position in the layer of the object each polygon belongs to."""
    return np.repeat(city.entry_object, np.diff(city.entry_surface))


def mesh_of(layer: LayerData) -> Mesh:
    """The triangles of a layer."""
    assert isinstance(layer.drawable, Mesh)
    return layer.drawable


def raw_models(path: Path) -> list[dict[str, Any]]:
    """The JSON of a file: one value, or one per line of a sequence."""
    text = path.read_text("utf-8-sig")
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    return [json.loads(text)]


def faults(path: Path) -> Iterator[Finding]:
    """What is wrong with a model, or with the features of a sequence."""
    header, *features = raw_models(path)
    yield from Conformance(header).findings()
    for feature in features:
        yield from Conformance(feature, header).findings()


def raw_objects(path: Path) -> dict[str, dict[str, Any]]:
    """The city objects by their ids."""
    return {id: item for model in raw_models(path) for id, item in model["CityObjects"].items()}


def raw_counts(path: Path) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Objects per type, objects per LoD and semantic surfaces per type, counted in the JSON."""
    types: Counter[str] = Counter()
    lods: Counter[str] = Counter()
    surfaces: Counter[str] = Counter()
    templates = raw_models(path)[0].get("geometry-templates", {}).get("templates", [])
    for item in raw_objects(path).values():
        types[item["type"]] += 1
        mine = set()
        for geometry in item.get("geometry", []):
            if geometry["type"] == "GeometryInstance":
                geometry = templates[geometry["template"]]
            mine.add(str(geometry.get("lod", "")))
            semantics = geometry.get("semantics", {})
            if isinstance(semantics, dict):
                surfaces.update(surface["type"] for surface in semantics.get("surfaces") or [])
        lods.update(mine - {""})
    return types, lods, surfaces


def object_span(data: bytes, id: str) -> tuple[int, int]:
    """Where the value of a city object stands in a file, found without the program's help."""
    text = data.decode()
    for key in {json.dumps(id), json.dumps(id, ensure_ascii=False)}:
        for found in re.finditer(re.escape(key) + r"\s*:\s*(?=\{)", text):
            value, end = json.JSONDecoder().raw_decode(text, found.end())
            if "type" in value:
                return len(text[: found.end()].encode()), len(text[:end].encode())
    raise AssertionError(f"{id} is not in the file")


@contextmanager
def imported_here() -> Iterator[None]:
    """Imports run in this process: the same work without starting another Python for each."""
    with patch.object(importing, "answered", answered_here):
        yield


@contextmanager
def answered_here(
    request: Request, _progress: Progress = never_stop, listen: Callable[[dict[str, Any]], None] = ignored
) -> Iterator[Answer]:
    """What the import process would do, done by this one."""

    def say(message: dict[str, Any]) -> None:
        if "progress" not in message:
            listen(message)

    with ExitStack() as held:
        yield importer.stage(request, held, say)


def import_here(project: Project, path: Path) -> Layer:
    """Import a file; one that names no CRS lies nowhere."""
    with imported_here():
        try:
            return importing.import_files(project, [path])[0]
        except PlaceError:
            return importing.import_files(project, [path], ReadOptions(crs="local"))[0]


def make_project(path: Path, folder: Path | None = None) -> Project:
    """A new project with one real file in it."""
    folder = folder or Path(tempfile.mkdtemp())
    project = Project.create(folder / "p.city.gpkg")
    import_here(project, path)
    return project
