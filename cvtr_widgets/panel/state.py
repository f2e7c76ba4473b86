"""All that the panel knows, without a widget: the three steps, what may be done next and why not.

``PanelState`` takes messages of the page (``panel/link/messages.py``) and gives JSON values to show. Scripts and tests can
drive it without any browser.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cvtr_widgets import settings
from cvtr_widgets.errors import CvtrError
from cvtr_widgets.insight.look_state import LookState
from cvtr_widgets.models import LeadId
from cvtr_widgets.panel.jobs import ASKER, Asker, Jobs, Problem, Pulse, Refused
from cvtr_widgets.panel.link.messages import sortable
from cvtr_widgets.panel.link.uploads import Uploads
from cvtr_widgets.panel.selection.id_set import IdArray
from cvtr_widgets.panel.steps.eligibility import Eligibility
from cvtr_widgets.panel.steps.leads import LeadsStep
from cvtr_widgets.panel.steps.past_runs import PastRuns
from cvtr_widgets.panel.steps.plan_sources import FileSteps
from cvtr_widgets.panel.steps.processing import ProcessingStep
from cvtr_widgets.panel.steps.saved_selections import MARKS, SavedSelections
from cvtr_widgets.panel.steps.shown_run import actions_of, left_over
from cvtr_widgets.panel.steps.type import TypeStep
from cvtr_widgets.panel.table.cells import offset_of, plain, zone_words
from cvtr_widgets.panel.table.controls import TableControls
from cvtr_widgets.panel.table.lead_table import LeadTable
from cvtr_widgets.panel.table.note_columns import LastActionColumn

if TYPE_CHECKING:
    from cvtr_widgets.session.lead_session import LeadSession


RUNNING = "A run is in progress. Wait until it ends, or stop it in step 3."
NOT_PRESSED = frozenset({"hello", "ping"})


class PanelState:
    """The panel's state. ``lock`` guards it; ``changed`` is called, from any thread, when there is something new to show.

    ``also``: what else acts upon messages, by their kind.
    """

    def __init__(
        self,
        session: LeadSession,
        *,
        page_size: int = 50,
        changed: Callable[[], None] = lambda: None,
        also: Mapping[str, Callable[..., str | None]] | None = None,
    ) -> None:
        self.session = session
        # One lock for state and jobs, which a thread may take twice: ``handle`` holds it while a handler starts a job.
        self.lock = threading.RLock()
        self.step = 1
        self.texts_version = self._lapses = 0
        self.answer: Problem | None = None
        self._changed = changed
        self.jobs = Jobs(self.lock, changed)
        self.leads = LeadsStep(session, self.jobs, page_size)
        self.type = TypeStep(session, self.jobs, self.leads)
        self.processing = ProcessingStep(session, self.jobs, self.leads, self.type, changed)
        self.files = FileSteps(session, self.jobs, self.leads, self.processing, self._show_plan)
        self.arranging = TableControls(self.leads.table)
        self.kept = SavedSelections()
        self.past = PastRuns(session, self.jobs)
        leads = self.leads
        self.look = LookState(
            lambda: leads.looked_at,
            self._select_looked,
            changed,
            loaded=lambda: leads.table.about,
            about=lambda: leads.incomplete,
            statistics=session.statistics,
        )
        self._by_you = LastActionColumn(self.leads.table, session)
        self._eligibility = Eligibility(self.leads.table, session.identity)
        self._pulse = Pulse(lambda: self.jobs.busy or self.processing.running, self._beat)
        self._uploads = Uploads(self._uploaded, self._upload_refused)
        self._handlers = {**self._leads_handlers(), **self._plan_handlers(), **self.files.handlers(), **(also or {})}

    def begin(self) -> None:
        """Read the lists that the filters offer."""
        with self.lock:
            self.leads.read_lists()
            self.past.look()
        self._pulse.begin()

    def _beat(self) -> None:
        self.processing.look()
        self._changed()

    # -- what the page says -------------------------------------------------------------------------------------------

    def handle(self, kind: str, given: Mapping[str, Any], content: bytes = b"", asker: Asker | None = None) -> None:
        """Act upon one message (as ``read_message`` gives it). ``content``: the bytes that came with it; ``asker``: which press
        it is. Why something is not done, and what else there is to say of it, is in ``answer``.
        """
        with self.lock:
            token = ASKER.set(asker)
            try:
                self._answer(kind, given, content)
                self.leads.search_job.finish()
                self._keep_confirmation_true()
            finally:
                ASKER.reset(token)
        self._pulse.begin()
        self._changed()

    def _answer(self, kind: str, given: Mapping[str, Any], content: bytes) -> None:
        asker, old = ASKER.get(), self.answer
        # Two pages may show one panel: an answer stays until the page that it answers presses again, and another page's press
        # does not wipe it.
        if kind not in NOT_PRESSED and (old is None or old.asker is None or asker is None or old.asker[0] == asker[0]):
            self.answer = None
        try:
            if kind == "upload":
                self._uploads.add(given["purpose"], given["name"], given["part"], given["parts"], content)
            elif said := self._handlers[kind](**given):
                self.answer = Problem(said, note=True)
        except Refused as why:
            self.answer = Problem(str(why))

    def _keep_confirmation_true(self) -> None:
        """A confirmation or signature is for the plan as it was made; the page is told of text that is worth nothing any more."""
        self.processing.lapse_if_stale()
        # The page must not go on showing a ticked box or a name for a plan that is no longer the one that they were given for.
        if self._lapses != self.processing.lapses:
            self._lapses = self.processing.lapses
            self.texts_version += 1

    def _leads_handlers(self) -> dict[str, Callable[..., str | None]]:
        leads = self.leads
        return {
            "hello": self._hello,
            "ping": self._hello,
            "go": self.go,
            "filter": leads.chosen.choose,
            "day": leads.chosen.on,
            "range": leads.chosen.within,
            "source": lambda archive: leads.chosen.read_from(archive=archive),
            "load": lambda go_on: leads.load(go_on=go_on),
            "refresh": leads.refresh,
            "stop": leads.stop_loading,
            "search": leads.find,
            "sort": self._sort,
            "page": lambda table, page: self.table(table).go(page),
            "size": lambda table, rows: self.table(table).size(rows),
            "only": lambda table, column, values: self.table(table).only(column, values),
            "marked_only": leads.table.marked_only,
            "tick": lambda ids, on: leads.tick(ids, on=on),
            "invert": leads.invert_page,
            "select_loaded": leads.tick_loaded,
            "narrow": self.arranging.filter,
            "narrow_none": self.arranging.clear,
            "ask_counts": self.arranging.ask,
            "columns": self.arranging.columns,
            "save_view": self.arranging.save,
            "use_view": self.arranging.use,
            "drop_view": self.arranging.drop,
            "jump": self.arranging.jump,
            "keep": lambda name: self.kept.keep(name, leads.picked.ids_set),
            "use_kept": self._retyped(self._use_kept),
            "drop_kept": self.kept.drop,
            "decide": self._decide,
            "use_decided": self._retyped(self._use_decided),
            "select_matching": leads.tick_matching,
            "select_none": self._retyped(leads.select_none),
            "undo_selection": self._retyped(leads.undo),
            "ids": leads.type_ids,
            "drop_file": leads.drop_file,
            **leads.imports.answers,
            "add_odd": leads.add_odd,
            "look_up": lambda: leads.look_up(asked=True),
            "detail": lambda **given: leads.detail.open(given["id"]),
            "detail_step": self._detail_step,
            "detail_close": leads.detail.close,
            "look": self.look.handle,
        }

    def _plan_handlers(self) -> dict[str, Callable[..., str | None]]:
        form, last = self.type, self.processing
        return {
            "action": self._retyped(form.choose),
            "reason": lambda value: form.enter(reason=value),
            "own_reason": lambda text: form.enter(own_reason=text),
            "category": lambda value: form.enter(category=value),
            "comment": lambda text: form.enter(comment=text),
            "integration": lambda job, on: form.tick_integration(job, on=on),
            "lists_again": form.again,
            "preview": self._preview,
            "include": lambda on: last.include(on=on),
            "confirm": lambda on, fingerprint: self._said_of(fingerprint, "confirmed", on),
            "count": lambda text, fingerprint: self._said_of(fingerprint, "count", text),
            "signature": lambda text, fingerprint: self._said_of(fingerprint, "signature", text),
            "run": self._retyped(last.start),
            "cancel": last.cancel,
            "again": self._again,
            "agree": lambda place, on, fingerprint: last.first.agree(place, fingerprint, on=on),
            "first": last.send_first,
            "exception": last.except_from_policy,
            "verify": lambda way: setattr(last, "verify", way),
            "pause": lambda on: last.pause(on=on),
            "undo_run": last.plan_undo,
            "undo_several": lambda by, nearest: last.plan_undo(by, nearest=nearest),
            "select_rest": self._retyped(self._select_rest),
            "resume": self._resume,
            "watch": self._watch,
            "look_again": self.past.look,
            "past_hide": self.past.hide,
            "past_rest": self._retyped(self._select_past_rest),
            "start_over": self._retyped(self._start_over),
            "same_again": self._retyped(lambda: self._start_over(same=True)),
            "to_results": last.back_to_results,
        }

    def _said_of(self, fingerprint: str, what: str, value: bool | str) -> None:
        """A tick, a number or a name is worth something for the plan that the user saw, and for no other."""
        plan = self.processing.plan
        # A tick and a new plan may cross on the way: a tick counts only for the plan that the user was looking at.
        if plan is not None and plan.fingerprint == fingerprint:
            setattr(self.processing, what, value)
        else:
            self.texts_version += 1
            raise Refused(
                "A different plan is shown now, so this confirmation was not used. Check the plan and confirm it again."
            )

    def _show_plan(self) -> None:
        """A plan that was made of a file is there to be looked at."""
        self.step = 3
        self.texts_version += 1

    def _retyped(self, do: Callable[..., str | None]) -> Callable[..., str | None]:
        """What changes texts that the user typed: the page is told their new values."""

        def handler(**given: Any) -> str | None:
            self.texts_version += 1
            return do(**given)

        return handler

    def _hello(self) -> None:
        """A page has come, or come back."""

    def table(self, name: str) -> LeadTable:
        """``leads``, ``plan`` or ``results``."""
        return {"leads": self.leads.table, "plan": self.processing.plan_table, "results": self.processing.result_table}[name]

    def ahead(self, table: str, edition: int, pages: Sequence[int]) -> list[dict[str, Any]]:
        """Pages of a table that may be turned to next; none where it has changed since the page's ``edition``."""
        shown = self.table(table)
        # Nothing rather than pages of another edition: the page that asked would keep them beside its own.
        return shown.ahead(pages) if shown.edition == edition else []

    def _sort(self, table: str, column: str, descending: bool, add: bool) -> None:
        if table == "leads":
            self.arranging.sort(column, descending=descending, add=add)
            self.leads.order_the_rest()
            return
        shown = self.table(table)
        shown.sort(sortable(shown.columns, column), descending=descending)

    def _select_looked(self, ids: IdArray, words: str) -> None:
        """Select what was clicked in Look, and show it in step 1."""
        self.leads.select_looked(ids, words)
        self.texts_version += 1
        self.go(1)

    def _use_kept(self, name: str, add: bool) -> None:
        """Select what was kept under a name, in place of or besides what is selected."""
        ids = self.kept.get(name)
        if not len(ids):
            raise Refused("This saved selection no longer exists. Your current selection is unchanged.")
        self.leads.select_kept(ids, add=add)

    def _decide(self, id: LeadId, mark: str) -> None:  # noqa: A002  the message's own name
        """Mark the lead whose detail is open, if it is the one that the user saw, and go on to the next one."""
        # A press may come late, as a running cell held it up, when the detail shows another lead already.
        if id != self.leads.detail.lead_id:
            raise Refused("A different lead was shown by then, so nothing was marked. Check the lead and press again.")
        self.kept.mark(id, mark)
        if self.kept.mark_of(id):
            self._detail_step(1)

    def _use_decided(self, mark: str) -> None:
        """Select the leads that were decided upon one by one, and go on with the action that was meant."""
        ids = self.kept.get(MARKS[mark])
        if not len(ids):
            raise Refused("No lead has this mark any more. Your current selection is unchanged.")
        self._not_while_running()
        self.processing.leave()
        self.leads.select_kept(ids, add=False)
        if mark != "later":
            self.type.choose(mark)
            self.go(2)

    def _uploaded(self, purpose: str, name: str, content: bytes) -> None:
        if self.files.takes(purpose):
            self.files.uploaded(purpose, name, content)
        elif purpose == "file":
            self.leads.imports.read(name, content)
        else:
            self.leads.imports.read(name, content, pasted=True)

    def _upload_refused(self, purpose: str, why: str) -> None:
        if self.files.takes(purpose):
            self.files.refused(purpose, why)
        else:
            self.leads.imports.problem = why

    def _detail_step(self, step: int) -> None:
        detail, table = self.leads.detail, self.leads.table
        there = table.neighbour(detail.lead_id, step) if detail.lead_id is not None else None
        if there is not None:
            table.show(there)
            detail.open(there)

    # -- the steps ----------------------------------------------------------------------------------------------------

    def go(self, step: int) -> None:
        """Open a step. Forward only where nothing stands in the way; back always, and nothing entered is lost."""
        if step >= 2 and (why := self.leads.blockers()) and self.processing.plan is None:
            raise Refused(" ".join(why))
        last = self.processing
        if step == 3 and last.plan is None and last.recorded is None and not self.jobs.get("plan"):
            raise Refused("There is no plan yet. Preview one in step 2.")
        self.step = step
        if step == 2:
            self.type.read_lists()

    def _not_while_running(self) -> None:
        if self.processing.running:
            raise Refused(RUNNING)

    def _preview(self) -> None:
        self._not_while_running()
        if why := self.type.blockers():
            raise Refused(" ".join(why))
        self.processing.preview()
        self.step = 3
        self.texts_version += 1

    def _resume(self, run: str, send: bool, comment: str) -> None:
        self._not_while_running()
        found = self.past.resume(run, comment, self.processing.heard, send=send)
        if found is not None:
            self.processing.show_run(found)
            self.step = 3

    def _watch(self, run: str) -> None:
        self._not_while_running()
        taken = self.past.is_taken(run)
        self.past.look()
        results = self.past.recorded(run)
        if results is not None:
            self.processing.watch(run, results, finished=not taken)
            self.step = 3

    def _again(self) -> None:
        left = left_over(self.processing.run)
        if not left:
            raise Refused("No lead of this run is left to repeat.")
        actions = actions_of(self.processing.run, left)
        self.processing.leave()
        self.leads.select_these(left)
        self.step = 2
        self.type.take(actions)
        self.texts_version += 1

    def _select_past_rest(self, run: str) -> str | None:
        """Go on with what an earlier kernel's run did not send, with the action that it had."""
        self._not_while_running()
        last = self.past.not_sent(run)
        self.processing.leave()
        self.leads.select_these(last.not_sent)
        self.type.take(last.given)
        self.step = 2
        self.past.hide(run)
        return None if self.type.kind else "The leads are selected. Enter the action again: the journal does not keep all of it."

    def _select_rest(self, place: int, of: str) -> None:
        """Select leads that stay different after a run was taken back; those that lack only a reason go to step 2 for one."""
        self._not_while_running()
        rests = self.files.undo.rest if of == "past" else self.processing.rest
        if place >= len(rests):
            raise Refused("These leads are no longer shown. Check the ones that are shown now.")
        rest = rests[place]
        if of == "past":
            rests.remove(rest)
        self.processing.leave()
        self.leads.select_these(rest.ids)
        self.step = 1 if rest.kind is None else 2
        if rest.kind is not None:
            self.type.clear()
            self.type.choose(str(rest.kind))

    def _start_over(self, *, same: bool = False) -> None:
        """Back to step 1 with nothing selected; loaded leads and filters stay. ``same``: also action, reason, comment and
        integrations, which are cleared otherwise.
        """
        self._not_while_running()
        self.processing.forget()
        self.files.imported.close()
        self.leads.detail.close()
        self.leads.select_none()
        if not same:
            self.type.clear()
        self.step = 1
        self.past.look()

    # -- what is shown ------------------------------------------------------------------------------------------------

    def texts(self) -> dict[str, str]:
        """What the user has typed, for a page that has come back."""
        form, last = self.type.form, self.processing
        return {
            "ids": self.leads.text, "search": self.leads.search, "own_reason": form.own_reason, "comment": form.comment,
            "count": last.count, "signature": last.signature,
        }  # fmt: skip

    def view(self) -> dict[str, Any]:
        """Everything but rows and typed texts, as JSON values."""
        # Taken over here and not in the run's thread: only who holds the lock changes the state.
        for results in self.processing.absorb():
            self.kept.finish(results)
            self.leads.detail.close()  # its lead may have changed
        self._eligibility.follow(self.type.kind)
        if not self.processing.running:
            self._by_you.follow("" if self.processing.run is None else self.processing.run.id)
        self._keep_confirmation_true()
        return {
            "step": self.step,
            "head": self._head(),
            "past": self.past.view(),
            "leads": self._leads_view(),
            **self.files.view(),
            "type": self._type_view(),
            "processing": self._processing_view(),
            "look": self.look.view(),
        }

    def _type_view(self) -> dict[str, Any]:
        view = self.type.view()
        if self.processing.running:
            view["blockers"] = [RUNNING]
        return view

    def _processing_view(self) -> dict[str, Any]:
        view = self.processing.view()
        if (watched := view["watched"]) and self.jobs.get("past") is None:
            view |= {"watching": f"{view['watching']} {self.past.about(watched)}", "look_again": not self.past.has_ended(watched)}
        return view

    def _leads_view(self) -> dict[str, Any]:
        view = self.leads.view()
        detail = view["detail"]
        if detail is not None and self.leads.detail.lead_id is not None:
            detail["mark"] = self.kept.mark_of(self.leads.detail.lead_id)
        return {
            **view,
            "arranging": self.arranging.view(),
            "kept": self.kept.view(),
            "decided": self.kept.decided(),
            "marks": self.kept.marks_of(self.leads.table.ids_of("page").tolist()),
        }

    def _masked_words(self) -> str:
        if not self.session.masked:
            return ""
        why = "" if self.session.identity.masked is not None else " (the service does not say whether you may see names)"
        return f" · masked view{why}"

    def _head(self) -> dict[str, Any]:
        who = self.session.identity
        try:
            used, allowed = self.session.usage()
            usage = f"{used:,} of {allowed:,} requests used here"
        except CvtrError:
            usage = ""
        return {
            "badge": "SANDBOX" if who.sandbox else "LIVE",
            "enterprise": plain(who.enterprise, 60),
            "who": plain(who.username, 80),
            "role": plain(who.role, 40) + self._masked_words(),
            "usage": usage,
            "answer": None if self.answer is None else self.answer.message(),
            "as_of": self.leads.as_of,
            "zone": zone_words(self.session.client.zone),
            "offset": offset_of(self.session.client.zone),
            "running": self.processing.running,
            "voila": settings.under_voila(),
            "visitor_known": settings.visitor_known(),
            "own_sandbox": settings.is_own_sandbox(self.session.client.origin),
        }
