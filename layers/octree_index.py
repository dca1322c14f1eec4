"""Builds the octree of a point cloud out of its files, on all cores and in bounded memory.

    files ──> pieces, each sorted by key ──> cells of a few million points ──> nodes ──> one tree

What is done stays in the folder: after a kill the next run goes on from there.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from layers.data import Progress, never_stop
from layers.errors import CitystrataError, ReadError
from layers.morton import DEPTH, Cube, Keys
from layers.moving import Move
from layers.octree import ATTRIBUTES, Cloud, Frame, PointTree
from layers.octree_build import Look
from layers.octree_merge import Merger
from layers.octree_pieces import MARK_STEP, Piece, Target
from layers.octree_tasks import NEW, AnyStep, Build, Done, Resort, Sort, each, folder_of
from layers.pointfiles import AS_IT_IS, POINTS_AT_ONCE, Decoded, PointFiles, around
from layers.points import box_of
from layers.report import Report
from layers.stored import Float64
from layers.workers import Workers, cores

#: All processes together keep to about this much memory; each has its libraries, and more per point.
MEMORY = 1_600_000_000
PROCESS_MEMORY = 120_000_000
MEMORY_PER_POINT = 130
MOST_WORKERS = 8
#: A cloud of fewer points is indexed in this very process.
FEW_POINTS = 1_000_000
#: Points of the cells that are built at once.
FEWEST_AT_ONCE, MOST_AT_ONCE = 500_000, 4_000_000
PLAN_VERSION = 1
PLAN, PIECES, CELLS, TREE = "plan.json", "pieces.json", "cells.json", "tree"
WORKER = "layers.octree_tasks"
END = 1 << 3 * DEPTH  # beyond the last key
#: Steps of places that move, or that are floating-point numbers.
STEP_M = 0.001
LARGEST = 2**31 - 1
SMALLEST_SIDE_M = 1e-6
#: The box that headers tell may be smaller by this share of its side, and larger by this factor.
TOLERANCE, MOST_TOO_LARGE = 0.01, 4
#: Shares of the time, for the progress.
SORTED, BUILT = 0.6, 0.97


def index(
    source: PointFiles | Cloud, move: Move, folder: Path, report: Report, progress: Progress
) -> PointTree:
    """The octree of a cloud, in a folder of its own in `folder`; the report says what of it is lost."""
    points = len(source.points) if isinstance(source, Cloud) else source.points
    count = min(cores(), MOST_WORKERS) if points > FEW_POINTS else 0
    with Workers(WORKER, count) if count else nullcontext() as workers:
        return _Indexer(source, move, folder, report, progress, workers, max(1, count)).tree()


def tree_of(cloud: Cloud, folder: Path) -> PointTree:
    """The octree of a small cloud whose points are where they belong."""
    return index(cloud, Move(None, None), folder, Report(), never_stop)


class _Indexer:
    """The steps, one after the other."""

    def __init__(
        self,
        source: PointFiles | Cloud,
        move: Move,
        folder: Path,
        report: Report,
        progress: Progress,
        workers: Workers | None,
        processes: int,
    ) -> None:
        self._source, self._move, self._folder = source, move, folder
        self._report, self._progress, self._workers = report, progress, workers
        per_process = MEMORY / processes - PROCESS_MEMORY
        self._at_once = int(np.clip(per_process / MEMORY_PER_POINT, FEWEST_AT_ONCE, MOST_AT_ONCE))

    def tree(self) -> PointTree:
        """Build it."""
        source, target = self._source, target_of(self._source, self._move)
        if isinstance(source, Cloud):
            self._begin(b"")
            pieces = self._from_memory(source, target)
        else:
            steps = self._sort_steps(source, target)
            self._begin(msgspec.json.encode((PLAN_VERSION, self._at_once, steps)))
            pieces = self._sorted(steps)
        if not pieces:
            raise ReadError("No point of this cloud has possible coordinates")
        target, pieces = self._in_fitting_cube(target, pieces)
        folders = self._built(pieces, look_of(target, pieces))
        for piece in pieces:
            piece.remove()
        return Merger(folders, look_of(target, pieces), self._folder / TREE).tree()

    def _begin(self, plan: bytes) -> None:
        """Go on with what an earlier run of the same plan has left; else begin with an empty folder."""
        path = self._folder / PLAN
        if not plan or not path.exists() or path.read_bytes() != plan:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir(parents=True)
            path.write_bytes(plan)

    def _mark(self, name: str, number: int) -> str:
        return str(self._folder / f"{name}-{number:05d}.json")

    # --- pieces ------------------------------------------------------------------------------------

    def _sort_steps(self, source: PointFiles, target: Target) -> list[Sort]:
        stretches = [stretch for file in source.files for stretch in file.stretches]
        return [Sort(item.path, item, target, self._mark("sort", n)) for n, item in enumerate(stretches)]

    def _sorted(self, steps: Sequence[Sort]) -> tuple[Piece, ...]:
        """All points in sorted pieces; of damaged stretches, what can be read of them."""
        results = list(self._each(steps, 0.0, SORTED, "Reading points"))
        again: list[Sort] = []
        for step, done in results:
            if isinstance(done, CitystrataError):
                again += _smaller(step, done)
        results = [(step, done) for step, done in results if isinstance(done, Done)]
        results += self._each(again, SORTED, SORTED, "Reading damaged points")
        pieces = [piece for _step, done in results if isinstance(done, Done) for piece in done.pieces]
        errors = [(step, done) for step, done in results if not isinstance(done, Done)]
        if errors and not pieces:
            raise errors[0][1]
        self._say_what_is_lost(sum(done.lost for _, done in results if isinstance(done, Done)), errors)
        return tuple(sorted(pieces, key=lambda piece: piece.path))

    def _say_what_is_lost(self, lost: int, errors: Sequence[tuple[Sort, object]]) -> None:
        damaged = Counter[str]()
        for step, _error in errors:
            damaged[Path(step.path).name] += step.stretch.count
        for name, count in damaged.items():
            text = f"{count:,} points are damaged and are left out"
            self._report.warn("damaged_points", name, text, "dropped", count)
        if lost:
            text = f"{lost:,} points have impossible coordinates and are left out"
            self._report.warn("impossible_points", "", text, "dropped", lost)

    def _from_memory(self, cloud: Cloud, target: Target) -> tuple[Piece, ...]:
        pieces: list[Piece] = []
        lost = 0
        for first in range(0, len(cloud.points), POINTS_AT_ONCE):
            some = slice(first, first + POINTS_AT_ONCE)
            columns = {name: getattr(cloud, name)[some] for name in target.attributes}
            taken = target.columns(Decoded(cloud.points[some], AS_IT_IS, columns))
            lost += len(cloud.points[some]) - len(taken["place"])
            if len(taken["place"]):
                path = self._folder / f"piece-{len(pieces):05d}.bin"
                pieces.append(Piece.write(path, taken, target))
        assert not lost, "readers leave out impossible points"
        return tuple(pieces)

    def _in_fitting_cube(self, target: Target, pieces: Sequence[Piece]) -> tuple[Target, tuple[Piece, ...]]:
        """The pieces, sorted anew when headers were so wrong about the box that the cells do not fit."""
        box = around([piece.box for piece in pieces])
        side_m = float((box[1] - box[0]).max())
        low, cube = np.array(target.cube.low), target.cube
        beyond_m = max(float((low - box[0]).max()), float((box[1] - low).max()) - cube.side_m)
        if (
            beyond_m <= cube.side_m * TOLERANCE
            and cube.side_m <= max(side_m, SMALLEST_SIDE_M) * MOST_TOO_LARGE
        ):
            return target, tuple(pieces)
        target = replace(target, cube=Cube.around(box))
        steps = [Resort(piece, target, self._mark("resort", n)) for n, piece in enumerate(pieces)]
        found: list[Piece] = []
        for _step, done in self._each(steps, SORTED, SORTED, "Sorting points"):
            if isinstance(done, CitystrataError):
                raise done
            found += done.pieces
        return target, tuple(sorted(found, key=lambda piece: piece.path))

    # --- cells -------------------------------------------------------------------------------------

    def _built(self, pieces: tuple[Piece, ...], look: Look) -> list[Path]:
        """The folders of all cells' trees, in the order of their keys."""
        listed = self._folder / PIECES
        listed.write_bytes(msgspec.json.encode(pieces))
        steps = [
            Build(str(listed), bounds, look, self._mark("cells", number))
            for number, bounds in enumerate(self._cells(pieces))
        ]
        folders = []
        for step, done in self._each(steps, SORTED, BUILT, "Indexing points"):
            if isinstance(done, CitystrataError):
                raise done
            if done.points:
                folders.append(folder_of(step.mark))
        return sorted(folders)

    def _cells(self, pieces: Sequence[Piece]) -> list[tuple[int, ...]]:
        """Bounds of the cells that are built together, as an earlier run has found them or anew."""
        path = self._folder / CELLS
        if path.exists():
            return msgspec.json.decode(path.read_bytes(), type=list[tuple[int, ...]])
        marks = np.sort(np.concatenate([piece.marks() for piece in pieces]))
        together = list(grouped(cells(marks, 0, END, self._at_once), self._at_once))
        path.with_suffix(NEW).write_bytes(msgspec.json.encode(together))
        path.with_suffix(NEW).replace(path)
        return together

    def _each(
        self, steps: Sequence[AnyStep], first: float, last: float, text: str
    ) -> Iterator[tuple[AnyStep, Done | CitystrataError]]:
        """The steps as they are done, their points counted for the person who waits."""
        points = 0
        for number, (step, done) in enumerate(each(steps, self._workers)):
            points += done.points if isinstance(done, Done) else 0
            yield step, done
            fraction = first + (last - first) * (number + 1) / len(steps)
            self._progress(fraction, f"{text}: {points:,}")


def _smaller(step: Sort, error: CitystrataError) -> Iterator[Sort]:
    """A damaged stretch by the smallest parts that can be read alone."""
    if not isinstance(error, ReadError):
        raise error
    for number, part in enumerate(step.stretch.parts()):
        yield Sort(step.path, part, step.target, f"{folder_of(step.mark)}-{number:05d}.json")


# --- planning --------------------------------------------------------------------------------------


def target_of(source: PointFiles | Cloud, move: Move) -> Target:
    """How the points of a source are to be stored: as in its files where they do not move."""
    if isinstance(source, Cloud):
        found = box_of(source.points)
        boxes = [np.reshape(found or np.zeros(6), (2, 3))]
        frames: set[Frame | None] = {None}
        attributes = [name for name in ATTRIBUTES if getattr(source, name) is not None]
    else:
        boxes, frames = [file.box for file in source.files], {file.frame for file in source.files}
        held = {name for file in source.files for name in file.attributes}
        attributes = [name for name in ATTRIBUTES if name in held]
    box = around([moved_box(box, move) for box in boxes])
    (frame, *others) = frames
    if frame is None or others or not move.stays:
        frame = frame_around(box, frames, move)
    return Target(frame, move, Cube.around(box), tuple(attributes))


def moved_box(box: Float64, move: Move) -> Float64:
    """(2, 3) around the corners of a box where they belong."""
    corners = move(np.array([[x, y, z] for x in box[:, 0] for y in box[:, 1] for z in box[:, 2]]))
    return np.array([corners.min(axis=0), corners.max(axis=0)])


def frame_around(box: Float64, frames: Iterable[Frame | None], move: Move) -> Frame:
    """A frame for a box: the finest of the steps that there are, or millimetres, as far as they fit."""
    known = [frame for frame in frames if frame is not None]
    finest = np.min([frame.scale for frame in known], axis=0) if known and move.stays else np.full(3, STEP_M)
    extent = np.maximum(box[1] - box[0], SMALLEST_SIDE_M)
    if not known:  # floating-point numbers: as fine as there is room for
        finest = np.minimum(finest, 10.0 ** np.ceil(np.log10(extent / LARGEST)))
    scale = np.maximum(finest, 10.0 ** np.ceil(np.log10(extent / LARGEST)))
    offset = np.array(known[0].offset) if known and move.stays else np.zeros(3)
    if (np.abs((box - offset) / scale) > LARGEST).any():
        offset = offset + np.round((box.mean(axis=0) - offset) / scale) * scale
    return Frame(tuple(scale.tolist()), tuple(offset.tolist()))


def look_of(target: Target, pieces: Sequence[Piece]) -> Look:
    """What is worth storing of the points that were found."""
    brightest, most_colour = (
        max(piece.brightest for piece in pieces),
        max(piece.most_colour for piece in pieces),
    )
    empty = {name for name, most in (("intensity", brightest), ("rgb", most_colour)) if not most}
    box = around([piece.box for piece in pieces])
    return Look(
        target.frame,
        target.cube,
        tuple(name for name in target.attributes if name not in empty),
        16 if most_colour > 255 else 8,
        float(box[0, 2]),
        float(box[1, 2]),
    )


def cells(marks: Keys, first: int, end: int, most: int) -> Iterator[tuple[int, int]]:
    """The largest cells between two keys with at most `most` points: first key, and about how many points.

    `marks` are every MARK_STEP-th of the points' keys, sorted.
    """
    begin, stop = np.searchsorted(marks, np.array([first, end], np.uint64)).tolist()
    points = (stop - begin) * MARK_STEP
    if points <= most or end - first == 1:
        yield first, points
        return
    size = (end - first) // 8
    for number in range(8):
        yield from cells(marks[begin:stop], first + number * size, first + (number + 1) * size, most)


def grouped(found: Iterable[tuple[int, int]], most: int) -> Iterator[tuple[int, ...]]:
    """Cells that are built together: their first keys, and the key at which the last one ends."""
    bounds: list[int] = []
    together = 0
    for first, points in found:
        if bounds and together + points > most:
            yield (*bounds, first)
            bounds, together = [], 0
        bounds.append(first)
        together += points
    yield (*bounds, END)
