"""How a result was computed, as text with headings: for the window and for the report."""

from __future__ import annotations

from html import escape

from app.labels import thousands
from app.resulttext import answers, kind_title, when
from layers.project import Project
from layers.results import Pedigree, Result, ResultSummary

#: So many digits of a hash tell contents apart; the tooltip of programs may have all.
HASH_DIGITS = 16
#: What numbers of the work are called, and their units; others by their names.
NUMBERS = {
    "seconds": ("Time taken", "s"),
    "largest_error_h": ("Largest error of a point", "h"),
    "sun_h": ("Time that the sun counts", "h"),
    "steps": ("Steps in time", ""),
    "ghi_kwh_m2": ("Irradiation on open level ground", "kWh/m²"),
}


def pedigree_html(result: Result | ResultSummary, project: Project, stale: str = "") -> str:
    """Method, error, inputs, audit lines, limits and versions of a result, as simple HTML."""
    pedigree = result.pedigree
    parts = [f"<p class='notice'><b>{escape(stale)}</b></p>" if stale else ""]
    parts.append(_section("Method", _paragraph(pedigree.method)))
    parts.append(_section("How exact", _paragraph(pedigree.error)))
    parts.append(_section("Sun", "".join(_paragraph(line) for line in pedigree.sun)))
    parts.append(_section("What was asked", _pairs(answers(result, project))))
    parts.append(_section("Left out and assumed", _bullets(pedigree.limits)))
    went_in = [(name, _short(digest)) for name, digest in pedigree.named_inputs]
    parts.append(_section("What went in (start of the SHA-256)", _pairs(went_in)))
    parts.append(_section("Work", _pairs(work_numbers(pedigree))))
    made = f"{kind_title(result.kind)}, {when(result)}. {pedigree.version}"
    parts.append(_section("Made", _paragraph(made)))
    return "".join(parts)


def work_numbers(pedigree: Pedigree) -> list[tuple[str, str]]:
    """How much was computed: points, rays, seconds, each with its name."""
    named = [(*NUMBERS.get(name, (_words(name), "")), value) for name, value in pedigree.numbers.items()]
    return [(title, _number(value, unit)) for title, unit, value in named]


def _section(title: str, body: str) -> str:
    return f"<h4>{escape(title)}</h4>{body}" if body else ""


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>" if text else ""


def _bullets(lines: tuple[str, ...]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>" if lines else ""


def _pairs(rows: list[tuple[str, str]]) -> str:
    if not rows:
        return ""
    cells = (
        f"<tr><td class='key'>{escape(name)}&nbsp;&nbsp;</td><td>{escape(value)}</td></tr>"
        for name, value in rows
    )
    return f"<table>{''.join(cells)}</table>"


def _short(digest: str) -> str:
    return digest[:HASH_DIGITS]


def _words(name: str) -> str:
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def _number(value: float, unit: str) -> str:
    shown = thousands(round(value)) if abs(value) >= 100 or float(value).is_integer() else f"{value:.2g}"
    return f"{shown} {unit}".strip()
