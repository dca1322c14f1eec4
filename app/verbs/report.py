"""`citystrata report`: the results of analyses as a PDF file."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

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


def _run(arguments: argparse.Namespace) -> Answer:
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
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtGui import QGuiApplication

    from app.reportpdf import write_report
    from app.reportpictures import studio

    application = QGuiApplication.instance() or QGuiApplication(["citystrata"])
    with studio(project, progress) as taken:
        pages = write_report(out, project, results, taken, progress)
    del application
    return pages


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
    "Write results as a PDF report: verdicts, maps, tables, method.",
    "citystrata report town.city.gpkg --out report.pdf --result 3",
    _arguments,
    _run,
)
