"""Another process at work for a job: its lines as they come, and its end when the job is stopped."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from typing import IO

from layers.workers import HOUSE

#: After so long a silence it is asked whether anybody still waits.
SILENCE_S = 0.1


@contextmanager
def child(arguments: Sequence[str], errors: int = subprocess.PIPE) -> Iterator[subprocess.Popen[bytes]]:
    """This Python with some arguments, with pipes; it does not outlive the context.

    `errors` says where its complaints go, as with `subprocess`.
    """
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=HOUSE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


def lines(stream: IO[bytes], most: int | None = None) -> Iterator[bytes | None]:
    """The lines of a stream as they come, or the first ones; None whenever it has been silent for long."""
    come: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def listen() -> None:
        with suppress(OSError, ValueError):  # closed while it is read
            for line in islice(stream, most):
                come.put(line)
        come.put(b"")

    threading.Thread(target=listen, daemon=True).start()
    while True:
        try:
            line = come.get(timeout=SILENCE_S)
        except queue.Empty:
            yield None
            continue
        if not line:
            return
        yield line
