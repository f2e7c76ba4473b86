// The pages beside the one shown, asked for before anybody turns to them, so that turning waits for nobody.

const QUIET = 150; // milliseconds for which a table stays as it is before its next pages are asked for
const NEAR = [1, -1, 2];
const FAR = 2;

/** @typedef {import("./messages.d.ts").Rows} Rows */

/** Pages kept are all of the edition shown: what another page would show changes with any other edition. */
export class PagesAhead {
  /** @type {import("./messages.d.ts").Link} */
  #link;
  #table;
  /** @type {Map<number, Rows>} */
  #kept = new Map();
  /** @type {number | undefined} */
  #edition;
  /** The page shown is a kept one, and the kernel has not answered yet. @type {{ number: number, page: number } | null} */
  #turned = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {import("./messages.d.ts").Link} link @param {string} table */
  constructor(link, table) {
    this.#link = link;
    this.#table = table;
  }

  /**
   * Tell the kernel that a page is turned to; gives the page where it is kept. Where anything else that was pressed is under way, a
   * page kept would be of before that, and is not given.
   * @param {number} page
   */
  turn(page) {
    const kept = this.#link.isSettled() ? this.#kept.get(page) ?? null : null;
    const number = this.#link.send("page", { table: this.#table, page });
    // Without a page of our own to show, whatever the kernel sends next is shown.
    this.#turned = kept ? { number, page } : null;
    return kept;
  }

  /**
   * Rows that the kernel has sent; gives whether they are to be shown. One that has not heard yet that the page was turned tells of the
   * page before, which must not come back.
   * @param {Rows} rows
   */
  received(rows) {
    // Another edition (a filter, a sort, a tick): pages that were kept may show something else now, and so may the page turned to.
    if (rows.edition !== this.#edition) {
      this.#edition = rows.edition;
      this.#kept.clear();
      this.#turned = null;
    }
    if (this.#turned && this.#link.handled >= this.#turned.number) this.#turned = null;
    return !this.#turned || rows.page === this.#turned.page;
  }

  /** Pages that were asked for have come. @param {Rows[]} pages */
  keep(pages) {
    // The kernel may have answered before the change that this page has heard of since.
    for (const one of pages) if (one.edition === this.#edition) this.#kept.set(one.page, one);
  }

  /** Ask for what stands beside the page shown, once the table has been as it is for a while. @param {Rows} now @param {Element} element */
  askSoon(now, element) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      // A table in a closed step is drawn, too, and nobody turns its pages.
      if (element.checkVisibility()) this.ask(now);
    }, QUIET);
  }

  /** Ask for it now. @param {Rows} now */
  ask(now) {
    // Pages far from the one shown are dropped: a user who turns to the end of a million leads would keep them all here.
    for (const page of this.#kept.keys()) if (Math.abs(page - now.page) > FAR) this.#kept.delete(page);
    const pages = NEAR.map((step) => now.page + step).filter((page) => page >= 0 && page < now.pages && !this.#kept.has(page));
    if (pages.length) this.#link.send("ahead", { table: this.#table, edition: now.edition, pages });
  }
}
