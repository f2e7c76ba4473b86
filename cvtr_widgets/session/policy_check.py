"""The policy in force for one session: read again each time, held against plans, and again when a run starts or is resumed."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from cvtr_widgets.api.client import Convertr
from cvtr_widgets.errors import Cancelled, NotConfirmed, PlanError, PlanOutOfDate, RunTaken
from cvtr_widgets.frames.field_map import id_of
from cvtr_widgets.journal.journal import Journal
from cvtr_widgets.journal.run_lock import HeldByAnother, RunLock
from cvtr_widgets.models import Action, LeadId
from cvtr_widgets.plans.plan import Plan
from cvtr_widgets.plans.policy import Cap, Policy, read_policy
from cvtr_widgets.plans.policy_caps import must_still_fit
from cvtr_widgets.plans.policy_exception import excepted, forbidden
from cvtr_widgets.plans.policy_facts import Done, PolicyFacts, moment_of
from cvtr_widgets.plans.policy_records import PolicyException
from cvtr_widgets.runs.done_leads import DoneLeads, without

LOCK_WAIT = 30.0
"""Seconds that a run waits for others of this machine that start under the same caps."""
RESOURCES = {"publisher": "publishers", "campaign": "campaigns", "advertiser": "advertisers"}


def never() -> bool:
    """Nobody stops it."""
    return False


class PolicyCheck:
    """Holds plans and runs of one session to the policy."""

    def __init__(self, client: Convertr, journal: Callable[[], Journal]) -> None:
        self._client = client
        self._journal = journal
        self._done = DoneLeads()
        self.password_first = False
        self.password_given = False

    def must_have_password(self) -> None:
        """Refuse a signature before the password was given again, where the session or the policy asks for that.

        Raises:
            NotConfirmed: as said.
        """
        if self.password_given or not (self.password_first or read_policy(self._client.identity).password_before_signing):
            return
        raise NotConfirmed(
            "Before the first signature of a session your password is asked for again. In a cell of its own: "
            "session.confirm_password() (in the panel: panel.session.confirm_password()); then sign."
        )

    def rules(self, actions: Iterable[Action], *, cancelled: Callable[[], bool] = never) -> PolicyFacts:
        """The policy with what a plan of these actions is held against: leads done by runs from here, and how many came in.

        Raises:
            SettingsError: the policy cannot be read. PlanError: counting takes more requests than the policy allows.
            JournalError, ServiceError: what is to be counted cannot be read.
        """
        rules = self.known(actions)
        caps = rules.policy.caps
        if not caps:
            return rules
        others, back = self._others(rules)
        mine, taken = self._done.both(self._journal(), self._client.identity, _earliest(rules))
        came_in = self._came_in(rules, [cap for cap in caps if cap.percent is not None], cancelled)
        return dataclasses.replace(rules, done=without(others + mine, back | taken), came_in=came_in)

    def known(self, actions: Iterable[Action]) -> PolicyFacts:
        """The policy with its caps on these actions, and the lists that it needs; nothing is counted yet."""
        policy = read_policy(self._client.identity)
        wanted = list(actions)
        caps = [cap for cap in policy.caps if any(cap.is_about(str(one.kind), one.reason) for one in wanted)]
        policy = policy.model_copy(update={"caps": caps})
        needed = {cap.by for cap in policy.caps if cap.by in RESOURCES}
        needed |= {"advertiser"} if any(rule.advertisers for rule in policy.reasons) else set()
        catalog = self._client.catalog
        names: dict[str, dict[int, str]] = {by: catalog.names(RESOURCES[by]) for by in sorted(needed)}
        advertisers: dict[int, int] = {}
        for record in self._client.campaigns() if "advertiser" in needed else ():
            campaign, advertiser = id_of(record), id_of(record.get("advertiser"))
            if campaign is not None and advertiser is not None:
                advertisers[campaign] = advertiser
        zone: tzinfo = ZoneInfo(policy.zone) if policy.zone else self._client.zone
        return PolicyFacts(policy, datetime.now(UTC), zone, advertisers=advertisers, names=names)

    def _others(self, rules: PolicyFacts) -> tuple[list[Done], set[tuple[str, LeadId]]]:
        """What other accounts of this machine did at this enterprise."""
        mine, found, back = self._journal().path, list[Done](), set[tuple[str, LeadId]]()
        # A cap is the enterprise's, not the account's: two logins on one machine would otherwise have twice the room.
        for path in sorted(mine.parent.glob("runs-*.sqlite")):
            if path != mine:
                with closing(Journal(path, reading=True)) as theirs:
                    done, taken = self._done.both(theirs, self._client.identity, _earliest(rules))
                    found += done
                    back |= taken
        return found, back

    def _came_in(self, rules: PolicyFacts, caps: list[Cap], cancelled: Callable[[], bool]) -> dict[str, dict[int, int]]:
        """By cap in per cent: how many leads of each group came in since its period began."""
        if not caps:
            return {}
        # One listing from the earliest of the periods serves all caps; each lead is counted where it falls.
        since = {cap.name: cap.since(rules.now, rules.zone) for cap in caps}
        found: dict[str, Counter[int]] = {cap.name: Counter() for cap in caps}
        listing = self._client.listing(created_after=min(since.values()), go_on=True, cancelled=cancelled)
        fields, most = self._client.fields, rules.policy.count_requests
        for page in listing.pages():
            tally = listing.tally
            # By the total of the first page, before the rest is read; by the requests made, where there is no total.
            if max(tally.requests, (tally.expected or 0) / max(1, self._client.limits.page)) > most:
                raise PlanError(
                    f"The policy counts leads since {min(since.values()):%Y-%m-%d %H:%M} UTC, which takes more than its "
                    f"{most:,} requests. Raise count_requests in the policy, or shorten the period."
                )
            columns = (fields.column(page, name) for name in ("publisher", "campaign", "created"))
            for publisher, campaign, created in zip(*columns, strict=True):
                at = moment_of(created)
                for cap in caps:
                    group = rules.group(cap, id_of(publisher), id_of(campaign))
                    if at is not None and at >= since[cap.name] and group is not None:
                        found[cap.name][group] += 1
        if cancelled():
            raise Cancelled("The preview was stopped. Nothing was sent; preview again when you like.")
        # A percentage of an incomplete count would not be the policy's.
        if listing.tally.missing:
            raise PlanError(
                f"The policy counts leads, and {listing.tally.missing:,} did not come. Try again when the service works again."
            )
        return {name: dict(counts) for name, counts in found.items()}

    # -- when a run starts or is resumed --------------------------------------------------------------------------------

    @contextmanager
    def starting(self, plan: Plan, todo: Collection[LeadId], *, resumed: str = "") -> Iterator[Callable[[], None]]:
        """Hold a plan to the policy while its run is started; ``todo``: the leads that are to be sent. What is given must be
        called in the transaction that notes the run: it counts again what our runs did. All runs of this machine that start
        under caps do so one after the other, whichever their account.

        Raises:
            NotConfirmed: the policy asks for two persons. PlanOutOfDate: leads are too old by now; by what it gives: a cap would
            be exceeded. RunTaken: others are starting for a long time. The attempt is in the journal then.
        """
        rules = self.known(action for action, _ in plan.by_group)
        with self._refused(plan, rules.policy, "two persons"):
            if not resumed:
                rules.policy.second_person(plan, self._client.identity)
        with self._refused(plan, rules.policy, "exception"):
            if plan.exception is not None:
                rules.policy.must_allow_exceptions(plan.exception.name)
        with self._refused(plan, rules.policy, "age"):
            if todo and plan.good_until is not None and rules.now > plan.good_until:
                raise PlanOutOfDate("Some leads of this plan are now too old for the policy. Nothing was sent. Plan again.")
        if not rules.policy.caps:
            yield lambda: None
            return
        over: list[PlanOutOfDate] = []
        claim = self._alone()
        try:
            yield self._counted_again(rules, plan, todo, resumed, over)
        finally:
            claim.release(done=False)
            for _ in over:
                self._note(plan, "cap", rules.policy)

    @contextmanager
    def _refused(self, plan: Plan, policy: Policy, why: str) -> Iterator[None]:
        """Note in the journal that the policy refused a run."""
        try:
            yield
        except (NotConfirmed, PlanOutOfDate):
            self._note(plan, why, policy)
            raise

    def _counted_again(
        self, rules: PolicyFacts, plan: Plan, todo: Collection[LeadId], resumed: str, over: list[PlanOutOfDate]
    ) -> Callable[[], None]:
        """The check within the transaction; what it refuses is put into ``over``."""
        others, back = self._others(rules)

        # The others' journals are read before: no other run can start meanwhile, because every start under caps waits for the
        # same lock. Our own is read in the transaction that notes this run.
        def check() -> None:
            mine, taken = self._done.both(self._journal(), self._client.identity, _earliest(rules), resumed=resumed)
            now = dataclasses.replace(rules, done=without(others + mine, back | taken), now=datetime.now(UTC))
            try:
                must_still_fit(now, plan, todo)
            except PlanOutOfDate as error:
                over.append(error)
                raise

        return check

    def _alone(self) -> RunLock:
        ends = time.monotonic() + LOCK_WAIT
        while True:
            try:
                # A file lock, as the others are other processes; the system lets go of it if one of them dies.
                return RunLock(self._journal().path.parent / "runs-caps", "starting")
            except HeldByAnother:
                if time.monotonic() > ends:
                    raise RunTaken("Other runs are being started under the policy's caps. Nothing was sent; try again.") from None
                time.sleep(0.02)

    def _note(self, plan: Plan, why: str, policy: Policy) -> None:
        mine = self._client.identity
        said = {"account": mine.account, "fingerprint": plan.fingerprint, "leads": plan.will_change, "policy": policy.mark}
        self._journal().write("", "refused", {"why": why, **said})


def made_exception(client: Convertr, check: PolicyCheck, plan: Plan, name: str, reason: str) -> Plan:
    """A plan with an exception; see ``LeadSession.make_exception``."""
    why = " ".join(reason.split())
    if not why:
        raise PlanError("An exception needs a reason. Say in a sentence why you make it.")
    leads, mine = forbidden(plan), client.identity
    if not leads:
        raise PlanError(
            "The policy forbids none of these leads, or never allows what it forbids. There is nothing to make an exception for."
        )
    made = PolicyException(name, why, mine.account, mine.user_id, datetime.now(UTC), leads)
    return excepted(plan, made, check.known(action for action, _ in plan.groups), client)


def _earliest(rules: PolicyFacts) -> datetime:
    return min(cap.since(rules.now, rules.zone) for cap in rules.policy.caps)
