"""Several numbers in a line: a list that was broken into lines, the columns of a table, or one telephone number."""

from __future__ import annotations

import random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cvtr_widgets as cvtr
from cvtr_widgets.selection.select import parse_ids, read_file

RISING = [167_001 + 13 * n for n in range(23)]
MIXED = random.Random(7).sample(range(160_001, 175_000), 23)


def lines(ids: list[int], width: int, between: str, end: str = "") -> str:
    return f"{end}\n".join(between.join(map(str, ids[at : at + width])) for at in range(0, len(ids), width))


@pytest.mark.parametrize("width", [2, 4, 7, 10])
@pytest.mark.parametrize("between", [" ", ", ", ";", ","])
def test_a_list_broken_into_lines_is_taken_where_only_a_list_looks_so(width: int, between: str) -> None:
    assert list(parse_ids(lines(RISING, width, between)).ids) == RISING
    assert list(parse_ids(lines(RISING[::-1], width, between)).ids) == RISING[::-1]
    assert list(parse_ids(lines(MIXED, width, between, between.strip() or ",")).ids) == MIXED
    assert not parse_ids(lines(MIXED, width, between)).ids
    assert parse_ids(lines(MIXED, width, between)).not_taken == len(MIXED)


def test_a_list_broken_at_commas_by_hand_is_taken() -> None:
    text = "167457, 168001, 167999, 167460\n167458, 161461\n170000, 170100, 169001, 164002, 163001\n167459"
    assert len(parse_ids(text).ids) == 12
    assert not parse_ids(text.replace(",", "")).ids
    assert not parse_ids(text.replace("167458,", "167458,,")).ids


def columns(rng: random.Random, kind: str, rows: int) -> list[tuple[int, ...]]:
    ids = sorted(rng.sample(range(160_001, 175_000), rows))
    match kind:
        case "two overlap, two do not":
            return [
                (i, 147_000 + n, 150_000 + rng.randint(0, 20_000), 155_000 + rng.randint(0, 15_000)) for n, i in enumerate(ids)
            ]
        case "both fall":
            return [(i, 120_000 + i % 9_000) for i in reversed(ids)]
        case "as far from each other":
            return [(i, i + 7) for i in ids]
        case "from and to":
            return [(160_000 + 100 * n, 160_099 + 100 * n) for n in range(rows)]
        case _:
            return [(i, rng.randint(150_000, 180_000), rng.randint(140_000, 190_000)) for i in ids]


@pytest.mark.parametrize(
    "kind", ["two overlap, two do not", "both fall", "as far from each other", "from and to", "of one range"]
)
@pytest.mark.parametrize("between", [" ", "  ", ",", ", ", ";", " | "])
@pytest.mark.parametrize("half_dragged", [False, True])
def test_columns_of_numbers_as_long_as_ids_give_no_lead(kind: str, between: str, half_dragged: bool) -> None:
    for seed in range(5):
        rows = [between.join(map(str, row)) for row in columns(random.Random(seed), kind, 6)]
        rows += ["168888"] if half_dragged else []
        found = parse_ids("\n".join(rows))
        assert not found.ids, rows
        assert found.not_taken >= 6


def test_ids_that_follow_each_other_are_a_list_and_no_ranges() -> None:
    assert len(parse_ids("\n".join(f"{i} {i + 1}" for i in range(167_001, 167_021, 2))).ids) == 20


@pytest.mark.parametrize(
    ("text", "ids", "leads"),
    [
        ("447911 123456", (), 2),
        ("Lead ID: 447911 123456", (), 2),
        ("Lead ID\n447911 123456", (), 2),
        ("lead 167457 447911 123456", (), 3),
        ("447911\u00a0123456", (), 2),
        ("167457, 447911 123456, 167458", (167_457, 167_458), 2),
        ("447911 123456, 447912 123999", (), 4),
        ("167457 167458", (167_457, 167_458), 0),
        ("Lead ID: 167457 167458", (167_457, 167_458), 0),
        ("#447911 #123456", (447_911, 123_456), 0),
    ],
)
def test_an_id_and_a_telephone_number_are_not_two_ids(text: str, ids: tuple[int, ...], leads: int) -> None:
    found = parse_ids(text)
    assert (found.ids, found.not_taken) == (ids, leads)


def test_a_cell_with_two_numbers_holds_no_single_id() -> None:
    table = pd.DataFrame({"lead_id": ["167457", "447911 123456", "167458 167459"]})
    for found in (cvtr.select(table), read_file(b"Lead ID\n167457\n447911 123456\n167458 167459\n")):
        assert found.ids == (167_457,)
        assert found.not_taken == 2
        assert {"holds several numbers: put each id into its own cell"} == {one.why for one in found.rejected}


def below_each_other(kinds: list[list[int]]) -> str:
    return "".join(f"{one}\n" for row in zip(*kinds, strict=True) for one in row)


LEADS, CAMPAIGNS = [167_457, 167_502, 167_458, 167_390, 167_611, 167_460], [155_001, 155_001, 155_001, 155_002, 155_002, 155_002]
BY_TURNS = [
    [LEADS, CAMPAIGNS], [CAMPAIGNS, LEADS], [LEADS[:3], CAMPAIGNS[:3]], [LEADS, CAMPAIGNS, [150_000] * 6],
    [LEADS, [150_000] * 6, [one + 900 for one in LEADS]], [LEADS[:4], [155_001, 155_001, 155_002, 155_002]], [LEADS, [150_000] * 6, CAMPAIGNS, [150_003] * 6],
]  # fmt: skip


@pytest.mark.parametrize("kinds", BY_TURNS)
def test_numbers_that_come_again_at_every_second_place_are_cells(kinds: list[list[int]]) -> None:
    text = below_each_other(kinds)
    for found in (parse_ids(text), cvtr.select(text, include_odd=True), read_file(text.encode()), parse_ids(text + "150001\n")):
        assert not found.ids
        assert "are repeated at every" in found.rejected[-1].why
        assert "write Lead ID above if all are" in found.rejected[-1].why
        assert found.not_taken >= len({one for kind in kinds for one in kind})
    assert len(parse_ids(f"Lead ID\n{text}").ids) == len({one for kind in kinds for one in kind})
    assert read_file(f"Lead ID\n{text}".encode()).ids == parse_ids(f"Lead ID\n{text}").ids
    assert read_file(text.encode(), column="column 1").ids


@pytest.mark.parametrize(
    "ids",
    [
        [*LEADS, *LEADS], [*LEADS[:3], *LEADS[:3], *LEADS[:3]], [one for one in LEADS for _ in range(2)], [*LEADS, *LEADS[::-1]],
        [*LEADS, LEADS[0], LEADS[2]], [1, 2, 3, 2], [1, 2, 3, 2, 4, 5, 6], [LEADS[0]] * 6, [*LEADS[:2], LEADS[0], *LEADS[2:]],
    ],
)  # fmt: skip
def test_a_list_in_which_ids_come_again_is_a_list(ids: list[int]) -> None:
    text = "".join(f"{one}\n" for one in ids)
    assert parse_ids(text, include_odd=True).ids == tuple(dict.fromkeys(ids)) == read_file(text.encode(), include_odd=True).ids


@settings(max_examples=100)
@given(st.lists(st.sampled_from(range(167_000, 167_020)), min_size=6, max_size=12), st.integers(2, 5))
def test_a_list_pasted_several_times_is_a_list(ids: list[int], times: int) -> None:
    text = "".join(f"{one}\n" for one in list(dict.fromkeys(ids)) * times)
    assert parse_ids(text, include_odd=True).ids == tuple(dict.fromkeys(ids))
