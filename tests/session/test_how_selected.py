"""How leads were selected stays with them: in the plan, the results, the journal, a saved plan and an undo."""

from __future__ import annotations

import cvtr_widgets as cvtr
from tests.panel.conftest import Driven


def test_a_script_finds_it_in_plan_results_journal_and_saved_plan(sandbox, session, open_session, tmp_path):
    ids = [i for i in sandbox.server.lead_ids(status="Invalid") if sandbox.server.lead(i)["reason"]][:7]
    (tmp_path / "returned.csv").write_text("Lead ID\n" + "\n".join(map(str, ids[:3])))
    (tmp_path / "more.csv").write_text("Lead ID\n" + "\n".join(map(str, ids[2:5])))
    chosen = session.select(str(tmp_path / "returned.csv")).union(session.select(tmp_path / "more.csv"))
    chosen = chosen.union(session.select(f"{ids[5]} {ids[6]}")).without(ids[:1])
    expected = ["file returned.csv"] * 2 + ["file more.csv"] * 2 + ["typed"] * 2
    plan = session.plan(cvtr.mark_test("Test lead"), chosen)
    assert list(plan.frame["how_selected"]) == expected
    assert plan.fingerprint == session.plan(cvtr.mark_test("Test lead"), list(chosen)).fingerprint, "nothing is decided by it"
    opened = session.open_plan(plan.save(tmp_path / "tests.cvtr-plan", why="Tests of October"))
    assert list(opened.plan.frame["how_selected"]) == expected
    run = session.run(plan, confirm=True)
    assert list(run.results["how_selected"]) == expected
    assert list(open_session().recorded(run.id)["how_selected"]) == expected
    assert set(session.plan_undo(run).frame["how_selected"]) == {"undo"}
    pairs = [(cvtr.mark_invalid("Out of Target"), ids[:2]), (cvtr.mark_valid("Details verified"), session.pull(ids=ids[2:4]))]
    assert list(session.plan(pairs).frame["how_selected"]) == ["list"] * 2 + ["frame"] * 2


def test_the_panel_takes_ticks_text_and_files_to_the_results(sandbox, tmp_path):
    driven = Driven.of(sandbox)
    ids = sandbox.server.lead_ids(status="Caution")[:8]
    driven.say("ids", text=" ".join(map(str, ids[:4])))
    content = ("Lead ID\n" + "\n".join(map(str, ids[3:7]))).encode()
    driven.state.handle("upload", {"purpose": "file", "name": "returned.csv", "part": 0, "parts": 1}, content)
    assert driven.state.jobs.wait()
    with driven.state.lock:
        leads = driven.state.leads
        leads._pick_given(leads.picked.tick([ids[7], ids[1]]).tick([ids[5]], "matching").untick([ids[2]]), leads.text)
    driven.say("go", step=2)
    driven.say("action", kind="test")
    driven.say("reason", value="listed:Test lead")
    driven.say("preview")
    plan = driven.state.processing.plan
    assert plan is not None, driven.view()
    expected = dict(plan.frame["how_selected"])
    assert expected == {
        ids[7]: "ticked", ids[0]: "typed", ids[1]: "typed", ids[3]: "typed", ids[4]: "file returned.csv",
        ids[5]: "file returned.csv", ids[6]: "file returned.csv",
    }  # fmt: skip
    assert tuple(plan.frame.index) == driven.state.leads.picked.ids
    driven.run()
    assert dict(driven.state.processing.results["how_selected"]) == expected
    driven.close()
