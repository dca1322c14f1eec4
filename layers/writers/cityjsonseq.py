"""CityJSON 2.0 as a text sequence: a header, then one feature per line."""

from __future__ import annotations

from pathlib import Path

from layers.citymodel import encode
from layers.formats.cityjsonseq import ENDINGS as ENDINGS
from layers.formats.cityjsonseq import KINDS as KINDS
from layers.formats.cityjsonseq import NAME as NAME
from layers.formats.cityjsonseq import TITLE as TITLE
from layers.sequence import split
from layers.upgrade import Model
from layers.writers._model import model_going
from layers.writers.holds import Holds
from layers.writers.outgoing import Outgoing

HOLDS = Holds()


def write(path: Path, going: Outgoing) -> None:
    """The layer as a CityJSON 2.0 header, then one feature per line."""
    with model_going(going) as model:
        save(path, model)


def save(path: Path, model: Model) -> None:
    """Write a model as a header and features."""
    with path.open("wb") as file:
        for part in split(model):
            file.write(encode(part) + b"\n")
