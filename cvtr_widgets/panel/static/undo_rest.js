// Leads that stay different when a run is taken back: how many, why, and a button that selects them.

import { button, h, setShown } from "./dom.js";

/** @import { Link } from "./messages.d.ts" */

/** @param {Link} link @param {"run" | "past"} of the run shown, or earlier ones chosen in step 1 */
export function undoRest(link, of) {
  const element = h("ul", { class: "cvtr-note cvtr-rest", "aria-label": "What stays different", hidden: true });
  let drawn = "";

  /**
   * ``canSelect`` false: a plan stands below that would be lost with it, and these leads stay as they are while it is carried out.
   * @param {{ text: string, button: string }[]} groups
   */
  function update(groups, canSelect = true) {
    const now = JSON.stringify([groups, canSelect]);
    if (now === drawn) return;
    drawn = now;
    /** @param {string} words @param {number} place */
    const select = (words, place) => button(words, { class: "cvtr-link cvtr-select-rest" }, () => link.send("select_rest", { place, of }));
    element.replaceChildren(...groups.map((one, place) => h("li", {}, one.text, " ", ...(canSelect ? [select(one.button, place)] : []))));
    setShown(element, groups.length > 0);
  }

  return { element, update };
}
