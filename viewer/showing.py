"""What one view of a city shows: which date and scenario, which layers, and how they are coloured."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from layers.records import Layer
from viewer.looks import APPEARANCE, WAYS
from viewer.papers import THEME
from viewer.view import ATTRIBUTE

if TYPE_CHECKING:
    from layers.project import Project

#: Kinds of layers that have levels of detail.
WITH_LODS = ("city", "heritage")


@dataclass(frozen=True)
class Showing:
    """A date, a scenario and a style for one view; what is left open is as the project has it."""

    date: str | None = None  # ISO date; None: everything, whenever it stands
    scenario: int | None = None  # None: the city as it is
    caption: str = ""  # what it is called in the picture; '' = its date
    layers: frozenset[int] | None = None  # these alone; None: those that are visible
    color_by: str | None = None  # one of WAYS, or the name of an attribute
    theme: str | None = None
    lod: str | None = None

    @property
    def situation(self) -> tuple[str | None, int | None]:
        """What stands in it: of a date, in a scenario."""
        return self.date, self.scenario

    def title(self, project: Project) -> str:
        """What it is called in the picture; '' for the city as it is at all dates."""
        if self.caption:
            return self.caption
        known = {scenario.id: scenario for scenario in project.scenarios}
        scenario = known.get(self.scenario or 0)
        words = f"{scenario.name} ({scenario.status})" if scenario is not None else ""
        date = self.date or (scenario.epoch if scenario is not None else "")
        return ", ".join(filter(None, (words, date)))

    def styled(self, project: Project, layer: Layer) -> Layer:
        """The layer as this view wants it; what does not apply to it stays as it is."""
        style = dict(layer.style)
        if self.theme:
            style |= {"color_by": APPEARANCE, THEME: self.theme}
        if self.color_by in WAYS:
            style["color_by"] = self.color_by
        elif self.color_by and self.color_by in project.attribute_types(layer):
            style["color_by"] = ATTRIBUTE + self.color_by
        lod = self.lod if self.lod is not None and layer.kind in WITH_LODS else layer.lod
        visible = layer.visible if self.layers is None else layer.id in self.layers
        return replace(layer, style=style, lod=lod, visible=visible)
