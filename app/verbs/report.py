"""`citystrata report`: the results of analyses as a PDF file, or situations of the city compared."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.verbs.comparison import add_comparison, check_no_comparison, write
from app.verbs.rerun import found_result
from app.verbs.verb import Answer, Progress, Verb, add_project
from layers.errors import ProjectError, UsageError
from layers.importing import complete
from layers.outfile import check_place
from layers.project import Project
from layers.results import Result


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    parser.add_argument("--out", metavar="PDF", type=Path, required=True, help="the file to write")
    parser.add_argument(
        "--result",
        metavar="RESULT",
        action="append",
        default=[],
        help="id or title of a result, as citystrata results P lists them; may be given again; default all",
    )
    parser.add_argument("--overwrite", action="store_true", help="even where there is such a file already")
    add_comparison(parser)


def _run(arguments: argparse.Namespace) -> Answer:
    if arguments.compare is not None:
        return _compared(arguments)
    check_no_comparison(arguments)
    out: Path = arguments.out
    if out.suffix.lower() != ".pdf":
        raise UsageError("The report is a PDF file", found=out.name, do=f"Call it {out.stem or 'report'}.pdf")
    with Project.open(arguments.project, read_only=True) as project:
        check_place(project, out, arguments.overwrite)
        results = chosen_results(project, arguments.result)
        progress = Progress()
        try:
            complete(project, [layer for layer in project.layers if layer.visible], progress)
            pages = _written(out, project, results, progress)
        finally:
            progress.end()
    values = {"out": str(out), "pages": pages, "results": [result.id for result in results]}
    return Answer(values, (f"Wrote {pages} pages. File: {out}",))


def _written(out: Path, project: Project, results: list[Result], progress: Progress) -> int:
    """Qt and VTK load only when there is something to write; neither needs a display."""
    from app.reportpdf import write_report
    from app.reportpictures import studio

    with painting(), studio(project, progress) as taken:
        return write_report(out, project, results, taken, progress)


def _compared(arguments: argparse.Namespace) -> Answer:
    """Situations side by side."""
    from app.printed.sheet import check_ending

    check_ending(arguments.out)
    with Project.open(arguments.project, read_only=True) as project, painting():
        check_place(project, arguments.out, arguments.overwrite)
        wanted = (
            [result.id for result in chosen_results(project, arguments.result)] if arguments.result else []
        )
        return write(arguments, project, wanted)


@contextmanager
def painting() -> Iterator[None]:
    """What Qt needs to paint on paper where there is no display."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtGui import QGuiApplication

    application = QGuiApplication.instance() or QGuiApplication(["citystrata"])
    yield
    del application


def chosen_results(project: Project, wanted: list[str]) -> list[Result]:
    """The results of these ids or titles; without any, all that the project keeps."""
    kept = project.results
    if not kept:
        raise ProjectError(
            "There is nothing to report: the project has no results",
            where=str(project.path),
            do="Run an analysis first, such as citystrata sunlight",
        )
    names = wanted or [str(result.id) for result in kept]
    return [project.result(found_result(kept, name).id) for name in names]


VERB = Verb(
    "report",
    "Write results as a PDF report, or situations side by side with what differs between them.",
    "citystrata report town.city.gpkg --out report.pdf --result 3",
    _arguments,
    _run,
)
