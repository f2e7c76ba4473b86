"""The made-up world of the sandbox: advertisers, campaigns, publishers, reasons, jobs, and leads that look like leads.

Everything follows from the seed (what a lead is beside its fate is drawn apart, so that it can grow without moving fates). Names come from small lists of several countries and alphabets; e-mail addresses are on
domains reserved for examples, telephone numbers in ranges reserved for fiction.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson

ADVERTISERS = {3001: "Acme Software", 3002: "Borealis Cloud", 3003: "Cobalt Security", 3004: "Delta Analytics"}
CAMPAIGNS: dict[int, tuple[str, int, str]] = {
    44064: ("Acme EU Whitepaper", 3001, "EUR"),
    44065: ("Acme UK Webinar", 3001, "GBP"),
    44066: ("Borealis US Trial", 3002, "USD"),
    44067: ("Borealis DACH Guide", 3002, "EUR"),
    44070: ("Cobalt Threat Report", 3003, "USD"),
    44071: ("Cobalt UK Checklist", 3003, "GBP"),
    44075: ("Delta Benchmark", 3004, "USD"),
    44076: ("Delta Nordics Survey", 3004, "EUR"),
}
AGENCY_ADVERTISERS = (3001, 3002)
PUBLISHERS = {
    901: "LeadGen Ltd",
    902: "B2B Media",
    903: "Northern Reach",
    904: "Prospect House",
    905: "Dataflow",
    906: "Inboxers & Co",
}
CHANNELS = {1: "E-mail", 2: "Telephone", 3: "Social", 4: "Display"}
REASONS: dict[str, dict[int, str]] = {
    "valid": {11: "Details verified", 12: "Details confirmed", 13: "Publisher approved", 14: "Client accepted"},
    "invalid": {
        31: "Returned", 32: "Duplicate", 33: "Unable to Contact", 34: "Wrong Details", 35: "Incomplete Data", 36: "Out of Target",
    },
    "test": {21: "Test lead", 22: "Integration test"},
}  # fmt: skip
CATEGORIES = {1: "None", 2: "No budget", 3: "Wrong person", 4: "Not interested", 5: "Already a customer"}
JOBS = (
    ("E-mail check", "quality_assurance"), ("Telephone check", "quality_assurance"), ("Duplicate check", "quality_assurance"),
    ("Company lookup", "enrichment"), ("CRM", "integration"), ("Marketing mail", "integration"),
)  # fmt: skip
PEOPLE = (
    ("Anna", "Müller", "DE"), ("José", "García", "ES"), ("Sinéad", "O'Brien", "IE"), ("Łukasz", "Wójcik", "PL"),
    ("Chloé", "D'Aubigné", "FR"), ("Åsa", "Öberg", "SE"), ("Ελένη", "Παπαδοπούλου", "GR"), ("Иван", "Смирнов", "BG"),
    ("ليلى", "حداد", "JO"), ("伟", "王", "CN"), ("さくら", "佐藤", "JP"), ("Priya", "Nair", "IN"), ("Tom", "Baker", "GB"),
    ("Mary-Jane", "van der Berg", "NL"), ("Ngọc", "Nguyễn", "VN"), ("Oluwaseun", "Adébáyọ̀", "NG"), ("Bjørn", "Ærø", "DK"),
    ("João", "Conceição", "PT"),
)  # fmt: skip
COMPANIES = ("Example Industries", "Muster GmbH", "Sample & Sons", "Ejemplo S.A.", "Voorbeeld B.V.", "Örnek A.Ş.")
TITLES = ("CEO", "Head of IT", "Marketing Manager", "Procurement", "Data Engineer")
TELEPHONES = {"DE": "+49 30 23125 {:03d}", "FR": "+33 1 99 00 0{:03d}", "GB": "+44 20 7946 0{:03d}"}
"""Ranges that are kept free for films and books; everybody else has one of the American kind."""
AMERICAN = "(+1) 202 555 01{:02d}"
_CAMPAIGN_IDS, _PUBLISHER_IDS, _CHANNEL_IDS = tuple(CAMPAIGNS), tuple(PUBLISHERS), tuple(CHANNELS)
_INVALID, _CATEGORIES = tuple(REASONS["invalid"].items()), tuple(CATEGORIES.values())
_CHECKS = tuple(name for name, kind in JOBS if kind == "quality_assurance")
OFFSETS = (0, 1, 2, -5, 5.5)
FIRST_ID = 160_000


def iri(resource: str, lead_id: int) -> str:
    """The address of one thing."""
    return f"/api/v4/{resource}/{lead_id}"


def jobs_of(campaign: int) -> dict[int, tuple[str, str]]:
    """Job id -> name and type of one campaign's jobs."""
    base = 500 + (campaign - 44064) * 10
    return {base + n: job for n, job in enumerate(JOBS, 1)}


def integrations_of(campaign: int) -> list[int]:
    """Ids of a campaign's integration jobs."""
    return [lead_id for lead_id, (_, kind) in jobs_of(campaign).items() if kind == "integration"]


@dataclass
class MadeLead:
    """One lead: the record as the service sends it, its notes, and what the service keeps to itself."""

    record: dict[str, Any]
    created: datetime
    campaign: int
    publisher: int
    notes: list[tuple[str, str, str, str]] = field(default_factory=list)
    sent_to: list[int] = field(default_factory=list)

    @property
    def advertiser(self) -> int:
        """The advertiser that its campaign belongs to."""
        return CAMPAIGNS[self.campaign][1]


def qa_status(score: int, max_score: int, *, hardfail: bool) -> str:
    """The score rule: all points is Valid, above 80 % Caution, else Invalid; a failed hard job is Invalid at once.

    Exactly 80 % is not defined by Convertr; here it is Caution (inferred).
    """
    if hardfail:
        return "Invalid"
    share = score / max_score if max_score else 1.0
    return "Valid" if share >= 1 else "Caution" if share >= 0.8 else "Invalid"


_ZONES = {hours: timezone(timedelta(hours=hours)) for hours in OFFSETS}


def _stamp(at: datetime, hours: float) -> str:
    return at.astimezone(_ZONES[hours]).replace(microsecond=0).isoformat()


class Rng(random.Random):
    """``random.Random`` with the draws that leads take (thirty each), without what else ``choice`` looks at."""

    def pick(self, among: Sequence[Any]) -> Any:
        """One of these."""
        return among[self.below(len(among))]

    def below(self, limit: int) -> int:
        """A whole number from 0, below ``limit``."""
        bits = limit.bit_length()
        drawn = self.getrandbits(bits)
        while drawn >= limit:
            drawn = self.getrandbits(bits)
        return drawn


class SeedWorld:
    """Makes leads, one after the other; the same seed makes the same ones."""

    def __init__(self, seed: int, now: datetime | None = None) -> None:
        self.dice = Rng(seed)
        self._seed = seed
        self._apart = Rng()
        self._now = (now or datetime.now(UTC)).replace(microsecond=0)
        self._next = FIRST_ID

    def leads(self, count: int, first: int = 0, end: int | None = None) -> Iterator[MadeLead]:
        """``count`` leads over the past 45 days, oldest first; or only some of these, if the random numbers are at their place."""
        for n in range(first, count if end is None else end):
            yield self.lead(self.moment(n, count))

    def moment(self, n: int, count: int) -> datetime:
        """When the ``n``-th of ``count`` leads came in."""
        step = timedelta(days=45) / max(1, count)
        return self._now - timedelta(days=45) + step * n + step * self.dice.random() * 0.9

    def next_id(self) -> int:
        """The id of the next lead."""
        # With gaps, so that nothing can take ids as places in a list.
        self._next += self.dice.pick((1, 1, 1, 2, 7))
        return self._next

    def standing(self) -> tuple[Any, int]:
        """How the dice stand, and the last id."""
        return self.dice.getstate(), self._next

    def standing_at(self, standing: tuple[Any, int]) -> SeedWorld:
        """The same world where it stood then."""
        world = SeedWorld(self._seed, self._now)
        world.dice.setstate(standing[0])
        world._next = standing[1]
        return world

    def lead(self, at: datetime) -> MadeLead:
        """One lead that came in at ``at``."""
        r = self.dice
        lead_id, campaign = self.next_id(), r.pick(_CAMPAIGN_IDS)
        publisher = r.pick(_PUBLISHER_IDS)
        failed = [name for name in _CHECKS if r.random() < 0.16]
        hardfail = "E-mail check" in failed and r.random() < 0.5
        max_score = 300
        score = max_score - sum(r.pick((40, 55, 100)) for _ in failed)
        qa = qa_status(score, max_score, hardfail=hardfail)
        hours = r.pick(OFFSETS)
        first, last, country = r.pick(PEOPLE)
        currency = CAMPAIGNS[campaign][2]
        pay, cost = r.pick((("12.10", "30.00"), ("8.50", "19.95"), ("20.00", "44.40")))
        made = MadeLead({}, at, campaign, publisher)
        stamp = _stamp(at, hours)
        made.record = {
            "@id": iri("leads", lead_id), "@type": "Lead", "id": lead_id,
            "publisherSubId": r.pick((None, f"sub-{r.below(40)}")),
            "channel": {"@id": iri("channels", (c := r.pick(_CHANNEL_IDS))), "@type": "Channel", "name": CHANNELS[c]},
            "createdTs": stamp, "updatedTs": stamp, "firstDeliveredTs": None,
            "firstName": first, "lastName": last, "email": f"lead.{lead_id}@{r.pick(('mail', 'corp', 'post'))}.example",
            "telephone": _telephone(country, r.below(1000)), "optIn": r.pick((True, True, None)),
            "integration": False, "overAllocation": r.pick(("", False)), "visible": True,
            "processrStatus": 1000 if r.random() < 0.98 else 300, "score": score, "maxScore": max_score, "hardfail": hardfail,
            "processingCounter": 1, "baseCurrencyPublisherPayout": pay, "publisherPayout": pay,
            "baseCurrencyAdvertiserPayout": cost, "advertiserPayout": cost,
            "publisherBillable": False, "advertiserBillable": False,
            "leadData": self._data(lead_id, at, country), "leadNotes": [],
            "campaign": iri("campaigns", campaign), "publisher": iri("publishers", publisher),
            "qaResult": {"@id": iri("qa-results", lead_id), "@type": "QaResult", "status": qa, "failedJobs": failed},
            "currentStatus": qa, "secondCheckStatus": None, "secondCheckFlagReason": None, "secondCheckFlagReasonCategory": None,
            "secondCheckFlagComment": None, "deliveryStatus": "Not Delivered", "otherReasonType": None, "otherReasonComment": None,
            "currency": currency,
        } | self._person(lead_id)  # fmt: skip
        made.notes.append((at.isoformat(), "status", f"Processed: {qa}", "system"))
        self._history(made)
        return made

    def _person(self, lead_id: int) -> dict[str, Any]:
        """The documented fields that no rule asks for. Some are empty as text, some null, as Convertr sends them."""
        apart = self._apart
        # A source of its own, seeded by the lead: another field here draws nothing from ``dice``, so the fates of all later leads
        # stay as they are.
        apart.seed(f"{self._seed}/{lead_id}")
        return {
            "title": apart.pick(("", "Dr", None)), "postcode": apart.pick(("", "10115", "SW1A 0AA")),
            "addressLine1": apart.pick(("", f"{1 + apart.below(98)} Example Street")), "addressLine2": "", "addressLine3": "",
            "addressLine4": "", "dob": None, "sex": "", "photo": None, "host": apart.pick(("", None)),
            "ip": f"192.0.2.{1 + apart.below(254)}", "landingPageUrl": apart.pick((None, "https://landing.example/offer")),
            "formHash": apart.pick((None, str(100 + apart.below(100)))), "doubleOptIn": None, "suppressionList": False,
            "imported": apart.random() < 0.1, "emailHash": None, "fingerprint": f"{apart.getrandbits(128):032x}",
        }  # fmt: skip

    def _data(self, lead_id: int, at: datetime, country: str) -> list[dict[str, Any]]:
        r, apart = self.dice, self._apart
        apart.seed(f"{self._seed}/{lead_id}/hash")
        values = (
            ("Company", r.pick(COMPANIES)),
            ("Job Title", r.pick(TITLES)),
            ("Employees", r.pick((None, "11-50", "51-200"))),
            ("country", country),
            ("createdDate", at.date().isoformat()),
            ("leadHash", f"{apart.getrandbits(128):032x}"),
        )
        return [
            {"@id": iri("lead-datas", lead_id * 10 + n), "@type": "LeadData", "type": "core.data", "name": name, "value": value}
            for n, (name, value) in enumerate(values)
        ]

    def _history(self, made: MadeLead) -> None:
        """What has happened to it since: delivery, second checks, replacement marks."""
        r, record, at = self.dice, made.record, made.created
        later = (at + timedelta(hours=3)).isoformat()
        # A lead on hold has been sent nowhere.
        if record["currentStatus"] == "Valid" and r.random() < 0.6 and record["processrStatus"] == 1000:
            over = r.random() < 0.1
            record.update(
                integration=True, deliveryStatus="Delivered", firstDeliveredTs=record["createdTs"], advertiserBillable=True,
                publisherBillable=not over, overAllocation=True if over else record["overAllocation"],
            )  # fmt: skip
            made.sent_to.append(integrations_of(made.campaign)[0])
            made.notes.append((at.isoformat(), "delivery", "Delivered", "system"))
        chance = r.random()
        if record["currentStatus"] != "Invalid" and chance < 0.08:
            number, reason = r.pick(_INVALID)
            category = r.pick(_CATEGORIES) if number == 31 else None
            record.update(
                currentStatus="Invalid", secondCheckStatus="Invalid", secondCheckFlagReason=reason,
                secondCheckFlagReasonCategory=category, secondCheckFlagComment=r.pick((None, "client list of last week")),
                publisherBillable=False, advertiserBillable=False,
            )  # fmt: skip
            made.notes.append((later, "status", f"Invalid: {reason}", "admin@sandbox.example"))
        elif chance < 0.11:
            record.update(
                currentStatus="Test", secondCheckStatus="Test", secondCheckFlagReason="Test lead",
                publisherBillable=False, advertiserBillable=False,
            )  # fmt: skip
            made.notes.append((later, "status", "Test: Test lead", "admin@sandbox.example"))
        if r.random() < 0.02:
            record.update(otherReasonType="Replacement", otherReasonComment="for a returned lead")
            made.notes.append((later, "metadata", "Replacement", "admin@sandbox.example"))


def _telephone(country: str, number: int) -> str:
    return TELEPHONES[country].format(number) if country in TELEPHONES else AMERICAN.format(number % 100)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def text_of(record: dict[str, Any]) -> str:
    """The record as it goes over the wire. It begins with a space where only Python's own ``json`` reads it as it was."""
    try:
        return orjson.dumps(record).decode()
    except TypeError:  # numbers beyond 64 bits, half characters: others cannot write them, but a caller can send them
        return f" {_ENCODER.encode(record)}"


def record_of(text: str) -> dict[str, Any]:
    """The record again."""
    record: dict[str, Any] = json.loads(text) if text.startswith(" ") else orjson.loads(text)
    return record
