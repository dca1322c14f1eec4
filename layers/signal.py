"""The one signal of a project, without Qt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Signal(Generic[T]):
    """Calls everyone connected, in the order of connecting."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[T], object]] = []

    def connect(self, listener: Callable[[T], object]) -> None:
        """Call `listener` with every value sent from now on."""
        self._listeners.append(listener)

    def disconnect(self, listener: Callable[[T], object]) -> None:
        """Stop calling `listener`; it is no error if it was not connected."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def send(self, value: T) -> None:
        """Tell everyone."""
        for listener in tuple(self._listeners):
            listener(value)
