"""The sound files that are damaged: small real ones of every format, and made ones."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

import orjson

from layers import formats
from layers.errors import CitystrataError
from tests.conftest import DATA, ROOT
from tests.fuzz.cases import SOUND, Case, Seed
from tests.fuzz.made import MADE, PREFIX
from tests.fuzz.reading import outcomes

#: Larger ones take longer to read without holding more kinds of things; smaller ones hold nothing.
LARGEST, SMALLEST = 200_000, 60
EACH = 6
#: Large ones are taken for formats that have fewer small ones.
EACH_LARGE = 2
#: Each is larger than the one before by this, for the smallest ones hold little.
STEP = 1.6
#: What was found to be sound, as long as the real data are the same.
KNOWN = ROOT / "build" / "fuzz" / "seeds.json"


@cache
def seeds() -> dict[str, Sequence[Seed]]:
    """The seeds of every format: real ones of different sizes, the smallest first, then made ones."""
    every = _by_size()
    chosen_by = (every, LARGEST, SMALLEST, EACH, EACH_LARGE, STEP)
    print_of_all = hashlib.sha256(repr(chosen_by).encode()).hexdigest()
    known = orjson.loads(KNOWN.read_bytes()) if KNOWN.exists() else {}
    if known.get("of") != print_of_all:
        known = {"of": print_of_all, "seeds": _sound(every)}
        KNOWN.parent.mkdir(parents=True, exist_ok=True)
        KNOWN.write_bytes(orjson.dumps(known, option=orjson.OPT_INDENT_2))
    found = {
        form.NAME: [Seed(form.NAME, name) for name in known["seeds"][form.NAME]] for form in formats.FORMATS
    }
    for seed in made_seeds():
        found[seed.format].append(seed)
    return {name: tuple(mine) for name, mine in found.items()}


@cache
def made_seeds() -> tuple[Seed, ...]:
    """The seeds that are made; each is one of the format that reads it."""
    return tuple(_made_seeds())


def _made_seeds() -> Iterator[Seed]:
    for name in MADE:
        with tempfile.TemporaryDirectory() as folder:
            path = Case(Seed("", PREFIX + name), SOUND).write(Path(folder))
            yield Seed(formats.find(path)[0].NAME, PREFIX + name)


def _sound(every: Iterable[tuple[int, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {form.NAME: [] for form in formats.FORMATS}
    least = dict.fromkeys(found, 0.0)
    for size, path in every:
        try:
            name = formats.detect(DATA / path).NAME
        except CitystrataError:
            continue
        most = EACH if size <= LARGEST else EACH_LARGE
        if len(found[name]) < most and size > least[name] and is_sound(Seed(name, path)):
            least[name] = size * STEP if size <= LARGEST else size
            found[name].append(path)
    return found


def is_sound(seed: Seed) -> bool:
    """Whether it can be read; tried in a child, for some real files end their decoder."""
    return [outcome.what for outcome in outcomes([Case(seed, SOUND)])] == ["read"]


def _by_size() -> list[tuple[int, str]]:
    """Sizes and names of real files; a format all of whose files are large is damaged all the same."""
    every = ((file.stat().st_size, file) for file in DATA.rglob("*") if file.is_file())
    sized = sorted((size, file.relative_to(DATA).as_posix()) for size, file in every if size >= SMALLEST)
    return [item for item in sized if item[0] <= LARGEST] + [item for item in sized if item[0] > LARGEST]
