"""Everything that can go wrong, as one tree. Every message ends with what to do next.

::

    CvtrError
    ├── ArgumentError            an argument of a call is of the wrong kind; nothing was done
    ├── SettingsError            a setting or environment variable cannot be used
    ├── CredentialsError         no user, password or enterprise was found, or there is nobody to ask
    ├── ServiceError             the service or the network did not do what was asked (.method .path .status)
    │   ├── LoginRefused         wrong user or password, or a locked account; never repeated
    │   ├── PasswordExpired      the way out is client.change_password
    │   ├── NotReached           no connection: name, network, proxy
    │   │   └── NotTrusted       the certificate does not hold: final, and nothing was sent
    │   ├── NoAnswer             connected, but no reliable answer in time
    │   ├── Unreadable           an answer that is not what a Convertr sends (HTML, cut JSON, wrong types)
    │   ├── NotAllowed           403
    │   ├── NotFound             404, 410
    │   ├── TooManyRequests      429 for longer than we are willing to wait
    │   ├── RequestRefused       any other 4xx, or a request that could not be meant so and was not sent
    │   ├── ServiceBroken        5xx
    │   └── OffOrigin            a redirect or link that leaves the one host which may see the token
    ├── DialectError             the description of the service is wrong (file, key and reason)
    ├── CaptureError             a capture of the browser cannot be used, or shows nothing that can be learned
    ├── SelectionError           a file or input that holds no lead ids at all
    │   ├── ColumnUnclear        several of its columns could hold them (.columns)
    │   └── SheetUnclear         several sheets of a workbook could be meant (.sheets)
    ├── ReadTooLarge             a read would take more requests than allowed; carries the estimate
    ├── PlanError                an action that cannot be planned (reason missing, unknown category ...)
    │   └── NothingToUndo        nothing of the runs can be taken back (.left_out says why, lead by lead)
    ├── NotConfirmed             a run without the confirmation or signature that its plan needs
    ├── PlanOutOfDate            the plan was run already, is another account's, or its dialect has changed since
    ├── LiveWritesRefused        an action that is not proven at this live enterprise: it goes to one lead first
    ├── JournalError             the journal cannot be written or read; nothing was sent
    ├── Cancelled                the user stopped a read or a preview
    ├── RunError                 a run cannot be started, resumed or cancelled
    │   └── RunTaken             another kernel or tab is carrying the run out (.pid .since)
    ├── ExportError              a file of results cannot be written
    ├── InsightError             a question that these leads or these arguments cannot answer
    ├── ArchiveError             the archive cannot be read or written, or lacks what was asked for; nothing was lost
    │   └── ArchiveBusy          another process is writing to the archive
    ├── TableError               a filter, sort order, choice of columns or saved view that the lead table cannot show
    └── SandboxError             the sandbox could not be started
"""

from __future__ import annotations

from collections.abc import Sequence


class CvtrError(Exception):
    """Base of every error that this package raises on purpose."""


class ArgumentError(CvtrError):
    """An argument of a call is of a kind that it does not take."""


class SettingsError(CvtrError):
    """A setting or environment variable has a value that cannot be used."""


class CredentialsError(CvtrError):
    """User, password or enterprise is missing and nobody can be asked for it."""


class ServiceError(CvtrError):
    """The service or the network did not do what was asked.

    Attributes: ``method`` and ``path`` of the request (never its query, body or headers), ``status`` (int or None when
    there was no answer), ``advice`` (what to do next), ``own_form`` (whether an answer came in the service's own form, and
    not from something between here and there), ``words`` (the service's own, without secrets and personal data) and
    ``plain`` (the message without these words).
    """

    def __init__(
        self,
        message: str,
        *,
        method: str = "",
        path: str = "",
        status: int | None = None,
        advice: str = "",
        own_form: bool = False,
        words: str = "",
    ) -> None:
        self.own_form = own_form
        self.method = method
        self.path = path = path.partition("?")[0]
        self.words = words
        self.status = status
        self.advice = advice
        where = f" ({method} {path}{'' if status is None else f' answered {status}'})" if path else ""
        rest = f"{where}.{' ' + advice if advice else ''}"
        self.plain = message + rest
        super().__init__(message + (f': "{words}"' if words else "") + rest)

    def __repr__(self) -> str:
        """Kind and status: libraries log the repr of what they try again, and the path may hold a lead id."""
        return f"{type(self).__name__}(status={self.status})"


class LoginRefused(ServiceError):
    """User name or password is wrong, or the account is locked. Never repeated: ten refusals lock an account."""


class PasswordExpired(ServiceError):
    """The password has expired; everything but changing it is refused."""


class NotReached(ServiceError):
    """No connection could be made, so nothing was sent."""


class NotTrusted(NotReached):
    """The service's certificate does not hold. Final: nothing was sent, and there is no way around it from here."""


class NoAnswer(ServiceError):
    """The request went out and no reliable answer came back."""


class Unreadable(ServiceError):
    """The answer is not one that can be understood."""


class NotAllowed(ServiceError):
    """The account may not do this."""


class NotFound(ServiceError):
    """It does not exist, or this account cannot see it."""


class TooManyRequests(ServiceError):
    """The request limit is used up for longer than we wait."""


class RequestRefused(ServiceError):
    """The service refused the request, or it could not be meant so and was not sent."""


class ServiceBroken(ServiceError):
    """The service failed (5xx)."""


class OffOrigin(ServiceError):
    """A redirect or link led to another host. It was not followed, so that the token stays where it belongs."""


class DialectError(CvtrError):
    """A dialect file (the description of one Convertr's wire) is not usable; names file, key and reason."""


class CaptureError(CvtrError):
    """A capture of the browser (HAR) cannot be used; says how to make one that can."""


class SelectionError(CvtrError):
    """An input holds no lead ids at all, so there is nothing to select."""


class ColumnUnclear(SelectionError):
    """Several columns could hold the lead ids; ``columns`` names them as ``column=`` takes them."""

    def __init__(self, message: str, *, columns: Sequence[str]) -> None:
        super().__init__(message)
        self.columns = tuple(columns)


class SheetUnclear(SelectionError):
    """Several sheets of a workbook could be meant; ``sheets`` names them as ``sheet=`` takes them."""

    def __init__(self, message: str, *, sheets: Sequence[str]) -> None:
        super().__init__(message)
        self.sheets = tuple(sheets)


class ReadTooLarge(CvtrError):
    """A read would take more requests than allowed without asking. ``requests`` holds the estimate."""

    def __init__(self, message: str, *, requests: int) -> None:
        self.requests = requests
        super().__init__(message)


class PlanError(CvtrError):
    """An action cannot be planned as given."""


class NothingToUndo(PlanError):
    """Nothing of the runs can be taken back. ``left_out``: (lead id, why) for each lead that they have changed; ``notes``: the
    same in sentences with counts, and which leads others have changed.
    """

    def __init__(self, message: str, *, left_out: Sequence[tuple[int, str]], notes: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.left_out = tuple(left_out)
        self.notes = tuple(notes)


class NotConfirmed(CvtrError):
    """The run needs a confirmation, a count or a signature that it was not given."""


class PlanOutOfDate(CvtrError):
    """The plan was run already, is another account's, or the dialect has changed since: it must be made again."""


class LiveWritesRefused(CvtrError):
    """Writing to a live enterprise is refused: the action must first be proven there on one lead."""


class JournalError(CvtrError):
    """The journal of runs cannot be written or read. Without it nothing is sent."""


class Cancelled(CvtrError):
    """The user stopped a read or a preview. Nothing was changed at the service."""


class RunError(CvtrError):
    """A run cannot be started or cancelled in its present state."""


class RunTaken(RunError):
    """Another kernel, tab or call has this run. ``pid`` and ``since`` (ISO time) say who, as far as the journal knows."""

    def __init__(self, message: str, *, pid: int | None = None, since: str = "") -> None:
        self.pid = pid
        self.since = since
        super().__init__(message)


class ExportError(CvtrError):
    """Results cannot be written to a file."""


class InsightError(CvtrError):
    """A question about leads cannot be answered with this frame or these arguments."""


class ArchiveError(CvtrError):
    """The archive cannot be read or written, or does not hold what was asked for."""


class ArchiveBusy(ArchiveError):
    """Another process is writing to the archive just now."""


class TableError(CvtrError):
    """A filter, a sort order, a choice of columns or a saved view does not fit the table."""


class SandboxError(CvtrError):
    """The sandbox could not be started."""
