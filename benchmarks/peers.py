"""The same triangles drawn by others: a plain VTK scene, PyVista with its defaults, F3D.

Each is called in a process of its own with a folder of `points.npy` and `triangles.npy`, orbits
around it once as our scene does, and gives what a frame took, the first one, and its memory.
"""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.figure import PICTURE
from benchmarks.memory import peak_mb

if TYPE_CHECKING:
    from layers.arrays import CityTiles
    from viewer.camera import Camera

#: The yardstick: what every office machine draws without effort.
YARDSTICK_TRIANGLES = 150_000
UP = (0.0, 0.0, 1.0)
Answer = dict[str, Any]


def write_triangles(project_path: str, folder: str, most: str = "0") -> int:
    """The triangles of a city in full detail, those nearest to its middle first; gives their number.

    At most so many, or all of them when `most` is 0. Coordinates are of single precision around the
    middle of the city, corners belong to one polygon each, so that all draw the same flat faces.
    """
    from layers.arrays import CityTiles
    from layers.project import Project

    with Project.open(Path(project_path), read_only=True) as project:
        tiles = project.drawable(project.layers[0])
        assert isinstance(tiles, CityTiles)
        middle = tiles.entry_box.mean(axis=(0, 1))
        used, triangles = finest_triangles(tiles, int(most))
        np.save(Path(folder, "points.npy"), (tiles.vertices[used] - middle).astype(np.float32))
        np.save(Path(folder, "triangles.npy"), triangles)
    return len(triangles)


def finest_triangles(tiles: CityTiles, most: int = 0) -> tuple[Any, Any]:
    """Which vertices of a city its finest level of detail uses, and its triangles over them.

    At most so many triangles, those nearest to the middle of the city first, or all when `most` is 0.
    """
    finest = np.flatnonzero(tiles.geometry_lod == len(tiles.lod_names) - 1)
    triangle = tiles.surface_triangle[tiles.geometry_surface]
    chosen = _marked(triangle[finest], triangle[finest + 1], len(tiles.triangles))
    if most:
        middle = tiles.entry_box.mean(axis=(0, 1))
        away = np.hypot(*(tiles.entry_box.mean(axis=1) - middle)[:, :2].T)
        counts = np.add.reduceat(chosen, tiles.entry_triangle[:-1].astype(np.int64), dtype=np.int64)
        order = np.argsort(away)
        near = order[: int(np.searchsorted(np.cumsum(counts[order]), most))]
        chosen &= _marked(tiles.entry_triangle[near], tiles.entry_triangle[near + 1], len(chosen))
    triangles = tiles.triangles[chosen]
    used = np.zeros(len(tiles.vertices), bool)
    used[triangles.ravel()] = True
    return used, (np.cumsum(used, dtype=np.int32) - 1)[triangles]


def _marked(starts: Any, ends: Any, count: int) -> Any:
    """Which of `count` things lie in one of the stretches."""
    steps = np.zeros(count + 1, np.int8)
    np.add.at(steps, starts, 1)
    np.add.at(steps, ends, -1)
    return np.cumsum(steps[:-1], dtype=np.int8) > 0


def plain_vtk(folder: str, frames: str) -> Answer:
    """One actor, one light, no multisampling."""
    start = perf_counter()
    window, renderer = _plain_scene(folder)

    def turn() -> None:
        renderer.GetActiveCamera().Azimuth(360 / int(frames))
        renderer.ResetCameraClippingRange()

    def draw() -> None:
        window.Render()
        window.WaitForCompletion()

    return _timed(start, draw, turn, int(frames))


def hardware_selector(folder: str, picks: str) -> Answer:
    """What vtkHardwareSelector needs to name what is under a pixel of the plain scene."""
    from vtkmodules.vtkRenderingCore import vtkHardwareSelector

    start = perf_counter()
    window, renderer = _plain_scene(folder)
    window.Render()
    selector, places = vtkHardwareSelector(), iter(range(PICTURE[0] // 2, PICTURE[0]))
    selector.SetRenderer(renderer)

    def select() -> None:
        x, y = next(places), PICTURE[1] // 2
        selector.SetArea(x, y, x, y)
        selector.Select()

    return _timed(start, select, lambda: None, int(picks))


def _plain_scene(folder: str) -> tuple[Any, Any]:
    import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  # brings the drawing of all these
    from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow

    renderer, window = vtkRenderer(), vtkRenderWindow()
    renderer.AddActor(plain_actor(*_arrays(folder)))
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(0)
    window.SetSize(*PICTURE)
    window.AddRenderer(renderer)
    view, camera = whole_city(_arrays(folder)[0]), renderer.GetActiveCamera()
    camera.SetPosition(*view.eye)
    camera.SetFocalPoint(*view.target)
    camera.SetViewUp(*UP)
    camera.SetViewAngle(view.fov_deg)
    renderer.ResetCameraClippingRange()
    return window, renderer


def whole_city(points: Any) -> Camera:
    """How a scene of ours first looks at a city."""
    from viewer.camera import Camera

    box = np.stack((points.min(axis=0), points.max(axis=0))).astype(np.float64)
    return Camera(box.mean(axis=0)).fitted(box, PICTURE[0] / PICTURE[1])


def plain_actor(coordinates: Any, triangles: Any) -> Any:
    """Triangles as VTK draws them when nothing else is said."""
    from vtkmodules.vtkCommonCore import vtkFloatArray, vtkPoints, vtkTypeInt64Array
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
    from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

    points, cells, polygons = vtkPoints(), vtkCellArray(), vtkPolyData()
    flat, corners = vtkFloatArray(), vtkTypeInt64Array()
    flat.SetNumberOfComponents(3)
    for array, values in ((flat, coordinates), (corners, triangles.ravel())):
        array.SetNumberOfTuples(len(values))
        np.asarray(array)[...] = values
    points.SetData(flat)
    cells.SetData(3, corners)
    polygons.SetPoints(points)
    polygons.SetPolys(cells)
    mapper, actor = vtkPolyDataMapper(), vtkActor()
    mapper.SetInputData(polygons)
    actor.SetMapper(mapper)
    return actor


def _arrays(folder: str) -> tuple[Any, Any]:
    return np.load(Path(folder, "points.npy")), np.load(Path(folder, "triangles.npy"))


def pyvista(folder: str, frames: str) -> Answer:
    """A plotter with its defaults, which smooth edges by drawing several samples of each pixel."""
    import pyvista as pv

    start = perf_counter()
    plotter = pv.Plotter(off_screen=True, window_size=list(PICTURE))
    points, triangles = _arrays(folder)
    plotter.add_mesh(pv.PolyData.from_regular_faces(points, triangles))
    view = whole_city(points)
    plotter.camera_position = [tuple(view.eye), tuple(view.target), UP]
    plotter.camera.view_angle = view.fov_deg
    plotter.show(auto_close=False, interactive=False)
    window = plotter.render_window
    assert window is not None

    def draw() -> None:
        plotter.render()
        window.WaitForCompletion()

    def turn() -> None:
        plotter.camera.Azimuth(360 / int(frames))
        plotter.reset_camera_clipping_range()

    return _timed(start, draw, turn, int(frames))


def f3d(folder: str, frames: str) -> Answer:
    """F3D's engine with its defaults; it reads the triangles from a GLB file."""
    import f3d as library

    start = perf_counter()
    engine = library.Engine.create(True)
    engine.window.size = PICTURE
    engine.scene.add(str(Path(folder, "city.glb")))
    view, camera = whole_city(_arrays(folder)[0]), engine.window.camera
    camera.position, camera.focal_point = tuple(view.eye), tuple(view.target)
    camera.view_up, camera.view_angle = UP, view.fov_deg
    return _timed(
        start, engine.window.render_to_image, lambda: camera.azimuth(360 / int(frames)), int(frames)
    )


def write_glb(folder: str) -> int:
    """The triangles as a file that F3D reads."""
    import trimesh

    points, triangles = _arrays(folder)
    trimesh.Trimesh(points, triangles, process=False).export(Path(folder, "city.glb"))
    return len(triangles)


def _timed(start: float, draw: Any, turn: Any, frames: int) -> Answer:
    draw()
    first_s = perf_counter() - start
    times = []
    for _ in range(frames):
        turn()
        begun = perf_counter()
        draw()
        times.append((perf_counter() - begun) * 1000)
    return {"first_s": first_s, "frames_ms": times, "memory_mb": peak_mb()}
