"""Scans as STL (stereolithography), binary and ASCII: triangles and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats._files import layer_name
from layers.formats._mesh import KINDS as KINDS
from layers.formats._mesh import layers_of
from layers.formats._scan import numbers
from layers.meshes.beside import beside
from layers.meshes.parts import NOTHING, Assembly, Part, Thing
from layers.report import Report
from layers.stored import Float64

NAME = "stl"
TITLE = "STL mesh"
ENDINGS = (".stl",)

_HEADER, _COUNT, _RECORD = 80, 4, 50
_RECORDS = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_SOLID = re.compile(rb"(?m)^\s*solid\b[ \t]*([^\r\n]*)")
_VERTEX = re.compile(rb"\bvertex\b")
_NOT_VERTICES = re.compile(rb"(?m)^\s*(?!vertex\b)[^\r\n]*$")


def can_read(head: bytes, path: Path) -> int:
    """By the count of triangles and the size of the file; or by words, where it is text."""
    if _is_text(head):
        return 90
    if len(head) < _HEADER + _COUNT:
        return 0
    expected = _HEADER + _COUNT + _RECORD * _count(head)
    if path.exists() and path.stat().st_size == expected and expected > _HEADER + _COUNT:
        return 95
    return 40 if path.suffix.lower() in ENDINGS else 0


def _is_text(head: bytes) -> bool:
    return head.lstrip()[:5].lower() == b"solid" and b"facet" in head[:1000].lower() and b"\0" not in head


def _count(head: bytes) -> int:
    return int.from_bytes(head[_HEADER : _HEADER + _COUNT], "little")


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """The triangles as a scan; each solid of a text as an object where city objects are asked for."""
    options.progress(0.0, "Reading the mesh")
    data, report = path.read_bytes(), Report()
    name = layer_name(path, ENDINGS)
    assembly = Assembly(report)
    is_text = _is_text(data[:65536])
    if is_text:
        for solid, corners in _texts(data, path):
            _add(assembly, corners, solid or name)
    else:
        _add(assembly, _binary(data, path, report), name)
    facts = {"encoding": "ascii" if is_text else "binary"}
    return layers_of(assembly, name, options, facts, beside(path))


def _binary(data: bytes, path: Path, report: Report) -> Float64:
    """(m, 3, 3) corners of triangles."""
    if len(data) < _HEADER + _COUNT:
        raise ReadError("This STL file ends early", where=path.name, do="Ask for the file again")
    said, there = _count(data), (len(data) - _HEADER - _COUNT) // _RECORD
    if said > there:
        report.warn(
            "ends_early",
            "",
            f"the file says {said:,} triangles and holds {there:,}, which are shown",
            "repaired",
        )
    records = np.frombuffer(data, _RECORDS, min(said, there), _HEADER + _COUNT)
    with np.errstate(invalid="ignore"):  # what is no number is left out later, and told
        return records["corners"].astype(np.float64)


def _texts(data: bytes, path: Path) -> list[tuple[str, Float64]]:
    """The solids of a text with their triangles."""
    begins = [(found.start(), found[1].decode("utf-8", "replace").strip()) for found in _SOLID.finditer(data)]
    begins = begins or [(0, "")]
    ends = [start for start, _name in begins[1:]] + [len(data)]
    found = []
    for (start, name), end in zip(begins, ends, strict=True):
        lines = _NOT_VERTICES.sub(b"", data[start:end])
        try:
            values = numbers(_VERTEX.sub(b" ", lines))
        except ValueError as error:
            raise ReadError("This STL file is damaged", where=path.name, found=str(error)) from error
        if len(values) % 9:
            raise ReadError(
                "This STL file is damaged", where=path.name, found="a triangle without three corners"
            )
        found.append((name, values.reshape(-1, 3, 3)))
    return found


def _add(assembly: Assembly, corners: Float64, name: str) -> None:
    """Take triangles; corners that lie in one place become one."""
    assembly.count(3 * len(corners))
    vertices, which = _shared(corners.reshape(-1, 3))
    thing = assembly.thing(Thing(name))
    count = len(corners)
    assembly.add(
        Part(
            vertices,
            which.reshape(-1, 3),
            np.full(count, NOTHING, np.int32),
            np.full(count, thing, np.int32),
        )
    )


def _shared(points: Float64) -> tuple[Float64, NDArray[np.int64]]:
    """Each place once, and the place of each point."""
    order = np.lexsort(points.T)
    new = np.ones(len(points), np.bool_)
    new[1:] = np.any(points[order][1:] != points[order][:-1], axis=1)
    which = np.empty(len(points), np.int64)
    which[order] = np.cumsum(new) - 1
    return points[order][new], which
