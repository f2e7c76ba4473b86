"""The second net: ids that do not look like the others of their list are set aside, not taken.

It knows nothing of words and columns, only of numbers: scores, row numbers, campaign ids and telephones that came through
all other checks are of another size than lead ids. Which size lead ids have is told by leads that are known, else by a clear
majority with no larger number beside it: scores may well be more than the leads that they belong to. Where nothing tells,
all are set aside. What is set aside is shown with its reason, size by size, and can be added.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from cvtr_widgets.models import LeadId
from cvtr_widgets.selection.id_sizes import FACTOR, groups_by_size
from cvtr_widgets.selection.selection import Selection, SetAside

_MOST_OF: Final = 0.7
"""The share of a list that must look alike before the others are called odd; below it, all of them are."""
_RUNNING: Final = 3
_FEWEST: Final = 3
"""So many ids that look alike are needed for a majority that says anything."""
_ROW: Final = 5
"""Fewer ids than this with an odd number amid them may be the cells of one row: id, score, campaign."""
_FAR: Final = 3
_FAR_OF_TWO: Final = 50
_TELEPHONE: Final = range(10**9, 10**15)

COUNTS_UP: Final = "the list counts up from 1, as row numbers do"
UNLIKE: Final = "these numbers are so unlike each other that it is unclear which of them are lead ids"
ODD: Final = "far from the other ids in size"
TOO_LOW: Final = "below every lead id seen at this enterprise"
TOO_SMALL: Final = "far below every lead id seen in this session"
TOO_HIGH: Final = "far above every lead id seen at this enterprise"
UNKNOWN_SIZE: Final = "far from the leads of this list that are known"
IN_TURNS: Final = "numbers of several kinds follow each other by turns, as the cells of a table do, one below the other"
TOTAL: Final = "the sum of the other numbers, as a total is"
TELEPHONE: Final = "as long as a telephone number"


def _no_leads(_ids: Collection[LeadId]) -> Collection[LeadId]:
    return ()


@dataclass(frozen=True, slots=True)
class KnownIds:
    """What is known of an enterprise's lead ids. ``low``: its oldest lead (None: not known). ``high``: the newest one seen.
    ``least``: the smallest one seen, which says less than ``low``, as there may be older ones. ``leads``: gives those of some ids
    that are surely leads of this enterprise: loaded, or sent before.
    """

    low: LeadId | None = None
    high: LeadId | None = None
    leads: Callable[[Collection[LeadId]], Collection[LeadId]] = _no_leads
    least: LeadId | None = None


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
    rows even where there are leads with these ids. The reasons are of the whole list, so it has to be in its own order.
    """
    if not ids:
        return {}
    # 1, 2, 3, ... in this very order numbers rows or ticks in a list. Real leads 1 to n are possible, so they can be added.
    if ids[0] == 1 and len(ids) >= _RUNNING and list(ids) == list(range(1, len(ids) + 1)):
        return dict.fromkeys(ids, COUNTS_UP)
    known = known or KnownIds()
    if _in_turns(ids):
        sure = set(known.leads(ids))
        return {one: IN_TURNS for one in ids if one not in sure}
    if (total := _total(ids)) is not None and not known.leads([total]):
        return {total: TOTAL, **odd_ids([one for one in ids if one != total], known)}
    odd = {one: why for one in ids if (why := _outside(one, known))} if _any_outside(min(ids), max(ids), known) else {}
    # Most lists are of one size, and then nobody has to be asked which of a million ids are known.
    within = [one for one in ids if one not in odd] if known.high is not None else ids
    unlike = _groups(within) if within else []
    if not unlike and not odd:
        return {}
    sure = set(known.leads(ids))
    if unlike:
        odd = {**_unlike(within, unlike, sure), **odd}
    return {one: why for one, why in odd.items() if one not in sure}


def _in_turns(ids: Sequence[LeadId]) -> bool:
    """Whether numbers of two to five kinds follow each other by turns, as the cells of a table's rows do, one below the other.

    Each kind is far from the others for how near its own numbers are to each other, which a list hardly is by chance.
    """
    return any(
        len(ids) >= 2 * kinds and len(ids) % kinds == 0 and _apart(ids[: 4 * kinds], kinds) and _apart(ids, kinds)
        for kinds in range(2, 6)
    )


def _apart(ids: Sequence[LeadId], kinds: int) -> bool:
    ranges = sorted((min(part), max(part)) for part in (ids[at::kinds] for at in range(kinds)))
    widest = max(high - low for low, high in ranges)
    gaps = [after[0] - before[1] for before, after in pairwise(ranges)]
    # Four numbers stand so by chance now and then, so that two rows have to be much farther apart than three.
    return min(gaps) > (_FAR if len(ids) > 2 * kinds else _FAR_OF_TWO) * max(widest, 2 * kinds)


def _total(ids: Sequence[LeadId]) -> LeadId | None:
    """The last number, or the first one, if it is the sum of all others."""
    if len(ids) < _FEWEST:
        return None
    twice = sum(ids)
    return next((one for one in (ids[-1], ids[0]) if 2 * one == twice), None)


def _any_outside(low: LeadId, high: LeadId, known: KnownIds) -> bool:
    return bool(_outside(low, known) or _outside(high, known)) or high >= _TELEPHONE.start


def _outside(one: LeadId, known: KnownIds) -> str:
    if known.low is not None and one < known.low:
        return TOO_LOW
    if known.low is None and known.least is not None and FACTOR * one < known.least:
        return TOO_SMALL
    if known.high is not None and one > FACTOR * known.high:
        return TOO_HIGH
    return TELEPHONE if known.high is None and one in _TELEPHONE else ""


def _groups(ids: Sequence[LeadId]) -> list[list[LeadId]]:
    """The sizes in a list, from the smallest; nothing where all are of one size."""
    if max(ids) <= FACTOR * min(ids):
        return []
    groups = groups_by_size(sorted(set(ids)))
    return groups if len(groups) > 1 else []


def _unlike(ids: Sequence[LeadId], groups: Sequence[Sequence[LeadId]], sure: Collection[LeadId]) -> dict[LeadId, str]:
    """Which numbers are odd in a list of several sizes. ``sure``: those of them that are known to be leads."""
    with_known = [group for group in groups if not set(sure).isdisjoint(group)]
    if len(with_known) == 1:
        return {one: UNKNOWN_SIZE for group in groups if group is not with_known[0] for one in group}
    if _plainly_leads(ids, groups):
        return {one: ODD for group in groups[:-1] for one in group}
    return {one: _of_size(group) for group in groups for one in group}


def _plainly_leads(ids: Sequence[LeadId], groups: Sequence[Sequence[LeadId]]) -> bool:
    """Whether the largest numbers are a clear majority."""
    # A larger number beside a majority of smaller ones may be the only lead among scores, so size comes before number.
    top = groups[-1]
    if len(top) < max(_FEWEST, _MOST_OF * sum(map(len, groups))) or top[-1] in _TELEPHONE:
        return False
    if len(top) >= _ROW:
        return True
    last = max(at for at, one in enumerate(ids) if one >= top[0])
    return not any(one < top[0] for one in ids[:last])


def _of_size(group: Sequence[LeadId]) -> str:
    """The reason for the numbers of one size, so that each size can be added by itself."""
    digits = sorted({len(str(group[0])), len(str(group[-1]))})
    many = " to ".join(map(str, digits))
    return f"{UNLIKE} (those of {many} {'digit' if digits == [1] else 'digits'})"
