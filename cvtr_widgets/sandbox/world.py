"""The made-up world of the sandbox: advertisers, campaigns, publishers, reasons, jobs, and leads that look like leads.

Everything follows from the seed (what a lead is beside its fate is drawn apart, so that it can grow without moving fates). Names come from small lists of several countries and alphabets; e-mail addresses are on
domains reserved for examples, telephone numbers in ranges reserved for fiction.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

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
OFFSETS = (0, 1, 2, -5, 5.5)
FIRST_ID = 160_000


def iri(resource: str, own: int) -> str:
    """The address of one thing."""
    return f"/api/v4/{resource}/{own}"


def jobs_of(campaign: int) -> dict[int, tuple[str, str]]:
    """Job id -> name and type of one campaign's jobs."""
    base = 500 + (campaign - 44064) * 10
    return {base + n: job for n, job in enumerate(JOBS, 1)}


def integrations_of(campaign: int) -> list[int]:
    """Ids of a campaign's integration jobs."""
    return [own for own, (_, kind) in jobs_of(campaign).items() if kind == "integration"]


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


def _stamp(at: datetime, hours: float) -> str:
    return at.astimezone(timezone(timedelta(hours=hours))).replace(microsecond=0).isoformat()


class World:
    """Makes leads, one after the other; the same seed makes the same ones."""

    def __init__(self, seed: int, now: datetime | None = None) -> None:
        self._seed = seed
        self._random = random.Random(seed)
        self._now = (now or datetime.now(UTC)).replace(microsecond=0)
        self._next = FIRST_ID

    def leads(self, count: int) -> Iterator[MadeLead]:
        """``count`` leads over the past 45 days, oldest first."""
        step = timedelta(days=45) / max(1, count)
        start = self._now - timedelta(days=45)
        for n in range(count):
            yield self.lead(start + step * n + step * self._random.random() * 0.9)

    def lead(self, at: datetime) -> MadeLead:
        """One lead that came in at ``at``."""
        r = self._random
        self._next += r.choice((1, 1, 1, 2, 7))
        own, campaign = self._next, r.choice(tuple(CAMPAIGNS))
        publisher = r.choice(tuple(PUBLISHERS))
        failed = [name for (name, kind) in JOBS if kind == "quality_assurance" and r.random() < 0.16]
        hardfail = "E-mail check" in failed and r.random() < 0.5
        max_score = 300
        score = max_score - sum(r.choice((40, 55, 100)) for _ in failed)
        qa = qa_status(score, max_score, hardfail=hardfail)
        hours = r.choice(OFFSETS)
        first, last, country = r.choice(PEOPLE)
        currency = CAMPAIGNS[campaign][2]
        pay, cost = r.choice((("12.10", "30.00"), ("8.50", "19.95"), ("20.00", "44.40")))
        made = MadeLead({}, at, campaign, publisher)
        made.record = {
            "@id": iri("leads", own), "@type": "Lead", "id": own,
            "publisherSubId": r.choice((None, f"sub-{r.randrange(40)}")),
            "channel": {"@id": iri("channels", (c := r.choice(tuple(CHANNELS)))), "@type": "Channel", "name": CHANNELS[c]},
            "createdTs": _stamp(at, hours), "updatedTs": _stamp(at, hours), "firstDeliveredTs": None,
            "firstName": first, "lastName": last, "email": f"lead.{own}@{r.choice(('mail', 'corp', 'post'))}.example",
            "telephone": _telephone(country, r.randrange(1000)), "optIn": r.choice((True, True, None)),
            "integration": False, "overAllocation": r.choice(("", False)), "visible": True,
            "processrStatus": 1000 if r.random() < 0.98 else 300, "score": score, "maxScore": max_score, "hardfail": hardfail,
            "processingCounter": 1, "baseCurrencyPublisherPayout": pay, "publisherPayout": pay,
            "baseCurrencyAdvertiserPayout": cost, "advertiserPayout": cost,
            "publisherBillable": False, "advertiserBillable": False,
            "leadData": self._data(own, at, country), "leadNotes": [],
            "campaign": iri("campaigns", campaign), "publisher": iri("publishers", publisher),
            "qaResult": {"@id": iri("qa-results", own), "@type": "QaResult", "status": qa, "failedJobs": failed},
            "currentStatus": qa, "secondCheckStatus": None, "secondCheckFlagReason": None, "secondCheckFlagReasonCategory": None,
            "secondCheckFlagComment": None, "deliveryStatus": "Not Delivered", "otherReasonType": None, "otherReasonComment": None,
            "currency": currency,
        } | self._person(own)  # fmt: skip
        made.notes.append((at.isoformat(), "status", f"Processed: {qa}", "system"))
        self._history(made)
        return made

    def _person(self, own: int) -> dict[str, Any]:
        """The documented fields that no rule asks for. Some are empty as text, some null, as Convertr sends them."""
        apart = random.Random(f"{self._seed}/{own}")
        return {
            "title": apart.choice(("", "Dr", None)), "postcode": apart.choice(("", "10115", "SW1A 0AA")),
            "addressLine1": apart.choice(("", f"{apart.randrange(1, 99)} Example Street")), "addressLine2": "", "addressLine3": "",
            "addressLine4": "", "dob": None, "sex": "", "photo": None, "host": apart.choice(("", None)),
            "ip": f"192.0.2.{apart.randrange(1, 255)}", "landingPageUrl": apart.choice((None, "https://landing.example/offer")),
            "formHash": apart.choice((None, str(apart.randrange(100, 200)))), "doubleOptIn": None, "suppressionList": False,
            "imported": apart.random() < 0.1, "emailHash": None, "fingerprint": f"{apart.getrandbits(128):032x}",
        }  # fmt: skip

    def _data(self, own: int, at: datetime, country: str) -> list[dict[str, Any]]:
        r = self._random
        values = (
            ("Company", r.choice(COMPANIES)),
            ("Job Title", r.choice(TITLES)),
            ("Employees", r.choice((None, "11-50", "51-200"))),
            ("country", country),
            ("createdDate", at.date().isoformat()),
            ("leadHash", f"{random.Random(f'{self._seed}/{own}/hash').getrandbits(128):032x}"),
        )
        return [
            {"@id": iri("lead-datas", own * 10 + n), "@type": "LeadData", "type": "core.data", "name": name, "value": value}
            for n, (name, value) in enumerate(values)
        ]

    def _history(self, made: MadeLead) -> None:
        """What has happened to it since: delivery, second checks, replacement marks."""
        r, record, at = self._random, made.record, made.created
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
            number, reason = r.choice(tuple(REASONS["invalid"].items()))
            category = r.choice(tuple(CATEGORIES.values())) if number == 31 else None
            record.update(
                currentStatus="Invalid", secondCheckStatus="Invalid", secondCheckFlagReason=reason,
                secondCheckFlagReasonCategory=category, secondCheckFlagComment=r.choice((None, "client list of last week")),
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


def text_of(record: dict[str, Any]) -> str:
    """The record as it goes over the wire."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))
