"""``LookPanel``: questions and findings about loaded leads, with a click to select them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import anywidget

from cvtr_widgets.errors import Cancelled, CvtrError, InsightError
from cvtr_widgets.insight import charts
from cvtr_widgets.insight.chart import Chart
from cvtr_widgets.insight.chart_view import chart_message, pick_of, renderer, static
from cvtr_widgets.insight.finding import Findings
from cvtr_widgets.insight.run_rules import findings

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger("cvtr_widgets.insight")
QUESTIONS: dict[str, Callable[..., Chart]] = {
    "breakdown": charts.breakdown,
    "over_time": lambda leads, by: charts.over_time(leads, by if by in {"hour", "day", "week", "month"} else "day"),
    "reasons": charts.reasons,
    "funnel": charts.funnel,
}
GROUPS = ("publisher", "campaign", "channel", "country", "sub_id", "day", "week", "month")


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
    """Look at leads: breakdown, over time, reasons, funnel, findings. A click on a mark, a row or a finding selects its leads.

    ``LookPanel(panel)`` works on what the ``LeadPanel`` has loaded and selects there; ``LookPanel(leads)`` works on a frame.
    ``picked`` are the ids that were clicked last, ``findings`` what was found last; ``on_select(callback)`` calls
    back with the ids.
    """

    _esm = static("look.min.js")
    _css = static("chart.css")

    def __init__(self, source: Panel | pd.DataFrame) -> None:
        super().__init__()
        self._source = source
        self._chart: Chart | None = None
        self._cancel: threading.Event | None = None
        self._callbacks: list[Callable[[tuple[int, ...]], object]] = []
        self._lock = threading.Lock()
        self.findings = Findings(())
        self.picked: tuple[int, ...] = ()
        self.on_msg(self._heard)

    def __repr__(self) -> str:
        return "<LookPanel: run this cell to see and use it>"

    def _repr_keys(self) -> list[str]:
        return []

    @property
    def leads(self) -> pd.DataFrame:
        """The leads that are looked at."""
        import pandas as pd

        return self._source if isinstance(self._source, pd.DataFrame) else self._source.leads

    def on_select(self, callback: Callable[[tuple[int, ...]], object]) -> None:
        """Call ``callback(ids)`` whenever leads are selected here."""
        self._callbacks.append(callback)

    # -- between kernel and page --------------------------------------------------------------------------------------

    def _heard(self, _widget: Any, content: Any, _buffers: Any) -> None:
        kind = content.get("kind") if isinstance(content, dict) else None
        try:
            if kind == "hello":
                if content.get("renderer") is not True:
                    self.send({"kind": "renderer"}, [renderer()])
                self.send({"kind": "choices", "questions": ["findings", *QUESTIONS], "groups": list(GROUPS)})
            elif kind == "ask":
                self._ask(content.get("question"), content.get("by"))
            elif kind == "stop":
                self._stop()
            elif kind == "finding":
                self._select(self.findings[int(content["place"])].leads)
            elif kind in {"pick", "brush"} and self._chart is not None:
                self._select(pick_of(self._chart, content))
            else:
                raise InsightError("Nothing of the kind is shown. Ask a question first.")
        except CvtrError as error:
            self.send({"kind": "said", "text": str(error)})
        except Exception as error:  # noqa: BLE001  the border to the page: what it says wrongly selects nothing
            log.warning("a message of the page was not understood (%s); nothing was done", type(error).__name__)
            self.send({"kind": "said", "text": "That was not understood, and nothing was done. Ask again."})

    def _select(self, ids: tuple[int, ...]) -> None:
        import pandas as pd

        self.picked = ids
        if not isinstance(self._source, pd.DataFrame):
            self._source.select(list(ids))
        for callback in list(self._callbacks):
            callback(ids)
        self.send({"kind": "picked", "leads": len(ids)})

    def _stop(self) -> None:
        if self._cancel is not None:
            self._cancel.set()

    def _ask(self, question: Any, by: Any) -> None:
        """Answer in a thread, so that the kernel hears the page meanwhile. A newer question ends the one before."""
        if question != "findings" and (question not in QUESTIONS or by not in GROUPS):
            raise InsightError("There is no such question. Choose one of the list.")
        self._stop()
        self._cancel = cancel = threading.Event()
        leads = self.leads
        if len(leads) == 0:
            raise InsightError("No leads are loaded. Load some in step 1, then ask again.")
        threading.Thread(target=self._answer, args=(str(question), str(by), leads, cancel), daemon=True).start()

    def _answer(self, question: str, by: str, leads: pd.DataFrame, cancel: threading.Event) -> None:
        try:
            message = self._found(leads, cancel) if question == "findings" else self._drawn(question, by, leads, cancel)
        except Cancelled:
            message = {"kind": "said", "text": "Stopped."}
        except CvtrError as error:
            message = {"kind": "said", "text": str(error)}
        except Exception as error:  # noqa: BLE001  the border of a thread: a fault is shown, not swallowed
            log.warning("a question could not be answered (%s)", type(error).__name__)
            message = {"kind": "said", "text": f"That could not be answered ({type(error).__name__}). Try another question."}
        if self._cancel is cancel:
            self.send(message)

    def _found(self, leads: pd.DataFrame, cancel: threading.Event) -> dict[str, Any]:
        def tell(done: int, of: int, rule: str) -> None:
            if self._cancel is cancel and rule:
                self.send({"kind": "progress", "text": f"Rule {done + 1} of {of}: {rule.replace('_', ' ')} …"})

        found = findings(leads, on_progress=tell, cancelled=cancel.is_set)
        with self._lock:
            if self._cancel is cancel:
                self.findings, self._chart = found, None
        frame = found.frame
        rows = frame[["rule", "about", "leads", "money", "sentence", "cannot_tell"]].to_dict("records")
        return {"kind": "findings", "rows": rows, "notes": list(found.notes), "of": len(leads)}

    def _drawn(self, question: str, by: str, leads: pd.DataFrame, cancel: threading.Event) -> dict[str, Any]:
        chart = QUESTIONS[question](leads, by)
        with self._lock:
            if self._cancel is cancel:
                self._chart = chart
        return chart_message(chart)
