"""``LeadTable``: the lead table of the panel alone, to pick leads in a notebook or Voilà page of one's own.

Nothing of a lead is ever a synced trait: rows travel as custom messages, so that a saved notebook holds none of it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import anywidget

from cvtr_widgets import settings
from cvtr_widgets.api.client import Convertr
from cvtr_widgets.arguments import checked
from cvtr_widgets.errors import ArchiveError, ArgumentError
from cvtr_widgets.frames.described import columns_of
from cvtr_widgets.frames.leads import lead_columns
from cvtr_widgets.panel.jobs import problem_of
from cvtr_widgets.panel.link.acknowledgements import Acknowledgements
from cvtr_widgets.panel.link.messages import VERSION, BadMessage, read_message, sender_of
from cvtr_widgets.panel.link.page import STYLE, static
from cvtr_widgets.panel.link.subshells import forget_subshells
from cvtr_widgets.panel.steps.load_filters import Filters
from cvtr_widgets.panel.table_state import TableState
from cvtr_widgets.selection.select import Selection, select
from cvtr_widgets.session.lead_session import LeadSession

if TYPE_CHECKING:
    import pandas as pd

    from cvtr_widgets.archive.archived_leads import ArchivedLeads

log = logging.getLogger("cvtr_widgets.panel")
PAUSE = 0.1
"""Seconds between two views that background work sends."""


class LeadTable(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget's own bases have no types
    """A table of leads to pick from: search, filter, sort, tick.

    ``LeadTable(frame)`` shows a frame of ``session.pull()``, ``panel.leads`` or a part of it; ``LeadTable(session)`` reads leads
    when it is made, and shows them as they come. Show it by making it a cell's last line, or put it in a ``VBox``, ``Tab`` or
    ``Accordion``. It sends nothing to the service: ``session.plan(action, table.selection)`` goes on from here.

    Args:
        source: a frame with lead ids as its index or in a column ``lead_id``; a ``LeadSession`` or client; or leads of an archive
            (``archive.leads()``), of any number: they are asked page by page and never loaded.
        filters: of a session: which leads, as ``LeadPanel`` takes them (``status``, ``campaign``, ``range`` ...).
        page_size: rows a page (25 to 500).

    Raises:
        ArgumentError: it is neither a frame of leads nor a session; there is no such filter; a frame with ``filters``.
    """

    _esm = static("table.min.js")
    _css = static(STYLE)

    @checked
    def __init__(
        self,
        source: pd.DataFrame | LeadSession | Convertr | ArchivedLeads,
        *,
        filters: Mapping[str, Any] | None = None,
        page_size: int = 50,
    ) -> None:
        archived = _archived(source)
        frame = None if archived is not None or isinstance(source, (LeadSession, Convertr)) else _frame_of(source)
        if archived is not None and filters is not None:
            raise ArgumentError("filters= says what a session reads. Narrow an archive's leads in archive.leads(...).")
        if frame is not None and filters is not None:
            raise ArgumentError("filters= says what a session reads. A frame is shown as it is: narrow it with pandas.")
        super().__init__()
        session = LeadSession(source, progress=False) if isinstance(source, Convertr) else source
        zone = session.client.zone if isinstance(session, LeadSession) else settings.zone()
        self._sending = threading.Lock()
        self._timer_lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._handled: dict[str, int] = {}
        self._heard_of = Acknowledgements()
        self._number = 0
        self._callbacks: list[Callable[[Selection], object]] = []
        self._state = TableState(zone, min(max(page_size, 25), 500), self._soon)
        self.on_msg(self._heard)
        if archived is not None:
            self._state.open(archived)
        elif frame is not None:
            self._state.show(frame)
        elif isinstance(session, LeadSession):
            self._state.read(session, _query(session, filters or {}))

    def open(self) -> None:
        """Tell the front end of this widget. ``ipywidgets`` calls it."""
        super().open()
        forget_subshells(self.comm)

    def __repr__(self) -> str:
        return f"<LeadTable: {self._state.table.loaded:,} leads. Run this cell to see and use it.>"

    def _repr_keys(self) -> list[str]:
        return []

    # -- for scripts --------------------------------------------------------------------------------------------------

    @property
    @columns_of(lead_columns)
    def leads(self) -> pd.DataFrame:
        """The leads of the table, with those of these columns that its frame had; an empty frame before any have come.

        Raises:
            ArchiveError: they are an archive's, which are not loaded.
        """
        import pandas as pd

        if self._state.table.archived is not None:
            raise ArchiveError(
                "The table shows an archive, whose leads are not loaded: archive.leads(...).to_pandas() loads them."
            )
        frame = self._state.table.frame
        return pd.DataFrame() if frame is None else frame.copy()

    @property
    def selection(self) -> Selection:
        """What is selected, with where each lead came from."""
        with self._state.lock:
            return self._state.picked.selection

    def select(self, what: Any) -> Selection:
        """Select exactly these leads: a frame, ids, text, a file's path, a finding or a chart."""
        chosen = select(what)
        with self._state.lock:
            self._state.choose(chosen)
        self._told()
        return chosen

    def on_selection(self, callback: Callable[[Selection], object]) -> None:
        """Call ``callback(selection)`` whenever another selection is made. What it raises is logged."""
        self._callbacks.append(callback)

    def _told(self) -> None:
        """The selection is another one."""
        self._soon()
        selection = self.selection if self._callbacks else None
        for callback in list(self._callbacks):
            try:
                callback(selection)  # type: ignore[arg-type]  # there is one where there are callbacks
            except Exception as error:  # noqa: BLE001  somebody else's code must not end what the page asked for
                log.warning("what was to be called after a selection failed (%s)", type(error).__name__)

    # -- between kernel and page --------------------------------------------------------------------------------------

    def _heard(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """A message of the page."""
        asker = sender_of(content)
        if asker:
            page, number = asker
            noted = self._heard_of.note(page, number)
            self.send({"v": VERSION, "kind": "heard", "page": page, "n": number, **noted.message()})
            if noted.given_up:
                return
        try:
            kind, given = read_message(content)
            if kind == "ahead":  # which changes nothing
                self._send_ahead(given, asker[0] if asker else "")
                return
            changed = self._state.handle(kind, given)
        except BadMessage as bad:
            log.warning("a message of the page was not understood (%s); nothing was done", bad)
            return
        except Exception as error:  # noqa: BLE001  the border to the page: a fault is shown, not swallowed
            self._state.problem, changed = problem_of(error), False
        if asker:
            self._handled[asker[0]] = max(asker[1], self._handled.get(asker[0], 0))
        self._send_now()
        if changed:
            self._told()

    def _send_ahead(self, given: dict[str, Any], page: str) -> None:
        """Pages that a view has asked for before anybody turns to them, to that view alone."""
        with self._state.lock:
            table = self._state.table
            rows = table.ahead(given["pages"]) if table.edition == given["edition"] else []
        self.send({"v": VERSION, "kind": "ahead", "table": "leads", "page": page, "rows": rows})

    def _soon(self) -> None:
        """Send what is new, soon. Called from any thread, as often as it likes, and by those who hold the state's lock."""
        with self._timer_lock:
            # A lock of its own: who calls this may hold the state's lock, and must never wait for a thread that is sending.
            if self._timer is None and self._handled:  # no page has come before
                self._timer = threading.Timer(PAUSE, self._send_now)
                self._timer.daemon = True
                self._timer.start()

    def _send_now(self) -> None:
        with self._timer_lock:
            self._timer = None
        # The order of the locks is always: sending, then state. Views are made and sent one at a time, so that their numbers rise
        # in the order sent.
        with self._sending:
            with self._state.lock:
                view, rows = self._state.view(), self._state.table.message()
                handled = dict(self._handled)
            self._number += 1
            self.send({"v": VERSION, "kind": "table", "number": self._number, "view": view, "rows": rows, "handled": handled})


def _archived(source: Any) -> ArchivedLeads | None:
    """Leads of an archive, where it is some. The archive is not imported for it: nobody has such leads without it."""
    return source if type(source).__name__ == "ArchivedLeads" else None


def _frame_of(source: Any) -> pd.DataFrame:
    """A frame whose index holds each lead once."""
    import pandas as pd

    if not isinstance(source, pd.DataFrame):
        raise ArgumentError(f"LeadTable takes a frame of leads or a session, not {type(source).__name__}. Use session.pull().")
    chosen = select(source)  # refuses what holds no lead ids, and says what to do
    if len(chosen.ids) != len(source) or chosen.rejected:
        raise ArgumentError(
            "Each row of the frame must be a different lead: some ids are missing, not valid or repeated. Keep one row of "
            "each, such as leads[~leads.index.duplicated(keep='last')]."
        )
    frame = source.set_axis(pd.Index(chosen.ids, dtype="int64", name="lead_id"), axis=0)
    frame.attrs = dict(source.attrs)
    return frame[[name for name in frame.columns if name != "lead_id"]]


def _query(session: LeadSession, given: Mapping[str, Any]) -> dict[str, Any]:
    """What ``session.pull`` is asked for, out of filters as ``LeadPanel`` takes them."""
    from datetime import datetime

    def named(what: str, name: str) -> str | None:
        if name.isascii() and name.isdigit():
            return name
        frame = session.campaigns() if what == "campaign" else session.publishers()
        found = frame.index[frame["name"] == name]
        return str(found[0]) if len(found) == 1 else None

    return Filters.preset(given, datetime.now(session.client.zone).date(), named).query()
