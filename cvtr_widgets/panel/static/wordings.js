// What the wordings of a returns file mean. All choices of a wording are in sight, so that one press maps it.

import { focusData, focusedData, h, later, setShown, setText } from "./dom.js";
import { labelled } from "./fields.js";
import { inWords } from "./format.js";

/** @import { Link, Option, Section } from "./messages.d.ts" */
/** @typedef {[wording: string, text: string, stopped: number, value: string]} Wording */

const MOST_LISTS = 12; // with more wordings each is a drop-down: the page would be too long
const LINES = 6;
const REST = 400; // milliseconds after the last arrow key or letter: what was passed on the way is not mapped

/** One wording and its list. @param {Link} link @param {string} wording */
function wordingChoice(link, wording) {
  const select = h("select", { class: "cvtr-returns-map", "data-wording": wording });
  const element = labelled("", select);
  const label = element.querySelector("label");
  let listed = "";
  let shownAt = "";
  const tell = later(REST, () => link.send("returns_map", { wording, target: select.value }));
  const now = () => { if (tell.waiting()) tell.now(); };
  select.addEventListener("change", () => { if (select.size > 1) tell(); else tell.now(); });
  select.addEventListener("click", now);
  select.addEventListener("blur", now);

  /** @param {Wording} shown @param {Option[]} targets @param {number} lines @param {boolean} fresh */
  function update([, text, stopped, value], targets, lines, fresh) {
    if (label) setText(label, stopped ? `${text} (${inWords(stopped)} ${stopped === 1 ? "row stops" : "rows stop"})` : `${text} (mapped)`);
    element.classList.toggle("cvtr-mapped", !stopped);
    const options = JSON.stringify(targets);
    if (options !== listed) {
      listed = options;
      const kept = select.value;
      select.replaceChildren(...targets.map(([is, words]) => h("option", { value: is }, words)));
      select.value = tell.waiting() ? kept : value;
    }
    if (select.size !== lines) select.size = lines;
    if (fresh && !tell.waiting() && select.value !== value) select.value = value;
    if (shownAt !== select.value) {
      shownAt = select.value;
      if (document.activeElement !== select) requestAnimationFrame(showChosen); // once it is on the screen
    }
  }

  /** Bring the chosen line of the list into sight, and nothing else. */
  function showChosen() {
    const line = select.selectedOptions[0];
    if (line && select.size > 1) select.scrollTop = line.offsetHeight * (select.selectedIndex - LINES / 2);
  }

  return { element, select, update };
}

/** @param {Link} link */
export function wordingChoices(link) {
  const list = h("div", { class: "cvtr-returns-wordings" });
  const element = h("div", { hidden: true }, h("h4", {}, "Wordings to map"),
    h("p", { class: "cvtr-soft" }, "Words in the file that are not in Convertr’s list. Nothing is guessed, and no category is created."), list);
  /** @type {Map<string, ReturnType<typeof wordingChoice>>} */
  let made = new Map();
  let drawn = "";

  /** @param {Section} view @param {boolean} fresh */
  function update(view, fresh) {
    /** @type {Wording[]} */
    const wordings = view.wordings;
    const keys = JSON.stringify(wordings.map(([wording]) => wording));
    if (keys !== drawn) {
      drawn = keys;
      const focused = focusedData(list, "wording");
      made = new Map(wordings.map(([wording]) => [wording, made.get(wording) || wordingChoice(link, wording)]));
      list.replaceChildren(...[...made.values()].map((one) => one.element));
      focusData(list, "wording", focused);
    }
    const lines = wordings.length > MOST_LISTS ? 1 : LINES;
    for (const one of wordings) made.get(one[0])?.update(one, view.targets, lines, fresh);
    setShown(element, wordings.length > 0);
  }

  /** The list of the first wording that is not mapped. */
  const next = () => [...made.values()].find((one) => !one.select.value)?.select;

  return { element, update, next };
}
