"""What a dialect file may hold. Every entry is a table with its ``evidence``; the reference in the docs is made from this.

In a file an entry may be written short: ``path = "leads-bulk-flag"`` for ``path = { value = "leads-bulk-flag" }``, and
``evidence`` at a table holds for all entries in it that have none of their own. ``files.py`` writes both out in full before
this schema looks at them.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from cvtr_widgets.dialect.kinds import (
    Absolute,
    AnswerEntry,
    DialectTable,
    FixedEntry,
    FormatEntry,
    KeyEntry,
    LoginEntry,
    MapEntry,
    MethodEntry,
    MfaEntry,
    NumberEntry,
    PathEntry,
    PlacesEntry,
    QueueEntry,
    RenewEntry,
    SlotEntry,
    StatusesEntry,
    TextEntry,
    TokenEntry,
    ValuesEntry,
    WordEntry,
    YesNoEntry,
)

CALLS = ("is_delivered", "flag", "deliver", "undeliver", "metadata", "reprocess", "delete")


class Body(DialectTable):
    """The values that calls carry. Which of them a call has depends on the call."""

    # None: this service has no place for it, and what an action holds of it is refused instead of dropped.
    leads: SlotEntry | None = None
    flag: SlotEntry | None = None
    listed_reason: SlotEntry | None = None
    own_reason: SlotEntry | None = None
    reason: SlotEntry | None = None
    category: SlotEntry | None = None
    comment: SlotEntry | None = None
    integrations: SlotEntry | None = None
    signature: SlotEntry | None = None
    confirmation: SlotEntry | None = None


SLOTS: Mapping[str, frozenset[str]] = {
    "is_delivered": frozenset({"leads"}),
    "flag": frozenset(
        {"leads", "flag", "listed_reason", "own_reason", "category", "comment", "integrations", "signature", "confirmation"}
    ),
    "deliver": frozenset({"leads", "signature", "confirmation"}),
    "undeliver": frozenset({"leads", "signature", "confirmation"}),
    "metadata": frozenset({"leads", "reason", "comment", "signature", "confirmation"}),
    "reprocess": frozenset({"leads", "signature", "confirmation"}),
    "delete": frozenset({"leads", "signature", "confirmation"}),
}
"""Call -> the values that an action can give it."""


class CallPart(DialectTable):
    """One of the seven calls. ``words``: what the service calls each flag or replacement reason, where it has other words."""

    path: PathEntry
    # Defaults here are what a call most likely is; evidence "inferred" goes with them until somebody says otherwise.
    method: MethodEntry = MethodEntry(value="POST")
    format: FormatEntry = FormatEntry(value="json")
    many: YesNoEntry = YesNoEntry(value=True)
    chunk: NumberEntry | None = None
    yes: StatusesEntry
    body: Body = Body()
    words: dict[str, WordEntry] = Field(default_factory=dict)
    fixed: FixedEntry = FixedEntry(value={})
    answer: AnswerEntry = AnswerEntry()
    queue: QueueEntry = QueueEntry()


class CallsPart(DialectTable):
    """The seven writes (the first of them only asks)."""

    is_delivered: CallPart
    flag: CallPart
    deliver: CallPart
    undeliver: CallPart
    metadata: CallPart
    reprocess: CallPart
    delete: CallPart


class AuthPart(DialectTable):
    """Logging in."""

    login: LoginEntry
    renew: RenewEntry
    token: TokenEntry
    mfa: MfaEntry


class UserPart(DialectTable):
    """The account's own record: path (``{user_id}``), ``own`` (where a token is told whose it is), role and rights.
    ``roles``: the service's word -> what is shown.
    """

    path: PathEntry
    own: PathEntry
    role: PlacesEntry
    may_delete: PlacesEntry
    masked: PlacesEntry
    roles: MapEntry


class PagingPart(DialectTable):
    """Reading lists: names of the query keys, the largest page, and where answers hold rows, total, the link to the next page
    and known filters.
    """

    page: TextEntry
    size: TextEntry
    largest: NumberEntry
    members: PlacesEntry
    total: PlacesEntry
    next: PlacesEntry = PlacesEntry(places=[])
    search: PlacesEntry
    enriched: TextEntry


class FiltersPart(DialectTable):
    """Query keys that filter leads. A filter is believed only when every row obeys it."""

    campaign: KeyEntry
    created_after: KeyEntry
    created_before: KeyEntry
    ids: KeyEntry
    status: KeyEntry
    delivery: KeyEntry
    publisher: KeyEntry


class OrdersPart(DialectTable):
    """Query keys that order leads."""

    created: KeyEntry
    id: KeyEntry


class ResourcesPart(DialectTable):
    """Paths of what is read, below ``base``."""

    leads: PathEntry
    campaigns: PathEntry
    publishers: PathEntry
    advertisers: PathEntry
    channels: PathEntry
    lead_flag_reasons: PathEntry
    lead_flag_reason_categories: PathEntry
    campaign_processr_jobs: PathEntry
    lead_notes: PathEntry
    processr_job_leads: PathEntry
    statistics: PathEntry
    lead_statistics_chronologies: PathEntry


class FieldsPart(DialectTable):
    """Where a lead keeps what. A field with no place is not sent and can prove nothing."""

    id: PlacesEntry
    created: PlacesEntry
    campaign: PlacesEntry
    publisher: PlacesEntry
    channel: PlacesEntry
    first_name: PlacesEntry
    last_name: PlacesEntry
    email: PlacesEntry
    processr_status: PlacesEntry
    processing_counter: PlacesEntry
    status: PlacesEntry
    reason: PlacesEntry
    category: PlacesEntry
    comment: PlacesEntry
    second_check_status: PlacesEntry
    delivery: PlacesEntry
    replacement: PlacesEntry
    replacement_comment: PlacesEntry
    qa_status: PlacesEntry
    failed_jobs: PlacesEntry
    billable_for_publisher: PlacesEntry
    billable_for_advertiser: PlacesEntry
    publisher_payout: PlacesEntry
    advertiser_payout: PlacesEntry
    currency: PlacesEntry
    data: PlacesEntry


class ProcessrPart(DialectTable):
    """Processr statuses: at which of them processing has ended, and their names."""

    at_rest: ValuesEntry
    names: MapEntry


class ListsPart(DialectTable):
    """Small lists: where their rows keep id and name, and what tells flags, jobs and leads apart."""

    id: PlacesEntry
    name: PlacesEntry
    flag_name: PlacesEntry
    reason_filter: TextEntry
    job_filter: TextEntry
    job_type: PlacesEntry
    integration_types: ValuesEntry
    lead_filter: TextEntry
    flag_names: MapEntry


class WordsPart(DialectTable):
    """Words by which answers mean yes and no, on one lead; ``delivered`` and ``not_delivered`` for the delivery check, and
    the service's words for statuses and deliveries in lead records.
    """

    yes: ValuesEntry
    no: ValuesEntry
    delivered: ValuesEntry
    not_delivered: ValuesEntry
    statuses: MapEntry
    deliveries: MapEntry
    replacements: MapEntry


class DialectFile(DialectTable):
    """A whole dialect. A file of your own holds only what differs from the default."""

    name: str
    base: Absolute
    auth: AuthPart
    user: UserPart
    paging: PagingPart
    filters: FiltersPart
    orders: OrdersPart
    resources: ResourcesPart
    fields: FieldsPart
    processr: ProcessrPart
    lists: ListsPart
    calls: CallsPart
    words: WordsPart
