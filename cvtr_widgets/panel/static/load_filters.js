// By what leads are loaded: campaigns, publishers and states, several at once, and one range of days.

import { archiveSource } from "./archive_source.js";
import { button, h, setAttribute, setEnabled, setLine, setText } from "./dom.js";
import { day } from "./fields.js";
import { browserZone, rangeText } from "./format.js";
import { menuButton, tickList } from "./menus.js";

/** @import { Link, Option, Section } from "./messages.d.ts" */

/**
 * A menu of names to tick; none ticked is ``all``. ``said(values)`` with each change.
 * @param {string} label
 * @param {string} className
 * @param {string} all
 * @param {(values: string[]) => void} said
 */
function choiceMenu(label, className, all, said) {
  const boxes = tickList(label, "");
  const clear = button(`Clear: ${all.toLowerCase()}`, { class: "cvtr-link cvtr-choice-all" }, () => choose([]));
  const made = menuButton(all, className, label, [...boxes.parts, clear], { caption: true });
  /** @type {string[]} */
  let chosen = [];
  let drawn = "";
  let names = new Map();

  /** @param {string[]} values */
  function choose(values) {
    chosen = values;
    mark();
    said(values);
  }

  function mark() {
    boxes.mark((value) => chosen.includes(value));
    const words = chosen.map((value) => names.get(value) || value);
    made.setText(!chosen.length ? all : chosen.length === 1 ? words[0] : String(chosen.length));
    setAttribute(made.opener, "title", chosen.length ? words.join(", ") : null);
    setAttribute(made.opener, "data-values", chosen.join(","));
    made.opener.classList.toggle("cvtr-set", chosen.length > 0);
    setEnabled(clear, chosen.length > 0);
  }

  /** @param {Option[]} options @param {string[]} values @param {boolean} fresh */
  function update(options, values, fresh) {
    const now = JSON.stringify(options);
    // A kernel that has not heard the last tick yet would take it back.
    if (fresh) chosen = values;
    if (now !== drawn) {
      drawn = now;
      names = new Map(options);
      boxes.draw(options, (value) => chosen.includes(value),
        (value, on) => choose(on ? [...chosen, value] : chosen.filter((one) => one !== value)));
    }
    mark();
  }

  return { element: made.element, update };
}

/**
 * One range of days, by name or from a day to a day. The kernel says what day it is, and in which zone its days are.
 * @param {Link} link
 */
function dateRange(link) {
  const tell = (/** @type {string} */ name) => (/** @type {string} */ value) => link.send("day", { name, value });
  const from = day("From", "cvtr-filter-from", tell("created_after"));
  const to = day("To", "cvtr-filter-to", tell("created_before"));
  const named = h("div", { class: "cvtr-ranges" });
  const zone = h("p", { class: "cvtr-soft cvtr-zone" });
  // In sight while the menu is closed; only where the zones differ, as it costs a line.
  const elsewhere = h("p", { class: "cvtr-warn cvtr-elsewhere", hidden: true });
  const pick = (/** @type {string} */ name) => { made.menu.close({ focus: true }); link.send("range", { name }); };
  const any = button("Clear: any day", { class: "cvtr-link cvtr-range-any" }, () => pick(""));
  const made = menuButton("Any day", "cvtr-filter-date", "Date", [named, h("div", { class: "cvtr-row" }, from.element, to.element), zone, any],
    { caption: true });
  let drawn = "";

  /** @param {any} filters @param {boolean} fresh */
  function update(filters, fresh) {
    const now = JSON.stringify(filters.ranges);
    if (now !== drawn) {
      drawn = now;
      named.replaceChildren(...Object.entries(filters.ranges).map(([name, span]) =>
        button(name, { class: "cvtr-range", "data-range": name, title: span }, () => pick(name))));
    }
    from.update(filters.created_after, fresh);
    to.update(filters.created_before, fresh);
    made.setText(rangeText(filters));
    for (const one of named.children) setAttribute(one, "aria-pressed", String(one.getAttribute("data-range") === filters.range));
    const set = Boolean(filters.created_after || filters.created_before);
    setAttribute(made.opener, "title", filters.range ? filters.ranges[filters.range] : null);
    made.opener.classList.toggle("cvtr-set", set);
    setEnabled(any, set);
  }

  /**
   * Days are those of the kernel's zone. Gives whether the browser's begin at another time.
   * @param {string} name
   * @param {number} offset
   */
  function days(name, offset) {
    const { here, differs, words } = browserZone(name, offset);
    setText(zone, `Days and times are in ${/^(UTC|GMT)/.test(name) ? name : `${name} time`}.${differs ? ` Your browser is in ${here}, where days begin at another time.` : ""}`);
    zone.classList.toggle("cvtr-warn", differs);
    setLine(elsewhere, words);
    return differs;
  }

  return { element: made.element, elsewhere, update, days };
}

/** The row of filters with its button. @param {Link} link */
export function loadFilters(link) {
  const chosen = (/** @type {string} */ name) => (/** @type {string[]} */ values) => link.send("filter", { name, values });
  const campaign = choiceMenu("Campaign", "cvtr-filter-campaign", "All", chosen("campaign"));
  const publisher = choiceMenu("Lead Generator", "cvtr-filter-publisher", "All", chosen("publisher"));
  const status = choiceMenu("Current Status", "cvtr-filter-status", "Any", chosen("status"));
  const delivery = choiceMenu("Delivery", "cvtr-filter-delivery", "Any", chosen("delivery"));
  const date = dateRange(link);
  const load = button("Load leads", { class: "cvtr-load" }, () => link.send("load", { go_on: false }));
  const source = archiveSource(link);
  const row = h("div", { class: "cvtr-filters", role: "group", "aria-label": "Load leads by" }, campaign.element, publisher.element,
    status.element, delivery.element, date.element, load);
  const element = h("div", {}, source.element, row, date.elsewhere);

  /** @param {Section} view @param {boolean} fresh */
  function update(view, fresh) {
    for (const [name, one] of Object.entries({ campaign, publisher, status, delivery })) {
      one.update(view.options[name], view.filters[name], fresh);
    }
    date.update(view.filters, fresh);
    source.update(view, fresh);
    setText(load, view.source.chosen ? "Open archive" : "Load leads");
    setEnabled(load, !view.filter_blockers.length);
    load.classList.toggle("cvtr-main", !view.loaded && view.selected.count === 0);
  }

  return { element, update, days: date.days };
}
