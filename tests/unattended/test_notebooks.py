"""A scheduled notebook with parameters keeps no secret and no field of a lead, whether it ends well or not."""

from __future__ import annotations

import nbformat
from nbclient import NotebookClient

from cvtr_widgets.sandbox import SandboxServer
from tests.unattended.conftest import ROOT

DEFAULTS = "status = 'Caution'\nmost = 10"
PARAMETERS = "# Parameters\nstatus = 'Caution'\nmost = 3"  # the cell that papermill puts behind the one with the tag
CELLS = (
    "import logging, sys\nlogging.basicConfig(level=logging.DEBUG, stream=sys.stdout, force=True)\nimport cvtr_widgets as cvtr",
    "client = cvtr.connect()\nsession = cvtr.LeadSession(client)\nclient, session",
    "leads = session.pull(status=status)\nleads = leads.head(most)\nlen(leads)",
    "plan = session.plan(cvtr.mark_test('Test lead', comment='for the record'), leads)\nprint(plan.statement)\nplan, plan.counts",
    "run = session.run(plan, confirm=True)\nrun, run.counts, run.exit_code",
    "run.report('nightly.html', overwrite=True)",
)


def notebook(*more: str):
    book = nbformat.v4.new_notebook()
    book.cells = [nbformat.v4.new_code_cell(text) for text in (DEFAULTS, PARAMETERS, *CELLS, *more)]
    book.cells[0].metadata["tags"] = ["parameters"]
    return book


WRONG = "wrong-secret-1"
FAILING = ("session.run(plan, confirm=True)", "import os\ncvtr.connect(password=os.environ['OTHER_PASSWORD'])")


def executed(book, tmp_path, capfd) -> str:
    """A notebook carried out as a scheduler does, past what fails: what it and its log hold then."""
    NotebookClient(book, timeout=240, allow_errors=True, resources={"metadata": {"path": str(tmp_path)}}).execute()
    return nbformat.writes(book) + "".join(capfd.readouterr())


def held_of(sandbox, text: str, lead_ids) -> list[str]:
    """Which secrets and lead fields are in a text."""
    found = [word for word in (SandboxServer.USERS["admin"][1], WRONG) if word in text]
    for lead_id in lead_ids:
        record = sandbox.server.record(lead_id)
        values = [str(lead_id), record.get("email"), record.get("lastName"), *(record.get("data") or {}).values()]
        found += [str(v) for v in values if isinstance(v, str) and len(v) > 5 and v in text and not v.isalpha()]
    return found


def test_parameters_outputs_and_errors_hold_no_secret_and_no_lead(sandbox, journal_folder, tmp_path, monkeypatch, capfd):
    user, password, _ = SandboxServer.USERS["admin"]
    account = {"CVTR_ENTERPRISE": "sandbox", "CVTR_URL": sandbox.url, "CVTR_USERNAME": user, "CVTR_PASSWORD": password}
    for name, value in {**account, "OTHER_PASSWORD": WRONG, "PYTHONPATH": str(ROOT)}.items():
        monkeypatch.setenv(name, value)
    before = sandbox.server.lead_ids(status="Caution")
    text = executed(notebook(*FAILING), tmp_path, capfd)
    assert "'confirmed': 3" in text
    assert (tmp_path / "nightly.html").exists()
    assert "LoginRefused" in text
    assert text.count('"output_type": "error"') == 2
    assert held_of(sandbox, text, before) == []
    assert "Bearer " not in text
    assert held_of(sandbox, f"{text} {before[0]} {WRONG}", before) != [], "what is looked for is found where it is"
