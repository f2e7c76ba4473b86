"""Several listings read as one: leads of any of these campaigns, publishers or states. The service takes one value a filter."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from cvtr_widgets.api.lead_listing import Listing
from cvtr_widgets.errors import Cancelled, ReadTooLarge, RequestRefused
from cvtr_widgets.models import LeadId, Record
from cvtr_widgets.request_limits import ALLOWED_PAGES

MOST_PARTS = 40
"""Combinations of values, each of which is read for itself."""
CHANGING = frozenset({"status", "delivery"})
IN_PARTS = (
    "Read in {} parts, one after the other: a lead whose status or delivery changed while these were read may be missing. "
    "Load again to be sure."
)


def combinations(**wanted: Any) -> list[dict[str, Any]]:
    """The filters of each listing: one for each combination of the values. A value is one, a list of several, or None (any).

    Raises:
        RequestRefused: a list is empty, which must not become all leads; or there are more than ``MOST_PARTS`` combinations.
    """
    values = [values_of(name, value) for name, value in wanted.items()]
    number = math.prod(map(len, values))
    if number > MOST_PARTS:
        raise RequestRefused(
            f"These filters have {number:,} combinations. Each is read separately, and at most {MOST_PARTS} are allowed",
            advice="Choose fewer values, or none (any) of one filter.",
        )
    return [dict(zip(wanted, one, strict=True)) for one in itertools.product(*values)]


def values_of(name: str, value: Any) -> list[Any]:
    """The values of one filter: a list of several, each once, or the one that was given.

    Raises:
        RequestRefused: a list is empty, which must not become all leads.
    """
    if not isinstance(value, (list, tuple, set, frozenset)):
        return [value]
    if not value or any(one is None for one in value):
        raise RequestRefused(
            f"The list given as {name} is empty, or has an empty value", advice="Name at least one, or leave it out for all."
        )
    try:
        return list(dict.fromkeys(value))
    except TypeError:
        raise RequestRefused(f"The list given as {name} holds another list", advice="Give plain ids or names.") from None


class Listings:
    """Listings under way. ``pages()`` gives lists of records, each lead once; then ``notes`` and the counts say what came."""

    def __init__(
        self,
        parts: Sequence[tuple[dict[str, Any], Listing]],
        ids_of: Callable[[Sequence[Record]], Sequence[LeadId | None]],
        *,
        go_on: bool,
    ) -> None:
        """``parts``: the filters by which a listing was begun, and the listing. ``go_on``: more than 300 requests may be made."""
        self._parts = parts
        self._listings = [listing for _, listing in parts]
        self._ids_of = ids_of
        self._go_on = go_on
        self._begun = 0
        self._seen: set[LeadId | None] = set()
        self._again = 0

    @property
    def in_parts(self) -> bool:
        """Whether there are several."""
        return len(self._listings) > 1

    @property
    def rows(self) -> int:
        """Distinct leads that have come (before rows that don't match were left out)."""
        return sum(one.tally.rows for one in self._listings) - self._again

    @property
    def expected(self) -> int | None:
        """What the service promised; None where it names no total, or has not been asked for each part."""
        # One part without a total makes the sum unknown: a smaller number would look like a complete read.
        totals = [one.tally.expected for one in self._listings]
        if self._begun < len(totals) or None in totals:
            return None
        return sum(total or 0 for total in totals) - self._again

    @property
    def missing(self) -> int:
        """How many of the expected ones did not come."""
        return sum(one.tally.missing for one in self._listings)

    @property
    def notes(self) -> list[str]:
        """Sentences that the user should see."""
        if len(self._parts) == 1:
            return self._listings[0].notes
        varying = [name for name in self._parts[0][0] if len({query[name] for query, _ in self._parts}) > 1]
        said = [
            f"{', '.join(f'{name} {query[name]}' for name in varying)}: {note}"
            for query, listing in self._parts
            for note in listing.notes
        ]
        if self._again:
            said.append(f"Changed while being read, so they came twice: {self._again:,}; shown as first read.")
        if not CHANGING.isdisjoint(varying):
            said.append(IN_PARTS.format(len(self._parts)))
        return said

    def pages(self) -> Iterator[list[Record]]:
        """Lists of records. The first pages of all parts come first, so that the total is known early.

        Raises:
            ReadTooLarge: all parts together take more than 300 requests, and ``go_on`` is not set.
            ServiceError, RequestRefused: as ``Listing.pages``.
        """
        if len(self._listings) == 1:
            self._begun = 1
            yield from self._listings[0].pages()
            return
        under_way = []
        for listing in self._listings:
            pages = listing.pages()
            try:
                first = next(pages, [])
            except Cancelled:
                if self._begun:
                    return  # what has come is kept
                raise
            self._begun += 1
            under_way.append(pages)
            # The first pages of all parts come first: only then is the total known, and a read that is too large is refused
            # before it is made.
            yield self._new(first)
        self._refuse_if_large(sum(_requests(one) for one in self._listings))
        for pages in under_way:
            for page in pages:
                self._refuse_if_large(sum(one.tally.requests for one in self._listings))
                yield self._new(page)

    def _refuse_if_large(self, requests: int) -> None:
        # For all parts together. Each alone may be small, and forty of them still use up the user's five minutes.
        if requests > ALLOWED_PAGES and not self._go_on:
            raise ReadTooLarge(
                f"This read takes {requests:,} requests or more, more than the {ALLOWED_PAGES:,} that are made without asking. "
                "Narrow the filters, or pass go_on=True.",
                requests=requests,
            )

    def _new(self, page: list[Record]) -> list[Record]:
        """The records of leads that no other part has given."""
        ids = self._ids_of(page)
        new = [record for lead_id, record in zip(ids, page, strict=True) if lead_id is None or lead_id not in self._seen]
        self._again += len(page) - len(new)
        self._seen.update(ids)
        return page if len(new) == len(page) else new


def _requests(listing: Listing) -> int:
    """How many requests a listing takes, after its first page."""
    tally = listing.tally
    return max(1, math.ceil((tally.expected or 0) / max(1, tally.rows)))
