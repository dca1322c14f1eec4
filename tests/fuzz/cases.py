"""Damaged files by name and number."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.conftest import DATA
from tests.mutations import damaged

#: The number of the file without any damage.
SOUND = -1


@dataclass(frozen=True)
class Seed:
    """A sound file and the format that reads it."""

    format: str
    name: str  # below the folder of real data

    @property
    def path(self) -> Path:
        """Where it is."""
        return DATA / self.name

    @property
    def is_text(self) -> bool:
        """Whether it is text, in which numbers can be exchanged."""
        return b"\0" not in self.path.read_bytes()[:4096]


@dataclass(frozen=True)
class Case:
    """One damaged file: the same at every run."""

    seed: Seed
    number: int

    def write(self, folder: Path) -> Path:
        """Write it into a folder, under the name of the sound file."""
        path = folder / self.seed.path.name
        data = self.seed.path.read_bytes()
        path.write_bytes(data if self.number == SOUND else damaged(data, self.number, self.seed.is_text))
        return path
