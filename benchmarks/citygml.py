"""Reading CityGML to objects and arrays, against lxml's bare `iterparse` and ogr2ogr on the same file.

`iterparse` only walks over the elements and clears them. Ours ends with the rows of all objects, the pieces
of the source, and the corners of every polygon with its semantics, before triangles are made. Both take one
core; nothing is read ahead.

An import reads a large file in parts, on all cores. One figure is measured that way, and says so: the file is
outlined, then its parts are read up to objects and arrays in processes that are ready. ogr2ogr takes one.

There are two ways to write the same city. With references, the polygons stand in the boundary surfaces, to
which the solid refers (as North Rhine-Westphalia has it). Inline, they stand in the solid (as in Potsdam).
ogr2ogr makes a GeoPackage. It is told to follow references where there are some, for without that it writes
"POLYHEDRALSURFACE EMPTY" for each building; inline it does what it does when it is told nothing.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.city import city_file
from benchmarks.figure import BUILDINGS, Figure, fastest, in_child, show

MOST_BUILDINGS = 20_000
#: ogr2ogr takes minutes for more.
FEW_BUILDINGS = 500
#: Of memory beside what is read, which is what the process has when all is done.
LIMIT_MB = 100
#: Reads parts of a file.
WORKER = "benchmarks.citygml_part"
#: Each process that reads parts waits so long once it has started, so that all of them are ready.
READY_S = 2.0
NAMES = {
    "core": "http://www.opengis.net/citygml/2.0",
    "bldg": "http://www.opengis.net/citygml/building/2.0",
    "gen": "http://www.opengis.net/citygml/generics/2.0",
    "gml": "http://www.opengis.net/gml",
    "xlink": "http://www.w3.org/1999/xlink",
}
OWN = ("function", "roofType", "yearOfConstruction", "measuredHeight", "storeysAboveGround")


#: How the city is written, and what ogr2ogr is told to read it.
REFERENCES, INLINE = "references", "inline"
FOLLOW = {REFERENCES: ("--config", "GML_SKIP_RESOLVE_ELEMS", "NONE"), INLINE: ()}


def gml_file(buildings: int, way: str) -> Path:
    """The city of the other figures as CityGML 2.0, written once per machine."""
    source = city_file(buildings, ".city.jsonl")
    path = source.with_name(f"city-{buildings}-{way}.gml")
    if not path.exists():
        partly = path.with_suffix(".partial")
        with partly.open("w", encoding="utf-8") as file:
            file.writelines(_lines(source, way))
        partly.replace(path)
    return path


def _lines(source: Path, way: str) -> Iterator[str]:
    import orjson

    spaces = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in NAMES.items())
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<core:CityModel {spaces}>\n'
    yield '<gml:boundedBy><gml:Envelope srsName="urn:ogc:def:crs:EPSG::7415"/></gml:boundedBy>\n'
    with source.open("rb") as file:
        head = orjson.loads(next(file))
        for line in file:
            yield _member(orjson.loads(line), head["transform"], way)
    yield "</core:CityModel>\n"


def _member(feature: dict[str, Any], transform: dict[str, list[float]], way: str) -> str:
    """One building with its attributes and its solid, and with the surfaces to which that refers."""
    ((id, item),) = feature["CityObjects"].items()
    scale, shift = transform["scale"], transform["translate"]
    points = [[v * s + t for v, s, t in zip(p, scale, shift, strict=True)] for p in feature["vertices"]]
    solid = next(geometry for geometry in item["geometry"] if geometry["type"] == "Solid")
    types = [surface["type"] for surface in solid["semantics"]["surfaces"]]
    (shell,), (values,) = solid["boundaries"], solid["semantics"]["values"]
    text = [f'<core:cityObjectMember>\n  <bldg:Building gml:id="{id}">\n']
    for name, value in item["attributes"].items():
        if name in OWN:
            text.append(f"    <bldg:{name}>{value}</bldg:{name}>\n")
        else:
            said = f"<gen:value>{value}</gen:value>"
            text.append(f'    <gen:stringAttribute name="{name}">{said}</gen:stringAttribute>\n')
    polygons = []
    for number, (ring, *_) in enumerate(shell):
        numbers = " ".join(f"{c:.3f}" for corner in (*ring, ring[0]) for c in points[corner])
        places = f'<gml:posList srsDimension="3">{numbers}</gml:posList>'
        outer = f"<gml:exterior><gml:LinearRing>{places}</gml:LinearRing></gml:exterior>"
        polygon = f'<gml:Polygon gml:id="{id}_{number}">{outer}</gml:Polygon>'
        polygons.append(f"<gml:surfaceMember>{polygon}</gml:surfaceMember>")
    members = polygons
    if way == REFERENCES:
        members = [f'<gml:surfaceMember xlink:href="#{id}_{n}"/>' for n in range(len(shell))]
    surface = f"<gml:CompositeSurface>{''.join(members)}</gml:CompositeSurface>"
    outside = f"<gml:Solid><gml:exterior>{surface}</gml:exterior></gml:Solid>"
    text.append(f"    <bldg:lod2Solid>{outside}</bldg:lod2Solid>\n")
    if way == REFERENCES:
        text += [
            f'    <bldg:boundedBy><bldg:{types[value]} gml:id="{id}_s{number}"><bldg:lod2MultiSurface>'
            f"<gml:MultiSurface>{polygon}</gml:MultiSurface></bldg:lod2MultiSurface></bldg:{types[value]}>"
            "</bldg:boundedBy>\n"
            for number, (polygon, value) in enumerate(zip(polygons, values, strict=True))
        ]
    text.append("  </bldg:Building>\n</core:cityObjectMember>\n")
    return "".join(text)


def ours(path: str) -> dict[str, float]:
    """Seconds from the file to objects and arrays, in a process made ready, and its memory in MB."""
    import gc

    from lxml import etree  # noqa: F401  # as for the others, before the clock runs

    from layers.formats import citygml
    from layers.importer import make_ready

    make_ready()
    gc.disable()
    before = _memory_mb("VmHWM")
    start = perf_counter()
    reader = citygml.gathered(Path(path), lambda _fraction, _text: None)
    elapsed = perf_counter() - start
    assert reader.features and reader.gathered.batches
    return {"s": elapsed, "beside_mb": _memory_mb("VmHWM") - max(before, _memory_mb("VmRSS"))}


def ours_in_parts(path: str) -> dict[str, float]:
    """Seconds from the file to objects and arrays in parts, on all cores, as an import reads a large file."""
    import msgspec
    from lxml import etree  # noqa: F401

    from layers.data import ReadOptions
    from layers.errors import CitystrataError
    from layers.formats import citygml
    from layers.importer import make_ready
    from layers.parts import grouped
    from layers.workers import Workers, cores

    make_ready()
    options = ReadOptions()
    with tempfile.TemporaryDirectory() as folder, Workers(WORKER, cores()) as workers:
        list(workers.each([{"wait_s": READY_S}] * cores()))
        start = perf_counter()
        stretches = citygml.outline(Path(path), Path(folder), options).stretches
        parts = grouped(stretches, options.part_bytes)
        tasks = [{"path": path, "stretches": msgspec.to_builtins(part)} for part in parts]
        objects = 0
        for _, answer in workers.each(tasks):
            if isinstance(answer, CitystrataError):
                raise answer
            objects += answer["objects"]
        elapsed = perf_counter() - start
    return {"s": elapsed, "objects": objects, "cores": cores()}


def _memory_mb(field: str) -> float:
    """What the system says of this process's memory."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(field)) / 1024


def iterparse(path: str) -> float:
    """Seconds that lxml needs to walk over the elements of the file."""
    from lxml import etree

    start = perf_counter()
    for _, element in etree.iterparse(path):
        element.clear()
    return perf_counter() - start


def ogr2ogr(path: str, way: str) -> float:
    """Seconds that GDAL needs to make a GeoPackage of the file."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "city.gml")  # GDAL leaves a description beside what it reads
        copy.symlink_to(path)
        start = perf_counter()
        command = ["ogr2ogr", *FOLLOW[way], "-f", "GPKG", f"{folder}/city.gpkg", str(copy)]
        subprocess.run(command, check=True, capture_output=True)
        return perf_counter() - start


def main() -> int:
    """Measure and print."""
    figures = [figure for way in FOLLOW for figure in _against_iterparse(way)]
    if shutil.which("ogr2ogr"):
        figures += map(_against_ogr2ogr, FOLLOW)
        figures.append(_parts_against_ogr2ogr())
    return show(*figures)


def _against_iterparse(way: str) -> Iterator[Figure]:
    buildings = min(BUILDINGS, MOST_BUILDINGS)
    path = gml_file(buildings, way)
    found: list[dict[str, float]] = []

    def mine() -> float:
        found.append(in_child(__spec__.name, "ours", path))
        return found[-1]["s"]

    best = fastest({"ours": mine, "iterparse": partial(in_child, __spec__.name, "iterparse", path)})
    said = f"{best['ours']:.2f} s for {buildings:,} buildings, {path.stat().st_size / 1e6:.0f} MB"
    yield Figure(
        f"lxml's bare iterparse / reading CityGML to objects, {way}",
        best["iterparse"] / best["ours"],
        0.5,
        " ×",
        f"{said}, iterparse {best['iterparse']:.2f} s",
        at_least=True,
    )
    beside = min(each["beside_mb"] for each in found)
    yield Figure(f"memory for reading CityGML, {way}, beside what is read", beside, LIMIT_MB, " MB", said)


def _against_ogr2ogr(way: str) -> Figure:
    few = gml_file(FEW_BUILDINGS, way)

    def mine() -> float:
        return float(in_child(__spec__.name, "ours", few)["s"])

    best = fastest({"ours": mine, "ogr2ogr": partial(in_child, __spec__.name, "ogr2ogr", few, way)})
    return Figure(
        f"ogr2ogr / reading CityGML to objects, {way}",
        best["ogr2ogr"] / best["ours"],
        3,
        " ×",
        f"{best['ours']:.2f} s for {FEW_BUILDINGS:,} buildings, ogr2ogr {best['ogr2ogr']:.2f} s",
        at_least=True,
    )


def _parts_against_ogr2ogr() -> Figure:
    buildings = min(BUILDINGS, MOST_BUILDINGS)
    path = gml_file(buildings, INLINE)
    found: list[dict[str, float]] = []

    def mine() -> float:
        found.append(in_child(__spec__.name, "ours_in_parts", path))
        assert found[-1]["objects"] == buildings
        return found[-1]["s"]

    best = fastest({"ours": mine, "ogr2ogr": partial(in_child, __spec__.name, "ogr2ogr", path, INLINE)})
    cores = f"{found[0]['cores']:.0f} cores"
    said = f"{buildings:,} buildings, {path.stat().st_size / 1e6:.0f} MB"
    return Figure(
        f"ogr2ogr on one core / reading CityGML in parts on {cores}, {INLINE}",
        best["ogr2ogr"] / best["ours"],
        3,
        " ×",
        f"{best['ours']:.2f} s for {said}, ogr2ogr {best['ogr2ogr']:.2f} s",
        at_least=True,
    )


if __name__ == "__main__":
    sys.exit(main())
