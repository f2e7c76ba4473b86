"""The writing half of the client: each write goes out once; the result of a queued one is asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from cvtr_widgets.api import answers, write_bodies
from cvtr_widgets.api.auth import Auth
from cvtr_widgets.api.concurrency import map_ordered
from cvtr_widgets.api.json_reader import Reader
from cvtr_widgets.api.strict_json import decode
from cvtr_widgets.api.transport import Answer, FailedRequest, Transport
from cvtr_widgets.api.write_gate import WriteGate
from cvtr_widgets.dialect.model import Call, Dialect
from cvtr_widgets.errors import Cancelled, CvtrError, RequestRefused, ServiceError
from cvtr_widgets.frames.field_map import plain_word
from cvtr_widgets.models import Action, Cause, LeadAnswer, LeadId, Signature, Stopped, WriteAnswer, ordered_unique
from cvtr_widgets.request_limits import Limits
from cvtr_widgets.selection.lead_id import lead_ids_of

FIRST_ASK = 0.2
SLOWEST_ASK = 3.0
"""Seconds between two questions about a queued job: at first, and at the most."""

TOO_MANY = {413, 422}
"""How a service says that a question holds more ids than it takes."""


class WriteCalls:
    """Sends writes and the delivery check as the dialect says. Threads may share it."""

    def __init__(
        self, transport: Transport, auth: Auth, reader: Reader, pool: ThreadPoolExecutor, write_gate: WriteGate, limits: Limits
    ) -> None:
        self.write_gate = write_gate
        self._transport = transport
        self._auth = auth
        self._reader = reader
        self._pool = pool
        self._limits = limits
        self._closed = threading.Event()
        self._checked_at_once = limits.chunk

    @property
    def _dialect(self) -> Dialect:
        return self._reader.dialect

    def close(self) -> None:
        """Stop asking after queued jobs."""
        self._closed.set()

    def chunk(self, action: Action) -> int:
        """Most leads that one call of this action takes."""
        return write_bodies.size_of(write_bodies.call_for(self._dialect, action), self._limits.chunk)

    def request(self, action: Action, ids: Sequence[LeadId], signature: Signature | None) -> write_bodies.WireRequest:
        """The request as it would go out; nothing is sent.

        Raises:
            PlanError: the dialect has no place for something in the action.
        """
        return write_bodies.request_of(
            self._dialect, write_bodies.call_for(self._dialect, action), lead_ids_of(ids), action, signature
        )

    # -- the delivery check -------------------------------------------------------------------------------------------

    def is_delivered(
        self, ids: Sequence[LeadId], *, tick: Callable[[int], None], cancelled: Stopped
    ) -> dict[LeadId, bool | None]:
        """The service's delivery check, in chunks; only ids that were asked about count."""
        call = self._dialect.calls["is_delivered"]
        ids = ordered_unique(lead_ids_of(ids))
        size = min(write_bodies.size_of(call, self._limits.chunk), self._checked_at_once)
        parts = [ids[i : i + size] for i in range(0, len(ids), size)]
        said: dict[LeadId, bool | None] = {}

        def ask(part: Sequence[LeadId]) -> dict[LeadId, bool | None]:
            return self._checked(call, part, cancelled)

        done = 0
        for part, told in map_ordered(self._pool, ask, parts, at_once=self._limits.in_flight, cancelled=cancelled):
            said.update(told)
            done += len(part)
            tick(done)
        return said

    def _checked(self, call: Call, part: Sequence[LeadId], cancelled: Stopped) -> dict[LeadId, bool | None]:
        """One part; in halves where the service refuses it whole, for it may take fewer ids than we send. It only asks."""
        request = write_bodies.request_of(self._dialect, call, part, None, None)
        try:
            found = self._reader.ask(request.method, request.path, body=request.json, form=request.form, cancelled=cancelled)
        except RequestRefused as error:
            if error.status not in TOO_MANY or len(part) == 1:
                raise
            middle = (len(part) + 1) // 2
            told = self._checked(call, part[:middle], cancelled) | self._checked(call, part[middle:], cancelled)
            # It was the number, and no single lead: do not ask for so many again.
            self._checked_at_once = min(self._checked_at_once, middle)
            return told
        told = answers.delivered_in(self._dialect, call, found, part)
        return {lead_id: told[lead_id] for lead_id in part if lead_id in told}

    # -- writes -------------------------------------------------------------------------------------------------------

    def apply(
        self, action: Action, ids: Sequence[LeadId], signature: Signature | None, cancelled: Stopped, held: Stopped,
        leave: Stopped,
    ) -> WriteAnswer:  # fmt: skip
        """Send one write, once (and once more only where an ended token proves that it was not looked at).

        ``cancelled`` is asked while the limit makes it wait, ``held`` until it goes out; the answer then says that it was held.
        ``leave`` is asked while a queued write is asked after.

        Raises:
            LiveWritesRefused: the dialect's entries for this action are not proven at this enterprise.
            PlanError: the dialect has no place for something in the action.
        """
        self.write_gate.check(action, ids, write_bodies.entries_used(self._dialect, action, signed=signature is not None))
        call = write_bodies.call_for(self._dialect, action)
        request = write_bodies.request_of(self._dialect, call, ids, action, signature)
        try:
            answer = self._sent(request, lambda: cancelled() or held())
        except Cancelled:  # before it went out
            return WriteAnswer(Cause.HELD, detail="stopped while it waited for the request limit")
        if isinstance(answer, WriteAnswer):
            return answer
        said = write_bodies.read_write(self._dialect, call, ids, answer)
        if said.status == 429:
            self._transport.limiter.pause(said.retry_after)
        if said.cause is Cause.ANSWERED and said.status in call.yes:
            return self._followed(call, ids, answer, said, lambda: cancelled() or leave())
        return said

    def _sent(self, request: write_bodies.WireRequest, cancelled: Stopped) -> Answer | WriteAnswer:
        for renewed in (False, True):
            try:
                headers = self._auth.header(cancelled)
            except ServiceError as error:
                return WriteAnswer(Cause.LOGIN_ENDED, None, detail=str(error))
            try:
                answer = self._transport.exchange(
                    request.method, request.path, headers=headers, body=request.json, form=request.form, write=True,
                    cancelled=cancelled,
                )  # fmt: skip
            except FailedRequest as failed:
                return WriteAnswer(failed.cause, detail=failed.detail)
            if answer.status != 401:
                return answer
            if renewed:
                break
            try:
                self._auth.renew(headers["Authorization"].removeprefix("Bearer "), cancelled)
            except ServiceError as error:
                return WriteAnswer(Cause.LOGIN_ENDED, 401, detail=str(error))
        return WriteAnswer(Cause.LOGIN_ENDED, 401, detail="the service does not take the new token either")

    def _followed(self, call: Call, ids: Sequence[LeadId], answer: Answer, said: WriteAnswer, cancelled: Stopped) -> WriteAnswer:
        """What became of a queued call, where the service tells it; else ``said``, for the leads to be read."""
        try:
            where = self._job(call, answer)
        except CvtrError as error:
            return WriteAnswer(said.cause, said.status, said.per_lead, str(error), queued=True)
        if where is None:
            return said
        ends = time.monotonic() + call.queue.wait
        wait = FIRST_ASK
        done = {plain_word(w) for w in call.queue.done}
        failed = {plain_word(w) for w in call.queue.failed}
        detail = "the service put it into a queue and has not finished it"
        while self._ask_again(min(wait, ends - time.monotonic()), cancelled):
            wait = min(wait * 1.5, SLOWEST_ASK)
            try:
                found = self._reader.ask("GET", where, cancelled=cancelled)
            except Cancelled:
                detail = "the service put it into a queue; stopped while the request limit kept it from checking the queue"
                break
            except CvtrError as error:
                detail = f"the service put it into a queue, and asking after it failed: {error}"
                break
            state = plain_word(answers.place(call.queue.state, found))
            if state in done | failed:
                return self._ended(call, ids, found, said, failed=state in failed)
        if cancelled():
            detail = "the service put it into a queue; stopped before it was finished"
        return WriteAnswer(Cause.ANSWERED, said.status, None, detail, queued=True)

    def _ask_again(self, seconds: float, stopped: Stopped) -> bool:
        """Wait, and say whether to ask once more; looks at ``stopped`` a few times a second."""
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            if stopped() or self._closed.wait(min(left, 0.2)):
                return False
        return seconds > 0 and not stopped()

    def _ended(self, call: Call, ids: Sequence[LeadId], found: Any, said: WriteAnswer, *, failed: bool) -> WriteAnswer:
        per_lead = answers.per_lead(self._dialect, call, found, ids, self._transport.gate)
        if failed:
            # A failed job may have done part of its work: only reading tells.
            nothing = LeadAnswer(None, "the service's queued job failed")
            per_lead = {lead_id: (per_lead or {}).get(lead_id, nothing) for lead_id in ids}
        return WriteAnswer(Cause.ANSWERED, said.status, per_lead, "", queued=False)

    def _job(self, call: Call, answer: Answer) -> str | None:
        """The address to ask after a queued call; None where the dialect names none or the answer holds none."""
        queue = call.queue
        if queue.link.lower() == "header:location":
            link: Any = answer.headers.get("location")
            return self._reader.link(link) if isinstance(link, str) and link else None
        try:
            found = decode(answer.body)
        except ValueError:
            return None
        if queue.link:
            link = answers.place(queue.link, found)
            return self._reader.link(link) if isinstance(link, str) and link else None
        job = answers.place(queue.job, found)
        named = isinstance(job, int) and not isinstance(job, bool)
        named = named or (isinstance(job, str) and 0 < len(job) <= 200 and job.replace("-", "").replace("_", "").isalnum())
        if not queue.path or not named:
            return None
        return f"{self._dialect.base}/{queue.path.replace('{job}', str(job))}"
