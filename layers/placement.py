"""Where a layer is put by hand: moved, set upright, turned and scaled, as numbers that can be undone.

A point of the file is first corrected in the layer's own CRS (`swapped`, then `offset`), then moved into
the project's CRS, and there it comes to

    pivot + shift + scale * turn(rotation) * stretch(height_scale) * tilt * (point - pivot),

where `tilt` turns about the east axis first, then about the north axis.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType

import msgspec
import numpy as np
import orjson
from numpy.typing import NDArray

from layers.arrays import Float64
from layers.errors import PlaceError

Triple = tuple[float, float, float]
Pair = tuple[float, float]
NOWHERE: Triple = (0.0, 0.0, 0.0)
#: Nothing in a city is farther from where it was read than this.
FARTHEST = 1e8
SCALES = (1e-6, 1e6)
LEVEL: Pair = (0.0, 0.0)
#: The tilt that sets upright what has this axis of its file upwards.
TILTS_DEG: Mapping[str, Pair] = MappingProxyType(
    {
        "z": LEVEL,
        "y": (90.0, 0.0),
        "x": (0.0, -90.0),
        "-z": (180.0, 0.0),
        "-y": (-90.0, 0.0),
        "-x": (0.0, 90.0),
    }
)
#: Metres in the units that models and scans are made in.
UNITS_M: Mapping[str, float] = MappingProxyType(
    {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254, "ft": 0.3048, "us-ft": 1200 / 3937}
)


@dataclass(frozen=True)
class Placement:
    """What is done to the coordinates of a layer; the one without values leaves them as they are."""

    offset: Triple = NOWHERE  # added to the file's coordinates, in the layer's CRS and its units
    swapped: bool = False  # the file's first two coordinates are the other way round
    shift: Triple = NOWHERE  # east, north, up in the project's CRS
    rotation_deg: float = 0.0  # anticlockwise, seen from above
    scale: float = 1.0
    height_scale: float = 1.0  # of heights besides `scale`; 0.3048 makes feet metres
    pivot: Triple = NOWHERE  # what stays where it is in turning and scaling, in the project's CRS
    tilt_deg: Pair = LEVEL  # about the east axis, then about the north axis; (90, 0) puts y of the file up

    @classmethod
    def from_text(cls, text: str | None) -> Placement:
        """What the project file says."""
        if not text:
            return AS_READ
        try:
            found = msgspec.json.decode(text, type=cls)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise PlaceError("The placement of a layer cannot be read", found=str(error)) from error
        found.check()
        return found

    def text(self) -> str | None:
        """The same as the project file keeps it: what is not as it was read; None where all is."""
        plain = asdict(AS_READ)
        told = {key: value for key, value in asdict(self).items() if value != plain[key]}
        if set(told) <= {"pivot"}:
            return None
        return orjson.dumps(told).decode()

    @property
    def is_as_read(self) -> bool:
        """Whether points stay where their file and its CRS put them."""
        return self.text() is None

    def check(self) -> None:
        """Refuse what no layer can be placed by."""
        for name in ("offset", "shift", "pivot"):
            value = getattr(self, name)
            if not all(math.isfinite(part) and abs(part) < FARTHEST for part in value):
                raise PlaceError(f"The {name} is no place", found=str(value), allowed="less than 100 000 km")
        if not all(map(math.isfinite, (self.rotation_deg, *self.tilt_deg))):
            raise PlaceError(
                "The rotation is no angle", found=f"{self.rotation_deg}, tilted by {self.tilt_deg}"
            )
        for value in (self.scale, self.height_scale):
            if not SCALES[0] <= value <= SCALES[1]:
                low, high = SCALES
                raise PlaceError("The scale is out of range", found=str(value), allowed=f"{low} to {high}")

    def shifted(self, by: Triple) -> Placement:
        """The same, and farther by so much east, north and up."""
        east, north, up = (a + b for a, b in zip(self.shift, by, strict=True))
        return replace(self, shift=(east, north, up))

    def about(self, pivot: Triple) -> Placement:
        """The same, told as turning and scaling about another point."""
        moved = self.put(np.array([pivot]))[0] - np.array(pivot)
        east, north, up = moved.tolist()
        return replace(self, pivot=pivot, shift=(east, north, up))

    # --- points --------------------------------------------------------------------------------

    @property
    def is_corrected(self) -> bool:
        """Whether the file's own coordinates are corrected before they are moved."""
        return self.swapped or self.offset != NOWHERE

    @property
    def is_put(self) -> bool:
        """Whether points are put elsewhere after they were moved into the project's CRS."""
        return replace(self, offset=NOWHERE, swapped=False).text() is not None

    def correct(self, points: Float64) -> Float64:
        """(n, 3) points of the file as they should be, in the layer's CRS."""
        straight = points[:, [1, 0, 2]] if self.swapped else points
        correct: Float64 = straight + np.array(self.offset)
        return correct

    def uncorrect(self, points: Float64) -> Float64:
        """The way back of `correct`."""
        found: Float64 = points - np.array(self.offset)
        return found[:, [1, 0, 2]] if self.swapped else found

    def put(self, points: Float64) -> Float64:
        """(n, 3) points in the project's CRS where they are put."""
        if not self.is_turned:
            return np.asarray(points + np.array(self.shift))
        pivot = np.array(self.pivot)
        put: Float64 = (points - pivot) @ self.matrix().T + pivot + np.array(self.shift)
        return put

    def take_back(self, points: Float64) -> Float64:
        """The way back of `put`."""
        there: Float64 = points - np.array(self.shift)
        if not self.is_turned:
            return there
        pivot = np.array(self.pivot)
        back: Float64 = (there - pivot) @ np.linalg.inv(self.matrix()).T + pivot
        return back

    @property
    def is_turned(self) -> bool:
        """Whether more is done to points than moving them."""
        is_scaled = self.scale != 1.0 or self.height_scale != 1.0
        return self.rotation_deg != 0.0 or is_scaled or self.tilt_deg != LEVEL

    def matrix(self) -> Float64:
        """(3, 3) setting upright, turning and scaling."""
        cosine, sine = _cosine_sine(self.rotation_deg)
        turned = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, self.height_scale]])
        return np.asarray(self.scale * turned @ self.upright(), np.float64)

    def upright(self) -> Float64:
        """(3, 3) setting upright alone."""
        (c, s), (d, t) = map(_cosine_sine, self.tilt_deg)
        about_east = np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])
        about_north = np.array([[d, 0.0, t], [0.0, 1.0, 0.0], [-t, 0.0, d]])
        return np.asarray(about_north @ about_east)


def turned_normals(normals: NDArray[np.float32], matrix: Float64) -> NDArray[np.float32]:
    """(n, 3) unit normals of polygons whose points are turned and scaled by a matrix; zero ones stay zero."""
    found = normals @ np.linalg.inv(matrix)
    length = np.linalg.norm(found, axis=1, keepdims=True)
    return np.asarray(found / np.where(length > 0, length, 1.0), np.float32)


def _cosine_sine(angle_deg: float) -> Pair:
    """The cosine and the sine of an angle, exact for quarter turns."""
    angle = math.radians(angle_deg)
    cosine, sine = math.cos(angle), math.sin(angle)
    return (float(round(cosine)), float(round(sine))) if angle_deg % 90 == 0 else (cosine, sine)


AS_READ = Placement()
#: Says that a layer stays where it was read, where None would leave that open.
AS_READ_TEXT = "{}"
