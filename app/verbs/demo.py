"""`citystrata demo`: the demo city, in the window or as a picture."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from app.verbs.render import shown_project
from app.verbs.verb import Answer, Progress, Verb, size_from
from layers.errors import ProjectError
from layers.project import ENDING
from layers.schema import is_project


def has_display() -> bool:
    """Whether a window can be shown."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", metavar="P", type=Path, help="the project to make; default one in your data folder"
    )
    parser.add_argument(
        "--shot", metavar="PNG", type=Path, help="draw it into a picture instead of opening it"
    )
    parser.add_argument("--size", metavar="WxH", type=size_from, default=(1600, 1000), help="of the picture")


def _run(arguments: argparse.Namespace) -> Answer:
    path = _made(arguments.out)
    if arguments.shot is None and has_display():
        from app import gui

        return Answer({"project": str(path), "shot": None}, (), gui.run([], path))
    from assets.demo import STOCK
    from viewer.shot import shot

    picture = arguments.shot or path.with_name(f"{path.name.removesuffix(ENDING)}.png")
    with shown_project([path]) as project:
        surveyed = next(epoch.date for epoch in project.epochs if epoch.name == STOCK)
        shot(project, picture, arguments.size, date=surveyed, title=project.title)
    said = "Drawn" if arguments.shot else "There is no display, so the demo city was drawn"
    lines = (f"Demo city made. File: {path}", f"{said} into a picture. File: {picture}")
    return Answer({"project": str(path), "shot": str(picture)}, lines)


def _made(asked: Path | None) -> Path:
    """The demo project, made now, or the one in the user's data folder that was made before."""
    from app.demo import demo_project, make_demo  # brings the whole recipe with it

    progress = Progress()
    try:
        if asked is None:
            return demo_project(_default_folder(), progress)
        if not asked.name.endswith(ENDING):
            raise ProjectError("A project's name ends otherwise", found=asked.name, allowed=f"NAME{ENDING}")
        if is_project(asked):
            raise ProjectError(
                "This project is there already",
                where=str(asked),
                do=f"Open it by: citystrata {asked}; or choose another name for a new demo city",
            )
        make_demo(asked, asked.with_name(f"{asked.name.removesuffix(ENDING)} files"), progress)
        return asked
    finally:
        progress.end()


def _default_folder() -> Path:
    from PySide6.QtCore import QCoreApplication

    from app.settings import data_folder

    QCoreApplication.setApplicationName("citystrata")
    return data_folder() / "demo"


VERB = Verb(
    "demo",
    "Make the demo city and open it; without a display, draw it into a picture.",
    "citystrata demo --out town.city.gpkg --shot town.png",
    _arguments,
    _run,
)
