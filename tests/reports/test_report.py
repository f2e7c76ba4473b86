"""The report of a run says what its frames say, and nothing prettier; it holds no script, no formula and nobody's name."""

from __future__ import annotations

import html
import io
import re
import shutil
import stat
import subprocess
from html.parser import HTMLParser

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

import cvtr_widgets as cvtr
from cvtr_widgets.cli.app import app
from cvtr_widgets.errors import ExportError, RunError
from cvtr_widgets.insight.finding import Findings
from cvtr_widgets.reports.expected_money import expected_money
from cvtr_widgets.sandbox.faults.faults import Mishap
from tests.runs.conftest import Gate, journal_folder, open_session, sandbox, session, until

__all__ = ["journal_folder", "open_session", "sandbox", "session"]
BAD = '=cmd|"/c calc"!A1 <script>alert(1)</script>'
COMMENT = "=1+1 said Zoë"
NONE = Findings([])


class Page(HTMLParser):
    """The tables of a page by caption, its headings and all its text; tags and addresses that it names."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._rows: list[list[str]] = []
        self._caption, self._at = "", ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._at = tag
        if tag == "table":
            self._rows, self._caption = [], ""
        elif tag == "tr":
            self._rows.append([])
        elif tag in {"td", "th"}:
            self._rows[-1].append("")

    def handle_endtag(self, tag):
        self._at = ""
        if tag == "table":
            self.tables[self._caption] = self._rows

    def handle_data(self, data):
        self.words.append(data)
        if self._at == "caption":
            self._caption += data
        elif self._at in {"td", "th"} and self._rows:
            self._rows[-1][-1] += data

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def frame(self, start: str) -> pd.DataFrame:
        (rows,) = [rows for caption, rows in self.tables.items() if caption.startswith(start)]
        return pd.DataFrame(rows[1:], columns=rows[0])

    def numbers(self, start: str, column: str) -> list[str]:
        return [text.replace(",", "") for text in self.frame(start)[column]]


def page_of(path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


def sheets_of(path) -> dict[str, pd.DataFrame]:
    book = openpyxl.load_workbook(path)
    found = {}
    for sheet in book:
        rows = list(sheet.values)
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
        found[sheet.title] = pd.DataFrame(rows[1:], columns=rows[0])
    return found


@pytest.fixture
def mixed(sandbox, session):
    """A run with contradicted, confirmed, skipped and refused leads, and hostile words."""
    leads = session.pull()
    caution = leads.index[leads.current_status == "Caution"][:20]
    valid = leads.index[leads.current_status == "Valid"][:30]
    plan = session.plan(
        [(cvtr.mark_test(BAD, comment=COMMENT), [*caution, 5]), (cvtr.mark_invalid("Returned", "No budget"), valid)]
    )
    sandbox.server.mishaps = [Mishap("leads-bulk-flag", "lie", nth=1)]
    run = session.run(plan, confirm=True, signature="Mary <i>Manager</i>")
    assert set(run.counts) >= {"contradicted", "confirmed", "skipped"}
    return run, leads


def test_page_and_workbook_say_what_the_frames_say(session, mixed, tmp_path):
    run, _ = mixed
    page = page_of(run.report(tmp_path / "run.html"))
    sheets = sheets_of(run.report(tmp_path / "run.xlsx"))
    counts = {name.replace("_", " "): n for name, n in run.counts.items()}
    shown = page.frame("Leads by outcome").set_index("outcome")["leads"].astype(int).to_dict()
    assert shown == counts == sheets["Outcomes"].set_index("outcome")["leads"].to_dict()
    effect = cvtr.insight.run_effect(run)
    assert page.numbers("Before and after", "leads") == list(map(str, effect["leads"]))
    assert sheets["Before and after"]["leads"].tolist() == effect["leads"].tolist()
    outcomes = sheets["Leads"].set_index("lead_id")["outcome"]
    assert outcomes.to_dict() == run.results["outcome"].astype(str).to_dict()
    assert outcomes.tolist() == sorted(outcomes, key=list(run.counts).index)
    every = re.findall(r"\d+", " ".join(re.findall(r'class="ids">([^<]*)<', (tmp_path / "run.html").read_text(encoding="utf-8"))))
    assert sorted(map(int, every)) == sorted(run.results.index)
    for said in (run.id, run.plan.fingerprint, run.journal_head, "Mary <i>Manager</i>", "user:1", "Sandbox"):
        assert said in page.text
        assert any(said in str(cell) for cell in sheets["Report"].to_numpy().ravel())
    assert run.plan.statement in page.text


def test_money_is_by_currency_and_adds_up_to_the_payouts(session, mixed, tmp_path):
    run, leads = mixed
    sheets = sheets_of(run.report(tmp_path / "run.xlsx"))
    money = sheets["Money"].set_index(["currency", "side"])
    sent = leads.loc[[e.lead_id for e in run.plan.sendable]]
    for side in ("advertiser", "publisher"):
        billed = sent[sent[f"billable_for_{side}"].fillna(value=False)]
        sums = billed.groupby(billed["currency"].astype("object").fillna("not stated"))[f"{side}_payout"].sum()
        assert {c: float(v) for c, v in (-sums).items() if v} == {
            c: v for (c, s), v in money["expected"].items() if s == side and v
        }
        bad = run.results.index[run.results.outcome == "contradicted"]
        lied = billed[billed.index.isin(bad)].groupby("currency", observed=True)[f"{side}_payout"].sum()
        assert sum(map(float, lied)) == pytest.approx(-sum(v for (_, s), v in money["unclear"].items() if s == side))
    parts = money[["done", "unclear", "not_done"]].sum(axis=1)
    assert (parts - money["expected"]).abs().max() < 1e-9


def test_one_page_without_script_or_requests_and_with_every_text_escaped(mixed, tmp_path):
    run, leads = mixed
    path = run.report(tmp_path / "run.html", leads=leads)  # looks for findings, too
    assert "Findings" in page_of(path).text
    page, text = page_of(path), path.read_text(encoding="utf-8")
    names = {tag for tag, _ in page.tags}
    assert names.isdisjoint({"script", "link", "iframe", "object", "img", "image", "use", "form", "base"})
    addresses = [v for _, attrs in page.tags for n, v in attrs.items() if n in {"src", "href", "xlink:href", "action"}]
    assert addresses == []
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)
    assert html.escape(BAD, quote=False).replace('"', "&#34;") in text
    assert "default-src 'none'" in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_personal_unless_asked(mixed, tmp_path):
    run, leads = mixed
    persons = set(leads.loc[leads.index.isin(run.results.index), ["email", "last_name"]].to_numpy().ravel()) - {None}
    for ending in ("html", "xlsx"):
        run.report(tmp_path / f"run.{ending}", leads=leads, findings=NONE)
        run.report(tmp_path / f"all.{ending}", leads=leads, findings=NONE, personal=True)
    plain, asked = page_of(tmp_path / "run.html").text, page_of(tmp_path / "all.html").text
    assert [p for p in persons if p in plain] == []
    assert sum(str(p) in asked for p in persons) > 10
    sheets, more = sheets_of(tmp_path / "run.xlsx"), sheets_of(tmp_path / "all.xlsx")
    assert [p for p in persons if any((frame == p).any(axis=None) for frame in sheets.values())] == []
    assert set(more["Leads"]["email"].dropna()) <= persons
    assert COMMENT in set(more["Leads"]["comment"])
    assert "comment" not in sheets["Leads"]


def test_a_run_that_goes_on_says_so_and_one_that_was_cancelled_too(sandbox, open_session, tmp_path):
    # Five chunks of the eight: two of them are of one block (ten leads here), which is read back when both are through.
    gate = Gate("before intent", passes=5)
    session = open_session(chunk=5, on_step=gate)
    run = session.start(session.plan(cvtr.mark_test("Test lead"), sandbox.server.lead_ids(status="Caution")[:40]), confirm=True)
    until(lambda: run.counts["confirmed"] > 0)
    for path in (run.report(tmp_path / "a.html"), session.report(run.id, tmp_path / "b.html")):
        page = page_of(path)
        assert "has not ended" in page.text
        assert "running now" in page.text
        assert sum(map(int, page.frame("Leads by outcome")["leads"])) == 40
        assert int(page.frame("Leads by outcome").set_index("outcome")["leads"]["confirmed"]) < 40
    run.cancel()
    gate.open()
    run.wait()
    page = page_of(run.report(tmp_path / "c.html"))
    left = run.counts["not_sent"]
    assert f"ended early: {left} leads not sent" in page.text
    assert page_of(session.report(run.id, tmp_path / "d.html")).numbers("Leads by outcome", "leads") == page.numbers(
        "Leads by outcome", "leads"
    )


def test_a_run_of_the_journal_by_session_and_command(session, mixed, tmp_path):
    run, _ = mixed
    path = tmp_path / "run.html"
    done = CliRunner().invoke(app, ["report", run.id, "-o", str(path)])
    assert (done.exit_code, done.output.strip()) == (0, str(path))
    again = page_of(session.report(run.id, tmp_path / "again.html"))
    page, lead_id = page_of(path), page_of(run.report(tmp_path / "own.html"))
    for caption in ("Leads by outcome", "Before and after", "Expected to move"):
        assert page.frame(caption).equals(lead_id.frame(caption))
        assert page.frame(caption).equals(again.frame(caption))
    assert run.journal_head in page.text
    assert "Zoë" not in page.text
    refused = CliRunner().invoke(app, ["report", run.id, "-o", str(path)])
    assert isinstance(refused.exception, ExportError)
    assert CliRunner().invoke(app, ["report", run.id, "-o", str(path), "--overwrite"]).exit_code == 0
    with pytest.raises(RunError):
        session.report("20200101T000000-000000", tmp_path / "none.html")


def test_a_journal_that_is_not_whole_is_said_first(session, mixed, tmp_path):
    import sqlite3

    run, _ = mixed
    with sqlite3.connect(session._running.journal.path) as db:
        db.execute("UPDATE entries SET data = replace(data, 'contradicted', 'confirmed')")
    db.close()
    page = page_of(session.report(run.id, tmp_path / "run.html"))
    assert "The journal is not intact" in page.text


@pytest.mark.parametrize("name", ["run.pdf", "run", "run.html.txt"])
def test_another_ending_and_a_file_that_is_there_are_refused(mixed, tmp_path, name):
    run, _ = mixed
    with pytest.raises(ExportError, match=r"run\.html"):
        run.report(tmp_path / name)
    path = tmp_path / "run.html"
    path.write_text("mine")
    with pytest.raises(ExportError, match="already"):
        run.report(path)
    assert path.read_text() == "mine"


@pytest.mark.parametrize(("count", "most"), [(2_000, 90_000), pytest.param(10_000, 300_000, marks=pytest.mark.long)])
def test_ten_thousand_leads_fit_into_300_kb(journal_folder, count, most):
    from cvtr_widgets.reports.write import rendered
    from cvtr_widgets.runs.run import facts_of

    with cvtr.Sandbox(leads=count, seed=2) as large:
        client = large.connect()
        many = cvtr.LeadSession(client, progress=False)
        ids = large.server.lead_ids()
        plan = many.plan([(cvtr.mark_test("Test lead"), ids[::2]), (cvtr.mark_invalid("Returned", "No budget"), ids[1::2])])
        large.server.mishaps = [Mishap("leads-bulk-flag", "lie", nth=n) for n in (3, 9)]
        run = many.run(plan, confirm=True, verify="doubtful")
        told = facts_of(run)
        for ending in (".html", ".xlsx"):
            made = rendered(told, ending)
            assert len(made) <= most, ending
        assert sum(1 for _ in openpyxl.load_workbook(io.BytesIO(made))["Leads"].rows) == count + 1
        many.close()
        client.close()


def test_an_exception_from_the_policy_is_in_the_report(session, tmp_path, monkeypatch):
    policy = tmp_path / "policy.toml"
    policy.write_text("[max_age_days]\ntest = 5\n")
    monkeypatch.setenv("CVTR_POLICY", str(policy))
    plan = session.plan(cvtr.mark_test("Test lead"), session.pull(status="Caution").head(20))
    kept = plan.counts["not_allowed"]
    plan = session.make_exception(plan, name="Mary Manager", reason="agreed <b>with</b> Acme")
    run = session.run(plan, confirm=True, signature="Mary Manager")
    for path in (run.report(tmp_path / "a.html"), session.report(run.id, tmp_path / "b.html")):
        assert f"for {kept} leads by Mary Manager (user:1)" in page_of(path).text
        assert "agreed <b>with</b> Acme" in page_of(path).text


@pytest.mark.long
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_the_workbook_says_in_libreoffice_what_the_frames_say(mixed, tmp_path):
    run, leads = mixed
    path = run.report(tmp_path / "run.xlsx", leads=leads)
    every_sheet = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    home = f"-env:UserInstallation=file://{tmp_path / 'office'}"
    command = ["soffice", "--headless", home, "--convert-to", every_sheet, "--outdir", str(tmp_path / "csv"), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    outcomes, money, effect, each = (
        pd.read_csv(tmp_path / "csv" / f"run-{name}.csv") for name in ("Outcomes", "Money", "Before and after", "Leads")
    )
    counts = {name.replace("_", " "): n for name, n in run.counts.items()}
    assert outcomes.set_index("outcome")["leads"].to_dict() == counts
    assert effect["leads"].tolist() == cvtr.insight.run_effect(run)["leads"].tolist()
    assert each.set_index("lead_id")["outcome"].to_dict() == run.results["outcome"].astype(str).to_dict()
    expected = expected_money(run.plan, run.results["outcome"].astype(str).to_dict())
    assert money["expected"].tolist() == [float(n) for n in expected["expected"]]
    assert money["done"].tolist() == [float(n) for n in expected["done"]]
