"""`citystrata render`: a picture without a window."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from analysis.situated import ALL_DATES, Named
from analysis.situation import Situation
from app.verbs.severalviews import add_views, asked_views, showings_of
from app.verbs.timelapse import add_timelapse, check_film, filmed
from app.verbs.verb import Answer, Progress, Verb, size_from
from layers.data import ReadOptions
from layers.epochs import iso_date
from layers.errors import UsageError
from layers.importing import complete, import_files
from layers.outfile import check_place
from layers.project import ENDING, Project

if TYPE_CHECKING:
    from layers.results import Result
    from layers.views import Place, View
    from viewer.arrangement import Arrangement
    from viewer.camera import Camera
    from viewer.shade import SunLight

#: Width of a picture from an eye, unless another is asked for.
FOV_DEG = 60.0
#: So far around a place its ground is looked for.
AROUND_M = 5.0
#: Pictures that differ by less look the same: text and edges are smoothed differently by drivers.
SAME_BELOW = 0.01


def _arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("files", metavar="P", nargs="+", type=Path, help="a project, or files to see together")
    add("--out", metavar="PNG", type=Path, required=True, help="the picture to write, or a time-lapse")
    add("--size", metavar="WxH", type=size_from, default=(1600, 1000), help="in pixels; default 1600x1000")
    look = parser.add_mutually_exclusive_group()
    look.add_argument(
        "--view", metavar="NAME", default="overview", help="top, north, isometric, …; default overview"
    )
    look.add_argument(
        "--camera",
        metavar="X,Y,Z,DISTANCE,AZIMUTH,ALTITUDE[,FOV]",
        help="look at a point, from there; FOV: vertical opening in degrees, or parallel",
    )
    look.add_argument(
        "--from",
        dest="eye",
        metavar="X,Y[,Z]",
        type=point_from,
        help="X,Y on the ground, or X,Y,Z of the eye itself, in the project's CRS; with --to",
    )
    look.add_argument(
        "--look", metavar="NAME", help="as a view of the --result sees it, in its city: its name, or 1, 2, …"
    )
    add("--to", metavar="X,Y[,Z]", type=point_from, help="what is in the middle of the picture; with --from")
    add(
        "--height",
        metavar="M",
        type=float,
        help="of the eye above --from in metres; default 1.6 for X,Y and 0, the eye itself, for X,Y,Z",
    )
    add("--fov", metavar="DEG", type=float, help="true horizontal field of view; default 60; with --from")
    add(
        "--date",
        metavar="DATE",
        help="the city as it stands at this date; default the day of the sun, else all; all: every date",
    )
    add("--scenario", metavar="NAME", help="in this scenario, at its date unless another is given")
    add(
        "--sun",
        metavar="ISO-TIME",
        help="lit by the sun of this time, with shadows: 2026-03-21T12:00 (local), or with Z",
    )
    add("--result", metavar="ID_OR_TITLE", help="coloured by a result that is kept in the project")
    add("--quantity", metavar="NAME", help="by this quantity of the result; default its first one")
    add("--color-by", metavar="ATTR", help="type, surface, appearance, plain, or an attribute")
    add("--theme", metavar="NAME", help="in the materials and textures of this theme of a file")
    add("--lod", metavar="L", help="this level of detail")
    add_views(parser)
    add_timelapse(parser)
    add(
        "--ghosts",
        metavar="HOW",
        default="translucent",
        help="what stands at other dates: translucent (default), outlines, or none",
    )
    add("--crs", metavar="EPSG", help="where the files lie, when they do not say so themselves")
    add("--overwrite", action="store_true", help="even where there is such a file already")
    add("--dark", action="store_true", help="against a dark sky")
    add("--plain", action="store_true", help="without legend, north arrow and scale")
    add(
        "--compare",
        metavar="PNG",
        type=Path,
        help="say how much the picture differs from another; 1 when it does",
    )


def point_from(text: str) -> tuple[float, ...]:
    """A point in the project's CRS, on the ground where its height is not given."""
    from app.verbs.looking import place_from

    return place_from(text)


def _run(arguments: argparse.Namespace) -> Answer:
    if arguments.timelapse is None:
        _check_picture(arguments.out, arguments.compare)
    date = _date(arguments.date)
    camera = _camera(arguments.camera) if arguments.camera else None
    _check_eye(arguments)
    Thread(target=_load_ahead, daemon=True).start()
    with shown_project(arguments.files, arguments.crs) as project:
        if arguments.timelapse is None:
            check_place(project, arguments.out, arguments.overwrite)
        else:
            check_film(project, arguments)
        from viewer import shot
        from viewer.showing import Showing
        from viewer.studio import Take

        several = asked_views(project, arguments)
        scenario = project.scenario(arguments.scenario) if arguments.scenario else None
        in_scenario = scenario.name if scenario is not None else ""
        result, look = _result(project, arguments.result), None
        if arguments.eye is not None:
            look = _eye(project, arguments, Situation(date or "", scenario=in_scenario))
        if arguments.look:
            look, date = _view_of(result, arguments, date)
            result = result if arguments.quantity else None
        sun: SunLight | None = None
        if arguments.sun:
            asked = (
                Situation(date or "", scenario=in_scenario) if several is None else several[1][0].situation
            )
            by_day = arguments.date is None and several is None
            sun, date = _sun(project, arguments.sun, asked, by_day)
        take = Take(
            arguments.view,
            camera,
            look,
            sun,
            result,
            arguments.quantity,
            arguments.ghosts,
            arguments.dark,
            not arguments.plain,
            project.title,
        )
        showing = Showing(
            date,
            scenario.id if scenario is not None else None,
            color_by=arguments.color_by,
            theme=arguments.theme,
            lod=arguments.lod,
        )
        if arguments.timelapse is not None:
            sun_of = partial(_sun_of, project, arguments.sun) if arguments.sun else None
            return filmed(project, arguments, take, showing, sun_of)
        views: dict[str, Any] = {"showings": [showing]}
        if several is not None:
            views = _views(project, several, arguments, sun)
        shot.taken(project, arguments.out, arguments.size, take, **views)
    width, height = arguments.size
    values: dict[str, Any] = {"out": str(arguments.out), "width": width, "height": height}
    lines = [f"Drawn in {width} x {height} pixels. File: {arguments.out}"]
    if several is not None:
        values["views"] = [one.title for one in several[1]]
        lines.append(f"Views: {', '.join(values['views'])}")
    if look is not None:
        values |= {"from": look.eye, "to": look.to, "fov_deg": look.fov_deg}
        lines.append(look.title)
    if sun is not None:
        values["sun"] = sun.audit_line
        if several is None:
            values["date"] = date
        shown = Situation(date or "", scenario=in_scenario).title
        city = f"Drawn: {shown}" if several is None else ""
        lines += [words for words in (city, sun.note, sun.audit_line) if words]
    if arguments.compare is None:
        return Answer(values, tuple(lines))
    difference = shot.compare(arguments.out, arguments.compare)
    values |= {"difference": difference, "same": difference < SAME_BELOW}
    lines.append(f"{'Looks the same' if values['same'] else 'Looks different'}: {difference:.2%} difference.")
    return Answer(values, tuple(lines), 0 if values["same"] else 1)


def _check_picture(out: Path, other: Path | None) -> None:
    """Refuse to draw what is no picture, or onto the one that it is compared with."""
    if out.suffix.lower() != ".png":
        name = f"{out.stem.removesuffix('.city') or 'picture'}.png"
        raise UsageError("The picture is a PNG file", found=out.name, do=f"Call it {name}")
    if other is not None and other.absolute() == out.absolute():
        raise UsageError(
            "The picture would take the place of the one that it is compared with", found=out.name
        )


def _date(text: str | None) -> str | None:
    """The date of the city; None for every date."""
    if text is None or text == ALL_DATES:
        return None
    date = iso_date(text)
    if date is None:
        raise UsageError("This is not a date", found=repr(text), allowed="YYYY-MM-DD, a year, or all")
    return date


def _sun(project: Project, text: str, situation: Situation, by_day: bool) -> tuple[SunLight, str | None]:
    """The sun of a time with the shadows of a situation, `by_day` of the date of that day; and the date."""
    from analysis.localtime import local, moment_from
    from analysis.site import site_of
    from app.sunlit import sun_over

    site = site_of(project)
    moment = moment_from(text, site)
    if moment.note:
        print(moment.note, file=sys.stderr)
    if by_day:
        situation = replace(situation, date=local(moment.utc, site).date().isoformat())
    return sun_over(project, moment.utc, situation), situation.date or None


def _sun_of(project: Project, text: str, situation: Situation) -> SunLight:
    """The sun of a time, with the shadows of a situation."""
    return _sun(project, text, situation, by_day=False)[0]


def _views(
    project: Project,
    several: tuple[Arrangement, list[Named]],
    arguments: argparse.Namespace,
    sun: SunLight | None,
) -> dict[str, Any]:
    """What each of several views shows, lit with the shadows of its own city; `sun` is the first one's."""
    arrangement, found = several
    suns = []
    if sun is not None:
        suns = [sun, *(_sun_of(project, arguments.sun, one.situation) for one in found[1:])]
    return {"arrangement": arrangement, "showings": showings_of(project, found, arguments), "suns": suns}


def _result(project: Project, wanted: str | None) -> Result | None:
    """The result of this number or title."""
    if wanted is None:
        return None
    kept = project.results
    found = [one for one in kept if wanted in (str(one.id), one.title)]
    if not found:
        raise UsageError(
            "There is no such result in the project",
            found=wanted,
            allowed=", ".join(f"{one.id} ({one.title})" for one in kept) or "none is kept yet",
        )
    return project.result(found[-1].id)


def _load_ahead() -> None:
    """Load what is needed next, while the files are read in a process of their own."""
    for module in ("pyproj", "viewer.shot", "numpy.ma"):
        import_module(module)


def _camera(text: str) -> Camera:
    from viewer.shot import camera_from

    return camera_from(text)


def _check_eye(arguments: argparse.Namespace) -> None:
    """Refuse half a question about what an eye sees."""
    given = [arguments.eye, arguments.to, arguments.fov, arguments.height]
    if any(value is not None for value in given) and None in given[:2]:
        raise UsageError(
            "A picture of what an eye sees needs both --from and --to",
            allowed="--from X,Y[,Z] --to X,Y[,Z] [--height M] [--fov DEG]",
        )


def _eye(project: Project, arguments: argparse.Namespace, situation: Situation) -> View:
    """What an eye sees."""
    from analysis.sight.looking import EYE_HEIGHT_M
    from analysis.site import site_if_known
    from viewer.shot import view_from

    x, y, z = _placed(project, arguments.eye, situation, "viewing place")
    is_eye = len(arguments.eye) == 3
    height_m = (0.0 if is_eye else EYE_HEIGHT_M) if arguments.height is None else arguments.height
    to = _placed(project, arguments.to, situation, "point that is looked at")
    width, height = arguments.size
    fov_deg = FOV_DEG if arguments.fov is None else arguments.fov
    view = view_from((x, y, z + height_m), to, fov_deg, width / height)
    return replace(view, convergence_deg=site_if_known(project).convergence_deg)


def _placed(project: Project, point: tuple[float, ...], situation: Situation, what: str) -> Place:
    """A point with its height, on the terrain of a situation where it is not given."""
    from analysis.casters import casters
    from analysis.sight.looking import box_around, read_places, stood_on

    found = read_places([point], what)
    if len(point) == 2:
        cast = casters(project, situation, box_around(found, AROUND_M))
        found = stood_on(cast, found, what)
    x, y, z = found[0].tolist()
    return x, y, z


def _view_of(
    result: Result | None, arguments: argparse.Namespace, date: str | None
) -> tuple[View, str | None]:
    """A view of a result, and the date of its city unless another is asked for."""
    from layers.views import views_of

    views = views_of(result) if result is not None else ()
    wanted = arguments.look
    found = [view for at, view in enumerate(views, 1) if wanted in (view.name, str(at))]
    if result is None or not found:
        raise UsageError(
            "There is no such view",
            found=wanted,
            allowed=", ".join(view.name for view in views) or "a result with views, as --result ID_OR_TITLE",
        )
    return found[0], date if arguments.date is not None else str(result.inputs.get("date", "")) or None


@contextmanager
def shown_project(files: list[Path], crs: str | None = None) -> Iterator[Project]:
    """The project that is asked for, or a passing one of the files; ready to be drawn."""
    progress = Progress()
    try:
        if len(files) == 1 and files[0].name.endswith(ENDING):
            with Project.open(files[0], read_only=True) as project:
                complete(project, project.layers, progress)
                progress.end()
                yield project
            return
        with tempfile.TemporaryDirectory(prefix="citystrata-") as folder:
            name = files[0].name.split(".")[0] or "files"
            with Project.create(Path(folder) / f"{name}{ENDING}") as project:
                import_files(project, files, ReadOptions(crs=crs), progress=progress)
                progress.end()
                yield project
    finally:
        progress.end()


VERB = Verb(
    "render",
    "Draw a project or files into a picture, without a window.",
    "citystrata render delft.city.gpkg --out delft.png --size 1600x1000 --color-by surface",
    _arguments,
    _run,
)
