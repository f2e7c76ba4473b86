"""The doubt table, row by row, and what httpx's exceptions mean."""

from __future__ import annotations

import httpx
import pytest

from cvtr_widgets.api.transport import CAUSES, cause_of
from cvtr_widgets.models import Cause, WriteAnswer
from cvtr_widgets.runs.write_retry import BY_CAUSE, Applied, NextStep, decision

# Which exceptions prove that nothing arrived, and nothing else. That is the rule; the table must follow it.
PROVEN_NOT_APPLIED = {httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError}
REQUEST = httpx.Request("POST", "http://127.0.0.1/")


def every_exception() -> list[type[Exception]]:
    """All of httpx's: those that it names, and whatever is derived from them."""
    found, todo = set(), [c for c in vars(httpx).values() if isinstance(c, type) and issubclass(c, Exception)]
    while todo:
        cls = todo.pop()
        found.add(cls)
        todo += cls.__subclasses__()
    return sorted(found, key=lambda c: c.__name__)


def made(cls: type[Exception]) -> Exception:
    """One of them, however it wants to be made."""
    for arguments in (("x",), ("x", REQUEST), ()):
        try:
            return cls(*arguments)
        except TypeError:
            continue
    return cls("x", request=REQUEST, response=httpx.Response(500, request=REQUEST))


@pytest.mark.parametrize("cls", every_exception(), ids=lambda c: c.__name__)
def test_a_write_goes_out_again_only_after_exceptions_that_prove_it_did_not_arrive(cls):
    cause, detail = cause_of(made(cls))
    rule = decision(WriteAnswer(cause, detail=detail))
    assert (rule.then is NextStep.RESEND) is (cls in PROVEN_NOT_APPLIED)
    assert (rule.applied is Applied.NO) is (cls in PROVEN_NOT_APPLIED)
    assert detail
    assert "x" not in detail.split()


def test_every_httpx_exception_has_a_row():
    leaves = {c for c in every_exception() if not c.__subclasses__()}
    assert leaves <= set(CAUSES)


@pytest.mark.parametrize(
    "error", [OSError("x"), ValueError("x"), RuntimeError("x"), httpx.TransportError("x"), httpx.NetworkError("x")]
)
def test_what_has_no_row_is_doubt(error):
    assert cause_of(error)[0] is Cause.LOST


@pytest.mark.parametrize(
    ("status", "applied", "then"),
    [
        (200, "yes", "TAKE"), (202, "yes", "TAKE"), (204, "yes", "TAKE"),
        (301, "maybe", "READ"), (307, "maybe", "READ"),
        (400, "maybe", "READ"), (403, "maybe", "READ"), (404, "maybe", "READ"), (405, "maybe", "READ"), (409, "maybe", "READ"),
        (410, "maybe", "READ"), (422, "maybe", "READ"), (423, "maybe", "READ"), (499, "maybe", "READ"), (413, "no", "SPLIT"),
        (401, "no", "STOP"), (408, "maybe", "READ"), (425, "maybe", "READ"), (429, "no", "WAIT"),
        (500, "maybe", "READ"), (502, "maybe", "READ"), (503, "maybe", "READ"), (504, "maybe", "READ"), (599, "maybe", "READ"),
        (100, "maybe", "READ"), (700, "maybe", "READ"), (0, "maybe", "READ"),
    ],
)  # fmt: skip
def test_what_each_status_proves(status, applied, then):
    rule = decision(WriteAnswer(Cause.ANSWERED, status))
    assert (rule.applied, rule.then) == (Applied(applied), NextStep[then])


@pytest.mark.parametrize("status", range(400, 500))
def test_only_a_refusal_in_the_services_own_form_proves_that_nothing_was_applied(status):
    split = {
        form
        for form in ("", "error", "field")
        if decision(WriteAnswer(Cause.ANSWERED, status, refusal=form)).then is NextStep.SPLIT
    }
    known = {400: {"field"}, 403: {"field", "error"}, 413: {"", "field", "error"}, 422: {"field"}}
    assert split == known.get(status, set())


@pytest.mark.parametrize("cause", [c for c in Cause if c is not Cause.ANSWERED])
def test_every_cause_has_a_row_and_only_no_connection_is_sent_again(cause):
    rule = decision(WriteAnswer(cause, 200))
    assert rule == BY_CAUSE[cause]
    assert (rule.then is NextStep.RESEND) is (cause is Cause.NOT_CONNECTED)


def test_a_2xx_that_the_call_does_not_count_as_yes_is_doubt():
    assert decision(WriteAnswer(Cause.ANSWERED, 206), yes=False).then is NextStep.READ
