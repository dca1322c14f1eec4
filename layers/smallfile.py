"""Files of strangers that are read whole: weather, tables, rules."""

from __future__ import annotations

from pathlib import Path

from layers.errors import ReadError


def read_whole(path: Path, what: str, most_bytes: int) -> bytes:
    """All bytes of a file; ReadError, which calls it `what`, where it is larger or cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except OSError as error:
        found = error.strerror or str(error)
        raise ReadError(f"The {what} could not be read", where=str(path), found=found) from error
    if len(data) > most_bytes:
        unit, size = ("MB", 1 << 20) if most_bytes >= 1 << 20 else ("kB", 1 << 10)
        raise ReadError(
            f"The {what} is too large", where=str(path), allowed=f"up to {most_bytes // size} {unit}"
        )
    return data
