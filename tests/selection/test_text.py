"""Typed and pasted text: what is taken, what is refused, and that no number is taken for a lead that was not meant."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cvtr_widgets.selection.plain_lists import quick_ids
from cvtr_widgets.selection.select import Selection, parse_ids
from cvtr_widgets.selection.table_rows import OUTSIDE
from cvtr_widgets.selection.text import careful_ids


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("167457, 167458 167459;167460|167461\n167462", (167457, 167458, 167459, 167460, 167461, 167462)),
        ("#167457 # 167458", (167457, 167458)),
        ("/api/v4/leads/5\nhttps://acme.cvtr.io/api/v4/leads/6\n/api/v4/leads/7.jsonld", (5, 6, 7)),
        ("167457.0\n167458.00", (167457, 167458)),
        ("167457,0\n167458,00", (167457, 167458)),
        ("\u202a167457\u202c", (167457,)),
        ("12 and 13, thanks", (12, 13)),
        ("Lead ID\r\n12\r\n13", (12, 13)),
        ("LEAD ID(S): 12, 13", (12, 13)),
        ('lead_id=12\nleadId: 13\nid 14\nLead 15\n"id": 16', (12, 13, 14, 15, 16)),
        ("\ufeff12\u200b,\u200b13\u2060", (12, 13)),
        ("'12','13',\"14\"", (12, 13, 14)),
        ("12,,13,\n,\n", (12, 13)),
        ("12\u00a013\u300014", (12, 13, 14)),
        (str(2**63 - 1), (2**63 - 1,)),
        ("1001,1002,1003,1044", (1001, 1002, 1003, 1044)),
        ("167, 457", (167, 457)),
        ("", ()),
        (" \n\t,;\n", ()),
    ],
)
def test_taken(text: str, ids: tuple[int, ...]) -> None:
    found = parse_ids(text)
    assert found.ids == ids
    assert not found.rejected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1.23E+08", "damaged by Excel"),
        ("1,23E+08", "damaged by Excel"),
        ("1e5", "damaged by Excel"),
        ("12.5", "fraction"),
        ("12.000", "thousands"),
        ("-5", "negative"),
        ("−5", "negative"),
        ("0", "zero"),
        ("000", "zero"),
        ("007911", "begins with 0"),
        (str(2**63), "too many digits"),
        ("9" * 60, "too many digits"),
        ("+447911123456", "telephone"),
        ("(+1) 45656456234", "telephone"),
        ("+44 7911 123456", "telephone"),
        ("1-5", "range"),
        ("1–5", "range"),
        ("12 - 15", "not a lead id"),
        ("167,457", "thousands"),
        ("1,167,457", "thousands"),
        ('"167,457"', "thousands"),
        ("#167,457", "thousands"),
        ("167\u202f457", "thousands"),
        ("167'457", "thousands"),
        ("١٢٣", "digits other than 0-9"),
        ("１２３", "digits other than 0-9"),
        ("12\u200b34", "not a lead id"),
        ("\u202e123\u202c", "not a lead id"),
        ("Campaign 44064", "“Campaign” in it"),
        ("Lead 12 of 300", "“of” in it"),
        ("not 12, 13", "“not” in it"),
        ("12 but 13", "“but” in it"),
        ("publisher_id=5", "not a lead id"),
        ("Campaign ID: 44064", "“Campaign” in it"),
        ("campaign-id:5", "not a lead id"),
        ("/api/v4/campaigns/44064", "not a lead's"),
        ("https://acme.cvtr.io/api/v4/campaigns/44064", "not a lead's"),
        ("/api/v4/leads/12/notes/13", "not a lead's"),
        ("2024-04-19", "date"),
        ("19/04/2024", "date"),
        ("someone123@example.com", "not a lead id"),
        ("1. 167457", "not a lead id"),
        ("n/a", "not a lead id"),
        ("#", "no lead id"),
        ("<img src=x onerror=alert(1)>", "not a lead id"),
        ("12\x0034", "not a lead id"),
    ],
)
def test_refused_whole(text: str, why: str) -> None:
    found = parse_ids(text)
    assert found.ids == ()
    assert len(found.rejected) == 1
    assert found.rejected[0].where == "line 1"
    assert why in found.rejected[0].why


def test_a_damaged_number_does_not_spoil_its_neighbours() -> None:
    found = parse_ids("11001, #53284, 1.23E+08, 12.5, 0")
    assert found.ids == (11001, 53284)
    assert [r.text for r in found.rejected] == ["1.23E+08", "12.5", "0"]


def test_places_are_lines_as_the_user_counts_them() -> None:
    found = parse_ids("11001\r\n\r\nn/a\r\n12\r\n12.5\r\n")
    assert [(r.where, r.text) for r in found.rejected] == [("line 3", "n/a"), ("line 5", "12.5")]


def test_nothing_is_taken_below_the_heading_of_something_else() -> None:
    for heading in ("Campaign ID", "Telephone", "publisher_id", "campaignId", "Post code", "Leads", "Score"):
        found = parse_ids(f"{heading}\n44064\n44065")
        assert found.ids == (), heading
        assert len(found.rejected) == 3


def test_a_later_heading_of_lead_ids_ends_it() -> None:
    found = parse_ids("Lead ID\n1\nCampaign ID\n44064\nLead ID\n2")
    assert found.ids == (1, 2)
    assert len(found.notes) == 2


def test_a_pasted_table_is_read_by_its_header() -> None:
    found = parse_ids('Campaign ID\tLead ID\tName\n44064\t11001\tA\n44064\t11002\t"B\nC"\n44064\tx\tD\n')
    assert found.ids == (11001, 11002)
    assert found.spans == (("typed", 2),)
    assert [(r.where, r.text) for r in found.rejected] == [("line 5", "x")]
    assert parse_ids("Campaign ID\tName\n44064\tA").ids == ()


def test_hosts_are_told() -> None:
    found = parse_ids("https://acme.cvtr.io/api/v4/leads/1\nhttps://other.cvtr.io/api/v4/leads/2")
    assert "acme.cvtr.io" in found.notes[0]
    assert "different leads" in found.notes[-1]


def test_hostile_text_is_cut_and_made_visible() -> None:
    found = parse_ids("x" * 1_000_000 + "\n\x1b[2J12")
    assert all(len(r.text) <= 120 and r.text.isprintable() for r in found.rejected)


# -- counts and ways --------------------------------------------------------------------------------------------------

PIECES = st.one_of(
    st.integers(1, 2**63 - 1).map(str),
    st.integers(1, 999).map(str),
    st.sampled_from(["0", "1.5", "1.23E+08", "167,457", "12,345,678", "9" * 20, "12.0", "#7", ",", " ", ";", "\t"]),
    st.text("0123456789,; \t\n.#'\"|-+eE\u200b\u00a0", max_size=12),
)
TEXTS = st.lists(st.tuples(PIECES, st.sampled_from([",", " ", "\n", ";", ", ", "\r\n", "\t"])), max_size=30).map(
    lambda parts: "".join(p + s for p, s in parts)
)


@settings(max_examples=100)
@given(TEXTS)
@example("1000 1000,1 1,")
@example("0167457\n167458")
@example("167457\n0167458\n\n1")
@example("9999999999999999999\n1")
@example("\r\n167457\r167458\n\n")
def test_the_quick_way_gives_what_the_careful_one_gives(text: str) -> None:
    found = parse_ids(text, include_odd=True)
    if any("Nothing was taken" in refused.why for refused in found.rejected):
        assert found.ids == ()
        return
    assert found == careful_ids(text)
    quick = quick_ids("\n".join(text.splitlines()))
    if quick is not None:
        careful = careful_ids(text)
        assert not careful.rejected
        assert Selection.of(quick, "typed") == careful


@settings(max_examples=100)
@given(st.text(), st.text("0123456789,.;:#+-eE \n\tLeadIDampgn/"))
def test_any_text_is_survived(one: str, other: str) -> None:
    for text in (one, other):
        found = parse_ids(text)
        assert all(type(i) is int and 0 < i < 2**63 for i in found.ids)
        assert all(r.where and r.why for r in found.rejected)


ONE_A_LINE = st.lists(
    st.one_of(st.integers(1, 50).map(str), st.sampled_from(["0", "n/a", "1.5", "-3", "+44 1", "9" * 30, "", "  "])), unique=True
)


@settings(max_examples=100)
@given(ONE_A_LINE, st.integers(0, 3))
def test_counts_add_up(lines: list[str], again: int) -> None:
    lines = lines + lines[:again]  # numbers repeated at every second place would be a campaign's
    found = parse_ids("\n".join(lines), include_odd=True)
    filled = [line for line in lines if line.strip()]
    assert len(filled) == len(found.ids) + found.duplicates + len(found.rejected) == found.given
    numbers = [int(line) for line in filled if line.isdigit() and 0 < int(line) < 51]
    assert found.ids == tuple(dict.fromkeys(numbers))


@settings(max_examples=100)
@given(
    st.lists(st.integers(10**17, 2 * 10**17), unique=True),
    st.integers(0, 3),
    st.sampled_from([", ", "\n", ";", " ", "\r\n", "\t"]),
)
def test_ids_come_back_as_they_were_and_once(ids: list[int], again: int, separator: str) -> None:
    found = parse_ids(separator.join(map(str, ids + ids[:again])), include_odd=True)
    assert found.ids == tuple(ids)
    assert found.duplicates == min(again, len(ids))


def test_a_million_pasted_ids() -> None:
    text = "\n".join(map(str, range(10_000_000, 11_000_000)))
    seen: list[tuple[int, int]] = []
    start = time.process_time()  # of this process alone: the machine is shared
    found = parse_ids(text, on_progress=lambda done, total: seen.append((done, total)))
    assert time.process_time() - start < 20  # about one second
    assert len(found) == 1_000_000
    assert seen[-1] == (1_000_000, 1_000_000)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Lead ID,Score\n167457,85\n167460,90", (167457, 167460)),
        ("Score;Lead ID\n85;167457", (167457,)),
        ("Lead ID\tName\n167457\tZoë", (167457,)),
        ("Lead ID: 167457, 167460", (167457, 167460)),  # a line, and no table
        ("Lead IDs, 167457, 167460\n167461", (167457, 167460, 167461)),
        ("167457\t167460", (167457, 167460)),  # one row of ids
        ("Lead IDs, please delete:\n167457, 167458\n167459, 167460", (167457, 167458, 167459, 167460)),
        ("IDs, as discussed\n167457, 167458, 167459", (167457, 167458, 167459)),
        ("| Lead ID | Campaign ID |\n| 167457 | 44064 |\n| 167458 | 44064 |", (167457, 167458)),
        ('"Lead ID","Score"\n"167457","85"', (167457,)),
        ("Lead ID\t@id\n167457\t/api/v4/leads/167457", (167457,)),
    ],
)
def test_what_is_a_table_is_read_as_one(text: str, ids: tuple[int, ...]) -> None:
    assert parse_ids(text).ids == ids


@pytest.mark.parametrize(
    "text",
    [
        "167457\t85\n167460\t90",
        "167457\n167460\t85",
        "1 167457\n2 167458",
        "167457 447911123456\n167458 447911123457",
        "167457 167999\n167458 168000",
        "0    167457\n1    167458\nName: lead_id, dtype: int64",
        "Zoë\t167457\nBo\t167460",
        "Lead ID,Lead ID\n1,2\n3,4",
        "167457\t44064\n167458\t\n167460\t44064",
        "Leads March\t\n167457\t44064\n167458\t44064",
        "Lead ID,Foo\n167457,85",
        "|| Lead ID || Campaign ID ||\n| 167457 | 44064 |",
    ],
)
def test_columns_of_which_nothing_says_what_they_are_give_no_lead(text: str) -> None:
    found = parse_ids(text)
    assert found.ids == ()
    assert found.rejected


MAIL = """Hi Anna,

first of all {prose}. Also {last}.
{label}
Lead ID\tCompany\tReason
{table}

That is all. Call me on 020 7946 0018.
{tail}
Brian"""


@settings(max_examples=100)
@given(data=st.data())
def test_ids_in_the_words_of_a_mail_with_a_table_are_counted_as_leads_not_taken(data: st.DataObject) -> None:
    ids = data.draw(st.permutations(range(167_000, 167_030)))
    above, below = data.draw(st.integers(1, 3)), data.draw(st.integers(0, 2))
    words, tail, table = ids[:above], ids[above : above + below], ids[above + below :]
    text = MAIL.format(
        prose=", ".join(map(str, words[:-1])) or "nothing", last=words[-1], label="Campaign ID 440640",
        table="\n".join(f"{one}\tFirm {n}\tNo budget" for n, one in enumerate(table)),
        tail=f"PS: {' and '.join(map(str, tail))} too, please." if tail else "Thanks,",
    )  # fmt: skip
    found = parse_ids(text)
    assert found.ids == tuple(table)
    assert found.not_taken == above + below
    assert sum(r.leads for r in found.rejected if r.why == OUTSIDE) == above + below


@pytest.mark.parametrize(
    "text",
    [
        *(f"{words}\n167457\n167458" for words in (
            "Do not return these:\nAcme Ltd", "Please do not return these\n(see mail of Tom)\n", "You shouldn’t return these", "Skip these:",
            "Omit:", "Already returned:", "Disregard the ones below:", "Hold these:", "Excl.:", "Ausgenommen:", "Non restituire:",
            "Inte dessa:", "Sauf:", "Excepto:", "Niet:", "Nie zwracać:", "Campaigns\n(active ones)", "Campaign\nAcme UK", "Annual revenue",
            "Sum", "Leads total")),
        "167457\n167458\nThese are not to be returned",
        "167457\n167458\n(do not return)",
        "Good leads:\n167457\n\nBad leads:\n167458",
        "167457 duplicate\n167458 ok\n167459 wrong number",
        "167457\tok\n167458\tduplicate",
        "ok: 167457\nreturned: 168458",
        "all ids below 167457",
        "167457 and above",
        "Hi team 7",
        "167457, 167458, 167459, ignored",
        "167457, 167458, 167459, Lieferanten",
        "Keep: 167457,\n167458",
        "16,74,571, 16,74,572",
        "16,74,571,16,74,572,16,74,573",
        *(f"167{space}457" for space in "\u2000\u2006\u2008\u200a\u205f\u3000"),
        "167  457",
        "167\u2008457, 167\u2008458, 167\u2008459",
        "160001    167457\nName: lead_id, dtype: int64",
        "        lead_id\n160001   167457",
        "Lead Campaign\n167457 144064",
        "167457 144064 duplicate\n167458 144065 duplicate\n167459 144066",
        "lead_id\n167457    144064\nName: campaign_id, dtype: int64",
        "167457 144064 155000 132000\n167458 144065 155001 132001",
    ],
)  # fmt: skip
def test_doubtful_words_and_columns_give_no_lead(text: str) -> None:
    found = parse_ids(text)
    assert found.ids == ()
    assert found.rejected


def test_a_list_ends_where_words_begin_another_one() -> None:
    for words in ("Annual revenue", "Campaign Acme", "Leads total", "Score avg", "Revenue", '"campaign": {'):
        assert parse_ids(f"Lead ID\n167457\n167458\n{words}\n155000").ids == (167457, 167458)
    assert parse_ids("Do not return:\n167456\nPlease return these leads:\n167457\n167458").ids == (167457, 167458)
    assert parse_ids("167457\nn/a\n167458\n\nBest regards\nTom").ids == (167457, 167458)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Hi team,\nplease mark these as invalid:\n167457\n167458\n167459\nThanks,\nAna", (167457, 167458, 167459)),
        ("Invalid:\n167457\n167458", (167457, 167458)),
        ("Please mark these:\n167457\n167458\n\nBest regards\nTom Smith\nTel 447911123456", (167457, 167458)),
        (
            "From: Tom\nSubject: invalid leads\n\nHi Ana,\n\nplease find below the leads to return.\n\n167457\n167458",
            (167457, 167458),
        ),
        ("167457\n167458\n\nkeep:\n167459", (167457, 167458)),
        ("Valid:\n167457\n167458\nInvalid:\n167459\n167460", ()),
    ],
)
def test_the_list_in_a_letter_is_taken_where_only_one_list_can_be_meant(text: str, ids: tuple[int, ...]) -> None:
    assert parse_ids(text).ids == ids


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Duplicate Original\n167460 167457\n167450 167440", ()),
        ("Old New Next\n167460 167457 167459\n167450 167440 167441", ()),
        ("Return these:\n167460 167457\n167450 167440", (167460, 167457, 167450, 167440)),
        ("Return leads\n167460 167457\n167450 167440", (167460, 167457, 167450, 167440)),
        ("Thank you\n167460 167457\n167450 167440", (167460, 167457, 167450, 167440)),
        ("Duplicate leads of May\n167460 167457\n167450 167440", (167460, 167457, 167450, 167440)),
    ],
)
def test_a_line_with_a_word_for_each_number_below_it_is_a_header(text: str, ids: tuple[int, ...]) -> None:
    assert parse_ids(text).ids == ids


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("please return 167457 and 167458, thanks", (167457, 167458)),
        ("Please return leads 167457 and 167458.", (167457, 167458)),
        ("167457, 167458 and 167459.", (167457, 167458, 167459)),
        ("167457.", ()),
        ("1.\n167457.", ()),
        ("Could you delete 167457, 167458 & 167459?", (167457, 167458, 167459)),
        ("can you also reject #167457 too, thanks!", (167457,)),
        ("Please reprocess these leads: 167457 167458", (167457, 167458)),
        *((text, ()) for text in (
            "please do not return 167457", "please don't return 167457", "please return all but 167457", "returned 167457",
            "please return 167457 and keep 167458", "return 167457 and reject 167458", "I will return 167457 later",
            "please return 200", "please return 5000", "please return these 20000 leads", "please return 20000 leads: 167457",
            "please return campaign 167457", "please return 167457-167459", "please return 167,457", "return £167457",
            "please return 447911 123456", "please return 44064 and 167457", "please return 167457 or 167458",
            "return 167457 to Acme", "please return 167457.5", "please return 167457 of 167458")),
    ],
)  # fmt: skip
def test_a_sentence_is_taken_where_all_its_words_plainly_ask_for_its_leads(text: str, ids: tuple[int, ...]) -> None:
    found = parse_ids(text)
    assert found.ids == ids
    assert ids or found.rejected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("200 ids and thanks", "“200 ids” counts leads and does not name them"),
        ("200 leads, please", "“200 leads” counts leads"),
        ("Hi team 7", "“team 7” in it may be something else"),
        ("167457 and 167458 +", "“+” behind it"),
        ("167457 and Bo", "“Bo” in it is not a lead id"),
    ],
)
def test_the_reason_names_what_makes_the_line_doubtful(text: str, why: str) -> None:
    assert why in parse_ids(text).rejected[0].why


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("1. 167457\n2. 167458\n3. 167460", [167457, 167458, 167460]),
        ("1) #167457\n\n2) 167458,", [167457, 167458]),
        ("1. 167457\n3. 167458", []),  # something is missing
        ("2. 167457\n3. 167458", []),
        ("1. 167457\n2. 167458 duplicate", []),
        ("1. 88\n2. 90", []),
        ("1 167457\n2 167458", []),
        ("1. 167457", []),
    ],
)
def test_the_numbers_of_a_numbered_list_are_not_ids_and_those_behind_them_are(text: str, ids: list[int]) -> None:
    assert list(parse_ids(text).ids) == ids


def test_the_reason_names_the_word_that_makes_a_line_doubtful() -> None:
    assert "“duplicate” in it" in parse_ids("167457 - duplicate").rejected[0].why
    assert "“not” in it may say that its ids are not meant" in parse_ids("do not return 167457, 167458").rejected[0].why
