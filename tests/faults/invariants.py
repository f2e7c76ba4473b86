"""What must be so after every run, whatever happened in it, held against the sandbox's own record."""

from __future__ import annotations

import contextlib
import logging
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import cvtr_widgets as cvtr
from cvtr_widgets.journal.journal import Journal
from cvtr_widgets.journal.journal_folder import journal_file, journal_folder
from cvtr_widgets.sandbox import SandboxServer

COMMENT = "a comment that nobody else may read, 0b8d"
UNTOUCHED = {"not_sent", "skipped", "refused"}
CALLS = {
    "test": "leads-bulk-flag", "delivered": "leads-bulk-deliver", "undelivered": "leads-bulk-undeliver",
    "other": "leads-bulk-metadata", "reprocess": "leads-bulk-reprocess", "delete": "leads-bulk-delete",
}  # fmt: skip
TARGETS = {
    "test": {"status": "Test", "reason": "Test lead"},
    "delivered": {"delivery": "Delivered"},
    "undelivered": {"delivery": "Not Delivered"},
    "other": {"replacement": "Replacement"},
    "delete": {"deleted": True},
}


class Listener(logging.Handler):
    """Everything that anybody logs."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage() + (self.format(record) if record.exc_info else ""))


@dataclass
class Story:
    """One run: what was to be done to which leads, what stood before, and what came of it."""

    server: SandboxServer
    session: cvtr.LeadSession
    ids: Sequence[int]
    run: cvtr.Run
    before: dict[int, dict[str, Any]]
    logged: Sequence[str] = ()
    limits: cvtr.Limits = field(default_factory=cvtr.Limits)

    @property
    def outcomes(self) -> dict[int, str]:
        return {int(lead_id): str(outcome) for lead_id, outcome in self.run.results["outcome"].items()}


def hold(story: Story) -> None:
    """Assert the invariants, numbered as in docs/faults.md."""
    _settled(story.server)
    frame = story.run.results
    # 1: each input lead ends in exactly one outcome
    assert list(frame.index) == list(story.ids)
    assert set(frame["outcome"]) <= {str(o) for o in cvtr.Outcome}
    assert sum(story.run.counts.values()) == len(story.ids)
    for lead_id, row in frame.iterrows():
        _one(story, int(lead_id), row)
    # 4: never more requests in flight than the limits
    assert story.server.max_in_flight <= story.limits.in_flight, "more requests at once than the limit"
    _secret(story)
    # 6: the journal verifies, and held the intent before anything was applied
    report = story.session.verify_journal()
    assert report.ok, report.problems
    _intended(story)


def _settled(server: SandboxServer) -> None:
    until = time.monotonic() + 120
    while server.under_way:
        assert time.monotonic() < until, "something is still under way at the sandbox"
        server.hurry()
        time.sleep(0.005)


def _one(story: Story, lead_id: int, row: Any) -> None:
    truth, effects = story.server.lead(lead_id), story.server.effects(lead_id)
    told = f"lead {lead_id}: {row['outcome']} ({row['detail']}), effects {len(effects)}, {truth}"
    # 2: at most one effect
    assert len(effects) <= 1, told
    # 3: confirmed is never wrong; what was not sent, skipped or refused was not applied
    if row["outcome"] == "confirmed":
        assert effects, told
        assert effects[0]["call"] == CALLS[row["action"]], told
        if row["action"] == "reprocess":
            assert truth["processing_counter"] == story.before[lead_id]["processing_counter"] + 1, told
        else:
            assert {key: truth[key] for key in TARGETS[row["action"]]} == TARGETS[row["action"]], told
    if row["outcome"] in UNTOUCHED:
        assert not effects, told


def _intended(story: Story) -> None:
    journal = Journal(journal_file(journal_folder(), story.session.identity))
    try:
        entries = [e for e in journal.entries(story.run.id) if e.kind == "intent"]
    finally:
        journal.close()
    first: dict[int, float] = {}
    for entry in entries:
        for lead_id in entry.data.get("leads") or entry.data["before"]:
            first.setdefault(int(lead_id), datetime.fromisoformat(entry.at).timestamp())
    for lead_id in story.ids:
        for effect in story.server.effects(lead_id):
            assert first.get(lead_id, float("inf")) <= effect["at"], (
                f"lead {lead_id} was sent before its intent was in the journal"
            )


def _secret(story: Story) -> None:
    """5: no secret and no lead field in logs, errors, results or journal; the user's own comment stands in the results alone."""
    hidden = {COMMENT, *story.server.secrets}
    for lead_id in story.ids:
        record = story.server.record(lead_id)
        hidden |= {record["email"], record["telephone"]}
    errors = [str(story.run.error or ""), repr(story.run.error), repr(story.run), repr(story.session)]
    told = "\n".join([*story.logged, *errors])
    found = [word for word in hidden if word and _stands(word, told.encode())]
    results = story.run.results.to_csv().encode()
    found += [word for word in hidden - {COMMENT} if word and _stands(word, results)]
    assert not found, f"{len(found)} secrets or lead fields were told"
    data = b""
    for path in _journals():
        with contextlib.suppress(FileNotFoundError):  # a lock that was let go of meanwhile
            data = path.read_bytes()
        assert not any(_stands(word, data) for word in hidden if word), f"a secret or a lead field is in {path.name}"


def _stands(word: str, data: bytes) -> bool:
    """Whether it stands there by itself. Six digits of a login code are found within some hash or time sooner or later."""
    found = word.encode()
    return found in data and re.search(rb"(?<![\w.])" + re.escape(found) + rb"(?!\w)", data) is not None


def _journals() -> list[Path]:
    return [path for path in journal_folder().rglob("*") if path.is_file()]
