"""A client as sessions and runs work with it: the one way to write and its gate. Users of a client are not given these."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cvtr_widgets.api.cancel_token import never
from cvtr_widgets.api.client import Convertr
from cvtr_widgets.api.write_calls import WriteCalls
from cvtr_widgets.api.write_gate import WriteGate
from cvtr_widgets.models import Action, Identity, Lead, LeadId, ReadCost, Record, Signature, Stopped, WriteAnswer
from cvtr_widgets.request_limits import Limits


class ClientService:
    """``LeadService`` of a client. Made for a run, which has a plan, a confirmation and a journal."""

    def __init__(self, client: Convertr, writing: WriteCalls) -> None:
        self._client = client
        self._writing = writing
        # What only reads is the client's own.
        self.waiting: Callable[[], float] = client.waiting
        self.usage: Callable[[], tuple[int, int]] = client.usage
        self.chunk: Callable[[Action], int] = client.chunk
        self.latency = client.latency
        self.at_rest: Callable[[Lead], bool | None] = client.at_rest

    @property
    def identity(self) -> Identity:
        """Whose session this is."""
        return self._client.identity

    @property
    def limits(self) -> Limits:
        """The limits in force."""
        return self._client.limits

    @property
    def dialect_hash(self) -> str:
        """Changes with any entry of the dialect."""
        return self._client.dialect_hash

    @property
    def clock_offset(self) -> float | None:
        """See ``Convertr.clock_offset``."""
        return self._client.clock_offset

    def fetch(
        self,
        ids: Sequence[LeadId],
        *,
        tick: Callable[[int], None] = lambda _n: None,
        cancelled: Stopped = never,
        gone: set[LeadId] | None = None,
    ) -> dict[LeadId, Lead]:
        """See ``Convertr.fetch``."""
        return self._client.fetch(ids, tick=tick, cancelled=cancelled, gone=gone)

    def fetch_cost(self, ids: Sequence[LeadId], *, cancelled: Stopped = never) -> ReadCost:
        """See ``Convertr.fetch_cost``."""
        return self._client.fetch_cost(ids, cancelled=cancelled)

    def is_delivered(
        self, ids: Sequence[LeadId], *, tick: Callable[[int], None] = lambda _n: None, cancelled: Stopped = never
    ) -> dict[LeadId, bool | None]:
        """See ``Convertr.is_delivered``."""
        return self._client.is_delivered(ids, tick=tick, cancelled=cancelled)

    def apply(
        self,
        action: Action,
        ids: Sequence[LeadId],
        *,
        signature: Signature | None,
        cancelled: Stopped = never,
        held: Stopped = never,
        leave: Stopped = never,
    ) -> WriteAnswer:
        """Send one write, once (and once more only where an ended token proves that it was not looked at).

        ``cancelled`` is asked while the limit makes it wait, ``held`` until it goes out: then nothing is sent (``Cause.HELD``).
        ``leave``: whether a queued write is not to be asked after any more.

        Raises:
            LiveWritesRefused: the dialect is not proven here. PlanError: the request cannot be made. Nothing was sent then; what
                the service or the network did is in the answer.
        """
        return self._writing.apply(action, ids, signature, cancelled, held, leave)


def lead_service(client: Convertr) -> ClientService:
    """A client as a run works with it."""
    return ClientService(client, client._writing)


def write_gate_of(client: Convertr) -> WriteGate:
    """Which writes may go out. For the canary, which opens it for one lead, and notes what was proven."""
    return client._write_gate


def remember_places(client: Convertr, records: Sequence[Record]) -> None:
    """Remember where listed leads were found, so that they can be read again cheaply without an id filter. ``records``: as the
    service sent them, because the reads look for these leads by the campaigns and dates in them.
    """
    client._reading.remember(records)
