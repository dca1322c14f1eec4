"""How a project was last looked at, in its cache folder: lost with it, and copied with it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from layers.cache import cache_folder

NAME, PART = "view.json", "view.json.part"
#: What is larger was not written here.
MOST_BYTES = 1_000_000


def keep_view(project: Path, view: Mapping[str, Any]) -> None:
    """Keep how a project is looked at; where the folder cannot be written, it is not kept."""
    folder = cache_folder(project.absolute())
    with suppress(OSError):
        part = folder / PART
        part.write_bytes(orjson.dumps(dict(view)))
        part.replace(folder / NAME)


def kept_view(project: Path) -> dict[str, Any]:
    """How a project was last looked at; empty where that is not known."""
    path = cache_folder(project.absolute()) / NAME
    try:
        found = orjson.loads(path.read_bytes()) if path.stat().st_size <= MOST_BYTES else {}
    except (OSError, orjson.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}
