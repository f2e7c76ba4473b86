// What a table's cells show, and how a cell that is there gets another text: as little is touched as may be, as a page has hundreds.

import { h, setAttribute } from "./dom.js";

/** @type {Record<string, string>} */
const STATES = { Valid: "v", Invalid: "i", Caution: "c", Test: "t" };
/** @type {Record<string, string>} */
const OUTCOME_LOOKS = {
  confirmed: "v", "will change": "v", contradicted: "i", unknown: "c", refused: "i", accepted: "t", skipped: "t",
  "not sent": "t", "not settled yet": "t", "already so": "t", "not eligible": "i", "not found": "i", "not allowed": "i", "cannot tell": "c",
};
/** So few plain letters are never wider than a cell. One that is never cut costs the browser less to draw. */
const NEVER_CUT = /^[ -~À-ž]{0,16}$/;

/** The word to be set off, if there is one, how, and the rest. @param {string} text @param {string} look */
function partsOf(text, look) {
  if (look === "state") {
    const [word] = text.split(" · ", 1);
    if (STATES[word]) return { pill: STATES[word], word, rest: text.slice(word.length) };
  } else if ((look === "outcome" || look === "verdict") && OUTCOME_LOOKS[text]) return { pill: OUTCOME_LOOKS[text], word: text, rest: "" };
  return { pill: "", word: "", rest: text };
}

/** @param {{ pill: string, word: string, rest: string }} parts */
function contentOf({ pill, word, rest }) {
  return pill ? [h("span", { class: `cvtr-pill cvtr-${pill}` }, word), rest] : [rest];
}

/** @param {string} text */
function titleOf(text) {
  return text.length > 40 ? text : null;
}

/** @param {string} text @param {string} name of the column */
function classOf(text, name) {
  return `cvtr-cell cvtr-col-${name}${NEVER_CUT.test(text) ? "" : " cvtr-cut"}`;
}

/** @param {string} text @param {import("./messages.d.ts").Column} column */
export function cellOf(text, { name, look }) {
  const number = look === "number" || look === "score";
  return h("td", { role: "gridcell", "data-column": name, class: number ? "cvtr-num" : null, title: titleOf(text) },
    h("span", { class: classOf(text, name), dir: "auto" }, ...contentOf(partsOf(text, look))));
}

/**
 * Another text in a cell that is there.
 * @param {Element} cell
 * @param {string} was the text that it shows
 * @param {string} text
 * @param {import("./messages.d.ts").Column} column
 */
export function fillCell(cell, was, text, { name, look }) {
  const shown = cell.firstElementChild;
  if (was === text || !shown) return;
  setAttribute(cell, "title", titleOf(text));
  setAttribute(shown, "class", classOf(text, name));
  const parts = partsOf(text, look);
  const [first, last] = [shown.firstChild, shown.lastChild];
  if (!(last instanceof Text) || parts.pill && !(first instanceof Element) || !parts.pill && first !== last) {
    shown.replaceChildren(...contentOf(parts));
    return;
  }
  if (first instanceof Element) {
    setAttribute(first, "class", `cvtr-pill cvtr-${parts.pill}`);
    /** @type {Text} */ (first.firstChild).data = parts.word;
  }
  if (last.data !== parts.rest) last.data = parts.rest;
}
