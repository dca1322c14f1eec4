"""All figures, or some: `python -m benchmarks [--buildings N] [--points N] [--publish] [NAME…]`.

`--publish` keeps the results beside docs/performance.md and writes that page's tables and curves anew;
`--graphics-card` lets a graphics card draw, where there is one.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

from benchmarks import report
from benchmarks.figure import BUILDINGS, GRAPHICS_CARD, POINTS, RECORD, ROOT

#: Importing comes first: the projects that come of it are those that the others open.
FIGURES = (
    "machine",
    "reading_cityjson",
    "citygml",
    "importing",
    "import_rate",
    "first_picture",
    "frames",
    "million",
    "growth",
    "interaction",
    "editing",
    "answering",
    "responsiveness",
    "flights",
    "clouds",
    "irradiation",
    "raycasting",
    "timeslider",
    "panes",
    "epochs",
    "diff",
    "exposure",
    "livesight",
    "viewshed",
)


def main(arguments: list[str]) -> int:
    """Run each in a process of its own; the exit status says whether all are within their limits."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(FIGURES)}; default all")
    parser.add_argument("--buildings", type=int, default=BUILDINGS, help="of the largest city")
    parser.add_argument("--points", type=int, default=POINTS, help="of the largest cloud")
    parser.add_argument("--publish", action="store_true", help="write docs/performance.md anew")
    parser.add_argument("--graphics-card", action="store_true", help="draw with the graphics card")
    wanted = parser.parse_args(arguments)
    if unknown := [name for name in wanted.names if name not in FIGURES]:
        parser.error(f"there is no figure {unknown[0]!r}; there are: {', '.join(FIGURES)}")
    environment = {
        **os.environ,
        "CITYSTRATA_BUILDINGS": str(wanted.buildings),
        "CITYSTRATA_POINTS": str(wanted.points),
        **({RECORD: str(report.results_file(wanted.graphics_card))} if wanted.publish else {}),
        **({GRAPHICS_CARD: "1"} if wanted.graphics_card else {}),
    }
    status = 0
    for name in wanted.names or FIGURES:
        print(f"{name}:", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}"]
        status |= subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    if wanted.publish:
        report.write_page()
    return int(status != 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
