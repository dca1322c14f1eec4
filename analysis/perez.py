"""How light is spread over the sky, by Perez and others: 1990 for tilted surfaces, 1993 for every patch.

R. Perez, P. Ineichen, R. Seals, J. Michalsky and R. Stewart, Modeling daylight availability and
irradiance components from direct and global irradiance, Solar Energy 44(5), 271-289 (1990), DOI
10.1016/0038-092X(90)90055-H. R. Perez, R. Seals and J. Michalsky, All-weather model for sky luminance
distribution, Solar Energy 50(3), 235-245 (1993), DOI 10.1016/0038-092X(93)90017-I, with its erratum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.sky import Sky
from layers.arrays import Float64

Ints = NDArray[np.int64]

#: Upper limits of the sky's clearness of all but the last of eight classes, overcast to clear.
CLEARNESS = np.array([1.065, 1.23, 1.5, 1.95, 2.8, 4.5, 6.2])
#: Clearness is corrected for the sun's zenith angle (radians) by this factor.
KAPPA = 1.041
#: The circumsolar light is projected with no lower a sun than this, degrees from the zenith.
LOWEST_ZENITH_DEG = 85.0

#: 1990, table 6: F11 F12 F13 F21 F22 F23 for each class of clearness.
BRIGHTENING = np.array(
    [
        [-0.008, 0.588, -0.062, -0.060, 0.072, -0.022],
        [0.130, 0.683, -0.151, -0.019, 0.066, -0.029],
        [0.330, 0.487, -0.221, 0.055, -0.064, -0.026],
        [0.568, 0.187, -0.295, 0.109, -0.152, -0.014],
        [0.873, -0.392, -0.362, 0.226, -0.462, 0.001],
        [1.132, -1.237, -0.412, 0.288, -0.823, 0.056],
        [1.060, -1.600, -0.359, 0.264, -1.127, 0.131],
        [0.678, -0.327, -0.250, 0.156, -1.377, 0.251],
    ]
)  # fmt: skip

#: 1993, table 1: a1 a2 a3 a4 … e1 e2 e3 e4 for each class of clearness.
ALL_WEATHER = np.array(
    [
        [1.3525, -0.2576, -0.2690, -1.4366, -0.7670, 0.0007, 1.2734, -0.1233, 2.8000, 0.6004,
         1.2375, 1.0000, 1.8734, 0.6297, 0.9738, 0.2809, 0.0356, -0.1246, -0.5718, 0.9938],
        [-1.2219, -0.7730, 1.4148, 1.1016, -0.2054, 0.0367, -3.9128, 0.9156, 6.9750, 0.1774,
         6.4477, -0.1239, -1.5798, -0.5081, -1.7812, 0.1080, 0.2624, 0.0672, -0.2190, -0.4285],
        [-1.1000, -0.2515, 0.8952, 0.0156, 0.2782, -0.1812, -4.5000, 1.1766, 24.7219, -13.0812,
         -37.7000, 34.8438, -5.0000, 1.5218, 3.9229, -2.6204, -0.0156, 0.1597, 0.4199, -0.5562],
        [-0.5484, -0.6654, -0.2672, 0.7117, 0.7234, -0.6219, -5.6812, 2.6297, 33.3389, -18.3000,
         -62.2500, 52.0781, -3.5000, 0.0016, 1.1477, 0.1062, 0.4659, -0.3296, -0.0876, -0.0329],
        [-0.6000, -0.3566, -2.5000, 2.3250, 0.2937, 0.0496, -5.6812, 1.8415, 21.0000, -4.7656,
         -21.5906, 7.2492, -3.5000, -0.1554, 1.4062, 0.3988, 0.0032, 0.0766, -0.0656, -0.1294],
        [-1.0156, -0.3670, 1.0078, 1.4051, 0.2875, -0.5328, -3.8500, 3.3750, 14.0000, -0.9999,
         -7.1406, 7.5469, -3.4000, -0.1078, -1.0750, 1.5702, -0.0672, 0.4016, 0.3017, -0.4844],
        [-1.0000, 0.0211, 0.5025, -0.5119, -0.3000, 0.1922, 0.7023, -1.6317, 19.0000, -5.0000,
         1.2438, -1.9094, -4.0000, 0.0250, 0.3844, 0.2656, 1.0468, -0.3788, -2.4517, 1.4656],
        [-1.0500, 0.0289, 0.4260, 0.3590, -0.3250, 0.1156, 0.7781, 0.0025, 31.0625, -14.5000,
         -46.1148, 55.3750, -7.2312, 0.4050, 13.3500, 0.6234, 1.5000, -0.6426, 1.8564, 0.5636],
    ]
)  # fmt: skip
#: The all-weather model is used within these limits of brightness, and above 0.2 where the sky is
#: neither overcast nor clear, as its authors' erratum and Radiance do.
DARKEST, BRIGHTEST, DARKEST_BETWEEN = 0.01, 0.6, 0.2


@dataclass(frozen=True)
class SkyLight:
    """The light of the sky at several times, (n,) each; what a surface gets of it is their sum.

    isotropic × the surface's patch factors (`Sky.factors`), circumsolar × the cosine of the angle
    between sun and normal where it is positive, horizon × its horizon factors (`Sky.horizon_factors`).
    """

    isotropic: Float64  # radiance, W/(m² sr)
    circumsolar: Float64  # W/m² on a surface that faces the sun, from where the sun stands
    horizon: Float64  # W/m² on a vertical surface, from a line along the horizon; may be negative


def extraterrestrial(day_of_year: Float64) -> Float64:
    """Irradiance outside the atmosphere, W/m², on days 1 to 366: Spencer (1971), as pvlib counts it."""
    from pvlib.irradiance import get_extra_radiation

    return np.asarray(get_extra_radiation(day_of_year), np.float64)


def air_mass(zenith_deg: Float64) -> Float64:
    """Relative optical air mass at apparent zenith angles, Kasten and Young (1989); nan below the horizon."""
    from pvlib.atmosphere import get_relative_airmass

    return np.asarray(get_relative_airmass(zenith_deg), np.float64)


def clearness(dni: Float64, dhi: Float64, zenith_deg: Float64) -> Ints:
    """The class of the sky, 0 overcast to 7 clear."""
    bend = KAPPA * np.radians(zenith_deg) ** 3
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(dhi > 0, (dhi + dni) / dhi, np.inf)
    found: Ints = np.searchsorted(CLEARNESS, (ratio + bend) / (1 + bend), "right")
    return found


def sky_light(dni: Float64, dhi: Float64, zenith_deg: Float64, day_of_year: Float64) -> SkyLight:
    """Perez 1990: the parts of the sky's light at several times (n,).

    Irradiance in W/m², apparent zenith angles. An unshaded surface of any tilt gets what pvlib's
    model "perez" gives it. While the sun is down what light there is comes evenly from all the sky
    (pvlib leaves it out).
    """
    zenith = np.radians(zenith_deg)
    up = zenith_deg <= 90
    brightness = dhi * np.where(up, air_mass(zenith_deg), 0.0) / extraterrestrial(day_of_year)
    terms = BRIGHTENING[clearness(dni, dhi, zenith_deg)]
    around_sun = np.maximum(0.0, terms[:, 0] + terms[:, 1] * brightness + terms[:, 2] * zenith)
    at_horizon = terms[:, 3] + terms[:, 4] * brightness + terms[:, 5] * zenith
    around_sun, at_horizon = np.where(up, around_sun, 0.0), np.where(up, at_horizon, 0.0)
    lowest = np.cos(np.radians(LOWEST_ZENITH_DEG))
    return SkyLight(
        dhi * (1 - around_sun) / np.pi,
        dhi * around_sun / np.maximum(lowest, np.cos(zenith)),
        dhi * at_horizon,
    )


def all_weather(
    sky: Sky, dni: Float64, dhi: Float64, sun_directions: Float64, day_of_year: Float64
) -> Float64:
    """Perez 1993: radiance (n, patches) of every patch, W/(m² sr), whose horizontal irradiance is DHI.

    `sun_directions` (n, 3) in the frame of the sky. While the sun is down the sky is even.
    """
    zenith = np.arccos(np.clip(sun_directions[:, 2], -1, 1))
    up = zenith <= np.pi / 2
    kind = clearness(dni, dhi, np.degrees(zenith))
    air = np.where(up, air_mass(np.degrees(zenith)), 1.0)
    brightness = np.clip(dhi * air / extraterrestrial(day_of_year), DARKEST, BRIGHTEST)
    brightness = np.where((kind >= 1) & (kind <= 4), np.maximum(brightness, DARKEST_BETWEEN), brightness)
    shape = _shape(kind, zenith, brightness)
    altitude_sine = sky.directions[:, 2]
    found = np.empty((len(dni), len(sky)))
    horizontal = sky.factors(np.array([[0.0, 0.0, 1.0]]))[0]
    for start in range(0, len(dni), 1024):
        part = slice(start, start + 1024)
        angle = np.arccos(np.clip(sun_directions[part] @ sky.directions.T, -1, 1))
        relative = _luminance(shape[:, part, None], altitude_sine[None, :], angle)
        # Of no model is a sky without light: whatever light there is then comes evenly.
        is_lit = up[part] & (relative @ horizontal > 0)
        relative = np.where(is_lit[:, None], relative, 1.0)
        found[part] = relative * (dhi[part] / (relative @ horizontal))[:, None]
    return found


def _shape(kind: Ints, zenith: Float64, brightness: Float64) -> Float64:
    """The five parameters a, b, c, d, e (5, n) of the luminance (equations 6 to 8)."""
    terms = ALL_WEATHER[kind].reshape(-1, 5, 4)
    found: Float64 = (
        terms[..., 0]
        + terms[..., 1] * zenith[:, None]
        + brightness[:, None] * (terms[..., 2] + terms[..., 3] * zenith[:, None])
    ).T.copy()
    overcast = kind == 0
    one, two, three, four = terms[overcast].transpose(2, 1, 0)
    angle, bright = zenith[overcast], brightness[overcast]
    found[2, overcast] = np.exp((bright * (one[2] + two[2] * angle)) ** three[2]) - four[2]
    found[3, overcast] = -np.exp(bright * (one[3] + two[3] * angle)) + three[3] + bright * four[3]
    return found


def _luminance(shape: Float64, altitude_sine: Float64, angle: Float64) -> Float64:
    """Relative luminance at altitudes and angles from the sun (equation 1)."""
    a, b, c, d, e = shape
    found: Float64 = (1 + a * np.exp(b / np.maximum(altitude_sine, 0.01))) * (
        1 + c * np.exp(d * angle) + e * np.cos(angle) ** 2
    )
    return np.maximum(found, 0.0)
