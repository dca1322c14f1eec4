"""What every figure needs: measurements in processes of their own, interleaved, and one line each."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Figure:
    """One measured value beside what it may be at most."""

    what: str
    value: float
    limit: float
    unit: str = ""
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether the value is within its limit."""
        return self.value <= self.limit

    def line(self) -> str:
        """What, how much, how much at most, and whether that is so."""
        verdict = "PASS" if self.passed else "FAIL"
        note = f"  [{self.note}]" if self.note else ""
        return f"{verdict}  {self.what}: {self.value:.3g}{self.unit}, limit {self.limit:.3g}{self.unit}{note}"


def show(*figures: Figure) -> int:
    """Print the figures; the exit status says whether all are within their limits."""
    for figure in figures:
        print(figure.line(), flush=True)
    return 0 if all(figure.passed for figure in figures) else 1


def fastest(measures: Mapping[str, Callable[[], float]], rounds: int = 3) -> dict[str, float]:
    """The best of several rounds of each; in turns, so that a busy machine treats all alike."""
    best: dict[str, float] = {}
    for _ in range(rounds):
        for name, measure in measures.items():
            best[name] = min(best.get(name, float("inf")), measure())
    return best


def in_child(module: str, function: str, *arguments: object) -> float:
    """The number that `module.function(*arguments)` gives in a fresh process."""
    call = f"import {module} as m; print(float(m.{function}(*{[str(a) for a in arguments]!r})))"
    done = subprocess.run([sys.executable, "-c", call], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{module}.{function} failed:\n{done.stderr}")
    return float(done.stdout.split()[-1])
