"""Frames of a scene as a person sees them: opened, orbited, flown through, at rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.figure import PICTURE
from benchmarks.memory import peak_mb, resident_mb

if TYPE_CHECKING:
    from layers.arrays import Float64
    from layers.project import Project
    from layers.records import Layer
    from viewer.camera import Camera
    from viewer.scene import Scene

ORBIT_FRAMES = 60
#: Where orbits are flown: how far from the middle of the city as a part of its size, or in metres.
STATIONS = {"the whole city": 1.0, "a district": 2500.0, "a street": 220.0}


@contextmanager
def opened(path: Path) -> Iterator[tuple[Project, Scene, Layer]]:
    """A project with its first layer in a scene, as the window brings it there."""
    from layers.project import Project
    from viewer.scene import Scene, prepare

    with Project.open(path) as project:
        scene = Scene(project, PICTURE)
        layer = project.layers[0]
        with project.reader() as reader:
            scene.add(prepare(layer, reader.drawable(layer), project.place, reader))
        yield project, scene, layer
        scene.close()


def milliseconds_since(start: float) -> float:
    """How long ago that was."""
    return (perf_counter() - start) * 1000


def frame_ms(scene: Scene) -> float:
    """How long the next frame takes."""
    start = perf_counter()
    scene.frame()
    return milliseconds_since(start)


def rest_ms(scene: Scene) -> float:
    """From the end of a motion until the picture is refined and nothing more comes."""
    start = perf_counter()
    scene.moving = False
    scene.frame()
    while scene.needs_frame:
        scene.frame()
    return milliseconds_since(start)


def flown_ms(scene: Scene, cameras: Iterable[Camera]) -> list[float]:
    """How long each frame takes while the camera moves along these."""
    scene.moving = True
    times = []
    for camera in cameras:
        scene.camera = camera
        times.append(frame_ms(scene))
    return times


def orbit(camera: Camera, around: Float64, frames: int = ORBIT_FRAMES) -> list[Camera]:
    """Once round a point, in steps as of a slow hand."""
    return [camera.orbited(around, turn, 0.0) for turn in np.arange(frames) * (360.0 / frames)]


def stations(scene: Scene, middle: Float64) -> dict[str, Camera]:
    """Cameras far from, above and within the city; `middle` is on the ground at its middle."""
    scene.fit()
    far = scene.camera
    return {
        name: far if away == 1.0 else far.flown_to(middle, min(away, far.distance_m))
        for name, away in STATIONS.items()
    }


def middle_of(scene: Scene) -> Float64:
    """The middle of everything that is drawn, on the ground."""
    box = scene.box
    return np.array([*box.mean(axis=0)[:2], box[0, 2]])


def actor_count(scene: Scene) -> int:
    """How many actors VTK is given to draw."""
    return int(scene._window.renderer.GetActors().GetNumberOfItems())


def points_drawn(scene: Scene) -> int:
    """How many points of clouds the picture is made of."""
    from viewer.view import Dotted

    every = [view.dots() for view in scene._views.values() if isinstance(view, Dotted)]
    return sum(len(batch.colors) for dots in every if dots is not None for batch in dots.batches)


def measured(path: str) -> dict[str, Any]:
    """A project opened, orbited at every station, at rest there, and picked; in a process of its own."""
    start = perf_counter()
    with opened(Path(path)) as (_project, scene, _layer):
        rest_ms(scene)
        answer: dict[str, Any] = {"open_s": perf_counter() - start, "opened_mb": resident_mb()}
        middle = middle_of(scene)
        answer["stations"] = {}
        for name, camera in stations(scene, middle).items():
            seen: dict[str, Any] = {"frames_ms": flown_ms(scene, orbit(camera, middle))}
            seen["moving_points"] = points_drawn(scene)
            seen |= {"rest_ms": rest_ms(scene), "points": points_drawn(scene), "picks_ms": picked_ms(scene)}
            answer["stations"][name] = seen
        answer |= {"memory_mb": resident_mb(), "peak_mb": peak_mb(), "actors": actor_count(scene)}
        return answer


def random_pixels(count: int, seed: int = 7) -> list[tuple[float, float]]:
    """Places in the picture, always the same."""
    random = np.random.default_rng(seed)
    return [(float(x), float(y)) for x, y in random.uniform((0, 0), PICTURE, (count, 2))]


def picked_ms(scene: Scene, count: int = 200) -> list[float]:
    """How long each of some picks takes."""
    times = []
    for x, y in random_pixels(count):
        start = perf_counter()
        scene.pick(x, y)
        times.append(milliseconds_since(start))
    return times
