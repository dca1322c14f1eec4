"""What a verb answers a program."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.cli import main


def answer(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, Any]:
    """The exit status, and what `--json` prints."""
    status = main([*argv, "--json"])
    return status, json.loads(capsys.readouterr().out)
