"""Every public call with arguments that nobody meant: a clear CvtrError or an answer, in time, and nothing is written.

The calls are found by looking at the package, so that a new one is tried without being listed here.
"""

from __future__ import annotations

import copy
import datetime as dt
import decimal
import inspect
import multiprocessing
import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import cvtr_widgets as cvtr
from cvtr_widgets.errors import CvtrError

LEFT_OUT = {"close", "change_password", "stop"}  # they end the client or the sandbox, or ask at the terminal
ASIDE = {"ask", "cancel", "cancelled", "tick", "on_progress", "on_page", "on_frame", "on_step"}
"""What is called back may raise what it likes: these get no functions here, only what is none."""
SECONDS = 10


class Odd:
    def __str__(self) -> str:
        raise RuntimeError("str")

    def __repr__(self) -> str:
        return "Odd()"

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("eq")

    __hash__ = None  # type: ignore[assignment]

    def __iter__(self) -> Iterator[Any]:
        raise RuntimeError("iter")


class Odder:
    def __bool__(self) -> bool:
        raise RuntimeError("bool")

    def __len__(self) -> int:
        return -1  # noqa: PLE0303


def nested(depth: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(depth):
        found = [found]
    return found


def hostile() -> list[Any]:
    circle: list[Any] = []
    circle.append(circle)
    return [
        None, True, False, 0, -1, 5, 2**63, 10**400, 0.5, float("nan"), float("inf"), decimal.Decimal("NaN"),
        decimal.Decimal("1E+999999"), "", " ", "x", "\0", "\ud800", "../users/1", "160185", "٣", "a" * 100_000, "2026-13-45",
        "9999-12-31", b"x", bytearray(b"1"), [], [None], [[]], [1, "x", None], (), {}, {1: 2}, set(), range(10**12), iter([1]),
        object(), Odd(), Odder(), nested(5_000), circle, np.True_, np.int64(3), np.float64("nan"), np.array([1, 2]), np.array(5),
        np.array([["a"]]), np.datetime64("NaT"), pd.NA, pd.NaT, pd.Timestamp.max, pd.Timedelta(1), pd.Series([1, pd.NA]),
        pd.Series(dtype=object), pd.DataFrame(), pd.DataFrame({"lead_id": [1, 2]}), pd.Index([1]), pd.Categorical(["a"]),
        pd.period_range("2026-01", periods=2), dt.date.min, dt.date.max, dt.datetime.min, dt.datetime.max, dt.timedelta(days=-1),  # noqa: DTZ901
        dt.UTC, len, int, Exception("x"), sys, ..., NotImplemented, 3 + 4j, memoryview(b"12"), type,
    ]  # fmt: skip


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """What the calls need besides the one argument that is tried, and the calls themselves."""
    old = {name: os.environ.get(name) for name in ("CVTR_JOURNAL", "CVTR_SETTINGS")}
    os.environ["CVTR_JOURNAL"] = str(tmp_path_factory.mktemp("journal"))
    os.environ["CVTR_SETTINGS"] = str(tmp_path_factory.mktemp("settings"))
    folder = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("here"))
    with cvtr.Sandbox(leads=60, seed=3) as sandbox, sandbox.connect() as client:
        session = cvtr.LeadSession(client, progress=False)
        leads = session.pull()
        ids = [int(i) for i in leads.index[leads["current_status"] == "Caution"][:3]]
        run = session.run(session.plan(cvtr.mark_test("x"), ids), confirm=True)
        plan = session.plan(cvtr.mark_test("y"), ids)
        selection = session.select(ids)
        good = {
            "plan": plan, "leads": leads, "frame": leads, "results": run.results, "ids": ids, "what": ids, "selection": selection,
            "other": selection, "action": cvtr.mark_test("z"), "lead_id": ids[0], "run": run, "run_id": run.id, "path": "x.csv", "entry": plan.entries[0],
            "name": "n", "client": client, "session": session, "sandbox": sandbox, "before": leads, "reason": "x", "flag": "valid",
            "campaign": int(leads["campaign_id"].iloc[0]), "url": sandbox.url, "username": "a", "password": "b", "ask": lambda _: "",
        }  # fmt: skip
        yield sandbox, good
        session.close()
    os.chdir(folder)
    for name, value in old.items():
        os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)


def functions(good: dict[str, Any]) -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {f"cvtr.{n}": f for n in cvtr.__all__ if inspect.isfunction(f := getattr(cvtr, n))}
    found |= {f"cvtr.{n}": getattr(cvtr, n) for n in ("LeadPanel", "LeadSession", "Limits")}
    found |= {f"insight.{n}": f for n in cvtr.insight.__all__ if inspect.isfunction(f := getattr(cvtr.insight, n))}
    for name in ("client", "session", "selection", "plan", "run", "sandbox"):
        found |= {f"{name}.{n}": f for n in dir(good[name]) if (f := method(good[name], n)) is not None}
    return found


def method(of: object, name: str) -> Callable[..., Any] | None:
    if name.startswith("_") or name in LEFT_OUT or isinstance(inspect.getattr_static(type(of), name, None), property):
        return None
    found = getattr(of, name)
    return found if inspect.ismethod(found) else None


@contextmanager
def in_time() -> Iterator[None]:
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def late(*_: object) -> None:
        raise TimeoutError("it takes too long")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def tried(call: Callable[..., Any], words: dict[str, Any], parameter: inspect.Parameter, value: Any) -> str:
    """What went wrong, or nothing."""
    args: tuple[Any, ...] = ()
    if parameter.kind in {parameter.VAR_POSITIONAL, parameter.POSITIONAL_ONLY}:
        args = (value,)
        words = {k: v for k, v in words.items() if k != parameter.name}
    else:
        words = words | {parameter.name: value}
    try:
        with in_time():
            call(*args, **words)
    except CvtrError as error:
        return "" if str(error).strip() else "an error without words"
    except Exception as error:  # noqa: BLE001  this is what the test is about
        return f"{type(error).__name__}: {str(error)[:80]}"
    return ""


PARTS = [pytest.param(n, marks=[] if n == 0 else [pytest.mark.long]) for n in range(4)]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.filterwarnings("ignore")
def test_hostile_arguments_give_clear_errors_and_write_nothing(given, part):
    """Every fourth value every day, all of them in the long tests."""
    sandbox, good = given
    before = sum("leads-bulk" in request.path for request in sandbox.server.requests)
    values = hostile()
    problems = []
    for name, call in functions(good).items():
        parameters = [p for p in inspect.signature(call).parameters.values() if p.kind is not p.VAR_KEYWORD]
        needed = [p for p in parameters if p.default is p.empty and p.kind is not p.VAR_POSITIONAL]
        words = {p.name: good.get(p.name) for p in needed} | ({"ask": good["ask"]} if name == "cvtr.connect" else {})
        for number, parameter in enumerate(parameters):
            for value in values[(part + number) % 4 :: 4]:
                if (parameter.name in ASIDE and callable(value)) or (parameter.name in {"token", "confirm"} and value is True):
                    continue  # a callback may raise; True asks for a token at the terminal, and does confirm
                if name == "insight.simply_so" and isinstance(value, range):
                    continue  # for own rules: it takes what their authors give it
                if wrong := tried(call, words, parameter, value):
                    problems.append(f"{name}({parameter.name}={type(value).__name__}): {wrong}")
    assert problems == []
    assert sum("leads-bulk" in request.path for request in sandbox.server.requests) == before


@pytest.mark.parametrize("what", ["client", "session", "run"])
@pytest.mark.parametrize("how", [pickle.dumps, copy.copy, copy.deepcopy])
def test_what_holds_a_login_is_neither_copied_nor_pickled(given, what, how):
    _, good = given
    with pytest.raises(CvtrError, match="cannot be copied or pickled"):
        how(good[what])


def _in_a_fork(session: cvtr.LeadSession, ids: list[int], told: Any) -> None:
    for call in (lambda: session.pull(ids=ids), lambda: session.plan(cvtr.mark_test("q"), ids), session.history):
        try:
            call()
            told.put("nothing")
        except CvtrError as error:
            told.put(str(error))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_session_in_a_forked_child_says_so(given):
    sandbox, good = given
    number = len(sandbox.server.requests)
    fork = multiprocessing.get_context("fork")
    told = fork.Queue()
    child = fork.Process(target=_in_a_fork, args=(good["session"], good["ids"], told))
    child.start()
    words = [told.get(timeout=60) for _ in range(3)]
    child.join(60)
    assert [text[:50] for text in words if "another process" not in text] == []
    assert len(sandbox.server.requests) == number
