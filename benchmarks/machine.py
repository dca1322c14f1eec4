"""The machine that figures are measured on, as figures of their own without limits."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks.figure import RECORD, in_child, recorded
from benchmarks.memory import total_mb


def renderer() -> str:
    """What draws, as OpenGL names it."""
    import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  # brings the drawing
    from vtkmodules.vtkRenderingCore import vtkRenderWindow

    window = vtkRenderWindow()
    window.SetOffScreenRendering(1)
    window.Render()
    lines = window.ReportCapabilities().splitlines()
    return next(line.partition(":")[2].strip() for line in lines if "OpenGL renderer" in line)


def main() -> int:
    """Print, and record where that is wanted."""
    facts = {
        "cores": os.cpu_count(),
        "memory_gb": round(total_mb() / 1000),
        "renderer": in_child(__spec__.name, "renderer"),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name) for name in ("vtk", "numpy", "pyvista", "f3d", "lazrs")},
    }
    for name, value in facts.items():
        print(f"      {name}: {value}")
    if path := os.environ.get(RECORD):
        recorded(Path(path), "machine", [], facts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
