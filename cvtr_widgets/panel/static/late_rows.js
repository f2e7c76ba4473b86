// Rows of a page that are out of sight: they are drawn when those in sight are on the screen, so that another page shows sooner.

const LATEST = 100; // milliseconds after which they are drawn in any case: a page in the background gets no frames

/**
 * The places of the rows that can be seen, from and to (not included), and one beyond at each end. Rows are about equally high.
 * @param {Element} frame that scrolls them
 * @param {HTMLTableRowElement[]} rows
 */
export function placesInSight(frame, rows) {
  const [box, row] = [frame.getBoundingClientRect(), rows[0]?.getBoundingClientRect()];
  if (!row?.height) return { from: 0, to: rows.length };
  const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, globalThis.innerHeight)];
  return { from: Math.floor((top - row.top) / row.height) - 1, to: Math.ceil((bottom - row.top) / row.height) + 1 };
}

/** What is still to be drawn of a table; whoever needs all of it says ``finish()`` first. */
export class LateRows {
  /** @type {(() => void) | null} */
  #draw = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #grid;

  /** @param {HTMLElement} grid busy while rows are missing @param {HTMLElement} element what is done in it needs all rows */
  constructor(grid, element) {
    this.#grid = grid;
    for (const kind of ["pointerdown", "keydown", "focusin", "click", "scroll"]) {
      element.addEventListener(kind, () => this.finish(), { capture: true });
    }
  }

  /** Draw later. @param {() => void} draw */
  put(draw) {
    this.#draw = draw;
    this.#grid.setAttribute("aria-busy", "true");
    this.#timer = setTimeout(() => this.finish(), LATEST);
    requestAnimationFrame(() => setTimeout(() => {
      if (this.#draw === draw) this.finish();  // after what is in sight has been painted
    }));
  }

  finish() {
    const draw = this.#draw;
    if (!draw) return;
    this.#draw = null;
    clearTimeout(this.#timer);
    draw();
    this.#grid.removeAttribute("aria-busy");
  }
}
