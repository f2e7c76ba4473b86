"""The sandbox as a server on loopback, with the truth about its leads for whoever holds the object."""

from __future__ import annotations

import atexit
import contextlib
import socket
import threading
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from cheroot import wsgi
from cheroot.server import HTTPConnection, HTTPRequest
from cheroot.workers.threadpool import ThreadPool

from cvtr_widgets.errors import SandboxError
from cvtr_widgets.sandbox.app import SINCE, RequestContext, SeenRequest, make_app
from cvtr_widgets.sandbox.auth import LoginCheck
from cvtr_widgets.sandbox.data.made_worlds import made_world
from cvtr_widgets.sandbox.data.seed import CAMPAIGNS, REASONS
from cvtr_widgets.sandbox.data.store import FIELDS
from cvtr_widgets.sandbox.data.stories import Planted, StoryWorld
from cvtr_widgets.sandbox.faults.draw import Chaos, Faults
from cvtr_widgets.sandbox.faults.faults import Mishap, NetworkFault
from cvtr_widgets.sandbox.faults.network_proxy import Proxy
from cvtr_widgets.sandbox.profiles.profile import ServiceProfile
from cvtr_widgets.sandbox.profiles.translator import Translator, dressed
from cvtr_widgets.sandbox.reads import GetAnswers
from cvtr_widgets.sandbox.rules import Rules, User, make_users

THREADS = 24


class _Request(HTTPRequest):
    """Knows when it came in: when its first line was there."""

    since = 0.0

    def read_request_line(self) -> bool:
        read: bool = super().read_request_line()  # type: ignore[no-untyped-call]
        # Taken after the first line: on a kept connection the call blocks until the next request begins, which may be minutes.
        self.since = time.monotonic()
        return read


class _Connection(HTTPConnection):
    RequestHandlerClass = _Request


class _Gateway(wsgi.WSGIGateway_10):
    """Lets the app cut its own connection."""

    def get_environ(self) -> dict[str, Any]:  # type: ignore[override]  # the stub of the parent says None
        environ: dict[str, Any] = super().get_environ()  # type: ignore[no-untyped-call]
        connection = self.req.conn

        def cut() -> None:
            with contextlib.suppress(OSError):
                connection.socket.shutdown(socket.SHUT_RDWR)

        environ["cvtr.cut"] = cut
        environ[SINCE] = self.req.since
        return environ


def _made_server(app: Any, port: int) -> wsgi.Server:
    """The HTTP server around an app; ``port`` 0: any that is free."""
    server = wsgi.Server(("127.0.0.1", port), app, numthreads=THREADS, timeout=65, shutdown_timeout=2)
    server.expiration_interval = 0.05  # it looks so often whether it shall end
    server.gateway = _Gateway
    server.ConnectionClass = _Connection
    # A fixed number of threads, and more than a client opens: a request that is held up by a fault keeps its thread for as long.
    server.requests = ThreadPool(server, min=THREADS, max=THREADS)
    server.error_log = lambda *_, **__: None  # type: ignore[method-assign]  # cut connections are the sandbox's own doing
    return server


class SandboxServer:
    """A Convertr look-alike on 127.0.0.1. A with-block or ``stop()`` ends it; it also ends with the process.

    Args:
        leads: how many.
        seed: the same seed makes the same world; its dates lie in the 45 days before ``now``.
        latency: seconds that each answer takes, its making included: half of them pass before anything is done.
        port: 0 takes a free one.
        id_filter: whether ``id[]`` filters, or is silently ignored.
        rate_limit: requests per ``window`` seconds, over all callers.
        window: seconds.
        mishaps: faults of the service.
        network: faults of the network; with an empty list, too, callers reach the sandbox through a TCP proxy.
        chaos: faults of both kinds by chance.
        token_life: seconds.
        queue_delay: seconds until reprocessing takes effect.
        max_ids: most leads per write.
        now: the moment the world is made for; by default the beginning of the current minute.
        speech: other words than Convertr's presumed ones; see ``sandbox.profiles.profile``.
        story: a world of natural spread in which what the name says is wrong: ``clean duplicates near_duplicates bad_sub_id
            wrongly_billed threshold typos bad_month`` (all of them); 1,000 to 40,000 leads.
        mark: what tells this world from those of other sandboxes (letters and digits); by default a new one each time, so that
            a run made in one is never resumed in another.
        pretend_live: do not say that this is a sandbox, so that what holds for a live enterprise can be tried.

    Raises:
        OSError: the port is taken.
        SandboxError: a number makes no sense.
    """

    USERS: ClassVar[dict[str, tuple[str, str, str | None]]] = {u.role: (u.username, u.password, u.code) for u in make_users()}

    def __init__(
        self,
        leads: int = 2_000,
        seed: int = 1,
        latency: float = 0.0,
        port: int = 0,
        *,
        id_filter: bool = True,
        rate_limit: int = 3_000,
        window: float = 300.0,
        mishaps: Sequence[Mishap] = (),
        network: Sequence[NetworkFault] | None = None,
        chaos: Chaos | None = None,
        token_life: float = 3_600,
        queue_delay: float = 0.3,
        max_ids: int = 500,
        now: datetime | None = None,
        speech: ServiceProfile | None = None,
        story: str | None = None,
        pretend_live: bool = False,
        mark: str = "",
    ) -> None:
        """Make the world and start serving; see the class."""
        if leads < 0 or leads > 2_000_000 or latency < 0:
            raise SandboxError("The sandbox takes 0 to 2,000,000 leads and a latency of at least 0 s. Correct these.")
        if port:
            with socket.create_server(("127.0.0.1", port)):
                pass  # a port that is taken is said before the world is made; the server would leave its socket open
        self._mishaps: tuple[Mishap, ...] = ()
        self._network: tuple[NetworkFault, ...] = ()
        world, self._store = made_world(seed, now, story, leads)
        self.planted: tuple[Planted, ...] = world.planted if isinstance(world, StoryWorld) else ()
        """What the story has planted; callers of the service are never told."""
        self._gate = LoginCheck(token_life=token_life, rate_limit=rate_limit, window=window)
        reads = GetAnswers(self._store, id_filter=id_filter)
        self._desk = RequestContext(self._store, self._gate, Rules(self._store), reads, latency, queue_delay, max_ids)
        through = network is not None or chaos is not None
        self._proxy: Proxy | None = None
        self._chaos = chaos
        self._desk.world = mark or self._desk.world
        self.mishaps = mishaps
        app = dressed(make_app(self._desk), speech, pretend_live=pretend_live)
        self.interpreter = app if isinstance(app, Translator) else None
        # Behind the proxy the server takes any free port; the port that was asked for is the proxy's.
        self._server = _made_server(app, 0 if through else port)
        self._bind()
        self.port = int(self._server.bind_addr[1])
        if through:
            self._proxy = Proxy(self.port, port=port)
            self._proxy.set_faults(network or (), chaos)
            self._network = tuple(network or ())
            self.port = self._proxy.port
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve, name="cvtr-sandbox", daemon=True)
        self._thread.start()
        self._stopped = False
        atexit.register(self.stop)

    def _bind(self) -> None:
        """Take the port and start the workers, from a thread that does not hold up the end of the process.

        Threads inherit that. Workers that do hold it up are waited for before anything registered ``atexit`` is called, so
        that a script that forgot ``stop()`` would never end.
        """
        failed: list[OSError] = []

        def prepare() -> None:
            try:
                self._server.prepare()
            except OSError as error:
                failed.append(error)

        thread = threading.Thread(target=prepare, name="cvtr-sandbox-start", daemon=True)
        thread.start()
        thread.join()
        if failed:
            self._store.close()
            raise failed[0]

    def __enter__(self) -> SandboxServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End it and forget its world."""
        if self._stopped:
            return
        self._stopped = True
        # Else atexit would keep every stopped sandbox, with its world in memory, until the process ends.
        atexit.unregister(self.stop)
        if self._proxy is not None:
            self._proxy.stop()
        self._server.stop()
        self._thread.join(5)
        self._store.close()

    # -- what it is ---------------------------------------------------------------------------------------------------

    @property
    def users(self) -> dict[str, tuple[str, str, str | None]]:
        """Role -> user, password, code of the second factor."""
        return {u.role: (u.username, u.password, u.code) for u in self._gate.users}

    @property
    def world(self) -> str:
        """What tells this world from those of other sandboxes; callers get it with the login."""
        return self._desk.world

    @property
    def mishaps(self) -> Sequence[Mishap]:
        """The faults in force; setting them starts their counts again."""
        return self._mishaps

    @mishaps.setter
    def mishaps(self, faults: Sequence[Mishap]) -> None:
        self._mishaps = tuple(faults)
        self._desk.faults = Faults(self._mishaps, self._chaos)

    @property
    def network(self) -> Sequence[NetworkFault]:
        """The faults of the network in force; setting them starts their counts again.

        Raises:
            SandboxError: when set, and it was started without ``network``.
        """
        return self._network

    @network.setter
    def network(self, faults: Sequence[NetworkFault]) -> None:
        self._network = tuple(faults)
        self._through().set_faults(self._network, self._chaos)

    @property
    def chaos(self) -> Chaos | None:
        """The faults by chance; as ``network``."""
        return self._chaos

    @chaos.setter
    def chaos(self, chaos: Chaos | None) -> None:
        proxy, self._chaos = self._through(), chaos
        self.mishaps = self._mishaps
        proxy.set_faults(self._network, chaos)

    def _through(self) -> Proxy:
        if self._proxy is None:
            raise SandboxError("Faults of the network need the proxy. Start the sandbox with network=[].")
        return self._proxy

    @property
    def latency(self) -> float:
        """Seconds that each answer takes; may be set."""
        return self._desk.latency

    @latency.setter
    def latency(self, seconds: float) -> None:
        self._desk.latency = seconds

    @property
    def requests(self) -> list[SeenRequest]:
        """Every request that came in."""
        with self._desk.record.lock:
            return list(self._desk.record.requests)

    @property
    def max_in_flight(self) -> int:
        """The most requests that callers had under way at once.

        Through the proxy one has ended when its caller has hung up; without it, when the service is done with it.
        """
        return self._desk.record.max_in_flight if self._proxy is None else self._proxy.max_in_flight

    @property
    def under_way(self) -> bool:
        """Whether anything is still to come of what callers have sent: requests without their callers, later effects."""
        held = self._proxy is not None and self._proxy.under_way()
        return held or self._desk.record.in_flight > 0 or len(self._desk.queue) > 0

    def hurry(self) -> None:
        """What is still to come later comes now: effects, slow answers, held-up requests, the door that lets nobody in."""
        if self._proxy is not None:
            self._proxy.hurry()
        self._desk.queue.hurry()

    @property
    def secrets(self) -> set[str]:
        """Every password, token and code, so that it can be looked for where none may be."""
        return self._gate.secrets()

    @property
    def logins(self) -> int:
        """How many logins were tried."""
        return self._gate.logins

    # -- the truth about its leads ------------------------------------------------------------------------------------

    def lead(self, lead_id: int) -> dict[str, Any]:
        """What is so of one lead, deleted ones included; see ``SandboxStore.truth``."""
        self._desk.queue.work()
        return self._store.truth(lead_id)

    def record(self, lead_id: int) -> dict[str, Any]:
        """One lead as the service sends it."""
        self._desk.queue.work()
        found = self._store.get(lead_id)
        if found is None:
            raise KeyError(lead_id)
        record: dict[str, Any] = found["record"]
        return record

    def lead_ids(self, *, role: str = "admin", limit: int | None = None, **where: Any) -> list[int]:
        """Ids that a role sees, newest first; ``where``: ``status delivery campaign publisher``."""
        user = self._user(role)
        self._desk.queue.work()
        conditions = [(name, value if isinstance(value, (list, tuple)) else [value]) for name, value in where.items()]
        if user.advertisers is not None:
            conditions.append(("advertiser", list(user.advertisers)))
        return self._store.ids(conditions)[:limit]

    def effects(self, lead_id: int) -> list[dict[str, Any]]:
        """The writes that were applied to a lead: ``call user at`` and the body's other keys."""
        self._desk.queue.work()
        return self._store.effects(lead_id)

    def change(self, lead_id: int, **fields: Any) -> None:
        """Somebody else changes a lead: ``status reason delivery ...`` as in ``lead()``."""
        kind = "delivery" if "delivery" in fields else "metadata" if "replacement" in fields else "status"
        said = ", ".join(str(value) for value in fields.values())
        self._store.change(lead_id, "colleague@sandbox.example", (kind, said), **{FIELDS[k]: v for k, v in fields.items()})

    def change_record(self, lead_id: int, **keys: Any) -> None:
        """Set keys of the record as the service sends it."""
        self._store.change(lead_id, "colleague@sandbox.example", None, **keys)

    def delete(self, lead_id: int) -> None:
        """Somebody else deletes a lead."""
        self._store.delete(lead_id)

    def arrive(self, count: int = 1) -> list[int]:
        """New leads come in; their ids."""
        return self._store.arrive(count)

    def expire_tokens(self, *, refresh_too: bool = False) -> None:
        """Every token ends now."""
        self._gate.expire_tokens(refresh_too=refresh_too)

    def reasons(self, kind: str) -> dict[int, str]:
        """Id -> name of the listed reasons of ``valid``, ``invalid`` or ``test``."""
        return dict(REASONS[kind])

    def campaigns(self, role: str = "admin") -> dict[int, str]:
        """Id -> name of the campaigns that a role sees."""
        user = self._user(role)
        return {i: name for i, (name, advertiser, _) in CAMPAIGNS.items() if user.sees(advertiser)}

    def _user(self, role: str) -> User:
        for user in self._gate.users:
            if user.role == role:
                return user
        raise SandboxError(f"The sandbox has no user {role!r}. Choose one of: {', '.join(self.users)}.")
