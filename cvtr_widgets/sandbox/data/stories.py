"""Worlds with a story: clean ones, and ones in which something is wrong. What was planted is known to the sandbox only.

In all of them publishers and sub-ids differ by nature, leads come in waves by hour and day, and no two people share an address,
a telephone number or a device. On top of that, a story plants what its name says. E-mail addresses are on domains reserved for
examples, but for planted typos and throwaway domains; telephone numbers are in ranges kept free for fiction.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cvtr_widgets.errors import SandboxError
from cvtr_widgets.sandbox.data.seed import (
    CAMPAIGNS,
    CATEGORIES,
    PUBLISHERS,
    REASONS,
    MadeLead,
    Rng,
    SeedWorld,
    integrations_of,
    iri,
)

STORIES: dict[str, tuple[str, ...]] = {
    "clean": (),
    "duplicates": ("duplicates",),
    "near_duplicates": ("near_duplicates",),
    "bad_sub_id": ("bad_sub_id",),
    "wrongly_billed": ("wrongly_billed",),
    "threshold": ("threshold",),
    "typos": ("typos", "disposable"),
    "bad_month": ("duplicates", "near_duplicates", "bad_sub_id", "wrongly_billed", "threshold", "typos", "disposable"),
}
"""What each story plants."""
MOST_LEADS = 40_000
"""Leads of a story: there are no more telephone numbers that belong to nobody."""
STORY_DAYS = 45
GAMER = 903
"""The publisher whose leads get just over the threshold."""
SPREAD = 0.01
"""rho of the beta distribution that each sub-id's own share of Invalid leads is drawn from."""
USUAL, BAD = 0.10, 0.45
"""The mean share of leads that fail the checks, and that of a planted sub-id."""
AREAS = tuple(re.findall(r"\d+", (
    "201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 220 223 224 225 227 228 229 231 234 235 239 240 "
    "248 251 252 253 254 256 260 262 267 269 270 272 274 276 279 281 283 301 302 303 304 305 307 308 309 310 312 313 314 "
    "315 316 317 318 319 320 321 323 324 325 326 327 329 330 331 332 334 336 337 339 341 346 347 350 351 352 353 360 361 "
    "363 364 369 380 385 386 401 402 404 405 406 407 408 409 410 412 413 414 415 417 419 423 424 425 430 432 434 435 440 "
    "442 443 445 447 448 458 463 464 469 470 472 475 478 479 480 484 501 502 503 504 505 507 508 509 510 512 513 515 516 "
    "517 518 520 530 531 534 539 540 541 551 557 559 561 562 563 564 567 570 571 572 573 574 575 580 582 585 586 601 602 "
    "603 605 606 607 608 609 610 612 614 615 616 617 618 619 620 623 626 628 629 630 631 636 "
)))  # fmt: skip
"""American area codes; their numbers 555 0100 to 555 0199 belong to nobody."""
CITIES = ("113 496", "114 496", "20 7946", "116 496", "117 496", "118 496", "121 496", "131 496", "141 496", "151 496", "161 496")
GIVEN = (
    "Ada",
    "Ben",
    "Cleo",
    "Dan",
    "Ella",
    "Finn",
    "Gwen",
    "Hugo",
    "Iris",
    "Jack",
    "Kate",
    "Liam",
    "Maya",
    "Noah",
    "Olga",
    "Paul",
)
LIKE = ("l", "n", "r", "s", "t", "d", "m", "k", "b", "g", "p", "v")
TYPOS, THROWAWAY = ("gmial.com", "hotmial.com", "yaho.com", "outlok.com"), ("mailinator.com", "guerrillamail.com")


@dataclass(frozen=True)
class Planted:
    """What was planted: ``kind`` (see ``STORIES``), ``about`` (whose: a publisher, a sub-id, an advertiser) and ``leads`` (ids)."""

    kind: str
    about: str
    leads: tuple[int, ...]


@dataclass
class _Source:
    """A publisher's sub-id: how many leads it sends, and which share of them fails the checks."""

    publisher: int
    sub_id: str
    weight: float
    rate: float


@dataclass
class _Coming:
    """A lead that is still to be made."""

    at: datetime
    source: _Source
    plant: str = ""
    like: int | None = None
    campaign: int | None = None


@dataclass
class _Person:
    """Whom a lead is about, as far as another may repeat it."""

    lead: int
    campaign: int
    values: dict[str, Any] = field(default_factory=dict)


class StoryWorld(SeedWorld):
    """A world of one story; ``planted`` is known once its leads are made.

    Raises:
        SandboxError: there is no such story, or it would need more leads than there are telephone numbers.
    """

    def __init__(self, seed: int, now: datetime | None, story: str, count: int) -> None:
        super().__init__(seed, now)
        if story not in STORIES:
            raise SandboxError(f"There is no story {story!r}. Choose one of: {', '.join(STORIES)}.")
        if not 1_000 <= count <= MOST_LEADS:
            raise SandboxError(f"A story takes 1,000 to {MOST_LEADS:,} leads, not {count:,}. Choose a number in between.")
        self._plants = STORIES[story]
        self._story = Rng(f"{seed}/{story}")
        self._found: dict[tuple[str, str], list[int]] = {}
        self._people: list[_Person] = []
        self._sources = self._make_sources(count)
        self._now_coming: _Coming | None = None
        self._made = 0

    @property
    def planted(self) -> tuple[Planted, ...]:
        """What was planted."""
        return tuple(Planted(kind, about, tuple(sorted(ids))) for (kind, about), ids in sorted(self._found.items()))

    def leads(self, count: int, first: int = 0, end: int | None = None) -> Iterator[MadeLead]:
        """All leads, oldest first."""
        for coming in self._coming(count)[first:end]:
            self._now_coming = coming
            yield self.lead(coming.at)
        self._now_coming = None

    # -- who sends, and when ------------------------------------------------------------------------------------------

    def _make_sources(self, count: int) -> list[_Source]:
        """Sub-ids of log-normal sizes (median 33 leads), each with a rate of its own."""
        r, size = self._story, 1 / SPREAD - 1
        publishers = tuple(PUBLISHERS)
        made = [
            _Source(
                publishers[n % len(publishers)],
                f"sub-{n}",
                r.lognormvariate(0, 0.8),
                r.betavariate(USUAL * size, (1 - USUAL) * size),
            )
            for n in range(max(12, count // 45))
        ]
        if "bad_sub_id" in self._plants:
            honest = [source for source in made if source.publisher != GAMER]  # whose Invalid leads are seen
            bad = honest[r.below(len(honest))]
            bad.rate = BAD
            # At least about 100 leads: a sub-id of ten leads could be as bad as it likes, and no honest test would find it.
            bad.weight = max(bad.weight, 100 / count * sum(s.weight for s in made))
            self._bad = bad
        return made

    def _coming(self, count: int) -> list[_Coming]:
        """When which source sends a lead: by hour of the week, in waves that are each publisher's own."""
        r = self._story
        start = self._now - timedelta(days=STORY_DAYS)
        hours: dict[int, tuple[list[int], list[float]]] = {}
        for publisher in PUBLISHERS:
            weights, running = [], 0.0
            for n in range(STORY_DAYS * 24):
                at = start + timedelta(hours=n)
                usual = (0.3 if at.weekday() > 4 else 1.0) * (1.0 if 8 <= at.hour < 19 else 0.25)
                # A gamma factor with mean 1 for each hour: leads come in waves, so that a rule that expects a plain Poisson cries
                # wolf here.
                running += usual * r.gammavariate(3, 1 / 3)
                weights.append(running)
            hours[publisher] = (list(range(STORY_DAYS * 24)), weights)
        extra = {"duplicates": 40, "near_duplicates": 40}
        more = sum(extra[p] for p in self._plants if p in extra)
        senders = r.choices(self._sources, [s.weight for s in self._sources], k=count - more)
        made = []
        for source in senders:
            places, weights = hours[source.publisher]
            (hour,) = r.choices(places, cum_weights=weights)
            made.append(_Coming(start + timedelta(hours=hour, seconds=r.below(3_600)), source))
        burst = start + timedelta(days=30 + r.below(8), hours=r.below(24))
        culprit = self._sources[r.below(len(self._sources))]
        for plant in ("duplicates", "near_duplicates"):
            if plant in self._plants:
                # A burst of leads that were there before; near ones are sent again over some days.
                span = 600 if plant == "duplicates" else 5 * 86_400
                made += [_Coming(burst + timedelta(seconds=r.below(span)), culprit, plant) for _ in range(40)]
        made.sort(key=lambda c: c.at)
        return made

    # -- what a lead is -----------------------------------------------------------------------------------------------

    def _history(self, made: MadeLead) -> None:
        coming = self._now_coming
        if coming is None:  # a lead that comes in later has no story
            super()._history(made)
            return
        r, record = self._story, made.record
        publisher = coming.source.publisher
        made.publisher = publisher
        record.update(publisher=iri("publishers", publisher), publisherSubId=coming.source.sub_id)
        self._person_of(made, coming)
        self._checks(made, coming)
        made.notes[:] = [(made.created.isoformat(), "status", f"Processed: {record['currentStatus']}", "system")]
        self._deliver(made)
        self._second_check(made)
        wronged = "wrongly_billed" in self._plants and made.advertiser == 3003 and record["currentStatus"] == "Invalid"
        if wronged and r.random() < 0.6:
            record["advertiserBillable"] = True
            self._note("wrongly_billed", "Cobalt Security", made)
        self._made += 1

    def _note(self, kind: str, about: str, made: MadeLead) -> None:
        self._found.setdefault((kind, about), []).append(made.record["id"])

    def _person_of(self, made: MadeLead, coming: _Coming) -> None:
        """A person of its own, or one that was sent before to the same campaign."""
        r, record, lead_id = self._story, made.record, made.record["id"]
        about = PUBLISHERS[coming.source.publisher]
        if coming.plant and self._people:
            person = self._people.pop(r.below(len(self._people)))  # nobody is sent again twice
            made.campaign = person.campaign
            record.update(campaign=iri("campaigns", made.campaign), currency=CAMPAIGNS[made.campaign][2])
            record.update(person.values)
            if coming.plant == "near_duplicates":
                _disguise(record, r)
            self._note(coming.plant, about, made)
            return
        first, last = GIVEN[r.below(len(GIVEN))], _surname(r)
        domain = f"firm{r.below(4_000)}.example"
        for plant, domains in (("typos", TYPOS), ("disposable", THROWAWAY)):
            if plant in self._plants and r.random() < 0.01:
                domain = domains[r.below(len(domains))]
                self._note(plant, "e-mail domains", made)
                break
        country, telephone = _telephone(self._made)
        values = {
            "firstName": first,
            "lastName": last,
            "email": f"{first}.{last}.{lead_id}@{domain}".lower(),
            "telephone": telephone,
            "postcode": f"{10_000 + r.below(80_000)}",
        }
        record.update(
            values,
            ip=f"2001:db8::{r.getrandbits(16):x}:{r.getrandbits(16):x}:{lead_id:x}",
            fingerprint=f"{r.getrandbits(128):032x}",
        )
        for entry in record["leadData"]:
            if entry["name"] == "country":
                entry["value"] = country
        # Only people without a planted address are sent again: each planted lead has one fault, and a test can tell which rule
        # found it.
        if domain.endswith(".example"):
            self._people.append(_Person(lead_id, made.campaign, values))

    def _checks(self, made: MadeLead, coming: _Coming) -> None:
        """The score, and what follows from it."""
        r, record = self._story, made.record
        gamer = "threshold" in self._plants and coming.source.publisher == GAMER
        if r.random() < coming.source.rate * (2 if gamer else 1):
            score, status = 90 + r.below(150), "Invalid"
            if gamer and r.random() < 0.9:
                score, status = 240 + r.below(4), "Caution"
                self._note("threshold", PUBLISHERS[coming.source.publisher], made)
        elif r.random() < 0.2:
            score, status = 240 + r.below(60), "Caution"
        else:
            score, status = 300, "Valid"
        if "bad_sub_id" in self._plants and coming.source is self._bad and status == "Invalid":
            self._note("bad_sub_id", self._bad.sub_id, made)
        record["qaResult"].update(status=status, failedJobs=[] if status == "Valid" else ["E-mail check"])
        record.update(score=score, hardfail=False, currentStatus=status, processrStatus=1000)

    def _deliver(self, made: MadeLead) -> None:
        r, record = self._story, made.record
        at = made.created + timedelta(hours=r.expovariate(0.5))
        if record["currentStatus"] != "Valid" or r.random() > 0.9 or at > self._now:
            return
        record.update(
            integration=True, deliveryStatus="Delivered", firstDeliveredTs=at.replace(microsecond=0).isoformat(),
            advertiserBillable=True, publisherBillable=True,
        )  # fmt: skip
        made.sent_to.append(integrations_of(made.campaign)[0])
        made.notes.append((at.isoformat(), "delivery", "Delivered", "system"))

    def _second_check(self, made: MadeLead) -> None:
        """Three of a hundred leads are flagged by a person."""
        r, record = self._story, made.record
        later = made.created + timedelta(hours=30)
        if record["currentStatus"] == "Invalid" or r.random() > 0.03 or later > self._now:
            return
        reasons = tuple(REASONS["invalid"].values())
        reason = reasons[r.below(len(reasons))]
        record.update(
            currentStatus="Invalid", secondCheckStatus="Invalid", secondCheckFlagReason=reason, publisherBillable=False,
            secondCheckFlagReasonCategory=r.pick(tuple(CATEGORIES.values())) if reason == "Returned" else None, advertiserBillable=False,
        )  # fmt: skip
        made.notes.append((later.isoformat(), "status", f"Invalid: {reason}", "admin@sandbox.example"))


def _surname(r: Rng) -> str:
    return "".join(LIKE[r.below(len(LIKE))] + "aeiou"[r.below(5)] for _ in range(3)).capitalize() + LIKE[r.below(len(LIKE))]


def _telephone(number: int) -> tuple[str, str | None]:
    """Country and number of the lead with this number: American and British ones in turn, until there are no more."""
    half, british = divmod(number, 2)
    if british:
        city, rest = divmod(half, 1_000)
        return ("GB", f"+44 {CITIES[city]} {rest:04d}") if city < len(CITIES) else ("GB", None)
    area, rest = divmod(half, 100)
    return ("US", f"+1 {AREAS[area]} 555 01{rest:02d}") if area < len(AREAS) else ("US", None)


def _disguise(record: dict[str, Any], r: Rng) -> None:
    """The same person, written a little differently: a letter of the name, another address with the same telephone, a tag."""
    way = r.below(3)
    name, domain = record["email"].split("@")
    if way == 0:
        record.update(email=f"{name}+offer@{domain}", telephone=None)
    elif way == 1:
        last = record["lastName"]
        record["lastName"] = last[:-1] + "x"
        record["email"] = f"{record['firstName']}{last[:-1]}x@{domain}".lower()
    else:
        digits = "".join(c for c in record["telephone"] or "" if c.isdigit())
        record["telephone"] = f"00{digits}" if digits else None
        record["email"] = name.replace(".", "_") + "@" + domain
