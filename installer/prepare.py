"""Make the checkout ready: `prepare.py run` for the program, `prepare.py test` for the tests as well.

Makes `.venv`, installs the locked dependencies when the lock has changed, and looks for the system
libraries and programs they need. As root on Debian or Ubuntu it installs what is missing; anywhere
else it says what is missing and ends with status 1. Needs only Python's standard library.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.txt"
STAMP = VENV / "installed.sha256"

#: Shared libraries that Qt and VTK load, and the Debian packages that bring them.
LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
#: Packages of npm that check what is written, for tests; where there is no npm, those are skipped.
CHECKERS = ("gltf-validator@2.0.0-dev.3.10", "3d-tiles-tools@0.5.4")
CHECKERS_FOLDER = ROOT / "build" / "node"
FONTS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")
#: Programs that only the tests call.
PROGRAMS = {"Xvfb": "xvfb", "ogrinfo": "gdal-bin"}


def missing_packages(purpose: str) -> list[str]:
    """Debian packages for what this Linux machine lacks."""
    if not sys.platform.startswith("linux"):
        return []
    wanted = [package for library, package in LIBRARIES.items() if not _is_loadable(library)]
    if not any(next(folder.rglob("*.[to]tf"), None) for folder in FONTS if folder.is_dir()):
        wanted.append("fonts-dejavu-core")
    if importlib.util.find_spec("ensurepip") is None and not (VENV / "bin" / "pip").exists():
        wanted.append("python3-venv")
    if purpose == "test":
        wanted += [package for program, package in PROGRAMS.items() if shutil.which(program) is None]
    return list(dict.fromkeys(wanted))


def _is_loadable(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def install_packages(packages: Sequence[str]) -> None:
    """Install them as root on Debian or Ubuntu, else say what to do and end."""
    command = "apt-get install --no-install-recommends " + " ".join(packages)
    if shutil.which("apt-get") is None:
        sys.exit(
            f"Missing on this system (Debian's names): {' '.join(packages)}.\n"
            "Install them with your system's package manager, then run this again."
        )
    if os.geteuid() != 0:
        sys.exit(f"Missing on this system: {' '.join(packages)}.\nInstall them and try again: sudo {command}")
    print(f"Installing system packages: {' '.join(packages)}", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in ("apt-get -q update", command.replace("install", "-q -y install", 1)):
        if subprocess.run(step.split(), env=quiet, stdout=subprocess.DEVNULL).returncode != 0:
            sys.exit(f"'{step}' failed; its messages are above. Install by hand: {' '.join(packages)}")


def make_environment() -> None:
    """A `.venv` with exactly the locked dependencies and the `citystrata` command."""
    wanted = hashlib.sha256(LOCK.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == wanted and (VENV / "bin" / "citystrata").exists():
        return
    python = VENV / "bin" / "python"
    if not python.exists():
        print("Making .venv", flush=True)
        _call([sys.executable, "-m", "venv", str(VENV)], "The virtual environment could not be made")
    print("Installing the locked dependencies (a few minutes the first time)", flush=True)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    _call([*pip, "--requirement", str(LOCK)], "The dependencies could not be installed")
    _call(
        [*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)],
        "Citystrata could not be installed",
    )
    STAMP.write_text(wanted)


def install_checkers() -> None:
    """Validators of glTF and 3D Tiles, in `build`; going on without them is no fault."""
    npm = shutil.which("npm")
    stamp = CHECKERS_FOLDER / "installed.txt"
    wanted = " ".join(CHECKERS)
    if npm is None or (stamp.exists() and stamp.read_text() == wanted):
        return
    CHECKERS_FOLDER.mkdir(parents=True, exist_ok=True)
    print("Installing validators for the tests", flush=True)
    install = [npm, "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", "."]
    if subprocess.run([*install, *CHECKERS], cwd=CHECKERS_FOLDER).returncode == 0:
        stamp.write_text(wanted)
    else:
        print("The validators could not be installed; their tests are skipped.", file=sys.stderr, flush=True)


def _call(command: Sequence[str], failure: str) -> None:
    if subprocess.run(command).returncode != 0:
        sys.exit(f"{failure}; the messages are above.")


def main(arguments: Sequence[str]) -> None:
    """Prepare for the purpose named by the only argument."""
    purpose = arguments[0] if len(arguments) == 1 else ""
    if purpose not in ("run", "test"):
        sys.exit("Usage: prepare.py run|test")
    packages = missing_packages(purpose)
    if packages:
        install_packages(packages)
        still = missing_packages(purpose)
        if still:
            print(f"Still not found: {' '.join(still)}; going on without.", file=sys.stderr, flush=True)
    make_environment()
    if purpose == "test":
        install_checkers()


if __name__ == "__main__":
    main(sys.argv[1:])
