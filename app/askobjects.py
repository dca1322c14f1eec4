"""Which objects an analysis is about: those selected, those an expression holds for, a layer, or all."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QPushButton

from analysis.asked import Ask
from analysis.foliage import FLAT_COVERS
from analysis.sight.looking import VIEWPOINT
from app.askfields import AskField, NotYet
from app.formula import FormulaField
from app.labels import narrow
from app.resulttext import names_of
from app.session import Session
from layers.errors import CitystrataError
from layers.expression import parse
from layers.project import Project
from layers.records import CityObject

EXAMPLE = "type == 'Building' and measuredHeight > 30"
SELECTED, KEPT, MATCHING, EVERY = "selected", "kept", "matching", "all"
#: Of so many selected objects the types say what they are meant for.
MOST_LOOKED_AT = 100


class ObjectsAnswer(AskField):
    """The answer to two questions at once: an expression, and chosen objects, which go before it.

    Where a form asks of several kinds of objects, none follows the selection: each takes it when told to.
    """

    def __init__(
        self, ask: Ask, session: Session, names: Sequence[str], has_where: bool, follows: bool = True
    ) -> None:
        super().__init__(ask)
        self._session = session
        self._kept: tuple[int, ...] = ()  # chosen in an earlier run, or taken from the selection
        self.way = narrow(QComboBox())
        self._put(self.way, 1)
        self.take = QPushButton("Take the selection")
        self.take.setAutoDefault(False)
        self.take.clicked.connect(self._on_take)
        self._column.insertWidget(1, self.take, 0, Qt.AlignmentFlag.AlignLeft)  # the names have all the width
        self.take.setVisible(not follows)
        self.formula = FormulaField(names, "Expression", EXAMPLE)
        self._column.insertWidget(1, self.formula)
        self._has_where, self.follows = has_where, follows
        self.stands = False  # whether what is shown was decided, whatever is selected
        self._fill_ways()
        self.way.currentIndexChanged.connect(self._on_way)
        self.formula.line.textChanged.connect(self.changed)
        session.selection_changed.connect(self._on_selection)
        self._on_way()

    def value(self) -> tuple[str, tuple[int, ...]]:
        """The expression, '' for all, and the chosen objects."""
        way = self.way.currentData()
        if way == SELECTED and not self._selected:
            raise NotYet("Nothing is selected", do="Click an object in the view, or choose another way")
        if way == SELECTED:
            return "", self._selected
        if way == KEPT and not self._kept:
            raise NotYet("Nothing is chosen", do="Select an object in the view, and take the selection")
        if way == KEPT:
            return "", self._kept
        if way == EVERY and self.ask.low:
            raise NotYet("No object is chosen yet", do="Select one in the view, and take the selection")
        if way == EVERY:
            return "", ()
        text = self.formula.text.strip()
        if not text:
            raise NotYet(
                "Write what the objects have in common", do="Texts stand in single quotes, as in the example"
            )
        parse(text)
        return text, ()

    def show_value(self, value: tuple[str, Sequence[int]]) -> None:
        """Show an earlier answer; what is selected now goes before all objects, unless the answer stands."""
        where, fids = value
        self._kept = tuple(int(fid) for fid in fids)
        self._fill_ways()
        self.formula.line.setText(where)
        if where:
            self._choose(MATCHING)
        elif self._kept and (self._kept != self._selected or not self.follows):
            self._choose(KEPT)
        elif self.follows and not self.stands and (self._selected or not self._has_where):
            self._choose(SELECTED)
        else:
            self._choose(EVERY if self._has_where else KEPT)

    @property
    def _selected(self) -> tuple[int, ...]:
        """What of the selection this question is about."""
        return meant(self._session, self.ask.takes)

    def _choose(self, way: str) -> None:
        self.way.setCurrentIndex(max(self.way.findData(way), 0))

    def _fill_ways(self) -> None:
        chosen, selected, project = self.way.currentData(), self._selected, self._session.project
        self.way.blockSignals(True)
        self.way.clear()
        if self.follows:
            said = f"Selected: {names_of(project, selected)}" if selected else "What I select in the view"
            self.way.addItem(said, SELECTED)
            if self._kept and self._kept != selected:
                self.way.addItem(f"As before: {names_of(project, self._kept)}", KEPT)
        elif self._kept or not self._has_where:
            self.way.addItem(names_of(project, self._kept) if self._kept else "Nothing yet", KEPT)
        if self._has_where:
            self.way.addItem("Those that an expression holds for", MATCHING)
            self.way.addItem(next((words for _, words in self.ask.words), "All objects"), EVERY)
        self._choose(chosen)
        self.way.blockSignals(False)
        self.take.setEnabled(bool(selected))
        self.take.setToolTip(f"Take {names_of(project, selected)}" if selected else "Nothing is selected")

    def _on_take(self) -> None:
        self._kept = self._selected
        self._fill_ways()
        self._choose(KEPT)
        self._on_way()

    def _on_selection(self) -> None:
        if not self._session.is_open:
            return
        chosen = self.way.currentData()
        self._fill_ways()
        # A click in the view while the form is open says whom it is about.
        if self.follows and self._selected and chosen in (EVERY, KEPT):
            self._choose(SELECTED)
        self._on_way()

    def _on_way(self) -> None:
        self.formula.setVisible(self.way.currentData() == MATCHING)
        self.changed.emit()


class LayerAnswer(AskField):
    """The name of a layer of the kind that is asked for; '' for all of city objects, or for no other."""

    def __init__(self, ask: Ask, session: Session) -> None:
        super().__init__(ask)
        self.box = narrow(QComboBox())
        self.box.addItem("None" if ask.takes else "All city layers", "")
        for layer in session.project.layers:
            if layer.kind == (ask.takes or "city"):
                self.box.addItem(layer.name, layer.name)
        self._put(self.box, 1)
        self.box.currentIndexChanged.connect(lambda _at: self.changed.emit())

    def value(self) -> str:
        """The chosen one."""
        return str(self.box.currentData())

    def show_value(self, value: str) -> None:
        """Choose it; all where it is no longer there."""
        self.box.setCurrentIndex(max(self.box.findData(value), 0))


def meant(session: Session, takes: str) -> tuple[int, ...]:
    """The selected objects that a question is about (`Ask.takes`); of large selections all."""
    fids: list[int] = session.selection.tolist()
    if not takes or len(fids) > MOST_LOOKED_AT:
        return tuple(fids)
    return tuple(fid for fid, kind in kinds_of(session.project, fids).items() if kind == takes)


def kinds_of(project: Project, fids: Sequence[int]) -> dict[int, str]:
    """What objects are to an analysis: "ground", "standing", or a "viewpoint"."""
    found = {}
    for fid in fids:
        with suppress(CitystrataError):  # it is no longer there
            found[int(fid)] = _kind(project.object(int(fid)))
    return found


def _kind(item: CityObject) -> str:
    if item.type in FLAT_COVERS:
        return "ground"
    said = " ".join(str(item.attributes.get(name, "")) for name in ("name", "class", "function", "usage"))
    return "viewpoint" if item.type == "CityFurniture" and VIEWPOINT.search(said) else "standing"
