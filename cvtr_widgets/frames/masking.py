"""The masked view: what is personal is shortened, wherever a frame of leads goes.

A column's name decides first; then each value by what is in it: an address (anything with an ``@``) and anything with seven
or more digits is shortened in whatever column it stands, and comments and notes are not shown, because they may name
anybody. What stays as it is: the columns that describe the campaign and the state of a lead.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

Shorten = Callable[[str], str]
DIGITS = 7
"""So many digits in a value can be a telephone number, a day of birth or the number of a document."""


def short_name(text: str) -> str:
    """``Zoë`` as ``Z…``."""
    text = text.strip()
    return f"{text[0]}…" if text else ""


def short_email(text: str) -> str:
    """``zoe@mail.example`` as ``z…@m….example``; what is not an address as a name."""
    local, at, domain = text.strip().rpartition("@")
    if not at or not local or not domain:
        return short_name(text)
    host, dot, end = domain.rpartition(".")
    return f"{local[0]}…@{host[0]}….{end}" if dot and host and end else f"{local[0]}…@{domain[0]}…"


def short_telephone(text: str) -> str:
    """``(+1) 45656456234`` as ``…34``."""
    digits = [c for c in text if c.isdigit()]
    return "…" + "".join(digits[-2:]) if len(digits) > 4 else "…" if text.strip() else ""


def hidden(text: str) -> str:
    """A text that may hold anything as ``…``."""
    return "…" if text.strip() else ""


EXACT: dict[str, Shorten] = {
    "first_name": short_name,
    "last_name": short_name,
    "email": short_email,
    "telephone": short_telephone,
    "comment": hidden,
    "replacement_comment": hidden,
}
LOOKED_INTO = frozenset({"reason", "sub_id"})
"""Columns of ours that hold what somebody typed. The others hold what the platform's own people chose, or no text."""
# What forms collect has any name, in any language. A word of these anywhere in it means something personal; such words are
# looked for in the name without accents, signs and capitals.
_EMAIL = ("mail", "courriel", "correo")
_TELEPHONE = (
    "phone", "telefon", "telefoon", "telefone", "telephone", "mobil", "movil", "celular", "cellul", "handy", "portable",
    "gsm", "whatsapp", "fax", "msisdn", "puhelin", "telno",
)  # fmt: skip
_NAME = (
    "firstname", "lastname", "fullname", "middlename", "surname", "forename", "givenname", "familyname", "contactname",
    "maidenname", "yourname", "username", "nickname", "vorname", "nachname", "familienname", "prenom", "nomdefamille",
    "nombre", "apellido", "cognome", "sobrenome", "voornaam", "achternaam", "fornavn", "efternavn", "etternavn",
    "fornamn", "efternamn", "etunimi", "sukunimi", "imie", "nazwisko", "jmeno", "prijmeni", "keresztnev", "vezeteknev",
    "adsoyad", "soyad", "linkedin", "facebook", "twitter", "instagram", "skype", "signature", "unterschrift",
)  # fmt: skip
_PLACE = (
    "address", "adresse", "adress", "direccion", "indirizzo", "endereco", "street", "strasse", "straat", "calle",
    "postcode", "postalcode", "zipcode", "postleitzahl", "plz", "codepostal", "birth", "geburt", "naissance",
    "nacimiento", "nascita", "geboorte", "photo", "landingpage", "passport", "iban", "latitude", "longitude",
    "nationalinsurance", "socialsecurity",
)  # fmt: skip
_FREE = (
    "comment", "note", "message", "remark", "feedback", "kommentar", "bemerkung", "notiz", "nachricht", "commentaire",
    "comentario", "mensaje", "nota", "opmerking", "question", "enquiry", "inquiry", "freetext",
)  # fmt: skip
# Short words that would be found inside others: only as a whole part of the name.
_WHOLE: Mapping[str, Shorten] = {
    "tel": short_telephone, "cell": short_telephone, "mob": short_telephone, "ip": short_name, "dob": short_name,
    "zip": short_name, "rue": short_name, "name": short_name, "nom": short_name,
    "nome": short_name, "naam": short_name, "navn": short_name, "namn": short_name,
    "ort": short_name, "ssn": short_name, "nino": short_name, "bio": hidden,
}  # fmt: skip
_GROUPS: tuple[tuple[tuple[str, ...], Shorten], ...] = (
    (_EMAIL, short_email), (_TELEPHONE, short_telephone), (_NAME, short_name), (_PLACE, short_name), (_FREE, hidden),
)  # fmt: skip
_NOT_OF_A_PERSON = ("emaildomain", "companyname", "campaignname", "productname", "eventname", "formname", "jobname", "coursename")
_PARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[\W_]+|(?<=[a-zA-Z])(?=\d)")


def shortener(column: str) -> Shorten | None:
    """How a column is shortened by its name, or None where the name says nothing of a person."""
    if column in EXACT:
        return EXACT[column]
    if not column.startswith(("data_", "other_")):
        return None
    name = unicodedata.normalize("NFKD", column.partition("_")[2])
    name = "".join(c for c in name if not unicodedata.combining(c)).replace("ß", "ss").replace("ø", "o").replace("ł", "l")
    parts = [part.casefold() for part in _PARTS.split(name) if part]
    joined = "".join(parts)
    if joined in _NOT_OF_A_PERSON:
        return None
    for words, shorten in _GROUPS:
        if any(word in joined for word in words):
            return shorten
    return next((_WHOLE[part] for part in parts if part in _WHOLE), None)


def by_content(value: Any) -> Any:
    """A value of a column whose name says nothing: shortened where it holds an address or many digits."""
    if isinstance(value, (bool, Decimal)) or value is None:
        return value
    if isinstance(value, str):
        if "@" in value or "\uff20" in value:
            return short_email(value) if not re.search(r"\s", value.strip()) else "…"
        return short_telephone(value) if sum(c.isdigit() for c in value) >= DIGITS else value
    if isinstance(value, (int, float)):
        return short_telephone(f"{value:.0f}") if 10 ** (DIGITS - 1) <= abs(value) < 10**40 else value
    if isinstance(value, (list, tuple, dict, set)):
        return "…"
    return value


def _column(name: str, values: list[Any]) -> list[Any] | None:
    """A column as it is shown; None where nothing of it is changed."""
    shorten = shortener(name)
    if shorten is not None:
        return [shorten(v if isinstance(v, str) else str(v)) if _there(v) else v for v in values]
    made = [by_content(v) for v in values]
    return made if any(one is not other for one, other in zip(made, values, strict=True)) else None


def _there(value: Any) -> bool:
    return value is not None and str(value) not in {"<NA>", "nan", "NaT"}


def masked(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame of leads with what is personal shortened; index, other columns and ``attrs`` stay. A new frame."""
    import pandas as pd

    made: dict[str, Any] = {}
    for column in frame.columns:
        name = str(column)
        if shortener(name) is None and name not in LOOKED_INTO and not name.startswith(("data_", "other_")):
            continue
        shown = _column(name, frame[column].tolist())
        if shown is not None:
            made[column] = pd.Series(shown, index=frame.index, dtype="object")
    found = frame.assign(**made)
    found.attrs = {**frame.attrs, "masked": True}
    return found


def masked_value(name: str, text: str) -> str:
    """One value of a record under the service's own name, as it is shown: by its name, else by what is in it."""
    shorten = shortener(f"other_{name}")
    return str(by_content(text)) if shorten is None else shorten(text)


def masked_texts(frame: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """Job results or notes of a lead without the texts (``columns``) that may name somebody. A new frame."""
    made = {name: [hidden(str(v)) if _there(v) else v for v in frame[name].tolist()] for name in columns if name in frame.columns}
    return frame.assign(**made)
