"""The import process seen from outside: started, asked, watched while it works, and its end explained."""

from __future__ import annotations

import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import msgspec
import orjson

from layers.broken import BrokenTiles
from layers.data import Progress, never_stop
from layers.errors import PlaceError, ReadError, from_parts
from layers.request import Answer, Request
from layers.workers import reason_of_end

#: After so long a silence the person is asked whether to go on.
SILENCE_S = 0.1


def ignored(_message: dict[str, Any]) -> None:
    """Hear nothing."""


class MissingCrs(PlaceError):
    """The file does not say where it lies; `candidates` are likely answers."""

    candidates: tuple[tuple[str, str, str], ...] = ()
    box: tuple[float, ...] = ()


@dataclass(frozen=True)
class ImportProcess:
    """A process that waits for one request."""

    process: subprocess.Popen[bytes]
    last_words: IO[bytes]  # its standard error

    @classmethod
    def start(cls) -> ImportProcess:
        """Start one; it loads what it needs while nobody waits for it yet."""
        last_words = tempfile.TemporaryFile()
        process = subprocess.Popen(
            [sys.executable, "-m", "layers.importer"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=last_words,
            cwd=Path(__file__).resolve().parent.parent,
        )
        return cls(process, last_words)

    def ask(self, request: Request) -> Iterator[dict[str, Any] | None]:
        """What it says to a request, message by message, and None whenever it has been silent for long."""
        lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._listen, args=(lines,), daemon=True).start()
        assert self.process.stdin
        try:
            self.process.stdin.write(msgspec.json.encode(request) + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return  # it died at once; its end says why
        while True:
            try:
                line = lines.get(timeout=SILENCE_S)
            except queue.Empty:
                yield None
                continue
            if not line:
                return
            yield orjson.loads(line)

    def _listen(self, lines: queue.SimpleQueue[bytes]) -> None:
        assert self.process.stdout
        with self.process.stdout as answers:
            for line in answers:
                lines.put(line)
        lines.put(b"")

    def death(self, path: Path) -> ReadError:
        """Why it ended without an answer."""
        return ReadError(
            "The file could not be read",
            where=str(path),
            found=reason_of_end(self.process.wait(), self.last_words),
            do="It is probably damaged; nothing was changed. Ask for the file again",
        )

    def end(self) -> None:
        """Stop it, whatever it does."""
        assert self.process.stdin
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.last_words.close()


_ahead: list[ImportProcess] = []


def start_ahead() -> None:
    """Start an import process for the next file, where one is about to be read."""
    _ahead.append(ImportProcess.start())


@contextmanager
def answered(
    request: Request, progress: Progress = never_stop, listen: Callable[[dict[str, Any]], None] = ignored
) -> Iterator[Answer]:
    """Have a source read by an import process: its progress is passed on, and its answer or error given.

    `listen` hears what else it says. Its folders are its own as long as the context lasts.
    """
    reader = _ahead.pop() if _ahead else ImportProcess.start()
    try:
        yield _answer(reader, request, progress, listen)
    finally:
        reader.end()


def _answer(
    reader: ImportProcess, request: Request, progress: Progress, listen: Callable[[dict[str, Any]], None]
) -> Answer:
    path = Path(request.path).absolute()
    said = (0.0, "opening")
    for message in reader.ask(replace(request, path=str(path))):
        if message is None:
            pass  # nothing new, but the person may want to stop
        elif "progress" in message:
            said = (message["progress"], message["text"])
        elif "done" in message:
            return msgspec.convert(message["done"], Answer)
        elif "error" in message:
            raise _told(message["error"])
        else:
            listen(message)
        progress(*said)
    raise reader.death(path)


def _told(error: dict[str, Any]) -> Exception:
    if error["kind"] == "BrokenTiles":
        return BrokenTiles(error["parts"], error["reasons"], error["sound"])
    if error["kind"] == "MissingCrs":
        parts = error["parts"]
        missing = MissingCrs(
            parts["what"],
            where=parts["where"],
            found=parts["found"],
            allowed=parts["allowed"],
            do=parts["do"],
        )
        missing.candidates = tuple(tuple(item) for item in error["candidates"])
        missing.box = tuple(error["box"])
        return missing
    return from_parts(error["kind"], error["parts"])
