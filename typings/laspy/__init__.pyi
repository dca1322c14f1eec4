from datetime import date
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import IO, Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

class LazBackend(Enum):
    LazrsParallel = 0
    Lazrs = 1
    Laszip = 2

class PointFormat:
    id: int
    def dtype(self) -> np.dtype[np.void]: ...

class VLR:
    user_id: str

class LasHeader:
    vlrs: list[VLR]
    point_format: PointFormat
    def __init__(self, *, version: str | None = None, point_format: int | None = None) -> None: ...
    @classmethod
    def read_from(cls, original_stream: BinaryIO, read_evlrs: bool = False) -> LasHeader: ...
    def parse_crs(self) -> CRS | None: ...
    generating_software: str
    system_identifier: str
    creation_date: date | None
    scales: NDArray[np.float64]
    offsets: NDArray[np.float64]
    point_count: int
    def add_crs(self, crs: CRS, keep_compatibility: bool = True) -> None: ...

class PackedPointRecord:
    def __init__(self, data: NDArray[np.void], point_format: PointFormat) -> None: ...

class ScaleAwarePointRecord(PackedPointRecord):
    X: NDArray[np.int32]
    Y: NDArray[np.int32]
    Z: NDArray[np.int32]
    intensity: NDArray[Any]
    classification: NDArray[Any]
    return_number: NDArray[Any]
    number_of_returns: NDArray[Any]
    red: NDArray[Any]
    green: NDArray[Any]
    blue: NDArray[Any]
    @staticmethod
    def zeros(point_count: int, *, header: LasHeader) -> ScaleAwarePointRecord: ...

class LasWriter:
    header: LasHeader
    def write_points(self, points: PackedPointRecord) -> None: ...
    def __enter__(self) -> LasWriter: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

def open(
    source: IO[bytes],
    mode: Literal["w"],
    closefd: bool = True,
    laz_backend: LazBackend | None = None,
    header: LasHeader | None = None,
    do_compress: bool | None = None,
) -> LasWriter: ...

class LasData:
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    z: NDArray[np.float64]
    intensity: NDArray[np.uint16]
    classification: NDArray[Any]
    red: NDArray[np.uint16]
    green: NDArray[np.uint16]
    blue: NDArray[np.uint16]
    def __init__(self, header: LasHeader) -> None: ...
    return_number: NDArray[Any]
    number_of_returns: NDArray[Any]
    def write(
        self, destination: Path, do_compress: bool | None = None, laz_backend: LazBackend | None = None
    ) -> None: ...
