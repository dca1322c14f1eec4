"""The steps of indexing a point cloud that processes share; each leaves a mark when it is done.

Run as `python -m layers.octree_tasks` it does tasks of `layers.workers`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from layers.errors import CitystrataError
from layers.octree_build import Look, build
from layers.octree_pieces import Piece, Target
from layers.pointfiles import Stretch
from layers.workers import Workers, serve

NEW = ".new"


class Done(msgspec.Struct, frozen=True):
    """What a step has left."""

    points: int
    lost: int = 0  # points that can be nowhere
    pieces: tuple[Piece, ...] = ()


class Sort(msgspec.Struct, tag=True, frozen=True):
    """Decode a stretch of a file and write its points in sorted pieces."""

    path: str  # of the file, for what is to be said of it
    stretch: Stretch
    target: Target
    mark: str

    def run(self) -> Done:
        """Do it."""
        pieces: list[Piece] = []
        lost = 0
        for decoded in self.stretch.decoded():
            columns = self.target.columns(decoded)
            lost += len(decoded.stored) - len(columns["place"])
            if len(columns["place"]):
                path = Path(f"{folder_of(self.mark)}-{len(pieces):03d}.bin")
                pieces.append(Piece.write(path, columns, self.target))
        return Done(sum(piece.count for piece in pieces), lost, tuple(pieces))


class Count(msgspec.Struct, tag=True, frozen=True):
    """Decode a stretch of a file and count its points."""

    path: str
    stretch: Stretch
    mark: str

    def run(self) -> Done:
        """Do it."""
        return Done(sum(len(decoded.stored) for decoded in self.stretch.decoded()))


class Resort(msgspec.Struct, tag=True, frozen=True):
    """Sort a piece by the keys of another cube."""

    piece: Piece
    target: Target
    mark: str

    def run(self) -> Done:
        """Do it."""
        piece = Piece.write(Path(self.mark).with_suffix(".bin"), self.piece.columns(), self.target)
        return Done(piece.count, pieces=(piece,))


class Build(msgspec.Struct, tag=True, frozen=True):
    """Build the trees of the cells between keys, of points that lie in the pieces that a file lists."""

    pieces: str
    bounds: tuple[int, ...]
    look: Look
    mark: str

    def run(self) -> Done:
        """Do it."""
        pieces = msgspec.json.decode(Path(self.pieces).read_bytes(), type=list[Piece])
        return Done(build(pieces, self.bounds, self.look, folder_of(self.mark)))


Step = Count | Sort | Resort | Build
AnyStep = TypeVar("AnyStep", Count, Sort, Resort, Build)


def folder_of(mark: str) -> Path:
    """Where a step puts what it makes."""
    return Path(mark).with_suffix("")


def perform(step: Step) -> Done:
    """Do a step and leave its mark."""
    done = step.run()
    new = Path(step.mark + NEW)
    new.write_bytes(msgspec.json.encode(done))
    new.replace(step.mark)
    return done


def done_before(step: Step) -> Done | None:
    """What an earlier run has left of a step."""
    try:
        return msgspec.json.decode(Path(step.mark).read_bytes(), type=Done)
    except (OSError, msgspec.DecodeError):
        return None


def each(
    steps: Sequence[AnyStep], workers: Workers | None
) -> Iterator[tuple[AnyStep, Done | CitystrataError]]:
    """The steps as they are done, by other processes where there are some."""
    left: list[AnyStep] = []
    for step in steps:
        before = done_before(step)
        if before is None:
            left.append(step)
        else:
            yield step, before
    if workers is not None:
        for number, answer in workers.each([msgspec.to_builtins(step) for step in left]):
            done = answer if isinstance(answer, CitystrataError) else msgspec.convert(answer, Done)
            yield left[number], done
        return
    for step in left:
        try:
            yield step, perform(step)
        except CitystrataError as error:
            yield step, error


def _answer(task: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = msgspec.to_builtins(perform(msgspec.convert(task, Step)))
    return answer


if __name__ == "__main__":
    serve(_answer)
