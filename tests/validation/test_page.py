"""What validations keep, and the page that is written from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from docs import validation
from docs.places import fill
from tests.validation.record import KEPT_IN, record


def keep(**changes: Any) -> None:
    finding = {
        "reference": "closed form",
        "quantity": "deviation",
        "found": 0.001,
        "tolerance": 0.005,
    } | changes
    record("Sky view", finding.pop("claim", "a wall sees half the sky"), **finding)


def test_what_misses_its_tolerance_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEPT_IN, raising=False)
    keep(found=-0.005)
    keep(found=0.97, tolerance=0.95, at_least=True)
    keep(found=3.0, tolerance=None)
    keep(found=0.02, allowed=0.03, because="the other counts in cells of a metre")
    for missed in (
        {"found": -0.0051},
        {"found": 0.94, "tolerance": 0.95, "at_least": True},
        {"found": float("nan")},
        {"found": 0.04, "allowed": 0.03, "because": "the other counts in cells of a metre"},
        {"found": 0.02, "allowed": 0.03},  # no reason
    ):
        with pytest.raises(AssertionError):
            keep(**missed)


def test_the_page_says_what_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept_in = tmp_path / "findings.jsonl"
    monkeypatch.setenv(KEPT_IN, str(kept_in))
    keep(claim="a street", found=0.001)
    keep(claim="a street", found=-0.004, note="wide")
    keep(claim="Athens", found=0.02, allowed=0.03, because="the other counts in cells of a metre")
    keep(claim="a yard | a court", found=1.0, tolerance=None, unit="%")
    page = tmp_path / "page.md"
    page.write_text("# Page\n<!-- Sky view -->\nold\n<!-- end -->\n<!-- Rays -->\nold\n<!-- end -->\n")
    findings = validation.read(kept_in)
    fill(page, lambda section: validation.table(findings, section))
    text = page.read_text()
    assert "| a street | closed form | deviation: -0.004; worst of 2 cases; wide | ≤ 0.005 | yes |" in text
    assert "| Athens | closed form | deviation: 0.02 | ≤ 0.005 | see 1 |" in text
    assert "1. Athens: the other counts in cells of a metre." in text
    assert "| a yard / a court | closed form | deviation: 1 % | none: reported |  |" in text
    assert "\n.venv/bin/pytest tests/validation/test_page.py::test_the_page_says_what_was_found\n" in text
    assert "<!-- Rays -->\nNot measured yet.\n<!-- end -->" in text
    assert "old" not in text


def test_every_section_has_its_place() -> None:
    from tests.validation.record import SECTIONS

    text = validation.PAGE.read_text("utf-8")
    assert [section for section in SECTIONS if f"<!-- {section} -->\n" not in text] == []
    assert "tests/validation/test_zug.py" in validation.tests()
