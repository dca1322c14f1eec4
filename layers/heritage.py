"""Heritage records: what a catalogue says about a monument, its city object, and its scan."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import orjson

from layers.data import Box, Feature
from layers.records import Layer
from layers.rows import NAMED
from layers.words import find_field, words

if TYPE_CHECKING:
    from layers.project import Project

RECORD_TYPE = "HeritageRecord"
ScanState = Literal["present", "changed", "missing"]

_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.\-]*:")
_CHUNK = 1 << 20


@dataclass(frozen=True)
class HeritageField:
    """One field of a catalogue: our name, its title, and what others call it."""

    name: str
    title: str
    candidates: tuple[str, ...]


def _field(name: str, title: str, candidates: str) -> HeritageField:
    return HeritageField(name, title, words(candidates))


FIELDS = (
    _field("name", "Name", "name title naam benaming bezeichnung objektname navn"),
    _field(
        "monumentNumber",
        "Monument number",
        "monumentnumber monumentno listnumber listentry rijksmonumentnummer monumentnummer denkmalnummer "
        "objektnummer fredningsnummer sagsnummer",
    ),
    _field("period", "Period", "period dating date epoch datering bouwperiode periode datierung bauzeit"),
    _field("material", "Material", "material materiaal werkstoff materiale"),
    _field(
        "protectionStatus",
        "Protection status",
        "protectionstatus protection status grade listing beschermingsstatus schutzstatus fredningsstatus",
    ),
    _field("condition", "Condition", "condition staat conditie zustand tilstand"),
    _field("surveyDate", "Surveyed on", "surveydate surveyed opnamedatum aufnahmedatum registreringsdato"),
    _field("recordedBy", "Recorded by", "recordedby surveyor author opnemer bearbeiter registrator"),
)
OBJECT_FIELDS = words(
    "cityobject cityobjectid objectid buildingid building pand pandid gebouw gebaeude gebaeudeid bygning"
)
SCAN_FIELDS = words("scan scanfile scanpath pointcloud mesh model3d")


def find_fields(names: Iterable[str]) -> dict[str, str]:
    """Which of a catalogue's attributes holds each of our fields."""
    names = list(names)
    found = {field.name: find_field(names, field.candidates) for field in FIELDS}
    return {name: attribute for name, attribute in found.items() if attribute is not None}


def safe_scan(folder: Path, text: str) -> Path | None:
    """The scan that a catalogue in `folder` names; None when the path leads out of that folder."""
    parts = text.replace("\\", "/").split("/")
    if not text.strip() or "\0" in text or _SCHEME.match(text) or text[0] in "/\\" or ".." in parts:
        return None
    path = folder.joinpath(*parts)
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # a name too long, or links that run in a circle
        return None
    return path if inside else None


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, read in parts."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_CHUNK):
            digest.update(part)
    return digest.hexdigest()


def scan_facts(path: Path) -> dict[str, Any] | None:
    """Size and hash of a scan as they are now; None when there is no such file."""
    try:
        return {"size": path.stat().st_size, "sha256": file_sha256(path)} if path.is_file() else None
    except OSError:
        return None


@dataclass(frozen=True)
class ScanLink:
    """A scan that a record names, with what it was when the catalogue was read."""

    path: Path
    sha256: str | None  # None: it was not there then
    size: int = 0

    def state(self) -> ScanState:
        """Whether the scan is still the same; reads the whole file only where its size says nothing."""
        try:
            size = self.path.stat().st_size
            if self.sha256 is None or not self.path.is_file():
                return "missing" if not self.path.is_file() else "changed"
            return "present" if size == self.size and file_sha256(self.path) == self.sha256 else "changed"
        except OSError:
            return "missing"


@dataclass(frozen=True)
class HeritageRecord:
    """One record of a catalogue layer."""

    fid: int
    id: str
    name: str
    fields: dict[str, Any]  # our field names
    attributes: dict[str, Any]  # all, as the source names them
    city_object: str | None  # the id it names
    city_fids: tuple[int, ...]  # the objects of that id, one per city layer that has it
    scan: ScanLink | None


def records(project: Project, layer: Layer, fids: Iterable[int] | None = None) -> list[HeritageRecord]:
    """The records of a heritage layer (or some of them), tied to the project's city objects."""
    names = list(project.attribute_types(layer))
    fields = find_fields(names)
    object_field, scan_field = find_field(names, OBJECT_FIELDS), find_field(names, SCAN_FIELDS)
    items = list(project.objects(layer, fids=fids))
    named = [_text(item.attributes, object_field) for item in items]
    city_fids = _fids_of(project, {id for id in named if id is not None})
    found = []
    for item, city_object in zip(items, named, strict=True):
        ours = {name: item.attributes.get(attribute) for name, attribute in fields.items()}
        found.append(
            HeritageRecord(
                fid=item.fid,
                id=item.id,
                name=str(ours.get("name") or item.id),
                fields=ours,
                attributes=item.attributes,
                city_object=city_object,
                city_fids=tuple(city_fids.get(city_object or "", ())),
                scan=_scan(layer, _text(item.attributes, scan_field)),
            )
        )
    return found


def _text(attributes: Mapping[str, Any], name: str | None) -> str | None:
    value = None if name is None else attributes.get(name)
    return None if value is None or value == "" else str(value)


def _fids_of(project: Project, ids: set[str]) -> dict[str, list[int]]:
    """The city objects that have these ids, in layer order."""
    place = {layer.id: at for at, layer in enumerate(project.layers) if layer.kind == "city"}
    found: dict[str, list[int]] = {}
    for id in ids:
        named = project.query(f"SELECT layer, fid FROM object WHERE {NAMED}", (id, id))
        if fids := [fid for _, fid in sorted((place[layer], fid) for layer, fid in named if layer in place)]:
            found[id] = fids
    return found


def _scan(layer: Layer, text: str | None) -> ScanLink | None:
    path = None if text is None else safe_scan(Path(layer.source_path).parent, text)
    if path is None:
        return None
    known = layer.facts.get("scans", {}).get(text) or {}
    return ScanLink(path, known.get("sha256"), int(known.get("size", 0)))


def scan_record(name: str, box: Box | None) -> Feature:
    """The record of a scan that came without a catalogue; it can be filled in and tied to its object."""
    return Feature(name, RECORD_TYPE, orjson.dumps({"name": name}), box=box)
