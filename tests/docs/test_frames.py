"""The columns and dtypes that docstrings promise are those of frames that were really made on the sandbox.

docs/api.md and docs/insight.md are made from the same docstrings; ``test_docs.py`` holds that they are current.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

import cvtr_widgets as cvtr
from cvtr_widgets import insight
from cvtr_widgets.insight.finding import Findings
from cvtr_widgets.learn.lesson import Lesson
from cvtr_widgets.returned.returns_file import Returns
from cvtr_widgets.session.lead_loader import LeadDetail
from cvtr_widgets.session.lead_watch import LeadWatch
from cvtr_widgets.session.opened_plan import OpenedPlan
from tools.api_reference import CLASSES, described

Made = Iterator[tuple[Any, pd.DataFrame]]
STATES = ("valid", "caution", "invalid", "test", "delivered")
MEANT = {
    "text": "object|str", "category": "category", "bool": "bool", "boolean": "boolean", "int64": "int64", "Int64": "Int64",
    "float64": "float64", "UTC": r"datetime64\[us, UTC\]", "datetime64": r"datetime64\[us.*\]", "date": "object", "Decimal": "object", "object": "object",
}  # fmt: skip
"""What the words of docs/frames.md mean in pandas."""
NAMES = (
    "Findings.frame", "LeadDetail.jobs", "LeadDetail.notes", "LeadPanel.leads", "LeadPanel.results", "LeadSession.advertisers",
    "LeadSession.campaigns", "LeadSession.categories", "LeadSession.channels", "LeadSession.dialect", "LeadSession.doctor",
    "LeadSession.history", "LeadSession.integrations", "LeadSession.is_delivered", "LeadSession.publishers", "LeadSession.pull",
    "LeadSession.reasons", "LeadSession.recorded", "LeadSession.statistics_over_time", "LeadSession.unfinished",
    "LeadTable.leads", "LeadWatch.changed", "Lesson.frame", "LookPanel.leads", "OpenedPlan.differences", "Plan.frame",
    "Plan.undo", "Returns.rows", "Run.failed", "Run.results", "Selection.rejected_frame", "Window.read", "beside_statistics", "breakdown",
    "bursts", "compare", "duplicates", "money", "over_time", "reasons", "run_effect", "runs_by", "until_delivered", "why_not",
)  # fmt: skip


def docs_of(call: Any) -> str:
    return inspect.getdoc(getattr(call, "fget", None) or getattr(call, "func", None) or call) or ""


def name_of(call: Any) -> str:
    return str((getattr(call, "fget", None) or getattr(call, "func", None) or call).__qualname__)


def of_the_service(session: cvtr.LeadSession, leads: pd.DataFrame) -> Made:
    kind = cvtr.LeadSession
    for call in (kind.campaigns, kind.publishers, kind.advertisers, kind.channels, kind.categories, kind.dialect, kind.doctor):
        yield call, call(session)
    yield kind.pull, leads
    yield kind.reasons, session.reasons("invalid")
    yield kind.integrations, session.integrations(int(leads["campaign_id"].iloc[0]))
    yield kind.is_delivered, session.is_delivered(leads.index[:3].tolist())
    yield kind.statistics_over_time, session.statistics_over_time()
    yield cvtr.Selection.rejected_frame, session.select("160144 and nothing else 5").rejected_frame


def of_runs(session: cvtr.LeadSession, leads: pd.DataFrame, folder: Path) -> Made:
    caution = leads.index[leads["current_status"] == "Caution"].tolist()
    plan = session.plan(cvtr.mark_invalid("Returned", category="No budget", comment="Called twice"), caution[:5])
    path = plan.save(folder / "again.cvtr-plan", why="To be looked at")
    run = session.run(plan, confirm=True)
    test = session.run(session.plan(cvtr.mark_test("Test lead"), caution[:3]), confirm=True)
    yield cvtr.Plan.frame, plan.frame
    yield cvtr.Plan.undo, session.plan_undo(test, nearest=True).undo
    yield cvtr.Run.results, run.results
    yield cvtr.Run.failed, run.failed
    yield OpenedPlan.differences, session.open_plan(path).differences
    yield cvtr.LeadSession.recorded, session.recorded(run.id)
    yield cvtr.LeadSession.history, session.history()
    yield insight.run_effect, insight.run_effect(run)
    yield insight.why_not, insight.why_not(run)
    yield insight.runs_by, insight.runs_by(session.history(), "person").rename_axis("publisher")


def of_a_broken_run(sandbox: cvtr.Sandbox, ids: list[int]) -> Made:
    def stop(step: str) -> None:
        if step == "before intent":
            raise OSError("the disk is full")

    with sandbox.connect(limits=cvtr.Limits(chunk=2)) as client:
        broken = cvtr.LeadSession(client, progress=False, on_step=stop)
        broken.run(broken.plan(cvtr.mark_test("Test lead"), ids), confirm=True)
        found = broken.unfinished()
        broken.close()
    assert len(found) == 1
    yield cvtr.LeadSession.unfinished, found


def of_a_watch(sandbox: cvtr.Sandbox, session: cvtr.LeadSession, ids: list[int]) -> Made:
    watch = session.watch(ids[:2])
    for lead, reason in zip(ids, ("Wrong phone", "Not reached"), strict=False):
        sandbox.server.change(lead, status="Invalid", reason=reason)
    yield LeadWatch.changed, watch.changed()
    yield Lesson.frame, watch.learn({"reason": {ids[0]: "Wrong phone", ids[1]: "Not reached"}}).frame


def of_panels(session: cvtr.LeadSession, leads: pd.DataFrame, results: pd.DataFrame) -> Made:
    panel, table = cvtr.LeadPanel(session), cvtr.LeadTable(leads)
    panel.select(leads.index[:3].tolist())
    panel._state.handle("load", {"go_on": False})
    assert panel._state.jobs.wait()
    yield cvtr.LeadPanel.leads, panel.leads
    assert panel.results is None
    yield cvtr.LeadPanel.results, results  # the frame of the run that it shows
    yield cvtr.LeadTable.leads, table.leads
    yield cvtr.LookPanel.leads, cvtr.LookPanel(leads).leads
    panel.close()
    table.close()


def of_questions(leads: pd.DataFrame, session: cvtr.LeadSession) -> Made:
    for call in (
        insight.breakdown, insight.over_time, insight.until_delivered, insight.money, insight.reasons, insight.duplicates, insight.bursts,
    ):  # fmt: skip
        yield call, call(leads, **({} if call is insight.over_time else {"by": "publisher"}))
    yield insight.compare, insight.compare(leads[::2], leads[1::2])
    yield insight.beside_statistics, insight.beside_statistics(leads, session.statistics())
    yield Findings.frame, insight.findings(leads).frame


def of_a_returns_file(session: cvtr.LeadSession, leads: pd.DataFrame, folder: Path) -> Made:
    book = openpyxl.Workbook()
    book.active.append(["Id", "Why"])  # type: ignore[union-attr]
    book.active.append([int(leads.index[0]), "no money"])  # type: ignore[union-attr]
    book.save(folder / "returned.xlsx")
    found = cvtr.returns(
        folder / "returned.xlsx", session, leads=leads, columns={"reason": "Why"}, reasons={"no money": "Duplicate"}
    )
    yield Returns.rows, found.rows
    yield cvtr.Window.read, cvtr.Window(campaign=int(leads["campaign_id"].iloc[0])).read(session, allow=10)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict[str, tuple[str, pd.DataFrame]]:
    """What each public call says of its frame, and such a frame, by the call's name."""
    folder = tmp_path_factory.mktemp("frames")
    with pytest.MonkeyPatch.context() as patch, cvtr.Sandbox(leads=300, seed=1) as sandbox, sandbox.connect() as client:
        patch.setenv("CVTR_JOURNAL", str(folder / "journal"))
        session = cvtr.LeadSession(client, progress=False)
        leads = session.pull()
        valid = leads.index[leads["current_status"] == "Valid"].tolist()
        runs = list(of_runs(session, leads, folder))
        results = next(frame for call, frame in runs if call is cvtr.Run.results)
        found = [
            *of_the_service(session, leads), *runs, *of_a_broken_run(sandbox, valid[:4]),
            *of_a_watch(sandbox, session, valid[4:6]), *of_panels(session, leads, results), *of_questions(leads, session),
            *of_a_returns_file(session, leads, folder),
        ]  # fmt: skip
        detail = session.detail(int(leads.index[0]))
        session.close()
    said = {name_of(call): (docs_of(call), frame) for call, frame in found}
    _, jobs, notes, _ = re.split(r"``jobs``: |``notes``: |``attrs", docs_of(LeadDetail))
    return {**said, "LeadDetail.jobs": (jobs, detail.jobs), "LeadDetail.notes": (notes, detail.notes)}


def differences(docs: str, frame: pd.DataFrame, *, grouped: bool = False, text: str = "object") -> dict[str, object]:
    """Columns and levels of the index that are not as the docstring says, or that it does not name."""
    said = {name: dtype for names, dtype, _ in described(docs) for name in names}
    for name in [name for name in said if "<state>" in name]:
        said |= dict.fromkeys((name.replace("<state>", state) for state in STATES), said.pop(name))
    patterns = {name.replace("<currency>", "([A-Z]{3}|not_stated)").replace("*", ".+"): dtype for name, dtype in said.items()}
    meant = {**MEANT, "text": text}
    real = {str(name): str(dtype) for name, dtype in frame.dtypes.items()}
    real |= {str(name): str(frame.index.get_level_values(name).dtype) for name in frame.index.names if name is not None}
    wrong: dict[str, object] = {}
    for name, dtype in real.items():
        word = said.get(name) or next((d for pattern, d in patterns.items() if re.fullmatch(pattern, name)), None)
        if word is None:
            if not (grouped and name == "publisher"):  # the group, named as in ``by``
                wrong[name] = "is not named"
        elif not re.fullmatch(meant[word], dtype):
            wrong[name] = (word, dtype)
        elif word == "Decimal" and not frame[name].dropna().map(lambda value: isinstance(value, Decimal)).all():
            wrong[name] = (word, "holds something else")
    missing = [pattern for pattern in patterns if not any(re.fullmatch(pattern, name) for name in real)]
    return wrong | dict.fromkeys(missing, "is not there")


@pytest.mark.parametrize("name", NAMES)
def test_a_frame_has_the_columns_that_are_promised(made, name):
    docs, frame = made[name]
    assert list(described(docs)), f"{name} names no columns"
    question = "." not in name or name.startswith("Findings.")
    assert differences(docs, frame, grouped=question, text="object|str" if question else "object") == {}


def test_every_public_call_that_gives_a_frame_is_looked_at(made):
    owners = [kind for _, kind in CLASSES]
    calls = [getattr(member, "fget", None) or member for kind in owners for name, member in vars(kind).items() if name[0] != "_"]
    calls += [getattr(insight, name) for name in insight.__all__]
    gives = {c.__qualname__ for c in calls if str(getattr(c, "__annotations__", {}).get("return")).startswith("pd.DataFrame")}
    of_archives = {"Archive.history", "ArchivedLeads.to_pandas"}  # looked at below
    assert gives - of_archives <= made.keys()
    assert set(NAMES) == made.keys()


def test_no_column_or_dtype_depends_on_how_many_runs_there_were(tmp_path, monkeypatch):
    monkeypatch.setenv("CVTR_JOURNAL", str(tmp_path))
    with cvtr.Sandbox(leads=20, seed=1) as sandbox, sandbox.connect() as client:
        session = cvtr.LeadSession(client, progress=False)
        for call in (session.history, session.unfinished):
            assert differences(docs_of(call), call()) == {}
        session.close()


def test_the_frames_of_an_archive_have_the_columns_that_are_promised(tmp_path):
    pytest.importorskip("duckdb", reason="the archive is an extra")
    pytest.importorskip("pyarrow", reason="the archive is an extra")
    from cvtr_widgets.archive.archived_leads import ArchivedLeads

    with cvtr.Sandbox(leads=40, seed=1) as sandbox, sandbox.connect() as client:
        session, archive = cvtr.LeadSession(client, progress=False), cvtr.Archive(tmp_path / "archive")
        archive.sync(session)
        leads = archive.leads().to_pandas()
        assert differences(docs_of(cvtr.Archive.history), archive.history(int(leads.index[0]))) == {}
        more = [name for name in leads.columns if name not in session.pull().columns]
        assert differences(docs_of(ArchivedLeads.to_pandas), leads[more].reset_index(drop=True)) == {}
        archive.close()
        session.close()
