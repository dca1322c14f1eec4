"""How steps of the journal and their changes read."""

from __future__ import annotations

from datetime import datetime

from layers.history import ATTRIBUTE, GONE
from layers.records import Change, Step
from layers.values import format_value, from_json

NOTHING = "—"
#: Changes that a step lists before "and n more".
MOST_CHANGES = 3
LONGEST = 60


def when_text(iso: str, now: datetime | None = None) -> str:
    """A time for people: the hour today, the date before."""
    when = datetime.fromisoformat(iso).astimezone()
    today = (now or datetime.now().astimezone()).date()
    return f"{when:%H:%M}" if when.date() == today else f"{when:%Y-%m-%d %H:%M}"


def change_text(change: Change) -> str:
    """A change as "roofType: 1000 → 1030"."""
    if change.key == GONE:
        return "taken away" if change.after == "1" else "added"
    name = change.key.removeprefix(ATTRIBUTE)
    is_json = change.key.startswith(ATTRIBUTE)
    return f"{name}: {_shown(change.before, is_json)} → {_shown(change.after, is_json)}"


def change_lines(step: Step) -> list[str]:
    """The changes of a step, one line each, the many shortened."""
    lines = [change_text(change) for change in step.changes[:MOST_CHANGES]]
    more = step.count - len(lines)
    return [*lines, f"and {more} more"] if lines and more > 0 else lines


def who_and_why(step: Step) -> str:
    """Who made a step and why."""
    return f"{step.who} · “{step.why}”" if step.why else step.who


def _shown(text: str | None, is_json: bool) -> str:
    if text is None:
        return NOTHING
    shown = format_value(from_json(text)) if is_json else text
    shown = shown or "empty"
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"
