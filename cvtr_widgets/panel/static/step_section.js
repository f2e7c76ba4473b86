// The frame of a step: its heading opens it, and says in one line what was chosen there.

import { button, freshId, h, setAttribute, setEnabled, setShown, setText } from "./dom.js";

/** @import { Link } from "./messages.d.ts" */

/** @param {Link} link @param {number} number @param {string} name @param {HTMLElement} body */
export function stepSection(link, number, name, body) {
  const title = h("span", { class: "cvtr-step-name" }, name);
  const sum = h("span", { class: "cvtr-sum" });
  const mark = h("span", { class: "cvtr-n", "aria-hidden": "true" }, String(number));
  const open = button("", { class: "cvtr-step-open" }, () => link.send("go", { step: number }));
  open.append(mark, title, sum);
  const heading = h("h3", {}, open);
  body.id = freshId();
  open.setAttribute("aria-controls", body.id);
  const className = ["cvtr-step-leads", "cvtr-step-type", "cvtr-step-processing"][number - 1];
  const element = h("section", { class: `cvtr-step ${className}`, "aria-label": `${number} ${name}` }, heading, body);
  return {
    element,
    /** @param {number} step @param {string} summary @param {boolean} reachable */
    update(step, summary, reachable) {
      const here = step === number;
      element.classList.toggle("cvtr-here", here);
      element.classList.toggle("cvtr-done", number < step);
      setShown(body, here);
      setText(mark, number < step ? "✓" : String(number));
      setAttribute(open, "aria-expanded", String(here));
      setEnabled(open, reachable || here);
      setText(sum, here ? (number === 3 ? summary : "") : number < step || reachable ? summary : "");
      setAttribute(element, "aria-label", `${number} ${name}`);
    },
    focus: () => open.focus(),
  };
}
