"""The small town that the verbs of analyses are tried on."""

from __future__ import annotations

import pytest

from tests.analysis.town import make_town


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path of the project, made anew for every file of tests."""
    return str(make_town(tmp_path_factory.mktemp("town")))
