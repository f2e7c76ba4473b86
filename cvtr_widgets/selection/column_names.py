"""What the names of columns and other headings say: that lead ids are below, that something else is, or nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Final

from cvtr_widgets.selection.lead_id import ZERO_WIDTH, trimmed


def _these(words: str) -> frozenset[str]:
    return frozenset(words.split())


# The more explicit, the lower. "Leads" is left out on purpose: in reports it heads a number of leads.
_NAMES: Final = {"id": 1, "ids": 1, "lead": 2}
_LEAD_ID = re.compile(
    r"(?:convertr|cvtr)?lead(?:s)?(?:ids?|no|nr|numbers?|nummern?|identifier)(?:(?:from|in|at)?(?:convertr|cvtr))?"
    r"|(?:convertr|cvtr)(?:ids?|no|nr|number)|(?:lead)?ids(?:convertr|cvtr)"
)
_BEGINS = re.compile(r"[\W_]*[lci]", re.IGNORECASE)
"""How all of these names begin."""

_OTHER_NAMES = (
    r"(?:(?:campaign|publisher|generator|lead generator|advertiser|agency|channel|form|user|account|client|customer|order|job"
    r"|contract|score|point|payout|amount|price|budget|cost|count|total|lead|number|phone|telephone|mobile|tel|fax|post ?code"
    r"|zip|date|time|year|age|month|week|day|invoice|ticket|product|sku|row|line|page|ref|reference|payment"
    r"|transaction|employee|person|contact|site|url|ip|kampagne|telefon|rechnung|kunde|preis|campagne|facture)[sn]?"
    r"|agencies|postal code|inquir(?:y|ies)|opportunit(?:y|ies)|rechnungen|auftrag|auftr\u00e4ge|betr\u00e4ge|betrag|preise"
    r"|(?:annual |yearly |monthly |total |average |expected )?(?:revenue|turnover|income|salar(?:y|ies)|staff)"
    r"|supplier[s]?|vendor[s]?|replacement[s]?|partner[s]?"
    r"|punkte|anzahl|summen?|prix|t\u00e9l\u00e9phones?|campa\u00f1as?|tel\u00e9fonos?|facturas?|precios?)"
    r"(?: (?:id|no|nr|number|code|name)s?)?"
)
_BLOCK = re.compile(_OTHER_NAMES)
_OTHER = re.compile(_OTHER_NAMES + r"|.+ (?:id|number|no|nr|code|phone|telephone|mobile)s?|\w+nummern?")
NUMBERS = re.compile(r"[\s\d.,'%€$£+-]*")


def heading(text: Any) -> int | None:
    """How plainly a heading says that lead ids are below it: 0 (``Lead ID``), 1 (``Id``), 2 (``Lead``), else None."""
    if not isinstance(text, str) or len(text) >= 40:
        return None
    # Nearly all cells of a table begin otherwise than these names do, and each of its cells is asked about.
    if text.isascii() and not _BEGINS.match(text):
        return None
    plain = bare(text)
    return 0 if _LEAD_ID.fullmatch(plain) else _NAMES.get(plain)


def bare(text: str) -> str:
    """``LEAD ID(S)``, ``leadId``, ``lead_id`` and ``@id`` as ``leadids``, ``leadid``, ``leadid``, ``id``."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def other_heading(text: str) -> bool:
    """Whether a heading says that something else is below it: ``Campaign ID``, ``Telephone``."""
    return _heads_other(text, _OTHER)


def heads_other_block(text: str) -> bool:
    """Whether a word alone in its column begins a block of something else than leads."""
    return _heads_other(text, _BLOCK)


def _heads_other(text: str, names: re.Pattern[str]) -> bool:
    if heading(text) is not None or len(text) > 60:
        return False
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFKC", trimmed(text)))
    words = re.sub(r"[\W_]+", " ", spaced).strip().casefold()
    return not any(c.isdigit() for c in words) and names.fullmatch(words) is not None


def is_blank(cell: Any) -> bool:
    """Whether there is nothing to see in a cell."""
    if isinstance(cell, str):
        return not cell[:1].isalnum() and (not cell.strip() or not cell.strip(ZERO_WIDTH).strip())
    return cell is None


def filled(cells: Sequence[Any]) -> int:
    """How many cells hold something."""
    return len(cells) - sum(map(is_blank, cells))


# -- what else a name says ------------------------------------------------------------------------------------------------

_CHOOSES = re.compile(
    r"(?:to)?(?:includ|exclud|return|keep|kept|skip|ignor|delet|remov|approv|reject|accept|select|refund|replac|undeliver|deliver"
    r"|flag|credit)(?:e|ed|ped)?(?:yn|yesno|yorn)?|decision|action|verdict|todo|ok|yesno|yn|valid|invalid"
)
"""A column whose rows say yes or no, without punctuation: a list for one action may hold leads that are not meant."""
_GIVEN: Final = _these(
    "reason reasons comment comments note notes remark remarks feedback rejection grund kommentar kommentare bemerkung anmerkung"
    " ablehnungsgrund"
)
_OF_A_LEAD: Final = _these(
    "phone telephone mobile tel fax email mail postcode zip date time created updated name names company country status"
)
"""Words for what each lead has besides its id: such a column says that the rows are leads."""
_THINGS: Final = _these(
    "campaign campaigns publisher publishers generator generators advertiser advertisers agency agencies channel form forms user"
    " account accounts order orders job contract invoice invoices ticket tickets product products supplier suppliers vendor"
    " vendors client clients customer customers contact contacts employee employees partner partners kampagne kampagnen kunde"
    " kunden campagne campagnes campa\u00f1a campa\u00f1as"
)
_AMOUNTS: Final = _these(
    "score scores points payout amount price budget cost cpl count total type source value age week month year quality"
)
_IDS: Final = _these("id ids no nr number ref reference key identifier cvtr convertr")
_COUNTED: Final = re.compile(r"(?:(?:number|no|count|total)of)?leads(?:count|total)?|leadcount|totalleads|anzahlleads")
_JUDGED: Final = _these(
    "delivered undelivered returned valid invalid rejected accepted approved billed sold sent received duplicate duplicates"
    " flagged credited refunded replaced ordered generated"
)


def words_of(text: str) -> list[str]:
    """The words of a name, lower-case: ``leadId``, ``Lead-ID (System)``."""
    plain = unicodedata.normalize("NFKC", trimmed(text))
    return re.sub(r"[\W_]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain)).casefold().split()


def mentions_leads(name: str) -> bool:
    """Whether a name speaks of leads or of Convertr, whatever it says of them."""
    return any(word in bare(name) for word in ("lead", "cvtr", "convertr"))


def may_be_lead_ids(name: str, *, beside_lead_ids: bool) -> bool:
    """Whether a column of this name may hold the lead ids. Beside a mere ``ID`` all may that speak of leads, except for what a
    lead has besides its id (*Lead phone*); beside a ``Lead ID`` only those that say *id* as well, and not of something else
    (*Lead generator ID*): there a *Replaced lead* is another lead.
    """
    if not mentions_leads(name):
        return False
    words = set(words_of(name))
    if words & _OF_A_LEAD:
        return False
    says_id = not words.isdisjoint(_IDS) or "leadid" in bare(name)
    return not beside_lead_ids or (says_id and not words & (_THINGS | _AMOUNTS))


def surely_counts_leads(name: str) -> bool:
    """Whether a column holds numbers of leads by its name alone: ``Leads``, ``Number of leads``."""
    return _COUNTED.fullmatch(bare(name)) is not None


def may_count_leads(name: str) -> bool:
    """Whether a column of numbers with this name counts leads: ``Leads delivered``, ``Valid``."""
    words = set(words_of(name))
    return "leads" in words or bool(words & _JUDGED)


def names_a_thing(text: str) -> bool:
    """Whether a title speaks of things with ids of their own, and not of leads: ``Campaigns of March``."""
    return len(text) <= 60 and bool(_THINGS.intersection(words_of(text))) and not mentions_leads(text)


def chooses(name: str) -> bool:
    """Whether a column may say which of the leads are meant."""
    return _CHOOSES.fullmatch(bare(name)) is not None


_OF_ANYTHING: Final = _these(
    "name title label status state active type description bezeichnung titel zustand aktiv typ nom titre statut"
)


def of_anything(name: str) -> bool:
    """Whether a column says nothing of what its rows are: leads, campaigns and publishers have a ``Name`` and a ``Status``."""
    words = words_of(name)
    return bool(words) and _OF_ANYTHING.issuperset(words)


_OF_A_THING: Final = _these("budget budgets submissions spend impressions clicks allocation allocated invoice invoiced")
_PERIOD: Final = re.compile(r"(?:campaign|contract|flight)?(?:start|end|due|invoice|billing)date")


def belongs_to_a_thing(name: str) -> bool:
    """Whether a column is of campaigns, forms or invoices, and no lead has it: ``Budget``, ``End date``."""
    return not _OF_A_THING.isdisjoint(words_of(name)) or _PERIOD.fullmatch(bare(name)) is not None


def given_with_a_lead(name: str) -> bool:
    """Whether a column holds a reason or a comment for each lead: ``Reason for return``, ``Client feedback``."""
    return not _GIVEN.isdisjoint(words_of(name))
