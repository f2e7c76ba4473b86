"""What goes wrong and what is said then: each case is really made to happen, against the sandbox.

``tools/tables.py`` shows the messages; the tests hold them.
"""

from __future__ import annotations

import re
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import cvtr_widgets as cvtr
from cvtr_widgets.errors import CvtrError
from cvtr_widgets.sandbox.faults.faults import Mishap

CASES: dict[str, Callable[[cvtr.Sandbox], object]] = {}


def case(name: str) -> Callable[[Callable[[cvtr.Sandbox], object]], Callable[[cvtr.Sandbox], object]]:
    """Register one case under the words that the docs show."""

    def register(make: Callable[[cvtr.Sandbox], object]) -> Callable[[cvtr.Sandbox], object]:
        CASES[name] = make
        return make

    return register


_opened: list[cvtr.LeadSession] = []


def session(sandbox: cvtr.Sandbox, role: str = "admin", limits: cvtr.Limits | None = None) -> cvtr.LeadSession:
    """A session without progress bars; closed after its case."""
    _opened.append(cvtr.LeadSession(sandbox.connect(role=role, limits=limits), progress=False))
    return _opened[-1]


def leads(sandbox: cvtr.Sandbox, **where: object) -> list[int]:
    """Ids that the sandbox knows."""
    assert sandbox.server is not None
    return sandbox.server.lead_ids(**where)  # type: ignore[arg-type]


def file(content: str, name: str = "leads.csv") -> Path:
    """A file of the user's."""
    path = Path(tempfile.mkdtemp(prefix="cvtr-docs-")) / name
    path.write_text(content, encoding="utf-8")
    return path


def faulty(sandbox: cvtr.Sandbox, **fault: object) -> object:
    """Read leads while the service has a fault."""
    assert sandbox.server is not None
    mine = session(sandbox)
    sandbox.server.mishaps = [Mishap("leads", **fault)]  # type: ignore[arg-type]
    try:
        return mine.pull()
    finally:
        sandbox.server.mishaps = []


@case("wrong password")
def _(sandbox: cvtr.Sandbox) -> object:
    return cvtr.connect("sandbox", "admin@sandbox.example", "wrong", url=sandbox.url)


@case("locked account")
def _(sandbox: cvtr.Sandbox) -> object:
    return sandbox.connect(role="locked")


@case("expired password")
def _(sandbox: cvtr.Sandbox) -> object:
    return sandbox.connect(role="expired")


@case("nobody to ask for the password")
def _(sandbox: cvtr.Sandbox) -> object:
    return cvtr.connect("sandbox", "somebody@sandbox.example", url=sandbox.url, ask=lambda _question: "")


@case("an enterprise name that is none")
def _(_sandbox: cvtr.Sandbox) -> object:
    return cvtr.connect("https://acme.cvtr.io/v2", "ana", "secret")


@case("no network, or no such host")
def _(_sandbox: cvtr.Sandbox) -> object:
    with socket.socket() as taken:  # bound and not listening: a connection is refused
        taken.bind(("127.0.0.1", 0))
        return cvtr.connect("acme", "ana", "secret", url=f"http://127.0.0.1:{taken.getsockname()[1]}")


@case("403")
def _(sandbox: cvtr.Sandbox) -> object:
    return faulty(sandbox, do="status", status=403)


@case("404")
def _(sandbox: cvtr.Sandbox) -> object:
    return session(sandbox).detail(999_999_999)


@case("429 for longer than one waits")
def _(sandbox: cvtr.Sandbox) -> object:
    return session(sandbox, limits=cvtr.Limits(requests=4, window=3_600)).pull()


@case("500")
def _(sandbox: cvtr.Sandbox) -> object:
    return faulty(sandbox, do="status", status=500)


@case("HTML instead of JSON")
def _(sandbox: cvtr.Sandbox) -> object:
    return faulty(sandbox, do="html")


@case("an empty file")
def _(sandbox: cvtr.Sandbox) -> object:
    return session(sandbox).select(file(""))


@case("a file with no id column")
def _(sandbox: cvtr.Sandbox) -> object:
    return session(sandbox).select(file("Campaign ID,Email\n44064,ana@mail.example\n44070,bo@mail.example\n"))


@case("reason missing")
def _(_sandbox: cvtr.Sandbox) -> object:
    return cvtr.mark_invalid("")


@case("category missing")
def _(_sandbox: cvtr.Sandbox) -> object:
    return cvtr.mark_invalid("Returned")


@case("no leads")
def _(sandbox: cvtr.Sandbox) -> object:
    return session(sandbox).plan(cvtr.mark_test("Test Lead"), [])


@case("not confirmed")
def _(sandbox: cvtr.Sandbox) -> object:
    mine = session(sandbox)
    return mine.run(mine.plan(cvtr.reprocess(), leads(sandbox)[:2]))


@case("signature missing")
def _(sandbox: cvtr.Sandbox) -> object:
    mine = session(sandbox)
    ready = leads(sandbox, status="Valid", delivery="Not Delivered")[:2]
    return mine.run(mine.plan(cvtr.mark_delivered(), ready), confirm=True)


@case("number missing at delete")
def _(sandbox: cvtr.Sandbox) -> object:
    mine = session(sandbox)
    return mine.run(mine.plan(cvtr.delete(), leads(sandbox)[:2]), confirm=True)


@case("plan out of date")
def _(sandbox: cvtr.Sandbox) -> object:
    mine = session(sandbox)
    plan = mine.plan(cvtr.mark_test("Test Lead"), leads(sandbox, status="Caution")[:1])
    mine.run(plan, confirm=True)
    return mine.run(plan, confirm=True)


@case("another account's plan")
def _(sandbox: cvtr.Sandbox) -> object:
    plan = session(sandbox).plan(cvtr.mark_test("Test Lead"), leads(sandbox, status="Caution")[:1])
    return session(sandbox, "agency").run(plan, confirm=True)


@case("a read that would take very many requests")
def _(sandbox: cvtr.Sandbox) -> object:
    return session(sandbox, limits=cvtr.Limits(page=1)).pull()


def messages() -> Iterator[tuple[str, CvtrError]]:
    """Each case with the error that it gave.

    Raises:
        AssertionError: a case gave no error of ours.
    """
    for name, make in CASES.items():
        with cvtr.Sandbox(leads=400, seed=1) as sandbox:
            try:
                made = make(sandbox)
            except CvtrError as error:
                yield name, error
            else:
                raise AssertionError(f"{name}: no error, but {made!r}")
            finally:
                while _opened:
                    mine = _opened.pop()
                    mine.close()
                    mine.client.close()


def shown(error: CvtrError) -> str:
    """The message without what differs from run to run."""
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:…", str(error))
    text = re.sub(r"/\S*cvtr-docs-\w+/", "…/", text)
    return re.sub(r"for another [\d,]+ s", "for another … s", text)
