"""``LookPanel``: questions and findings about loaded leads, with a click to select them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import anywidget

from cvtr_widgets.background import background_thread
from cvtr_widgets.errors import InsightError
from cvtr_widgets.frames.described import columns_of
from cvtr_widgets.frames.leads import lead_columns
from cvtr_widgets.insight.chart_view import static
from cvtr_widgets.insight.finding import Findings
from cvtr_widgets.insight.look_state import LookState
from cvtr_widgets.insight.page_parts import send_parts

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


log = logging.getLogger("cvtr_widgets.insight")


class Panel(Protocol):
    """What a ``LeadPanel`` is to a ``LookPanel``."""

    @property
    def leads(self) -> pd.DataFrame:
        """The loaded leads."""
        ...

    def select(self, what: Any) -> Any:
        """Select these."""
        ...


class LookPanel(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget's own bases have no types
    """Look at leads: findings, breakdown, over time, reasons, funnel. A click on a mark, a row or a finding selects its leads.

    It is the section **Look** of a ``LeadPanel``, alone: for a frame, or for a cell of its own.
    ``LookPanel(panel)`` works on what the ``LeadPanel`` has loaded and selects there; ``LookPanel(leads)`` works on a frame.
    ``picked`` are the ids that were clicked last, ``findings`` what was found last; ``on_select(callback)`` calls
    back with the ids.

    Raises:
        InsightError: it is given neither a panel nor a frame.
    """

    _esm = static("look.min.js")
    _css = static("chart.css")

    def __init__(self, source: Panel | pd.DataFrame) -> None:
        import pandas as pd

        if not isinstance(source, pd.DataFrame) and not (hasattr(source, "leads") and hasattr(source, "select")):
            raise InsightError(f"This is {type(source).__name__}. LookPanel takes a LeadPanel, or a frame of session.pull().")
        super().__init__()
        self._source = source
        self._callbacks: list[Callable[[tuple[int, ...]], object]] = []
        self._sending = threading.Lock()
        self._sent = -1
        session = getattr(source, "session", None)
        statistics = None if session is None else session.statistics
        self._state = LookState(lambda: self.leads, self._select, self._changed, statistics=statistics)
        self._state.save = self._save
        self._page = ""
        self.picked: tuple[int, ...] = ()
        self.on_msg(self._heard)

    def __repr__(self) -> str:
        return "<LookPanel: run this cell to see and use it>"

    def _repr_keys(self) -> list[str]:
        return []

    @property
    @columns_of(lead_columns)
    def leads(self) -> pd.DataFrame:
        """The leads that are looked at, with those of these columns that the frame had."""
        import pandas as pd

        return self._source if isinstance(self._source, pd.DataFrame) else self._source.leads

    @property
    def findings(self) -> Findings:
        """What was found last."""
        return self._state.findings

    def on_select(self, callback: Callable[[tuple[int, ...]], object]) -> None:
        """Call ``callback(ids)`` whenever leads are selected here."""
        self._callbacks.append(callback)

    def _heard(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """A message of the page."""
        message = content if isinstance(content, dict) else {}
        if message.get("kind") == "hello":
            # A page that has just come has no answer yet.
            self._sent = -1
            self._changed()
            send_parts(self.send, message)
        else:
            self._page = str(message.get("page", ""))[:40]
            self._state.handle(message)

    def _save(self, make: Callable[[], bytes], name: str) -> None:
        """Hand a file to the view that asked for it, in a thread: a chart has to be drawn for it."""
        background_thread(self._save_for, self._page, make, name, name="cvtr-case").start()

    def _save_for(self, page: str, make: Callable[[], bytes], name: str) -> None:
        try:
            content = make()
        except Exception as error:  # noqa: BLE001  the border of a thread: a fault is shown, not swallowed
            log.warning("a case file could not be made (%s)", type(error).__name__)
            self._state.say(f"The file could not be made ({type(error).__name__}). Try again.")
            return
        self.send({"kind": "file", "page": page, "name": name, "type": "application/zip"}, [content])
        self._state.say(f"{name} was sent to the browser.")

    def _changed(self) -> None:
        with self._sending:
            view = self._state.view()
            # The answer goes out once, the view around it at each step of progress: an answer may hold thousands of rows.
            if view["version"] != self._sent:
                self._sent = view["version"]
                self.send({"kind": "answer", "is": self._state.message()})
            self.send({"kind": "look", "is": view})

    def _select(self, ids: NDArray[np.int64], _words: str) -> None:
        import pandas as pd

        self.picked = tuple(ids.tolist())
        if not isinstance(self._source, pd.DataFrame):
            self._source.select(list(self.picked))
        for callback in list(self._callbacks):
            callback(self.picked)
