"""Damaged files by name and number."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from layers import formats
from layers.request import Request
from tests.conftest import DATA
from tests.fuzz.made import PREFIX, Made, made
from tests.mutations import damaged, damaged_glb, looks_like_text, with_checksums
from tests.zipdamage import START, damaged_zip

#: The number of the file without any damage.
SOUND = -1
#: Files that others bring along: those of the same name, but for the ending.
BESIDE = (".shx", ".dbf", ".prj", ".cpg", ".mtl", ".tfw", ".bin")
#: Of how many files one is read in a way of its own: as a kind of layer, in parts, only looked at, as a tile.
AS_A_KIND, IN_PARTS, LOOKED_AT, AS_A_TILE = 4, 8, 16, 200
SECOND = "second-"
#: Pages of E57 have checksums, chunks of glTF lengths; of so many files one is damaged without mending these.
E57, GLB, CHECKED = b"ASTM-E57", b"glTF", 8


@dataclass(frozen=True)
class Seed:
    """A sound file and the format that reads it."""

    format: str
    name: str  # below the folder of real data; or of a made one

    @property
    def path(self) -> Path:
        """Where a real one is."""
        return DATA / self.name

    @property
    def is_made(self) -> bool:
        """Whether it is made, and needs no real data."""
        return self.name.startswith(PREFIX)

    @property
    def files(self) -> Made:
        """It and what lies beside it."""
        return made(self.name) if self.is_made else _real(self.path)


@cache
def _real(path: Path) -> Made:
    beside = [file for end in BESIDE if (file := path.with_suffix(end)).is_file() and file != path]
    return Made(path.name, {file.name: file.read_bytes() for file in (path, *beside)})


@dataclass(frozen=True)
class Case:
    """One damaged file: the same at every run."""

    seed: Seed
    number: int

    def write(self, folder: Path) -> Path:
        """Write it into a folder, under the name of the sound file, with what lies beside it."""
        whole = self.seed.files
        worse = self._damaged_one(whole) if self.number != SOUND else None
        for name, data in whole.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_worse(data, self.number) if name == worse else data)
        if self._is_a_tile:
            (folder / f"{SECOND}{whole.opened}").write_bytes(whole.files[whole.opened])
        return folder / whole.opened

    def request(self, path: Path, work: Path) -> Request:
        """What is asked of the file: mostly what is asked of all, now and then something else."""
        if self.number == SOUND:
            return Request(str(path), str(work), crs="EPSG:25832")
        form = formats.by_name(self.seed.format)
        kind, part_bytes = None, None
        tiles: tuple[str, ...] = ()
        if self.number % AS_A_KIND == AS_A_KIND - 1:
            kind = form.KINDS[self.number // AS_A_KIND % len(form.KINDS)]
        if self.number % IN_PARTS == IN_PARTS - 2:
            part_bytes = max(path.stat().st_size // 3, 16)
        if self._is_a_tile:
            path, tiles = path.parent, (path.name, f"{SECOND}{path.name}")
        return Request(
            str(path),
            str(work),
            tiles=tiles,
            wanted="look" if self.number % LOOKED_AT == 1 else "everything",
            kind=kind,
            crs="EPSG:25832",
            part_bytes=part_bytes,
        )

    @property
    def _is_a_tile(self) -> bool:
        """Whether it is read together with the sound file, as one layer."""
        if self.number % AS_A_TILE != AS_A_TILE - 4:
            return False
        form = formats.by_name(self.seed.format)
        if not formats.tile_reader(form) or not formats.is_of_tiles(form):
            return False
        return self.seed.files.opened in self.seed.files.files

    def _damaged_one(self, whole: Made) -> str:
        """Which file is damaged: every other time the one that is opened."""
        names = tuple(whole.files)
        dice = random.Random(f"which {self.number}")
        if whole.opened in names and dice.random() < 0.5:
            return whole.opened
        return dice.choice(names)


def _worse(data: bytes, number: int) -> bytes:
    if data.startswith(START):
        return damaged_zip(data, number)
    if data.startswith(GLB) and number % CHECKED:
        return damaged_glb(data, number)
    if data.startswith(E57):
        worse = damaged(data, number, number % 2 == 1)  # its description is text
        return worse if number % CHECKED == 0 else with_checksums(worse)
    return damaged(data, number, looks_like_text(data))
