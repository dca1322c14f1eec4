from pathlib import Path
from typing import Any

from numpy.typing import NDArray

def read(
    path_or_buffer: str | Path,
    /,
    layer: str | int | None = ...,
    encoding: str | None = ...,
    *,
    return_fids: bool = ...,
    datetime_as_string: bool = ...,
) -> tuple[dict[str, Any], NDArray[Any], NDArray[Any] | None, list[NDArray[Any]]]: ...
def write(
    path: str | Path,
    geometry: NDArray[Any],
    field_data: list[NDArray[Any]],
    fields: list[str],
    *,
    layer: str | None = ...,
    driver: str | None = ...,
    geometry_type: str | None = ...,
    crs: str | None = ...,
    encoding: str | None = ...,
    **kwargs: str,
) -> None: ...
