"""What is open in a window: the project, its scene, and the selection. Panels listen here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from threading import Event
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from app import loading
from app.comparing import Comparing
from app.demo import demo_project
from app.drawing import Drawing
from app.imports import Imports
from app.jobs import Jobs, Question, Work
from app.loading import Options
from app.settings import data_folder
from app.situation import LiveSituation
from layers.data import Progress, never_stop
from layers.edit import Edit
from layers.epochs import Tick
from layers.errors import Cancelled, CitystrataError, EditError, ProjectError
from layers.project import ENDING, Project
from layers.records import Changes, Layer, Step
from layers.runs import ascending, numbers
from layers.source import Source
from layers.untitled import create_untitled, delete_project
from viewer.panes import Panes
from viewer.scene import Scene

#: Steps over at least so many values do not fit between two frames.
LONG_STEP = 2000
FEW = 10_000  # looking into so many objects does
Found = TypeVar("Found")
NOBODY: NDArray[np.int64] = np.empty(0, np.int64)


class Session(QObject):
    """The open project with its scene and selection; one per window.

    Panels take a Session, read `.project` while `.is_open`, and follow the signals. They change
    the city through `run_edit` only, so every refusal reaches the person as a sentence.
    """

    opened = Signal()  # another project is open, or none is
    project_changed = Signal(object)  # Changes, on the interface thread whichever thread edited
    selection_changed = Signal()
    current_layer_changed = Signal()
    hidden_changed = Signal()
    scene_changed = Signal()  # the picture is out of date
    ticks_changed = Signal()
    message = Signal(str)  # something went well
    problem = Signal(str)  # something could not be done, and what to do
    _edited = Signal(object)  # carries Changes over to the interface thread

    def __init__(self, parent: QObject | None = None, untitled_folder: Path | None = None) -> None:
        super().__init__(parent)
        self.untitled_folder = untitled_folder or data_folder() / "untitled"
        self.jobs = Jobs(self)
        self.jobs.failed.connect(self.tell)
        self.imports, self.drawing = Imports(self), Drawing(self)
        self.situation, self.comparing = LiveSituation(self), Comparing(self)
        self.selection = NOBODY  # fids, ascending
        self._current_layer: int | None = None
        self._project: Project | None = None
        self._panes: Panes | None = None
        self._detail = 1.0
        self._closed = Event()  # what was open before is closed
        self._closed.set()
        self._is_copying = False
        self._superseded: Path | None = None  # an untitled project that goes on under a name
        self._edited.connect(self._on_edited)

    # -- what is open ------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether a project is open."""
        return self._project is not None

    @property
    def is_loading(self) -> bool:
        """Whether files or layers are on their way into the view."""
        return self.drawing.is_busy or bool(self.jobs.running)

    @property
    def is_untitled(self) -> bool:
        """Whether the open project has no name of the person's choice yet."""
        return self._project is not None and self._project.path.parent == self.untitled_folder

    @property
    def project(self) -> Project:
        """The open project; ask `is_open` first."""
        if self._project is None:
            raise ProjectError("No project is open", do="Open a file first")
        return self._project

    @property
    def scene(self) -> Scene:
        """The scene of the open project; ask `is_open` first."""
        return self.panes.lead

    @property
    def panes(self) -> Panes:
        """The views of the open project, of which the scene is the first; ask `is_open` first."""
        if self._panes is None:
            raise ProjectError("No project is open", do="Open a file first")
        return self._panes

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """The dates of the timeline."""
        return self.situation.ticks

    @property
    def current_layer(self) -> Layer | None:
        """The layer that the list, the style panel and the table are about."""
        if self._project is None:
            return None
        return next((layer for layer in self._project.layers if layer.id == self._current_layer), None)

    def set_current_layer(self, layer: int | None) -> None:
        """Turn list, style panel and table to another layer."""
        if layer != self._current_layer:
            self._current_layer = layer
            self.current_layer_changed.emit()

    def set_detail(self, factor: float) -> None:
        """Draw so many times as much as is fluent; kept for the next projects."""
        self._detail = factor
        if self._panes is not None:
            for scene in self._panes.scenes:
                scene.detail = factor
                scene.needs_frame = True
            self.scene_changed.emit()

    def tell(self, error: CitystrataError) -> None:
        """Say in one sentence what could not be done; that work was stopped is no problem."""
        (self.message if isinstance(error, Cancelled) else self.problem).emit(error.sentence())

    # -- opening and closing -----------------------------------------------------------------

    def open_project(self, path: Path, read_only: bool = False) -> None:
        """Open a project file in place of the one there is, in a job; a sentence when it cannot be."""
        if self._project is None or self._project.path != path or read_only != self._project.read_only:
            self._open(f"Opening {path.name.removesuffix(ENDING)}", lambda: Project.open(path, read_only))

    def create_project(self, path: Path) -> None:
        """Begin an empty project in a file that does not exist yet."""
        self._open("Making a project", lambda: Project.create(path))

    def open_untitled(self, then: Callable[[], object], otherwise: Callable[[], object]) -> None:
        """Begin a project without a name, and go on with `then`."""
        self._open("Making a project", lambda: create_untitled(self.untitled_folder), then, otherwise)

    def save_as(self, path: Path) -> None:
        """Copy the project to `path` and go on there; an untitled one is not kept."""
        here, is_untitled = self.project.path, self.is_untitled
        self._is_copying = True  # what was changed meanwhile would stay behind

        def go_on(_result: object) -> None:
            self._is_copying, self._superseded = False, here if is_untitled else None
            self._open(f"Opening {path.name.removesuffix(ENDING)}", lambda: Project.open(path), said)

        def said() -> None:
            self.message.emit(f"The project is now {path.name}. Every edit is kept there at once.")

        def refuse(error: CitystrataError) -> None:
            self._is_copying = False
            self.tell(error)

        self.jobs.run(f"Saving as {path.name}", partial(loading.copy, here, path), go_on, refuse)

    def open_demo(self) -> None:
        """Open the demo city; the first time it is made, in a job."""
        folder = self.untitled_folder.parent / "demo"
        self.jobs.run(
            "Building the demo city", lambda work: demo_project(folder, work.progress), self.open_project
        )

    def close_project(self) -> None:
        """Close the project; an untitled one without edits is not worth keeping."""
        self._leave()
        self.opened.emit()

    def discard(self, path: Path) -> None:
        """Delete an untitled project that is not open."""
        try:
            delete_project(path)
        except CitystrataError as error:
            self.tell(error)

    def _open(
        self,
        title: str,
        make: Callable[[], Project],
        then: Callable[[], object] = lambda: None,
        otherwise: Callable[[], object] = lambda: None,
    ) -> None:
        def work(work: Work) -> Project:
            while not self._closed.wait(0.05):
                work.progress(0.0, title)
            return make()

        def done(project: Project) -> None:
            self._adopt(project)
            then()

        def failed(error: CitystrataError) -> None:
            otherwise()
            self.tell(error)

        self.jobs.run(title, work, done, failed, is_lost=False)

    def _adopt(self, project: Project) -> None:
        self._leave()
        project.changed.connect(self._edited.emit)
        self._project, self._panes = project, Panes(project)
        self._panes.has_captions = False  # the canvas names what it shows
        self.set_detail(self._detail)
        layers = sorted(project.layers, key=lambda layer: layer.kind != "city")
        self._current_layer = layers[0].id if layers else None
        self.opened.emit()
        self.current_layer_changed.emit()
        self.drawing.bring_all()
        self.situation.read_ticks()
        self.imports.look_for_unfinished()

    def _leave(self) -> None:
        """Let go of the project; what takes time, such as waiting for work to stop, goes on in a job."""
        if self._project is None or self._panes is None:
            return
        project, is_untitled = self._project, self.is_untitled
        is_superseded = project.path == self._superseded
        self.jobs.drop_all()
        self.imports.forget()
        self.drawing.forget()
        self.comparing.forget()
        self._panes.close()
        self._project = self._panes = self._current_layer = None
        self.select([])
        self._is_copying = False
        self.situation.forget()
        project.changed.disconnect(self._edited.emit)
        self._closed.clear()
        close = partial(loading.close, project, is_untitled, is_superseded)
        self.jobs.close(f"Closing {project.title}", close, self._closed)

    # -- files -------------------------------------------------------------------------------

    def import_files(self, paths: Iterable[Path], options: Options | None = None) -> None:
        """Read files and folders as layers of the open project, or of an untitled one, in a job."""
        self.imports.read([Source(path) for path in paths], options or {})

    def import_tiles(self, paths: Sequence[Path]) -> None:
        """Read files as the tiles of one layer."""
        self.imports.read([Source.of_files(paths)], {})

    # -- selection and visibility ------------------------------------------------------------

    def select(self, fids: Iterable[int], extend: bool = False, toggle: bool = False) -> None:
        """Select these objects; in addition to what is selected, or the other way round than it was."""
        wanted = numbers(fids)
        if toggle:
            wanted = np.setxor1d(self.selection, wanted, assume_unique=True)
        elif extend:
            wanted = ascending(np.concatenate((self.selection, wanted)))
        if np.array_equal(wanted, self.selection):
            return
        self.selection = wanted
        if self._panes is not None:
            self.scene.select(wanted)
            self.scene_changed.emit()
        self.selection_changed.emit()

    def hide(self, fids: NDArray[np.int64]) -> None:
        """Hide objects in the view; no edit."""
        self._after_hiding(self.scene.hide, fids)

    def isolate(self, fids: NDArray[np.int64]) -> None:
        """Show these objects alone; no edit."""
        self._after_hiding(self.scene.isolate, fids)

    def show_all(self) -> None:
        """Bring all hidden objects back."""
        self._after_hiding(self.scene.show_all)

    def _after_hiding(self, change: Callable[..., None], *args: object) -> None:
        change(*args)
        self.hidden_changed.emit()
        self.scene_changed.emit()

    # -- edits -------------------------------------------------------------------------------

    def run_edit(
        self, label: str, change: Callable[[Edit], object], why: str = "", values: int = 1, said: str = ""
    ) -> bool:
        """Make one undoable step of `change(edit)`; False, and a sentence, when it was refused.

        A step over many values runs as a job, and `change` in its thread. In the end `said` is said.
        """
        project = self.project

        def make(progress: Progress) -> list[Changes | None]:
            with project.edit(label, why, announce=False, progress=progress) as edit:
                change(edit)
            return [edit.changes]

        return self._carry_out(label, values, make, said)

    def undo(self) -> None:
        """Take the last step back."""
        self._turn(self.project.can_undo, self.project.undo, "Undone")

    def redo(self) -> None:
        """Make the step again that was taken back."""
        self._turn(self.project.can_redo, self.project.redo, "Done again")

    def _turn(self, step: Step | None, motion: Callable[[bool, Progress], Changes | None], word: str) -> None:
        if step is not None:
            label = f"{word}: {step.label}"
            self._carry_out(label, step.count, lambda progress: [motion(False, progress)], label)

    def go_to(self, number: int) -> None:
        """Take back or do again until the step `number` is the last that counts; 0 is the beginning."""
        project = self.project
        now = project.can_undo.step if project.can_undo is not None else 0
        low, high = sorted((number, now))
        values = sum(step.count for step in project.history() if low < step.step <= high)
        self._carry_out("Going through the history", values, partial(loading.turn_to, project, number))

    def _carry_out(
        self, label: str, values: int, make: Callable[[Progress], list[Changes | None]], said: str = ""
    ) -> bool:
        """Make steps over so many values, at once or as a job when they are many."""
        if self._is_copying:
            self.tell(EditError("The project is being saved under another name", do="Edit when that is done"))
            return False
        announce = partial(self._announce, said)
        if values >= LONG_STEP:
            self.jobs.run(label, lambda work: make(work.progress), announce)
            return True
        try:
            made = make(never_stop)
        except CitystrataError as error:
            self.tell(error)
            return False
        announce(made)
        return True

    def _announce(self, said: str, made: list[Changes | None]) -> None:
        for changes in made:
            if changes is not None:
                self.project.announce(changes)
        if said:
            self.message.emit(said)

    def look(
        self,
        question: Question,
        objects: int,
        read: Callable[[Project], Found],
        done: Callable[[Found], object],
        failed: Callable[[CitystrataError], object] | None = None,
    ) -> None:
        """Find something out about so many objects: of few at once, else in a thread.

        What `question` was about before is dropped.
        """
        project = self.project
        if objects > FEW:
            question.ask(partial(loading.look, project, read), done, failed)
            return
        question.drop()
        try:
            found = read(project)
        except CitystrataError as error:
            (failed or self.tell)(error)
        else:
            done(found)

    def _on_edited(self, changes: Changes) -> None:
        if self._panes is None:
            return
        self._panes.on_changes(changes)
        if changes.layers or changes.project:
            self.drawing.drop_reshaped()
            self.drawing.bring_all()
        self.drawing.bring_again(changes)
        self.select(self.project.there(self.selection))
        if self.current_layer is None:
            self.set_current_layer(next((layer.id for layer in self.project.layers), None))
        self.project_changed.emit(changes)
        self.scene_changed.emit()
