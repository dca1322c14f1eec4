"""CityJSON 2.0 as a text sequence: a header, then one feature per line."""

from __future__ import annotations

from pathlib import Path

from layers.citymodel import encode
from layers.formats import cityjsonseq
from layers.sequence import split
from layers.uncollected import collector_off
from layers.writers._model import from_source, model_anew
from layers.writers.holds import Holds
from layers.writers.outgoing import Outgoing

NAME = cityjsonseq.NAME
TITLE = cityjsonseq.TITLE
ENDINGS = cityjsonseq.ENDINGS
KINDS = cityjsonseq.KINDS
HOLDS = Holds()


def write(path: Path, going: Outgoing) -> None:
    """The layer's own model where its source has one, else one made of what is drawn."""
    if from_source(going):
        cityjsonseq.write(path, going.source, going.options)
        return
    with collector_off(), path.open("wb") as file:
        for part in split(model_anew(going)):
            file.write(encode(part) + b"\n")
