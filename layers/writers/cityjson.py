"""CityJSON 2.0: one city model."""

from __future__ import annotations

from pathlib import Path

from layers.citymodel import encode
from layers.formats import cityjson
from layers.uncollected import collector_off
from layers.writers._model import from_source, model_anew
from layers.writers.holds import Holds
from layers.writers.outgoing import Outgoing

NAME = cityjson.NAME
TITLE = cityjson.TITLE
ENDINGS = cityjson.ENDINGS
KINDS = cityjson.KINDS
HOLDS = Holds()


def write(path: Path, going: Outgoing) -> None:
    """The layer's own model where its source has one, else one made of what is drawn."""
    if from_source(going):
        cityjson.write(path, going.source, going.options)
        return
    with collector_off():
        path.write_bytes(encode(model_anew(going)))
