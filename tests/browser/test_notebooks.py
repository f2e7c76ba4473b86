"""The notebooks as their reader sees them: JupyterLab with every other machine out of reach, all cells run, all pictures there."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.lab import ROOT, NotebookPage

EVERYDAY = "investigate_flagged_leads.ipynb"
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
NAME_OF_AN_OBJECT = re.compile(r"^<.*>$|<Figure size|object at 0x", re.DOTALL)
"""What a cell shows where a picture, a chart or a panel should be."""
DRAWN = """all => all.map(one => [...one.querySelectorAll('svg, canvas')].some(drawn => {
    const box = drawn.getBoundingClientRect();
    if (box.width < 100 || box.height < 60) return false;
    if (drawn.tagName === 'svg') return drawn.querySelectorAll('.role-mark path, .role-mark text, .role-mark rect').length > 0;
    const dots = drawn.getContext('2d').getImageData(0, 0, drawn.width, drawn.height).data;
    return dots.some((value, place) => place % 4 === 3 && value > 0);
}))"""
BROKEN = "all => all.filter(one => !(one.complete && one.naturalWidth > 0)).map(one => one.outerHTML.slice(0, 120))"


def without_outputs(name: str, to: Path) -> list[str]:
    """Lay the notebook out as new; gives the source of each code cell."""
    shutil.copyfile(ROOT / "notebooks" / name, to)
    content = json.loads(to.read_text(encoding="utf-8"))
    cells = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
    for cell in cells:
        cell.update(outputs=[], execution_count=None)
    to.write_text(json.dumps(content), encoding="utf-8")
    return ["".join(cell["source"]) for cell in cells]


@pytest.mark.parametrize("name", [pytest.param(n, marks=[] if n == EVERYDAY else [pytest.mark.long]) for n in NOTEBOOKS])
def test_everything_that_a_notebook_shows_is_there_without_a_network(name, lab, lab_root, page, notebooks, screenshot):
    blocked = []

    def stop(route):
        blocked.append(route.request.url)
        route.abort()

    page.route(lambda url: not url.startswith((lab.url, "blob:", "data:")), stop)
    sources = without_outputs(name, lab_root / name)
    opened = NotebookPage(page, lab, lab_root, name)
    notebooks.append(opened)
    opened.open()
    opened.width(1280, 12_000)  # JupyterLab draws what is in sight
    opened.run_all()

    texts = [
        "".join(output["data"]["text/plain"])
        for cell in opened.cells()
        for output in cell.get("outputs", [])
        if set(output.get("data", ())) == {"text/plain"}
    ]
    assert [text for text in texts if NAME_OF_AN_OBJECT.search(text)] == []
    charts, panels, tables = (
        sum(bool(re.search(word, source, re.MULTILINE)) for source in sources)
        for word in (r"^charts\.", r"cvtr\.LeadPanel\(", r"^cvtr\.insight\.table\(")
    )
    expect(page.locator(".cvtr-chart[data-drawn=true]")).to_have_count(charts)
    assert page.locator(".cvtr-chart:visible").evaluate_all(DRAWN) == [True] * charts
    expect(page.locator(".cvtr-live-table[data-live=true]")).to_have_count(charts + tables)
    expect(page.locator(".cvtr-panel[data-step='1']:not(.cvtr-waiting)")).to_have_count(panels)
    assert page.locator(".jp-OutputArea-output img").evaluate_all(BROKEN) == []
    assert all(
        rows > 1
        for rows in page.locator(".jp-OutputArea-output table.dataframe").evaluate_all("all => all.map(t => t.rows.length)")
    )
    screenshot(f"notebook-{Path(name).stem}", ".jp-Notebook")
    assert blocked == [], "it asked another machine for something"
