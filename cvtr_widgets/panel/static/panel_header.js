// Where the panel is signed in, and how old what it shows is.

import { button, h, setAttribute, setShown, setText } from "./dom.js";

/** @import { Link, Section } from "./messages.d.ts" */

/** @param {Link} link */
export function panelHeader(link) {
  const badge = h("span", { class: "cvtr-badge" });
  const enterprise = h("b", {});
  const who = h("span", { class: "cvtr-soft" });
  const usage = h("span", { class: "cvtr-soft cvtr-usage" });
  const refresh = button("Refresh", { class: "cvtr-link cvtr-refresh" }, () => link.send("refresh"));
  const element = h("div", { class: "cvtr-head" }, badge, enterprise, who,
    h("span", { class: "cvtr-now" }, usage, refresh));
  return {
    element,
    /** @param {Section} head @param {boolean} loaded */
    update(head, loaded) {
      setText(badge, head.badge);
      badge.classList.toggle("cvtr-live", head.badge === "LIVE");
      setText(enterprise, head.enterprise);
      const account = [`signed in as ${head.who}`, head.role].filter(Boolean).join(" · ");
      setText(who, account);
      setAttribute(who, "title", account);
      setText(usage, [head.usage, head.as_of ? `leads as of ${head.as_of}` : ""].filter(Boolean).join(" · "));
      setShown(refresh, loaded);
    },
  };
}
