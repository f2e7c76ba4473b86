"""A table on the screen of ``peers.py``: what can be seen of it, and how long things take until something else is seen."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.browser.lab import NotebookPage

LIMIT = 60.0
"""Seconds for the first row."""
STEP_LIMIT = 20.0
"""Seconds for each step after it."""

# In the page: bytes of all web sockets; elements behind shadow roots; what is on the screen as one text, and its changes.
PAGE = """
window.cvtrBytes = 0;
const Native = window.WebSocket;
window.WebSocket = class extends Native {
  constructor(...given) {
    super(...given);
    this.addEventListener('message', ({ data }) => {
      window.cvtrBytes += typeof data === 'string' ? new Blob([data]).size : data.byteLength ?? data.size ?? 0;
    });
  }
};
window.deep = (selector, root = document) => {
  const found = [...root.querySelectorAll(selector)];
  for (const one of root.querySelectorAll('*')) if (one.shadowRoot) found.push(...window.deep(selector, one.shadowRoot));
  return found;
};
window.texts = (selector, least = 1) => {
  const rows = window.deep(selector).map((row) => row.textContent.trim()).filter(Boolean);
  return rows.length >= least ? rows.join('|') : '';
};
window.pixels = (selector) => {
  let [hash, dark] = [0, 0];
  for (const canvas of window.deep(selector)) {
    if (!canvas.width || !canvas.height) continue;
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 3] < 200 || data[at] > 110 || data[at + 1] > 110 || data[at + 2] > 110) continue;
      dark += 1;
      hash = (hash * 31 + at) | 0;
    }
  }
  return dark > 500 ? String(hash) : '';
};
window.watch = (sign, event) => {
  const before = sign();
  window.took = null;
  window.since = event ? null : performance.now();
  if (event) addEventListener(event, (e) => { window.since ??= e.timeStamp; }, { capture: true, once: true });
  const look = () => {
    const now = window.since === null ? before : sign();
    if (now && now !== before) window.took = performance.now() - window.since;
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
};
"""
RUN_CELL = """async place => {
    window.jupyterapp.shell.currentWidget.content.activeCellIndex = place;
    await window.jupyterapp.commands.execute('notebook:run-cell');
}"""


FAILED = """() => window.jupyterapp.shell.currentWidget.context.model.toJSON().cells.some(
    (cell) => (cell.outputs || []).some((output) => output.output_type === 'error'))"""
CLICKED = """event => {
    window.clicked = 0;
    addEventListener(event, (e) => { window.clicked ||= performance.timeOrigin + e.timeStamp; }, { capture: true, once: true });
}"""


class Cannot(Exception):
    """The table does not do this, or not so that it could be measured; says why."""


@dataclass
class Open:
    """A table that is shown. ``watch(event)`` begins to wait for other rows; ``took()`` gives the milliseconds."""

    book: NotebookPage
    sign: str

    @property
    def page(self) -> Any:
        return self.book.page

    def watch(self, event: str | None) -> None:
        self.page.evaluate(f"event => window.watch(() => {self.sign}, event)", event)

    def took(self, limit: float = STEP_LIMIT) -> float:
        self.page.wait_for_function("() => window.took !== null", timeout=limit * 1000)
        return float(self.page.evaluate("() => window.took"))

    def after(self, event: str | None, act: Callable[[], Any]) -> float:
        """Milliseconds from the event (None: from now) that ``act`` causes to other rows."""
        self.watch(event)
        act()
        return self.took()

    def heard(self, act: Callable[[int], Any], event: str = "click") -> float:
        """Median milliseconds from a click (``act(n)``) to the kernel's callback."""
        times = []
        for n in range(5):
            self.book.kernel_eval("cells.moments.clear()\n0")
            self.page.evaluate(CLICKED, event)
            act(n)
            times.append(self._heard_at() * 1000 - self.page.evaluate("() => window.clicked"))
        return statistics.median(times)

    def _heard_at(self) -> float:
        end = time.monotonic() + STEP_LIMIT
        while time.monotonic() < end:
            found = self.book.kernel_eval("cells.moments[:1]")
            if found:
                return float(found[0])
        raise Cannot(f"the kernel heard of no click in {STEP_LIMIT:.0f} s")

    def kernel(self, code: str) -> None:
        """Ask the kernel without waiting for its answer."""
        self.page.evaluate(
            "code => { window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel.requestExecute({code}); }",
            code,
        )

    def wheel(self, selector: str, down: int = 2000) -> float:
        box = self.page.locator(selector).first.bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        return self.after("wheel", lambda: self.page.mouse.wheel(0, down))
