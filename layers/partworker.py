"""A process that reads parts of a large city: `python -m layers.partworker`, see `layers.workers`."""

from __future__ import annotations

import gc
import sqlite3
from typing import Any

import msgspec

from layers.importer import make_ready
from layers.parts import Part
from layers.workers import serve


def work(task: dict[str, Any]) -> dict[str, Any]:
    """Do one part."""
    try:
        msgspec.convert(task, Part).work()
    except sqlite3.Error as error:
        raise OSError(str(error)) from error
    gc.collect()
    return {}


if __name__ == "__main__":
    # What is read lives until the part is done; collecting cycles would only walk it again and again.
    gc.disable()
    make_ready()
    serve(work)
