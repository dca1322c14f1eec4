"""Flights over the largest city: every frame timed, five moments looked at closely.

At each moment the flight rests. The picture must equal that of a fresh scene, must cover what plain VTK
covers when it draws every triangle of the city, and picks must name what a ray meets that is cast at all
triangles in float64.
"""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.drawing import flown_ms, middle_of, opened, random_pixels, rest_ms
from benchmarks.figure import BUILDINGS, PICTURE, RECORD, Figure, in_child, show
from benchmarks.project import city_project
from benchmarks.rays import BruteForce

if TYPE_CHECKING:
    from layers.arrays import CityTiles, Float64, UInt8
    from layers.project import Project
    from layers.records import Layer
    from viewer.camera import Camera
    from viewer.scene import Scene

PICKS = 1000
FRAMES = 80  # between two moments
TOLERANCE_M = 0.01
NEAR_PX = 4
#: Where the flight leads: east and north of the middle as parts of the city's size, distance in metres
#: (a part of the size when below 1), azimuth and altitude in degrees.
MOMENTS = {
    "the whole city": (0.0, -0.05, 1.5, 20.0, 38.0),
    "the middle": (0.0, 0.0, 1800.0, 70.0, 25.0),
    "between towers": (0.003, 0.002, 600.0, 190.0, 20.0),
    "the suburbs": (-0.28, 0.12, 900.0, 240.0, 30.0),
    "along the roofs to the horizon": (-0.1, -0.2, 300.0, 35.0, 6.0),
}
PAGE_SIZE = (1120, 700)  # of the pictures on the page
BINS_MS = (0, 20, 40, 60, 80, 100, 150, 200, 400, np.inf)


def cameras(scene: Scene) -> dict[str, Camera]:
    """The moments of the flight in a city of any size."""
    middle, size = middle_of(scene), np.ptp(scene.box, axis=0)[:2]
    found = {}
    for name, (east, north, away, azimuth, altitude) in MOMENTS.items():
        target = middle + np.array((*(size * (east, north)), 5.0))
        distance = away * float(size.max()) if away < 2 else away
        turned = replace(scene.camera, azimuth_deg=azimuth, altitude_deg=altitude)
        found[name] = turned.flown_to(target, distance)
    return found


def between(start: Camera, end: Camera, frames: int) -> list[Camera]:
    """A smooth flight; distances shrink and grow by the same share in each frame."""
    path = []
    for share in (1 - np.cos(np.linspace(0, np.pi, frames))) / 2:
        turn = (end.azimuth_deg - start.azimuth_deg + 180) % 360 - 180
        path.append(
            replace(
                start,
                target=start.target + share * (end.target - start.target),
                distance_m=start.distance_m * (end.distance_m / start.distance_m) ** share,
                azimuth_deg=(start.azimuth_deg + share * turn) % 360,
                altitude_deg=start.altitude_deg + share * (end.altitude_deg - start.altitude_deg),
            )
        )
    return path


def flown(path: str, folder: str, frames: str = str(FRAMES)) -> dict[str, Any]:
    """The flight in a process of its own: times, and a picture of each moment in `folder`."""
    answer: dict[str, Any] = {"frames_ms": [], "rest_ms": {}, "picks": {}, "shown": {}}
    with opened(Path(path)) as (project, scene, layer):
        rest_ms(scene)
        moments = cameras(scene)
        judge = BruteForce(_tiles(project, layer))
        here = scene.camera
        for number, (name, there) in enumerate(moments.items()):
            answer["frames_ms"] += flown_ms(scene, between(here, there, int(frames)))
            answer["rest_ms"][name] = rest_ms(scene)
            np.save(Path(folder, f"resting-{number}.npy"), scene.frame())
            np.save(Path(folder, f"smooth-{number}.npy"), scene.frame(fine=True))
            answer["picks"][name] = wrong_picks(scene, layer, judge, PICKS // len(moments), number)
            answer["shown"][name] = scene.shown_objects
            here = there
    return answer


def _tiles(project: Project, layer: Layer) -> CityTiles:
    from layers.arrays import CityTiles

    tiles = project.drawable(layer)
    assert isinstance(tiles, CityTiles)
    return tiles


def wrong_picks(scene: Scene, layer: Layer, judge: BruteForce, count: int, seed: int) -> list[str]:
    """Random picks that do not agree with the judge, in words."""
    wrong = []
    for x, y in random_pixels(count, seed):
        ray = scene.camera.ray(x, y, *PICTURE)
        met, hit = judge.first(ray.origin, ray.direction), scene.pick(x, y)
        if met is None or hit is None:
            if met is not None or hit is not None:
                wrong.append(f"{x:.1f}, {y:.1f}: {met} against {hit}")
            continue
        place = ray.origin + met.distance_m * ray.direction
        away = float(np.linalg.norm(hit.point_in_world - place))
        if hit.fid is None or hit.fid - layer.first_fid not in met.objects or away > TOLERANCE_M:
            wrong.append(f"{x:.1f}, {y:.1f}: {met} against {hit}, {away:.3f} m apart")
    return wrong


def fresh(path: str, folder: str, number: str) -> float:
    """Share of pixels that differ when a new scene draws a moment; its picture goes into `folder`."""
    with opened(Path(path)) as (_project, scene, _layer):
        scene.camera = list(cameras(scene).values())[int(number)]
        scene.settle()
        rest_ms(scene)
        picture = scene.frame()
    return differing(picture, np.load(Path(folder, f"resting-{number}.npy")))


def differing(one: UInt8, other: UInt8, most: int = 16) -> float:
    """Share of pixels that differ by more than `most` of 255 levels in any colour."""
    apart = np.abs(one.astype(np.int16) - other).max(axis=2) > most
    return float(apart.mean())


def uncovered(path: str, folder: str, number: str) -> float:
    """Share of the pixels that every triangle drawn by plain VTK covers, where a moment shows the sky.

    Pixels at outlines do not count: there both may be right. Neither do those with something drawn
    near by: what is smaller than a few pixels is drawn merged with its neighbours.
    """
    from viewer.scene import Scene

    with opened(Path(path)) as (project, scene, layer):
        camera = list(cameras(scene).values())[int(number)]
        everything = _covered(_tiles(project, layer), scene.origin, camera, scene.box)
        empty = Scene(project, PICTURE)
        sky = empty.frame().astype(np.int16)
        empty.close()
    resting = np.load(Path(folder, f"resting-{number}.npy"))
    shows_sky = np.abs(resting - sky).max(axis=2) < 3
    inside = _shrunk(everything)
    nothing_near = shows_sky
    for _ in range(NEAR_PX):
        nothing_near = _shrunk(nothing_near)
    return float((inside & nothing_near).sum() / max(inside.sum(), 1))


def _shrunk(mask: Any) -> Any:
    """Those of the pixels whose four neighbours are in the mask, too."""
    inside = mask.copy()
    for axis in (0, 1):
        for step in (-1, 1):
            inside &= np.roll(mask, step, axis=axis)
    return inside


def _covered(tiles: CityTiles, origin: Float64, camera: Camera, box: Float64) -> Any:
    """Where plain VTK draws anything of the finest level of detail, (h, w)."""
    from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow, vtkWindowToImageFilter

    from benchmarks.peers import finest_triangles, plain_actor

    renderer, window = vtkRenderer(), vtkRenderWindow()
    used, triangles = finest_triangles(tiles)
    actor = plain_actor((tiles.vertices[used] - origin).astype(np.float32), triangles)
    actor.GetProperty().LightingOff()
    renderer.AddActor(actor)
    renderer.SetBackground(0, 0, 0)
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(0)
    window.SetSize(*PICTURE)
    window.AddRenderer(renderer)
    camera.apply(renderer.GetActiveCamera(), origin, box)
    window.Render()
    grab = vtkWindowToImageFilter()
    grab.SetInput(window)
    grab.ReadFrontBufferOff()
    grab.Update()
    pixels = np.asarray(grab.GetOutput().GetPointData().GetScalars()).reshape(PICTURE[1], PICTURE[0], -1)
    return pixels[::-1].max(axis=2) > 0


def histogram(times_ms: list[float]) -> str:
    """Frame times as rows of text."""
    counts = np.histogram(times_ms, BINS_MS)[0]
    rows = []
    for low, high, count in zip(BINS_MS, BINS_MS[1:], counts, strict=False):
        bound = f"{low:>4.0f} to {high:>4.0f} ms" if np.isfinite(high) else f"{low:>4.0f} ms and more"
        rows.append(f"      {bound:16} {count:5}  {'#' * round(60 * count / max(counts.max(), 1))}")
    return "\n".join(rows)


def save_pictures(folder: Path, target: Path) -> None:
    """The moments as PNG files."""
    from PIL import Image

    target.mkdir(parents=True, exist_ok=True)
    for number in range(len(MOMENTS)):
        picture = Image.fromarray(np.load(folder / f"smooth-{number}.npy")).resize(PAGE_SIZE)
        picture.save(target / f"flight-{number + 1}.png", optimize=True)


def main() -> int:
    """Measure and print."""
    path = city_project(BUILDINGS)
    figures = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        answer = in_child(__spec__.name, "flown", path, folder)
        for number, moment in enumerate(MOMENTS):
            new = in_child(__spec__.name, "fresh", path, folder, number)
            missing = in_child(__spec__.name, "uncovered", path, folder, number)
            figures += [
                Figure(f"{moment}: pixels unlike a fresh scene's", 100 * new, 0.1, " %"),
                Figure(f"{moment}: pixels without what plain VTK draws there", 100 * missing, 0.05, " %"),
            ]
        pictures = Path(os.environ[RECORD]).parent / "images" if RECORD in os.environ else path.parent
        save_pictures(folder, pictures)
    wrong = [text for some in answer["picks"].values() for text in some]
    for text in wrong[:10]:
        print(f"      {text}")
    print(histogram(answer["frames_ms"]))
    times = np.array(answer["frames_ms"])
    return show(
        *figures,
        Figure(
            f"random picks in {BUILDINGS:,} buildings that a ray cast at all triangles contradicts",
            len(wrong),
            0,
            f" of {PICKS:,}",
        ),
        Figure(
            f"flight over {BUILDINGS:,} buildings, slowest frame in a hundred / median",
            float(np.percentile(times, 99) / np.median(times)),
            4,
            " ×",
            f"median {np.median(times):.0f} ms, 99th percentile {np.percentile(times, 99):.0f} ms,"
            f" longest {times.max():.0f} ms, {len(times)} frames",
        ),
        frames_ms=answer["frames_ms"],
        shown=answer["shown"],
    )


if __name__ == "__main__":
    sys.exit(main())
