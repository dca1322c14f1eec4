"""`citystrata solar` on the command line: what a plan takes of the light of a roof."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli import main
from tests.app.yard import PLAN, TODAY, yards

__all__ = ["yards"]


def test_two_states_are_told_with_their_difference(yards: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["solar", str(yards), "--weather", "clear-sky", "--objects", "id == 'school'", "--spacing", "5"]
    assert main([*asked, "--date", PLAN, "--compare-date", TODAY]) == 0
    title, heads, row, *_ = capsys.readouterr().out.splitlines()
    assert "plan against today" in title
    assert "light, kWh" in heads and "before" in heads and "change" in heads
    after, before, change = (float(text) for text in row.split()[3:6])
    assert after < before and change == pytest.approx(after - before, abs=0.02)
    assert main([*asked, "--date", PLAN]) == 0
    assert "change" not in capsys.readouterr().out.splitlines()[1]
