// One lead with all that is known of it, below the table: fields, job results, notes.

import { button, h, problemBox, setAttribute, setShown, setText } from "./dom.js";
import { tickBox } from "./fields.js";

/** ``closed(id)``: the pane was closed by somebody who was in it, and the focus needs another place. */
export function detailPane(link, closed) {
  const title = h("h4", { tabindex: "-1" });
  const previous = button("‹ Previous lead", { class: "cvtr-detail-previous" }, () => link.send("detail_step", { step: -1 }));
  const next = button("Next lead ›", { class: "cvtr-detail-next" }, () => link.send("detail_step", { step: 1 }));
  const close = button("Close", { class: "cvtr-detail-close" }, () => link.send("detail_close"));
  const select = tickBox("Selected", "cvtr-detail-tick", (on) => link.send("tick", { ids: [shownId], on }));
  const decide = ["valid", "invalid", "later"].map((mark) => button({ valid: "Valid (V)", invalid: "Invalid (I)", later: "Later (L)" }[mark],
    { class: `cvtr-decide cvtr-decide-${mark}`, "data-mark": mark, "aria-pressed": "false" }, () => say(mark)));
  const problem = problemBox();
  const fields = h("dl", { class: "cvtr-fields", tabindex: "0", "aria-label": "All fields" });
  const jobs = h("div", { class: "cvtr-detail-jobs" });
  const notes = h("div", { class: "cvtr-detail-notes" });
  const waiting = h("p", { class: "cvtr-soft" }, "Reading this lead.");
  const element = h("section", { class: "cvtr-detail", "aria-label": "Lead detail", hidden: true },
    h("div", { class: "cvtr-bar" }, title, select.element, h("span", { class: "cvtr-soft" }, "Mark for"), ...decide,
      h("span", { class: "cvtr-grow" }), previous, next, close),
    problem.element, waiting, h("div", { class: "cvtr-detail-parts" }, fields, h("div", {}, jobs, notes)));
  let shownId = "";
  let drawn = "";

  /** For the lead that stands here now: a second press before the next one has come is about none. */
  function say(mark) {
    link.send("decide", { id: shownId, mark });
  }

  function small(name, table) {
    if (!table.rows.length) return [h("h5", {}, name), h("p", { class: "cvtr-soft" }, "None.")];
    return [h("h5", {}, name), h("div", { class: "cvtr-scroll", tabindex: "0", role: "group", "aria-label": name }, h("table", { class: "cvtr-grid", "aria-label": name },
      h("thead", {}, h("tr", {}, ...table.columns.map((c) => h("th", { scope: "col" }, c)))),
      h("tbody", {}, ...table.rows.map((cells) => h("tr", {}, ...cells.map((text) => h("td", { dir: "auto" }, text)))))))];
  }

  element.addEventListener("keydown", (event) => {
    const mark = { v: "valid", i: "invalid", l: "later" }[event.key.toLowerCase()];
    const step = { n: 1, p: -1 }[event.key.toLowerCase()];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (mark) { if (!event.repeat) say(mark); event.preventDefault(); }
    if (step) { link.send("detail_step", { step }); event.preventDefault(); }
    if (event.key === "Escape") { link.send("detail_close"); event.stopPropagation(); }
  });

  function update(detail) {
    const inside = element.contains(document.activeElement);
    setShown(element, Boolean(detail));
    if (!detail) {
      if (inside && shownId) closed(shownId);
      shownId = "";
      drawn = "";
      return;
    }
    const fresh = detail.id !== shownId;
    shownId = detail.id;
    setText(title, `Lead ${detail.id}`);
    select.update("Selected", Boolean(detail.on), true);
    for (const one of decide) setAttribute(one, "aria-pressed", String(one.dataset.mark === detail.mark));
    problem.update(detail.problem);
    setShown(waiting, !detail.found && !detail.problem);
    const now = JSON.stringify(detail.found);
    if (now !== drawn) {
      drawn = now;
      const found = detail.found;
      fields.replaceChildren(...(found ? found.fields.flatMap(([name, value]) =>
        [h("dt", {}, name), h("dd", { dir: "auto" }, value)]) : []));
      jobs.replaceChildren(...(found ? small("Job results", found.jobs) : []));
      notes.replaceChildren(...(found ? small("Notes and flag history", found.notes) : []));
    }
    if (fresh) title.focus({ preventScroll: false });
  }

  return { element, update };
}
