"""Writes the tables and curves of docs/performance.md from recorded results; no number is typed by hand.

python -m benchmarks.report
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.figure import ROOT
from docs.places import NOT_YET, fill, row

PAGE = ROOT / "docs" / "performance.md"
IMAGES = ROOT / "docs" / "images"
BLUE, ORANGE, GREY = "#2f6db3", "#d9742b", "#8a8f98"
Results = dict[str, Any]


def results_file(graphics_card: bool) -> Path:
    """Where results are recorded: those of graphics cards apart."""
    return PAGE.with_name("performance-graphics-card.json" if graphics_card else "performance.json")


def write_page() -> None:
    """Fill the places of the page that name a table, and draw the curves."""
    kinds = {"": results_file(False), "graphics-card": results_file(True)}
    results = {kind: json.loads(path.read_text("utf-8")) for kind, path in kinds.items() if path.exists()}

    def filled(place: str) -> str:
        kind, _, name = place.rpartition(" ")
        found = results.get(kind, {})
        return text_of(name, found[name]) if name in found else NOT_YET

    fill(PAGE, filled)
    draw_curves(results.get("", {}))


def text_of(name: str, result: Results) -> str:
    """The results of a script as Markdown."""
    if name == "machine":
        return "\n".join(
            f"- {key.replace('_gb', ' (GB)')}: {value}" for key, value in result["series"].items()
        )
    rows = ["| what | measured | limit | | beside it |", "|---|---|---|---|---|"]
    return "\n".join([*rows, *map(row_of, result["figures"]), "", f"Measured on {result['day']}."])


def row_of(figure: Results) -> str:
    """A figure as a row of a table."""
    bound = "≥" if figure["at_least"] else "≤"
    unit, verdict = figure["unit"], "yes" if figure["passed"] else "**no**"
    cells = (
        figure["what"],
        f"{number(figure['value'])}{unit}",
        f"{bound} {number(figure['limit'])}{unit}",
        verdict,
        figure["note"],
    )
    return row(*cells)


def number(value: float) -> str:
    """With three digits, or all that stand before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def draw_curves(results: Results) -> None:
    """The growth curves, and how long the frames of the flight took."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams |= {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "figure.dpi": 120}
    IMAGES.mkdir(parents=True, exist_ok=True)
    if "growth" in results:
        draw_growth(results["growth"]["series"])
    if "flights" in results:
        draw_flight(results["flights"]["series"]["frames_ms"])


def draw_growth(series: Results) -> None:
    """One curve per figure over the number of buildings, both axes logarithmic."""
    from matplotlib import pyplot

    curves = (
        ("frame_ms", "frame in motion (ms)"),
        ("memory_mb", "memory (MB)"),
        ("pick_ms", "pick (ms)"),
        ("import_s", "import (s)"),
    )
    sizes = np.array(series["sizes"], float)
    drawing, axes = pyplot.subplots(1, 4, figsize=(12, 3.2), layout="constrained")
    for axis, (key, title) in zip(axes, curves, strict=True):
        values = np.array(series[key])
        allowed = 1.2 * 10 if key == "import_s" else 1.5
        axis.loglog(sizes, values, "o-", color=BLUE, label="measured")
        axis.loglog(
            sizes,
            values[0] * allowed ** np.log10(sizes / sizes[0]),
            "--",
            color=GREY,
            label=f"allowed: {allowed:g} × per factor 10",
        )
        for size, value in zip(sizes, values, strict=True):
            axis.annotate(
                number(float(value)), (size, value), (0, 6), textcoords="offset points", ha="center"
            )
        axis.set_title(title)
        axis.set_xlabel("buildings")
        axis.legend(frameon=False, fontsize=7)
        axis.margins(y=0.3)
    drawing.savefig(IMAGES / "growth.png")
    pyplot.close(drawing)


def draw_flight(times_ms: list[float]) -> None:
    """Each frame of the flight, and how many of them took how long."""
    from matplotlib import pyplot

    drawing, (along, counts) = pyplot.subplots(
        1, 2, figsize=(12, 3.2), layout="constrained", width_ratios=(2, 1)
    )
    along.plot(times_ms, color=BLUE, linewidth=0.8)
    along.axhline(
        float(np.median(times_ms)), color=ORANGE, linewidth=1, label=f"median {np.median(times_ms):.0f} ms"
    )
    along.set(xlabel="frame", ylabel="ms", ylim=(0, None), title="frames of the flight")
    along.legend(frameon=False)
    counts.hist(times_ms, bins=40, color=BLUE)
    counts.set(xlabel="ms", ylabel="frames", title="how long they took")
    drawing.savefig(IMAGES / "flight-frames.png")
    pyplot.close(drawing)


if __name__ == "__main__":
    write_page()
