"""Letters that reach what menus and windows offer: Alt and the letter, each once in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from PySide6.QtWidgets import QAbstractButton, QDialog, QLabel, QMenu

Change = Callable[[str], object]


def lettered(texts: Iterable[str]) -> list[str]:
    """Texts with `&` before a letter that no other of them has; the beginnings of words come first."""
    texts = list(texts)
    taken = {text[at + 1].casefold() for text in texts if (at := _place(text)) >= 0}
    found = []
    for text in texts:
        if _place(text) < 0:
            starts = [
                at for at in range(len(text)) if text[at].isalnum() and (at == 0 or text[at - 1] == " ")
            ]
            rest = [at for at in range(len(text)) if text[at].isascii() and text[at].isalnum()]
            free = [at for at in (*starts, *rest) if text[at].casefold() not in taken]
            if free:
                taken.add(text[free[0]].casefold())
                text = f"{text[: free[0]]}&{text[free[0] :]}"
        found.append(text)
    return found


def letter_menu(menu: QMenu) -> None:
    """Give every row of a menu its letter."""
    rows = [action for action in menu.actions() if not action.isSeparator()]
    _give([(action.text(), action.setText) for action in rows])


def letter_dialog(dialog: QDialog) -> None:
    """Give every button of a window its letter, and every label that stands before a field."""
    labels = [label for label in dialog.findChildren(QLabel) if label.buddy() is not None and label.text()]
    buttons = [button for button in dialog.findChildren(QAbstractButton) if button.text()]
    parts = [(button.text(), button.setText) for button in buttons]
    _give(parts + [(label.text(), label.setText) for label in labels])


def _give(parts: Sequence[tuple[str, Change]]) -> None:
    for (before, change), text in zip(parts, lettered(before for before, _ in parts), strict=True):
        if text != before:
            change(text)


def _place(text: str) -> int:
    """Where the letter of a text is announced, -1 where it has none."""
    return text.replace("&&", "  ").find("&")
