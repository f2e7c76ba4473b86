"""A ninth action is a row of the catalogue, a call of the dialect and a route of the sandbox: nothing else has to be touched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

ROW = """        ActionRow(
            ActionKind.RECHECK, Family.PROCESSING, "recheck", "Check Leads Again", (), "tick", "",
            "Check {n} again", "I have {n} checked again; this cannot be undone.",
            "The jobs run again.", "any lead", "the processing counter went up", "nothing",
            then="checked again", final="checking again cannot be undone", repeatable=False, warning="Checking costs.",
        ),
    )
}  # fmt: skip


def kinds_of("""
EDITS = {
    "models.py": (('    DELETE = "delete"\n', '    DELETE = "delete"\n    RECHECK = "recheck"\n'),),
    "actions/catalogue.py": (
        ("    )\n}  # fmt: skip\n\n\ndef kinds_of(", ROW),
        ("    ActionKind.DELETE: delete,\n", "    ActionKind.DELETE: delete,\n    ActionKind.RECHECK: lambda: Action(ActionKind.RECHECK),\n"),
    ),
    "dialect/schema.py": (
        ('"reprocess", "delete")', '"reprocess", "delete", "recheck")'),
        ('    "delete": frozenset(', '    "recheck": frozenset({"leads", "confirmation"}),\n    "delete": frozenset('),
        ("    reprocess: CallPart\n", "    reprocess: CallPart\n    recheck: CallPart\n"),
    ),
    "dialect/default.toml": (
        ("[calls.delete]", """[calls.recheck]
evidence = "inferred"
path = "leads-bulk-recheck"
method = "POST"
format = "json"
many = true
yes = [200, 202]
body.leads = { key = "leads", as = "integer" }
body.confirmation = { key = "confirm", value = true }
answer = { shape = "rows", leads = "leads", id = "id", status = "status", message = "message" }

[calls.delete]"""),
    ),
    "sandbox/app.py": (('"reprocess", "delete"))', '"reprocess", "delete", "recheck"))'),),
    "sandbox/rules.py": (('"leads-bulk-delete": self._delete', '"leads-bulk-delete": self._delete, "leads-bulk-recheck": self._reprocess'),),
}  # fmt: skip
SCRIPT = """
import cvtr_widgets as cvtr
from cvtr_widgets.actions import catalogue
from cvtr_widgets.models import ActionKind
from cvtr_widgets.panel.state import PanelState

with cvtr.Sandbox(leads=60, seed=3) as sandbox:
    client = sandbox.connect()
    session = cvtr.LeadSession(client)
    ids = list(session.pull().index[:5])
    plan = session.plan(catalogue.make(ActionKind.RECHECK), session.select(ids))
    print("plan", dict(plan.counts)["will_change"], [w for w in plan.warnings if "Checking" in w], plan.frame["then"].iloc[0])
    run = session.run(plan, confirm=True)
    print("run", dict(run.counts)["confirmed"], set(run.results["action"]))
    print("service", {client.lead(i)["processingCounter"] for i in ids})
    try:
        undo = session.plan_undo(run)
        print("undo", undo.counts)
    except cvtr.CvtrError as error:
        print("undo", error)
    print("panel", ["recheck", "Check Leads Again"] in PanelState(session).type.view()["actions"])
"""


def test_a_ninth_action_touches_the_row_the_dialect_and_the_sandbox_only(tmp_path: Path) -> None:
    copy = tmp_path / "cvtr_widgets"
    shutil.copytree(ROOT / "cvtr_widgets", copy, ignore=shutil.ignore_patterns("__pycache__"))
    for name, edits in EDITS.items():
        text = (copy / name).read_text(encoding="utf-8")
        for old, new in edits:
            assert text.count(old) == 1, (name, old)
            text = text.replace(old, new)
        (copy / name).write_text(text, encoding="utf-8")
    env = {
        **os.environ,
        "PYTHONPATH": str(tmp_path),
        "CVTR_SETTINGS": str(tmp_path / "settings"),
        "CVTR_JOURNAL": str(tmp_path / "journal"),
    }
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "plan 5 ['Checking costs.'] checked again",
        "run 5 {'recheck'}",
        "service {2}",
        "undo Nothing of this run can be taken back. 5 leads left out: checking again cannot be undone.",
        "panel True",
    ]
