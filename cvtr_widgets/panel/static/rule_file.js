// The rule file that is open: what it says, and why no plan was made of it. It stands beside the button that opened it, and in step 3.

import { problemBox } from "./answers.js";
import { h, progressLine, setLine, setLines, setShown, setText } from "./dom.js";

/** @import { Link, Section } from "./messages.d.ts" */

/** What a rule says. */
function words() {
  const name = h("b", { dir: "auto" });
  const why = h("span", { class: "cvtr-soft", dir: "auto" });
  const says = h("ul", { class: "cvtr-notes" });
  const element = h("div", { class: "cvtr-rule", role: "group", "aria-label": "Rule", hidden: true }, h("p", {}, "Rule ", name, " ", why), says);
  return { element, update(/** @type {Section} */ view, /** @type {boolean} */ shown) {
    setShown(element, shown);
    setText(name, view.name);
    setLine(why, view.why && `· ${view.why}`);
    setLines(says, view.says);
  } };
}

/** Where a rule file is opened. @param {Link} link */
export function openingRule(link) {
  const working = progressLine(() => link.send("rule_stop"));
  const problem = problemBox(link);
  const said = words();
  return { elements: [working.element, said.element, problem.element], update(/** @type {Section} */ view) {
    working.update(view.job);
    said.update(view, Boolean(view.name) && !view.open);
    problem.update(view.problem);
  } };
}

/** Above the plan of a rule. */
export function openedRule() {
  const said = words();
  return { element: said.element, update: (/** @type {Section} */ view) => said.update(view, view.open) };
}
