"""The parts of a large city: each is read on its own, by any process, into a folder of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from layers import formats
from layers.data import LayerData, ReadOptions
from layers.errors import CitystrataError
from layers.formats._stretches import TEXT, Stretch
from layers.request import StagedLayer, Wanted
from layers.siting import Site
from layers.staging import described, stage_part
from layers.workers import Workers, cores

#: A worker takes some 140 MB; more of them than this would be quicker, but not within 1.5 GB.
MOST_WORKERS = 8
#: Fewer parts than this are read by the process that asks for them.
LEAST_FOR_WORKERS = 3
PART_FILE = "part.json"


@dataclass(frozen=True)
class Part:
    """What is read, and where to."""

    format: str
    source: str
    stretches: list[Stretch]
    folder: str
    site: Site
    crs: str | None  # what the person says
    wanted: Wanted
    images: str  # the folder that they lie in or below

    @property
    def size(self) -> int:
        """Bytes to be read."""
        return sum(stretch.size for stretch in self.stretches)

    def done(self) -> list[StagedLayer] | None:
        """What is known of the part, if it is done."""
        try:
            text = Path(self.folder, PART_FILE).read_bytes()
        except FileNotFoundError:
            return None
        return msgspec.json.decode(text, type=list[StagedLayer])

    def read(self) -> list[LayerData]:
        """Its city objects, and the layers that show some of them."""
        reader = formats.part_reader(formats.by_name(self.format))
        assert reader is not None
        return reader.read_part(Path(self.source), self.stretches, ReadOptions(crs=self.crs))

    def work(self) -> None:
        """Read the part and stage it."""
        unfinished = Path(f"{self.folder}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        city, *others = self.read()
        city.crs = self.site.crs
        staged = [stage_part(unfinished, city, self.site, self.wanted, Path(self.images))]
        staged += [described(other, self.site) for other in others]
        (unfinished / PART_FILE).write_bytes(msgspec.json.encode(staged))
        os.replace(unfinished, self.folder)


def grouped(stretches: Sequence[Stretch], size: int) -> list[list[Stretch]]:
    """Neighbouring stretches, together no larger than `size` where one alone is not."""
    groups: list[list[Stretch]] = []
    left = 0
    for stretch in stretches:
        # Vertices that lie in a file come before all others of a part.
        first = bool(groups and stretch.vertices) and any(other.holds != TEXT for other in groups[-1])
        if not groups or stretch.size > left or first:
            groups.append([])
            left = size
        groups[-1].append(stretch)
        left -= stretch.size
    return groups


def work_on(parts: Sequence[Part]) -> Iterator[int]:
    """Do the parts; gives the number of each when it is done."""
    if len(parts) < LEAST_FOR_WORKERS:
        for number, part in enumerate(parts):
            part.work()
            yield number
        return
    with Workers("layers.partworker", min(cores(), MOST_WORKERS, len(parts))) as workers:
        for number, answer in workers.each([msgspec.to_builtins(part) for part in parts]):
            if isinstance(answer, CitystrataError):
                raise answer
            yield number
