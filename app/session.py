"""What is open in a window: the project, its scene, and the selection. Panels listen here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.jobs import Jobs
from layers.errors import CitystrataError, ProjectError
from layers.project import Project
from viewer.scene import Scene

if TYPE_CHECKING:
    from layers.project import Edit


class Session(QObject):
    """The open project with its scene and selection; one per window.

    Panels take a Session, read `.project` while `.is_open`, and follow the signals. They change
    the city through `run_edit` only, so every refusal reaches the person as a sentence.
    """

    opened = Signal()  # another project is open, or none is
    project_changed = Signal(object)  # Changes, on the interface thread whichever thread edited
    selection_changed = Signal(list)  # fids
    hidden_changed = Signal()
    message = Signal(str)  # something went well
    problem = Signal(str)  # something could not be done, and what to do

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs = Jobs(self)
        self.selection: tuple[int, ...] = ()
        self._project: Project | None = None
        self._scene: Scene | None = None

    @property
    def is_open(self) -> bool:
        """Whether a project is open."""
        return self._project is not None

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

    def select(self, fids: Iterable[int], extend: bool = False) -> None:
        """Select these objects; with `extend`, toggle them in the selection there is."""
        wanted = dict.fromkeys(fids)
        if extend:
            kept = [fid for fid in self.selection if fid not in wanted]
            wanted = dict.fromkeys([*kept, *(fid for fid in wanted if fid not in self.selection)])
        if tuple(wanted) == self.selection:
            return
        self.selection = tuple(wanted)
        if self._scene is not None:
            self._scene.select(self.selection)
        self.selection_changed.emit(list(self.selection))

    def run_edit(self, label: str, change: Callable[[Edit], None], why: str = "") -> bool:
        """Make one undoable step of `change(edit)`; False, and a sentence, when it was refused."""
        try:
            with self.project.edit(label, why=why) as edit:
                change(edit)
        except CitystrataError as error:
            self.problem.emit(error.sentence())
            return False
        return True

    def open_project(self, path: Path) -> bool:
        """Open a project file in place of the one there is; False, and a sentence, when it cannot be."""
        raise NotImplementedError

    def import_files(self, paths: Iterable[Path]) -> None:
        """Read files into the open project, or into an untitled one."""
        raise NotImplementedError
