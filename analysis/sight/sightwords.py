"""What lines of sight tell, in sentences as a planner reads them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.receivers import Receivers
from analysis.sight.aims import Aims
from analysis.sight.lineofsight import Obstacle
from analysis.sight.looking import Observers
from analysis.sight.sightlines import Names, Seen
from layers.columns import Mask
from layers.written import metres

#: Lines that get sentences of their own.
MOST_SAID = 8
#: What hides most of the lines, so many of it are named.
MOST_NAMED = 3


def said_of(
    observers: Observers,
    aims: Aims,
    points: Receivers | None,
    now: Sequence[Seen],
    before: Sequence[Seen] | None,
    names: Names,
) -> list[str]:
    """The sentences of a result, the most important first; the last one says where the eyes are."""
    return [*_of_lines(observers, aims, points, now, before, names), _where_eyes_are(observers)]


def _where_eyes_are(observers: Observers) -> str:
    """Whether places are those of the eyes or of the feet."""
    height = observers.eye_height_m
    how = f"{height:g} m above the place" if height else "the given place itself"
    if len(observers) == 1:
        return f"The eye is {how}, at a height of {observers.eyes[0, 2]:.2f} m."
    return f"The eyes are {how}s." if height else "The eyes are the given places themselves."


def _of_lines(
    observers: Observers,
    aims: Aims,
    points: Receivers | None,
    now: Sequence[Seen],
    before: Sequence[Seen] | None,
    names: Names,
) -> list[str]:
    if points is not None:
        return _of_points(points, aims, now, before, names)
    if aims.targets[0].endswith("°"):
        fans = [_of_fan(observers, aims, who, now, before) for who in range(len(observers))]
        return [*fans, *_hiding("Most often it ends at", now, names)]
    said: list[str] = []
    for number in range(min(len(aims), MOST_SAID)):
        was = before[number] if before is not None else None
        who = observers.names[int(aims.observer[number])]
        said += _of_line(who, aims.targets[number], now[number], was, names)
    if len(aims) > 1:
        said.insert(0, f"{_count(now)} of {len(aims)} lines of sight are free{_earlier(before)}.")
    return said


def _of_line(who: str, target: str, one: Seen, was: Seen | None, names: Names) -> list[str]:
    """Free or not; what would change that; how it was."""
    if one.is_free:
        said = [f"From {who}, {target} is seen{_clear(one)}."]
        if np.isfinite(one.end_from_z):
            less = float(one.line.end[2]) - one.end_from_z
            said.append(f"{target[:1].upper()}{target[1:]} would be seen as far as {metres(less)} lower.")
    else:
        met = one.obstacles[0]
        title = names.title(met.key)
        away = float(np.linalg.norm(one.line.point(met.from_m) - one.line.eye))
        high = f"{metres(away)} away it stands {metres(met.excess_m)} too high"
        said = [f"{title} hides {target} from {who}: {high}."]
        said += _behind(one.obstacles[1:], names)
        said += _over_it(target, one)
    if was is not None:
        said.append(_how_it_was(one, was, names))
    return said


def _over_it(target: str, one: Seen) -> list[str]:
    """How much higher the target or the eye would have to be."""
    higher = [
        f"{what} would have to be {metres(z - float(place[2]))} higher"
        for what, z, place in (
            (target, one.end_from_z, one.line.end),
            ("the eye", one.eye_from_z, one.line.eye),
        )
        if np.isfinite(z)
    ]
    return [f"To see over all of the model that is in the way, {', or '.join(higher)}."] if higher else []


def _clear(one: Seen) -> str:
    if not np.isfinite(one.clearance_m):
        return ""
    return f", {metres(one.clearance_m)} above what the line of sight passes closest"


def _behind(others: Sequence[Obstacle], names: Names) -> list[str]:
    if not others:
        return []
    listed = [f"{names.title(met.key)} (by {metres(met.excess_m)})" for met in others[:MOST_NAMED]]
    more = len(others) - len(listed)
    return [f"Behind it also too high: {', '.join(listed)}{f' and {more} more' if more else ''}."]


def _how_it_was(one: Seen, was: Seen, names: Names) -> str:
    if was.is_free:
        return "It was seen before too." if one.is_free else "Before, it was seen."
    met = was.obstacles[0]
    by = f"by {names.title(met.key)} ({metres(met.excess_m)} too high)"
    return f"Before, it was hidden {by}." if one.is_free else f"It was hidden before too, {by}."


def _of_points(
    points: Receivers, aims: Aims, now: Sequence[Seen], before: Sequence[Seen] | None, names: Names
) -> list[str]:
    """How many surfaces and points are seen, what hides most of them, and what took the rest."""
    seen, count = int(_rows_seen(points, aims, now).sum()), len(points.fid)
    word = "windows" if set(points.surface_type) <= {"Window", "window"} else "surfaces"
    earlier = f"; before, {int(_rows_seen(points, aims, before).sum())}" if before is not None else ""
    said = [f"{seen or 'None'} of {count} {word} {'is' if seen == 1 else 'are'} seen{earlier}."]
    away = count - len(np.unique(points.row[aims.point]))
    if away:
        said.append(f"{away} of them {'looks' if away == 1 else 'look'} away from all viewing places.")
    if len(points) > count and len(aims):
        free = f"{_count(now) or 'None'} of {len(aims)}"
        facing = len(np.unique(aims.point))
        said.append(f"Of {len(points)} points on them {facing} face the places.")
        said.append(f"{free} lines of sight to these are free{_earlier(before)}.")
    said += _hiding("Hidden most often by", now, names)
    if before is not None:
        lost = [one for one, was in zip(now, before, strict=True) if was.is_free and not one.is_free]
        said += _hiding(f"{len(lost)} lines of sight are lost, to", lost, names)
    return said


def _rows_seen(points: Receivers, aims: Aims, found: Sequence[Seen]) -> Mask:
    free = np.array([one.is_free for one in found], bool)
    seen = np.zeros(len(points.fid), bool)
    seen[points.row[aims.point[free]]] = True
    return seen


def _hiding(words: str, found: Sequence[Seen], names: Names) -> list[str]:
    """A sentence on what hides most lines, with how many."""
    counts: dict[int, int] = {}
    for one in found:
        if one.obstacles:
            counts[one.obstacles[0].key] = counts.get(one.obstacles[0].key, 0) + 1
    if not counts:
        return []
    worst = sorted(counts, key=lambda key: (-counts[key], names.title(key)))[:MOST_NAMED]
    listed = ", ".join(f"{names.title(key)} ({counts[key]})" for key in worst)
    return [f"{words} {listed}."]


def _of_fan(
    observers: Observers, aims: Aims, who: int, now: Sequence[Seen], before: Sequence[Seen] | None
) -> str:
    """How far one sees in the directions of a fan."""
    some = np.flatnonzero(aims.observer == who).tolist()
    far = [_far(now[at]) for at in some]
    free = sum(now[at].is_free for at in some)
    reach = now[some[0]].line.length_m
    text = (
        f"From {observers.names[who]} {free} of {len(some)} directions are free to {reach:g} m; "
        f"one sees {np.mean(far):.1f} m far on average, {max(far):.1f} m at most"
    )
    if before is not None:
        text += f"; before, {np.mean([_far(before[at]) for at in some]):.1f} m on average"
    return text + "."


def _far(one: Seen) -> float:
    return one.obstacles[0].from_m if one.obstacles else one.line.length_m


def _count(found: Sequence[Seen]) -> int:
    return sum(one.is_free for one in found)


def _earlier(before: Sequence[Seen] | None) -> str:
    return f"; before, {_count(before)}" if before is not None else ""
