// Look, below the three steps: questions about what is loaded. Its parts are those of the LookPanel.

import { lookArea } from "../../insight/static/look.js";
import { askForParts } from "../../insight/static/parts.js";
import { button, freshId, h, setAttribute, setShown } from "./dom.js";

/**
 * ``show``: bring the table of step 1 into sight.
 * @param {import("./messages.d.ts").Link} link
 * @param {() => void} show
 */
export function lookSection(link, show) {
  const look = lookArea((message) => link.send("look", { message }));
  const after = h("span", { class: "cvtr-look-after", hidden: true },
    button("Show them in step 1", { class: "cvtr-link cvtr-look-show" }, show), " ",
    button("undo", { class: "cvtr-link cvtr-look-undo" }, () => link.send("undo_selection")));
  look.beside(after);
  const body = h("div", { class: "cvtr-body", id: freshId(), hidden: true }, look.element);
  let noMore = () => {};
  const open = button("", { class: "cvtr-step-open", "aria-expanded": "false", "aria-controls": body.id }, () => {
    const isOpen = open.getAttribute("aria-expanded") !== "true";
    setAttribute(open, "aria-expanded", String(isOpen));
    setShown(body, isOpen);
    noMore();
    if (isOpen) noMore = askForParts((there) => link.send("look_open", there));
  });
  open.append(h("span", { class: "cvtr-n", "aria-hidden": "true" }, "?"), h("span", { class: "cvtr-step-name" }, "Look"),
    h("span", { class: "cvtr-sum" }, "What is wrong with the loaded leads, whose, since when"));
  const element = h("section", { class: "cvtr-step cvtr-step-look", "aria-label": "Look" }, h("h3", {}, open), body);
  return {
    element,
    /** @param {import("./messages.d.ts").Section} view */
    update(view) {
      look.update(view);
      setShown(after, view.picked > 0);
    },
    draw: look.draw,
    install: look.install,
    dispose() {
      noMore();
      look.dispose();
    },
  };
}
