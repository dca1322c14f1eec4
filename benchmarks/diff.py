"""What changed between two snapshots of a large city: how long until every building was found again.

In the later one no id is as it was, all heights are 5 cm higher, some buildings are gone, some are higher by
a storey, and some attributes are other ones. Beside it, the same where ids are as they were.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import orjson

from benchmarks.city import SCALE, city_file
from benchmarks.figure import BUILDINGS, Figure, in_child, show
from benchmarks.memory import watched
from benchmarks.project import CITY

COMPARED = min(BUILDINGS, 100_000)
DIFF_S = 30
DATES = ("2025-01-01", "2026-01-01")
#: One in so many is gone, is higher, and has another label.
GONE, RAISED, RELABELLED = 100, 50, 20
DATUM, STOREY = round(0.05 / SCALE), round(3 / SCALE)


def later_city(source: Path, keeps_ids: bool) -> Path:
    """The city some years later, written only once per machine."""
    path = source.with_name(source.name.replace(CITY, f"-later{'' if keeps_ids else '-renamed'}{CITY}"))
    if not path.exists():
        partial = path.with_suffix(".partial")
        with source.open("rb") as lines, partial.open("wb") as file:
            file.write(next(lines))
            file.writelines(_later(line, number, keeps_ids) for number, line in enumerate(lines))
        partial.replace(path)
    return path


def _later(line: bytes, number: int, keeps_ids: bool) -> bytes:
    if number % GONE == 0:
        return b""
    feature = orjson.loads(line)
    members = feature["CityObjects"]
    if number % RELABELLED == 0:
        for member in members.values():
            member["attributes"]["energyLabel"] = "A+++"
    foot = min(vertex[2] for vertex in feature["vertices"])
    storey = STOREY if number % RAISED == 1 else 0
    for vertex in feature["vertices"]:
        vertex[2] += DATUM + (storey if vertex[2] > foot else 0)
    if not keeps_ids:
        feature["id"] = f"n{number}"
        feature["CityObjects"] = {f"n{number}": member for member in members.values()}
    return orjson.dumps(feature) + b"\n"


def snapshots(keeps_ids: bool) -> Path:
    """A project with both snapshots."""
    source = city_file(COMPARED, CITY)
    later = later_city(source, keeps_ids)
    path = later.with_name(f"{later.name.removesuffix(CITY)}-both.city.gpkg")
    if not path.exists():
        in_child(__spec__.name, "import_both", source, later, path)
    return path


def import_both(source: str, later: str, path: str) -> None:
    """Import into a new project; to be called in a process of its own."""
    from layers.importing import import_files
    from layers.project import Project

    with Project.create(Path(path)) as project:
        for file, date in zip((source, later), DATES, strict=True):
            import_files(project, [Path(file)], name="city", epoch=date)


def measured(path: str) -> dict[str, Any]:
    """One comparison; in seconds and megabytes."""
    from analysis import change
    from layers.project import Project

    with watched() as memory, Project.open(Path(path), read_only=True) as project:
        start, worked = perf_counter(), process_time()
        inputs = change.Inputs(compare_date=DATES[0], date=DATES[1])
        result = change.run(project, inputs)
        seconds, worked = perf_counter() - start, process_time() - worked
    kinds = result.tables["changes"].texts("change")
    return {
        "seconds": seconds,
        "worked": worked,
        "counts": {kind: kinds.count(kind) for kind in set(kinds)},
        **memory,
    }


def main() -> int:
    """Measure and print."""
    figures = []
    for name, keeps_ids in (("no id as it was", False), ("ids as they were", True)):
        path = snapshots(keeps_ids)
        in_child(__spec__.name, "measured", path)  # makes the columns of the cache
        found = in_child(__spec__.name, "measured", path)
        counts = ", ".join(f"{count:,} {kind}" for kind, count in sorted(found["counts"].items()))
        what = f"difference of two snapshots of {COMPARED:,} buildings each, {name}"
        note = f"{found['worked']:.1f} s of processors; {found['peak_mb']:.0f} MB; {counts}"
        figures.append(Figure(what, found["seconds"], DIFF_S, " s", note))
    return show(*figures)


if __name__ == "__main__":
    sys.exit(main())
