"""Telephone numbers that are not valid in the lead's country."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cvtr_widgets.insight.finding import Finding, Look, simply_so
from cvtr_widgets.insight.rules.numbering_plans import quickly

if TYPE_CHECKING:
    import pandas as pd

VERSION = 1


def telephones(leads: pd.DataFrame, look: Look) -> Iterator[Finding]:
    """Numbers that are not valid in the numbering plan of their country (phonenumbers).

    If a lead has no country, its number is only judged if it begins with ``+``.
    """
    from phonenumbers import __version__

    if "telephone" not in leads.columns or leads.attrs.get("masked"):
        look.say("Telephone numbers could not be checked: the frame is masked or has none.")
        return
    column = next((c for c in ("data_country", "country") if c in leads.columns), None)
    countries = leads[column].tolist() if column else [None] * len(leads)
    judged: list[bool | None] = []
    for place, (number, country) in enumerate(zip(leads["telephone"].tolist(), countries, strict=True)):
        if place % 2_000 == 0:
            look.check()
        judged.append(valid(number, country if isinstance(country, str) else None) if isinstance(number, str) else None)
    ids = [int(i) for i, good in zip(leads.index, judged, strict=True) if good is False]
    n = sum(good is not None for good in judged)
    if not ids:
        return
    yield simply_so(
        "invalid_telephones",
        VERSION,
        "telephone numbers",
        ids,
        n,
        measure="leads whose telephone number is not valid",
        sentence=f"The telephone numbers of {len(ids):,} of {n:,} leads are not valid in their country's numbering plan.",
        cannot_tell="Whether a valid number belongs to anybody; new number ranges may be missing from the plan.",
        parameters={"phonenumbers": __version__},
    )


def valid(number: str, country: str | None) -> bool | None:
    """Whether the number can be one of that country (two letters); None where it is empty or cannot be judged."""
    import phonenumbers

    text = number.strip().replace("(+", "+", 1).replace(")", " ", 1) if number.strip().startswith("(+") else number.strip()
    if text.startswith("00"):  # what most of the world writes for "+", whatever is dialled in the lead's country
        text = f"+{text[2:]}"
    if not any(c.isdigit() for c in text):
        return None
    region = country.strip().upper() if country and len(country.strip()) == 2 else None
    if region not in phonenumbers.SUPPORTED_REGIONS:
        region = None
    if region is None and not text.startswith("+"):
        return None
    # The library is asked only where the patterns do not decide: it is some twenty times as slow, over perhaps a million leads.
    answer = quickly(text, region)
    return _by_library(text, region) if answer is None else answer


def _by_library(text: str, region: str | None) -> bool:
    import phonenumbers

    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(text, region)))
    except phonenumbers.NumberParseException:
        return False
