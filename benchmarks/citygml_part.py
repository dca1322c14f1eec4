"""A process that reads parts of a CityGML file as `layers.partworker` does, up to objects and arrays."""

from __future__ import annotations

import gc
import time
from pathlib import Path
from typing import Any

import msgspec
from lxml import etree  # noqa: F401  # before the clock runs

from layers.data import ReadOptions
from layers.formats import citygml
from layers.formats._stretches import Stretch
from layers.importer import make_ready
from layers.workers import serve


def work(task: dict[str, Any]) -> dict[str, Any]:
    """Read a part; without one, be ready and let the others be so too."""
    if "wait_s" in task:
        time.sleep(task["wait_s"])
        return {}
    stretches = msgspec.convert(task["stretches"], list[Stretch])
    reader = citygml.gathered_part(Path(task["path"]), stretches, ReadOptions())
    return {
        "objects": len(reader.features),
        "corners": sum(len(batch.corners) for batch in reader.gathered.batches),
    }


if __name__ == "__main__":
    gc.disable()
    make_ready()
    serve(work)
