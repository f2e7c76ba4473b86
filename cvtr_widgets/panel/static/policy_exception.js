// What the policy stops of the plan shown, and the exception that may be made from it: by whom, and why.

import { problemBox } from "./answers.js";
import { button, h, setEnabled, setLine, setShown, setText } from "./dom.js";
import { labelled } from "./fields.js";

/** @import { Link, Section } from "./messages.d.ts" */

/**
 * What is typed goes nowhere before the button is pressed, and is gone once the plan is another one. ``shown()``: the fingerprint of
 * the plan on the screen.
 * @param {Link} link
 * @param {() => string} shown
 */
export function policyException(link, shown) {
  const text = h("p", {});
  const what = h("p", { class: "cvtr-soft", hidden: true });
  const who = h("p", { class: "cvtr-soft", hidden: true });
  const field = (/** @type {string} */ name) => h("input", { class: `cvtr-exception-${name}`, type: "text", autocomplete: "off" });
  const name = field("name");
  const reason = field("reason");
  const problem = problemBox(link);
  const make = button("", { class: "cvtr-make-exception" },
    () => link.send("exception", { name: name.value, reason: reason.value, fingerprint: shown() }));
  const fields = h("div", { class: "cvtr-row" }, labelled("Who makes the exception (printed name)", name), labelled("Why", reason), make);
  const element = h("div", { class: "cvtr-note cvtr-exception", role: "group", "aria-label": "The policy and this plan", hidden: true },
    text, what, who, fields, problem.element);
  const look = () => setEnabled(make, Boolean(name.value.trim() && reason.value.trim()));
  for (const one of [name, reason]) {
    one.maxLength = one === name ? 300 : 2000;
    one.addEventListener("input", look);
  }
  look();
  let plan = "";

  /** @param {Section | null} view */
  function update(view) {
    setShown(element, Boolean(view));
    if (plan !== shown()) {
      plan = shown();
      name.value = reason.value = "";
      look();
    }
    if (!view) return;
    setText(text, view.text);
    setLine(what, view.what);
    setLine(who, view.who);
    setShown(fields, view.may);
    setText(make, view.button);
    problem.update(view.problem);
  }

  return { element, update };
}
