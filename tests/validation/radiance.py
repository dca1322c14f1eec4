"""The same scene under the same sky in Radiance (G. Ward, doi:10.1145/192161.192286), through pyradiance.

The light of a whole year is traced at once: patches of constant radiance and suns with the sums of the
year, so that no sky model of Radiance's own comes in.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyradiance

from analysis.sky import Sky
from layers.arrays import Float64
from tests.validation.scenes import Scene

#: Half the angle that the suns fill, degrees.
SUN_RADIUS_DEG = 0.2665
#: Directions sampled from each sensor.
SAMPLES = 4096


def irradiation(
    folder: Path,
    scene: Scene,
    albedo: Float64,
    points: Float64,
    normals: Float64,
    sky: Sky,
    radiance: Float64,
    sun_directions: Float64,
    sun_normal: Float64,
    reflections: int,
    samples: int = SAMPLES,
) -> tuple[Float64, Float64]:
    """What points (n, 3) get from the suns and from the sky, reflections included, (n,) each.

    `albedo` (m,) of each triangle; `radiance` of each patch per steradian; `sun_normal` (s,) what each
    sun gives a surface that faces it.
    """
    shapes = _materials(albedo) + _triangles(scene, albedo)
    suns = _traced(
        folder, "suns", shapes + _suns(sun_directions, sun_normal), points, normals, reflections, samples
    )
    (folder / "patches.cal").write_text(_patches(sky, radiance))
    light = _traced(folder, "sky", shapes + _dome(folder), points, normals, reflections + 1, samples)
    return suns, light


def _materials(albedo: Float64) -> str:
    return "".join(
        f"void plastic {_name(value)}\n0\n0\n5 {value} {value} {value} 0 0\n" for value in np.unique(albedo)
    )


def _name(value: float) -> str:
    return f"grey{round(1e6 * value)}"


def _triangles(scene: Scene, albedo: Float64) -> str:
    corners = scene.vertices[scene.triangles].reshape(-1, 9)
    return "".join(
        f"{_name(grey)} polygon t{number}\n0\n0\n9 {' '.join(f'{value:.9g}' for value in row)}\n"
        for number, (row, grey) in enumerate(zip(corners, albedo, strict=True))
    )


def _suns(directions: Float64, normal: Float64) -> str:
    solid_angle = 2 * np.pi * (1 - np.cos(np.radians(SUN_RADIUS_DEG)))
    return "".join(
        f"void light s{number}\n0\n0\n3 {value / solid_angle:.9g} {value / solid_angle:.9g} "
        f"{value / solid_angle:.9g}\ns{number} source sun{number}\n0\n0\n"
        f"4 {x:.9g} {y:.9g} {z:.9g} {2 * SUN_RADIUS_DEG}\n"
        for number, ((x, y, z), value) in enumerate(zip(directions, normal, strict=True))
    )


def _dome(folder: Path) -> str:
    return (
        f"void brightfunc patches\n2 patch_radiance {folder / 'patches.cal'}\n0\n0\n"
        "patches glow light\n0\n0\n4 1 1 1 0\nlight source dome\n0\n0\n4 0 0 1 180\n"
    )


def _patches(sky: Sky, radiance: Float64) -> str:
    """The radiance of a direction as Radiance's function language has it."""
    edges = sky.row_edges_deg
    rows = f"select(row, {', '.join(str(count) for count in sky.row_counts)})"
    starts = f"select(row, {', '.join(str(start) for start in sky.row_starts)})"
    above = " + ".join(f"if(altitude - {edge}, 1, 0)" for edge in edges[1:-1])
    values = [
        ", ".join(f"{value:.9g}" for value in part) for part in np.array_split(radiance, len(sky.row_counts))
    ]
    return (
        "altitude = asin(if(Dz - 1, 1, Dz)) * 57.29577951308232;\n"
        "turn = atan2(Dx, Dy) / 6.283185307179586;\n"
        f"row = 1 + {above};\n"
        f"count = {rows};\n"
        "around = floor(turn * count + 0.5);\n"
        "column = around - count * floor(around / count);\n"
        f"number = {starts} + column + 1;\n"
        f"patch_radiance = if(Dz, select(number, {', '.join(values)}), 0);\n"
    )


def _traced(
    folder: Path, name: str, shapes: str, points: Float64, normals: Float64, bounces: int, samples: int
) -> Float64:
    scene = folder / f"{name}.rad"
    scene.write_text(shapes)
    octree = folder / f"{name}.oct"
    octree.write_bytes(pyradiance.oconv(scene))
    rays = "\n".join(" ".join(f"{value:.9g}" for value in row) for row in np.hstack((points, normals)))
    ambient = f"-ab {bounces} -ad {samples} -as 0 -aa 0 -ar 0 -lw {0.2 / samples} -lr 0"
    direct = "-dt 0 -dc 1 -ds 0 -dj 0 -st 1"
    parameters = f"{ambient} {direct}".split()
    answer = pyradiance.rtrace(
        rays.encode(), octree, header=False, irradiance=True, nproc=2, params=parameters
    )
    return np.array([line.split()[0] for line in answer.decode().splitlines() if line.strip()], float)
