"""No repr of a public value shows a field of a lead, a comment, or a reason in the user's own words."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
import pytest

import cvtr_widgets as cvtr

REASON, COMMENT, NAME, CELL = "A reason of my own 71c2", "A comment of my own 0b8d", "Ann Lee-Printed", "Bob Cell-Text"
DEEPEST = 5
PLAIN = {dict, list, tuple, set, frozenset}


def values(root: Any, depth: int = DEEPEST, seen: set[int] | None = None) -> Iterator[Any]:
    """A value and all that can be reached from it by public names."""
    seen = set() if seen is None else seen
    if depth < 0 or id(root) in seen or isinstance(root, (str, bytes, int, float, pd.DataFrame, pd.Series, type)) or root is None:
        return
    seen.add(id(root))
    yield root
    inner: list[Any] = []
    if isinstance(root, Mapping):
        inner = list(root.values())[:20]
    elif type(root) in PLAIN:
        inner = list(root)[:20]
    elif type(root).__module__.startswith("cvtr_widgets"):
        names = {f.name for f in dataclasses.fields(root)} if dataclasses.is_dataclass(root) else set()
        names |= set(getattr(type(root), "_fields", ()))
        names |= {n for c in type(root).__mro__ for n, v in vars(c).items() if isinstance(v, property)}
        for name in sorted(n for n in names if not n.startswith("_")):
            try:
                inner.append(getattr(root, name))
            except cvtr.CvtrError:
                continue
    for one in inner:
        yield from values(one, depth - 1, seen)


@pytest.fixture
def job(tmp_path, monkeypatch):
    """Everything that a whole job hands out, and what must not be seen in it."""
    monkeypatch.setenv("CVTR_JOURNAL", str(tmp_path))
    with cvtr.Sandbox(leads=40, seed=2) as sandbox:
        client = sandbox.connect()
        session = cvtr.LeadSession(client, progress=False, masked=False)
        server = sandbox.server
        first, *rest = server.lead_ids(status="Caution")
        action = cvtr.mark_invalid(reason=REASON, comment=COMMENT)
        chosen = session.select([first, *rest[:2]])
        plan = session.plan(action, chosen)
        run = session.run(plan, confirm=True)
        again = session.plan(cvtr.mark_test(reason="Test lead", comment=COMMENT), chosen)
        delivered = session.plan(cvtr.mark_undelivered(), server.lead_ids(status="Valid", delivery="Delivered")[:1])
        signed = session.run(delivered, confirm=True, signature=NAME)
        detail = session.detail(first)
        made = [
            action, chosen, cvtr.select(f"{CELL}\n{first}"), plan, run, again, delivered, signed, detail, session, client,
            client.fetch([first, *rest]), plan.entries, session.sign(delivered, NAME),
        ]  # fmt: skip
        secret = {REASON, COMMENT, NAME, CELL}
        record = client.lead(first)
        secret |= {v for k in ("email", "firstName", "lastName", "telephone") if (v := record.get(k))}
        yield made, secret
        session.close()
        client.close()


def test_no_repr_shows_what_is_somebodys(job):
    made, secret = job
    found = [value for root in made for value in values(root) if type(value) not in PLAIN]
    kinds = {type(value).__name__ for value in found}
    assert {"Action", "Plan", "Run", "LeadDetail", "Lead", "LeadState", "PlanEntry", "Rejected", "Signature"} <= kinds, kinds
    for value in found:
        told = repr(value) + str(value)
        if isinstance(value, BaseException):
            continue
        for word in secret:
            assert word not in told, (type(value).__name__, told)


def test_a_repr_says_what_it_is_about(job):
    made, _ = job
    action, detail = made[0], made[8]
    assert repr(action) == "Action(invalid, reason=<23 characters>, comment=<24 characters>)"
    assert repr(detail).startswith(f"<LeadDetail {detail.lead_id}: ")
    listed = made[5].groups[0][0]
    assert "reason='Test lead'" in repr(listed)
