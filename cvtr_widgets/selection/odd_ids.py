"""The second net: ids that do not look like the others of their list are set aside, not taken.

It knows nothing of words and columns, only of numbers: scores, row numbers, campaign ids and telephones that came through
all other checks are of another size than lead ids. What is set aside is shown with its reason and can be added.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cvtr_widgets.models import LeadId
from cvtr_widgets.selection.id_sizes import FACTOR, groups_by_size
from cvtr_widgets.selection.selection import Selection, SetAside

_MOST_OF: Final = 0.6
"""The share of a list that must look alike before the others are called odd; below it, all of them are."""
_RUNNING: Final = 3

COUNTS_UP: Final = "the list counts up from 1, as row numbers do"
UNLIKE: Final = "these numbers are so unlike each other that it is unclear which of them are lead ids"
ODD: Final = "far from the other ids in size"
TOO_LOW: Final = "below every lead id seen at this enterprise"
TOO_HIGH: Final = "far above every lead id seen at this enterprise"


def _no_leads(_ids: Collection[LeadId]) -> Collection[LeadId]:
    return ()


@dataclass(frozen=True, slots=True)
class KnownIds:
    """What is known of an enterprise's lead ids. ``low``: its oldest lead (None: not known). ``high``: the newest one seen.
    ``leads``: gives those of some ids that are surely leads of this enterprise: loaded, or sent before.
    """

    low: LeadId | None = None
    high: LeadId | None = None
    leads: Callable[[Collection[LeadId]], Collection[LeadId]] = _no_leads


def with_odd_set_aside(
    chosen: Selection, known: KnownIds | None = None, *, keep: bool = False, accepted: Iterable[LeadId] = ()
) -> Selection:
    """The selection without its odd ids, which are in ``set_aside`` then. ``accepted``: ids that the user has added already.
    ``keep``: they stay in, and a note says how many they are.
    """
    odd = odd_ids(chosen.ids, known)
    for one in accepted:
        odd.pop(one, None)
    if not odd:
        return chosen
    if keep:
        number = f"{len(odd):,} {'id does' if len(odd) == 1 else 'ids do'}"
        why = next(iter(odd.values()))
        note = f"{number} not look like the other lead ids ({why}). They were taken, because you gave them as ids."
        return dataclasses.replace(chosen, notes=(*chosen.notes, note))
    file = next(iter(chosen.files), "")
    aside = tuple(SetAside(one, odd[one], chosen.origin[one], file) for one in chosen.ids if one in odd)
    rest = chosen.without(odd)
    return dataclasses.replace(rest, left_out=chosen.left_out, set_aside=(*chosen.set_aside, *aside))


def odd_ids(ids: Sequence[LeadId], known: KnownIds | None = None) -> dict[LeadId, str]:
    """Ids that may not be lead ids -> why; the reason follows “set aside:”.

    Leads that are known to exist are not odd, whatever they look like; except in a list that counts up from 1, which may number
    rows even where there are leads with these ids.
    """
    if not ids:
        return {}
    odd = _unlike_others(ids)
    if known is not None:
        for one in ids if _outside(min(ids), known) or _outside(max(ids), known) else ():
            if why := _outside(one, known):
                odd[one] = why
        for one in known.leads([one for one, why in odd.items() if why != COUNTS_UP]) if odd else ():
            del odd[one]
    return odd


def _outside(one: LeadId, known: KnownIds) -> str:
    if known.low is not None and one < known.low:
        return TOO_LOW
    return TOO_HIGH if known.high is not None and one > FACTOR * known.high else ""


def _unlike_others(ids: Sequence[LeadId]) -> dict[LeadId, str]:
    low, high = min(ids), max(ids)
    # 1, 2, 3, ... in this very order numbers rows or ticks in a list. Real leads 1 to n are possible, so they can be added.
    if low == 1 and high == len(ids) >= _RUNNING and list(ids) == list(range(1, high + 1)):
        return dict.fromkeys(ids, COUNTS_UP)
    if high <= FACTOR * low or len(ids) == 1:
        return {}
    groups = groups_by_size(sorted(set(ids)))
    if len(groups) == 1:
        return {}
    largest = max(groups, key=len)
    # No group is clearly the list. Taking the larger one would be guessing.
    if len(largest) < _MOST_OF * sum(map(len, groups)):
        return dict.fromkeys(ids, UNLIKE)
    return {one: ODD for group in groups if group is not largest for one in group}
