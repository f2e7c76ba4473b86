"""How many leads may be lost in what was not taken: no fewer than there are, and none where no number can be a lead."""

from __future__ import annotations

import time

import pytest

from cvtr_widgets.selection.text import parse_ids
from tests.selection.test_text import MAIL

IDS = "167457\n167458\n167459\n"


@pytest.mark.parametrize(
    "text",
    [
        f"Hi team,\n\nplease return these leads:\n{IDS}\nKind regards,\nAnna Schmidt\nSenior Analyst\n+49 30 901820 14",
        f"Hi team,\n{IDS}\nKind regards,\nAnna / +49 30 901820",
        f"{IDS}Thanks,\nAnna\nTel: +49 (0)30 1234567\nMobile 0171 2345678\nHauptstr. 12, 10115 Berlin\nHRB 12345 B",
        f"{IDS}Best,\nAnna\n--\nAnna Schmidt\n+44 20 7946 0018\nFloor 3, 12 High Street\nwww.acme24.com | anna@acme24.com\nVAT ID DE123456789",
        f"On 3 March 2024 at 10:30 we returned 12 leads. Below are 3 more:\n\n{IDS}",
        f"Ticket 4711 of 2024-03-01, campaign 44064:\n{IDS}",
        "Lead ID\tReason\n167457\tdup\n167458\tdup\n\nKind regards,\nAnna\n+49 30 901820 14\nTel: 030 901820",
        f"Hallo zusammen,\n{IDS}\nViele Grüße\nAnna\nTel. 0711 123456\nHauptstr. 12, 70173 Stuttgart",
        f"Hi all\n{IDS}Anna Schmidt\n+49 711 123456",
        f"Returns of week 9 [Ticket#4711]:\n{IDS}",
        f"Hi team,\nanna@acme24.com wrote on 01.03.2024:\n{IDS}",
    ],
)
def test_a_greeting_and_a_signature_are_no_leads_not_taken(text: str) -> None:
    found = parse_ids(text)
    assert found.ids[:2] == (167_457, 167_458)
    assert found.not_taken == 0
    assert "lead" not in found.sentence().split("; ")[1].replace("without a lead id", "")
    assert any("Anna" in one.text or "Ticket" in one.text or "March" in one.text or "anna" in one.text for one in found.rejected)


@pytest.mark.parametrize(
    ("text", "leads"),
    [
        (" ".join(map(str, range(167_457, 167_657))) + " and thanks Bob", 200),
        (", ".join(map(str, range(167_457, 167_657))) + " not yet, thanks", 200),
        (f"{IDS}Kind regards,\nAnna\nP.S. 98 as well", 1),
        (f"{IDS}Kind regards,\nAnna\nBo {5_000 * '9'}", 0),
        (f"{IDS}Kind regards,\nAnna\nTom said 167460 was one of them", 1),
        (f"{IDS}Kind regards,\nAnna\n+1 167460 167461", 3),
        (f"{IDS}Kind regards,\nAnna\n167460 98", 4),
        (f"Wrong phone: 167460 167461\n{IDS}", 5),
        (f"They may return 12 and 13 leads\n{IDS}", 2),
        (f"Bo said 167460/167461\n{IDS}", 2),
        (f"Bo said 167460-167462\n{IDS}", 2),
        (f"See https://acme.cvtr.io/api/v4/leads/167460 of Bo\n{IDS}", 1),
        (f"Campaign 44064 has 167460 of Bo\n{IDS}", 1),
        ("Kind regards,\nAnna Schmidt, Hauptstr. 12", 1),
    ],
)
def test_what_may_be_a_lead_is_counted(text: str, leads: int) -> None:
    assert parse_ids(text).not_taken == leads


def test_the_mail_with_a_table_has_no_telephone_among_its_leads() -> None:
    text = MAIL.format(prose="nothing", last="nobody", label="", table="794600\tFirm\tNo budget", tail="+44 794601 0018")
    assert (parse_ids(text).ids, parse_ids(text).not_taken) == ((794_600,), 0)


@pytest.mark.parametrize(
    "part", ["http://", "a+", "1 x ", "12 leads" + 5_000 * " ", "campaign" + 5_000 * " ", "+49 ", "1/2/", "3 March "]
)
def test_a_long_line_is_counted_in_little_time(part: str) -> None:
    start = time.process_time()
    parse_ids("Bo 1 lead " + part * (40_000 // len(part)) + "leads")
    assert time.process_time() - start < 2  # a tenth of a second
