"""The laws of the house, each a test named by its sentence."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("app", "viewer", "analysis", "layers", "assets")
#: What each room may import of ours.
MAY_IMPORT = {
    "app": {"app", "viewer", "analysis", "layers", "assets"},
    "viewer": {"viewer", "layers"},
    "analysis": {"analysis", "layers"},
    "layers": {"layers"},
    "assets": {"assets"},
}
QT = {"PySide6", "shiboken6"}
VTK = {"vtk", "vtkmodules", "pyvista"}
#: Calls that open a file by name; pathlib's methods and the libraries that read formats.
FILE_READERS = {"laspy", "rasterio", "trimesh", "sqlite3", "zipfile", "tarfile", "mmap"}


def sources(*rooms: str) -> list[Path]:
    return [path for room in rooms or ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(tree: ast.AST) -> Iterator[str]:
    """Full names of all modules imported anywhere in a tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports_of(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(tree_of(path))}


def at_import(tree: ast.Module) -> Iterator[str]:
    """Names of modules imported when the module itself is imported, without those for type checkers."""
    for node in tree.body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            yield from imported(node)


def test_qt_only_in_app() -> None:
    assert [name_of(p) for p in sources("viewer", "analysis", "layers", "assets") if imports_of(p) & QT] == []


def test_vtk_only_in_viewer() -> None:
    assert [name_of(p) for p in sources("app", "analysis", "layers", "assets") if imports_of(p) & VTK] == []


def test_stranger_files_are_opened_only_in_layers() -> None:
    """The demo's recipe in assets writes files, and reads none."""
    guilty = [name_of(p) for p in sources("app", "viewer", "analysis") if imports_of(p) & FILE_READERS]
    for path in sources("app", "viewer", "analysis"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open":
                guilty.append(name_of(path))
    assert guilty == []


def test_numbers_are_typed_in_boxes_of_our_own() -> None:
    """Those of Qt swallow a decimal comma."""
    boxes = {"QSpinBox", "QDoubleSpinBox", "getDouble", "getInt"}
    guilty = {
        name_of(path)
        for path in sources("app")
        for node in ast.walk(tree_of(path))
        if getattr(node, "id", getattr(node, "attr", None)) in boxes
    }
    assert guilty == {"app.numberbox"}


def test_imports_go_one_way() -> None:
    wrong = [
        f"{name_of(path)} imports {room}"
        for path in sources()
        for room in imports_of(path) & set(ROOMS)
        if room not in MAY_IMPORT[path.relative_to(ROOT).parts[0]]
    ]
    assert wrong == []


def test_there_are_no_import_cycles() -> None:
    modules = {name_of(path): path for path in sources()}
    needs = {
        name: {
            found
            for found in at_import(tree_of(path))
            if found in modules and found != name and not name.startswith(f"{found}.")
        }
        for name, path in modules.items()
    }
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, " -> ".join((*above[above.index(name) :], name))
        if name not in done:
            for needed in sorted(needs[name]):
                visit(needed, (*above, name))
            done.add(name)

    for name in sorted(needs):
        visit(name, ())


def test_no_stranger_text_is_ever_run_as_code() -> None:
    """No eval, exec, compile, pickle, marshal, shelve; numpy arrays load without pickles."""
    guilty = []
    for path in sources():
        tree = tree_of(path)
        modules = imports_of(path) & {"pickle", "marshal", "shelve", "dill"}
        guilty += [f"{name_of(path)}: {module}" for module in modules]
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Name) and node.func.id in ("eval", "exec", "compile", "__import__"):
                guilty.append(f"{name_of(path)}:{node.lineno} {node.func.id}")
            if ast.unparse(node.func) in ("np.load", "numpy.load"):
                options = {k.arg: ast.unparse(k.value) for k in node.keywords}
                if options.get("allow_pickle", "False") != "False":
                    guilty.append(f"{name_of(path)}:{node.lineno} allow_pickle")
            if any(k.arg == "shell" and ast.unparse(k.value) == "True" for k in node.keywords):
                guilty.append(f"{name_of(path)}:{node.lineno} shell=True")
    assert guilty == []


def test_every_format_file_is_in_the_tuple() -> None:
    from layers import formats

    files = {p.stem for p in (ROOT / "layers" / "formats").glob("*.py") if not p.stem.startswith("_")}
    listed = {form.__name__.rpartition(".")[2] for form in formats.FORMATS}  # type: ignore[attr-defined]
    assert listed == files
    for form in formats.FORMATS:
        assert form.NAME and form.TITLE and form.ENDINGS and form.KINDS
        assert all("." in ending and ending == ending.lower() for ending in form.ENDINGS)


def test_every_written_format_is_in_the_tuple() -> None:
    from layers import KINDS, writers

    files = {p.stem for p in (ROOT / "layers" / "writers").glob("*.py") if not p.stem.startswith("_")}
    listed = {form.__name__.rpartition(".")[2] for form in writers.WRITERS}  # type: ignore[attr-defined]
    assert listed == files - {"holds", "outgoing"}
    for form in writers.WRITERS:
        assert form.NAME and form.TITLE and form.HOLDS and set(form.KINDS) <= set(KINDS)
        assert all(ending == ending.lower() for ending in form.ENDINGS)


def test_layer_kinds_are_the_same_in_layers_and_viewer() -> None:
    import layers
    import viewer

    assert set(layers.KINDS) == set(viewer.VIEWS)
    for kind in viewer.VIEWS:
        assert (ROOT / "viewer" / f"{kind}.py").exists(), kind


def test_every_analysis_is_in_the_tuple_and_has_all_it_needs() -> None:
    """An analysis is a file that asks for inputs; what it needs besides lies next to it."""
    from analysis import ANALYSES
    from analysis.asked import questions

    asking = {
        path.stem
        for path in (ROOT / "analysis").glob("*.py")
        if any(isinstance(node, ast.ClassDef) and node.name == "Inputs" for node in tree_of(path).body)
    }
    assert set(ANALYSES) == asking
    for name in ANALYSES:
        found = import_module(f"analysis.{name}")
        assert found.NAME == name and found.TITLE and found.HELP.endswith(".")
        assert callable(found.estimate) and callable(found.run)
        assert all(ask.title for _, ask in questions(found.Inputs))


def test_only_one_file_knows_the_ray_engine() -> None:
    assert [name_of(p) for p in sources() if "embreex" in imports_of(p)] == ["analysis.rays"]


def test_every_file_says_what_it_is_for() -> None:
    silent = [name_of(p) for p in sources() if not ast.get_docstring(tree_of(p))]
    assert silent == []


def test_nothing_is_left_for_later() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    assert [name_of(p) for p in sources() if marks.search(p.read_text(encoding="utf-8"))] == []


def test_every_verb_has_help_with_an_example() -> None:
    from app.cli import VERBS, verb_of, verb_parser

    wanted = "info import export set query history undo redo validate render demo"
    assert set(wanted.split()) <= set(VERBS)
    for name in VERBS:
        verb = verb_of(name)
        assert verb.name == name
        text = verb_parser(verb).format_help()
        assert verb.example.startswith(f"citystrata {verb.name} ")
        assert verb.example in text and "--json" in text, verb.name


def test_the_command_line_starts_without_qt_or_vtk() -> None:
    code = "import sys, app.cli; print(sorted({n.split('.')[0] for n in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert not any(f"'{name}'" in done.stdout for name in QT | VTK)


def test_the_readme_names_every_format() -> None:
    from layers.formats import FORMATS

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [form.NAME for form in FORMATS if f"`{form.ENDINGS[0]}`" not in text] == []


@pytest.mark.parametrize("command", ["make run", "make test"])
def test_the_readme_names_the_command(command: str) -> None:
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")
