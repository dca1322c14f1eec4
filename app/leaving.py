"""Before a project is closed while work is under way a person is asked: what is not finished is lost."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMessageBox

from app.dialogs import show_beside
from app.jobs import Jobs

if TYPE_CHECKING:
    from app.window import Window

#: So long the program goes on, unseen, until what was under way has stopped and the project is closed.
LEAVE_S = 60.0


class LeavingQuestion(QMessageBox):
    """Is work that is under way to be stopped, to do `then`, which closes the project or more?"""

    def __init__(self, jobs: Jobs, then: Callable[[], object], parent: Window) -> None:
        super().__init__(parent)
        self.then = then
        titles = " and ".join(job.title for job in jobs.at_stake)
        verb = "is" if len(jobs.at_stake) == 1 else "are"
        self.setWindowTitle("Work under way")
        self.setText(f"<b>{escape(titles)} {verb} not finished</b>")
        self.setInformativeText("Closed now, what is not finished is stopped and lost.")
        self.stop = self.addButton("Stop and close", QMessageBox.ButtonRole.AcceptRole)
        self.go_on = self.addButton("Go on working", QMessageBox.ButtonRole.RejectRole)
        self.setDefaultButton(self.go_on)
        self.setEscapeButton(self.go_on)


def may_leave(window: Window, then: Callable[[], object]) -> None:
    """Do `then`, which closes the project, at once or as soon as the person lets work go."""
    jobs = window.session.jobs
    if not jobs.at_stake:
        then()
        return
    for asked in window.findChildren(LeavingQuestion):
        if asked.isVisible():
            asked.then = then  # closing the program is more than closing the project
            asked.raise_()
            return
    question = LeavingQuestion(jobs, then, window)

    def answer() -> None:
        if question.clickedButton() is question.stop:
            jobs.drop_all()
            question.then()

    question.finished.connect(answer)
    show_beside(question)


def leave(window: Window) -> bool:
    """Stop the work, close the project, and remember the arrangement; False while that is asked for."""
    if window.session.jobs.at_stake:
        may_leave(window, window.close)
        return False
    window.arrangement.keep(window.session.is_open)
    window.canvas.close()
    window.session.close_project()
    window.settings.save()
    window.hide()
    window.session.jobs.wait(LEAVE_S)
    return True
