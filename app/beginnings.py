"""With which answers a form begins: what is selected, from where the view looks, which dates it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any

from analysis.asked import Ask
from analysis.foliage import FLAT_COVERS
from analysis.zones.ordinance import ordinance_from
from app.askfields import AskField
from app.askobjects import MOST_LOOKED_AT, LayerAnswer, ObjectsAnswer, kinds_of, meant
from app.askplaces import PlacesAnswer, camera_place, places_of
from app.askpoints import PointsAnswer, point_of
from app.canvas import Canvas
from app.session import Session
from layers.epochs import date_in
from layers.errors import CitystrataError
from layers.project import Project
from layers.records import Epoch


def from_view(
    session: Session,
    canvas: Canvas,
    fields: Mapping[tuple[str, ...], AskField],
    usual: Mapping[str, Any],
) -> dict[str, Any]:
    """What is selected goes where it fits: a viewing place to the places, a church to the targets.

    Who walks looks from where they are; where points are asked for, a facade that was clicked last is one.
    `usual` are the answers that these go before.
    """
    fids = session.selection[:MOST_LOOKED_AT].tolist()
    kinds = kinds_of(session.project, fids)
    places = places_of(session.project, [fid for fid in fids if kinds.get(fid) == "viewpoint"])
    if not places and (canvas.walking or canvas.looking is not None):
        places = [camera_place(canvas, float(usual.get("eye_height_m") or 0.0))]
    points = clicked_point(session, canvas) if usual.get("on") == "points" else []
    found: dict[str, Any] = {}
    for names, field in fields.items():
        if isinstance(field, LayerAnswer):
            layer = _current(session, field.ask)
            if layer and not fids and layer not in found.values():
                found[names[0]] = layer
        elif isinstance(field, PlacesAnswer) and places:
            found[names[0]], places = places, []
        elif isinstance(field, PointsAnswer) and points:
            found[names[0]] = points
        elif isinstance(field, ObjectsAnswer):
            fits = meant(session, field.ask.takes)
            if not fits or fits in found.values() or (points and field.ask.when is not None):
                continue
            found |= _so_that_asked(field.ask, usual)
            if not field.follows:
                found |= zip(names, ("", fits), strict=True)
    return found


def _current(session: Session, ask: Ask) -> str:
    """The name of the current layer, where it is of the kind that is asked for."""
    layer = session.current_layer
    return layer.name if layer is not None and layer.kind == (ask.takes or "city") else ""


def layer_of_plots(project: Project) -> str:
    """The one layer whose attributes are named after rules of plots; '' where there is none, or several."""
    layers = [layer for layer in project.layers if layer.kind == "vector"]
    found = [
        layer.name for layer in layers if ordinance_from({}, list(project.attribute_types(layer)), True).terms
    ]
    return found[0] if len(found) == 1 else ""


def from_views(session: Session) -> dict[str, Any]:
    """The situations that are looked at: of several views the first is before, the last after.

    One view of a scenario is compared with the city as it is, at the date that the scenario changes.
    """
    names = {known.id: known.name for known in session.project.scenarios}
    now = session.situation.showing
    found: dict[str, Any] = {"scenario": names.get(now.scenario or 0, "")}
    if now.scenario is not None:
        date = session.situation.city_date
        found |= {"date": date, "compare": True, "compare_scenario": "", "compare_date": date}
    if session.comparing.is_on:
        first, last = session.comparing.showings[0], session.comparing.showings[-1]
        for prefix, one in (("compare_", first), ("", last)):
            found[f"{prefix}scenario"] = names.get(one.scenario or 0, "")
            found[f"{prefix}date"] = date_in(session.project, *one.situation) or ""
        found["compare"] = first.situation != last.situation
    return found


def clicked_point(session: Session, canvas: Canvas) -> list[tuple[float, ...]]:
    """The point on the selected object that was clicked last, and where its surface looks; else none."""
    hit = canvas.last_click
    if hit is None or hit.surface is None or session.selection.tolist() != [hit.fid]:
        return []
    return [point_of(session.project, hit)]


def _so_that_asked(ask: Ask, usual: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to another question by which this one is asked, where it is not the usual one."""
    if ask.when is None or ask.is_wanted_by(usual.get(ask.when[0])):
        return {}
    name, wanted = ask.when
    return {name: wanted[0] if isinstance(wanted, tuple) else wanted}


def is_open_ground(session: Session, fids: Sequence[int]) -> bool:
    """Whether some objects are areas of the ground: yards, squares, streets."""
    types = set()
    for fid in fids:
        with suppress(CitystrataError):  # it is no longer there
            types.add(session.project.object(fid).type)
    return bool(types) and types <= FLAT_COVERS


def is_planned(epochs: Sequence[Epoch], shown: str, today: date | None = None) -> bool:
    """Whether a date of the city, '' for all, is still to come, and something stands before it to compare."""
    this_day = (today or date.today()).isoformat()
    return shown > this_day and any(epoch.date <= this_day for epoch in epochs)


def dates_to_compare(
    epochs: tuple[Epoch, ...], shown: str, compares: bool, today: date | None = None
) -> tuple[str, str]:
    """The dates of the city that are looked at and compared with; `shown` is what the view shows, '' for all.

    A plan is compared with what is shown, or with what stands today.
    """
    this_day = (today or date.today()).isoformat()
    days = [epoch.date for epoch in epochs]
    now = max((day for day in days if day <= this_day), default="")
    planned = days[-1] if days and days[-1] > this_day else ""
    if compares and planned and shown <= this_day:
        return planned, shown or now
    after = shown or now
    return after, now if after > this_day else max((day for day in days if day < after), default="")
