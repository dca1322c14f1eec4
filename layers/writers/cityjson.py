"""CityJSON 2.0: one city model."""

from __future__ import annotations

from pathlib import Path

from layers.citymodel import encode
from layers.formats.cityjson import ENDINGS as ENDINGS
from layers.formats.cityjson import KINDS as KINDS
from layers.formats.cityjson import NAME as NAME
from layers.formats.cityjson import TITLE as TITLE
from layers.upgrade import Model
from layers.writers._model import model_going
from layers.writers.holds import Holds
from layers.writers.outgoing import Outgoing

HOLDS = Holds()


def write(path: Path, going: Outgoing) -> None:
    """The layer as one CityJSON 2.0 object."""
    with model_going(going) as model:
        save(path, model)


def save(path: Path, model: Model) -> None:
    """Write a model as one object."""
    path.write_bytes(encode(model))
