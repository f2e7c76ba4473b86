"""What the seven writes do to leads, and what they refuse. The rules of Flag/Manage; where they are silent, it says inferred."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cvtr_widgets.sandbox.data.seed import AGENCY_ADVERTISERS, REASONS, integrations_of
from cvtr_widgets.sandbox.data.store import SandboxStore, stamp

FLAG_WORDS = {"valid": "Valid", "invalid": "Invalid", "test": "Test"}


class Refused(Exception):
    """The whole call is refused; nothing was applied."""

    def __init__(self, status: int, text: str, where: str = "") -> None:
        self.status = status
        self.text = text
        self.where = where
        super().__init__(text)


@dataclass
class User:
    """One account of the sandbox."""

    id: int
    role: str
    username: str
    password: str
    code: str | None = None
    expired: bool = False
    locked: bool = False
    may_delete: bool = True
    advertisers: tuple[int, ...] | None = None
    failures: int = 0
    masked: bool = False

    def sees(self, advertiser: int) -> bool:
        """Agency users only see campaigns of the advertisers assigned to them."""
        return self.advertisers is None or advertiser in self.advertisers


def make_users() -> list[User]:
    """The accounts, the same in every sandbox."""
    agency = AGENCY_ADVERTISERS
    return [
        User(1, "admin", "admin@sandbox.example", "sandbox-admin"),
        User(2, "agency", "agency@sandbox.example", "sandbox-agency", may_delete=False, advertisers=agency),
        User(3, "agency_delete", "agency.delete@sandbox.example", "sandbox-agency-delete", advertisers=agency),
        User(4, "mfa", "mfa@sandbox.example", "sandbox-mfa", code="246810"),
        User(5, "expired", "expired@sandbox.example", "sandbox-expired", expired=True),
        User(6, "locked", "locked@sandbox.example", "sandbox-locked", locked=True),
        User(7, "masked", "masked@sandbox.example", "sandbox-masked", advertisers=agency, masked=True),
    ]


def _need(condition: object, text: str, where: str) -> None:
    if not condition:
        raise Refused(422, text, where)


def _text(body: dict[str, Any], key: str) -> str | None:
    value = body.get(key)
    if value is not None and not isinstance(value, str):
        raise Refused(422, f"{key}: this value should be a text.", key)
    return value.strip() or None if value else None


def _number(body: dict[str, Any], key: str) -> int | None:
    value = body.get(key)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise Refused(422, f"{key}: this value should be an integer.", key)
    return value


def _numbers(body: dict[str, Any], key: str) -> list[int]:
    value = body.get(key)
    _need(value is None or isinstance(value, list), f"{key}: this value should be a list.", key)
    _need(
        all(isinstance(i, int) and not isinstance(i, bool) for i in value or []), f"{key}: every entry must be an integer.", key
    )
    return list(dict.fromkeys(value or []))


def check_ids(body: dict[str, Any], most: int) -> list[int]:
    """The ids of a write, each once."""
    ids = _numbers(body, "leads")
    _need(ids, "leads: at least one lead id is needed.", "leads")
    if len(body["leads"]) > most:
        raise Refused(413, f"At most {most} leads per call.")
    return ids


Effect = Callable[[dict[str, Any]], str | None]
"""Applies a write to one lead (as ``SandboxStore.get`` gives it); a text is the reason why not."""


class Rules:
    """Turns a call and its body into the effect on one lead."""

    def __init__(self, store: SandboxStore) -> None:
        self._store = store

    def effect_of(self, call: str, body: dict[str, Any], user: User) -> Effect:
        """The effect of a write.

        Raises:
            Refused: the body lacks something, or the user has no right to it.
        """
        makers = {
            "leads-bulk-flag": self._flag,
            "leads-bulk-deliver": lambda b, u: self._deliver(b, u, to=True),
            "leads-bulk-undeliver": lambda b, u: self._deliver(b, u, to=False),
            "leads-bulk-metadata": self._metadata,
            "leads-bulk-reprocess": self._reprocess,
            "leads-bulk-delete": self._delete,
        }
        return makers[call](body, user)

    def _flag(self, body: dict[str, Any], user: User) -> Effect:
        flag = _text(body, "flag")
        _need(flag in FLAG_WORDS, "flag: choose valid, invalid or test.", "flag")
        number, own_words = _number(body, "flagReason"), _text(body, "customReason")
        _need(number is not None or own_words, "flagReason: a reason is needed.", "flagReason")
        _need(number is None or own_words is None, "customReason: give a listed reason or your own, not both.", "customReason")
        listed = REASONS[str(flag)]
        _need(number is None or number in listed, "flagReason: this reason does not exist for that flag.", "flagReason")
        reason = own_words or listed[int(number or 0)]
        category, categories = _number(body, "flagReasonCategory"), self._store.categories
        if reason == "Returned" and own_words is None:
            _need(category in categories, "flagReasonCategory: Returned needs a category.", "flagReasonCategory")
        else:
            _need(category is None, "flagReasonCategory: only Returned has categories.", "flagReasonCategory")
        comment = _text(body, "comment")
        jobs = _numbers(body, "integrations")
        _need(not jobs or flag == "valid", "integrations: only for the flag valid.", "integrations")

        def apply(lead: dict[str, Any]) -> str | None:
            record, word = lead["record"], FLAG_WORDS[str(flag)]
            kind = categories.get(category or 0)
            fields: dict[str, Any] = {
                "currentStatus": word, "secondCheckStatus": word, "secondCheckFlagReason": reason,
                "secondCheckFlagReasonCategory": kind, "secondCheckFlagComment": comment,
            }  # fmt: skip
            received = [j for j in jobs if j in integrations_of(lead["campaign"])]
            fields |= self._billing(record, word, received=bool(received))
            said = f"{word}: {reason}{f' ({kind})' if kind else ''}{f'. {comment}' if comment else ''}"
            self._store.change(record["id"], user.username, ("status", said), received, **fields)
            # A note of its own, so that the history has the delivery beside the change of status.
            if received and record["deliveryStatus"] != "Delivered":
                self._store.change(record["id"], user.username, ("delivery", "Delivered"))
            return None

        return apply

    @staticmethod
    def _billing(record: dict[str, Any], word: str, *, received: bool) -> dict[str, Any]:
        """Invalid and Test are billed to nobody; Valid is billed where it is delivered, and an integration delivers it.

        That a job of the campaign, once sent the lead, makes it Delivered is inferred; so is that flagging a delivered lead
        leaves its Delivery as it was.
        """
        delivered = record["deliveryStatus"] == "Delivered"
        if word != "Valid":
            return {"publisherBillable": False, "advertiserBillable": False}
        if not delivered and not received:
            return {"publisherBillable": False, "advertiserBillable": False}
        # The field may also hold an empty text; only a real True means beyond the allocation.
        over = record["overAllocation"] is True
        return {"publisherBillable": not over, "advertiserBillable": True} | (
            {"deliveryStatus": "Delivered", "integration": True, "firstDeliveredTs": record["firstDeliveredTs"] or stamp()}
            if received
            else {}
        )

    def _deliver(self, body: dict[str, Any], user: User, *, to: bool) -> Effect:
        _need(_text(body, "signature"), "signature: sign with your printed name.", "signature")
        _need(body.get("confirm") is True, "confirm: please confirm.", "confirm")
        then, before = ("Delivered", "Not Delivered") if to else ("Not Delivered", "Delivered")

        def apply(lead: dict[str, Any]) -> str | None:
            record = lead["record"]
            if record["currentStatus"] != "Valid" or record["deliveryStatus"] != before:
                return f"Only leads that are valid and {'undelivered' if to else 'delivered'} can be marked as {then.lower()}."
            # firstDeliveredTs and integration stay: nothing was sent anywhere (inferred).
            self._store.change(record["id"], user.username, ("delivery", then), deliveryStatus=then, advertiserBillable=to)
            return None

        return apply

    def _metadata(self, body: dict[str, Any], user: User) -> Effect:
        kind, comment = _text(body, "type"), _text(body, "comment")
        _need(kind in {"Replacement", "None"}, "type: choose Replacement or None.", "type")

        def apply(lead: dict[str, Any]) -> str | None:
            mark = "Replacement" if kind == "Replacement" else None
            self._store.change(
                lead["record"]["id"], user.username, ("metadata", f"{kind}{f'. {comment}' if comment else ''}"),
                otherReasonType=mark, otherReasonComment=comment,
            )  # fmt: skip
            return None

        return apply

    def _reprocess(self, body: dict[str, Any], user: User) -> Effect:
        _need(body.get("confirm") is True, "confirm: please confirm.", "confirm")

        def apply(lead: dict[str, Any]) -> str | None:
            # Inferred: the second check is taken away and the result of quality assurance counts again, for billing too;
            # the latest reason and comment stay readable, as in the status history. Delivery and the replacement mark stay.
            record = lead["record"]
            word = record["qaResult"]["status"]
            self._store.change(
                record["id"], user.username, ("processing", "Reprocessed"), processrStatus=1000,
                processingCounter=record["processingCounter"] + 1, currentStatus=word, secondCheckStatus=None,
                **self._billing(record, word, received=False),
            )  # fmt: skip
            return None

        return apply

    def _delete(self, body: dict[str, Any], user: User) -> Effect:
        if not user.may_delete:
            raise Refused(403, "You have no right to delete leads.")
        _need(body.get("confirm") is True, "confirm: please confirm.", "confirm")

        def apply(lead: dict[str, Any]) -> str | None:
            self._store.delete(lead["record"]["id"])
            return None

        return apply
