// One lead with all that is known of it, beside the table (below it where that is narrow): fields, job results, notes.

import { problemBox } from "./answers.js";
import { button, h, setAttribute, setShown, setText } from "./dom.js";
import { tickBox } from "./fields.js";

/** @import { Key, Link, Section } from "./messages.d.ts" */

const MARKS = { valid: "Valid (V)", invalid: "Invalid (I)", later: "Later (L)" };
/** @type {Record<string, string>} */
const MARK_KEYS = { v: "valid", i: "invalid", l: "later" };
/** @type {Record<string, number>} */
const STEP_KEYS = { n: 1, p: -1 };

/**
 * What a key does in the pane, as a message to the kernel; null: nothing. ``id``: the lead that stands there.
 * @param {Key} event
 * @param {string} id
 * @returns {[kind: string, is?: Record<string, unknown>] | null}
 */
export function keyMessage({ key, repeat, ctrlKey, metaKey, altKey }, id) {
  if (ctrlKey || metaKey || altKey) return null;
  if (key === "Escape") return ["detail_close"];
  const letter = key.toLowerCase();
  if (STEP_KEYS[letter]) return ["detail_step", { step: STEP_KEYS[letter] }];
  // A key that is held down decides about one lead, not about those that come after it.
  return MARK_KEYS[letter] && !repeat ? ["decide", { id, mark: MARK_KEYS[letter] }] : null;
}

/** @param {string} name @param {{ columns: string[], rows: string[][] }} table */
function smallTable(name, { columns, rows }) {
  if (!rows.length) return [h("h5", {}, name), h("p", { class: "cvtr-soft" }, "None.")];
  const table = h("table", { class: "cvtr-grid", "aria-label": name },
    h("thead", {}, h("tr", {}, ...columns.map((title) => h("th", { scope: "col" }, title)))),
    h("tbody", {}, ...rows.map((cells) => h("tr", {}, ...cells.map((text) => h("td", { dir: "auto" }, text))))));
  return [h("h5", {}, name), h("div", { class: "cvtr-scroll", tabindex: "0", role: "group", "aria-label": name }, table)];
}

/** What was read of the lead: its fields, the results of its jobs, its notes. */
function leadFacts() {
  const fields = h("dl", { class: "cvtr-fields", tabindex: "0", "aria-label": "All fields" });
  const jobs = h("div", { class: "cvtr-detail-jobs" });
  const notes = h("div", { class: "cvtr-detail-notes" });
  let drawn = "";

  /** @param {Section | null} found */
  function draw(found) {
    const now = JSON.stringify(found);
    if (now === drawn) return;
    drawn = now;
    const entry = (/** @type {[string, string]} */ [name, value]) => [h("dt", {}, name), h("dd", { dir: "auto" }, value)];
    fields.replaceChildren(...(found ? found.fields.flatMap(entry) : []));
    jobs.replaceChildren(...(found ? smallTable("Job results", found.jobs) : []));
    notes.replaceChildren(...(found ? smallTable("Notes and flag history", found.notes) : []));
  }

  return { element: h("div", { class: "cvtr-detail-parts" }, fields, h("div", {}, jobs, notes)), draw };
}

/**
 * The line over the lead: its id, its tick, what was decided about it, the next one. ``shown()``: the lead's id.
 * @param {Link} link
 * @param {() => string} shown
 */
function detailBar(link, shown) {
  const title = h("h4", { tabindex: "-1" });
  const previous = button("‹ Previous", { class: "cvtr-detail-previous", title: "Previous lead (P)" }, () => link.send("detail_step", { step: -1 }));
  const next = button("Next ›", { class: "cvtr-detail-next", title: "Next lead (N)" }, () => link.send("detail_step", { step: 1 }));
  const close = button("Close", { class: "cvtr-detail-close", title: "Close (Esc)" }, () => link.send("detail_close"));
  const select = tickBox("Selected", "cvtr-detail-tick", (on) => link.send("tick", { ids: [shown()], on }));
  const decide = Object.entries(MARKS).map(([mark, text]) => button(text,
    { class: `cvtr-decide cvtr-decide-${mark}`, "data-mark": mark, "aria-pressed": "false" }, () => link.send("decide", { id: shown(), mark })));
  const element = h("div", { class: "cvtr-bar" }, h("div", { class: "cvtr-bar" }, title, select.element),
    h("div", { class: "cvtr-bar cvtr-detail-steps" }, previous, next, close),
    h("div", { class: "cvtr-bar" }, h("span", { class: "cvtr-soft" }, "Mark for"), ...decide));

  /** @param {Section} detail */
  function update({ id, on, mark }) {
    setText(title, `Lead ${id}`);
    select.update("Selected", Boolean(on), true);
    for (const one of decide) setAttribute(one, "aria-pressed", String(one.dataset.mark === mark));
  }

  return { element, update, title };
}

/**
 * ``closed(id)``: the pane was closed by somebody who was in it, and the focus needs another place.
 * @param {Link} link
 * @param {(id: string) => void} closed
 */
function detailPane(link, closed) {
  let shownId = ""; // for the lead that stands here now: a second press before the next one has come is about none
  const bar = detailBar(link, () => shownId);
  const problem = problemBox(link);
  const waiting = h("p", { class: "cvtr-soft" }, "Loading this lead.");
  const facts = leadFacts();
  const element = h("section", { class: "cvtr-detail", "aria-label": "Lead detail", hidden: true }, bar.element, problem.element, waiting,
    facts.element);

  element.addEventListener("keydown", (event) => {
    const message = keyMessage(event, shownId);
    if (!message) return;
    link.send(...message);
    if (event.key === "Escape") event.stopPropagation();
    else event.preventDefault();
  });

  /** @param {any} detail */
  function update(detail) {
    const inside = element.contains(document.activeElement);
    setShown(element, Boolean(detail));
    if (!detail) {
      // Whoever was in the pane goes to the row of the lead that it showed, or to what has taken its place.
      if (inside && shownId) closed(shownId);
      shownId = "";
      return;
    }
    const fresh = detail.id !== shownId;
    shownId = detail.id;
    bar.update(detail);
    problem.update(detail.problem);
    setShown(waiting, !detail.found && !detail.problem);
    facts.draw(detail.found);
    // Only for another lead: a view that comes while its notes are read must not scroll it back to the top.
    if (!fresh) return;
    element.scrollTop = 0;
    bar.title.focus({ preventScroll: true });
    element.scrollIntoView({ block: "nearest" });
  }

  return { element, update };
}

/** A table with the detail of one of its leads beside it. @param {Link} link @param {import("./table.js").LeadTable} table */
export function withDetail(link, table) {
  const pane = detailPane(link, (id) => table.focusOn(id));

  /** @param {any} detail */
  function update(detail) {
    pane.update(detail);
    table.detailOf(detail?.id ?? "");
  }

  return { element: h("div", { class: "cvtr-split" }, table.element, pane.element), update };
}
