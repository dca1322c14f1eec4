"""A process for tests of `layers.workers`: it answers, fails, or dies, as it is told."""

from __future__ import annotations

import os
import sys

from layers.errors import ReadError
from layers.workers import Answer, Task, serve


def answer(task: Task) -> Answer:
    """Do what the task says."""
    match task["do"]:
        case "die":
            os.abort()
        case "refuse":
            raise ReadError("This cannot be read", where=task["path"])
        case "fill":
            return {"bytes": len(bytearray(1 << 40))}
        case "shout":
            print("a decoder's remark")  # must not be taken for an answer
            sys.stdout.flush()
    return {"twice": 2 * task["number"], "process": os.getpid()}


if __name__ == "__main__":
    serve(answer)
