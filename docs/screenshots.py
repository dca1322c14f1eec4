"""The pictures of the guide and the README, made by the program itself: `make screenshots`.

Each of them in two sizes, without a display; Den Haag comes from the real data, where that is at hand.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from tests.conftest import DATA, ROOT

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["QT_LOGGING_RULES"] = "default.warning=false"
os.environ.pop("DISPLAY", None)

from PySide6.QtWidgets import QApplication

from app import theme
from app.demo import make_demo
from app.gui import prepare_application
from app.settings import Settings
from app.window import Window
from layers.data import never_stop

IMAGES = ROOT / "docs" / "images"
SIZES = ((1280, 800), (2560, 1440))
DEN_HAAG = DATA / "cityjson" / "denhaag" / "denhaag.city.json"
QUIET_S = 1.0
PATIENCE_S = 120.0


def settle(window: Window) -> None:
    """Wait until everything is read and drawn and nothing moves any more."""
    start = quiet = time.monotonic()
    while time.monotonic() - quiet < QUIET_S and time.monotonic() - start < PATIENCE_S:
        QApplication.processEvents()
        session = window.session
        if session.is_loading or session.jobs.running or (session.is_open and session.scene.needs_frame):
            quiet = time.monotonic()
        time.sleep(0.01)


def take(window: Window, name: str) -> None:
    """The window in all sizes; the first one has the plain name."""
    for width, height in SIZES:
        window.resize(width, height)
        settle(window)
        if window.session.is_open:
            window.actions_["focus" if window.session.selection else "fit"].trigger()
            settle(window)
            for step in ("zoom_out",) * 3 if window.session.selection else ("zoom_in",):
                window.actions_[step].trigger()
                settle(window)
        suffix = "" if (width, height) == SIZES[0] else f"-{width}x{height}"
        path = IMAGES / f"{name}{suffix}.png"
        window.grab().save(str(path))
        print(path.relative_to(ROOT), flush=True)


def demo(window: Window, folder: Path) -> None:
    """The demo city as it opens."""
    path = folder / "Lohefurt.city.gpkg"
    make_demo(path, folder / "files", never_stop)
    window.open_paths([path])
    settle(window)
    window.set_legend(False)
    window.timeline.ghosts.setChecked(True)
    window.timeline.use_date.setChecked(True)
    window.timeline.track.set_date(date.fromisoformat("2025-07-01"))
    take(window, "demo")


def den_haag(window: Window, folder: Path) -> None:
    """A real city: its highest building, its record, the table and the legend; then the dark theme."""
    if not DEN_HAAG.exists():
        print(f"Left out: {DEN_HAAG} is not here (set CITYSTRATA_DATA)", file=sys.stderr)
        return
    window.open_paths([DEN_HAAG])
    settle(window)
    project = window.session.project
    layer = next(layer for layer in project.layers if layer.kind == "city")
    heights = project.column(layer, "RelativeRidgeHeight")
    highest = max(range(len(heights)), key=lambda i: heights[i] or 0.0)
    window.session.set_current_layer(layer.id)
    window.session.select([layer.first_fid + highest])
    window.show_dock("table", True)
    take(window, "denhaag")
    window.set_theme("dark")
    take(window, "dark")
    window.set_theme("light")


def start(window: Window, _folder: Path) -> None:
    """The start page."""
    take(window, "start")


def main() -> None:
    """Make all pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    application = QApplication(["citystrata"])
    prepare_application()
    theme.start(application, "light")
    shows: tuple[Callable[[Window, Path], None], ...] = (start, den_haag, demo)
    for show in shows:
        with tempfile.TemporaryDirectory(prefix="citystrata-") as name:
            folder = Path(name)
            window = Window(Settings(folder / "settings.ini"), folder / "untitled")
            window.resize(*SIZES[0])
            window.show()
            settle(window)
            show(window, folder)
            window.session.close_project()
            window.close()


if __name__ == "__main__":
    main()
