"""The reading half of the sandbox: collections with their filters, single leads, lists, notes, jobs, statistics."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from cvtr_widgets.sandbox.answers import compact
from cvtr_widgets.sandbox.data.seed import ADVERTISERS, CAMPAIGNS, CHANNELS, PUBLISHERS, REASONS, iri, jobs_of
from cvtr_widgets.sandbox.data.store import SandboxStore
from cvtr_widgets.sandbox.rules import Refused, User

Query = Sequence[tuple[str, str]]
COLUMNS = {
    "campaign.id": "campaign", "publisher.id": "publisher", "currentStatus": "status", "deliveryStatus": "delivery", "id[]": "id",
}  # fmt: skip
TYPES = {
    "leads": "Lead", "campaigns": "Campaign", "publishers": "Publisher", "advertisers": "Advertiser", "channels": "Channel",
    "lead-flags": "LeadFlag", "lead-flag-reasons": "LeadFlagReason", "lead-flag-reason-categories": "LeadFlagReasonCategory",
    "campaign-processr-jobs": "CampaignProcessrJob", "lead-notes": "LeadNote", "processr-job-leads": "ProcessrJobLead",
    "lead-statistics-chronologies": "LeadStatisticsChronology",
}  # fmt: skip
SORTS = {"order[id]": "id", "order[createdTs]": "created"}


def _moment(text: str) -> float:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(400, f"{text[:40]!r} is not a date.") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _number(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default


class GetAnswers:
    """Answers GET requests. ``answer`` gives the JSON text, or None where there is no such thing."""

    def __init__(self, store: SandboxStore, *, id_filter: bool) -> None:
        self._store = store
        self._columns = {k: v for k, v in COLUMNS.items() if id_filter or k != "id[]"}

    def answer(self, path: str, query: Query, user: User) -> str | None:
        """The body for ``path`` (below ``/api/v4/``)."""
        enriched = path.endswith(".jsonld")
        resource, _, rest = path.removesuffix(".jsonld").partition("/")
        if resource == "leads":
            return self._leads(query, user, enriched=enriched) if not rest else self._lead(rest, user)
        if resource == "statistics":
            return compact(self._statistics(user))
        if resource == "users":
            return self._user(rest, user)
        members = self._members(resource, query, user)
        if members is None:
            return None
        if rest:
            return next((compact(m) for m in members if str(m["id"]) == rest), None)
        page, size = self._paging(query)
        part = [compact(m) for m in members[(page - 1) * size : page * size]]
        return self._collection(path, part, len(members), query, None)

    def visible(self, lead_id: int, user: User) -> dict[str, Any] | None:
        """A lead that is there and that this user may see."""
        found = self._store.get(lead_id)
        return found if found and not found["deleted"] and user.sees(found["advertiser"]) else None

    @staticmethod
    def _paging(query: Query) -> tuple[int, int]:
        values = dict(query)
        # The service's own largest page is not documented; the sandbox gives at most 100 and says nothing, whatever is asked for.
        size = min(100, max(1, _number(values.get("itemsPerPage", ""), 30)))
        return max(1, _number(values.get("page", ""), 1)), size

    def _leads(self, query: Query, user: User, *, enriched: bool) -> str:
        where: list[tuple[str, Any]] = []
        if user.advertisers is not None:
            where.append(("advertiser", list(user.advertisers)))
        given: dict[str, list[Any]] = {}
        for key, value in query:
            if key in self._columns:  # a filter that is not known is silently ignored
                numeric = self._columns[key] in {"campaign", "publisher", "id"}
                given.setdefault(key, []).append(_number(value.rsplit("/", 1)[-1], -1) if numeric else value)
            elif key == "createdTs[after]":
                where.append(("created >=", _moment(value)))
            elif key == "createdTs[before]":
                where.append(("created <=", _moment(value)))
        where += [(self._columns[key], values) for key, values in given.items()]
        page, size = self._paging(query)
        texts, total = self._store.page(where, self._order(query), size, (page - 1) * size)
        search = None
        if enriched:
            names = ["campaign.id", "createdTs[after]", "createdTs[before]", *self._columns, *SORTS]
            mapping = [
                {"@type": "IriTemplateMapping", "variable": n, "property": n, "required": False} for n in dict.fromkeys(names)
            ]
            search = {"@type": "hydra:IriTemplate", "hydra:template": "/api/v4/leads{?...}", "hydra:mapping": mapping}
        return self._collection("leads.jsonld" if enriched else "leads", texts, total, query, search)

    @staticmethod
    def _order(query: Query) -> str:
        for key, value in query:
            if key in SORTS and value.lower() in {"asc", "desc"}:
                return f"{SORTS[key]} {value.lower()}, id {value.lower()}"
        return "created DESC, id DESC"

    def _collection(self, path: str, texts: list[str], total: int, query: Query, search: Any) -> str:
        page, size = self._paging(query)
        last = max(1, -(-total // size))
        kept = [(key, value) for key, value in query if key != "page"]  # the links lead on through the same filters

        def link(number: int) -> str:
            return f"/api/v4/{path}?{urlencode([*kept, ('page', number)])}"

        view = {"@id": link(page), "@type": "hydra:PartialCollectionView", "hydra:first": link(1), "hydra:last": link(last)}
        if page < last:
            view["hydra:next"] = link(page + 1)
        if page > 1:
            view["hydra:previous"] = link(min(page - 1, last))
        resource = path.removesuffix(".jsonld")
        head = {"@context": f"/api/v4/contexts/{TYPES[resource]}", "@id": f"/api/v4/{resource}", "@type": "hydra:Collection"}
        tail: dict[str, Any] = {"hydra:totalItems": total, "hydra:view": view}
        if search is not None:
            tail["hydra:search"] = search
        # Put together as text: the leads are stored as JSON, and are not parsed only to be written again.
        return f'{compact(head)[:-1]},"hydra:member":[{",".join(texts)}],{compact(tail)[1:]}'

    def _lead(self, rest: str, user: User) -> str | None:
        found = self.visible(_number(rest, -1), user)
        return None if found is None else compact(found["record"])

    @staticmethod
    def _user(rest: str, user: User) -> str | None:
        if rest not in {str(user.id), "me"}:
            return None
        role = "ROLE_ADMIN" if user.advertisers is None else "ROLE_AGENCY"
        features = {"deleteLeads": user.may_delete, "maskedData": user.masked}
        return compact({"id": user.id, "username": user.username, "role": role, "features": features})

    def _members(self, resource: str, query: Query, user: User) -> list[dict[str, Any]] | None:
        values = dict(query)
        match resource:
            case "campaigns":
                return [
                    {"@id": iri(resource, i), "@type": "Campaign", "id": i, "name": name, "advertiser": iri("advertisers", a),
                     "status": "active", "currency": currency}
                    for i, (name, a, currency) in CAMPAIGNS.items() if user.sees(a)
                ]  # fmt: skip
            case "publishers":
                return [_named(resource, i, n) for i, n in PUBLISHERS.items()]
            case "channels":
                return [_named(resource, i, n) for i, n in CHANNELS.items()]
            case "advertisers":
                return [_named(resource, i, n) for i, n in ADVERTISERS.items() if user.sees(i)]
            case "lead-flag-reason-categories":
                return [_named(resource, i, n) for i, n in self._store.categories.items()]
            case "lead-flag-reasons":
                wanted = values.get("leadFlag.name")
                return [
                    _named(resource, i, n) | {"leadFlag": _named("lead-flags", f, flag)}
                    for f, (flag, reasons) in enumerate(REASONS.items(), 1) for i, n in reasons.items() if wanted in {None, flag}
                ]  # fmt: skip
            case "campaign-processr-jobs":
                return self._jobs(values.get("campaign.id"), user)
            case "lead-notes" | "processr-job-leads":
                return self._of_lead(resource, _number(values.get("lead.id", ""), -1), user)
            case "lead-statistics-chronologies":
                return self._days(values, user)
        return None

    @staticmethod
    def _jobs(campaign: str | None, user: User) -> list[dict[str, Any]]:
        return [
            {"@id": iri("campaign-processr-jobs", i), "@type": "CampaignProcessrJob", "id": i, "name": name, "type": kind,
             "campaign": iri("campaigns", c), "enabled": True}
            for c, (_, advertiser, _) in CAMPAIGNS.items() if user.sees(advertiser) and campaign in {None, str(c)}
            for i, (name, kind) in jobs_of(c).items()
        ]  # fmt: skip

    def _of_lead(self, resource: str, lead_id: int, user: User) -> list[dict[str, Any]]:
        found = self.visible(lead_id, user)
        if found is None:
            return []
        if resource == "lead-notes":
            return [
                {"@id": iri(resource, n), "@type": "LeadNote", "id": n, "lead": iri("leads", lead_id), "createdTs": at, "type": kind,
                 "text": text, "user": who}
                for n, at, kind, text, who in self._store.notes(lead_id)
            ]  # fmt: skip
        record, rows = found["record"], []
        failed = record["qaResult"]["failedJobs"]
        jobs = jobs_of(found["campaign"])
        scores = _scores(record, [name for name, kind in jobs.values() if kind == "quality_assurance"])
        for n, (name, kind) in jobs.items():
            passed = name not in failed and (kind != "integration" or n in found["sent_to"])
            full = record["maxScore"] // len(scores) if name in scores else 0
            rows.append(
                {"@id": iri(resource, lead_id * 100 + n % 100), "@type": "ProcessrJobLead", "id": lead_id * 100 + n % 100,
                 "lead": iri("leads", lead_id), "job": {"name": name, "type": kind}, "passed": passed,
                 "score": scores.get(name, 0), "maxScore": full,
                 "message": None if passed else "not sent" if kind == "integration" else "did not pass"}
            )  # fmt: skip
        return rows

    def _scope(self, user: User) -> list[tuple[str, Any]]:
        return [] if user.advertisers is None else [("advertiser", list(user.advertisers))]

    def _days(self, values: dict[str, str], user: User) -> list[dict[str, Any]]:
        where = self._scope(user)
        for key, sign in (("createdTs[after]", "created >="), ("createdTs[before]", "created <=")):
            if key in values:
                where.append((sign, _moment(values[key])))
        return [
            {"@type": "LeadStatisticsChronology", "id": n, "date": day, "total": total, "valid": valid, "invalid": invalid,
             "delivered": delivered}
            for n, (day, total, valid, invalid, delivered) in enumerate(self._store.days(where), 1)
        ]  # fmt: skip

    def _statistics(self, user: User) -> dict[str, Any]:
        until = datetime.now(UTC)
        since = int(until.timestamp()) - 30 * 86_400
        days = self._store.days([*self._scope(user), ("created >=", since)])
        names = ("total", "valid", "invalid", "delivered")
        sums = {name: sum(int(day[n]) for day in days) for n, name in enumerate(names, 1)}
        return {"@type": "Statistics", **sums, "from": datetime.fromtimestamp(since, UTC).isoformat(), "to": until.isoformat()}


def _scores(record: dict[str, Any], names: list[str]) -> dict[str, int]:
    """What each quality job gave; they add up to the lead's score."""
    failed = [name for name in names if name in record["qaResult"]["failedJobs"]]
    full = record["maxScore"] // len(names)
    rest = record["score"] - full * (len(names) - len(failed))
    shares = {name: rest // len(failed) + (n < rest % len(failed)) for n, name in enumerate(failed)}
    return {name: shares.get(name, full) for name in names}


def _named(resource: str, lead_id: int, name: str) -> dict[str, Any]:
    return {"@id": iri(resource, lead_id), "@type": TYPES[resource], "id": lead_id, "name": name}
