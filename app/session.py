"""What is open in a window: the project, its scene, and the selection. Panels listen here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app import loading
from app.demo import demo_project
from app.jobs import Jobs
from app.loading import Options, Outcomes
from app.settings import data_folder
from layers import importing
from layers.decoding import MissingCrs
from layers.edit import Edit
from layers.epochs import Tick
from layers.errors import CitystrataError, ProjectError
from layers.project import ENDING, Project
from layers.records import Changes, Layer, Step
from layers.untitled import copy_project, delete_project, has_edits, untitled_projects
from viewer.scene import Prepared, Scene

#: Steps over at least so many values do not fit between two frames.
LONG_STEP = 2000
DATES = frozenset(("valid_from", "valid_to"))


class Session(QObject):
    """The open project with its scene and selection; one per window.

    Panels take a Session, read `.project` while `.is_open`, and follow the signals. They change
    the city through `run_edit` only, so every refusal reaches the person as a sentence.
    """

    opened = Signal()  # another project is open, or none is
    project_changed = Signal(object)  # Changes, on the interface thread whichever thread edited
    selection_changed = Signal(list)  # fids
    current_layer_changed = Signal()
    hidden_changed = Signal()
    scene_changed = Signal()  # the picture is out of date
    layer_shown = Signal(int)  # a layer has just come into the scene
    imported = Signal(list)  # Layers
    ticks_changed = Signal()
    crs_wanted = Signal(object, object)  # path, MissingCrs
    message = Signal(str)  # something went well
    problem = Signal(str)  # something could not be done, and what to do
    _edited = Signal(object)  # carries Changes over to the interface thread

    def __init__(self, parent: QObject | None = None, untitled_folder: Path | None = None) -> None:
        super().__init__(parent)
        self.untitled_folder = untitled_folder or data_folder() / "untitled"
        self.jobs = Jobs(self)
        self.jobs.failed.connect(self._on_failed)
        self.selection: tuple[int, ...] = ()
        self._current_layer: int | None = None
        self._project: Project | None = None
        self._scene: Scene | None = None
        self.ticks: tuple[Tick, ...] = ()  # the dates of the timeline
        self._ticks_asked = 0
        self._coming: set[int] = set()  # layers on their way into the scene
        self._mapped: dict[int, object] = {}  # where the fields of drawn pipes come from
        self._waiting: list[tuple[tuple[Path, ...], Options]] = []
        self._reading = False
        self._edited.connect(self._on_edited)

    # -- what is open ------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether a project is open."""
        return self._project is not None

    @property
    def is_loading(self) -> bool:
        """Whether files or layers are on their way into the view."""
        return bool(self._coming) or bool(self.jobs.running)

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
        if self._scene is None:
            raise ProjectError("No project is open", do="Open a file first")
        return self._scene

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

    def untitled(self) -> list[Path]:
        """Untitled projects that can be gone on with."""
        return untitled_projects(self.untitled_folder)

    # -- opening and closing -----------------------------------------------------------------

    def open_project(self, path: Path, read_only: bool = False) -> bool:
        """Open a project file in place of the one there is; False, and a sentence, when it cannot be."""
        try:
            project = Project.open(path, read_only)
        except CitystrataError as error:
            self.problem.emit(error.sentence())
            return False
        self._adopt(project)
        return True

    def create_project(self, path: Path) -> bool:
        """Begin an empty project in a file that does not exist yet."""
        try:
            project = Project.create(path)
        except CitystrataError as error:
            self.problem.emit(error.sentence())
            return False
        self._adopt(project)
        return True

    def save_as(self, path: Path) -> bool:
        """Copy the project to `path` and go on there; an untitled one is not kept."""
        here, was_untitled = self.project.path, self.is_untitled
        try:
            copy_project(self.project, path)
        except CitystrataError as error:
            self.problem.emit(error.sentence())
            return False
        if not self.open_project(path):
            return False
        if was_untitled:
            delete_project(here)
        self.message.emit(f"The project is now {path.name}. Every edit is kept there at once.")
        return True

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
            self.problem.emit(error.sentence())

    def _adopt(self, project: Project) -> None:
        self._leave()
        project.changed.connect(self._edited.emit)
        self._project, self._scene = project, Scene(project)
        layers = sorted(project.layers, key=lambda layer: layer.kind != "city")
        self._current_layer = layers[0].id if layers else None
        self.opened.emit()
        self.current_layer_changed.emit()
        self._bring_layers()
        self._read_ticks()

    def _leave(self) -> None:
        if self._project is None or self._scene is None:
            return
        self.jobs.cancel_all()
        self.jobs.wait()
        project, is_rubbish = self._project, self.is_untitled and not has_edits(self._project)
        self.select([])
        self._scene.close()
        self._project = self._scene = self._current_layer = None
        self._coming.clear()
        self._ticks_asked += 1
        self._set_ticks([])
        self._mapped.clear()
        self._waiting.clear()
        self._reading = False
        project.changed.disconnect(self._edited.emit)
        project.close()
        if is_rubbish and not project.read_only:
            delete_project(project.path)

    # -- files -------------------------------------------------------------------------------

    def import_files(self, paths: Sequence[Path], options: Options | None = None) -> None:
        """Read files as layers of the open project, or of an untitled one, in a job."""
        self._waiting.append((tuple(paths), dict(options or {})))
        if self._reading:
            return
        self._reading = True
        if self.is_open:
            self._read_next()
        else:
            make = partial(loading.create, self.untitled_folder)
            self.jobs.run("Making a project", make, self._on_created, self._on_not_created)

    def _on_created(self, path: Path) -> None:
        waiting, self._waiting = self._waiting, []
        if self.open_project(path):
            self._waiting = waiting
        self._read_next()

    def _on_not_created(self, error: CitystrataError) -> None:
        self._waiting, self._reading = [], False
        self._on_failed(error)

    def _read_next(self) -> None:
        """Files are read one after the other: the first settles the CRS of a new project."""
        self._reading = bool(self._waiting)
        if not self._reading:
            return
        paths, options = self._waiting.pop(0)
        names = paths[0].name if len(paths) == 1 else f"{len(paths)} files"
        project = self.project
        work = partial(loading.read, project.path, paths, options, project.place.crs)
        self.jobs.run(f"Reading {names}", work, partial(self._on_read, project), self._on_not_read)

    def _on_read(self, project: Project, outcomes: Outcomes) -> None:
        if project is not self._project:
            return
        staged = [outcome for _, outcome in outcomes if isinstance(outcome, importing.Staged)]
        try:
            layers = importing.admit(project, staged)
        except CitystrataError as error:
            self.problem.emit(error.sentence())
            layers = []
        if layers:
            self.set_current_layer(layers[0].id)
        for path, outcome in outcomes:
            if isinstance(outcome, MissingCrs):
                self.crs_wanted.emit(path, outcome)
            elif isinstance(outcome, CitystrataError):
                self.problem.emit(outcome.sentence())
        if layers:
            self.imported.emit(layers)
        self._read_next()

    def _on_not_read(self, error: CitystrataError) -> None:
        self._on_failed(error)
        if self.is_open:
            self._read_next()

    # -- the scene ---------------------------------------------------------------------------

    def _bring_layers(self) -> None:
        """Bring every layer into the scene that is not there; the heavy part runs in jobs."""
        shown = self.scene.layer_ids
        for layer in self.project.layers:
            if layer.id not in shown and layer.id not in self._coming:
                self._coming.add(layer.id)
                work = partial(loading.draw, self.project.path, layer)
                done, failed = (
                    partial(self._on_prepared, self.scene, layer.id),
                    partial(self._on_lost, layer.id),
                )
                self.jobs.run(f"Drawing {layer.name}", work, done, failed)

    def _drop_remapped(self) -> None:
        """Pipes whose fields now come from elsewhere have another shape: they are drawn anew."""
        for layer in self.project.layers:
            if layer.id in self._mapped and layer.style.get("field_map") != self._mapped[layer.id]:
                del self._mapped[layer.id]
                self.scene.remove(layer.id)

    def _on_prepared(self, scene: Scene, layer: int, prepared: Prepared | None) -> None:
        self._coming.discard(layer)
        if scene is not self._scene or prepared is None:
            return
        scene.add(prepared)
        if prepared.layer.kind == "pipes":
            self._mapped[layer] = prepared.layer.style.get("field_map")
        self.layer_shown.emit(layer)
        self.scene_changed.emit()

    def _on_lost(self, layer: int, error: CitystrataError) -> None:
        self._coming.discard(layer)
        self._on_failed(error)

    def _read_ticks(self) -> None:
        """Gather the dates of the timeline in a job: every object may have two."""
        self._ticks_asked += 1
        work = partial(loading.read_ticks, self.project.path)
        self.jobs.run("Reading the dates", work, partial(self._on_ticks, self._ticks_asked))

    def _on_ticks(self, asked: int, ticks: list[Tick]) -> None:
        # Two jobs may overtake each other; only the newest one saw everything.
        if self.is_open and asked == self._ticks_asked:
            self._set_ticks(ticks)

    def _set_ticks(self, ticks: list[Tick]) -> None:
        self.ticks = tuple(ticks)
        self.ticks_changed.emit()

    # -- selection and visibility ------------------------------------------------------------

    def select(self, fids: Iterable[int], extend: bool = False) -> None:
        """Select these objects; with `extend`, toggle them in the selection there is."""
        wanted = dict.fromkeys(int(fid) for fid in fids)
        if extend:
            kept = [fid for fid in self.selection if fid not in wanted]
            wanted = dict.fromkeys([*kept, *(fid for fid in wanted if fid not in self.selection)])
        if tuple(wanted) == self.selection:
            return
        self.selection = tuple(wanted)
        if self._scene is not None:
            self._scene.select(self.selection)
            self.scene_changed.emit()
        self.selection_changed.emit(list(self.selection))

    def hide(self, fids: Sequence[int]) -> None:
        """Hide objects in the view; no edit."""
        self._after_hiding(self.scene.hide, fids)

    def isolate(self, fids: Sequence[int]) -> None:
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

    def run_edit(self, label: str, change: Callable[[Edit], object], why: str = "", objects: int = 1) -> bool:
        """Make one undoable step of `change(edit)`; False, and a sentence, when it was refused.

        A step over many objects runs as a job, and `change` in its thread.
        """
        project = self.project

        def make(announce: bool) -> Changes | None:
            with project.edit(label, why=why, announce=announce) as edit:
                change(edit)
            return edit.changes

        return self._step(label, make, objects)

    def undo(self) -> None:
        """Take the last step back."""
        self._turn(self.project.can_undo, self.project.undo, "Undone")

    def redo(self) -> None:
        """Make the step again that was taken back."""
        self._turn(self.project.can_redo, self.project.redo, "Done again")

    def _turn(self, step: Step | None, motion: Callable[[bool], Changes | None], word: str) -> None:
        if step is not None and self._step(f"{word}: {step.label}", motion, step.count):
            self.message.emit(f"{word}: {step.label}")

    def _step(self, label: str, make: Callable[[bool], Changes | None], size: int) -> bool:
        """Make a step at once, or as a job when it is long; `make` is told whether to announce it."""
        if size >= LONG_STEP:
            project = self.project

            def announce(changes: Changes | None) -> None:
                if changes is not None:
                    project.announce(changes)

            self.jobs.run(label, lambda _work: make(False), announce)
            return True
        try:
            make(True)
        except CitystrataError as error:
            self.problem.emit(error.sentence())
            return False
        return True

    def _on_edited(self, changes: Changes) -> None:
        if self._scene is None:
            return
        self._scene.on_changes(changes)
        if changes.layers or changes.project:
            self._drop_remapped()
            self._bring_layers()
        if changes.epochs or changes.layers or changes.keys & DATES:
            self._read_ticks()
        if self.current_layer is None:
            self.set_current_layer(next((layer.id for layer in self.project.layers), None))
        self.project_changed.emit(changes)
        self.scene_changed.emit()

    def _on_failed(self, error: CitystrataError) -> None:
        self.problem.emit(error.sentence())


def is_project(path: Path) -> bool:
    """Whether a file is a project of ours, by its name."""
    return path.name.endswith(ENDING)
