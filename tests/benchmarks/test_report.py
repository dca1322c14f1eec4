"""Recorded figures become the tables of a page, and nothing else of it changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import figure, report
from benchmarks.figure import Figure

PAGE = """Above

<!-- frames -->
old
<!-- end -->

<!-- graphics-card frames -->
<!-- end -->
"""


def test_a_figure_knows_both_kinds_of_limits() -> None:
    assert Figure("frame", 60, 70).passed and not Figure("frame", 80, 70).passed
    assert Figure("faster", 8, 6, at_least=True).passed and not Figure("faster", 4, 6, at_least=True).passed
    assert Figure("faster", 4, 6, " ×", at_least=True).line() == "FAIL  faster: 4 ×, at least 6 ×"


def test_results_are_recorded_by_script_and_short(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    figure.recorded(path, "growth", [], {"sizes": (1, 2), "frame_ms": [1 / 3]})
    figure.recorded(path, "frames", [{"what": "frame"}], {})
    results = json.loads(path.read_text("utf-8"))
    assert results["growth"]["series"] == {"sizes": [1, 2], "frame_ms": [0.3333]}
    assert results["frames"]["figures"] == [{"what": "frame"}]


def test_the_page_is_filled_from_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "performance.md"
    page.write_text(
        "Above\n\n<!-- frames -->\nold\n<!-- end -->\n\n<!-- graphics-card frames -->\n<!-- end -->\n"
    )
    monkeypatch.setattr(report, "PAGE", page)
    monkeypatch.setattr(report, "IMAGES", tmp_path / "images")
    shown = {"what": "frame | motion", "value": 7.5, "limit": 6, "unit": " ×", "note": "", "at_least": True}
    figure.recorded(tmp_path / "performance.json", "frames", [{**shown, "passed": True}], {})
    report.write_page()
    text = page.read_text("utf-8")
    assert text.startswith("Above\n\n<!-- frames -->\n| what |")
    assert "| frame / motion | 7.5 × | ≥ 6 × | yes |  |" in text
    assert "old" not in text and text.count("Not measured yet.") == 1
