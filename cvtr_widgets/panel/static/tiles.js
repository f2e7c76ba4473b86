// Numbers to press: how many leads have a verdict or an outcome. A press shows only these.

import { button, focusData, focusedData, h } from "./dom.js";
import { inWords } from "./format.js";

/** @import { Count } from "./messages.d.ts" */

/** @param {Count} count @param {boolean} isChosen @param {(values: string[]) => void} pressed */
function tile([key, number, words, about], isChosen, pressed) {
  const made = button("", { class: `cvtr-tile cvtr-tile-${key}`, "data-key": key, "aria-pressed": String(isChosen), title: about || null },
    () => pressed(isChosen ? [] : [key]));
  made.append(h("b", {}, inWords(number)), " ", h("span", {}, words));
  return made;
}

/** @param {string} className @param {(values: string[]) => void} pressed */
export function tiles(className, pressed) {
  const element = h("div", { class: `cvtr-tiles ${className}` });
  let drawn = "";
  return {
    element,
    /**
     * ``rows``: [key, number, words, about]; a press shows only these.
     * @param {Count[]} rows
     * @param {string[]} chosen
     * @param {string[]} extra
     */
    update(rows, chosen, extra = []) {
      const now = JSON.stringify([rows, chosen, extra]);
      if (now === drawn) return;
      drawn = now;
      const focused = focusedData(element, "key");
      element.replaceChildren(...rows.map((row) => tile(row, chosen.includes(row[0]), pressed)),
        ...extra.map((text) => h("span", { class: "cvtr-tile" }, text)));
      focusData(element, "key", focused);
    },
  };
}
