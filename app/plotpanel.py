"""The panel "Rules of plots": what may be built on the plots that are chosen, each rule with its unit.

Rules are attributes of the plots: they are kept in the project, undone, joined and exported like all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from analysis.zones.ordinance import TERMS, Term
from analysis.zones.plotrules import (
    Plots,
    attribute_for,
    by_layer,
    examples,
    plot_under,
    plots_among,
    plots_of,
    rule_from,
    rule_text,
    value_in,
)
from analysis.zoning import NAME, Inputs
from app.analysing import Analysing
from app.editing import editing, why_not_editable
from app.jobs import Question
from app.labels import add_row, empty_state
from app.panel import Panel
from app.session import Session
from app.spokenfield import SpokenField
from layers.project import Project
from layers.written import grouped

NOTHING, PLOTS, READING = range(3)
FIELD_WIDTH = 96
#: Of so many selected buildings the plots are looked up.
MOST_STANDING = 200
NO_PLOT = (
    "No plot is chosen",
    "Click a plot in the view: an area of a layer of plots, or land use. A building chooses the plot that "
    "it stands on; with Shift one more is chosen.",
)
HINT = "Press Enter to take what you type; empty it to have no such rule."
NO_RULE, DIFFERENT = "no rule", "different"
#: Words that take a rule away, besides nothing at all.
NONE_WORDS = ("", "none", "no rule", "-", "–")


class PlotPanel(Panel):
    """The rules of the plots that are selected, and a button that checks what stands on them."""

    def __init__(self, session: Session, analysing: Analysing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._analysing = session, analysing
        self._editing = editing(session)
        self._reading = Question(session.jobs, "Reading the rules of plots", self)
        self.plots: Plots | None = None
        self.title, self.where = QLabel(wordWrap=True), QLabel(wordWrap=True)
        self.allowance, self.problem = QLabel(wordWrap=True), QLabel(wordWrap=True)
        self.fields = {name: self._field(term) for name, term in TERMS.items()}
        self.check = QPushButton()
        self.check.clicked.connect(self._on_check)
        self._build()
        session.opened.connect(self.refresh)
        session.selection_changed.connect(self.refresh)
        session.situation.changed.connect(self.refresh)
        session.project_changed.connect(self.refresh)
        self.refresh()

    def _field(self, term: Term) -> SpokenField:
        field = SpokenField(term.title, partial(_read, term), examples(term))
        field.entered.connect(partial(self._set, term))
        field.refused.connect(self.problem.setText)
        return field

    def _build(self) -> None:
        for label, name in (
            (self.title, "heading"),
            (self.where, "muted"),
            (self.problem, "problem"),
            (self.check, "primary"),
        ):
            label.setObjectName(name)
        hint = QLabel(HINT, wordWrap=True)
        hint.setObjectName("hint")
        form = QFormLayout()
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(6)
        for name, field in self.fields.items():
            field.setMinimumWidth(FIELD_WIDTH)
            add_row(form, TERMS[name].title, field).setWordWrap(True)
        buttons = QHBoxLayout()
        buttons.addWidget(self.check)
        buttons.addStretch(1)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        for label in (self.title, self.where):
            column.addWidget(label)
        column.addLayout(form)
        for label in (self.problem, self.allowance, hint):
            column.addWidget(label)
        column.addLayout(buttons)
        column.addStretch(1)
        area = QScrollArea(widgetResizable=True)
        area.setWidget(page)
        self._stack = QStackedWidget()
        self._stack.addWidget(empty_state(*NO_PLOT))
        self._stack.addWidget(area)
        self._stack.addWidget(empty_state("Many plots are chosen", "Reading their rules…"))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._stack)
        self.setMinimumWidth(300)

    # -- what is shown -------------------------------------------------------------------------

    def _fill(self) -> None:
        self._reading.drop()
        fids = self._session.selection.tolist()
        if not self._session.is_open or not fids:
            self._show(None)
            return
        self._stack.setCurrentIndex(READING)
        read = partial(read_plots, fids=fids, scenario=self._session.situation.scenario)
        self._session.look(self._reading, len(fids), read, self._show)

    def _show(self, plots: Plots | None) -> None:
        if plots is None or self.plots is None or plots.fids != self.plots.fids:
            self.problem.clear()
        self.plots = plots
        self._stack.setCurrentIndex(NOTHING if plots is None else PLOTS)
        if plots is None:
            return
        self.title.setText(plots.title)
        self.where.setText(f"{plots.layers} · {grouped(plots.area_m2)} m²")
        is_proposal = self._session.situation.scenario is not None
        self.check.setText("Check what is proposed here" if is_proposal else "Check what stands here")
        problem = why_not_editable(self._session)
        for name, field in self.fields.items():
            rule = plots.rules[name]
            field.show_text("" if rule.number is None else rule_text(TERMS[name], rule.number))
            field.setPlaceholderText(DIFFERENT if rule.differ else NO_RULE)
            field.setEnabled(not problem)
            states = f"\nThe attribute {rule.attribute} states it." if rule.attribute else ""
            field.setToolTip(f"{TERMS[name].title}: {examples(TERMS[name])}{states}")
        if plots.odd or problem:
            self.problem.setText(problem or plots.odd)
        self.problem.setVisible(bool(self.problem.text()))
        self.allowance.setText(plots.allowance)
        self.allowance.setVisible(bool(plots.allowance))

    # -- what is done --------------------------------------------------------------------------

    def _set(self, term: Term, answer: tuple[float | None]) -> None:
        """Give the plots a rule, or take it away: a step for each layer that holds some of them."""
        (number,), project = answer, self._session.project
        if self.plots is None:
            return
        self.problem.clear()
        for layer, fids in by_layer(project, self.plots.fids):
            attribute = attribute_for(project, layer, term)
            if number is not None:
                self._editing.set_attribute(fids, attribute, value_in(term, attribute, number))
            elif attribute in project.attribute_types(layer):
                self._editing.remove_attribute(fids, attribute)

    def _on_check(self) -> None:
        """Test what a scenario builds on the plots, or in the city as it is all that stands there."""
        situation = self._session.situation
        if self.plots is not None:
            inputs = Inputs(
                date=situation.city_date,
                scenario=situation.scenario_name,
                own=True,
                plot_fids=self.plots.fids,
            )
            self._analysing.run(NAME, inputs)


def read_plots(project: Project, fids: Sequence[int], scenario: int | None) -> Plots | None:
    """The plots among some objects, and those that others of them stand on."""
    shapes = plots_among(project, fids)
    for fid in [fid for fid in fids if fid not in shapes][:MOST_STANDING]:
        box = project.box([fid])
        if box is not None:
            under = plot_under(project, (box[0] + box[3]) / 2, (box[1] + box[4]) / 2, scenario)
            shapes |= plots_among(project, [under]) if under is not None else {}
    return plots_of(project, shapes) if shapes else None


def _read(term: Term, text: str) -> tuple[float | None] | None:
    """The rule that a text spells, in a pair of brackets as 0 and none are rules too."""
    if text.strip().casefold() in NONE_WORDS:
        return (None,)
    number = rule_from(term, text)
    return None if number is None else (number,)
