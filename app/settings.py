"""What the program remembers about the person's choices, in one ini file of the user."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import orjson
from PySide6.QtCore import QByteArray, QSettings, QStandardPaths

#: How many recent projects and files the start page and the menu offer.
MAX_RECENT = 12


class Settings:
    """Typed access to the kept choices; unknown or damaged values count as not set."""

    def __init__(self, path: Path | None = None) -> None:
        file = path or config_folder() / "citystrata.ini"
        file.parent.mkdir(parents=True, exist_ok=True)
        self._kept = QSettings(str(file), QSettings.Format.IniFormat)

    @property
    def theme(self) -> str:
        """The chosen theme: "system", "light" or "dark"."""
        return str(self._kept.value("theme", "system"))

    @theme.setter
    def theme(self, choice: str) -> None:
        self._kept.setValue("theme", choice)

    @property
    def detail(self) -> str:
        """How much is drawn: "automatic", "coarse" or "fine"."""
        return str(self._kept.value("detail", "automatic"))

    @detail.setter
    def detail(self, choice: str) -> None:
        self._kept.setValue("detail", choice)

    @property
    def recent(self) -> list[Path]:
        """Recently opened projects and files that still exist, newest first."""
        kept = self._kept.value("recent", [])
        names = [kept] if isinstance(kept, str) else list(kept) if isinstance(kept, list) else []
        return [path for path in map(Path, map(str, names)) if path.exists()][:MAX_RECENT]

    def add_recent(self, path: Path) -> None:
        """Put `path` first among the recent ones."""
        path = path.resolve()
        others = [other for other in self.recent if other != path]
        self._kept.setValue("recent", [str(item) for item in (path, *others)][:MAX_RECENT])

    def flag(self, name: str, default: bool = True) -> bool:
        """A kept yes or no, such as whether the legend is shown."""
        return str(self._kept.value(f"flags/{name}", default)).lower() in ("true", "1")

    def set_flag(self, name: str, value: bool) -> None:
        """Keep a yes or no."""
        self._kept.setValue(f"flags/{name}", value)

    def field_map(self, columns: Iterable[str]) -> dict[str, str] | None:
        """Which field of a file with these columns is which field of ours, as the person last said."""
        try:
            found = orjson.loads(str(self._kept.value(_map_key(columns), "")))
        except orjson.JSONDecodeError:
            return None
        fits = isinstance(found, dict) and all(isinstance(text, str) for text in found.values())
        return found if fits else None

    def keep_field_map(self, columns: Iterable[str], mapping: Mapping[str, str]) -> None:
        """Keep what the person says of files with these columns."""
        self._kept.setValue(_map_key(columns), orjson.dumps(dict(mapping)).decode())

    def bytes(self, name: str) -> QByteArray | None:
        """Kept window geometry or dock arrangement."""
        value = self._kept.value(f"window/{name}")
        return value if isinstance(value, QByteArray) and not value.isEmpty() else None

    def set_bytes(self, name: str, value: QByteArray) -> None:
        """Keep window geometry or dock arrangement."""
        self._kept.setValue(f"window/{name}", value)

    def save(self) -> None:
        """Write everything to the file now."""
        self._kept.sync()


def _map_key(columns: Iterable[str]) -> str:
    """Where the mapping for files with these columns is kept, in whatever order they have them."""
    names = "\n".join(sorted(columns))
    return f"field_maps/{hashlib.sha256(names.encode()).hexdigest()[:16]}"


def config_folder() -> Path:
    """Where the user's choices are kept."""
    found = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppConfigLocation)
    return Path(found)


def data_folder() -> Path:
    """Where untitled projects are kept."""
    found = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation)
    return Path(found)
