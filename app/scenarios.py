"""What one does with scenarios: begin, duplicate, change, merge, delete, export, each as an undoable step."""

from __future__ import annotations

from dataclasses import asdict, replace

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu, QMessageBox, QWidget

from app.comparing import as_it_is
from app.dialogs import show_beside
from app.dialogs.scenario import ScenarioForm
from app.exporting import ask_export, run_export
from app.labels import counted
from app.session import Session
from layers.duplicates import duplicate
from layers.edit import Edit
from layers.proposals import Touched, merge, touched
from layers.records import Changes, Layer, Scenario
from viewer.arrangement import SWIPE


class Scenarios(QObject):
    """The scenarios of one session, for the panel and the commands."""

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self._merged: dict[int, int] = {}  # scenarios that were looked at when these steps merged them
        session.opened.connect(self._merged.clear)
        session.project_changed.connect(self._on_changed)

    # -- asking ------------------------------------------------------------------------------------

    def ask_new(self, parent: int | None = None) -> ScenarioForm:
        """Ask for a new scenario that branches from another one, else from what is shown."""
        situation = self._session.situation
        form = ScenarioForm(
            self._session,
            parent_scenario=parent if parent is not None else situation.scenario,
            epoch=situation.city_date,
            parent=self._window,
        )
        form.accepted.connect(lambda: self.begin(form))
        show_beside(form)
        return form

    def ask_change(self, known: Scenario) -> ScenarioForm:
        """Ask for another name, note and so on."""
        form = ScenarioForm(self._session, known, parent=self._window)
        form.accepted.connect(lambda: self._change(known, form))
        show_beside(form)
        return form

    def ask_merge(self, known: Scenario) -> QMessageBox:
        """Say what merging means, and do it when it is wanted."""
        question = QMessageBox(self._window)
        question.setWindowTitle("Merge into the city")
        question.setText(f"<b>Merge {known.name} into the city as it is?</b>")
        question.setInformativeText(
            f"{summary(touched(self._session.project, known.id))}. The scenario is built from then on. "
            "It is one step, and undo takes it back."
        )
        question.addButton("Merge", QMessageBox.ButtonRole.AcceptRole)
        question.addButton(QMessageBox.StandardButton.Cancel)
        question.accepted.connect(lambda: self.merge(known))
        show_beside(question)
        return question

    # -- doing -------------------------------------------------------------------------------------

    def begin(self, form: ScenarioForm) -> None:
        """Begin what was asked for, and look at it."""
        said, made = form.said, []

        def change(edit: Edit) -> None:
            made.append(edit.add_scenario(said.name, said.parent, said.epoch))
            edit.set_scenario(made[0], status=said.status, color=said.color, note=said.note)

        if self._session.run_edit(f"Begin scenario {said.name}", change):
            self.look_at(made[0])

    def _change(self, known: Scenario, form: ScenarioForm) -> None:
        values = {
            key: value
            for key, value in asdict(form.said).items()
            if key != "parent" and value != getattr(known, key)
        }
        self.change(known, **values)

    def change(self, known: Scenario, **values: str) -> None:
        """Give a scenario another name, status, colour or note."""
        if values:
            label = f"Scenario {values.get('name', known.name)}"
            label += f" is {values['status']}" if values.keys() == {"status"} else " is described anew"
            self._session.run_edit(label, lambda edit: edit.set_scenario(known.id, **values))

    def duplicate(self, known: Scenario) -> None:
        """Begin a scenario like another one, and look at it."""
        project, made = self._session.project, []
        taken = {one.name for one in project.scenarios}
        names = (f"{known.name} ({number})" for number in range(2, len(taken) + 3))
        name = next(name for name in names if name not in taken)

        def change(edit: Edit) -> None:
            made.append(duplicate(project, edit, known.id, name))

        if self._session.run_edit(f"Duplicate scenario {known.name}", change):
            self.look_at(made[0])

    def merge(self, known: Scenario) -> None:
        """Make the city what it is in a scenario."""
        project, found = self._session.project, list[Touched]()
        if self._session.run_edit(
            f"Merge scenario {known.name}", lambda edit: found.append(merge(project, edit, known.id))
        ):
            drawn = [layer.name for layer in project.layers if layer.is_drawn and layer.scenario is None]
            where = f"; what is new lies in {' and '.join(drawn)}" if found[0].added and drawn else ""
            self._session.message.emit(f"{known.name} is built{where}; Ctrl+Z takes it back")
            if self._session.situation.scenario == known.id:
                if project.can_undo is not None:
                    self._merged[project.can_undo.step] = known.id
                self.look_at(None)

    def _on_changed(self, changes: Changes) -> None:
        """Where merging is undone or done again, what is looked at is what it was then."""
        merged, now = self._merged.get(changes.step.step), self._session.situation.scenario
        if merged is not None and now == (None if changes.step.undone else merged):
            self.look_at(merged if changes.step.undone else None)

    def delete(self, known: Scenario) -> None:
        """Take a scenario out of the project."""
        branches = [one.name for one in self._session.project.scenarios if one.parent == known.id]
        if branches:
            self._session.problem.emit(
                f"{known.name} cannot be deleted: {', '.join(branches)} branches from it. Delete that first."
            )
            return
        label = f"Delete scenario {known.name}"
        if self._session.run_edit(label, lambda edit: edit.set_scenario(known.id, present=False)):
            self._session.message.emit(f"Scenario {known.name} deleted; Ctrl+Z brings it back")

    def look_at(self, scenario: int | None) -> None:
        """Show a scenario, or the city as it is."""
        self._session.situation.set_scenario(scenario)

    def compare(self, known: Scenario) -> None:
        """Swipe between the city as it is and a scenario."""
        situation = self._session.situation
        now = replace(situation.showing, caption="", scenario=known.id)
        comparing = self._session.comparing
        way = comparing.way or SWIPE
        comparing.begin(way, showings=[as_it_is(self._session.project, now), now])

    # -- export ------------------------------------------------------------------------------------

    def layers_of(self, known: Scenario) -> list[Layer]:
        """The scenario's own layers with something in them."""
        project = self._session.project
        return [
            layer
            for layer in project.layers
            if layer.scenario == known.id and has_content(project.count(layer), layer)
        ]

    def export(self, known: Scenario, layer: Layer | None = None) -> None:
        """Write one of its own layers to a file; where there are several they are offered."""
        layers = self.layers_of(known) if layer is None else [layer]
        if not layers:
            self._session.message.emit(f"{known.name} changes nothing yet, so there is nothing to export")
        elif len(layers) > 1:
            menu = QMenu(self._window)
            for one in layers:
                menu.addAction(one.name).triggered.connect(lambda _on=False, one=one: self.export(known, one))
            menu.popup(self._window.cursor().pos())
        else:
            options = ask_export(self._window, self._session, layers[0])
            if options is not None:
                run_export(self._session, layers[0], options)


def has_content(count: int, layer: Layer) -> bool:
    """Whether a layer holds anything: drawn ones may be empty."""
    return count > 0 or not layer.is_drawn


def summary(found: Touched) -> str:
    """What a scenario changes, short."""
    parts = [
        text
        for count, text in (
            (len(found.changed), f"{len(found.changed)} changed"),
            (len(found.added), f"{len(found.added)} new"),
            (len(found.removed), f"{len(found.removed)} removed"),
            (len(found.layers), counted(len(found.layers), "layer")),
            (len(found.hidden), f"{counted(len(found.hidden), 'layer')} hidden"),
        )
        if count
    ]
    return ", ".join(parts) or "nothing changed yet"
