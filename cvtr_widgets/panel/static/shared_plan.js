// Plans between people in step 3: who made the plan that was opened and what is different; sending it back; saving the plan shown.

import { button, h, setEnabled, setLine, setLines, setShown, setText } from "./dom.js";
import { labelled, tickBox } from "./fields.js";
import { redrawn } from "./given_ids.js";

/** @import { Link, Section } from "./messages.d.ts" */

/**
 * A text and a button that sends it, behind a line that opens them. The text goes nowhere before the button is pressed.
 * @param {string} summary
 * @param {string} label
 * @param {string} text
 * @param {string} className
 * @param {(text: string) => void} said
 */
function saying(summary, label, text, className, said) {
  const input = h("input", { class: `${className}-text`, type: "text", autocomplete: "off", maxlength: "2000" });
  const press = button(text, { class: className }, () => said(input.value));
  const look = () => setEnabled(press, Boolean(input.value.trim()));
  input.addEventListener("input", look);
  look();
  return h("details", { class: `${className}-box` }, h("summary", {}, summary), h("div", { class: "cvtr-row" }, labelled(label, input), press));
}

/** Saves the plan shown as a file. @param {Link} link @param {() => string} shown */
export function savePlan(link, shown) {
  return saying("Save this plan for somebody else to look at, sign and run", "What is it for?", "Save plan", "cvtr-save-plan",
    (why) => link.send("plan_save", { why, fingerprint: shown() }));
}

/** The plan file that is open. @param {Link} link */
export function openedPlan(link) {
  const made = h("p", { class: "cvtr-made" });
  const remarks = h("ul", { class: "cvtr-note cvtr-remarks", hidden: true });
  const notes = h("ul", { class: "cvtr-notes", hidden: true });
  const differs = h("summary", {});
  const body = h("tbody");
  const heads = ["Lead", "What is different", "When saved", "Now", "Is sent"].map((text) => h("th", { scope: "col" }, text));
  const table = h("div", { class: "cvtr-scroll cvtr-low", tabindex: "0", role: "group", "aria-label": "Differences, lead by lead" },
    h("table", { class: "cvtr-grid" }, h("thead", {}, h("tr", {}, ...heads)), body));
  const more = h("p", { class: "cvtr-soft", hidden: true });
  const box = h("details", { class: "cvtr-differences", open: true }, differs, table, more);
  const include = tickBox("Send those that have changed as they are now", "cvtr-plan-include", (on) => link.send("plan_include", { on }));
  const back = saying("Send it back with a remark", "Remark", "Save the file to send back", "cvtr-plan-back",
    (remark) => link.send("plan_back", { remark }));
  const element = h("div", { class: "cvtr-opened-plan", hidden: true }, made, remarks, notes, box, include.element, back);
  const draw = redrawn(body, (rows) => rows.map((/** @type {string[]} */ cells) => h("tr", {},
    ...cells.map((text) => h("td", { dir: "auto" }, text)))));

  /** @param {Section} view @param {boolean} fresh */
  function update(view, fresh) {
    setShown(element, view.open);
    setText(made, view.made);
    setLines(remarks, view.remarks);
    setLines(notes, view.notes);
    setText(differs, view.differs);
    draw(view.differences);
    setShown(table, view.differences.length > 0);
    setLine(more, view.more);
    setShown(include.element, view.may_include);
    include.update("Send those that have changed as they are now", view.include, fresh);
  }

  return { element, update };
}
