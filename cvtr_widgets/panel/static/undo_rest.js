// Leads that stay different when a run is taken back: how many, why, and a button that selects them.

import { button, h, setShown } from "./dom.js";

/** @import { Link } from "./messages.d.ts" */

/** @param {Link} link @param {"run" | "past"} of the run shown, or earlier ones chosen in step 1 */
export function undoRest(link, of) {
  const element = h("ul", { class: "cvtr-note cvtr-rest", "aria-label": "What stays different", hidden: true });
  let drawn = "";

  /** @param {{ text: string, button: string }[]} groups */
  function update(groups) {
    const now = JSON.stringify(groups);
    if (now === drawn) return;
    drawn = now;
    element.replaceChildren(...groups.map(({ text, button: words }, place) => h("li", {}, text, " ",
      button(words, { class: "cvtr-link cvtr-select-rest" }, () => link.send("select_rest", { place, of })))));
    setShown(element, groups.length > 0);
  }

  return { element, update };
}
