"""The inspector: what is known about the selected objects, and where it is corrected."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QStackedWidget,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.attributes import Attributes
from app.editing import editing, why_not_editable
from app.facets import Geometry, History, Source
from app.fields import DateField, Field, problem_of
from app.jobs import Question
from app.labels import ElidedLabel, add_row, counted, empty_state, thousands
from app.panel import Panel
from app.session import NOBODY, Session
from layers.overview import ONE_BY_ONE, Overview, overview
from layers.records import Changes, CityObject
from layers.values import Value, subject

EMPTY = (
    "Nothing is selected",
    "Click an object in the view, or find one by its id with Ctrl+F.\n"
    "Shift-click adds to the selection; B draws a box around many.",
)
#: Pages of the inspector.
NOTHING, OBJECTS, LOOKING = range(3)
VALIDITY_TITLES = {"valid_from": "Stands from", "valid_to": "Stands until"}


class Inspector(Panel):
    """Header, attributes, geometry, history and source text of the selection."""

    fly_requested = Signal(object)  # fids
    copy_requested = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._seen: Overview | None = None
        self._looking = Question(session.jobs, "Looking at the selection", self)
        self._header = Header(session)
        self._header.fly_requested.connect(self.fly_requested)
        self._header.copy_requested.connect(self.copy_requested)
        self.attributes = Attributes(session)
        self.validity = Validity(session)
        self._facets = (Geometry(session), History(session), Source(session))
        self._tabs = QTabWidget(documentMode=True)
        self._tabs.addTab(self._first_tab(session), "Attributes")
        for facet in self._facets:
            self._tabs.addTab(facet, facet.TITLE)
        self._tabs.currentChanged.connect(self._show_facet)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._header)
        column.addWidget(self._tabs)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(empty_state(*EMPTY))
        self._stack.addWidget(content)
        self._stack.addWidget(empty_state("Many objects are selected", "Looking at their values…"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)
        self.setMinimumWidth(300)
        session.opened.connect(self.refresh)
        session.selection_changed.connect(self.refresh)
        session.project_changed.connect(self._on_project_changed)
        self.refresh()

    def _fill(self) -> None:
        fids = self._session.selection
        self._seen = None
        if not self._session.is_open or not len(fids):
            self._looking.drop()
            self._stack.setCurrentIndex(NOTHING)
            return
        layers = self._session.project.layers
        size = len(fids) if len(fids) <= ONE_BY_ONE else sum(layer.object_count for layer in layers)
        self._session.look(self._looking, size, partial(overview, fids), partial(self._show, fids))
        if self._seen is None:
            self._stack.setCurrentIndex(LOOKING)

    def _show(self, fids: NDArray[np.int64], seen: Overview) -> None:
        self._seen = seen
        self._header.show_objects(fids, seen)
        self.attributes.show_objects(fids, seen)
        self.validity.show_objects(fids, seen)
        self._show_facet()
        self._stack.setCurrentIndex(OBJECTS)

    def _first_tab(self, session: Session) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.attributes)
        rule = QFrame()
        rule.setObjectName("rule")
        column.addWidget(rule)
        column.addWidget(self.validity)
        return page

    def _show_facet(self, *_args: object) -> None:
        """Fill the open tab; the others wait until they are looked at."""
        facet = self._tabs.currentWidget()
        if isinstance(facet, Geometry | History | Source) and self._seen is not None:
            facet.show_object(self._seen.first if len(self._session.selection) == 1 else None)

    def _on_project_changed(self, changes: Changes) -> None:
        if changes.layers or changes.touch(self._session.selection):
            self.refresh()


class Header(QFrame):
    """What is selected: id, type, layer, and the way to parent and parts."""

    fly_requested = Signal(object)
    copy_requested = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._editing = editing(session)
        self._icon = QLabel()
        self._title = ElidedLabel()
        self._title.setObjectName("heading")
        self._copy = QToolButton()
        self._copy.setObjectName("quiet")
        self._copy.setAccessibleName("Copy the id")
        self._copy.clicked.connect(self.copy_requested)
        self._what = QLabel(wordWrap=True)
        self._what.setObjectName("muted")
        self._links = QLabel(wordWrap=True)
        self._links.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self._links.linkActivated.connect(self._follow)
        self._notice = QLabel(wordWrap=True)
        self._notice.setObjectName("muted")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addWidget(self._title, 1)
        row.addWidget(self._copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 8, 8)
        column.setSpacing(4)
        column.addLayout(row)
        for label in (self._what, self._links, self._notice):
            column.addWidget(label)
        theme.current().changed.connect(self._tint)
        self._kind = "city"
        self._tint()

    def show_objects(self, fids: NDArray[np.int64], seen: Overview) -> None:
        """Turn to these objects."""
        layer = self._editing.layer_of(seen.first)
        self._kind = layer.kind if layer else "city"
        one = len(fids) == 1
        self._title.set_text(seen.first.id if one else counted(len(fids), "object"))
        self._copy.setToolTip("Copy the id" if one else "Copy the ids")
        kinds = seen.types.most_common(3)
        named = seen.first.type if one else ", ".join(f"{thousands(count)} {type}" for type, count in kinds)
        where = layer.name if layer and len(seen.layers) == 1 else counted(len(seen.layers), "layer")
        self._what.setText(f"{named} · {where}")
        self._show_links(seen.first if one else None)
        notice = why_not_editable(self._session)
        self._notice.setText(notice)
        self._notice.setVisible(bool(notice))
        self._tint()

    def _show_links(self, item: CityObject | None) -> None:
        links = []
        if item is not None and item.parent:
            links.append(f'Part of <a href="parent">{item.parent}</a>')
        parts = len(self._session.project.children(item.fid)) if item is not None else 0
        if parts:
            links.append(f'<a href="parts">{counted(parts, "part")}</a>')
        self._links.setText(" · ".join(links))
        self._links.setVisible(bool(links))

    def _follow(self, link: str) -> None:
        project, item = self._session.project, self._session.project.object(int(self._session.selection[0]))
        if link == "parts":
            fids = project.children(item.fid)
        else:
            parent = project.by_id(item.parent or "", item.layer)
            fids = [parent.fid] if parent is not None else []
        if fids:
            self._session.select(fids)
            self.fly_requested.emit(fids)

    def _tint(self) -> None:
        dressed = theme.current()
        links = self._links.text()
        self._links.clear()
        self._links.setText(links)  # a link takes its colour when its text is set
        picture = dressed.icon(self._kind).pixmap(18, 18)
        self._icon.setPixmap(picture)
        self._copy.setIcon(dressed.icon("copy"))


class Validity(QWidget):
    """From when until when the objects stand, and why the next edits are made."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._editing = editing(session)
        self._fids = NOBODY
        self._shown: dict[str, Value] = {}
        self.dates = {name: DateField(Field(title, "date", None)) for name, title in VALIDITY_TITLES.items()}
        self.why = QLineEdit(placeholderText="Optional, kept for the next edits")
        self.why.setAccessibleName("Why")
        self.why.textEdited.connect(self._keep_why)
        self._editing.why_changed.connect(self._show_why)
        form = QFormLayout(self)
        form.setContentsMargins(12, 10, 12, 12)
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(6)
        for name, field in self.dates.items():
            field.setFrame(True)
            field.editingFinished.connect(lambda name=name: self._commit(name))
            add_row(form, VALIDITY_TITLES[name], field)
        add_row(form, "Why", self.why)

    def show_objects(self, fids: NDArray[np.int64], seen: Overview) -> None:
        """Turn to these objects."""
        self._fids = fids
        enabled = not why_not_editable(self._session)
        for name, field in self.dates.items():
            shared = seen.validity[name]
            value = None if shared.differ else shared.value
            self._shown[name] = value
            field.show_field(Field(subject(name, seen.first.type, seen.first.id), "date", value))
            field.setPlaceholderText("different dates" if shared.differ else "YYYY-MM-DD")
            field.setEnabled(enabled)
        self.why.setEnabled(enabled)

    def _commit(self, name: str) -> None:
        field = self.dates[name]
        problem = problem_of(field)
        if problem:
            self._session.problem.emit(problem)
            return
        value = field.value()
        if value != self._shown.get(name) and len(self._fids):
            self._shown[name] = value
            self._editing.set_attribute(self._fids, name, value)

    def _keep_why(self, reason: str) -> None:
        self._editing.why = reason.strip()

    def _show_why(self, reason: str) -> None:
        if reason != self.why.text().strip():
            self.why.setText(reason)
