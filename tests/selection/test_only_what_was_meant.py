"""Lists as people paste and send them, made by a program with the right answer: no number that was not meant becomes a lead.

Each kind is a rule that makes the input and the ids that were meant. What is taken must be among them; for kinds that are
plain, all of them must be taken. Never a wrong id; where something is doubtful, nothing.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
from collections.abc import Callable

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.styles import Font

import cvtr_widgets as cvtr
from cvtr_widgets.errors import ColumnUnclear, SelectionError
from cvtr_widgets.panel.selection.added_anyway import AddedAnyway
from cvtr_widgets.selection.odd_ids import TOO_LOW, KnownIds
from cvtr_widgets.selection.select import Selection, parse_ids, read_file

Made = tuple[str | bytes, list[int], bool]
"""The input, the ids that were meant, and whether all of them must be taken."""
Maker = Callable[[random.Random, list[int]], Made]


class Numbers(random.Random):
    """Random numbers; ``alike``: those that are no leads have as many digits as the ids, so that size tells nothing."""

    alike = False


def score(rng: random.Random) -> int:
    return rng.randint(150_001, 180_000) if isinstance(rng, Numbers) and rng.alike else rng.randint(1, 100)


def rows_of(rng: random.Random, ids: list[int]) -> list[tuple[int, int, int, int]]:
    if isinstance(rng, Numbers) and rng.alike:
        return [(i, score(rng), 144_064 + rng.randint(0, 9), rng.randint(155_001, 179_999)) for i in ids]
    return [(i, score(rng), 44064 + rng.randint(0, 9), 447911000000 + rng.randint(0, 999_999)) for i in ids]


def frame_of(rng: random.Random, ids: list[int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows_of(rng, ids), columns=["lead_id", "score", "campaign_id", "telephone"])
    return frame.set_index("lead_id")


def workbook(rows: list[list[object]], change: Callable[[openpyxl.Workbook], None] = lambda _: None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def text(line: str, *, head: str = "", foot: str = "", whole: bool = False) -> Maker:
    def make(rng: random.Random, ids: list[int]) -> Made:
        lines = [
            line.format(n=n, i=i, score=score, campaign=campaign, tel=tel, i_in=f"{i:,}", i_space=f"{i:,}".replace(",", " "))
            for n, (i, score, campaign, tel) in enumerate(rows_of(rng, ids))
        ]
        return "\n".join(filter(None, [head, *lines, foot.format(count=len(ids))])), ids, whole

    return make


def table(
    head: list[str], cells: Callable[[int, int, random.Random], list[object]], foot: tuple[object, ...] = (), *, whole: bool
) -> Maker:
    def make(rng: random.Random, ids: list[int]) -> Made:
        end = [len(ids) if c == "count" else sum(ids) if c == "sum" else c for c in foot]
        return workbook([head, *(cells(n, i, rng) for n, i in enumerate(ids, 1)), *([end] if end else [])]), ids, whole

    return make


def spaced(lead_id: int) -> str:
    return f"{lead_id:,}".replace(",", " ")


def lakhs(lead_id: int) -> str:
    return f"{lead_id // 100_000} {lead_id // 1_000 % 100:02d} {lead_id % 1_000:03d}"


def hidden(rng: random.Random, ids: list[int]) -> Made:
    def hide(book: openpyxl.Workbook) -> None:
        book.active.row_dimensions[3].hidden = True
        book.active["A4"].font = Font(strike=True)

    return workbook([["Lead ID"], *([i] for i in ids)], hide), [ids[0], *ids[3:]], True


KINDS: dict[str, Maker] = {
    "one a line": text("{i}", whole=True),
    "one a line, with commas": text("{i},", whole=True),
    "under their name": text("{i}", head="Lead ID", whole=True),
    "decimals of Excel": text("{i}.0", whole=True),
    "decimals of a German Excel": text("{i},0", whole=True),
    "marks of direction": text("\u202a{i}\u202c", whole=True),
    "on one line": lambda _, ids: (", ".join(map(str, ids)), ids, True),
    "on one line, with thanks": lambda _, ids: (f"{', '.join(map(str, ids))} thanks", ids, True),
    "on one line, with and": lambda _, ids: (f"{', '.join(map(str, ids[:-1]))} and {ids[-1]}", ids, True),
    "broken into lines": lambda _, ids: (",\n".join(f"{a}, {b}" for a, b in zip(ids[::2], ids[1::2], strict=False)), ids, False),
    "rising, broken into lines": lambda _, ids: (
        "\n".join(f"{a}, {b}" for a, b in zip(sorted(ids)[::2], sorted(ids)[1::2], strict=False)), ids, False),
    "numbered": text("{n} {i}"),
    "numbered from 1": lambda _, ids: ("\n".join(f"{n} {i}" for n, i in enumerate(ids, 1)), ids, False),
    "with telephones": text("{i} {tel}"),
    "with campaigns": text("{i} {campaign}"),
    "with scores, by tabs": text("{i}\t{score}"),
    "with scores, by bars": text("{i} | {score}"),
    "scores in front": text("{score} {i}"),
    "half a row at the end": text("{i}\t{score}\t{campaign}", foot="167999"),
    "thousands by commas": text("{i_in}"),
    "thousands by spaces": text("{i_space}"),
    "thousands by spaces, on one line": lambda rng, ids: (rng.choice([", ", "; ", ",", " | ", " and ", " "]).join(map(spaced, ids)), [], True),
    "thousands by spaces, for some": lambda rng, ids: (
        rng.choice([", ", ";", " ", " | "]).join(str(i) if n % 3 else spaced(i) for n, i in enumerate(ids)),
        [i for n, i in enumerate(ids) if n % 3], True),
    "thousands by spaces, in several lines": lambda rng, ids: (
        rng.choice([", ", ";", ""]).join(f"{spaced(i)}\n" for i in ids), [], True),
    "millions by spaces": lambda rng, ids: (rng.choice([", ", " ", "\n"]).join(spaced(i * 11) for i in ids), [], True),
    "lakhs by spaces": lambda rng, ids: (rng.choice([", ", "\n", " ", "; "]).join(map(lakhs, ids)), [], True),
    "lakhs by spaces, for one": lambda rng, ids: (rng.choice([", ", " "]).join([lakhs(ids[0]), *map(str, ids[1:])]), ids[1:], True),
    "thousands by spaces, beside a word": lambda _, ids: (
        ", ".join([*map(str, ids[:2]), "Zoë", spaced(ids[3]), str(ids[2])]), ids[:3], True),
    "columns of a PDF": text("{i}   {score}   {campaign}", head="Lead ID   Score   Campaign ID"),
    "columns of a mail": text("Bo  {i}  {score}", head="Name  Lead ID  Score"),
    "below what is not returned": lambda rng, ids: (
        rng.choice(["Not returned:", "Do not return these:"]) + "\n" + "\n".join(map(str, ids)), [], True),
    "scores alone": lambda rng, ids: ("Score\n" + "\n".join(str(score(rng)) for _ in ids), [], True),
    "rows alone": lambda _, ids: ("\n".join(map(str, range(1, len(ids) + 1))), [], True),
    "a frame that was printed": lambda rng, ids: (frame_of(rng, ids).to_string(), ids, False),
    "a frame without its index": lambda rng, ids: (frame_of(rng, ids).reset_index().to_string(), ids, False),
    "a series that was printed": lambda rng, ids: (str(frame_of(rng, ids)["score"]), ids, False),
    "a frame copied from a cell": lambda rng, ids: (
        "\tscore\tcampaign_id\nlead_id\t\t\n" + "\n".join(f"{i}\t{s}\t{c}" for i, s, c, _ in rows_of(rng, ids)), ids, True),
    "pasted with its header": text("{campaign}\t{i}\t{score}", head="Campaign ID\tLead ID\tScore", whole=True),
    "Lead number beside ID": table(["ID", "Lead number"], lambda n, i, _: [n, i], whole=True),
    "Convertr ID beside ID": table(["ID", "Convertr ID"], lambda n, i, _: [n, i], whole=True),
    "Lead ID (from Convertr)": table(["ID", "Lead ID (from Convertr)"], lambda n, i, _: [n, i], whole=True),
    "two that differ": table(["Lead ID", "Convertr ID"], lambda _, i, r: [i + r.randint(1, 9), i], whole=False),
    "ids of campaigns with counts": lambda rng, ids: (
        workbook([["Campaign", "ID", "Leads"], *([f"C{n}", 144064 + n, score(rng)] for n, _ in enumerate(ids))]), [], True),
    "a count below": table(["Lead ID", "Name"], lambda n, i, _: [i, f"n{n}"], ("count", None), whole=True),
    "a total in German": table(["Name", "Lead ID"], lambda n, i, _: [f"n{n}", i], ("Gesamtergebnis", "count"), whole=True),
    "a sum without a word": table(["Lead ID", "Payout"], lambda _, i, __: [i, 10], ("sum", None), whole=True),
    "a header slipped to the left": table(["Lead ID", "Score"], lambda n, i, r: [n, i, score(r)], whole=False),
    "hidden and struck through": hidden,
    "a line of ids as a file": lambda _, ids: (",".join(map(str, ids)).encode(), ids, True),
    "a stray word among them": lambda _, ids: (", ".join([*map(str, ids[:3]), "Zoë", *map(str, ids[3:])]), ids, True),
    "a stray word beside one": lambda _, ids: (", ".join([*map(str, ids[:3]), f"{ids[3]} Zoë", *map(str, ids[4:])]), ids, False),
    "a stray word and an odd number": lambda rng, ids: (
        ", ".join([*map(str, ids[:3]), "Zoë", *map(str, ids[3:]), str(rng.randint(1, 99))]), ids, True),
    "a word that judges": lambda rng, ids: (
        ", ".join([*map(str, ids[:3]), rng.choice(["done", "only", "old", "except", "valid", "not"]), *map(str, ids[3:])]), [], True),
    "a label in front": lambda rng, ids: (
        f"{rng.choice(['Kampanja', 'Campaigns', 'Zoë', 'ref'])} {', '.join(map(str, ids))}", [], True),
    "a label among them": lambda rng, ids: (
        f"{', '.join(map(str, ids[:3]))}, {rng.choice(['call', 'ref', 'Kampanja'])} {ids[3]}, {ids[-1]}", ids[:3], False),
    "a count among them": lambda _, ids: (f"{', '.join(map(str, ids))}, {len(ids)} leads Zoë", ids, False),
    "another table below, told apart": lambda _, ids: (
        workbook([["Lead ID", "Rank"], *([i, n] for n, i in enumerate(ids[:2], 1)), [], ["Rank", "Lead ID"],
                  *([n, i] for n, i in enumerate(ids[2:], 1))]), ids, True),
    "another table below, unclear": lambda _, ids: (
        workbook([["Lead ID", "Rank"], *([i, n] for n, i in enumerate(ids[:2], 1)), [], ["Rank", "ID"],
                  *([n, i] for n, i in enumerate(ids[2:], 1))]), ids[:2], True),
    "another table below, as CSV": lambda _, ids: (
        ("Lead ID,Name\n" + "\n".join(f"{i},x" for i in ids[:2]) + "\n\nPlace,Name,Lead ID\n"
         + "\n".join(f"{n},x,{i}" for n, i in enumerate(ids[2:], 70_001))).encode(), ids, True),
    "a list of Python": lambda rng, ids: (str(rng.choice([list, tuple, set])(ids)), ids, True),
    "a list of JSON": lambda _, ids: ("[\n" + ",\n".join(f'  "{i}"' for i in ids) + "\n]\n", ids, True),
    "pairs in brackets": lambda rng, ids: (str([[i, s] for i, s, _, _ in rows_of(rng, ids)]), [], True),
    "with bullets": lambda rng, ids: ("\n".join(f"{mark} {i}" for mark in [rng.choice("-*•–")] for i in ids), ids, True),
    "quoted in a mail": lambda rng, ids: (
        "\n".join(f"{rng.choice(['>', '> ', '>> '])}{i}" for i in ids) + "\nOn 24 Nov 2026 at 10:15, Tom wrote:", ids, True),
    "bullets with scores": text("* {i} {score}"),
    "bullets below another name": lambda _, ids: ("Campaigns:\n" + "\n".join(f"- {i}" for i in ids), [], True),
    "bullets that say not": lambda _, ids: ("Keep:\n" + "\n".join(f"- {i}" for i in ids), [], True),
    "what changed": lambda _, ids: ("\n".join(f"{'-+'[n % 2]} {i}" for n, i in enumerate(ids)), ids[1::2], False),
    "ticked or not": lambda rng, ids: ("\n".join(f"- [{rng.choice('x ')}] {i}" for i in ids), [], True),
    "greater than one": lambda _, ids: (f"> {ids[0]}", [], True),
    "below another name": lambda rng, ids: (
        rng.choice(["Campaigns", "Phone numbers:", "Invoices", "Tickets:", "Kampagnen", "Rows", "Order numbers", "Prices", "T\u00e9l\u00e9phones"])
        + "\n" + "\n".join(map(str, ids)), [], True),
    "records of JSON": lambda rng, ids: (json.dumps([{"score": s, "lead_id": i} for i, s, _, _ in rows_of(rng, ids)], indent=1), ids, True),
    "records of JSON, cut off": lambda rng, ids: (
        json.dumps([{"lead_id": i, "score": s} for i, s, _, _ in rows_of(rng, ids)], indent=1)[:-9], [], True),
    "records of JSON without their brackets": lambda rng, ids: (
        json.dumps([{"lead_id": i, "score": s} for i, s, _, _ in rows_of(rng, ids)], indent=1)[2:-2], ids, True),
    "records of Python": lambda rng, ids: (str([{"campaign": {"id": c}, "id": i} for i, _, c, _ in rows_of(rng, ids)]), ids, True),
    "records of YAML": lambda rng, ids: ("\n".join(f"- id: {i}\n  campaign: {c}" for i, _, c, _ in rows_of(rng, ids)), [], True),
    "a frame as JSON": lambda rng, ids: (frame_of(rng, ids).reset_index().to_json(), ids, True),
    "pairs of names and numbers": lambda rng, ids: (
        "\n".join(f"Lead: {i}\nScore: {s}" for i, s, _, _ in rows_of(rng, ids)), ids, False),
    "what a database prints": lambda rng, ids: (
        "   id   | score\n--------+-------\n" + "\n".join(f" {i} | {s}" for i, s, _, _ in rows_of(rng, ids)), ids, False),
    "a table of Markdown": text("| {i} | {score} |", head="| Lead ID | Score |\n|---|---|", whole=True),
    "below their campaigns": lambda rng, ids: (
        "\n".join(f"{c}\n    {i}" for i, _, c, _ in rows_of(rng, ids)), [], True),
    "with campaigns in the next line": lambda rng, ids: (
        "\n".join(f"{i} Acme\n{c}" for i, _, c, _ in rows_of(rng, ids)), [], True),
    "with one campaign in every second line": lambda _, ids: ("\n".join(f"{i}\n155001" for i in ids), [], True),
    "with two campaigns in every second line": lambda _, ids: (
        "\n".join(f"{i}\n{155_001 if n < len(ids) / 2 else 155_002}" for n, i in enumerate(ids)), [], len(ids) % 2 == 0),
    "said of in words": text("{i} dup of {tel}"),
    "said of by arrows": text("{i} -> {tel}"),
    "with money": text("{i} EUR {score}"),
    "with times": text("10:15 {i}"),
    "numbered with dots": text("{n}. {i}"),
    "of another system": lambda rng, ids: ("Lead ID (Salesforce)\n" + "\n".join(map(str, ids)), [], True),
    "two columns under the lead ids": text("{i} {score}", head="Lead ID"),
    "a number below a table": lambda rng, ids: (
        ("Lead ID,Name\n" + "\n".join(f"{i},x" for i in ids) + f"\n\n{score(rng)}\n").encode(), ids, True),
    "a row that lost a cell": lambda rng, ids: (
        ("Name,Lead ID,Score\n" + "\n".join(f"x,{i},5" for i in ids) + f"\n{ids[0]},{155_000 + len(ids)}\n").encode(), ids, True),
    "rows that say keep": lambda rng, ids: (
        ("Lead ID,Action\n" + "\n".join(f"{i},{'keep' if n % 2 else 'return'}" for n, i in enumerate(ids))).encode(),
        ids[::2], True),
    "campaigns with their budgets": lambda rng, ids: (
        ("id,name,budget\n" + "\n".join(f"{i},x,5" for i in ids)).encode(), [], True),
    "a score among ids": lambda rng, ids: ("\n".join(map(str, [*ids, rng.randint(1, 100)])), ids, True),
}  # fmt: skip
SEEDS = range(4)


def chosen(given: str | bytes) -> Selection:
    try:
        return cvtr.select(given) if isinstance(given, str) else read_file(given)
    except SelectionError:
        return Selection()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", KINDS)
def test_no_number_that_was_not_meant_is_a_lead(kind: str, seed: int) -> None:
    rng = random.Random(f"{kind} {seed}")
    ids = rng.sample(range(160_001, 175_000), rng.choice([4, 6, 9, 14]))
    given, meant, whole = KINDS[kind](rng, ids)
    found = chosen(given)
    assert set(found.ids) <= set(meant), kind
    if whole:
        assert sorted(found.ids) == sorted(meant), found.warnings


LONG = frozenset(
    kind
    for kind in KINDS
    if "stray word" in kind or "among them" in kind or "judges" in kind or "thousands by spaces, beside" in kind
)
"""Kinds that are made of four ids or more."""
NOTHING_TELLS = frozenset(
    {("rows alone", 1), ("rows alone", 2), ("below their campaigns", 1), ("with campaigns in the next line", 1)}
    | {("with one campaign in every second line", n) for n in (1, 2)}
    | {("with two campaigns in every second line", n) for n in (1, 2, 3)}
    | {
        (kind, 1)
        for kind in (
            "with telephones",
            "with campaigns",
            "with scores, by tabs",
            "with scores, by bars",
            "scores in front",
            "two columns under the lead ids",
        )
    }
)
"""Kinds and numbers of ids in which nothing tells a number from an id: a single line of numbers of one size is a list, as the rule
says, and 1 and 2 are ids.
"""


@pytest.mark.parametrize("seeds", [range(3), pytest.param(range(3, 15), marks=pytest.mark.long)], ids=["some", "more"])
@pytest.mark.parametrize(("kind", "count"), [(k, n) for k in KINDS for n in (1, 2, 3, 4, 9) if (k, n) not in NOTHING_TELLS])
def test_neither_size_nor_the_length_of_a_list_is_needed_to_tell(kind: str, count: int, seeds: range) -> None:
    for seed in seeds:
        rng = Numbers(f"{kind} {count} {seed}")
        rng.alike = True
        ids = rng.sample(range(160_001, 175_000), count + 4 if kind in LONG and count < 4 else count)
        given, meant, _ = KINDS[kind](rng, ids)
        assert set(chosen(given).ids) <= set(meant), given


def test_there_are_enough_of_them() -> None:
    assert len(KINDS) * len(SEEDS) >= 150


def test_two_columns_are_named_and_asked_about() -> None:
    with pytest.raises(ColumnUnclear, match="Lead ID, Convertr ID") as caught:
        read_file(b"Lead ID,Convertr ID\n167457,167458\n")
    assert caught.value.columns == ("Lead ID", "Convertr ID")


def test_what_is_odd_is_set_aside_and_can_be_added() -> None:
    found = cvtr.select("167457, 167458, 167459, 85")
    assert [one.lead_id for one in found.set_aside] == [85]
    assert any("set aside" in said for said in found.warnings)
    assert 85 in cvtr.select("167457, 167458, 167459, 85", include_odd=True)
    assert found.with_odd([85]).ids == (167457, 167458, 167459, 85)


def test_leads_that_are_known_are_taken_whatever_their_size() -> None:
    known = KnownIds(low=53_284, high=167_457, leads=lambda ids: {53_284, 167_457} & set(ids))
    assert parse_ids("167457, 53284", known=known).ids == (167_457, 53_284)
    aside = parse_ids("167457, 53284, 85", known=known)
    assert (aside.ids, [one.lead_id for one in aside.set_aside]) == ((167_457, 53_284), [85])
    assert not parse_ids("167457, 53284", known=KnownIds(high=167_457)).ids
    rows = parse_ids("1\n2\n3\n4", known=KnownIds(leads=set))
    assert not rows.ids  # may be the numbers of rows, whatever leads there are


def test_below_the_oldest_lead_nothing_is_taken() -> None:
    found = parse_ids("11, 12, 13", known=KnownIds(low=11_001, high=167_457))
    assert not found.ids
    assert {one.why for one in found.set_aside} == {TOO_LOW}


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        *((text, ()) for text in (
            "167457,8,9", "167457, 58, 59", "167457,458,459", "167457 85 90", "167457 | 85 | 90", "167457;85;90",
            "85\n90\n77\n167457", "lead 1 and 2 are 167457", "24 11 2026", "167457,85,144064", "167457,85,144064,155000",
            "447911123456\n447911123457", "167457, 44064, 44065, 44066, 44067, 44068", "447911123456, 447911123457, 167457")),
        ("167457\n167458\n334915", (167457, 167458)),
        ("Lead ID\n167457\n167458\n167459\n502374", (167457, 167458, 167459)),
        ("334915\n167457\n167458", (167457, 167458)),
        ("167457, 167458, 167459, 85", (167457, 167458, 167459)),
    ],
)  # fmt: skip
def test_the_larger_number_of_numbers_are_not_the_leads_for_that(given: str, meant: tuple[int, ...]) -> None:
    found = parse_ids(given)
    assert found.ids == meant
    assert found.set_aside
    assert set(found.with_odd().ids) == set(parse_ids(given, include_odd=True).ids)


@pytest.mark.parametrize(("given", "meant"), [("160128\n85\n90", (160128,)), ("85\n90", ()), ("160129\n44064\n44065", (160129,))])
def test_one_lead_that_is_known_makes_much_smaller_numbers_odd(given: str, meant: tuple[int, ...]) -> None:
    known = KnownIds(high=160128, least=160128, leads=lambda ids: {160128} & set(ids))
    assert parse_ids(given, known=known).ids == meant


def test_what_was_added_of_one_text_is_not_taken_of_another() -> None:
    added = AddedAnyway()
    added.add([1, 2, 3], "1\n2\n3", "")
    assert added.of("1\n2\n3\n4") == {1, 2, 3}
    assert not added.of("3\n2\n1")
    assert not added.of("1\n2\n3")
    added.add([85], "167457", "returned.csv")
    assert not added.of("167457")


@pytest.mark.parametrize(
    ("given", "leads"),
    [
        ("not 167457, 167458, 167459", 3),
        ("167457, 167458, done, 167459, 167460", 4),
        ("167457, 167458, Zoë, 167459", 0),
        ("167457, 167458, 167459, 167460 Zoë", 1),
        ("167457 167459\n167460 167458", 4),
        ("167457 85\n167458 86", 2),
        (b"Lead ID,Rank\n167457,1\n\nRank,ID\n1,167458\n2,167459\n", 2),
    ],
)
def test_what_is_not_taken_is_counted_in_leads(given: str | bytes, leads: int) -> None:
    assert chosen(given).not_taken == leads


def test_a_session_knows_what_it_has_read_and_sent() -> None:
    with cvtr.Sandbox(leads=50, seed=2) as sandbox, sandbox.connect() as client:
        first, second = sandbox.server.lead_ids()[:2]
        session = cvtr.LeadSession(client, progress=False)
        session.pull(ids=[first])
        far = first * 30
        assert session.select(f"{far}, {first}").ids == (first,)
        assert {one.lead_id for one in session.select(f"{far}, {first}").set_aside} == {far}
        session.run(session.plan(cvtr.mark_test("Test lead"), [second]), confirm=True)
        session.close()
        later = cvtr.LeadSession(client, progress=False)
        assert second in later.known_ids().leads([second, far])
        later.close()


LISTS = st.lists(st.integers(160_001, 175_000), min_size=3, max_size=12, unique=True)
PROSE = st.sampled_from(
    ["Hello all,", "Campaign 44064", "not 160500", "12 of 300 leads", "call +44 7911 123456", "on 2026-11-24", ""]
)


@settings(max_examples=100)
@given(LISTS, st.lists(PROSE, max_size=3), st.lists(st.integers(1, 99), min_size=3, max_size=12), st.booleans())
def test_lists_tables_and_prose_together(ids: list[int], prose: list[str], scores: list[int], table: bool) -> None:
    lines = [f"{i} {s}" for i, s in zip(ids, scores, strict=False)] if table else list(map(str, ids))
    with contextlib.suppress(SelectionError):
        found = parse_ids("\n".join([*prose, *lines]))
        assert set(found.ids) <= set(ids)


def test_a_plan_warns_of_what_was_set_aside() -> None:
    with cvtr.Sandbox(leads=50, seed=2) as sandbox, sandbox.connect() as client:
        session = cvtr.LeadSession(client, progress=False)
        first, second, third = sandbox.server.lead_ids()[:3]
        text = f"{first}, {second}, {third}, 85"
        plan = session.plan(cvtr.mark_test("Test lead"), text)
        assert len(plan.frame) == 3
        assert any("set aside" in said for said in plan.warnings)
        assert 85 in session.select(text, include_odd=True)
        session.close()
