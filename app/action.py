"""One command of the window, as a row: what it is called, where it is found, when it can be used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.session import Session

When = Callable[[Session], bool]


def always(_session: Session) -> bool:
    """Whatever is open."""
    return True


def is_open(session: Session) -> bool:
    """A project is open."""
    return session.is_open


def is_writable(session: Session) -> bool:
    """A project is open and may be changed."""
    return session.is_open and not session.project.read_only


def has_layers(session: Session) -> bool:
    """There is something to see."""
    return session.is_open and bool(session.project.layers)


def has_dates(session: Session) -> bool:
    """The project knows dates that a timeline can show."""
    return bool(session.ticks)


def has_results(session: Session) -> bool:
    """The project keeps results of analyses."""
    return session.is_open and session.project.has_results


def shows_result(session: Session) -> bool:
    """The view shows a result."""
    return session.is_open and session.scene.shows_result


def shows_views(session: Session) -> bool:
    """The view shows a result that looks from somewhere."""
    return session.is_open and bool(session.scene.result_views)


def has_selection(session: Session) -> bool:
    """At least one object is selected."""
    return session.is_open and len(session.selection) > 0


def has_layer(session: Session) -> bool:
    """A layer is the current one."""
    return session.current_layer is not None


def has_objects(session: Session) -> bool:
    """The current layer has objects."""
    layer = session.current_layer
    return layer is not None and layer.object_count > 0


def may_edit_layer(session: Session) -> bool:
    """The current layer may be changed."""
    return has_layer(session) and is_writable(session)


def may_edit_city(session: Session) -> bool:
    """The current layer holds city objects and may be changed."""
    layer = session.current_layer
    return layer is not None and layer.kind == "city" and is_writable(session)


def may_map_fields(session: Session) -> bool:
    """The current layer has fields that say how large its things are, and may be changed."""
    layer = session.current_layer
    return layer is not None and layer.kind in ("pipes", "vector") and is_writable(session)


def may_undo(session: Session) -> bool:
    """There is a step to undo."""
    return is_writable(session) and session.project.can_undo is not None


def may_redo(session: Session) -> bool:
    """There is a step to redo."""
    return is_writable(session) and session.project.can_redo is not None


@dataclass(frozen=True)
class Action:
    """One command: what it is called, where it is found, what it does and when it can."""

    name: str
    text: str
    shortcut: str
    icon: str
    menu: str  # "" = palette and shortcut only; "View/Theme" = a submenu; "-" in front = after a line
    handler: str  # method of app.commands.Commands
    enabled: When = always
    checkable: bool = False
    toolbar: bool = False
    scope: str = "window"  # "tree": the key works while the layer list has the focus
    about: str = ""  # what the handler is told, where several rows share it
    help: str = ""  # one sentence

    @property
    def place(self) -> tuple[str, ...]:
        """The menu, and the submenu if any."""
        return tuple(self.menu.removeprefix("-").split("/")) if self.menu else ()
