"""A process that knows what casts shadow around a place, and says of points whether the sun reaches them.

Gathering triangles and building their tree holds up every other thread of the process that does it, so the
window has it done by another one; answers to some ten thousand points take a few milliseconds.

    to it      {"path", "city_date", "x", "y", "radius_m"}, as a line of JSON
    from it    {"whole", "triangles", "notes"}, or {"error"}
    to it      QUESTION (how many, whether in leaf, direction), then so many points (n, 3) float64
    from it    so many shares of light, float32
"""

from __future__ import annotations

import queue
import struct
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import orjson
from numpy.typing import NDArray

from layers.arrays import Float64
from layers.data import Box
from layers.errors import CitystrataError
from layers.workers import HOUSE

Float32 = NDArray[np.float32]

QUESTION = struct.Struct("<I?3d")
#: After so long a silence it is asked whether anybody still waits.
SILENCE_S = 0.1
#: Shadows of a sun lower than this may end where the margin does.
LOWEST_DEG = 4.0


@dataclass(frozen=True)
class Around:
    """Where in which project shadows are wanted, and at which date of the city ('' = all)."""

    path: str
    city_date: str
    x: float
    y: float
    radius_m: float


class ShadowHelper:
    """The process as the window sees it. Made in a job; asked on one thread only."""

    def __init__(self, around: Around, go_on: Callable[[], object]) -> None:
        """Start it, and wait until it is ready; `go_on` may raise meanwhile."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=HOUSE,
        )
        weakref.finalize(self, self._process.kill)
        self.is_alive = True
        try:
            said = self._first_words(around, go_on)
        except BaseException:
            self.end()
            raise
        self.is_whole: bool = said["whole"]  # whether nothing of the project lies beyond
        self.triangles: int = said["triangles"]
        self.notes: tuple[str, ...] = tuple(said["notes"])

    def _first_words(self, around: Around, go_on: Callable[[], object]) -> dict[str, Any]:
        lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=lambda: lines.put(self._answers.readline()), daemon=True).start()
        with suppress(OSError):  # it has died: it then says nothing
            self._questions.write(orjson.dumps(around) + b"\n")
            self._questions.flush()
        while True:
            go_on()
            with suppress(queue.Empty):
                line = lines.get(timeout=SILENCE_S)
                break
        said: dict[str, Any] = orjson.loads(line) if line else {"error": {"what": "It ended"}}
        if "error" in said:
            raise CitystrataError("The shadows could not be prepared", found=said["error"]["what"])
        return said

    def share(self, points: Float64, direction: Float64, in_leaf: bool = True) -> Float32:
        """Share of light (n,) that reaches points (n, 3) from a direction (3,); all, once it has died."""
        answer = b""
        if self.is_alive and len(points):
            try:
                self._questions.write(QUESTION.pack(len(points), in_leaf, *direction.tolist()))
                self._questions.write(np.ascontiguousarray(points, "<f8").data)
                self._questions.flush()
                answer = self._answers.read(4 * len(points))
            except OSError:
                self.is_alive = False
        if len(answer) < 4 * len(points):
            self.is_alive = False
            return np.ones(len(points), np.float32)
        return np.frombuffer(answer, "<f4").astype(np.float32, copy=False)

    def end(self) -> None:
        """Let it go."""
        self.is_alive = False
        self._process.kill()
        self._process.wait()
        for pipe in (self._questions, self._answers):
            with suppress(OSError):
                pipe.close()

    @property
    def _questions(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def _answers(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout


# -- the process itself ------------------------------------------------------------------------------


def main() -> int:
    """Gather, then answer until nobody asks any more."""
    from analysis.casters import casters, height_range, margin_for
    from analysis.situation import Situation
    from analysis.standing import casting_layers
    from layers.importing import complete
    from layers.project import Project

    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    around = Around(**orjson.loads(questions.readline()))
    try:
        with Project.open(Path(around.path), read_only=True) as project:
            complete(project, casting_layers(project))
            area, is_whole = _area(project, around)
            margin_m = margin_for(LOWEST_DEG, height_range(project))
            situation = Situation(date=around.city_date)
            cast = casters(project, situation, area, margin_m, lowest_altitude_deg=LOWEST_DEG)
    except CitystrataError as error:
        answers.write(orjson.dumps({"error": error.parts()}) + b"\n")
        return 1
    triangles = cast.rays.triangle_count + cast.veils.triangle_count  # their trees are built now
    answers.write(orjson.dumps({"whole": is_whole, "triangles": triangles, "notes": cast.notes}) + b"\n")
    answers.flush()
    while len(head := questions.read(QUESTION.size)) == QUESTION.size:
        count, in_leaf, *direction = QUESTION.unpack(head)
        points = np.frombuffer(questions.read(24 * count), "<f8").reshape(count, 3)
        answers.write(cast.share(points, np.array(direction), in_leaf).astype("<f4").data)
        answers.flush()
    return 0


def _area(project: Any, around: Around) -> tuple[Box, bool]:
    """The box in which shadows are wanted, as high as the city, and whether all of the city is in it."""
    boxes = np.array([layer.box for layer in project.layers if layer.box]).reshape(-1, 6)
    low, high = float(boxes[:, 2].min(initial=np.inf)), float(boxes[:, 5].max(initial=-np.inf))
    west, south = around.x - around.radius_m, around.y - around.radius_m
    east, north = around.x + around.radius_m, around.y + around.radius_m
    is_whole = bool((boxes[:, :2] >= (west, south)).all() and (boxes[:, 3:5] <= (east, north)).all())
    return (west, south, low, east, north, high), is_whole


if __name__ == "__main__":
    sys.exit(main())
