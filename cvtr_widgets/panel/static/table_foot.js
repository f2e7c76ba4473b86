// The line below a table: which rows these are, of how many, and whether that is all; turning pages.

import { button, h, setAttribute, setEnabled, setLine, setShown, setText } from "./dom.js";
import { inWords, sinceText, whereText } from "./format.js";

const PAGE_SIZES = [25, 50, 100, 250, 500];

/** The page that was typed, counted from 0; what is not a number is the first one. @param {string} text */
export function typedPage(text) {
  return Math.max(0, (parseInt(text, 10) || 1) - 1);
}

/**
 * Previous, a page by its number, next, and how many rows a page has.
 * @param {(page: number) => void} turn
 * @param {(rows: number) => void} size
 */
function pager(turn, size) {
  const previous = button("‹", { class: "cvtr-link cvtr-page-previous", "aria-label": "Previous page" }, () => turn(page - 1));
  const next = button("›", { class: "cvtr-link cvtr-page-next", "aria-label": "Next page" }, () => turn(page + 1));
  const number = h("input", { class: "cvtr-page", type: "number", min: "1", "aria-label": "Page",
    on: { change: () => turn(typedPage(number.value)) } });
  const pages = h("span", { class: "cvtr-soft" });
  const sizes = h("select", { class: "cvtr-page-size", "aria-label": "Rows a page", on: { change: () => size(Number(sizes.value)) } },
    ...PAGE_SIZES.map((n) => h("option", { value: String(n) }, String(n))));
  const element = h("span", { class: "cvtr-pager" }, previous, number, pages, next, sizes);
  let page = 0;

  function restore() {
    number.value = String(page + 1);
  }

  function draw(/** @type {import("./messages.d.ts").Rows} */ message) {
    page = message.page;
    setEnabled(previous, page > 0);
    setEnabled(next, page + 1 < message.pages);
    setShown(element, message.loaded > PAGE_SIZES[0]);
    if (document.activeElement !== number) restore();
    setAttribute(number, "max", String(message.pages));
    setText(pages, `of ${inWords(message.pages)}${message.searching ? " so far" : ""}`);
    if (sizes.value !== String(message.size)) sizes.value = String(message.size);
  }

  return { element, draw, restore };
}

/**
 * ``tools`` and ``working`` are places for what the owner puts there.
 * @param {(page: number) => void} turn a page is asked for, counted from 0
 * @param {(rows: number) => void} size
 */
export function tableFoot(turn, size) {
  const where = h("span", { class: "cvtr-where cvtr-soft" });
  const since = h("span", { class: "cvtr-since cvtr-soft", hidden: true });
  const pages = pager(turn, size);
  const working = h("span", { class: "cvtr-still" });
  const tools = h("span", { class: "cvtr-tools" });
  const element = h("div", { class: "cvtr-bar cvtr-table-foot" }, where, since, pages.element, working, h("span", { class: "cvtr-grow" }), tools);
  /** @type {import("./messages.d.ts").Rows | null} */
  let now = null;
  let coverage = "";

  /** A table that is not whole says so in the same breath as its count. */
  function count(/** @type {import("./messages.d.ts").Rows} */ message) {
    setText(where, whereText(message, coverage));
    where.classList.toggle("cvtr-warn", Boolean(coverage || message.searching));
    element.classList.toggle("cvtr-in-sight", Boolean(coverage && message.loaded));
  }

  /** ``words``: how much of what was asked for is here, where that is not all of it. @param {string} words */
  function covers(words) {
    if (coverage === words) return;
    coverage = words;
    if (now) count(now);
  }

  function draw(/** @type {import("./messages.d.ts").Rows} */ message) {
    now = message;
    setLine(since, sinceText(message));
    count(message);
    pages.draw(message);
    setShown(tools, message.loaded > 0);
  }

  return { element, tools, working, covers, restore: pages.restore, draw };
}
