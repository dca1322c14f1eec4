"""How much memory a process holds, alone or with its children."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

MEGABYTE = 1e6
WATCH_S = 0.15  # looking costs time, too


def resident_mb() -> float:
    """What this process holds now."""
    return _status("VmRSS")


def peak_mb() -> float:
    """What this process has held at most."""
    return _status("VmHWM")


def _status(name: str) -> float:
    return _kilobytes(Path("/proc/self/status"), name) * 1024 / MEGABYTE


@contextmanager
def watched() -> Iterator[dict[str, float]]:
    """Watches this process and its children; gives "peak_mb" of all together at the end.

    Pages that several of them share, such as mapped files, count once.
    """
    result = {"peak_mb": 0.0}
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            pids = (os.getpid(), *_children(os.getpid()))
            result["peak_mb"] = max(result["peak_mb"], sum(map(_share_mb, pids)))
            sleep(WATCH_S)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield result
    finally:
        done.set()
        watcher.join()


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
    except OSError:
        return found  # it has ended meanwhile
    return [*found, *(grand for child in found for grand in _children(child))]


def _share_mb(pid: int) -> float:
    try:
        return _kilobytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss") * 1024 / MEGABYTE
    except OSError:
        return 0.0  # it has ended meanwhile


def available_mb() -> float:
    """What the machine still has for others."""
    return _whole("MemAvailable")


def total_mb() -> float:
    """What the machine has."""
    return _whole("MemTotal")


def _whole(name: str) -> float:
    return _kilobytes(Path("/proc/meminfo"), name) * 1024 / MEGABYTE


def _kilobytes(path: Path, name: str) -> int:
    lines = path.read_text().splitlines()
    return int(next((line.split()[1] for line in lines if line.startswith(f"{name}:")), "0"))
