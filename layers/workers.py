"""Processes that share work: tasks as JSON lines to `python -m MODULE`, answers in the order they come.

A task that kills its process fails alone; the next one gets a new process.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson

from layers.errors import CitystrataError, ReadError, WriteError, from_parts

Task = dict[str, Any]
Answer = dict[str, Any]

HOUSE = Path(__file__).resolve().parent.parent
MEMORY_LIMIT = 4 << 30
CPU_LIMIT_S = 300  # of one task
NO_ROOM = "What was read could not be stored"
CHECK_DISK = "Nothing was changed; check that there is free space on the disk"
#: The last words of decoders that end the process when they get no memory.
OUT_OF_MEMORY = re.compile(r"malloc|bad_alloc|memory allocation|MemoryError|out of memory", re.IGNORECASE)
SETTINGS = {
    # The cores are shared among the processes, not again within each.
    "RAYON_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    # Arrays come and go; without this each takes its pages from the system anew (glibc).
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(128 << 20),
}
END_WITH_STARTER = 1  # PR_SET_PDEATHSIG of prctl(2)


def cores() -> int:
    """How many processes can work at the same time."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Workers:
    """So many processes that run a module, each with a thread that waits for its answers."""

    def __init__(self, module: str, count: int) -> None:
        self._module = module
        self._tasks: queue.SimpleQueue[tuple[int, _Question] | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[int, Answer | CitystrataError]] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes when they are done with what they are at; what has not begun is left."""
        with suppress(queue.Empty):
            while True:
                self._tasks.get_nowait()
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()

    def each(self, tasks: Sequence[Task]) -> Iterator[tuple[int, Answer | CitystrataError]]:
        """The number of every task with its answer or its error, as they come."""
        for number, task in enumerate(tasks):
            self._tasks.put((number, _Question.of(task)))
        for _ in tasks:
            yield self._answers.get()

    def _work(self) -> None:
        """One process after the other, until there are no more tasks."""
        process = None
        while (item := self._tasks.get()) is not None:
            number, question = item
            try:
                process = process or _Process.start(self._module)
                self._answers.put((number, process.answer(question)))
            except ReadError as error:
                process = None
                self._answers.put((number, error))
        if process is not None:
            process.end()


class Helpers:
    """Processes that wait to be asked, by any thread; one that dies of a question is replaced."""

    def __init__(self, module: str, count: int) -> None:
        self._module = module
        self._idle: queue.LifoQueue[_Process | None] = queue.LifoQueue()
        for _ in range(count):
            self._idle.put(None)
        atexit.register(self.close)

    def start_ahead(self) -> None:
        """Have a process ready for the first question."""
        with suppress(queue.Empty):
            process = self._idle.get_nowait()
            self._idle.put(process or _Process.start(self._module))

    def ask(self, task: Task) -> Answer:
        """The answer to a task, or its error."""
        question = _Question.of(task)
        process, kept = self._idle.get(), None
        try:
            process = process or _Process.start(self._module)
            answer = process.answer(question)
            kept = process
        finally:
            self._idle.put(kept)
        if isinstance(answer, CitystrataError):
            raise answer
        return answer

    def close(self) -> None:
        """End those that are idle."""
        with suppress(queue.Empty):
            while True:
                process = self._idle.get_nowait()
                if process is not None:
                    process.end()


@dataclass(frozen=True)
class _Question:
    """A task as it is sent, and the file that it is about."""

    line: bytes
    path: str

    @classmethod
    def of(cls, task: Task) -> _Question:
        return cls(orjson.dumps(task) + b"\n", str(task.get("path", "")))


@dataclass(frozen=True)
class _Process:
    """A process that answers tasks."""

    process: subprocess.Popen[bytes]
    last_words: IO[bytes]  # its standard error

    @classmethod
    def start(cls, module: str) -> _Process:
        """Start one; ReadError when the system has no room for it."""
        try:
            last_words = tempfile.TemporaryFile()
            process = subprocess.Popen(
                [sys.executable, "-m", module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=last_words,
                cwd=HOUSE,
                env={**os.environ, **SETTINGS},
            )
        except OSError as error:
            found = error.strerror or str(error)
            raise ReadError("A process to read the file could not be started", found=found) from error
        return cls(process, last_words)

    def answer(self, question: _Question) -> Answer | CitystrataError:
        """What it says to a task; ReadError when it died of it."""
        assert self.process.stdin and self.process.stdout
        try:
            self.process.stdin.write(question.line)
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = b""
        if not line:
            found = reason_of_end(self.process.wait(), self.last_words)
            self.end()
            raise ReadError("The file could not be read", where=question.path, found=found)
        said = orjson.loads(line)
        if "error" in said:
            return from_parts(said["error"]["kind"], said["error"]["parts"])
        answer: Answer = said["done"]
        return answer

    def end(self) -> None:
        """It ends when nothing more can be asked."""
        assert self.process.stdin and self.process.stdout
        with suppress(BrokenPipeError):  # it may no longer be there
            self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.last_words.close()


def reason_of_end(code: int, last_words: IO[bytes]) -> str:
    """Why a process that read a file ended, from its exit status and its standard error."""
    last_words.seek(0)
    words = last_words.read()[-4000:].decode("utf-8", "replace").strip().splitlines()
    if words and OUT_OF_MEMORY.search(words[-1]):
        return "it needs more memory than it may have"
    if sys.platform != "win32" and code == -signal.SIGXCPU:
        return "reading took too long"
    if code < 0:
        return f"the decoder crashed ({signal.Signals(-code).name})"
    return words[-1][:200] if words else f"the import process ended with {code}"


def serve(answer: Callable[[Task], Answer], ends_with_starter: bool = True) -> None:
    """Answer tasks from standard input until there are no more; other output goes to standard error.

    `ends_with_starter`: at once when the thread that started this process ends, not when it next listens.
    """
    _limit_memory()
    if ends_with_starter and sys.platform == "linux":
        ctypes.CDLL(None).prctl(END_WITH_STARTER, signal.SIGKILL)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    for line in sys.stdin.buffer:
        _limit_time()
        try:
            said = {"done": answer(orjson.loads(line))}
        except CitystrataError as error:
            said = _said(error)
        except OSError as error:
            said = _said(WriteError(NO_ROOM, found=error.strerror or str(error), do=CHECK_DISK))
        except MemoryError:
            said = _said(ReadError("The file needs more memory than it may have"))
        answers.write(orjson.dumps(said) + b"\n")
        answers.flush()


def _said(error: CitystrataError) -> dict[str, Any]:
    return {"error": {"kind": type(error).__name__, "parts": error.parts()}}


def _limit_memory() -> None:
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = MEMORY_LIMIT if hard == resource.RLIM_INFINITY else min(hard, MEMORY_LIMIT)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _limit_time() -> None:
    """Every task has its time."""
    if sys.platform == "win32":
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    _soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    until = int(used.ru_utime + used.ru_stime) + CPU_LIMIT_S
    resource.setrlimit(
        resource.RLIMIT_CPU, (until if hard == resource.RLIM_INFINITY else min(until, hard), hard)
    )
