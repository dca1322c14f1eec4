"""Reports: pages that hold what they must, tables over pages, and the verb behind them."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontMetricsF, QImage, QPainter
from pytestqt.qtbot import QtBot

from app import paper
from app.cli import FAILED, MISUSED, main
from app.pages import Chapter, laid_out, write_pdf
from app.paper import HEIGHT, WIDTH, Block, Text, heading, paragraph
from app.papergrid import Grid
from app.reportframes import ViewFrame
from app.reporting import file_name
from app.reporttables import MOST_ROWS, numbers_grid, table_blocks
from app.reportwords import date_in_words, day_of_result, seen_from, subject_of
from layers.results import BEFORE, CHANGE, FINDINGS, Pedigree, Quantity, Result, Table, Values
from layers.views import View
from layers.written import unbroken
from tests.app.yard import judged_yards
from viewer.camera import Camera, corners

__all__ = ["judged_yards"]

WORDS = "Rays are cast from points on surfaces towards the centre of the sun. " * 6


def height(block: Block) -> float:
    return block.height(WIDTH)


def table(rows: int) -> Grid:
    return Grid(
        ["Object", "Sunlight (h)"], [[f"house-{i}", f"{i / 7:.1f}"] for i in range(rows)], [False, True]
    )


def pages_in(path: Path) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", path.read_bytes()))


def test_no_block_reaches_over_the_foot_of_a_page(qtbot: QtBot) -> None:
    blocks: list[Block] = [
        block for _ in range(9) for block in (heading("Method"), paragraph(WORDS), table(17))
    ]
    pages = laid_out(blocks)
    assert len(pages) > 2
    for page in pages:
        for placed in page:
            assert placed.y + height(placed.block) <= HEIGHT + 0.01
        assert not page[-1].block.stays_with_next, "a heading stands alone at the foot of a page"


def test_a_long_table_goes_on_with_its_titles_and_loses_no_row(qtbot: QtBot) -> None:
    parts = [placed.block for page in laid_out([paragraph(WORDS), table(300)]) for placed in page][1:]
    assert len(parts) > 2 and all(isinstance(part, Grid) and part.titles[0] == "Object" for part in parts)
    rows = [row[0] for part in parts if isinstance(part, Grid) for row in part.rows]
    assert rows == [f"house-{i}" for i in range(300)]
    assert all(len(part.rows) > 1 for part in parts if isinstance(part, Grid)), "one row alone on a page"


def test_a_short_table_goes_to_the_next_page_rather_than_in_two(qtbot: QtBot) -> None:
    months = table(12)
    text = paragraph(WORDS)
    fitting = int(HEIGHT // (height(text) + text.gap))
    for lines in range(fitting - 6, fitting + 1):
        parts = [
            placed.block
            for page in laid_out([text] * lines + [heading("Months"), months])
            for placed in page
            if isinstance(placed.block, Grid)
        ]
        assert parts == [months], lines


def test_what_is_higher_than_a_page_still_comes_to_an_end(qtbot: QtBot) -> None:
    endless = Text(html="word " * 20_000)
    assert len(laid_out([endless, paragraph("after")])) == 2
    assert height(paragraph("x" * 1_000_000)) < 5 * HEIGHT


def test_cells_wrap_inside_their_columns(qtbot: QtBot) -> None:
    long = Grid(["Object", "Value"], [["gml_" + "a1b2" * 60, "1.0"]], [False, True])
    assert height(long) > height(Grid(["Object", "Value"], [["gml", "1.0"]], [False, True]))
    image = QImage(round(paper.A4.width_mm * paper.MM), 200, QImage.Format.Format_RGB32)
    image.fill(0xFFFFFFFF)
    with QPainter(image) as painter:
        long.draw(painter, paper.A4.left, 10, WIDTH)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(200, -1, 4)[..., :3]
    right = round(paper.A4.left + WIDTH) + 1
    assert (pixels[:, right:] == 255).all(), "nothing is painted beside the page's column"


def test_a_chapter_begins_on_its_own_page_and_pages_are_numbered(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "two.pdf"
    chapters = [Chapter([paragraph(WORDS)], "One", "sun"), Chapter([table(90)], "Two", "sun")]
    assert write_pdf(path, "Two chapters", chapters) == pages_in(path) == 3


def test_many_rows_are_summed_up_and_refer_to_the_export(qtbot: QtBot) -> None:
    count = 3 * MOST_ROWS
    hours = np.arange(count, dtype=np.float64)
    hours[5] = np.nan
    kinds = ["RoofSurface", "WallSurface"] * (count // 2)
    columns: dict[str, Values] = {"surface_type": kinds, "sunlight_h": hours}
    columns["object_id"] = [f"o{i}" for i in range(count)]
    surfaces = Table({**columns, "area_m2": np.full(count, 2.0)})
    result = Result(
        "sunlight", "Hours", {}, Pedigree("", "", ()), (Quantity("sunlight_h", "Sunlight", "h"),), surfaces
    )
    by_kind, ends, note = table_blocks(result, surfaces)
    assert isinstance(by_kind, Grid) and [row[:3] for row in by_kind.rows] == [
        ["RoofSurface", "120", "240"],
        ["WallSurface", "119", "238"],
    ]
    assert isinstance(ends, Grid) and (ends.rows[0][0], ends.rows[-1][0]) == ("o0", f"o{count - 1}")
    assert isinstance(note, Text) and "240 rows" in note.html and "exported table has all" in note.html


def test_values_of_one_place_are_told_once_with_what_they_were_before() -> None:
    quantities = tuple(Quantity(f"sky_pct{ending}", "Sky", "%", digits=1) for ending in ("", BEFORE, CHANGE))
    values = {"sky_pct": 32.16, "sky_pct_before": 48.94, "sky_pct_change": -16.78}
    points = Table({name: np.array([value]) for name, value in values.items()})
    result = Result("windowview", "Window", {}, Pedigree("", "", ()), quantities, points=points)
    grid = numbers_grid(result)
    assert isinstance(grid, Grid) and grid.titles == ["", "After", "Before", "Change"]
    assert grid.rows == [["Sky (%)", "32.2", "48.9", "-16.7"]], "the change is that of the rounded values"


def test_what_is_judged_is_in_the_picture_and_the_view_s_own_field_is_kept() -> None:
    view = View("window", (0.0, 0.0, 2.0), (0.0, 50.0, 2.0), 90.0, 1.6)
    tower = np.array([[[-30.0, 40.0, 0.0], [-10.0, 60.0, 62.0]]])
    camera, own = Camera.of_view(view), ViewFrame.of_view(view)
    frame = own.holding(camera, tower)
    assert frame.high > 60 / 40 > own.high and frame.right == own.right and frame.low == own.low
    size = frame.whole(500.0)
    rows, columns = frame.cut(size, 500.0)
    tops = frame.camera(camera).project(corners(tower[0]), *size)
    assert (tops[:, 1] >= rows.start).all() and (tops[:, 0] >= columns.start).all()
    assert (columns.stop - columns.start) / (rows.stop - rows.start) == pytest.approx(frame.aspect, rel=0.01)
    behind = tower * [1.0, -1.0, 1.0]
    assert own.holding(camera, behind) == own


def test_a_verdict_is_said_once_and_not_in_the_title_as_well() -> None:
    sentence = Table({"sentence": ["Tower breaks the protected view by 39.6 m."]})
    title = "Church from Lea: Tower breaks the protected view by 39.6 m, plan 2035 against 2025"
    result = Result("protectedview", title, {}, Pedigree("", "", ()), tables={FINDINGS: sentence})
    assert subject_of(result) == "Church from Lea, plan 2035 against 2025"


def test_proposed_file_names_end_with_a_whole_word() -> None:
    title = "Parish church of St. Kilian from Viewing place: Lohe tower (proposed) breaks the view, plan 2035"
    name = file_name(title, ".pdf")
    assert name == "Parish church of St. Kilian from Viewing place Lohe tower (proposed) breaks the.pdf"
    assert len(file_name("x" * 500, ".pdf")) < 90 and file_name("a/b", ".csv") == "a b.csv"


def test_no_line_breaks_between_a_number_and_its_unit() -> None:
    assert unbroken("It takes 9.9 % of the view, 31 m away.") == (
        "It takes 9.9\u00a0% of the view, 31\u00a0m away."
    )
    assert unbroken("3 houses, 2 halls") == "3 houses, 2 halls"


def test_numbers_and_units_stay_on_one_line(qtbot: QtBot) -> None:
    wide = QFontMetricsF(paper.font(paper.BODY)).horizontalAdvance("seen: 35 156") + 2

    def last_line(words: str) -> str:
        document = Text(html=words)._document(wide)
        assert document.size().height() > 0  # it is laid out
        block = document.begin()
        line = block.layout().lineAt(block.layout().lineCount() - 1)
        return block.text()[line.textStart() :]

    assert last_line("seen: 35 156 m²") == "m²"
    for kept in ("\u202f", "\u00a0"):
        assert last_line(f"seen: 35{kept}156{kept}m²") == "35\u00a0156\u00a0m²"


def test_a_heading_does_not_leave_a_table_with_high_titles_alone(qtbot: QtBot) -> None:
    narrow = ["a title in a very narrow column of many words"] * 12
    high = Grid(narrow, [["1.0"] * 12 for _ in range(200)], [True] * 12)
    for lines in range(1, 60):
        *_, last = laid_out([*[paragraph("x")] * lines, heading("Table"), high])[0]
        assert not last.block.stays_with_next, lines


def test_the_day_comes_from_the_audit_lines() -> None:
    def result(*lines: str) -> Result:
        return Result("sunlight", "Hours", {}, Pedigree("", "", (), sun=lines))

    line = "49.6° N · 2035-03-21T06:24:23+01:00 Europe/Berlin = 2035-03-20T23:24:23Z · sun azimuth 89.1°"
    assert day_of_result(result(line, line)) == "2035-03-21"
    assert day_of_result(result(line, line.replace("03-21T", "03-22T"))) == ""
    assert day_of_result(result()) == ""
    assert date_in_words("2035-03-21") == "21 March 2035"
    assert [seen_from(azimuth) for azimuth in (0.0, 20.0, 60.0, 300.0)] == [
        "south",
        "south",
        "south-west",
        "south-east",
    ]


def test_the_verb_writes_a_whole_report(
    judged_yards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report.pdf"
    assert main(["report", str(judged_yards), "--out", str(out), "--result", "1"]) == 0
    pages = pages_in(out)
    assert pages >= 3 and f"Wrote {pages} pages" in capsys.readouterr().out
    assert main(["report", str(judged_yards), "--out", str(out), "--result", "1"]) == FAILED
    assert "--overwrite" in capsys.readouterr().err
    data = out.read_bytes()
    assert data.count(b"/Subtype /Image") >= 9, "two maps, six shadows and a view"
    streams = [zlib.decompress(part) for part in re.findall(rb"stream\r?\n(x.*?)endstream", data, re.S)]
    assert any(b" Tf" in stream for stream in streams), "words are vectors, not pictures"


def test_wrong_use_is_told_in_a_sentence(
    judged_yards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(judged_yards), "--out", str(tmp_path / "report.docx")]) == MISUSED
    assert "Call it report.pdf" in capsys.readouterr().err
    assert main(["report", str(judged_yards), "--out", str(tmp_path / "r.pdf"), "--result", "7"]) == MISUSED
    assert "There is no such result: '7'; allowed: 1 (" in capsys.readouterr().err
    missing = tmp_path / "no" / "r.pdf"
    assert main(["report", str(judged_yards), "--out", str(missing)]) == FAILED
    assert str(missing.parent) in capsys.readouterr().err


def test_a_chart_is_painted_into_its_box(qtbot: QtBot) -> None:
    boxes: list[QRectF] = []
    chart = paper.Chart(high=80, paint=lambda _painter, box: boxes.append(box), caption="Hours")
    image = QImage(400, 200, QImage.Format.Format_RGB32)
    with QPainter(image) as painter:
        chart.draw(painter, 10, 20, 300)
    assert boxes == [QRectF(10, 20, 300, 80)] and chart.height(300) > 80
