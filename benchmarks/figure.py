"""What every figure needs: measurements in processes of their own, interleaved, and one line each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
#: How large the largest city and cloud are; smaller ones take less time and show the same.
BUILDINGS = int(os.environ.get("CITYSTRATA_BUILDINGS", "1000000"))
POINTS = int(os.environ.get("CITYSTRATA_POINTS", "500000000"))
#: Where results are kept, besides being printed.
RECORD = "CITYSTRATA_RECORD"
#: Set, graphics cards draw where there is one; else the processor does, and there is no display.
GRAPHICS_CARD = "CITYSTRATA_GRAPHICS_CARD"
PICTURE = (1600, 1000)


@dataclass(frozen=True)
class Figure:
    """One measured value beside what it may be at most, or at least."""

    what: str
    value: float
    limit: float
    unit: str = ""
    note: str = ""
    at_least: bool = False

    @property
    def passed(self) -> bool:
        """Whether the value is within its limit."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def line(self) -> str:
        """What, how much, how much at most, and whether that is so."""
        verdict = "PASS" if self.passed else "FAIL"
        note = f"  [{self.note}]" if self.note else ""
        bound = "at least" if self.at_least else "limit"
        return (
            f"{verdict}  {self.what}: {self.value:.3g}{self.unit}, {bound} {self.limit:.3g}{self.unit}{note}"
        )


def show(*figures: Figure, **series: object) -> int:
    """Print the figures, and record them with what their curves are drawn from, where that is wanted.

    The exit status says whether all are within their limits.
    """
    for figure in figures:
        print(figure.line(), flush=True)
    if path := os.environ.get(RECORD):
        script = sys.modules["__main__"].__spec__
        name = script.name.rpartition(".")[2] if script is not None else "figure"
        recorded(
            Path(path), name, [{**asdict(figure), "passed": figure.passed} for figure in figures], series
        )
    return 0 if all(figure.passed for figure in figures) else 1


def recorded(path: Path, name: str, figures: Sequence[object], series: Mapping[str, object]) -> None:
    """Keep the figures of one script in the file of all results."""
    results = json.loads(path.read_text("utf-8")) if path.exists() else {}
    results[name] = {"day": date.today().isoformat(), "figures": figures, "series": _short(series)}
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _short(value: Any) -> Any:
    """Numbers with as many digits as they are worth."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {str(key): _short(item) for key, item in value.items()}
    return [_short(item) for item in value] if isinstance(value, list | tuple) else value


def fastest(measures: Mapping[str, Callable[[], float]], rounds: int = 3) -> dict[str, float]:
    """The best of several rounds of each; in turns, so that a busy machine treats all alike."""
    best: dict[str, float] = {}
    for _ in range(rounds):
        for name, measure in measures.items():
            best[name] = min(best.get(name, float("inf")), measure())
    return best


def in_child(module: str, function: str, *arguments: object) -> Any:
    """What `module.function(*arguments)` gives, numbers, texts, lists and dicts, in a fresh process."""
    call = (
        f"import json, {module} as m; print()\n"
        f"print(json.dumps(m.{function}(*{[str(a) for a in arguments]!r}), default=float))"
    )
    command = [sys.executable, "-c", call]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{module}.{function} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def real_data(name: Path) -> Path:
    """A real file, from where the tests find theirs."""
    path = Path(os.environ.get("CITYSTRATA_DATA") or ROOT.parent / "shared" / "data") / name
    if not path.exists():
        raise SystemExit(f"The real data is not here: {path} (set CITYSTRATA_DATA)")
    return path


def environment() -> dict[str, str]:
    """For programs that draw: without a display, and by the processor if nothing else is wanted."""
    kept = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return kept if GRAPHICS_CARD in os.environ else {**kept, "LIBGL_ALWAYS_SOFTWARE": "1"}
