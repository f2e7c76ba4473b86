// A page of rows. Ticks speak of lead ids; which row a lead is on is nobody's business but the kernel's.

import { button, focusData, focusedData, h, setAttribute, setShown } from "./dom.js";
import { LateRows, placesInSight } from "./late_rows.js";
import { opens } from "./menus.js";
import { PagesAhead } from "./pages_ahead.js";
import { PendingTicks } from "./pending_ticks.js";
import { cellOf, fillCell } from "./table_cells.js";
import { tableFoot } from "./table_foot.js";
import { headAfterKey, idsBetween, nextSort, rowAfterKey, sortArrow } from "./table_moves.js";

/** @param {import("./messages.d.ts").Row} one */
function classOf(one) {
  return one.new ? "cvtr-new" : one.changed ? "cvtr-changed" : "";
}

/**
 * Whether rows show the same, but for their ticks.
 * @param {import("./messages.d.ts").Row[]} rows
 * @param {import("./messages.d.ts").Row[]} others
 */
function isSame(rows, others) {
  return rows.length === others.length && rows.every((one, place) => {
    const other = others[place];
    return one.id === other.id && classOf(one) === classOf(other) && one.cells.length === other.cells.length
      && one.cells.every((text, at) => text === other.cells[at]);
  });
}

/** @type {import("./messages.d.ts").Rows} */
const NO_ROWS = { columns: [], rows: [], page: 0, pages: 0, size: 0, first: 0, matching: 0, loaded: 0, archived: false, changed: 0, new: 0,
  marked_only: false, edition: -1 };

/** @typedef {ReturnType<typeof import("./head_menu.js").headMenu>} HeadMenu */

/** ``name``: leads, plan or results. ``selectable``: with ticks. ``opened(id)``: a row's detail is asked for. */
export class LeadTable {
  /** @type {import("./messages.d.ts").Rows} */
  now = NO_ROWS;
  /** @type {string | null} */
  #anchor = null;
  #active = 0;
  #headed = "";
  #pending = new PendingTicks();
  /** @type {Record<string, string>} */
  #decided = {};
  #detailOf = "";
  /** The row that was pressed last. @type {Element | null} */
  #pressedRow = null;

  /**
   * @param {import("./messages.d.ts").Link} link
   * @param {string} name
   * @param {string} label
   * @param {{ selectable?: boolean, opened?: ((id: string) => void) | null, menu?: HeadMenu | null }} options
   */
  constructor(link, name, label, { selectable = false, opened = null, menu = null } = {}) {
    this.link = link;
    this.name = name;
    this.ahead = new PagesAhead(link, name);
    this.selectable = selectable;
    this.opened = opened;
    this.menu = menu;
    this.head = h("tr", { role: "row" });
    this.body = h("tbody", { role: "rowgroup" });
    this.grid = h("table", { class: `cvtr-grid cvtr-grid-${name}`, role: "grid", "aria-label": label,
      "aria-multiselectable": selectable ? "true" : null }, h("thead", { role: "rowgroup" }, this.head), this.body);
    this.frame = h("div", { class: "cvtr-scroll", tabindex: "-1" }, this.grid);
    this.foot = tableFoot((page) => this.turn(page), (rows) => link.send("size", { table: name, rows }));
    this.element = h("div", { class: name === "leads" ? "cvtr-table" : `cvtr-table-${name}` }, this.frame, this.foot.element);
    this.late = new LateRows(this.grid, this.element);
    this.body.addEventListener("focusin", (event) => {
      this.#active = this.#rows.findIndex((row) => row.contains(/** @type {Node} */ (event.target)));
      this.#rove();
    });
    this.body.addEventListener("keydown", (event) => this.#key(event));
    this.body.addEventListener("pointerdown", (event) => {
      this.#pressedRow = /** @type {Element} */ (event.target).closest("tr");
    });
    this.head.addEventListener("keydown", (event) => this.#headKey(event));
    this.head.addEventListener("focusin", (event) => this.#roveHead(/** @type {Element} */ (event.target)));
  }

  turn(/** @type {number} */ page) {
    this.late.finish();
    const { now } = this;
    if (page < 0 || page >= now.pages || page === now.page) {
      this.foot.restore();
      return;
    }
    const kept = this.ahead.turn(page);
    if (!kept) return;
    this.#show(kept, true);
    this.ahead.ask(kept);
  }

  // -- ticks ----------------------------------------------------------------------------------------------------------

  get #rows() {
    return [...this.body.rows];
  }

  /** @returns {NodeListOf<HTMLInputElement>} */
  #ticks() {
    return this.body.querySelectorAll("input.cvtr-row-tick");
  }

  /** @param {string[]} ids @param {boolean} on */
  tick(ids, on) {
    this.late.finish();
    // The boxes change now and not with the answer: behind a busy kernel they would be pressed twice.
    this.#pending.add(ids, on, this.link.send("tick", { ids, on }));
    const meant = new Set(ids);
    for (const box of this.#ticks()) if (meant.has(box.dataset.leadId ?? "")) this.#mark(box, on);
    this.#countPage([...this.#ticks()].filter((one) => one.checked).length);
  }

  /** @param {HTMLInputElement} box @param {boolean} on */
  #mark(box, on) {
    box.checked = on;
    const row = box.closest("tr");
    if (!row) return;
    row.classList.toggle("cvtr-on", on);
    setAttribute(row, "aria-selected", String(on));
  }

  /** @param {number} on how many rows of this page are ticked */
  #countPage(on) {
    const box = this.head.querySelector("input");
    if (!box) return;
    box.checked = on > 0 && on === this.now.rows.length;
    box.indeterminate = on > 0 && on < this.now.rows.length;
  }

  get #ids() {
    return this.now.rows.map((row) => row.id);
  }

  /** @param {MouseEvent} event @param {HTMLInputElement} box @param {string} id */
  #pressed(event, box, id) {
    // The range is of ids as they stand on this page. An anchor on another page is gone by then: nobody sees what would lie in between.
    const ids = event.shiftKey && this.#anchor !== null ? idsBetween(this.#ids, this.#anchor, id) : [id];
    this.tick(ids, box.checked);
    this.#anchor = id;
    this.#active = this.#ids.indexOf(id);
    this.#rove();
  }

  // -- keys -----------------------------------------------------------------------------------------------------------

  #rove(focus = false) {
    const found = this.selectable ? [...this.#ticks()] : this.#rows;
    this.#active = Math.min(Math.max(this.#active, 0), found.length - 1);
    found.forEach((one, place) => setAttribute(one, "tabindex", place === this.#active ? "0" : "-1"));
    if (focus && found[this.#active]) found[this.#active].focus();
  }

  /** Focus a lead's row, or the row that has taken its place. */
  focusOn(/** @type {string} */ id) {
    this.late.finish();
    const place = this.#ids.indexOf(id);
    if (place >= 0) this.#active = place;
    this.#rove(true);
  }

  #key(/** @type {KeyboardEvent} */ event) {
    const there = rowAfterKey(event.key, this.#active, this.now.rows.length);
    if (there !== null) {
      const before = this.#active;
      this.#active = there;
      this.#rove(true);
      if (event.shiftKey && this.selectable && there !== before) this.#extend(before);
    } else if (event.key === "PageDown") this.turn(this.now.page + 1);
    else if (event.key === "PageUp") this.turn(this.now.page - 1);
    else if (event.key === "Enter" && this.opened && !(event.target instanceof HTMLButtonElement)) this.opened(this.#ids[this.#active]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** With Shift, a key ticks the rows that it passes, the one it comes from and the one it goes to with them. */
  #extend(/** @type {number} */ before) {
    const ids = this.#ids;
    if (this.#anchor === null) this.#anchor = ids[before];
    this.tick(idsBetween(ids, ids[before], ids[this.#active]), true);
  }

  /** The heads are one stop of the Tab key; arrows go from one to the next, Alt and the down arrow open a column's menu. */
  #headKey(/** @type {KeyboardEvent} */ event) {
    const all = [...this.head.querySelectorAll("button")];
    const place = all.findIndex((one) => one === event.target);
    if (place < 0) return;
    const there = headAfterKey(event.key, place, all.length);
    if (there !== null) all[there].focus();
    else if (event.key === "ArrowDown" && event.altKey) this.#openMenu(all[place]);
    else if (event.key === "ArrowDown") this.#rove(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #openMenu(/** @type {HTMLElement} */ within) {
    /** @type {HTMLElement | null | undefined} */
    const opener = within.closest("th")?.querySelector(".cvtr-head-open");
    opener?.click();
  }

  #roveHead(/** @type {Element | null} */ active = null) {
    const all = [...this.head.querySelectorAll("button")];
    const stop = all.find((one) => one === active) || all.find((one) => one.tabIndex === 0) || all[0];
    for (const one of all) one.tabIndex = one === stop ? 0 : -1;
  }

  // -- drawing --------------------------------------------------------------------------------------------------------

  #header(/** @type {import("./messages.d.ts").Column} */ column) {
    const sorts = this.now.sorts || [];
    const sorted = sorts.find((one) => one.name === column.name) ?? null;
    // With Shift, after the columns that it is sorted by already.
    const press = (/** @type {MouseEvent} */ event) => this.link.send("sort",
      { table: this.name, ...nextSort(column.name, sorted), add: event.shiftKey });
    return h("th", { role: "columnheader", scope: "col", "data-column": column.name,
      "aria-sort": sorted ? (sorted.descending ? "descending" : "ascending") : "none" },
      button(column.title + sortArrow(sorts, column.name), { class: "cvtr-sort", "data-sort": column.name }, press),
      column.zone ? h("span", { class: "cvtr-head-zone" }, ` ${column.zone}`, h("span", { class: "cvtr-not-yours" }, ", not yours")) : null, this.menu ? this.#opener(column, this.menu) : null);
  }

  /** The small button in a column's head that opens its menu. */
  #opener(/** @type {import("./messages.d.ts").Column} */ column, /** @type {NonNullable<LeadTable["menu"]>} */ menu) {
    const filtered = Boolean(this.now.filtered?.[column.name]);
    const opener = h("button", { type: "button", class: `cvtr-head-open${filtered ? " cvtr-set" : ""}`, "data-menu": column.name,
      "aria-label": `${column.title}: sort, filter, move${filtered ? " (filtered)" : ""}` }, filtered ? "▼" : "▾");
    opens(opener, menu.menu, () => menu.prepare(column, this.now));
    return opener;
  }

  #row(/** @type {import("./messages.d.ts").Row} */ one) {
    const cells = [];
    if (this.selectable) {
      const box = h("input", { type: "checkbox", class: "cvtr-row-tick", "data-lead-id": one.id, "aria-label": `Select lead ${one.id}`,
        tabindex: "-1" });
      box.addEventListener("click", (event) => this.#pressed(event, box, box.dataset.leadId ?? ""));
      cells.push(h("td", { role: "gridcell", class: "cvtr-tick-cell" }, box));
    }
    let place = 0;
    for (const column of this.now.columns) {
      if (column.look === "id") cells.push(this.#idCell(one.id));
      else {
        cells.push(cellOf(one.cells[place], column));
        place += 1;
      }
    }
    return h("tr", { role: "row", class: classOf(one) || null, "data-lead-id": one.id,
      "aria-selected": this.selectable ? "false" : null, tabindex: this.selectable ? null : "-1" }, ...cells);
  }

  #idCell(/** @type {string} */ id) {
    const { opened } = this;
    const shown = opened ? button(id, { class: "cvtr-link cvtr-open", "data-lead-id": id, tabindex: "-1", "aria-label": `Show lead ${id}` },
      (event) => opened(/** @type {HTMLElement} */ (event.currentTarget).dataset.leadId ?? "")) : id;
    return h("th", { role: "rowheader", scope: "row", class: "cvtr-num" }, shown);
  }

  /**
   * Rows whose elements are kept and get other texts are drawn in less than half the time of new ones. That is done only where the
   * user turns the page: a row that the kernel moves away must take its tick with it, or a click that is under way, or a screen reader
   * that stands on it, would tick another lead. For the same reason the row pressed last and the row with the focus are made anew.
   * @param {HTMLTableRowElement} tr
   * @param {import("./messages.d.ts").Row} was
   * @param {import("./messages.d.ts").Row} one
   */
  #reuse(tr, was, one) {
    if (tr !== this.#pressedRow && tr !== document.activeElement?.closest("tr")) {
      this.#fill(tr, was, one);
      return tr;
    }
    const made = this.#row(one);
    tr.replaceWith(made);
    return made;
  }

  /** @param {HTMLTableRowElement} tr @param {import("./messages.d.ts").Row} was @param {import("./messages.d.ts").Row} one */
  #fill(tr, was, one) {
    setAttribute(tr, "class", classOf(one) || null);
    setAttribute(tr, "data-lead-id", one.id);
    let [child, place] = [/** @type {Element | null} */ (tr.firstElementChild), 0];
    if (this.selectable && child) {
      const box = /** @type {HTMLElement} */ (child.firstElementChild);
      setAttribute(box, "data-lead-id", one.id);
      setAttribute(box, "aria-label", `Select lead ${one.id}`);
      child = child.nextElementSibling;
    }
    for (const column of this.now.columns) {
      if (!child) return;
      if (column.look === "id") this.#fillId(child, one.id);
      else {
        fillCell(child, was.cells[place], one.cells[place], column);
        place += 1;
      }
      child = child.nextElementSibling;
    }
  }

  #fillId(/** @type {Element} */ cell, /** @type {string} */ id) {
    const shown = cell.firstElementChild;
    const text = /** @type {Text} */ ((shown ?? cell).firstChild);
    if (text.data !== id) text.data = id;
    if (!shown) return;
    setAttribute(shown, "data-lead-id", id);
    setAttribute(shown, "aria-label", `Show lead ${id}`);
  }

  #drawHead() {
    const { head, now } = this;
    const look = JSON.stringify([now.columns, now.sorts, Object.keys(now.filtered || {})]);
    if (look === this.#headed) return;  // a press that is under way must end on the button it began on
    this.#headed = look;
    const tickAll = h("input", { type: "checkbox", class: "cvtr-tick-page", "aria-label": "Select this page",
      on: { click: () => this.tick(this.now.rows.map((one) => one.id), tickAll.checked) } });
    const cells = this.selectable ? [h("td", { role: "gridcell", class: "cvtr-tick-cell" }, tickAll)] : [];
    const [sort, menu] = [focusedData(head, "sort"), focusedData(head, "menu")];
    const open = this.menu?.menu.isOpen ? this.menu.menu.opener?.dataset.menu : null;
    head.replaceChildren(...cells, ...now.columns.map((column) => this.#header(column)));
    focusData(head, "sort", sort);
    focusData(head, "menu", menu);
    /** @type {HTMLElement | null} */
    const opener = open ? head.querySelector(`[data-menu="${CSS.escape(open)}"]`) : null;
    if (opener) this.menu?.menu.moved(opener);  // which goes on belonging to the head of its column
    this.#roveHead();
  }

  /** What was decided one by one about the leads shown, by id. */
  decided(/** @type {Record<string, string>} */ marks) {
    this.late.finish();
    this.#decided = marks;
    for (const tr of this.#rows) setAttribute(tr, "data-mark", marks[tr.dataset.leadId ?? ""] ?? null);
  }

  /** Mark the lead whose detail is open ("" for none). The table may have become smaller for it, so its row is brought into sight. */
  detailOf(/** @type {string} */ id) {
    this.late.finish();
    const row = this.#markDetail(id);
    if (row && id !== this.#detailOf) this.#bringIntoSight(row);
    this.#detailOf = row ? id : "";
  }

  #markDetail(/** @type {string} */ id) {
    for (const tr of this.#rows) setAttribute(tr, "aria-current", id && tr.dataset.leadId === id ? "true" : null);
    return this.#rows.find((tr) => id && tr.dataset.leadId === id);
  }

  /** Scrolls the frame alone: the page around it stays where it is. */
  #bringIntoSight(/** @type {Element} */ row) {
    const [at, frame] = [row.getBoundingClientRect(), this.frame.getBoundingClientRect()];
    const above = at.top - frame.top - this.head.getBoundingClientRect().height;
    const below = at.bottom - frame.top - this.frame.clientHeight;
    if (above < 0) this.frame.scrollTop += above;
    else if (below > 0) this.frame.scrollTop += below;
  }

  draw(/** @type {import("./messages.d.ts").Rows} */ message) {
    if (!this.ahead.received(message)) return;
    this.#show(message);
    this.ahead.askSoon(message, this.element);
  }

  /** @param {import("./messages.d.ts").Rows} message @param {boolean} turned */
  #show(message, turned = false) {
    this.late.finish();
    const before = this.now;
    const columns = JSON.stringify(message.columns) === JSON.stringify(before.columns);
    const same = columns && isSame(message.rows, before.rows);
    const reused = !same && turned && columns && message.rows.length === before.rows.length;
    // Both are asked before anything is changed: rows that are replaced lose the focus, and measuring would lay the table out.
    const [had, sight] = [this.body.contains(document.activeElement), reused ? placesInSight(this.frame, this.#rows) : null];
    this.now = message;
    // Rows that left the kernel before it heard of a tick still show the box as it was; until it has heard, the user's own tick is shown.
    this.#pending.handled(this.link.handled);
    this.#drawHead();
    if (!same && !reused) this.body.replaceChildren(...message.rows.map((one) => this.#row(one)));
    if (!message.rows.some((one) => one.id === this.#anchor)) this.#anchor = null;
    this.#drawRows(reused ? before.rows : null, sight ?? { from: 0, to: message.rows.length });
    if (this.selectable) this.#countPage(message.rows.filter((one) => this.#isOn(one)).length);
    this.#rove(had);
    setAttribute(this.grid, "aria-rowcount", message.searching ? "-1" : String(message.matching + 1)); // -1: not known yet
    setShown(this.frame, message.loaded > 0);
    this.foot.draw(message);
  }

  /**
   * Those in sight at once, the others a moment later.
   * @param {import("./messages.d.ts").Row[] | null} before what the rows show that get other texts; none where they are new
   * @param {{ from: number, to: number }} sight
   */
  #drawRows(before, { from, to }) {
    /** @type {[HTMLTableRowElement, number][]} */
    const late = [];
    const draw = (/** @type {HTMLTableRowElement} */ tr, /** @type {number} */ place) => {
      this.#dress(before ? this.#reuse(tr, before[place], this.now.rows[place]) : tr, place);
    };
    for (const [place, tr] of this.#rows.entries()) {
      if (place >= from && place < to) draw(tr, place);
      else late.push([tr, place]);
    }
    if (late.length) this.late.put(() => late.forEach(([tr, place]) => draw(tr, place)));
  }

  /** What a row shows of its lead besides its cells. @param {HTMLTableRowElement} tr @param {number} place */
  #dress(tr, place) {
    const one = this.now.rows[place];
    /** @type {HTMLInputElement | null} */
    const box = this.selectable ? tr.querySelector("input.cvtr-row-tick") : null;
    if (box) this.#mark(box, this.#isOn(one));
    setAttribute(tr, "data-mark", this.#decided[one.id] ?? null);
    setAttribute(tr, "aria-current", this.#detailOf === one.id ? "true" : null);
    setAttribute(tr, "aria-rowindex", String(this.now.first + place + 2));
  }

  /** @param {import("./messages.d.ts").Row} one */
  #isOn(one) {
    return this.#pending.shown(one.id, Boolean(one.on));
  }
}
