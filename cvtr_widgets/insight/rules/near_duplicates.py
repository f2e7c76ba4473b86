"""Leads that look like an earlier one of the same campaign, written a little differently."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cvtr_widgets.insight.columns import group_of, zone_of
from cvtr_widgets.insight.finding import Finding, Look, simply_so
from cvtr_widgets.insight.rules.email_domains import one_slip

if TYPE_CHECKING:
    import pandas as pd

VERSION = 1
MOST_ALIKE = 20
"""If more leads share one telephone number or mailbox, it is a switchboard or a test address and says nothing."""
DIGITS = 9
"""Last digits of a telephone number that are compared: country codes and leading zeros come and go."""
CANNOT = "Whether they are the same person: relatives and namesakes look like this, too."

Person = tuple[str, str, str | None, str | None]
"""First name, last name, e-mail address, last digits of the telephone number, as they are compared."""


def near_duplicates(leads: pd.DataFrame, look: Look) -> Iterator[Finding]:
    """Later leads with nearly the name of an earlier one, and its telephone number or its mailbox written otherwise.

    Both must agree: the name (one slip of the keyboard at most) and the number's last nine digits or the address without dots,
    underscores, hyphens and ``+tags``. Leads that are equal in address or number are the rule ``duplicates``'s.
    """
    if not {"date", "first_name", "last_name", "email", "telephone"} <= set(leads.columns) or leads.attrs.get("masked"):
        look.say("Near duplicates could not be checked: the frame is masked or has no names, addresses or dates.")
        return
    ordered = leads.assign(_id=leads.index).sort_values(["date", "_id"], kind="stable")
    people = _people(ordered)
    campaigns = ordered["campaign_id"].tolist() if "campaign_id" in ordered.columns else [0] * len(ordered)
    blocks: dict[tuple[Any, ...], list[int]] = {}
    first: dict[int, int] = {}
    ids = [int(i) for i in ordered.index]
    for place, (person, campaign) in enumerate(zip(people, campaigns, strict=True)):
        if place % 5_000 == 0:
            look.check()
        # Only leads that share a number or a mailbox are compared by name: all pairs of 100,000 leads would be five billion.
        for key in _keys(person):
            block = blocks.setdefault((campaign, *key), [])
            # Only the first ones of a block are compared: behind a switchboard's number a block holds thousands, and the work
            # would grow with their square.
            earlier = next((e for e in block[:MOST_ALIKE] if _alike(people[e], person)), None)
            if earlier is not None and place not in first:
                first[place] = earlier
            block.append(place)
    publisher = group_of(ordered, "publisher", zone_of("UTC")).astype("object").tolist()
    totals: dict[Any, int] = {}
    found: dict[Any, list[int]] = {}
    for place, name in enumerate(publisher):
        totals[name] = totals.get(name, 0) + 1
        if place in first:
            found.setdefault(name, []).append(place)
    for name, places in sorted(found.items(), key=lambda one: str(one[0])):
        yield _finding(f"publisher {name}", {ids[p]: ids[first[p]] for p in places}, totals[name])


def _people(ordered: pd.DataFrame) -> list[Person]:
    columns = [ordered[name].tolist() for name in ("first_name", "last_name", "email", "telephone")]
    return [
        (_name(f), _name(s), e.strip().casefold() if isinstance(e, str) and "@" in e else None, _digits(t))
        for f, s, e, t in zip(*columns, strict=True)
    ]


def _name(text: Any) -> str:
    """A name without accents, capitals and signs."""
    if not isinstance(text, str):
        return ""
    if text.isascii():
        return "".join(c for c in text.lower() if c.isalnum())
    # NFKD takes accents apart from their letters; isalnum then drops the accents, so that José and Jose are alike.
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if c.isalnum())


def _digits(text: Any) -> str | None:
    digits = "".join(c for c in text if c.isdigit()) if isinstance(text, str) else ""
    # A shorter number (an extension, a typo) is shared by strangers.
    return digits if len(digits) >= DIGITS else None


def _mailbox(email: str) -> tuple[str, str]:
    """The address without what people vary: for suspicion only, never to choose a lead to act on."""
    name, _, domain = email.rpartition("@")
    return "".join(c for c in name.partition("+")[0] if c not in "._-"), domain


def _keys(person: Person) -> Iterator[tuple[Any, ...]]:
    _, _, email, digits = person
    if digits:
        yield ("number", digits[-DIGITS:])
    if email:
        yield ("mailbox", *_mailbox(email))


def _alike(a: Person, b: Person) -> bool:
    """Nearly the same name, and not equal in address or number (a duplicate then)."""
    if (a[2] and a[2] == b[2]) or (a[3] and a[3] == b[3]):
        return False
    if not (a[0] or a[1]) or not (b[0] or b[1]):
        return False
    # First and last name are often swapped in forms.
    if a[:2] == b[:2] or (a[0], a[1]) == (b[1], b[0]):
        return True
    return (a[0] == b[0] and one_slip(a[1], b[1])) or (a[1] == b[1] and one_slip(a[0], b[0]))


def _finding(about: str, first: dict[int, int], n: int) -> Finding:
    example = min(first)
    return simply_so(
        "near_duplicates", VERSION, about, first, n, measure="leads that look like an earlier one",
        sentence=(
            f"{len(first):,} of {n:,} leads of {about} look like an earlier lead of the same campaign, written a little "
            f"differently; for example, lead {example} looks like lead {first[example]}."
        ),
        cannot_tell=CANNOT, parameters={"first_lead": {str(lead_id): earlier for lead_id, earlier in sorted(first.items())}},
    )  # fmt: skip
