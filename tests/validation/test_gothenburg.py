"""Short-wave irradiance from six directions in Gothenburg, hour by hour, against measurements.

Reported, and not judged: 30 hours of three days, on a surface model with cells of 2 m, under trees that
are boxes. What SOLWEIG's authors publish of the same campaign is mean radiant temperature, which long-wave
radiation is part of; so SOLWEIG itself is run on the same site where it is installed.
"""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import rasterio

from analysis.fineness import EXACT
from analysis.light import light_of
from layers.arrays import Float64
from tests.conftest import real
from tests.validation import gothenburg
from tests.validation.ours import received
from tests.validation.record import ONLY_FOR_THE_PAGE, record

MEASURED = "measurements of Lindberg & Grimmond 2011, doi:10.1007/s00704-010-0382-8"
#: A finer look changes no r² by more than 0.001.
FINENESS = replace(EXACT, piece_m=4.0, ground_piece_m=4.0)


def report(what: str, modelled: Float64, measured: Float64, reference: str = MEASURED) -> None:
    """Keep r², bias and root mean square error of one direction."""
    off = modelled - measured
    record(
        "Measured irradiance",
        what,
        reference=reference,
        quantity="r²",
        found=np.corrcoef(modelled, measured)[0, 1] ** 2,
        tolerance=None,
        note=f"bias {off.mean():+.1f}, root mean square {np.sqrt((off**2).mean()):.1f}, "
        f"mean measured {measured.mean():.1f} W/m², {len(off)} hours",
    )


def test_six_directions() -> None:
    hours = gothenburg.measured()
    count = len(hours.times)
    light = light_of(
        gothenburg.site(), hours.times, hours.dni, hours.dhi, np.arange(count), np.ones(count, bool)
    )
    casters = gothenburg.casters()
    points, normals = gothenburg.sensors()
    albedo = np.full(casters.opaque, gothenburg.ALBEDO)
    ours = received(casters, light, points, normals, albedo, 1, FINENESS).total * 1000
    for name, modelled in zip(gothenburg.SENSORS, ours, strict=True):
        report(f"irradiance {gothenburg.FROM[name]}, Gothenburg", modelled, hours.irradiance[name])


@ONLY_FOR_THE_PAGE
def test_solweig_itself(tmp_path: Path) -> None:
    """The peer on the same site, so that both can be seen side by side."""
    solweig = pytest.importorskip("solweig", reason="SOLWEIG is not installed: pip install solweig")
    paths = {
        name: str(real(f"{gothenburg.FOLDER}/{file}.tif"))
        for name, file in (
            ("dsm", "DSM_GVC_1m"),
            ("dem", "DEM_GVC_1m"),
            ("cdsm", "CDSM_GVC_1m"),
            ("land_cover", "landcover_1m_GVC"),
        )
    }
    surface = solweig.SurfaceData.prepare(**paths, working_dir=str(tmp_path / "work"))
    materials = solweig.loaders.load_params(str(real(f"{gothenburg.FOLDER}/parametersforsolweig_GVC.json")))
    here = solweig.Location(latitude=57.7, longitude=12.0, utc_offset=1, altitude=10.0)
    hours = gothenburg.measured()
    local = hours.times + np.timedelta64(gothenburg.UTC_OFFSET_H, "h")
    found: dict[str, list[float]] = {"Kdown": [], "Kup": []}
    with rasterio.open(paths["dsm"]) as source:
        east, north = gothenburg.place()
        row, column = source.index(source.bounds.left + east, source.bounds.bottom + north)
    for day in gothenburg.DAYS:
        mine = [int(time.astype(object).hour) for time in local if str(time)[:10].replace("-", "") == day]
        weather = solweig.Weather.from_umep_met(
            real(f"{gothenburg.FOLDER}/MetFile{day}_Prepared.txt"), resample_hourly=False
        )
        solweig.calculate(
            surface=surface,
            weather=[step for step in weather if step.datetime.hour in mine],
            location=here,
            output_dir=tmp_path / day,
            outputs=["kdown", "kup"],
            use_anisotropic_sky=True,
            materials=materials,
        )
        for name, values in found.items():
            for hour in mine:
                (path,) = (tmp_path / day).rglob(f"{name.lower()}_{day}_{hour:02d}*.tif")
                with rasterio.open(path) as source:
                    values.append(float(source.read(1)[row, column]))
    for name, values in found.items():
        report(
            f"irradiance {gothenburg.FROM[name]}, SOLWEIG {version('solweig')} itself",
            np.array(values),
            hours.irradiance[name],
        )
