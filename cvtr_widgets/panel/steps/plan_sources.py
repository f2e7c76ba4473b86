"""Other sources of plans in the panel: returns files, plan files, rule files, and earlier runs to be undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cvtr_widgets.panel.jobs import Jobs, Refused
from cvtr_widgets.panel.steps.import_returns import ReturnsImport
from cvtr_widgets.panel.steps.leads import LeadsStep
from cvtr_widgets.panel.steps.past_undo import PastUndo
from cvtr_widgets.panel.steps.processing import ProcessingStep
from cvtr_widgets.panel.steps.rule_plans import RulePlans
from cvtr_widgets.panel.steps.shared_plans import SharedPlans
from cvtr_widgets.returned.returns_file import Returns

if TYPE_CHECKING:
    from cvtr_widgets.session.lead_session import LeadSession


class FileSteps:
    """The returns file and the plan file that are open, if any, and their way into step 3."""

    def __init__(
        self, session: LeadSession, jobs: Jobs, leads: LeadsStep, processing: ProcessingStep, show: Callable[[], None]
    ) -> None:
        """``show`` opens step 3."""
        self.imported = ReturnsImport(session, jobs, leads, self._other_plan)
        self.shared = SharedPlans(session, jobs, processing, show)
        self.rules = RulePlans(session, jobs, processing, show)
        self.undo = PastUndo(session, jobs, processing, show)
        self._processing, self._show = processing, show

    def handlers(self) -> dict[str, Callable[..., str | None]]:
        """What the page may say of them."""
        file = self.imported
        return {
            "returns_sheet": file.sheet,
            "returns_column": file.column,
            "returns_advertiser": file.advertiser,
            "returns_map": file.map,
            "returns_choose": file.choose,
            "returns_window": file.search_window,
            "returns_stop": file.stop,
            "returns_close": file.close,
            "returns_preview": self._preview,
            "plan_include": lambda on: self.shared.include(on=on),
            "plan_stop": self.shared.stop,
            "rule_stop": self.rules.stop,
            "past_undo_look": self.undo.look,
            "past_undo": lambda which, nearest: self.undo.plan(which, nearest=nearest),
            "past_undo_stop": self.undo.stop,
        }

    @staticmethod
    def takes(purpose: str) -> bool:
        """Whether what is uploaded for this purpose is one of these files."""
        return purpose in {"returns", "plan"}

    def uploaded(self, purpose: str, name: str, content: bytes) -> None:
        """A file has come. A plan that is a TOML file is a rule."""
        if purpose == "plan" and name.lower().endswith(".toml"):
            self.rules.read(name, content)
            return
        (self.imported if purpose == "returns" else self.shared).read(name, content)

    def refused(self, purpose: str, why: str) -> None:
        """A file has not come."""
        (self.imported if purpose == "returns" else self.shared).refused(why)

    def _preview(self) -> None:
        found, why = self.imported.found, self.imported.blockers()
        if found is None or why:
            raise Refused(" ".join(why))
        if self._processing.running:
            raise Refused("A run is in progress. Wait until it ends, or stop it in step 3.")
        self._processing.preview_made(found.plan, found, f"returns file {self.imported.name}")
        self._show()

    def _other_plan(self) -> None:
        """What was planned of the returns file is not what it says now."""
        # A plan that has been run is a record of what was sent, and stays, whatever the file says now.
        if isinstance(self._processing.source, Returns) and self._processing.run is None:
            self._processing.forget()

    @property
    def answer_name(self) -> str:
        """What the answer to the returns file is called."""
        source = self._processing.source
        if not isinstance(source, Returns) or self._processing.results is None or self._processing.running:
            raise Refused("No run of a returns file is shown that has ended. Export its results instead.")
        stem, dot, end = source.name.rpartition(".")
        return f"{stem}-answered.{end}" if dot else f"{source.name}-answered.csv"

    def answer(self) -> bytes:
        """The answer to the returns file whose run is shown; ``answer_name`` says whether there is one."""
        source, results = self._processing.source, self._processing.results
        assert isinstance(source, Returns)  # noqa: S101  asked before
        assert results is not None  # noqa: S101  asked before
        return source.answer_content(results)

    def view(self) -> dict[str, Any]:
        """As JSON values: ``imported`` the returns file, ``shared`` the plan file, ``rule`` the rule file, ``undo`` past runs."""
        self.imported.follow()
        return {
            "imported": self.imported.view(),
            "shared": self.shared.view(),
            "rule": self.rules.view(),
            "undo": self.undo.view(),
        }
