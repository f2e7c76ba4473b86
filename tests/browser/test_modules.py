"""The logic in the pages' JavaScript modules, called one by one in a blank page: no panel, no kernel, no JupyterLab."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, Route

from cvtr_widgets.panel.link.deltas import Deltas

SITE = "http://modules.test"
PACKAGE = resources.files("cvtr_widgets")
LOAD = "const load = (name) => import(`/${name.includes(`/`) ? name : `panel/static/${name}`}`);"
BLANK = "<!doctype html><title>modules</title>"
QUICK = settings(max_examples=30, deadline=None)
# A kernel that says nothing by itself, and a clock that stands still unless it is told to go on.
LINK = """
    const { KernelLink } = await load("kernel_link.js");
    const sent = [], said = [];
    let time = 0, ended = false;
    const hearers = {};
    const model = { send: (content) => { if (ended) throw new Error("gone"); sent.push([content.kind, content.n]); },
      on: (event, hear) => { hearers[event] = hear; }, off: (event) => { delete hearers[event]; } };
    const link = new KernelLink(model, () => time);
    link.acted = () => said.push("acted");
    link.lost = (numbers) => said.push(numbers);
    const heard = (n, missing = [], lost = []) => link.received({ kind: "heard", page: link.page, n, missing, lost });
"""


class Modules:
    """``call("format.js", "inWords", 1000)`` gives what the function gives; ``run(code)`` what a longer piece returns."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def call(self, module: str, name: str, *given: Any) -> Any:
        return self.run("const made = await load(given[0]); return made[given[1]](...given[2]) ?? null;", module, name, given)

    def run(self, code: str, *given: Any) -> Any:
        return self._page.evaluate("async (given) => {" + LOAD + code + "}", given)


@pytest.fixture(scope="module")
def modules(browser: Browser) -> Iterator[Modules]:
    def answer(route: Route) -> None:
        name = route.request.url.removeprefix(f"{SITE}/")
        if name:
            route.fulfill(content_type="text/javascript", body=(PACKAGE / name).read_text(encoding="utf-8"))
        else:
            route.fulfill(content_type="text/html", body=BLANK)

    page = browser.new_page()
    page.route("**", answer)
    page.goto(f"{SITE}/")
    yield Modules(page)
    page.close()


# -- sentences and numbers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "coverage", "text"),
    [
        ((0, 0, 0, 0), "", ""),
        ((0, 25, 1234, 1234), "", "1–25 of 1,234"),
        ((25, 3, 28, 1234), "", "26–28 of 28 matching, 1,234 loaded"),
        ((0, 0, 0, 1234), "", "None of 1,234 loaded matches"),
        ((0, 25, 1234, 1234), "stopped at 1,234 of 5,000", "1–25 shown · stopped at 1,234 of 5,000"),
        ((0, 2, 2, 1234), "stopped", "1–2 of 2 matching · stopped"),
        ((0, 0, 0, 1234), "stopped", "None matches · stopped"),
        ((0, 25, 90, 1234, True), "", "1–25 of 90 found so far · still searching 1,234"),
        ((0, 0, 0, 1234, True), "stopped", "None found so far · still searching 1,234 · stopped"),
    ],
)
def test_which_rows_are_shown(modules, page, coverage, text):
    first, rows, matching, loaded, *searching = page
    now = {"first": first, "rows": [{}] * rows, "matching": matching, "loaded": loaded, "searching": bool(searching)}
    assert modules.call("format.js", "whereText", now, coverage) == text


@pytest.mark.parametrize(
    ("name", "given", "text"),
    [
        ("sinceText", {"changed": 0, "new": 0}, ""),
        ("sinceText", {"changed": 1200, "new": 1}, "since the last view: 1,200 changed, 1 new"),
        ("doneText", {"done": 0, "total": None}, ""),
        ("doneText", {"done": 1200, "total": None}, " · 1,200"),
        ("doneText", {"done": 0, "total": 3}, " · 0 of 3"),
        ("rangeText", {"created_after": "", "created_before": "", "range": ""}, "Any day"),
        ("rangeText", {"created_after": "2026-01-02", "created_before": "", "range": ""}, "from 2026-01-02"),
        ("rangeText", {"created_after": "", "created_before": "2026-01-02", "range": ""}, "to 2026-01-02"),
        ("rangeText", {"created_after": "2026-01-02", "created_before": "2026-01-02", "range": ""}, "2026-01-02"),
        ("rangeText", {"created_after": "2026-01-02", "created_before": "2026-01-03", "range": "Last week"}, "Last week"),
        ("rangeText", {"created_after": "half-typed", "created_before": "2026-01-03", "range": ""}, "half-typed"),
    ],
)
def test_texts_of_numbers_and_days(modules, name, given, text):
    assert modules.call("format.js", name, given) == text


@pytest.mark.parametrize(("text", "page"), [("3", 2), ("1", 0), ("0", 0), ("-4", 0), ("", 0), ("x", 0), ("2.9", 1)])
def test_a_page_that_is_typed(modules, text, page):
    assert modules.call("table_foot.js", "typedPage", text) == page


# -- the keyboard and ranges --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "active", "there"),
    [
        ("ArrowDown", 3, 4),
        ("ArrowDown", 9, 9),
        ("ArrowUp", 3, 2),
        ("ArrowUp", 0, 0),
        ("Home", 7, 0),
        ("End", 0, 9),
        ("a", 3, None),
    ],
)
def test_where_a_key_goes_in_ten_rows(modules, key, active, there):
    assert modules.call("table_moves.js", "rowAfterKey", key, active, 10) == there


@pytest.mark.parametrize(("key", "there"), [("ArrowRight", 3), ("ArrowLeft", 1), ("Home", 0), ("End", 3), ("toString", None)])
def test_where_a_key_goes_in_four_heads(modules, key, there):
    assert modules.call("table_moves.js", "headAfterKey", key, 2, 4) == there


@QUICK
@given(st.lists(st.integers(1, 99).map(str), min_size=1, unique=True), st.data())
def test_a_range_holds_the_rows_between_and_no_other(modules, ids, data):
    first, last = data.draw(st.sampled_from(ids)), data.draw(st.sampled_from(ids))
    low, high = sorted((ids.index(first), ids.index(last)))
    assert modules.call("table_moves.js", "idsBetween", ids, first, last) == ids[low : high + 1]
    assert modules.call("table_moves.js", "idsBetween", ids, "elsewhere", last) == [last]


def test_what_presses_on_a_head_ask_for(modules):
    ask = lambda sorted_: modules.call("table_moves.js", "nextSort", "score", sorted_)  # noqa: E731
    assert ask(None) == {"column": "score", "descending": False}
    assert ask({"descending": False}) == {"column": "score", "descending": True}
    assert ask({"descending": True}) == {"column": "", "descending": False}


@QUICK
@given(st.lists(st.sampled_from("abcdef"), min_size=1, unique=True), st.integers(-1, 6), st.sampled_from([-1, 1]))
def test_moving_a_column_loses_none(modules, names, place, step):
    there = place + step
    moved = modules.call("head_menu.js", "moved", names, place, step)
    if 0 <= place < len(names) and 0 <= there < len(names):
        assert sorted(moved) == sorted(names)
        assert (moved[there], moved[place]) == (names[place], names[there])
    elif place < len(names):
        assert moved is None


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"key": "v"}, ["decide", {"id": "7", "mark": "valid"}]),
        ({"key": "I"}, ["decide", {"id": "7", "mark": "invalid"}]),
        ({"key": "v", "repeat": True}, None),
        ({"key": "v", "ctrlKey": True}, None),
        ({"key": "n"}, ["detail_step", {"step": 1}]),
        ({"key": "p"}, ["detail_step", {"step": -1}]),
        ({"key": "Escape"}, ["detail_close"]),
        ({"key": "x"}, None),
    ],
)
def test_keys_in_the_lead_detail(modules, event, message):
    assert modules.call("detail.js", "keyMessage", event, "7") == message


@pytest.mark.parametrize(
    ("event", "host"),
    [
        ({"key": "s", "ctrlKey": True}, True),
        ({"key": "S", "metaKey": True, "shiftKey": True}, True),
        ({"key": "c", "ctrlKey": True}, False),
        ({"key": "c", "ctrlKey": True, "shiftKey": True}, True),
        ({"key": "d"}, False),
        ({"key": "Enter", "shiftKey": True}, False),
        ({"key": "s", "ctrlKey": True, "altKey": True}, False),
        ({"key": "Escape"}, True),
    ],
)
def test_which_keys_stay_with_the_notebook(modules, event, host):
    assert bool(modules.call("host_keys.js", "hostKey", event)) is host


# -- ticks that the kernel has not handled -------------------------------------------------------------------------------


@QUICK
@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=8), st.integers(0, 9))
def test_a_box_shows_what_was_pressed_last_until_the_kernel_has_handled_it(modules, presses, handled):
    shown = modules.run(
        """
        const { PendingTicks } = await load("pending_ticks.js");
        const ticks = new PendingTicks();
        given[0].forEach(([id, on], place) => ticks.add([id], on, place + 1));
        ticks.handled(given[1]);
        return ["a", "b", "c"].map((id) => ticks.shown(id, "told"));
        """,
        presses,
        handled,
    )
    expected = []
    for one in "abc":
        last = max((place for place, (id_, _) in enumerate(presses, 1) if id_ == one), default=0)
        expected.append(presses[last - 1][1] if last > handled else "told")
    assert shown == expected


# -- views that come in parts --------------------------------------------------------------------------------------------

VIEWS = st.fixed_dictionaries(
    {
        "step": st.integers(1, 3),
        "head": st.fixed_dictionaries({"badge": st.sampled_from(["LIVE", "SANDBOX"]), "usage": st.text(max_size=2)}),
        "leads": st.fixed_dictionaries(
            {"notes": st.lists(st.text(max_size=2), max_size=2), "job": st.none() | st.just({"done": 1})}
        ),
    }
)
ROWS = st.fixed_dictionaries({"rows": st.lists(st.integers(0, 3), max_size=3), "page": st.integers(0, 2)})


@QUICK
@given(st.lists(st.tuples(VIEWS, ROWS, st.booleans(), st.booleans()), min_size=1, max_size=6))
def test_what_is_shown_is_what_the_kernel_said_or_everything_is_asked_for(modules, steps):
    """The kernel's own deltas; each message of it may get lost on the way."""
    news, messages = Deltas(), []
    for number, (view, rows, rows_arrive, view_arrives) in enumerate(steps, 1):
        part, whole = news.of("leads", rows)
        told, all_of_it = news.of_sections("view", view)
        if rows_arrive:
            messages.append(["takeRows", {"table": "leads", "number": number, "whole": whole, "is": part}])
        if view_arrives:
            messages.append(["takeView", {"number": number, "whole": all_of_it, "is": told, "tables": ["leads"]}])
    got = modules.run(
        """
        const { Deltas } = await load("deltas.js");
        const deltas = new Deltas();
        return JSON.stringify(given[0].map(([kind, message]) => [kind, message.number, deltas[kind](message), deltas.view]));
        """,
        messages,
    )
    at = 0
    for kind, number, answer, view in json.loads(got):
        if kind == "takeView" and answer == "taken":
            assert view == steps[number - 1][0]
            at = number
        elif kind == "takeView":
            assert (answer, view) == ("missed", steps[at - 1][0] if at else None)
    arrived = [both[2] and both[3] for both in steps]
    if all(arrived):
        assert at == len(steps)


def test_an_old_view_changes_nothing(modules):
    assert modules.run(
        """
        const { Deltas } = await load("deltas.js");
        const deltas = new Deltas();
        const message = (number, step) => ({ number, whole: true, is: { step }, tables: [] });
        return [deltas.takeView(message(5, 2)), deltas.takeView(message(4, 1)), deltas.takeView(message(5, 3)), deltas.view.step];
        """
    ) == ["taken", "old", "old", 2]


# -- the link to the kernel ----------------------------------------------------------------------------------------------


def test_a_press_without_an_answer_is_spoken_of_after_a_second(modules):
    assert modules.run(
        LINK
        + """
        link.send("tick");
        const states = [];
        for (time of [900, 1100]) states.push([link.isSlow(), link.isPressedUnanswered()]);
        heard(1);
        states.push([link.isSlow(), link.isPressedUnanswered(), link.isWaiting]);
        link.send("ping");
        time = 5000;
        states.push([link.isSlow(), link.isPressedUnanswered(), link.silence()]);
        return [states, said];
        """
    ) == [[[False, False], [True, True], [False, False, False], [True, False, 3900]], ["acted"]]


def test_a_press_that_got_lost_is_told_and_one_that_is_late_is_not(modules):
    assert modules.run(
        LINK
        + """
        link.acted = () => {};
        link.send("tick");
        link.send("go");
        time = 5000;
        heard(2, [[1, 1]]);
        const early = [...said, link.isWaiting];
        heard(2, [], [[1, 1]]);
        return [early, said, link.isWaiting];
        """
    ) == [[True], [[1]], False]


def test_every_press_that_a_long_break_has_swallowed_is_told(modules):
    assert modules.run(
        LINK
        + """
        link.acted = () => {};
        for (let press = 1; press <= 100; press += 1) link.send(press % 2 ? "tick" : "ping");
        link.send("ping");
        heard(101, [], [[1, 99]]);
        const { lostWords } = await load("kernel_link.js");
        return [said.flat().length, lostWords(said[0]).split(",")[0], link.isWaiting];
        """
    ) == [50, "50 things that you pressed or entered did not reach the kernel", False]


def test_only_the_newest_state_of_what_was_handled_counts(modules):
    assert (
        modules.run(
            LINK
            + """
        for (const handled of [3, 2]) link.received({ kind: "view", handled: { [link.page]: handled, other: 9 } });
        return link.handled;
        """
        )
        == 3
    )


def test_after_three_seconds_it_asks_and_not_again_before_ten_more(modules):
    assert modules.run(
        LINK
        + """
        link.send("tick");
        for (time of [2900, 3100, 4000, 13000, 13200]) link.askAboutLost();
        return sent.map(([kind]) => kind);
        """
    ) == ["tick", "ping", "ping"]


def test_a_kernel_that_ended_is_noticed_and_a_closed_link_notices_nothing(modules):
    assert modules.run(
        LINK
        + """
        hearers.comm_live_update();
        const cut = [link.cut, sent.length];
        heard(1);
        cut.push(link.cut);
        ended = true;
        link.send("ping");
        cut.push(link.cut, link.unsent);
        link.send("tick");
        cut.push(link.unsent);
        heard(2);
        cut.push(link.unsent);
        link.close();
        return [cut, Object.keys(hearers)];
        """
    ) == [[True, 1, False, True, False, True, False], []]


@pytest.mark.parametrize(
    ("state", "about", "parts"),
    [
        ({"slow": False}, {"viewed": 4}, None),
        ({}, {"viewed": 0}, ["No kernel answers this panel", "Shift+Enter"]),
        ({}, {"viewed": 0, "voila": True}, ["has not answered this page", "reload the page"]),
        ({"silence": 2000}, {"viewed": 4}, ["The kernel has not answered yet. It may be busy with another cell"]),
        (
            {"cut": True},
            {"viewed": 0, "at": ""},
            ["The kernel of this panel was restarted or has ended. Run the notebook’s cells"],
        ),
        (
            {"cut": True, "slow": False},
            {"viewed": 0, "voila": True},
            ["was restarted or has ended. Reload the page to start again."],
        ),
        ({"cut": True, "unsent": True}, {"viewed": 4}, ["may still be applied. What you pressed last did not reach it. Run"]),
        ({"cut": True, "pressed": True}, {"viewed": 4}, ["It is not known here whether what you pressed last was done. Run"]),
        ({"silence": 2000, "pressed": True}, {"viewed": 4}, ["What you pressed has not been answered yet."]),
        (
            {"silence": 9000},
            {"viewed": 4},
            ["No answer from the kernel for 9 s", "as of 12:00:00", "If this does not change: run the notebook’s cells again"],
        ),
        ({"silence": 9000}, {"viewed": 4, "running": True}, ["as of 12:00:00. So are the run’s numbers"]),
        (
            {"cut": True},
            {"viewed": 4},
            ["was restarted or has ended", "stays sent, and what was on its way may still be applied."],
        ),
        ({"cut": True}, {"viewed": 4, "ownSandbox": False}, ["(Shift+Enter): it offers to resume a run that stopped half-way."]),
        (
            {"cut": True},
            {"viewed": 4, "ownSandbox": True},
            ["they start a new sandbox.", "its leads and runs are gone, and nothing is left to resume."],
        ),
        ({"cut": True}, {"viewed": 0}, ["stopped half-way, unless that was in a sandbox of the kernel’s own."]),
        ({"cut": True, "slow": False}, {"viewed": 4}, None),
    ],
)
def test_what_is_said_of_a_silent_kernel(modules, state, about, parts):
    text = modules.run(
        """
        const { silence } = await load("connection.js");
        const { slow = true, pressed = false, cut = false, unsent = false, silence: time = 0 } = given[0];
        const link = { cut, unsent, isSlow: () => slow, isPressedUnanswered: () => pressed, silence: () => time };
        return silence(link, { at: "12:00:00", ...given[1] });
        """,
        state,
        about,
    )
    assert text == "" if parts is None else all(part in text for part in parts), text


@pytest.mark.parametrize(
    ("here", "name", "other"),
    [
        ("Europe/London", "UTC", True),  # in summer
        ("Atlantic/Reykjavik", "UTC", False),
        ("Europe/Lisbon", "Europe/London", False),
        ("Asia/Tokyo", "Europe/London", True),
    ],
)
def test_whether_days_begin_at_another_time_is_asked_of_the_whole_year(modules, here, name, other):
    assert modules.call("format.js", "haveOtherDays", here, name, 0) is other


# -- menus, integrations, typed texts ------------------------------------------------------------------------------------


def test_what_a_column_menu_offers(modules):
    offers = lambda name, **about: modules.call(  # noqa: E731
        "head_menu.js", "offers", name, {"kinds": ["contains"], "sorts": [], "shown": ["lead_id", "score", "email"], **about}
    )
    only = lambda found: {name for name, on in found.items() if on}  # noqa: E731
    assert only(offers("lead_id")) == {"sort"}
    assert only(offers("score")) == {"sort", "right", "hide"}
    assert only(offers("email", sorts=[{"name": "score"}])) == {"sort", "then", "unsort", "left", "hide"}
    assert only(offers("email", sorts=[{"name": "email"}], kinds=[])) == {"unsort", "left", "hide"}


def test_which_filter_is_offered_first(modules):
    first = lambda *given: modules.call("column_filter.js", "firstKind", *given)  # noqa: E731
    assert first("country", ["contains", "one_of"], None) == "one_of"
    assert first("email", ["contains", "one_of"], None) == "contains"
    assert first("email", ["contains", "one_of"], {"kind": "empty"}) == "empty"


def test_a_tick_for_several_campaigns(modules):
    campaigns = [{"jobs": [["1", "Phone"], ["2", "Mail"]]}, {"jobs": [["3", "Phone"]]}]
    assert modules.call("integrations.js", "sharedIntegrations", campaigns) == [["Phone", ["1", "3"]]]
    looks = modules.run(
        """
        const { sharedTick } = await load("integrations.js");
        return given[0].map((on) => sharedTick(["1", "3"], new Map(Object.entries(on))));
        """,
        [{}, {"1": True}, {"1": True, "3": True}],
    )
    assert [(one["checked"], one["indeterminate"]) for one in looks] == [(False, False), (False, True), (True, False)]


def test_what_is_typed_is_not_undone_by_what_the_kernel_said_before_it_heard_it(modules):
    assert modules.run(
        """
        const { typed } = await load("fields.js");
        const sent = [];
        const field = typed("Comment", "c", (text) => sent.push(text), { delay: 10_000 });
        const type = (text) => { field.input.value = text; field.input.dispatchEvent(new Event("input")); };
        const shown = [];
        type("one"); field.set("", 0); shown.push(field.input.value);
        field.flush(); field.set("", 0); shown.push(field.input.value);
        field.set("from the kernel", 1); shown.push(field.input.value);
        return [shown, sent];
        """
    ) == [["one", "one", "from the kernel"], ["one"]]


@pytest.mark.parametrize(("parts", "saved"), [([0, 1, 2], 1), ([0, 2], 0), ([1, 2], 0), ([0, 1, 0, 1, 2], 1)])
def test_a_file_is_saved_only_if_all_its_parts_came_in_order(modules, parts, saved):
    assert (
        modules.run(
            """
        const { downloads } = await load("downloads.js");
        const clicks = [];
        document.addEventListener("click", (event) => { event.preventDefault(); clicks.push(event.target.download); }, { once: true });
        const take = downloads();
        for (const part of given[0]) {
          take({ key: "k", part, parts: 3, type: "text/csv", name: "a.csv" }, [new DataView(new ArrayBuffer(2))]);
        }
        document.dispatchEvent(new Event("click"));
        return clicks.filter((name) => name === "a.csv").length;
        """,
            parts,
        )
        == saved
    )


# -- charts --------------------------------------------------------------------------------------------------------------

VALUES = "insight/static/chart_values.js"
DAYS = [f"2026-03-{day:02}T00:00:00" for day in range(27, 32)]  # clocks change on the 29th in Europe


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (1234, "1,234"),
        (0.25, "0.250"),
        (0.0001, "<0.001"),
        (0, "0"),
        ("2026-03-29T00:00:00", "2026-03-29"),
        ("2026-03-29T02:30:00", "2026-03-29 02:30"),
        ("T00:00:00", "T00:00:00"),
        (True, "true"),
    ],
)
def test_a_value_in_the_table_of_a_chart(modules, value, text):
    assert modules.call(VALUES, "shownValue", value) == text


def test_what_is_brushed_begins_and_ends_on_rows_that_are_there(modules):
    rows = [{"day": day, "leads": 1} for day in reversed(DAYS)] + [{"day": None, "leads": 2}]
    at = modules.call(VALUES, "asTime", DAYS[1])
    hour = 3_600_000
    brushed = lambda low, high: modules.call(VALUES, "brushedTimes", rows, "day", [at + low * hour, at + high * hour])  # noqa: E731
    assert brushed(-1, 25) == {"first": DAYS[1], "last": DAYS[2]}
    assert brushed(0, 0) == {"first": DAYS[1], "last": DAYS[1]}
    assert brushed(1, 23) is None


def test_an_area_without_a_row_selects_nothing(modules):
    rows = [{"x": 1, "y": 5}, {"x": 3, "y": 7}, {"x": None, "y": 0}]
    ranges = lambda area: modules.call(VALUES, "areaRanges", rows, ["x", "y"], area)  # noqa: E731
    assert ranges({"x": [2, 0], "y": [4, 6]}) == {"x": [0, 2], "y": [4, 6]}
    assert ranges({"x": [0, 2], "y": [6, 8]}) is None
    assert ranges({"x": [-1, 0], "y": [-1, 1]}) is None
    assert ranges({"x": [0, 2]}) is None


def test_a_mark_leads_back_to_its_row(modules):
    chart = {"keys": ["day", "publisher"], "rows": [{"day": day, "publisher": name} for day in DAYS for name in ("A", None)]}
    drawn = modules.call(VALUES, "drawnRows", chart["rows"])
    for row, mark in zip(chart["rows"], drawn, strict=True):
        assert modules.call(VALUES, "rowOfMark", chart, {**mark, "more": 1}) == row
    assert modules.call(VALUES, "rowOfMark", chart, {"day": drawn[0]["day"]}) is None


@pytest.mark.parametrize(
    ("view", "text"),
    [
        ({"shows": "none"}, "Choose a question."),
        ({"shows": "chart"}, "Click a mark, a row or a button to select its leads."),
        ({"shows": "table"}, "These are counts: no leads can be selected here."),
        ({"said": "3 leads selected.", "version": 1}, "3 leads selected."),
        ({"job": {"what": "Looking", "done": 2, "total": 9}}, "Looking … (2 of 9)"),
        ({"job": {"what": "Looking", "stopping": True}}, "Stopping …"),
    ],
)
def test_what_look_says_of_itself(modules, view, text):
    assert modules.call("insight/static/look.js", "stateText", view) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1234567.50", "1,234,567.50"), ("-1234.05", "-1,234.05"), ("0.00", "0.00"), ("12", "12"), (1234, "1,234"), (0.25, "0.250"), (0.0001, "<0.001"),
        (-0.0001, ">-0.001"), (None, ""), ("2026-03-29T00:00:00", "2026-03-29"),
    ],
)  # fmt: skip
def test_how_a_value_is_shown(modules, value, text):
    assert modules.call(VALUES, "shownValue", value) == text


@pytest.mark.parametrize("text", ["=1+1", " +1", "@x", "\t=1", "-2+3", "'=1", "\u200b=1", "＝1"])
def test_no_text_of_a_saved_table_is_a_formula(modules, text):
    assert modules.call("insight/static/live_table.js", "safeText", text) == f"'{text}"
    assert modules.call("insight/static/live_table.js", "safeText", "LeadGen Ltd") == "LeadGen Ltd"


# -- the table, drawn in the blank page ----------------------------------------------------------------------------------

TABLE = """
    const { LeadTable } = await load("table.js");
    document.body.replaceChildren();
    const sent = [];
    const link = { handled: 0, sent: 0, page: "p", isSettled: () => true, send: (kind, is) => { sent.push([kind, is]); link.sent += 1; return link.sent; } };
    const table = new LeadTable(link, "leads", "Leads", { selectable: true });
    document.body.append(table.element);
    const ids = ["11", "12", "13", "14", "15"];
    const draw = (on = [], more = {}) => table.draw({ columns: [{ name: "lead_id", title: "Id", look: "id" }],
      rows: ids.map((id) => ({ id, cells: [], on: on.includes(id) })), page: 1, pages: 3, size: 25, first: 25, matching: 60, loaded: 60,
      changed: 0, new: 0, ...more });
    const box = (id) => document.querySelector(`[data-lead-id="${id}"] input`);
    const press = (key, shiftKey = false) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey, bubbles: true }));
    const ticked = () => ids.filter((id) => box(id).checked);
    draw();
"""


@pytest.mark.parametrize(
    ("keys", "ticked"),
    [
        ([["End", True]], ["12", "13", "14", "15"]),
        ([["ArrowDown", True], ["ArrowDown", True]], ["12", "13", "14"]),
        ([["Home", True]], ["11", "12"]),
        ([["End", False], ["ArrowUp", True]], ["14", "15"]),
        ([["End", False]], []),
    ],
)
def test_shift_with_a_key_ticks_the_rows_that_it_passes(modules, keys, ticked):
    code = TABLE + "box('12').focus(); for (const [key, shift] of given[0]) press(key, shift); return ticked();"
    assert modules.run(code, keys) == ticked


def test_shift_with_a_click_ticks_a_range_and_the_kernel_hears_of_just_those(modules):
    shown, sent = modules.run(
        TABLE
        + """
        box("14").click();
        box("12").dispatchEvent(new MouseEvent("click", { shiftKey: true, bubbles: true }));
        return [ticked(), sent];
        """
    )
    assert shown == ["12", "13", "14"]
    assert sent == [["tick", {"ids": ["14"], "on": True}], ["tick", {"ids": ["12", "13", "14"], "on": True}]]


def test_a_tick_stays_until_the_kernel_has_handled_it_and_gives_way_then(modules):
    assert modules.run(
        TABLE
        + """
        box("14").click();
        draw(["11"]);
        const before = ticked();
        link.handled = 1;
        draw(["11"]);
        return [before, ticked(), document.querySelector(".cvtr-tick-page").indeterminate];
        """
    ) == [["11", "14"], ["11"], True]


def test_keys_turn_pages_within_what_there_is(modules):
    assert modules.run(
        TABLE
        + """
        const number = document.querySelector(".cvtr-page");
        box("12").focus(); press("PageDown"); press("PageUp");
        number.value = "9"; number.dispatchEvent(new Event("change"));
        return [sent, number.value];
        """
    ) == [[["page", {"table": "leads", "page": 2}], ["page", {"table": "leads", "page": 0}]], "2"]


def test_a_page_kept_is_shown_at_once_and_never_one_of_before_a_change(modules):
    shown = modules.run(
        TABLE
        + """
        const shown = [];
        const look = () => shown.push([...document.querySelectorAll("tbody tr")].map((tr) => tr.dataset.leadId).join(" "));
        const rows = (page, id, edition) => ({ ...table.now, page, edition, rows: [{ id, cells: [], on: false }] });
        draw([], { edition: 7 });
        table.ahead.keep([rows(2, "21", 7), rows(0, "01", 6)]);
        link.isSettled = () => false;
        table.turn(2); look();  // something pressed is under way
        link.isSettled = () => true;
        table.turn(0); look();  // that page was of another edition
        table.turn(2); look();
        draw([], { edition: 7 }); look();  // the kernel has not heard of it
        link.handled = link.sent;
        draw([], { edition: 7 }); look();  // it has, and has stayed where it was
        table.turn(2); look();
        draw([], { edition: 8 }); look();  // something has changed meanwhile
        table.turn(2); look();
        return shown;
        """
    )
    here = "11 12 13 14 15"
    assert shown == [here, here, "21", "21", here, "21", here, here]


def test_the_link_knows_whether_all_that_was_pressed_is_shown(modules):
    assert modules.run(
        LINK
        + """
        const found = [link.isSettled()];
        link.send("tick"); found.push(link.isSettled());
        link.received({ kind: "rows", handled: { [link.page]: 1 } }); found.push(link.isSettled());  // a view is still to come
        link.shown({ handled: { [link.page]: 1 } }); found.push(link.isSettled());
        link.send("page"); link.send("ahead"); found.push(link.isSettled(), link.awaited);
        return found;
        """
    ) == [True, False, False, True, True, 2]


def test_a_press_on_a_head_that_is_drawn_again_meanwhile_still_counts(modules):
    assert modules.run(
        TABLE
        + """
        const head = document.querySelector(".cvtr-sort");
        draw(["11"], { first: 50 });
        head.dispatchEvent(new MouseEvent("click", { bubbles: true, shiftKey: true }));
        return [head.isConnected, sent];
        """
    ) == [True, [["sort", {"table": "leads", "column": "lead_id", "descending": False, "add": True}]]]


# -- buttons ------------------------------------------------------------------------------------------------------------


def test_the_second_press_of_a_double_click_counts_on_the_same_button_only(modules: Modules) -> None:
    code = """
        const { button } = await load("dom.js");
        const said = [];
        const [run, pause] = ["run", "pause"].map((name) => button(name, {}, () => said.push(name)));
        for (const [made, detail] of [[run, 1], [pause, 2], [pause, 1], [pause, 2], [pause, 3], [run, 0], [pause, 2]]) {
            made.dispatchEvent(new MouseEvent("click", { detail }));
        }
        return said;
    """
    assert modules.run(code) == ["run", "pause", "pause", "pause", "run"]
