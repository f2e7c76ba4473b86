"""All that Look knows, without a widget: what is asked of the loaded leads, the answer, and which leads a click on it means.

Questions are answered in a thread, so that the page stays usable. What goes to a page are counts, sentences and names of groups.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from cvtr_widgets.background import background_thread
from cvtr_widgets.errors import Cancelled, CvtrError, InsightError
from cvtr_widgets.insight.breakdown import beside_statistics
from cvtr_widgets.insight.chart import Chart
from cvtr_widgets.insight.chart_view import PICKS, chart_message, pick_of
from cvtr_widgets.insight.evidence import case_file, case_name
from cvtr_widgets.insight.finding import Finding, Findings
from cvtr_widgets.insight.look_questions import (
    GROUPS,
    PLATFORM,
    PLATFORM_WORDS,
    QUESTIONS,
    findings_message,
    platform_message,
    rule_words,
)
from cvtr_widgets.insight.run_rules import findings

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

log = logging.getLogger("cvtr_widgets.insight")
NONE_LOADED = "No leads are loaded. Load some in step 1, then ask again."
ANSWER_OF_BEFORE = (
    "Other leads have been loaded since, and these numbers are for the earlier ones. Ask again for the current leads."
)


class LookState:
    """Questions about loaded leads, the answer that is shown, and what was clicked in it.

    ``leads()`` gives the frame to ask. ``select(ids, words)`` selects leads (ascending ids as an int64 array) and says what
    they are. ``changed()`` is called, from any thread, when ``view()`` or ``message()`` give something new. ``loaded()`` is
    some object that is another one once other leads are loaded. ``about()`` says what has to be known of the leads, such as
    that not all came. ``statistics()`` reads the platform's own counts. ``save(make, name)`` is set by a host that can hand
    a file to the page that asked for it.
    """

    def __init__(
        self,
        leads: Callable[[], pd.DataFrame | None],
        select: Callable[[NDArray[np.int64], str], None],
        changed: Callable[[], None],
        *,
        loaded: Callable[[], object] = lambda: None,
        about: Callable[[], str] = lambda: "",
        statistics: Callable[[], Mapping[str, Any]] | None = None,
    ) -> None:
        self.version = 0
        self.save: Callable[[Callable[[], bytes], str], None] | None = None
        self.findings = Findings(())
        self.chart: Chart | None = None
        self._leads, self._select, self._changed = leads, select, changed
        self._loaded, self._about, self._statistics = loaded, about, statistics
        self._questions = {name: (words, groups) for name, (words, groups, _) in QUESTIONS.items()}
        if statistics is not None:
            self._questions[PLATFORM] = (PLATFORM_WORDS, ())
        self._lock = threading.RLock()
        self._cancel: threading.Event | None = None
        self._thread: threading.Thread | None = None
        self._job: dict[str, Any] | None = None
        self._asked: dict[str, Any] = {"question": "findings", "by": ""}
        self._answer: dict[str, Any] = {"kind": "none"}
        self._of: object = None
        self._caveat = self._said = ""
        self._picked = 0

    # -- what a page says ---------------------------------------------------------------------------------------------

    def handle(self, message: Mapping[str, Any]) -> None:
        """Act upon a message of the page: ``ask stop finding evidence`` or one of ``PICKS``. What makes no sense is said, and
        nothing is selected.
        """
        try:
            self._act(message.get("kind"), message)
        except CvtrError as error:
            self.say(str(error))
        except Exception as error:  # noqa: BLE001  the border to the page: what it says wrongly selects nothing
            log.warning("a message of the page was not understood (%s); nothing was done", type(error).__name__)
            self.say("That was not understood, and nothing was done. Ask again.")

    def _act(self, kind: Any, content: Mapping[str, Any]) -> None:
        if kind == "ask":
            self.ask(content.get("question"), content.get("by"))
        elif kind == "stop":
            self.stop()
        elif kind == "finding" and self._answer["kind"] == "findings":
            self._pick_finding(self.findings[int(content["place"])])
        elif kind == "evidence" and self._answer["kind"] == "findings":
            self._save_case(self.findings[int(content["place"])])
        elif kind in PICKS and self.chart is not None:
            ids, words = pick_of(self.chart, content)
            self._pick(ids, f"{self.chart.title.partition(' (')[0]}: {words}")
        else:
            raise InsightError("Nothing of that kind is shown. Ask a question first.")

    def _pick_finding(self, finding: Finding) -> None:
        import numpy as np

        self._pick(np.array(finding.leads, dtype="int64"), f"{rule_words(finding.rule)}, {finding.about}")

    def _save_case(self, finding: Finding) -> None:
        if self.save is None:
            raise InsightError("Files cannot be saved from here. Type finding.evidence('case.zip') in a cell.")
        self.save(partial(case_file, finding), case_name(finding))

    def _pick(self, ids: NDArray[np.int64], words: str) -> None:
        # Selecting nothing would empty the selection, which nobody means by a click on an empty mark.
        if not len(ids):
            raise InsightError("There are no leads here, so the selection is unchanged.")
        self._select(ids, words)
        self._picked = len(ids)
        self.say(f"{len(ids):,} leads selected ({words}).")

    def say(self, text: str) -> None:
        """Show a sentence beside the answer."""
        self._said = text
        self._changed()

    # -- asking -------------------------------------------------------------------------------------------------------

    def ask(self, question: Any, by: Any = "") -> None:
        """Answer in a thread. A newer question ends the one before.

        Raises:
            InsightError: there is no such question, or no leads are loaded.
        """
        words, groups = self._questions.get(question, ("", ())) if isinstance(question, str) else ("", ())
        if not words or (groups and by not in groups):
            raise InsightError("There is no such question. Choose one from the list.")
        leads, of = self._leads(), self._loaded()
        if leads is None or len(leads) == 0:
            raise InsightError(NONE_LOADED)
        with self._lock:
            self.stop()
            self._cancel = cancel = threading.Event()
            self._asked, self._said, self._picked = {"question": question, "by": by if groups else ""}, "", 0
            self._job = {"what": words, "done": 0, "total": None, "stopping": False}
            caveat = self._about()
            self._thread = background_thread(self._work, leads, of, caveat, cancel, name="cvtr-look", stop=cancel.set)
            self._thread.start()
        self._changed()

    def stop(self) -> None:
        """Stop what is being looked for."""
        with self._lock:
            if self._cancel is not None:
                self._cancel.set()
            if self._job is not None:
                self._job["stopping"] = True

    def wait(self, timeout: float = 60.0) -> bool:
        """Wait until nothing is being looked for (seconds). For tests and scripts."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout)
        return thread is None or not thread.is_alive()

    def _work(self, leads: pd.DataFrame, of: object, caveat: str, cancel: threading.Event) -> None:
        chart, found, answer, said = None, self.findings, None, ""
        question, by = self._asked["question"], self._asked["by"]
        try:
            maker = QUESTIONS[question][2] if question in QUESTIONS else None
            if question == PLATFORM and self._statistics is not None:
                answer = platform_message(beside_statistics(leads, self._statistics()))
            elif maker is None:
                found = findings(leads, on_progress=lambda *told: self._tell(cancel, *told), cancelled=cancel.is_set)
                answer = findings_message(found, len(leads))
            else:
                chart = maker(leads, by)
                answer = chart_message(chart)
        except Cancelled:
            said = "Stopped."
        except CvtrError as error:
            said = str(error)
        except Exception as error:  # noqa: BLE001  the border of a thread: a fault is shown, not swallowed
            log.warning("a question could not be answered (%s)", type(error).__name__)
            said = f"That could not be answered ({type(error).__name__}). Try another question."
        with self._lock:
            # A newer question has been asked: its answer is the one that is waited for, and this one says nothing any more.
            if self._cancel is not cancel:
                return
            self._job, self._said = None, said
            if answer is not None and not cancel.is_set():
                self.chart, self.findings, self._answer, self._of, self._caveat = chart, found, answer, of, caveat
                self.version += 1
            # Stopped when the answer was there already: the user was told that it stops, so the former answer stays.
            elif answer is not None:
                self._said = "Stopped."
        self._changed()

    def _tell(self, cancel: threading.Event, done: int, total: int, rule: str) -> None:
        with self._lock:
            if self._cancel is cancel and self._job is not None and rule:
                self._job.update(what=f"Looking for {rule_words(rule)}", done=done, total=total)
        self._changed()

    # -- what is shown ------------------------------------------------------------------------------------------------

    def view(self) -> dict[str, Any]:
        """What stands around the answer, as JSON values: the questions, what was asked, work under way, what has to be known."""
        with self._lock:
            shown = self._answer["kind"] != "none"
            return {
                "questions": [
                    [name, words, [[g, GROUPS[g]] for g in groups]] for name, (words, groups) in self._questions.items()
                ],
                "asked": dict(self._asked),
                "job": None if self._job is None else dict(self._job),
                "said": self._said,
                "caveat": self._caveat if shown else "",
                "stale": ANSWER_OF_BEFORE if shown and self._of is not self._loaded() else "",
                "picked": self._picked,
                "shows": "nothing" if self._answer.get("rows") == [] else self._answer["kind"],
                "version": self.version,
            }

    def message(self) -> dict[str, Any]:
        """The answer as JSON values; ``kind``: ``none chart findings table``. It holds counts, sentences and names of groups."""
        with self._lock:
            return {**self._answer, "version": self.version}
