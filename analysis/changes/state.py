"""One of the two states of a city that are compared, and which layers show in it."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.situation import Situation, state_of
from layers.project import Project
from layers.records import Layer


@dataclass(frozen=True)
class State:
    """A situation, or one layer of it alone."""

    situation: Situation
    layer: str = ""  # only this one, '' = all

    @property
    def title(self) -> str:
        """What it is called in tables and reports."""
        return self.layer if self.layer else self.situation.title

    def shows(self, layer: Layer) -> bool:
        """Whether a layer is looked at, if anything of it stands."""
        return self.layer in ("", layer.name)


def layers_in(project: Project, state: State, kind: str = "") -> tuple[Layer, ...]:
    """The layers of a kind, or of all, of which something stands in a state, the uppermost first."""
    stands = state_of(project, state.situation)
    return tuple(
        layer
        for layer in project.layers
        if kind in ("", layer.kind) and state.shows(layer) and stands[layer.id][0].any()
    )
