"""How pictures are drawn in short steps, by one scene or by several."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator
from dataclasses import dataclass

from layers.arrays import UInt8

#: Draws on for a short time with every step: None, and at the end the picture.
Steps = Generator[UInt8 | None, None, None]


@dataclass(frozen=True, eq=False)
class Kept:
    """A finished picture, and how it was drawn."""

    picture: UInt8
    is_fine: bool
    columns: tuple[int, int] | None  # these alone; None: all

    def will_do(self, fine: bool, columns: tuple[int, int] | None) -> bool:
        """Whether it is as fine as is asked for, and holds these columns."""
        if self.columns is not None and (
            columns is None or columns[0] < self.columns[0] or self.columns[1] < columns[1]
        ):
            return False
        return self.is_fine or not fine


class Frames(ABC):
    """What gives pictures. All methods belong to the interface thread."""

    def __init__(self) -> None:
        self._drawing: Steps | None = None

    @property
    @abstractmethod
    def needs_frame(self) -> bool:
        """Whether something has changed since the last picture was begun."""

    @property
    def is_drawing(self) -> bool:
        """Whether a picture is begun and not finished."""
        return self._drawing is not None

    def frame(self, fine: bool = False) -> UInt8:
        """The picture, (h, w, 3), top row first. While layers are still coming in, `needs_frame` stays.

        `fine` smooths every edge, for a camera at rest and for pictures to keep, in about twice the time.
        """
        self.begin(fine)
        while True:
            picture = self.proceed()
            if picture is not None:
                return picture

    def begin(self, fine: bool = False) -> None:
        """Begin a picture, in the place of one that is not finished; `proceed` draws it."""
        self._stop()
        self._drawing = self._begun(fine)

    def proceed(self) -> UInt8 | None:
        """Draw on for a short time; gives the picture once it is finished."""
        picture = next(self._drawing) if self._drawing is not None else None
        if picture is not None:
            self._drawing = None
        return picture

    @abstractmethod
    def _begun(self, fine: bool) -> Steps:
        """The steps of a picture of what there is now."""

    def _stop(self) -> None:
        """Leave a picture that is not finished."""
        if self._drawing is not None:
            self._drawing.close()
            self._drawing = None
