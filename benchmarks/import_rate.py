"""Importing CityJSONSeq of growing size: buildings per second and core to drawable tiles, and memory.

The peer is the generated city of a hundredth of the size: time per building must stay what it is there.
The projects that come of it are those that the other figures open.
"""

from __future__ import annotations

import os
import sys

from benchmarks.city import city_file
from benchmarks.figure import BUILDINGS, Figure, show
from benchmarks.project import CITY, import_anew

PER_CORE_AND_SECOND = 3000
PEAK_MB = 1500


def main() -> int:
    """Measure and print."""
    sizes = (BUILDINGS // 100, BUILDINGS // 10, BUILDINGS)
    costs = {size: import_anew(city_file(size, CITY)) for size in sizes}
    cores = os.cpu_count() or 1
    figures = []
    for size in sizes[1:]:
        seconds, peak_mb = costs[size]["seconds"], costs[size]["peak_mb"]
        rate = size / seconds / cores
        figures += [
            Figure(
                f"importing {size:,} buildings per second and core",
                rate,
                PER_CORE_AND_SECOND,
                note=f"{seconds:.1f} s on {cores} cores, {rate * cores:,.0f} buildings per second",
                at_least=True,
            ),
            Figure(f"peak memory while importing {size:,} buildings", peak_mb, PEAK_MB, " MB"),
        ]
        smaller = size // 10
        growth = (seconds / size) / (costs[smaller]["seconds"] / smaller)
        figures.append(
            Figure(f"import time per building, {size:,} against {smaller:,} buildings", growth, 1.2, " ×")
        )
    return show(*figures, sizes=sizes, seconds=[costs[n]["seconds"] for n in sizes])


if __name__ == "__main__":
    sys.exit(main())
