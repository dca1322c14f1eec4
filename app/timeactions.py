"""The commands about time: several views, the play of dates, scenarios, snapshots, time-lapses."""

from __future__ import annotations

from app.action import Action, has_dates, has_layers, is_writable, may_edit_layer
from app.session import Session
from viewer.arrangement import BLINK, ONION, ROW, SWIPE


def compares(session: Session) -> bool:
    """Several views are shown."""
    return session.comparing.is_on


def is_in_scenario(session: Session) -> bool:
    """A scenario is looked at."""
    return session.situation.scenario is not None


# fmt: off
TIME_ACTIONS: tuple[Action, ...] = (
    Action("compare_swipe", "Swipe", "Shift+S", "swipe", "Time", "compare", has_layers, checkable=True,
           toolbar=True, about=SWIPE,
           help="Two dates or scenarios, divided by a line that one drags; Esc ends it."),
    Action("compare_split", "Side by side", "Shift+D", "split", "Time", "compare", has_layers, checkable=True,
           toolbar=True, about=ROW, help="Two to four dates or scenarios, seen from the same place."),
    Action("compare_onion", "Onion skin", "Shift+O", "onion", "Time", "compare", has_layers, checkable=True,
           about=ONION, help="Two dates or scenarios mixed, as much of each as the slider says."),
    Action("compare_blink", "Blink", "Shift+B", "blink", "Time", "compare", has_layers, checkable=True,
           about=BLINK, help="Two dates or scenarios in turns, so that what differs jumps to the eye."),
    Action("compare_back", "Line to the left", "[", "left", "Time", "nudge_back", compares,
           help="Move the line to the left, or show less of the second view."),
    Action("compare_on", "Line to the right", "]", "right", "Time", "nudge_on", compares,
           help="Move the line to the right, or show more of the second view."),
    Action("compare_swap", "Swap the views", "", "swap", "Time", "swap_views", compares,
           help="Let two views change their places."),
    Action("compare_linked", "Linked cameras", "", "link", "Time", "link_cameras", compares, checkable=True,
           help="Look at all views from the same place, or at each from its own."),
    Action("compare_print", "Print the comparison…", "Ctrl+Shift+P", "report", "Time", "print_comparison",
           has_layers, help="Put the views on paper, with what differs and what results say of each; where "
           "there is one view, two come first."),
    Action("play", "Play the dates", "Shift+P", "play", "-Time", "play", has_dates, checkable=True,
           help="Let the city grow from date to date; again: pause."),
    Action("colour_age", "Colour by age", "Shift+A", "time", "Time", "colour_by_age", has_layers,
           checkable=True, help="Colour everything by how long it has stood at the date that is shown."),
    Action("timelapse", "Time-lapse…", "", "film", "Time", "timelapse", has_dates,
           help="Write the city over time as a film (MP4) or as numbered pictures."),
    Action("scenario_new", "New scenario…", "", "scenario", "-Time", "new_scenario", is_writable,
           help="Begin an alternative to what is shown; nothing of the city as it is will be touched."),
    Action("scenario_leave", "Back to the city as it is", "", "city", "Time", "leave_scenario",
           is_in_scenario, help="Look at the city without any scenario."),
    Action("dock_scenarios", "Scenarios", "Ctrl+0", "scenario", "View/Panels", "show_dock", about="scenarios",
           checkable=True, toolbar=True, help="Show the alternatives to the city as it is."),
    Action("layer_snapshot", "Snapshot of a date…", "", "calendar", "Layer", "make_snapshot", may_edit_layer,
           help="Say of which date the current layer is, and of which layers it is another state."),
)
# fmt: on
