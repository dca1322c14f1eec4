"""How modules of formats introduce themselves, those that are read and those that are written."""

from __future__ import annotations

from typing import Protocol


class Introduced(Protocol):
    """A module of a format: its id, what people call it, its endings, the kinds of layers it holds."""

    @property
    def NAME(self) -> str:  # noqa: D102
        ...

    @property
    def TITLE(self) -> str:  # noqa: D102
        ...

    @property
    def ENDINGS(self) -> tuple[str, ...]:  # noqa: D102
        ...

    @property
    def KINDS(self) -> tuple[str, ...]:  # noqa: D102
        ...
