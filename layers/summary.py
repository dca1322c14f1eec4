"""What is in a file or a project: counts by type, LoD and surface, attributes, extent, warnings."""

from __future__ import annotations

import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from layers.data import Progress, never_stop
from layers.decoding import MissingCrs, run_importer
from layers.place import LOCAL
from layers.project import Project
from layers.values import merge_types

_COUNTS = "SELECT type, lods, surfaces, count(*) FROM {table} WHERE layer = ? GROUP BY type, lods, surfaces"


@dataclass
class Summary:
    """The answer of `citystrata info`; `as_dict` has the keys that scripts depend on."""

    format: str
    version: str | None = None
    crs: str | None = None
    boxes: list[tuple[float, ...]] = field(default_factory=list)
    objects: Counter[str] = field(default_factory=Counter)
    lods: Counter[str] = field(default_factory=Counter)
    surfaces: Counter[str] = field(default_factory=Counter)
    attributes: dict[str, str | None] = field(default_factory=dict)
    points: int = 0
    epochs: list[dict[str, str]] = field(default_factory=list)
    warnings: list[dict[str, str]] = field(default_factory=list)
    dropped: int = 0
    layers: list[dict[str, Any]] = field(default_factory=list)

    @property
    def extent(self) -> list[float] | None:
        """The box around everything, in the CRS of the file or project."""
        if not self.boxes:
            return None
        low, high = zip(*self.boxes, strict=True), zip(*self.boxes, strict=True)
        return [*[min(v) for v in list(low)[:3]], *[max(v) for v in list(high)[3:]]]

    def add_counts(self, rows: Iterable[tuple[str, str, str, int]]) -> None:
        """Count objects by type, by LoD, and their semantic surfaces."""
        for type, lods, surfaces, count in rows:
            self.objects[type] += count
            for lod in filter(None, lods.split(",")):
                self.lods[lod] += count
            for item in filter(None, surfaces.split(",")):
                name, _, number = item.rpartition(":")
                self.surfaces[name] += int(number) * count

    def add_layer(self, name: str, kind: str, crs: str | None, facts: Mapping[str, Any], count: int) -> None:
        """Note a layer and what its reader found."""
        self.version = self.version or facts.get("version")
        self.points += int(facts.get("points") or 0)
        self.layers.append({"name": name, "kind": kind, "crs": crs, "objects": count})

    def add_report(self, report: Mapping[str, Any]) -> None:
        """Take over a reader's warnings."""
        self.warnings += report["warnings"]
        self.dropped += report["dropped"]
        if report["more_warnings"]:
            text = f"and {report['more_warnings']} more like these"
            self.warnings.append({"code": "more", "object": "", "text": text})

    def add_attributes(self, rows: Iterable[tuple[str, str]]) -> None:
        """Note attributes and their types."""
        for name, type in rows:
            self.attributes[name] = merge_types(self.attributes.get(name), type)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        values = {k: v for k, v in vars(self).items() if k != "boxes"}
        counts = {k: dict(sorted(values[k].items())) for k in ("objects", "lods", "surfaces")}
        return {**values, **counts, "extent": self.extent}


def of_file(path: Path, crs: str | None = None, progress: Progress = never_stop) -> Summary:
    """What a file holds; it is read in the import process."""
    with tempfile.TemporaryDirectory(prefix="citystrata-") as folder:
        request: dict[str, Any] = {"path": str(path), "folder": folder, "crs": crs, "only_facts": True}
        is_placed = True
        try:
            described = run_importer(request, path, progress)
        except MissingCrs:
            is_placed = False
            described = run_importer({**request, "crs": LOCAL}, path, progress)
        return _of_staged(described, Path(folder), is_placed)


def _of_staged(described: dict[str, Any], folder: Path, is_placed: bool) -> Summary:
    summary = Summary(described["format"])
    database = sqlite3.connect(folder / "staging.sqlite")
    try:
        for number, layer in enumerate(described["layers"]):
            crs = layer["crs"] if is_placed and layer["crs"] != LOCAL else None
            summary.crs = summary.crs or crs
            summary.add_layer(layer["name"], layer["kind"], crs, layer["facts"], layer["objects"])
            summary.add_report(layer["report"])
            if layer["facts"].get("layer_box"):
                summary.boxes.append(tuple(layer["facts"]["layer_box"]))
            summary.add_counts(database.execute(_COUNTS.format(table="object"), (number,)))
            summary.add_attributes(
                database.execute(
                    "SELECT name, type FROM attribute WHERE layer = ? ORDER BY position", (number,)
                )
            )
    finally:
        database.close()
    return summary


def of_project(project: Project) -> Summary:
    """What a project holds."""
    summary = Summary("project", version=project.fact("schema_version"), crs=project.place.crs)
    summary.epochs = [{"name": epoch.name, "date": epoch.date} for epoch in project.epochs]
    for layer in project.layers:
        summary.add_layer(
            layer.name, layer.kind, layer.crs, {**layer.facts, "version": None}, layer.object_count
        )
        if layer.box:
            summary.boxes.append(layer.box)
        if layer.partner is None:
            summary.add_report(layer.report)
            summary.add_counts(project.rows(_COUNTS.format(table="object"), (layer.id,)))
            summary.add_attributes(project.attribute_types(layer).items())
    return summary
