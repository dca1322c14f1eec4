"""Where the `citystrata` command begins: Ctrl-C is answered while the rest is still being loaded."""

from __future__ import annotations

import sys

INTERRUPTED = 130


def entry() -> None:
    """The `citystrata` command."""
    try:
        from app import cli

        cli.entry()
    except KeyboardInterrupt:
        print("Stopped as you asked. Nothing was left half done.", file=sys.stderr)
        sys.exit(INTERRUPTED)
