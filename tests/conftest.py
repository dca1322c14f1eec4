"""What every test shares: where the real data is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

#: Machines that run tests are shared: how long an example takes says nothing.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")

ROOT = Path(__file__).resolve().parent.parent

#: Real city models, clouds and rasters; not part of the repository.
DATA = Path(os.environ.get("CITYSTRATA_DATA") or ROOT.parent / "shared" / "data")


def real(name: str) -> Path:
    """The real file `name` below DATA, or a skip that says which one is missing."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the real data is not here: {path} (set CITYSTRATA_DATA)")
    return path


@pytest.fixture
def read_here() -> Iterator[None]:
    """Files are read in this process: others of their own would take longer than what is tested."""
    from tests.cities import imported_here

    with imported_here():
        yield
