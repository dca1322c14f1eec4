"""Errors a person can act on.

    CitystrataError
    ├── ReadError            a file could not be read
    ├── WriteError           a file could not be written
    ├── ProjectError         the project file could not be opened or used
    ├── EditError            an edit was refused; nothing was changed
    ├── PlaceError           a coordinate reference system is missing or unknown
    ├── ExpressionError      a filter or formula could not be understood
    ├── UsageError           the command was used wrongly (exit status 2)
    └── Cancelled            the person stopped a long job

Each speaks in four parts: what could not be done, where (object or field),
what was found and what is allowed, and what to do.
"""

from __future__ import annotations

import re

_BREAK = re.compile(r"\s*[\r\n]+\s*")


class CitystrataError(Exception):
    """What could not be done, where, what was found, what is allowed, what to do."""

    def __init__(
        self, what: str, *, where: str = "", found: str = "", allowed: str = "", do: str = ""
    ) -> None:
        self.what, self.where, self.found, self.allowed, self.do = what, where, found, allowed, do
        super().__init__(self.sentence())

    def sentence(self) -> str:
        """The error as one readable line."""
        text = self.what.rstrip(".")
        if self.where:
            text += f" ({self.where})"
        if self.found:
            text += f": {self.found.rstrip('.')}"
        if self.allowed:
            text += f"; allowed: {self.allowed.rstrip('.')}"
        text += f". {self.do.rstrip('.')}." if self.do else "."
        return _BREAK.sub(" ", text)  # what a library found may stand in several lines

    def parts(self) -> dict[str, str]:
        """The four parts, for `--json` and for the import process."""
        return {
            "what": self.what,
            "where": self.where,
            "found": self.found,
            "allowed": self.allowed,
            "do": self.do,
        }


class ReadError(CitystrataError):
    """A file could not be read."""


class WriteError(CitystrataError):
    """A file could not be written."""


class ProjectError(CitystrataError):
    """The project file could not be opened or used."""


class EditError(CitystrataError):
    """An edit was refused; nothing was changed."""


class PlaceError(CitystrataError):
    """A coordinate reference system is missing or unknown."""


class ExpressionError(CitystrataError):
    """A filter or formula could not be understood."""


class UsageError(CitystrataError):
    """The command was used wrongly."""


class Cancelled(CitystrataError):
    """The person stopped a long job."""

    def __init__(self) -> None:
        super().__init__("Stopped as you asked", do="Nothing was changed")


KINDS: dict[str, type[CitystrataError]] = {
    cls.__name__: cls
    for cls in (ReadError, WriteError, ProjectError, EditError, PlaceError, ExpressionError, UsageError)
}


def reason(error: Exception) -> str:
    """What a library's error says to whoever reads the file, not of the inside of the program."""
    return "it is nested too deep" if isinstance(error, RecursionError) else str(error)


def from_parts(kind: str, parts: dict[str, str]) -> CitystrataError:
    """The error that another process reported by `parts()`."""
    return KINDS.get(kind, CitystrataError)(
        parts.get("what", ""),
        where=parts.get("where", ""),
        found=parts.get("found", ""),
        allowed=parts.get("allowed", ""),
        do=parts.get("do", ""),
    )
