"""Reading CityJSON to drawable triangles, against orjson and cjio on the same file.

orjson only decodes the text (with Python's cyclic garbage collector off: four times faster), cjio
only loads the file as its command line does. Ours ends with triangles, features and source pieces.
"""

from __future__ import annotations

import gc
import sys
from functools import partial
from pathlib import Path
from time import perf_counter

from benchmarks.city import city_file
from benchmarks.figure import Figure, fastest, in_child, show

BUILDINGS = 100_000
MICROSECONDS_PER_OBJECT = 20


def ours(path: str) -> float:
    """Seconds from the file to a mesh, in a process made ready as the import process is."""
    from layers import formats
    from layers.data import ReadOptions
    from layers.importer import make_ready

    make_ready()

    start = perf_counter()
    formats.read(Path(path), ReadOptions())
    return perf_counter() - start


def orjson_loads(path: str) -> float:
    """Seconds that orjson needs for the file's bytes."""
    import orjson

    data = Path(path).read_bytes()
    gc.disable()
    start = perf_counter()
    kept = orjson.loads(data)
    elapsed = perf_counter() - start
    assert kept
    return elapsed


def cjio_reader(path: str) -> float:
    """Seconds that cjio needs to load the file."""
    from cjio import cityjson  # type: ignore[import-untyped]  # it has no types

    start = perf_counter()
    with open(path, encoding="utf-8-sig") as file:
        cityjson.reader(file)
    return perf_counter() - start


def main() -> int:
    """Measure and print."""
    path = city_file(BUILDINGS)
    measures = {f: partial(in_child, __spec__.name, f, path) for f in ("ours", "orjson_loads", "cjio_reader")}
    best = fastest(measures)
    allowed = 4 + BUILDINGS * MICROSECONDS_PER_OBJECT * 1e-6 / best["orjson_loads"]
    said = f"{best['ours']:.2f} s for {BUILDINGS:,} buildings"
    return show(
        Figure(
            "reading CityJSON to triangles / orjson.loads",
            best["ours"] / best["orjson_loads"],
            allowed,
            " ×",
            f"{said}, orjson {best['orjson_loads']:.2f} s",
        ),
        Figure(
            "reading CityJSON to triangles / cjio loading it",
            best["ours"] / best["cjio_reader"],
            0.40,
            " ×",
            f"{said}, cjio {best['cjio_reader']:.2f} s",
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
