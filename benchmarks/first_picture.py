"""The first picture of Den Haag, from the start of the process to the picture on disk, against F3D.

F3D shows the same triangles as GLB, in the same size, drawn by the same software renderer; each
starts as a process of its own. Ours reads the city model itself.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.figure import ROOT, Figure, environment, fastest, real_data, show

SIZE = (1280, 800)
DEN_HAAG = Path("cityjson", "denhaag", "denhaag.city.json")
F3D = """
import sys, f3d
engine = f3d.Engine.create(True)
engine.window.size = {size}
engine.scene.add(sys.argv[1])
engine.window.render_to_image().save(sys.argv[2])
"""


def write_glb(source: Path, path: Path) -> int:
    """The triangles of the city model as GLB; gives their number."""
    import trimesh

    from layers import formats
    from layers.arrays import Mesh
    from layers.data import ReadOptions

    mesh = formats.read(source, ReadOptions())[1][0].drawable
    assert isinstance(mesh, Mesh)
    local = np.asarray(mesh.vertices) - mesh.vertices.mean(axis=0)
    trimesh.Trimesh(local, mesh.triangles, process=False).export(path)
    return len(mesh.triangles)


def seconds(command: list[str], picture: Path) -> float:
    """From the start of the process to its end; the picture must be there and show something."""
    picture.unlink(missing_ok=True)
    start = perf_counter()
    done = subprocess.run(command, env=environment(), cwd=ROOT, capture_output=True, text=True, check=False)
    elapsed = perf_counter() - start
    if done.returncode or not picture.exists() or picture.stat().st_size < 5000:
        raise RuntimeError(f"{command[:3]} gave no picture:\n{done.stdout}\n{done.stderr}")
    return elapsed


def main() -> int:
    """Measure and print."""
    source = real_data(DEN_HAAG)
    with tempfile.TemporaryDirectory() as folder:
        glb, picture = Path(folder, "city.glb"), Path(folder, "city.png")
        triangles = write_glb(source, glb)
        width, height = SIZE
        ours = [str(Path(sys.executable).with_name("citystrata")), "render", str(source)]
        ours += ["--out", str(picture), "--size", f"{width}x{height}"]
        peer = [sys.executable, "-c", F3D.format(size=SIZE), str(glb), str(picture)]
        best = fastest({"ours": partial(seconds, ours, picture), "f3d": partial(seconds, peer, picture)}, 5)
    return show(
        Figure(
            "first picture of Den Haag / F3D showing the same triangles",
            best["ours"] / best["f3d"],
            2,
            " ×",
            f"{best['ours']:.2f} s, F3D {best['f3d']:.2f} s, {triangles:,} triangles",
        )
    )


if __name__ == "__main__":
    sys.exit(main())
