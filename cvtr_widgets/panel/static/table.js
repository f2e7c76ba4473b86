// A page of rows. Ticks speak of lead ids; which row a lead is on is nobody's business but the kernel's.

import { button, h, setAttribute, setShown } from "./dom.js";
import { opens } from "./menus.js";
import { tableFoot } from "./table_foot.js";

const STATES = { Valid: "v", Invalid: "i", Caution: "c", Test: "t" };
const OUTCOME_LOOKS = {
  confirmed: "v", "will change": "c", contradicted: "i", unknown: "c", refused: "i", accepted: "t", skipped: "t",
  "not sent": "t", "already so": "t", "not eligible": "i", "not found": "i", "not allowed": "i", "cannot tell": "c",
};

function cellOf(text, look) {
  if (look === "state") {
    const [word, ...rest] = text.split(" · ");
    if (STATES[word]) {
      const after = rest.length ? ` · ${rest.join(" · ")}` : "";
      return [h("span", { class: `cvtr-pill cvtr-${STATES[word]}` }, word), after];
    }
  }
  if ((look === "outcome" || look === "verdict") && OUTCOME_LOOKS[text]) {
    return [h("span", { class: `cvtr-pill cvtr-${OUTCOME_LOOKS[text]}` }, text)];
  }
  return [text];
}

/** ``name``: leads, plan or results. ``selectable``: with ticks. ``opened(id)``: a row's detail is asked for. */
class LeadTable {
  now = null;
  #anchor = null;
  #active = 0;
  #drawn = "";
  #headed = "";
  #pending = new Map();

  constructor(link, name, label, { selectable = false, opened = null, menu = null } = {}) {
    Object.assign(this, { link, name, selectable, opened, menu });
    this.head = h("tr", { role: "row" });
    this.body = h("tbody", { role: "rowgroup" });
    this.grid = h("table", { class: `cvtr-grid cvtr-grid-${name}`, role: "grid", "aria-label": label,
      "aria-multiselectable": selectable ? "true" : null }, h("thead", { role: "rowgroup" }, this.head), this.body);
    this.frame = h("div", { class: "cvtr-scroll", tabindex: "-1" }, this.grid);
    this.foot = tableFoot((page) => this.turn(page), (rows) => link.send("size", { table: name, rows }));
    this.element = h("div", { class: name === "leads" ? "cvtr-table" : `cvtr-table-${name}` }, this.frame, this.foot.element);
    this.body.addEventListener("focusin", (event) => {
      this.#active = [...this.body.children].indexOf(event.target.closest("tr"));
      this.#rove();
    });
    this.body.addEventListener("keydown", (event) => this.#key(event));
    this.head.addEventListener("keydown", (event) => this.#headKey(event));
    this.head.addEventListener("focusin", (event) => this.#roveHead(event.target));
  }

  turn(page) {
    const { now } = this;
    if (now && page >= 0 && page < now.pages && page !== now.page) this.link.send("page", { table: this.name, page });
    else this.foot.restore();
  }

  // -- ticks ----------------------------------------------------------------------------------------------------------

  #ticks() {
    return [...this.body.querySelectorAll("input.cvtr-row-tick")];
  }

  tick(ids, on) {
    const n = this.link.send("tick", { ids, on });
    for (const id of ids) this.#pending.set(id, { on, n });
    const meant = new Set(ids);
    for (const box of this.#ticks()) if (meant.has(box.dataset.leadId)) this.#mark(box, on);
  }

  #mark(box, on) {
    box.checked = on;
    const row = box.closest("tr");
    row.classList.toggle("cvtr-on", on);
    row.setAttribute("aria-selected", String(on));
    this.#countPage();
  }

  #countPage() {
    const box = this.head.querySelector("input.cvtr-tick-page");
    if (!box) return;
    const all = this.#ticks();
    const on = all.filter((one) => one.checked).length;
    box.checked = on > 0 && on === all.length;
    box.indeterminate = on > 0 && on < all.length;
  }

  /** The ids from the last ticked row to this one, as they stand on the page. */
  #upTo(id) {
    const ids = this.now.rows.map((row) => row.id);
    const [from, to] = [ids.indexOf(this.#anchor), ids.indexOf(id)];
    return from < 0 || to < 0 ? [id] : ids.slice(Math.min(from, to), Math.max(from, to) + 1);
  }

  #pressed(event, box) {
    const id = box.dataset.leadId;
    const ids = event.shiftKey && this.#anchor !== null ? this.#upTo(id) : [id];
    this.tick(ids, box.checked);
    this.#anchor = id;
    this.#active = this.now.rows.findIndex((row) => row.id === id);
    this.#rove();
  }

  // -- keys -----------------------------------------------------------------------------------------------------------

  #rove(focus = false) {
    const found = [...this.body.querySelectorAll(this.selectable ? "input.cvtr-row-tick" : "tr")];
    this.#active = Math.min(Math.max(this.#active, 0), found.length - 1);
    found.forEach((one, place) => one.setAttribute("tabindex", place === this.#active ? "0" : "-1"));
    if (focus && found[this.#active]) found[this.#active].focus();
  }

  /** Focus a lead's row, or the row that has taken its place. */
  focusOn(id) {
    const place = this.now ? this.now.rows.findIndex((one) => one.id === id) : -1;
    if (place >= 0) this.#active = place;
    this.#rove(true);
  }

  #key(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, Home: -1e9, End: 1e9 };
    if (event.key in steps) {
      const before = this.#active;
      this.#active += steps[event.key];
      this.#rove(true);
      if (event.shiftKey && this.selectable && this.#active !== before) this.#extend(before);
    } else if (event.key === "PageDown") this.turn(this.now.page + 1);
    else if (event.key === "PageUp") this.turn(this.now.page - 1);
    else if (event.key === "Enter" && this.opened && event.target.tagName !== "BUTTON") this.opened(this.now.rows[this.#active].id);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #extend(before) {
    const boxes = this.#ticks();
    if (this.#anchor === null) this.#anchor = boxes[before].dataset.leadId;
    this.tick([...new Set([boxes[before].dataset.leadId, boxes[this.#active].dataset.leadId])], true);
  }

  /** The heads are one stop of the Tab key; arrows go from one to the next, Alt and the down arrow open a column's menu. */
  #headKey(event) {
    const all = [...this.head.querySelectorAll("button")];
    const place = all.indexOf(event.target);
    if (place < 0) return;
    const there = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: all.length - 1 }[event.key];
    if (there !== undefined) all[Math.min(Math.max(there, 0), all.length - 1)].focus();
    else if (event.key === "ArrowDown" && event.altKey) event.target.closest("th").querySelector(".cvtr-head-open")?.click();
    else if (event.key === "ArrowDown") this.#rove(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #roveHead(active = null) {
    const all = [...this.head.querySelectorAll("button")];
    const stop = all.includes(active) ? active : all.find((one) => one.tabIndex === 0) || all[0];
    for (const one of all) one.tabIndex = one === stop ? 0 : -1;
  }

  // -- drawing --------------------------------------------------------------------------------------------------------

  #header(column) {
    const sorts = this.now.sorts || [];
    const place = sorts.findIndex((one) => one.name === column.name);
    const sorted = place >= 0 ? sorts[place] : null;
    const arrow = sorted ? ` ${sorted.descending ? "↓" : "↑"}${sorts.length > 1 ? place + 1 : ""}` : "";
    const press = (event) => {
      const wanted = !sorted ? { column: column.name, descending: false }
        : !sorted.descending ? { column: column.name, descending: true } : { column: "", descending: false };
      // With Shift, after the columns that it is sorted by already.
      this.link.send("sort", { table: this.name, ...wanted, add: event.shiftKey });
    };
    return h("th", { role: "columnheader", scope: "col", "data-column": column.name,
      "aria-sort": sorted ? (sorted.descending ? "descending" : "ascending") : "none" },
      button(column.title + arrow, { class: "cvtr-sort", "data-sort": column.name }, press),
      column.zone ? h("span", { class: "cvtr-head-zone" }, ` ${column.zone}`) : null, this.menu ? this.#opener(column) : null);
  }

  /** The small button in a column's head that opens its menu. */
  #opener(column) {
    const filtered = Boolean(this.now.filtered?.[column.name]);
    const opener = h("button", { type: "button", class: `cvtr-head-open${filtered ? " cvtr-set" : ""}`, "data-menu": column.name,
      "aria-label": `${column.title}: sort, filter, move${filtered ? " (filtered)" : ""}` }, filtered ? "▼" : "▾");
    opens(opener, this.menu.menu, () => this.menu.prepare(column, this.now));
    return opener;
  }

  #row(one) {
    const cells = [];
    if (this.selectable) {
      const box = h("input", { type: "checkbox", class: "cvtr-row-tick", "data-lead-id": one.id, "aria-label": `Select lead ${one.id}`,
        tabindex: "-1" });
      box.addEventListener("click", (event) => this.#pressed(event, box));
      cells.push(h("td", { role: "gridcell", class: "cvtr-tick-cell" }, box));
    }
    let place = 0;
    for (const column of this.now.columns) {
      if (column.look === "id") cells.push(this.#idCell(one.id));
      else {
        const text = one.cells[place];
        place += 1;
        const number = column.look === "number" || column.look === "score";
        cells.push(h("td", { role: "gridcell", "data-column": column.name, class: number ? "cvtr-num" : null, title: text.length > 40 ? text : null },
          h("span", { class: `cvtr-cell cvtr-col-${column.name}`, dir: "auto" }, ...cellOf(text, column.look))));
      }
    }
    return h("tr", { role: "row", class: one.new ? "cvtr-new" : one.changed ? "cvtr-changed" : null, "data-lead-id": one.id,
      "aria-selected": this.selectable ? "false" : null, tabindex: this.selectable ? null : "-1" }, ...cells);
  }

  #idCell(id) {
    const shown = this.opened ? button(id, { class: "cvtr-link cvtr-open", "data-lead-id": id, tabindex: "-1", "aria-label": `Show lead ${id}` },
      () => this.opened(id)) : id;
    return h("th", { role: "rowheader", scope: "row", class: "cvtr-num" }, shown);
  }

  #drawHead() {
    const { head, now } = this;
    const look = JSON.stringify([now.columns, now.sorts, Object.keys(now.filtered || {})]);
    if (look === this.#headed) return;  // a press that is under way must end on the button it began on
    this.#headed = look;
    const tickAll = h("input", { type: "checkbox", class: "cvtr-tick-page", "aria-label": "Select this page",
      on: { click: () => this.tick(this.now.rows.map((one) => one.id), tickAll.checked) } });
    const cells = this.selectable ? [h("td", { role: "gridcell", class: "cvtr-tick-cell" }, tickAll)] : [];
    const { sort, menu } = head.contains(document.activeElement) ? document.activeElement.dataset : {};
    const open = this.menu?.menu.isOpen ? this.menu.menu.opener?.dataset.menu : null;
    head.replaceChildren(...cells, ...now.columns.map((column) => this.#header(column)));
    if (sort) head.querySelector(`[data-sort="${CSS.escape(sort)}"]`)?.focus();
    if (menu) head.querySelector(`[data-menu="${CSS.escape(menu)}"]`)?.focus();
    const opener = open ? head.querySelector(`[data-menu="${CSS.escape(open)}"]`) : null;
    if (opener) this.menu.menu.moved(opener);  // which goes on belonging to the head of its column
    this.#roveHead();
  }

  #drawTicks(message) {
    const on = new Map(message.rows.map((one) => [one.id, one.on]));
    for (const [id, { n }] of this.#pending) if (this.link.handled >= n) this.#pending.delete(id);
    for (const box of this.#ticks()) {
      const mine = this.#pending.get(box.dataset.leadId);
      this.#mark(box, mine ? mine.on : Boolean(on.get(box.dataset.leadId)));
    }
  }

  draw(message) {
    this.now = message;
    const had = this.body.contains(document.activeElement);
    const look = JSON.stringify([message.columns, message.rows.map((one) => [one.id, one.cells, one.changed, one.new])]);
    this.#drawHead();
    if (look !== this.#drawn) {
      this.body.replaceChildren(...message.rows.map((one) => this.#row(one)));
      this.#drawn = look;
      if (!message.rows.some((one) => one.id === this.#anchor)) this.#anchor = null;
    }
    if (this.selectable) this.#drawTicks(message);
    this.#rove(had);
    setAttribute(this.grid, "aria-rowcount", String(message.matching + 1));
    [...this.body.children].forEach((tr, place) => setAttribute(tr, "aria-rowindex", String(message.first + place + 2)));
    setShown(this.frame, message.loaded > 0);
    this.foot.draw(message);
  }
}

export function leadTable(...given) {
  return new LeadTable(...given);
}
