"""Results that leave the window: reports as PDF files, made by another process, and exports."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from app.commanded import commanded
from app.jobs import Work
from app.session import Session
from layers.resultfiles import FILES, endings_for, export_result
from layers.results import ResultSummary

#: What the names of files may not hold, on any system.
NO_NAME = re.compile(r'[\\/:*?"<>|\x00-\x1f\s]+')
LONGEST_NAME = 80


def file_name(title: str, ending: str) -> str:
    """A file name made from a title; of a long one the first words, whole."""
    name = NO_NAME.sub(" ", title).strip()
    if len(name) > LONGEST_NAME:
        words, _, cut = name[: LONGEST_NAME + 1].rpartition(" ")
        name = words.rstrip(" ,;-–(") or cut
    return f"{name[:LONGEST_NAME] or 'result'}{ending}"


def ask_report_path(parent: QWidget, title: str) -> Path | None:
    """Where a report should be written."""
    wanted = "PDF document (*.pdf)"
    name, _ = QFileDialog.getSaveFileName(parent, "Report", file_name(title, ".pdf"), wanted)
    return with_ending(name, ".pdf") if name else None


def run_report(
    parent: QWidget, session: Session, results: list[int], title: str, done: Callable[[Path, int], object]
) -> None:
    """Ask for a file and write results to it in a job; in the end `done` is told of it and its pages."""
    project = session.project
    out = ask_report_path(parent, f"{project.title}, {title}")
    if out is not None:
        session.jobs.run(
            f"Writing {out.name}", partial(report, project.path, results, out), partial(done, out)
        )


def ask_export_path(parent: QWidget, session: Session, result: ResultSummary) -> Path | None:
    """Where a result should be written, and so in which format."""
    rows = {
        f"{title} (*{ending})": ending for ending, title in endings_for(session.project.result(result.id))
    }
    name, chosen = QFileDialog.getSaveFileName(
        parent, f"Export {result.title}", file_name(result.title, FILES[0][0]), ";;".join(rows)
    )
    if not name:
        return None
    known = any(name.lower().endswith(ending) for ending in rows.values())
    return Path(name) if known else with_ending(name, rows.get(chosen, FILES[0][0]))


def with_ending(name: str, ending: str) -> Path:
    """A path that ends as it should."""
    return Path(name if name.lower().endswith(ending) else f"{name}{ending}")


def run_export(session: Session, result: ResultSummary, path: Path) -> None:
    """Write a result in a job; the sentence about how comes as a message."""
    project = session.project

    def work(work: Work) -> str:
        work.progress(0.0, f"Writing {path.name}")
        with project.reader() as reader:
            # The dialog has asked already whether a file may be overwritten.
            said = export_result(reader, reader.result(result.id), path, overwrite=True)
        return f"Exported {said}. File: {path}"

    session.jobs.run(f"Writing {path.name}", work, session.message.emit)


def ask_and_export(parent: QWidget, session: Session, result: ResultSummary) -> None:
    """Ask for a file, and write a result to it."""
    path = ask_export_path(parent, session, result)
    if path is not None:
        run_export(session, result, path)


def report(project: Path, results: Sequence[int], out: Path, work: Work) -> int:
    """Have the command line write a report; gives its number of pages.

    Drawing pictures in a process of its own leaves the window free.
    """
    chosen = [part for number in results for part in ("--result", str(number))]
    # The dialog has asked already whether a file may be overwritten.
    options = ["--out", str(out.absolute()), "--overwrite", "--json"]
    request = ["report", str(project.absolute()), *chosen, *options]
    return int(commanded(request, work, "The report could not be written", out)["pages"])
