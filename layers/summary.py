"""What is in a file or a project: counts by type, LoD and surface, attributes, extent, warnings."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from layers.data import Progress, never_stop
from layers.decoding import MissingCrs, answered
from layers.place import LOCAL
from layers.project import Project
from layers.request import Answer, Request
from layers.values import merge_types

_COUNTS = (
    "SELECT type, lods, surfaces, count(*) FROM object WHERE layer = ? AND gone = 0"
    " GROUP BY type, lods, surfaces"
)


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
    scenarios: list[dict[str, str]] = field(default_factory=list)
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
        request = Request(str(path), folder, wanted="look", crs=crs)
        try:
            with answered(request, progress) as answer:
                return _of_answer(answer, is_placed=True)
        except MissingCrs:
            with answered(replace(request, crs=LOCAL), progress) as answer:
                return _of_answer(answer, is_placed=False)


def _of_answer(answer: Answer, is_placed: bool) -> Summary:
    summary = Summary(answer.format)
    for layer in answer.layers:
        crs = layer.crs if is_placed and layer.crs != LOCAL else None
        summary.crs = summary.crs or crs
        summary.add_layer(layer.name, layer.kind, crs, layer.facts, layer.objects)
        summary.add_report(layer.report)
        if layer.facts.get("layer_box"):
            summary.boxes.append(tuple(layer.facts["layer_box"]))
        summary.add_counts(layer.counts)
        summary.add_attributes((name, type or "text") for name, type in layer.attributes.items())
        summary.add_attributes(dict(layer.facts.get("fields") or {}).items())
    return summary


def of_project(project: Project) -> Summary:
    """What a project holds: the city as it is, and which scenarios there are."""
    summary = Summary("project", version=project.fact("schema_version"), crs=project.place.crs)
    summary.epochs = [{"name": epoch.name, "date": epoch.date} for epoch in project.epochs]
    summary.scenarios = [{"name": known.name, "status": known.status} for known in project.scenarios]
    for layer in project.layers:
        if layer.scenario is not None:
            continue
        count = project.count(layer)
        summary.add_layer(layer.name, layer.kind, layer.crs, {**layer.facts, "version": None}, count)
        if layer.box:
            summary.boxes.append(layer.box)
        if layer.partner is None:
            summary.add_report(layer.report)
            summary.add_counts(project.rows(_COUNTS, (layer.id,)))
            summary.add_attributes(project.attribute_types(layer).items())
    return summary
