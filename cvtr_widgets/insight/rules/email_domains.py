"""E-mail domains that look mistyped or are on a list of disposable domains."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from cvtr_widgets.insight.columns import domains_of
from cvtr_widgets.insight.finding import Finding, Look, simply_so

if TYPE_CHECKING:
    import pandas as pd

VERSION = 1
COMMON = (
    "gmail.com", "googlemail.com", "yahoo.com", "yahoo.co.uk", "hotmail.com", "hotmail.co.uk", "outlook.com", "live.com",
    "icloud.com", "aol.com", "msn.com", "gmx.de", "gmx.net", "web.de", "t-online.de", "orange.fr", "wanadoo.fr", "libero.it",
    "comcast.net", "proton.me",
)  # fmt: skip
NEIGHBOURS = frozenset(COMMON) | {"mail.com", "email.com", "ymail.com", "rocketmail.com", "gmx.at", "gmx.ch", "gmx.com",
"yahoo.ca", "yahoo.de", "yahoo.fr", "yahoo.es", "yahoo.it", "yahoo.in", "hotmail.de", "hotmail.fr", "hotmail.it", "hotmail.es",
"outlook.de", "outlook.fr", "outlook.es", "live.co.uk", "live.de", "live.fr", "aol.de", "me.com", "mac.com", "web.com",
"orange.com", "love.com", "line.com", "five.com", "olive.com", "pm.me"}  # fmt: skip
"""Real domains that resemble common ones: never taken for typos."""
LEAST_LENGTH = 7
"""Shorter domains have too many real neighbours."""


def email_domains(leads: pd.DataFrame, look: Look) -> Iterator[Finding]:
    """Typos of the most common domains first, as the list of disposable domains holds some of them; then disposable domains."""
    if "email" not in leads.columns or leads.attrs.get("masked"):
        look.say("E-mail domains could not be checked: the frame is masked or has no addresses.")
        return
    domains = domains_of(leads["email"])
    known = [d for d in domains.dropna().unique() if d not in look.allowed_domains]
    typos = {d: meant for d in known if (meant := typo_of(d)) is not None}
    throwaway = {d for d in known if d not in typos and d in disposable()}
    look.check()
    n = int(domains.notna().sum())
    for rule, taken, measure, source in (
        ("mistyped_domains", set(typos), "look like a mistyped common domain", {"meant": typos}),
        ("disposable_domains", throwaway, "are on a list of disposable domains", {"list": list_name()}),
    ):
        ids = leads.index[domains.isin(list(taken)).to_numpy()]
        if len(ids) == 0:
            continue
        shown = ", ".join(sorted(taken)[:5]) + (" ..." if len(taken) > 5 else "")
        sentence = f"The e-mail domains of {len(ids):,} of {n:,} leads {measure}: {shown}."
        if rule == "disposable_domains":
            sentence += f" The list is {list_name()}."
        yield simply_so(
            rule, VERSION, "e-mail domains", ids, n, measure=f"leads whose e-mail domains {measure}", sentence=sentence,
            cannot_tell="Whether the address works: nothing was sent or looked up.", parameters=source,
        )  # fmt: skip


@lru_cache(maxsize=65_536)
def typo_of(domain: str) -> str | None:
    """The common domain that this one looks like a typo of (one letter wrong, missing, doubled or two swapped); None if none."""
    if domain in NEIGHBOURS or len(domain) < LEAST_LENGTH:
        return None
    return next((meant for meant in COMMON if len(meant) >= LEAST_LENGTH and one_slip(domain, meant)), None)


def one_slip(a: str, b: str) -> bool:
    """Whether one letter is wrong, missing or too many, or two neighbours are swapped."""
    if abs(len(a) - len(b)) > 1 or a == b:
        return False
    # Where the two differ first. What follows must be equal after one letter is changed, swapped or left out: no table of edit
    # distances is needed.
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    if len(a) == len(b):
        swapped = a[start : start + 2] == b[start : start + 2][::-1] and a[start + 2 :] == b[start + 2 :]
        return swapped or a[start + 1 :] == b[start + 1 :]
    shorter, longer = (a, b) if len(a) < len(b) else (b, a)
    return shorter[start:] == longer[start + 1 :]


@lru_cache(maxsize=1)
def disposable() -> frozenset[str]:
    """The curated list of disposable domains."""
    from disposable_email_domains import blocklist

    return frozenset(blocklist)


def list_name() -> str:
    """The list and its version, so that a finding says where it comes from."""
    return f"disposable-email-domains {version('disposable-email-domains')}"
