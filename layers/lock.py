"""One writer per project: a lock that dies with its process."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


LOCK_NAME = "lock"


class WriterLock:
    """Held while a project is open for writing."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._file, self._path = file, path

    @classmethod
    def take(cls, path: Path) -> WriterLock | None:
        """The lock, or None when another process holds it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        file = open(path, "a+b")
        try:
            if sys.platform == "win32":
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return None
        return cls(file, path)

    def is_held(self) -> bool:
        """Whether it still keeps others out; taken again where its file was deleted meanwhile."""
        with suppress(OSError):
            if os.path.samestat(os.fstat(self._file.fileno()), self._path.stat()):
                return True
        with suppress(OSError):
            again = WriterLock.take(self._path)
            if again is not None:
                self._file.close()
                self._file = again._file
                return True
        return False

    def close(self) -> None:
        """Let others write; the empty file stays."""
        self._file.close()

    def undo(self) -> None:
        """As if it had never been taken: for what turns out to be no project."""
        self._file.close()
        with suppress(OSError):  # a folder with drawing data in it stays
            self._path.unlink()
            self._path.parent.rmdir()
