// The line below a table: which rows these are, of how many, and whether that is all; turning pages.

import { button, h, setEnabled, setLine, setShown, setText } from "./dom.js";

const PAGE_SIZES = [25, 50, 100, 250, 500];
export const inWords = (n) => n.toLocaleString("en");

/** ``turn(page)`` is asked for; ``size(rows)`` too. ``tools`` and ``working`` are places for what the owner puts there. */
export function tableFoot(turn, size) {
  const where = h("span", { class: "cvtr-where cvtr-soft" });
  const since = h("span", { class: "cvtr-since cvtr-soft", hidden: true });
  const previous = button("‹", { class: "cvtr-link cvtr-page-previous", "aria-label": "Previous page" }, () => turn(now.page - 1));
  const next = button("›", { class: "cvtr-link cvtr-page-next", "aria-label": "Next page" }, () => turn(now.page + 1));
  const number = h("input", { class: "cvtr-page", type: "number", min: "1", "aria-label": "Page",
    on: { change: () => turn(Math.max(0, (parseInt(number.value, 10) || 1) - 1)) } });
  const pages = h("span", { class: "cvtr-soft" });
  const sizes = h("select", { class: "cvtr-page-size", "aria-label": "Rows a page", on: { change: () => size(Number(sizes.value)) } },
    ...PAGE_SIZES.map((n) => h("option", { value: String(n) }, String(n))));
  const pager = h("span", { class: "cvtr-pager" }, previous, number, pages, next, sizes);
  const working = h("span", { class: "cvtr-still" });
  const tools = h("span", { class: "cvtr-tools" });
  const element = h("div", { class: "cvtr-bar cvtr-table-foot" }, where, since, pager, working, h("span", { class: "cvtr-grow" }), tools);
  let now = null;
  let coverage = "";

  /** A table that is not whole says so in the same breath as its count. */
  function count() {
    const { first, rows, matching, loaded } = now;
    const all = matching === loaded;
    const range = `${inWords(first + 1)}–${inWords(first + rows.length)}`;
    let text = "";
    if (loaded && !coverage) {
      text = !rows.length ? `None of ${inWords(loaded)} loaded matches`
        : `${range} of ${all ? inWords(loaded) : `${inWords(matching)} matching, ${inWords(loaded)} loaded`}`;
    } else if (loaded) {
      text = `${!rows.length ? "None matches" : all ? `${range} shown` : `${range} of ${inWords(matching)} matching`} · ${coverage}`;
    }
    setText(where, text);
    where.classList.toggle("cvtr-warn", Boolean(coverage));
    element.classList.toggle("cvtr-in-sight", Boolean(coverage && loaded));
  }

  /** ``words``: how much of what was asked for is here, where that is not all of it. */
  function covers(words) {
    if (coverage === words) return;
    coverage = words;
    if (now) count();
  }

  function restore() {
    if (now) number.value = String(now.page + 1);
  }

  function draw(message) {
    now = message;
    const news = [message.changed ? `${inWords(message.changed)} changed` : "", message.new ? `${inWords(message.new)} new` : ""].filter(Boolean);
    setLine(since, news.length ? `since the last look: ${news.join(", ")}` : "");
    count();
    setEnabled(previous, message.page > 0);
    setEnabled(next, message.page + 1 < message.pages);
    setShown(pager, message.loaded > PAGE_SIZES[0]);
    setShown(tools, message.loaded > 0);
    if (document.activeElement !== number) restore();
    number.max = String(message.pages);
    setText(pages, `of ${inWords(message.pages)}`);
    sizes.value = String(message.size);
  }

  return { element, tools, working, covers, restore, draw };
}
