"""The tables that ``peers.py`` measures: how each is made, seen, clicked, turned, sorted and filtered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from peer_page import Cannot, Open


@dataclass(frozen=True)
class Peer:
    """``show``: the cell. ``sign``: in the page, all rows seen as one text, empty before there are any."""

    package: str
    show: str
    sign: str
    click: Callable[[Open], float]
    turn: Callable[[Open], float]
    sort: Callable[[Open], float]
    filter: Callable[[Open], float]
    setup: str = "frame = cells.plain_frame(leads)"
    note: str = ""


def cannot(why: str) -> Callable[[Open], float]:
    def tell(_shown: Open) -> float:
        raise Cannot(why)

    return tell


# -- ours -------------------------------------------------------------------------------------------------------------


def ours_click(shown: Open) -> float:
    boxes = shown.page.locator(".cvtr-row-tick")
    took = shown.heard(lambda n: boxes.nth(n + 2).click())
    assert shown.book.kernel_eval("len(panel.selection.ids)") == 5
    return took


def ours_filter(shown: Open) -> float:
    shown.page.locator("[data-menu='current_status']").click()
    shown.page.locator(".cvtr-values label").filter(has_text="Caution").locator("input").check()
    return shown.after("click", shown.page.locator(".cvtr-filter-apply").click)


def ours_turn(shown: Open) -> float:
    """After half a second on the page before: what stands beside it is fetched as soon as nothing changes."""
    shown.page.wait_for_timeout(500)
    return shown.after("click", shown.page.locator(".cvtr-page-next").first.click)


OURS = Peer(
    "cvtr-widgets",
    "panel = cvtr.LeadPanel(session)\npanel.on_msg(cells.heard)\npanel",
    "window.texts('.cvtr-grid-leads tbody tr')",
    ours_click,
    ours_turn,
    lambda shown: shown.after("click", shown.page.locator(".cvtr-table [data-sort='score']").click),
    ours_filter,
    setup="import cvtr_widgets as cvtr\nframe = cells.lead_frame(leads)\nsession = cells.held_session(frame)",
    note="“Load leads” is pressed by the page as soon as it is there; a page is turned after half a second on the one before",
)


# -- the others -------------------------------------------------------------------------------------------------------


def itable_click(shown: Open) -> float:
    rows = shown.page.locator("table.dataTable tbody tr")
    return shown.heard(lambda n: rows.nth(n).locator("td").nth(3).click())


ITABLE = Peer(
    "itables",
    "from itables.widget import ITable\ntable = ITable(frame, maxBytes=0, select='multi', lengthMenu=[50])\n"
    "table.observe(cells.heard, 'selected_rows')\ntable",
    "window.texts('table.dataTable tbody tr', 2)",
    itable_click,
    lambda shown: shown.after("click", shown.page.locator(".dt-paging-button.next").click),
    lambda shown: shown.after(
        "click", shown.page.locator("table.dataTable thead th").filter(has_text="score").first.locator(".dt-column-order").click
    ),
    lambda shown: shown.after("input", lambda: shown.page.locator(".dt-search input").fill("Caution")),
)

GRID = ".ipydatagrid canvas, .lm-DataGrid canvas"


def grid_click(shown: Open) -> float:
    box = shown.page.locator(".lm-DataGrid, .ipydatagrid").first.bounding_box()
    assert box is not None
    return shown.heard(lambda n: shown.page.mouse.click(box["x"] + 250, box["y"] + 70 + 20 * n), "pointerdown")


def grid_asked(transform: str) -> Callable[[Open], float]:
    return lambda shown: shown.after(None, lambda: shown.kernel(f"table.transform([{transform}])"))


DATAGRID = Peer(
    "ipydatagrid",
    "from ipydatagrid import DataGrid\ntable = DataGrid(frame, selection_mode='row')\n"
    "table.observe(cells.heard, 'selections')\ntable",
    f"window.pixels({GRID!r})",
    grid_click,
    lambda shown: shown.wheel(".lm-DataGrid, .ipydatagrid"),
    grid_asked("{'type': 'sort', 'column': 'score', 'desc': True}"),
    grid_asked("{'type': 'filter', 'column': 'current_status', 'operator': '=', 'value': 'Caution'}"),
    note="sort and filter asked by table.transform() in the kernel; painted = dark pixels on its canvas",
)

AG = ".ag-center-cols-container .ag-row"


def buckaroo_sort(shown: Open) -> float:
    head = shown.page.locator(".ag-header-cell").filter(has_text="score").first
    head.scroll_into_view_if_needed()
    return shown.after("click", head.locator(".ag-header-cell-label").click)


BUCKAROO = Peer(
    "buckaroo",
    "from buckaroo.buckaroo_widget import BuckarooInfiniteWidget\ntable = BuckarooInfiniteWidget(frame)\ntable",
    f"window.texts({AG!r}, 5)",
    cannot("it tells the kernel of no click on a row"),
    lambda shown: shown.wheel(".ag-body-viewport >> nth=-1"),
    buckaroo_sort,
    lambda shown: shown.after(
        None,
        lambda: shown.kernel("table.buckaroo_state = {**table.buckaroo_state, 'quick_command_args': {'search': ['Caution']}}"),
    ),
    note="filter is its search, asked in the kernel",
)


def viewer(config: str) -> Callable[[Open], float]:
    return lambda shown: shown.after(
        None, lambda: shown.page.evaluate(f"() => {{ window.deep('perspective-viewer')[0].restore({config}); }}")
    )


PERSPECTIVE = Peer(
    "perspective-python",
    "from perspective.widget import PerspectiveWidget\ntable = PerspectiveWidget(frame, plugin='Datagrid')\ntable",
    "window.texts('regular-table tbody tr', 2)",
    cannot("it tells the kernel of no click on a row"),
    lambda shown: shown.wheel("regular-table"),
    viewer("{sort: [['score', 'desc']]}"),
    viewer("{filter: [['current_status', '==', 'Caution']]}"),
    note="sort and filter asked of its element in the page",
)


def quak_sort(shown: Open) -> float:
    head = shown.page.locator("th").filter(has_text="score").first
    head.hover()
    return shown.after("mousedown", head.locator(".sort-button").click)


def quak_filter(shown: Open) -> float:
    head = shown.page.locator("th").filter(has_text="current_status").first
    box = head.bounding_box()
    assert box is not None
    return shown.after("pointerdown", lambda: shown.page.mouse.click(box["x"] + 20, box["y"] + box["height"] - 30))


QUAK = Peer(
    "quak",
    "import pyarrow, quak\ntable = quak.Widget(pyarrow.Table.from_pandas(frame, preserve_index=False))\ntable",
    "window.texts('.quak tbody tr', 2)",
    cannot("it knows no selected rows, only filters"),
    lambda shown: shown.wheel(".quak .table-container", 4000),
    quak_sort,
    quak_filter,
    note="filter is a click on a bar of the state's chart",
)
PEERS = {"ours": OURS, "ITable": ITABLE, "ipydatagrid": DATAGRID, "buckaroo": BUCKAROO, "perspective": PERSPECTIVE, "quak": QUAK}
