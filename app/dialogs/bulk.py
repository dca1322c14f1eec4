"""What the windows for many objects share: whom it concerns, a live preview, why, and one step at the end."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from app import theme
from app.dialogs.attribute import Asking
from app.editing import editing
from app.jobs import Question
from app.labels import add_row, counted, thousands
from app.session import Session
from layers.bulk import Plan
from layers.errors import CitystrataError
from layers.project import Project
from layers.records import Layer
from layers.values import format_value

Planner = Callable[[Project], Plan]

#: The preview waits until typing pauses.
PAUSE_MS = 180
MOST_SHOWN = 100
NOTHING = "—"


class BulkDialog(Asking):
    """A form, what it would do, and the button that does it."""

    def __init__(self, session: Session, title: str, verb: str, parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self._session = session
        self._editing = editing(session)
        layer = session.current_layer
        assert layer is not None, "offered only while a layer is current"
        self._layer: Layer = layer
        self._plan: Plan | None = None
        self._planning = Question(session.jobs, "Preview", self)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self._make_plan)
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(12)
        self._form.setVerticalSpacing(8)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._scope = self._make_scope()
        self._preview = QTreeWidget()
        self._preview.setRootIsDecorated(False)
        self._preview.setColumnCount(4)
        self._preview.setHeaderLabels(["Object", "Attribute", "Before", "After"])
        self._preview.setUniformRowHeights(True)
        self._preview.setAccessibleName("Preview")
        self._preview.header().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._why = QLineEdit(self._editing.why, placeholderText="Optional")
        self._build()
        self._layout.addLayout(self._form)
        self._layout.addWidget(self._preview, 1)
        why = QFormLayout()
        add_row(why, "Why", self._why)
        self._layout.addLayout(why)
        self._finish()
        self._name_ok(verb)
        self.resize(640, 560)
        self.plan_soon()

    @property
    def plan(self) -> Plan | None:
        """What OK would do now; None while the form is not complete."""
        return self._plan

    def accept(self) -> None:
        """Do it, as one step."""
        if self._plan is None or not self._plan.values:
            return
        self._editing.why = self._why.text().strip()
        if self._editing.carry_out(self._plan):
            super().accept()

    def plan_soon(self, *_args: object) -> None:
        """The form changed: plan again when typing pauses."""
        self._plan = None
        self._planning.drop()
        self._pause.start()

    def _build(self) -> None:
        """Put the rows into the form."""
        raise NotImplementedError

    def _planner(self) -> Planner:
        """What plans, from the form as it is; CitystrataError says what is missing."""
        raise NotImplementedError

    def _explain(self, plan: Plan) -> str:
        """The plan as one sentence."""
        if not plan.values:
            return "No value would change."
        text = f"{thousands(plan.objects)} of {counted(plan.asked, 'object')} change."
        same = plan.asked - plan.objects
        return f"{text} {counted(same, 'stays as it is', 'stay as they are')}." if same else text

    def _fids(self) -> NDArray[np.int64]:
        """The objects it concerns."""
        if self._scope.currentData() == "selection":
            return self._session.selection
        return self._session.project.fids(self._layer)

    def _names(self) -> list[str]:
        """The attributes of the layer."""
        return list(self._session.project.attribute_types(self._layer))

    def _make_scope(self) -> QComboBox:
        scope = QComboBox()
        count = len(self._session.selection)
        if count:
            chosen = f"The {thousands(count)} selected objects" if count > 1 else "The selected object"
            scope.addItem(chosen, "selection")
        count = self._session.project.count(self._layer)
        scope.addItem(f"All {thousands(count)} objects of {self._layer.name}", "layer")
        scope.currentIndexChanged.connect(self.plan_soon)
        return scope

    def _make_plan(self) -> None:
        try:
            planner = self._planner()
        except CitystrataError as error:
            self._refuse(error)
            return
        self._say("Working out what would change…", False)
        self._session.look(self._planning, len(self._fids()), planner, self._show_plan, self._refuse)

    def _show_plan(self, plan: Plan) -> None:
        self._plan = plan
        self._preview.clear()
        self._preview.setColumnHidden(1, len(plan.keys) < 2)
        shown = plan.rows(MOST_SHOWN)
        ids = {item.fid: item.id for item in self._session.project.objects(fids={c.fid for c in shown})}
        for change in shown:
            before = format_value(change.before) if change.before is not None else NOTHING
            row = QTreeWidgetItem([ids[change.fid], change.key, before, format_value(change.after)])
            row.setForeground(2, QColor(theme.current().colours.muted))
            row.setToolTip(0, ids[change.fid])
            self._preview.addTopLevelItem(row)
        self._say(self._explain(plan), plan.values > 0)

    def _refuse(self, error: CitystrataError) -> None:
        self._preview.clear()
        self._say(error.sentence(), False)
