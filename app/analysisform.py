"""The form of an analysis, made from its dataclass of inputs: what is asked, and how long it will take."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QFrame,
    QLabel,
    QLineEdit,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from analysis import VISIBILITY
from analysis.analysis import Analysis, Estimate
from analysis.asked import Ask, questions
from app.analysing import Analysing
from app.askfields import PLAIN, AskField, ChoiceAnswer, CityDateAnswer, ScenarioAnswer, YesAnswer
from app.askobjects import MOST_LOOKED_AT, LayerAnswer, ObjectsAnswer
from app.askplaces import PlacesAnswer
from app.askpoints import PointsAnswer
from app.beginnings import dates_to_compare, from_view, from_views, is_open_ground, is_planned, layer_of_plots
from app.canvas import Canvas
from app.jobbar import duration
from app.jobs import Question
from app.labels import counted, thousands
from app.session import Session
from layers.errors import CitystrataError

TITLE_WIDTH = 128
#: The estimate waits until typing pauses.
PAUSE_MS = 250
#: Questions of this group are folded away at first.
MORE = "More"
#: Groups that come after all others.
LAST = {"State": 1, MORE: 2}
WIDTH, HEIGHT = 520, 660
#: Room for what stands above and below the questions.
AROUND = 190
#: It may be as high as the window but for this; rows are not cut as long as there is room.
BESIDE = 120
#: Fields that ask for a date of the city, not for a day of the sun.
CITY_DATES = ("date", "compare_date")


class AnalysisForm(QDialog):
    """Asks for the inputs of an analysis; Run begins it."""

    def __init__(
        self,
        session: Session,
        analysing: Analysing,
        analysis: Analysis,
        canvas: Canvas,
        answers: Mapping[str, Any] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """`answers` are to begin with; else those of the last time, or what the view shows."""
        super().__init__(parent)
        self.setWindowTitle(analysis.TITLE)
        self._session, self._analysing, self._canvas, self.analysis = session, analysing, canvas, analysis
        self._epochs = session.project.epochs
        self.fields: dict[tuple[str, ...], AskField] = {}
        self._forms: dict[tuple[str, ...], QFormLayout] = {}
        self._headings: list[tuple[QWidget, list[AskField]]] = []  # with the questions below them
        self._inputs: Any = None
        self._refusal: tuple[Any, str] | None = None  # inputs that cannot be computed, and why
        self._was_tried = False  # somebody wanted to run
        self._estimating = Question(session.jobs, "Estimating the work", self)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self._estimate)
        self._build()
        usual = analysing.answers(analysis.NAME) or self._beginning()
        self._show(answers or {**usual, **self._from_view(usual)}, stands=answers is not None)
        session.opened.connect(self.reject)
        if answers is None:  # what was asked last time may have been about another kind of thing
            self._follow_selection()
        session.selection_changed.connect(self._follow_selection)
        compare = self.fields.get(("compare",))
        if isinstance(compare, YesAnswer):
            compare.box.toggled.connect(self._compare)
        self._show_asked()
        self.check()
        room = parent.height() - BESIDE if parent is not None else 0
        self.resize(WIDTH, min(self._page.sizeHint().height() + AROUND, max(HEIGHT, room)))

    @property
    def inputs(self) -> Any:
        """The inputs as they are filled in; None while something is not right."""
        return self._inputs

    @property
    def sentence(self) -> str:
        """What stands below the fields: the estimate, or what is not right."""
        return str(self._sentence.text())

    def accept(self) -> None:
        """Begin the analysis, if all is filled in."""
        self._was_tried = True
        for field in self.fields.values():
            field.was_tried = True
        self.check()
        self._pause.stop()
        if self._inputs is not None:
            self._analysing.run(self.analysis.NAME, self._inputs)
            self._canvas.setFocus()  # what is typed next is about the city, not what was typed before
            super().accept()

    # -- building ----------------------------------------------------------------------------

    def _build(self) -> None:
        words = QLabel(self.analysis.HELP, wordWrap=True)
        words.setObjectName("muted")
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(20, 4, 20, 12)
        column.setSpacing(6)
        asked = [(found.name, ask) for found, ask in questions(self.analysis.Inputs)]
        groups = list(dict.fromkeys(ask.group for _, ask in asked))  # inherited questions come among others
        asked.sort(key=lambda question: (LAST.get(question[1].group, 0), groups.index(question[1].group)))
        for group, found in groupby(asked, key=lambda question: question[1].group):
            self._add_group(column, group, dict(found))
        column.addStretch()
        scroll = QScrollArea(widgetResizable=True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(page)
        self._sentence = QLabel(wordWrap=True)
        self._sentence.setMinimumHeight(36)
        kinds = QDialogButtonBox.StandardButton
        self._buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel)
        for button in self._buttons.buttons():
            button.setIcon(QIcon())
        self.run_button = self._buttons.button(kinds.Ok)
        self.run_button.setText("Run")
        self.run_button.setDefault(True)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 16, 0, 16)
        layout.setSpacing(10)
        for widget in (words, scroll, self._sentence, self._buttons):
            layout.addWidget(widget, 1 if widget is scroll else 0)
            if widget is not scroll:
                widget.setContentsMargins(20, 0, 20, 0)
        self._page, self._scroll = page, scroll
        for box in page.findChildren(QComboBox):
            box.installEventFilter(self)
            box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # nor does it take the keys

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """The wheel goes on through the form; it changes no choice that it comes across."""
        is_wheel = event.type() == QEvent.Type.Wheel
        if is_wheel:
            QCoreApplication.sendEvent(self._scroll.viewport(), event)
        return is_wheel

    def _add_group(self, column: QVBoxLayout, group: str, asked: dict[str, Ask]) -> None:
        body = QFrame()
        form = QFormLayout(body)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(8)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        made = self._fields_for(asked)
        if group:
            heading = self._heading(group, body)
            heading.setContentsMargins(0, 8, 0, 0)
            column.addWidget(heading)
            self._headings.append((heading, [field for _, field in made]))
        for names, field in made:
            self.fields[names], self._forms[names] = field, form
            field.changed.connect(self._on_changed)
            title = QLabel("" if field.ask.kind == "yes" else field.ask.title, wordWrap=True)
            title.setFixedWidth(TITLE_WIDTH)
            title.setAlignment(Qt.AlignmentFlag.AlignTop)
            beside = (QLineEdit().sizeHint().height() - title.fontMetrics().height()) // 2
            title.setContentsMargins(0, beside, 0, 0)  # level with the first line of its field
            title.setBuddy(field)
            form.addRow(title, field)
        column.addWidget(body)

    def _heading(self, group: str, body: QWidget) -> QWidget:
        if group != MORE:
            label = QLabel(group)
            label.setObjectName("heading")
            return label
        fold = QToolButton()
        fold.setText("More options")
        fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        fold.setCheckable(True)
        fold.setArrowType(Qt.ArrowType.RightArrow)

        def turn(on: bool) -> None:
            body.setVisible(on)
            fold.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)

        fold.toggled.connect(turn)
        body.hide()
        return fold

    def _fields_for(self, asked: dict[str, Ask]) -> list[tuple[tuple[str, ...], AskField]]:
        """The fields of a group; an expression and chosen objects share one."""
        made: list[tuple[tuple[str, ...], AskField]] = []
        where = next(
            (name for name, ask in asked.items() if ask.kind == "expression" and "fids" in _kinds(asked)), ""
        )
        for name, ask in asked.items():
            if ask.kind == "fids":
                answer = ObjectsAnswer(ask, self._session, self._names(), bool(where), self._asks_once)
                made.append(((where, name), answer))
            elif name != where:
                made.append(((name,), self._field(name, ask)))
        return made

    @property
    def _asks_once(self) -> bool:
        """Whether there is one question about objects only, which then follows what is selected."""
        return [ask.kind for _, ask in questions(self.analysis.Inputs)].count("fids") == 1

    def _field(self, name: str, ask: Ask) -> AskField:
        if name in CITY_DATES:
            return CityDateAnswer(ask, self._epochs)
        if ask.kind == "scenario":
            return ScenarioAnswer(ask, self._session.project.scenarios)
        if ask.kind == "layer":
            return LayerAnswer(ask, self._session)
        if ask.kind == "points":
            return PointsAnswer(ask, self._session, self._canvas)
        if ask.kind == "places":
            asked = [found.name for found, each in questions(self.analysis.Inputs) if each.kind == "places"]
            return PlacesAnswer(ask, self._session, self._canvas, self._eye_height_m, name != asked[0])
        return PLAIN[ask.kind](ask)

    def _eye_height_m(self) -> float:
        """How far the eye is above one's feet, as it is filled in."""
        field = self.fields.get(("eye_height_m",))
        return float((field.tells() if field is not None else None) or 0.0)

    def _names(self) -> list[str]:
        """Names of attributes that objects of the city have."""
        project = self._session.project
        return sorted({name for layer in project.layers for name in project.attribute_types(layer)})

    # -- answers -----------------------------------------------------------------------------

    def _show(self, answers: Mapping[str, Any], stands: bool) -> None:
        """Show answers; those that stand are about the same objects whatever is selected."""
        for names, field in self.fields.items():
            if isinstance(field, ObjectsAnswer):
                field.stands = stands
            values = [answers.get(name, "") for name in names]
            field.show_value(values[0] if len(values) == 1 else tuple(values))

    def _beginning(self) -> dict[str, Any]:
        """Answers to begin with: the defaults, for what is selected, at the dates the city is looked at."""
        answers = dict(vars(self.analysis.Inputs()))
        selected, last = self._session.selection, self._analysing.last_objects
        looked_at = selected[:MOST_LOOKED_AT].tolist() if len(selected) else last[:MOST_LOOKED_AT]
        if self._may_be_ground and is_open_ground(self._session, looked_at):
            answers["on"] = "ground"
        if "fids" in answers and not len(selected) and self._asks_once:
            answers["fids"] = last
        city_date = self._session.situation.date
        if "compare" in answers and self.analysis.NAME in VISIBILITY and is_planned(self._epochs, city_date):
            answers["compare"] = True  # what a plan takes away is what people want to know of it
        dates = dates_to_compare(self._epochs, city_date, bool(answers.get("compare")))
        found = {**dict(zip(CITY_DATES, dates, strict=True)), **from_views(self._session)}
        found["plots"] = layer_of_plots(self._session.project)
        return answers | {name: value for name, value in found.items() if name in answers}

    @property
    def _may_be_ground(self) -> bool:
        """Whether the ground may be looked at."""
        asked = {found.name: ask for found, ask in questions(self.analysis.Inputs)}
        return "on" in asked and "ground" in dict(asked["on"].choices)

    def _from_view(self, usual: Mapping[str, Any]) -> dict[str, Any]:
        return from_view(self._session, self._canvas, self.fields, usual)

    def _follow_selection(self) -> None:
        """Open ground that is selected is looked at as ground, all else as surfaces."""
        field = self.fields.get(("on",))
        if not isinstance(field, ChoiceAnswer) or not self._may_be_ground:
            return
        if not len(self._session.selection):
            return
        if is_open_ground(self._session, self._session.selection[:MOST_LOOKED_AT].tolist()):
            field.show_value("ground")
        elif field.tells() == "ground":
            field.show_value("surfaces")

    def _compare(self, on: bool) -> None:
        """Once it is to be compared, a plan is looked at, and what was looked at is what stood before."""
        after, before, scenario = (self.fields.get((name,)) for name in (*CITY_DATES, "scenario"))
        is_asked = on and not (scenario is not None and scenario.tells())  # which is compared at its own date
        if is_asked and isinstance(after, CityDateAnswer) and isinstance(before, CityDateAnswer):
            shown = str(after.tells() or "")
            for field, day in zip((after, before), dates_to_compare(self._epochs, shown, True), strict=True):
                field.show_value(day)

    def _on_changed(self) -> None:
        self._show_asked()
        self._pause.start()

    def _show_asked(self) -> None:
        """Leave out the questions that other answers make needless."""
        path = self.fields.get(("path",))
        for names, field in self.fields.items():
            if isinstance(field, PlacesAnswer) and path is not None:
                field.set_joined(path.tells() is True)
            if field.ask.when is not None:
                other = self.fields.get((field.ask.when[0],))
                field.is_asked = other is None or field.ask.is_wanted_by(other.tells())
            if isinstance(field, ScenarioAnswer):
                field.is_asked &= field.has_any
            if field.ask.when is not None or isinstance(field, ScenarioAnswer):
                self._forms[names].setRowVisible(field, field.is_asked)
        for heading, fields in self._headings:
            heading.setVisible(any(field.is_asked for field in fields))

    def check(self) -> None:
        """Take the answers in, or say beside each field what is not right."""
        self._inputs = None
        self._estimating.drop()
        answers: dict[str, Any] = {}
        wrong, missing = list[str](), list[str]()
        for names, field in self.fields.items():
            if not field.check():
                (missing if field.is_missing else wrong).append(field.ask.title)
            elif field.is_asked:
                value = field.value()
                answers |= zip(names, value if len(names) > 1 else (value,), strict=True)
        if wrong or (missing and self._was_tried):
            self._say(f"Not filled in yet, or not right: {', '.join(dict.fromkeys(wrong + missing))}.", False)
        elif missing:
            self._say(f"Still to be filled in: {', '.join(dict.fromkeys(missing))}.", True)
        else:
            self._take(answers)

    def _take(self, answers: dict[str, Any]) -> None:
        answers.pop("", None)
        try:
            self._inputs = self.analysis.Inputs(**answers)
        except CitystrataError as error:
            self._say(error.sentence(), False)
            return
        if self._refusal is not None and self._refusal[0] == self._inputs:
            self._inputs = None
            self._say(self._refusal[1], not self._was_tried)
        else:
            self._say("Looking how much there is to do…", True)

    def _estimate(self) -> None:
        self._refusal = None
        self.check()
        if self._inputs is not None:
            self._analysing.estimate(
                self._estimating, self.analysis.NAME, self._inputs, self._show_estimate, self._refuse
            )

    def _show_estimate(self, found: Estimate) -> None:
        rays = f", {_short(found.rays)} rays" if found.rays else ""
        effort = f"About {counted(found.points, found.what)}{rays}: {duration(found.seconds)}."
        odd = f"{'. '.join(found.warnings)}: little else is in sight from there.\n" if found.warnings else ""
        self._say(odd + effort, True, is_odd=bool(odd))

    def _refuse(self, error: CitystrataError) -> None:
        self._refusal, self._inputs = (self._inputs, error.sentence()), None
        self._say(error.sentence(), not self._was_tried)

    def _say(self, sentence: str, can_run: bool, is_odd: bool = False) -> None:
        """Say below the fields how it stands: quietly where Run may be pressed, unless something is odd."""
        self._sentence.setText(sentence)
        self._sentence.setObjectName("problem" if is_odd or not can_run else "muted")
        self._sentence.style().unpolish(self._sentence)
        self._sentence.style().polish(self._sentence)
        self.run_button.setEnabled(can_run)


def _kinds(asked: Mapping[str, Ask]) -> set[str]:
    return {ask.kind for ask in asked.values()}


def _short(number: int) -> str:
    """A large number as people say it."""
    if number >= 10_000_000:
        return f"{number / 1e6:.0f} million"
    return f"{number / 1e6:.1f} million" if number >= 1_000_000 else thousands(number)
