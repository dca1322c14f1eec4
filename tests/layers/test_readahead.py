"""Parts of mapped files are fetched in a thread, and told when they are here."""

from __future__ import annotations

from pathlib import Path
from time import monotonic, sleep

import numpy as np

from layers.readahead import ReadAhead
from layers.stored import mapped, write


def until_here(ahead: ReadAhead, key: int) -> bool:
    end = monotonic() + 10
    while not ahead.is_here(key) and monotonic() < end:
        sleep(0.001)
    return ahead.is_here(key)


def test_a_part_is_here_only_after_it_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "rows.npy"
    write(path, 1000, [np.arange(3000.0).reshape(1000, 3)])
    rows, ahead = mapped(path), ReadAhead()
    assert not ahead.is_here(1)
    ahead.want(1, [(rows, 10, 900)])
    assert until_here(ahead, 1)
    assert not ahead.is_here(2)


def test_what_is_no_longer_wanted_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "rows.npy"
    write(path, 10, [np.zeros(10)])
    ahead = ReadAhead()
    ahead.want(1, [(mapped(path), 0, 10)])
    ahead.want(2, [(mapped(path), 0, 10)])
    assert until_here(ahead, 2)
    ahead.forget_others([2])
    assert not ahead.is_here(1) and ahead.is_here(2)


def test_arrays_in_memory_and_files_that_vanished_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "rows.npy"
    write(path, 10, [np.zeros(10)])
    rows, ahead = mapped(path), ReadAhead()
    path.unlink()
    ahead.want(1, [(rows, 0, 10), (np.zeros(4), 0, 4)])
    assert until_here(ahead, 1)
