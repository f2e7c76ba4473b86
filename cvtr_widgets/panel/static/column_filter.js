// The filter of one column, in its menu: by values, text, numbers, days, yes or no, empty or not.

import { button, h, setLine, setShown } from "./dom.js";
import { labelled } from "./fields.js";
import { inWords } from "./format.js";
import { tickList } from "./menus.js";

/**
 * @typedef {object} Form What a filter of a kind asks for.
 * @property {(HTMLElement)[]} parts to show
 * @property {() => any} read its value as the kernel takes it
 * @property {(was: any) => void} set
 * @property {() => boolean} [half] whether something is typed half-way
 * @property {(counts: any[], left: number) => void} [show] the values that the kernel has counted
 */

/** @type {Record<string, string>} */
const FILTER_WORDS = { one_of: "Values", contains: "Text", between: "Numbers", days: "Days", yes_no: "Yes or no", empty: "Empty or not" };
/** Columns in which nearly every value is another: text is asked for first. */
const MANY_VALUES = new Set(["first_name", "last_name", "email", "telephone"]);

/** @param {string} label @param {string} type @param {() => void} use @returns {[HTMLElement, HTMLInputElement]} */
function filterInput(label, type, use) {
  const box = h("input", { class: "cvtr-filter-value", type, on: { keydown: (event) => { if (event.key === "Enter") use(); } } });
  return [labelled(label, box), box];
}

/** @param {string} type @param {() => void} use @param {string} first @param {string} second @returns {Form} */
function filterPair(type, use, first, second) {
  const [low, lowBox] = filterInput("From", type, use);
  const [high, highBox] = filterInput("To", type, use);
  const exact = (/** @type {HTMLInputElement} */ box) => box.value.trim() || null;
  return { parts: [h("div", { class: "cvtr-row" }, low, high)], read: () => ({ [first]: exact(lowBox), [second]: exact(highBox) }),
    // A day that is typed half-way has no value: it would be taken for "any day".
    half: () => [lowBox, highBox].some((box) => box.validity.badInput),
    set: (was) => { [lowBox.value, highBox.value] = [was[first] ?? "", was[second] ?? ""]; } };
}

/** @param {string} name @param {[string, string][]} options @returns {Form} */
function filterChoice(name, options) {
  const select = h("select", { class: "cvtr-filter-value" }, ...options.map(([value, text]) => h("option", { value }, text)));
  return { parts: [labelled("Value", select)], read: () => ({ [name]: Boolean(select.value) }),
    set: (was) => { select.value = was[name] ? "1" : ""; } };
}

/** The values of a column with their numbers, to tick. They come from the kernel while the menu is open. @returns {Form} */
function valueList() {
  const boxes = tickList("values", "cvtr-values");
  const more = h("p", { class: "cvtr-soft", hidden: true });
  /** @type {Set<string>} */
  const chosen = new Set();
  return { parts: [...boxes.parts, more], read: () => ({ values: [...chosen] }),
    set: (was) => { for (const value of was.values) chosen.add(value); },
    show(counts, left) {
      boxes.draw(counts.map(([text, number, value]) => [value, text, `(${inWords(number)})`]), (value) => chosen.has(value),
        (value, on) => { if (on) chosen.add(value); else chosen.delete(value); });
      setLine(more, left ? `and ${inWords(left)} more: filter by text instead` : "");
    } };
}

/** @param {string} kind @param {() => void} use @returns {Form} */
function filterForm(kind, use) {
  if (kind === "contains") {
    const [element, box] = filterInput("Contains", "text", use);
    return { parts: [element], read: () => ({ text: box.value }), set: (was) => { box.value = was.text; } };
  }
  if (kind === "between") return filterPair("text", use, "low", "high");
  if (kind === "days") return filterPair("date", use, "first", "last");
  if (kind === "yes_no") return filterChoice("yes", [["1", "yes"], ["", "no"]]);
  if (kind === "empty") return filterChoice("empty", [["1", "empty"], ["", "not empty"]]);
  return valueList();
}

/**
 * The kind of filter that is offered first: the one in force, else values, unless nearly every value is another.
 * @param {string} column
 * @param {string[]} allowed
 * @param {{ kind: string } | null} filter
 */
export function firstKind(column, allowed, filter) {
  if (filter) return filter.kind;
  return allowed.includes("one_of") && !MANY_VALUES.has(column) ? "one_of" : allowed[0];
}

/** The filter in a column's menu. */
export class ColumnFilter {
  #link;
  #placed;
  #column = "";
  /** @type {Record<string, any> | null} the filter in force */
  #was = null;
  /** @type {Form | null} */
  #form = null;
  #counted = "";
  /** @type {import("./messages.d.ts").Arranging | null} */
  #view = null;

  /**
   * @param {import("./messages.d.ts").Link} link
   * @param {(kind: string, is: Record<string, unknown>) => void} act sends what is wanted
   * @param {() => void} placed its size has changed
   */
  constructor(link, act, placed) {
    this.#link = link;
    this.#placed = placed;
    const narrow = (/** @type {any} */ wanted) => act("narrow", { column: this.#column, wanted });
    this.use = () => { if (this.#form && !this.#form.half?.()) narrow(this.#wanted(this.#form)); };
    this.kinds = h("select", { class: "cvtr-filter-kind", "aria-label": "Filter by", on: { change: () => this.#draw() } });
    this.fields = h("div", { class: "cvtr-filter-fields" });
    this.clear = button("No filter", { class: "cvtr-filter-clear" }, () => narrow(null));
    this.element = h("div", { class: "cvtr-head-filter" }, this.kinds, this.fields,
      h("div", { class: "cvtr-bar" }, button("Filter", { class: "cvtr-filter-apply" }, this.use), this.clear));
  }

  /** What is filled in, as the kernel takes it; no values ticked means no filter. */
  #wanted(/** @type {Form} */ form) {
    const wanted = form.read();
    return this.kinds.value === "one_of" && !wanted.values.length ? null : { kind: this.kinds.value, ...wanted };
  }

  /** @param {string} column @param {string[]} allowed @param {any} filter */
  open(column, allowed, filter) {
    this.#column = column;
    this.#was = filter;
    setShown(this.element, allowed.length > 0);
    setShown(this.clear, Boolean(filter));
    if (!allowed.length) return;
    this.kinds.replaceChildren(...allowed.map((kind) => h("option", { value: kind }, FILTER_WORDS[kind])));
    setShown(this.kinds, allowed.length > 1);
    this.kinds.value = firstKind(column, allowed, filter);
    if (allowed.includes("one_of")) this.#link.send("ask_counts", { column });
    this.#draw();
  }

  #draw() {
    const form = filterForm(this.kinds.value, this.use);
    this.#form = form;
    this.fields.replaceChildren(...form.parts);
    if (this.#was?.kind === this.kinds.value) form.set(this.#was);
    this.#counted = "";
    if (this.#view) this.counts(this.#view);
    this.#placed();
  }

  /** The numbers that the kernel has counted, if they are those of this column. */
  counts(/** @type {import("./messages.d.ts").Arranging} */ arranging) {
    this.#view = arranging;
    if (!this.#form?.show || arranging.asked !== this.#column) return;
    const now = JSON.stringify([arranging.counts, arranging.more_counts]);
    if (now === this.#counted) return;
    this.#counted = now;
    this.#form.show(arranging.counts, arranging.more_counts);
    this.#placed();
  }
}
