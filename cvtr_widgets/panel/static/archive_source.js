// Where step 1 reads leads: at the service, or from an archive as of a day.

import { h, setShown } from "./dom.js";
import { day, dropdown } from "./fields.js";

/** @import { Link, Section } from "./messages.d.ts" */

/** @param {Link} link */
export function archiveSource(link) {
  const from = dropdown("Read from", "cvtr-source-from", (value) => link.send("source", { archive: value === "archive" }));
  const asOf = day("As of the end of", "cvtr-source-day", (value) => link.send("day", { name: "as_of", value }));
  const hint = h("span", { class: "cvtr-soft" }, "No day: as last seen.");
  const element = h("div", { class: "cvtr-source cvtr-row", role: "group", "aria-label": "Where leads are read", hidden: true },
    from.element, asOf.element, hint);

  /** @param {Section} view @param {boolean} fresh */
  function update(view, fresh) {
    const source = view.source;
    setShown(element, source.there);
    from.update([["service", "The service"], ["archive", "The archive"]], source.chosen ? "archive" : "service", fresh);
    asOf.update(source.as_of, fresh);
    setShown(asOf.element, source.chosen);
    setShown(hint, source.chosen);
  }

  return { element, update };
}
