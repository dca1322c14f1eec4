"""Runs all validations and writes docs/validation.md from what they found; no number is typed by hand.

python -m docs.validation
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from pathlib import Path

import orjson

from docs.places import NOT_YET, fill, row
from tests.validation.record import KEPT_IN, Finding

ROOT = Path(__file__).resolve().parent.parent
PAGE = Path(__file__).with_name("validation.md")
RECORDS = "tests.validation.record"
LIBRARIES = ("citystrata", "numpy", "embreex", "pvlib", "pyradiance")


def main() -> int:
    """Write the page; the exit status is that of the tests."""
    with tempfile.TemporaryDirectory() as folder:
        kept_in = Path(folder) / "findings.jsonl"
        status = subprocess.run(
            [sys.executable, "-m", "pytest", *tests()],
            cwd=ROOT,
            env=os.environ | {KEPT_IN: str(kept_in)},
            check=False,
        ).returncode
        findings = read(kept_in)
    fill(PAGE, lambda place: versions() if place == "versions" else table(findings, place))
    return status


def tests() -> list[str]:
    """The test files that record findings."""
    found = (ROOT / "tests").rglob("test_*.py")
    return sorted(str(path.relative_to(ROOT)) for path in found if RECORDS in path.read_text("utf-8"))


def read(path: Path) -> list[Finding]:
    """The findings of one run."""
    return [Finding(**orjson.loads(line)) for line in path.read_bytes().splitlines()]


def versions() -> str:
    """When, and with which libraries that count."""
    counting = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return f"Measured on {date.today().isoformat()} with {counting}."


def table(findings: Sequence[Finding], section: str) -> str:
    """Findings as a table, then why some miss their tolerance, then how to repeat them."""
    findings = worst([finding for finding in findings if finding.section == section])
    if not findings:
        return NOT_YET
    rows = [row("claim", "compared with", "what was found", "tolerance", ""), "|---|---|---|---|---|"]
    reasons: list[str] = []
    for finding in findings:
        verdict = ""
        if finding.because:
            reasons.append(f"{len(reasons) + 1}. {finding.claim}: {finding.because}.")
            verdict = f"see {len(reasons)}"
        elif finding.tolerance is not None:
            verdict = "yes" if finding.holds else "**no**"
        rows.append(row(finding.claim, finding.reference, found_in(finding), tolerance_of(finding), verdict))
    commands = dict.fromkeys(f".venv/bin/pytest {finding.test.partition('[')[0]}" for finding in findings)
    return "\n".join([*rows, "", *reasons, *[""] * bool(reasons), "```", *commands, "```"])


def worst(findings: Sequence[Finding]) -> list[Finding]:
    """Of findings that say the same of several cases the worst, with how many there are."""
    alike: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        key = (finding.claim, finding.reference, finding.quantity, finding.tolerance)
        alike.setdefault(key, []).append(finding)
    return [_worst_of(cases) for cases in alike.values()]


def _worst_of(cases: list[Finding]) -> Finding:
    if len(cases) == 1:
        return cases[0]
    found = min(cases, key=lambda case: case.found if case.at_least else -abs(case.found))
    note = f"worst of {len(cases)} cases" + (f"; {found.note}" if found.note else "")
    return replace(found, note=note)


def found_in(finding: Finding) -> str:
    """The quantity, its value and what else there is to say."""
    note = f"; {finding.note}" if finding.note else ""
    return f"{finding.quantity}: {number(finding.found)}{unit_of(finding)}{note}"


def tolerance_of(finding: Finding) -> str:
    """What was asked for."""
    if finding.tolerance is None:
        return "none: reported"
    return f"{'≥' if finding.at_least else '≤'} {number(finding.tolerance)}{unit_of(finding)}"


def unit_of(finding: Finding) -> str:
    """The unit as it stands behind a number."""
    unit = finding.unit.strip()
    return unit if unit in ("", "°") else f" {unit}"


def number(value: float) -> str:
    """With three digits; what is as good as nothing as a power of ten."""
    return f"{value:.1e}" if 0 < abs(value) < 1e-4 else f"{value:.3g}"


if __name__ == "__main__":
    sys.exit(main())
