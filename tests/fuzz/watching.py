"""What a reader opens or makes that it should not: as Python tells it, and the system of all else."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
import tempfile
from pathlib import Path
from typing import Any

#: Where the program's own files lie; a city file has no business elsewhere.
INSTALLED = (sys.prefix, sys.base_prefix, Path(__file__).parents[2])
SYSTEM = ("/usr/", "/lib", "/proc/", "/sys/", "/dev/null", "/dev/urandom", "/dev/shm/", "/etc/localtime")
OURS = (*map(os.path.realpath, INSTALLED), *SYSTEM)
#: Opened itself by who makes files that have no name.
NAMELESS = os.path.realpath(tempfile.gettempdir())
#: What hostile files name.
BAIT = Path("/etc/hostname")
CANARY = "canary"
_OPENED, _MADE, _GONE = 0x20, 0x100 | 0x80 | 0x40 | 0x200 | 0x2, 0x8000 | 0x4000  # of inotify(7)
_EVENT = struct.Struct("iIII")


class Watch:
    """Watches over a folder with the file (`in`), room for work (`work`) and what nobody may open."""

    def __init__(self, folder: Path) -> None:
        self._mine = (f"{folder / 'in'}/", f"{folder / 'work'}/", str(folder / "work"), str(folder / "in"))
        self._names: list[str] = []
        self._watched: dict[int, str] = {}
        self._library = ctypes.CDLL(None)
        self._events = self._library.inotify_init1(os.O_NONBLOCK)
        (folder / CANARY).write_text("nobody's business")
        for path, what in ((folder / CANARY, _OPENED), (BAIT, _OPENED), (folder, _MADE)):
            self._add(path, what)
        sys.addaudithook(self._heard)

    def begin(self, source: Path) -> None:
        """Look out from now on; nothing may be made beside the source either."""
        self._add(source, _MADE)
        self._read()
        self._names.clear()

    def outside(self) -> str:
        """The first that was opened outside, or made where nothing is to be made; '' when none was."""
        names = {os.path.realpath(name) for name in self._names}
        strange = sorted(
            name for name in names if name != NAMELESS and not name.startswith((*OURS, *self._mine))
        )
        return next(iter((*strange, *self._read())), "")

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str | bytes):
            self._names.append(os.fsdecode(arguments[0]))

    def _add(self, path: Path, what: int) -> None:
        number = self._library.inotify_add_watch(self._events, os.fsencode(path), what)
        if number >= 0:
            self._watched[number] = str(path)

    def _read(self) -> list[str]:
        """What the system told since the last time."""
        try:
            data = os.read(self._events, 1 << 16)
        except BlockingIOError:
            return []
        found, at = [], 0
        while at < len(data):
            number, what, _, size = _EVENT.unpack_from(data, at)
            name = data[at + _EVENT.size : at + _EVENT.size + size].rstrip(b"\0").decode(errors="replace")
            at += _EVENT.size + size
            if not what & _GONE:
                found.append(f"{self._watched.get(number, '')}/{name}")
        return found
