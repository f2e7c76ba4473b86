// A lead table alone, in a cell, a box or a tab of somebody's own: the table of step 1 with its tools.

import { problemBox } from "./answers.js";
import { arrangeTools } from "./arrange.js";
import { button, h, progressLine, setLine, setLines, setShown, setText } from "./dom.js";
import { typed } from "./fields.js";
import { browserZone } from "./format.js";
import { headMenu } from "./head_menu.js";
import { keepKeys } from "./host_keys.js";
import { KernelLink, VERSION, lostWords } from "./kernel_link.js";
import { selectTools } from "./leads.js";
import { LeadTable } from "./table.js";

const GONE = 4000; // milliseconds without an answer after which that is said
const TICK = 1000;

class TableView {
  #link;
  #shown = 0;
  /** @type {import("./messages.d.ts").Model} */
  #model;

  /** @param {import("./messages.d.ts").Model} model */
  constructor(model) {
    this.#model = model;
    const link = new KernelLink(model);
    this.#link = link;
    this.menu = headMenu(link);
    this.table = new LeadTable(link, "leads", "Leads", { selectable: true, menu: this.menu });
    const search = typed("Search", "cvtr-search", (/** @type {string} */ text) => link.send("search", { text }),
      { type: "search", placeholder: "Search all columns: name, e-mail, id …" });
    this.arrange = arrangeTools(link, search.element);
    this.tools = selectTools(link, this.table);
    this.working = progressLine(() => link.send("stop"));
    this.table.foot.working.append(this.working.element);
    this.silent = h("p", { class: "cvtr-note", role: "status", hidden: true });
    this.problem = problemBox(link);
    this.lost = problemBox(link, { class: "cvtr-problem cvtr-fault" });
    link.acted = () => this.lost.update(null);
    link.lost = (/** @type {number[]} */ numbers) => {
      link.send("hello"); // what was ticked meanwhile must not stay so
      this.lost.update({ text: lostWords(numbers), detail: "" });
    };
    this.tooLarge = h("span");
    this.anyway = h("div", { class: "cvtr-note", role: "alert", hidden: true }, this.tooLarge, " ",
      button("Load anyway", { class: "cvtr-go-on" }, () => link.send("load", { go_on: true })));
    this.elsewhere = h("p", { class: "cvtr-warn cvtr-elsewhere", hidden: true });
    this.again = button("Load again", { class: "cvtr-link cvtr-load-again", hidden: true }, () => link.send("load", { go_on: false }));
    this.count = h("b", { class: "cvtr-count" });
    this.parts = h("span", { class: "cvtr-soft cvtr-parts" });
    this.notes = h("ul", { class: "cvtr-notes", hidden: true });
    this.body = h("div", { class: "cvtr-body cvtr-none-loaded" }, this.silent, this.problem.element, this.lost.element,
      this.anyway, this.elsewhere, this.arrange.element,
      this.table.element, this.menu.element, this.arrange.sorts,
      h("p", { class: "cvtr-selected-line", role: "status" }, this.count, " ", this.parts, " ", this.again), this.notes);
    this.element = h("div", { class: "cvtr-outer" }, h("div", { class: "cvtr-panel cvtr-table-alone", dir: "ltr", lang: "en" }, this.body));
    keepKeys(this.element);
  }

  /** Begin to talk with the kernel; the answer is what ends it. */
  start() {
    this.#model.on("msg:custom", this.#heard);
    const clock = setInterval(() => this.#tick(), TICK);
    this.#link.send("hello");
    return () => {
      clearInterval(clock);
      this.#model.off("msg:custom", this.#heard);
      this.#link.close();
    };
  }

  #heard = (/** @type {any} */ message) => {
    if (!message || message.v !== VERSION) return;
    this.#link.received(message);
    if (message.kind === "ahead" && message.page === this.#link.page) this.table.ahead.keep(message.rows);
    // View and rows come in one message here, whole each time, so that none can be missed; only an older one may come late.
    if (message.kind === "table" && message.number > this.#shown) {
      this.#shown = message.number;
      this.#link.shown(message);
      this.#show(message.view, message.rows);
    }
    this.#tellSilence();
  };

  /** @param {import("./messages.d.ts").Section} view @param {import("./messages.d.ts").Rows} rows */
  #show(view, rows) {
    const fresh = this.#link.handled >= this.#link.awaited;
    const { differs, words } = browserZone(view.zone, view.offset);
    setLine(this.elsewhere, view.loaded ? words : "");
    this.body.classList.toggle("cvtr-other-zone", differs);
    this.table.draw(rows);
    this.table.foot.covers(view.coverage);
    this.body.classList.toggle("cvtr-none-loaded", !view.loaded);
    setShown(this.arrange.element, view.loaded);
    this.arrange.update(view, rows);
    this.menu.update(view.arranging);
    this.tools(view, rows, fresh);
    this.working.update(view.job);
    this.problem.update(view.problem);
    setText(this.tooLarge, view.go_on);
    setShown(this.anyway, Boolean(view.go_on));
    setShown(this.again, view.reads && !view.job);
    setText(this.count, view.selected.text);
    setText(this.parts, [view.selected.parts, view.selected.where].filter(Boolean).join(", "));
    setLines(this.notes, view.notes);
  }

  #tick() {
    this.#link.askAboutLost();
    this.#tellSilence();
  }

  #tellSilence() {
    const words = this.#shown ? "No answer from the kernel: it is busy, or gone. If it stays so, run the cells again (Shift+Enter)."
      : "No kernel answers this table: run the cells up to the one that makes it (Shift+Enter).";
    setLine(this.silent, this.#link.isSlow(GONE) || this.#link.cut ? words : "");
  }
}

/** What anywidget calls; it gives what ends the view. @param {{ model: import("./messages.d.ts").Model, el: HTMLElement }} given */
function render({ model, el }) {
  const view = new TableView(model);
  el.append(view.element);
  return view.start();
}

export default { render };
