"""The sound files that are damaged: the smallest real ones of every format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from layers import formats
from layers.errors import CitystrataError
from tests.conftest import DATA
from tests.fuzz.cases import SOUND, Case, Seed
from tests.fuzz.reading import outcomes

#: Larger ones take longer to read without holding more kinds of things; smaller ones hold nothing.
LARGEST, SMALLEST = 200_000, 60
EACH = 6


@cache
def seeds() -> dict[str, Sequence[Seed]]:
    """The seeds of every format, the smallest first, of different sizes."""
    found: dict[str, list[Seed]] = {form.NAME: [] for form in formats.FORMATS}
    sizes: dict[str, set[int]] = {name: set() for name in found}
    for path in _by_size():
        try:
            name = formats.detect(path).NAME
        except CitystrataError:
            continue
        size = path.stat().st_size
        seed = Seed(name, path.relative_to(DATA).as_posix())
        if len(found[name]) < EACH and size not in sizes[name] and _is_sound(seed):
            sizes[name].add(size)
            found[name].append(seed)
    return {name: tuple(mine) for name, mine in found.items()}


def _is_sound(seed: Seed) -> bool:
    """Whether it can be read; tried in a child, for some real files end their decoder."""
    return [outcome.what for outcome in outcomes([Case(seed, SOUND)])] == ["read"]


def _by_size() -> Iterator[Path]:
    every = (path for path in DATA.rglob("*") if path.is_file())
    sized = sorted((path.stat().st_size, path) for path in every)
    for size, path in sized:
        if SMALLEST <= size <= LARGEST:
            yield path
    for size, path in sized:  # a format all of whose files are large is damaged all the same
        if size > LARGEST:
            yield path
