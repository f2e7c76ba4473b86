"""A clean copy of the checkout, and empty environments to install into."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 600.0
"""Seconds for an installation. With pip it takes about one minute; the network decides."""
UV = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))


def clean_environ(**more: str) -> dict[str, str]:
    """This process's environment without what would let another Python find this checkout or these packages."""
    dropped = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "CVTR_SANDBOX_URL", "COVERAGE_PROCESS_START"}
    return {**{name: value for name, value in os.environ.items() if name not in dropped}, **more}


def run(*words: str | Path, cwd: Path, environ: Mapping[str, str] | None = None) -> str:
    """Run a command and give what it printed; fail with that if the command does."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=dict(environ if environ is not None else clean_environ()),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(map(str, words))}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def copy_of_checkout(to: Path) -> Path:
    """What git knows or would add: what a clone has, and what is being worked on, but nothing that was built."""
    names = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    return to


class Environment:
    """A virtual environment with nothing in it but pip."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=True)
        self.bin = Path(sysconfig.get_path("scripts", "venv", {"base": str(folder)}))
        self.python = self.bin / Path(sys.executable).name

    def program(self, name: str) -> Path:
        return self.bin / (f"{name}.exe" if os.name == "nt" else name)

    def environ(self, **more: str) -> dict[str, str]:
        """As after activating it."""
        return clean_environ(PATH=os.pathsep.join([str(self.bin), os.environ["PATH"]]), VIRTUAL_ENV=str(self.bin.parent), **more)

    def install(self, *words: str | Path, cwd: Path) -> None:
        """Install with uv, where there is one, in a tenth of pip's time."""
        if UV is None:
            self.pip("install", "-qq", "--no-compile", *words, cwd=cwd)
        else:
            run(UV, "pip", "install", "-q", "--python", self.python, *words, cwd=cwd, environ=self.environ())

    def pip(self, *words: str | Path, cwd: Path) -> str:
        """What pip prints; fails where pip does."""
        return run(self.python, "-m", "pip", *words, "--disable-pip-version-check", cwd=cwd, environ=self.environ())
