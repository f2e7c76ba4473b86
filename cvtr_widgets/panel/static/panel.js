// The whole panel: header, three steps of which one is open, and what the kernel says.

import { presses, problemBox } from "./answers.js";
import { lock, silence } from "./connection.js";
import { Deltas } from "./deltas.js";
import { h, setAttribute, setLine } from "./dom.js";
import { downloads } from "./downloads.js";
import { timeIn } from "./format.js";
import { keepKeys } from "./host_keys.js";
import { BUSY, KernelLink, VERSION, lostWords } from "./kernel_link.js";
import { leadsStep } from "./leads.js";
import { lookSection } from "./look.js";
import { panelHeader } from "./panel_header.js";
import { pastRuns } from "./past_runs.js";
import { processingStep } from "./processing.js";
import { stepSection } from "./step_section.js";
import { typeStep } from "./type.js";

const TICK = 500; // milliseconds between two looks at how long the kernel has been silent
const ASK_AGAIN = 3000;
const APPEAR = 5000; // the panel shows itself after that, whatever is still being looked for
const PING = 5000;

class Panel {
  /** @type {import("./messages.d.ts").Model} */
  #model;
  #link;
  #step = 0;
  #deltas = new Deltas();
  #askedAt = performance.now(); // for everything: at the beginning, and when a message did not arrive; 0: it has come
  #shownAt = ""; // when the view shown came
  /** @type {ReturnType<typeof setTimeout> | 0} */
  #appearing = 0; // the timer after which it shows itself anyway
  #save = downloads();

  constructor(/** @type {import("./messages.d.ts").Model} */ model) {
    this.#model = model;
    const link = new KernelLink(model);
    this.#link = link;
    this.header = panelHeader(link);
    this.silent = h("p", { class: "cvtr-silent", role: "status", hidden: true });
    this.problem = problemBox(link, { class: "cvtr-problem cvtr-fault" });
    this.answer = problemBox(link, { class: "cvtr-problem cvtr-answer" });
    this.past = pastRuns(link);
    this.leads = leadsStep(link);
    this.type = typeStep(link);
    this.processing = processingStep(link);
    this.look = lookSection(link, () => this.leads.table.element.scrollIntoView({ block: "nearest" }));
    this.steps = [stepSection(link, 1, "Leads", this.leads.element), stepSection(link, 2, "Type", this.type.element),
      stepSection(link, 3, "Processing", this.processing.element)];
    this.root = h("div", { class: "cvtr-panel cvtr-waiting", "data-step": "0", dir: "ltr", lang: "en" }, this.header.element, this.silent,
      this.problem.element, this.answer.element, this.past.element, ...this.steps.map((step) => step.element), this.look.element);
    this.element = h("div", { class: "cvtr-outer" }, this.root);
    keepKeys(this.element);
    this.locked = lock(this.root);
    link.presses = presses(this.root);
    link.acted = () => { for (const one of [this.problem, this.answer]) one.update(null); }; // they stand until the user does something else
    link.lost = (/** @type {number[]} */ numbers) => this.#lost(numbers);
  }

  /** Begin to talk with the kernel; the answer is what ends it. */
  start() {
    window.addEventListener("beforeunload", this.#leaving, { capture: true });
    this.#model.on("msg:custom", this.#heard);
    const clock = setInterval(() => this.#tick(), TICK);
    this.#link.send("hello");
    return () => {
      clearInterval(clock);
      clearTimeout(this.#appearing);
      window.removeEventListener("beforeunload", this.#leaving, { capture: true });
      this.#model.off("msg:custom", this.#heard);
      this.#link.close();
      this.look.dispose();
    };
  }

  // -- what the kernel says ----------------------------------------------------------------------------------------------

  #heard = (/** @type {any} */ message, /** @type {DataView[]} */ buffers) => {
    try {
      if (message && message.v === VERSION) this.#hear(message, buffers);
    } catch (error) { // JupyterLab would keep it to itself
      reportError(error);
      this.problem.update({ text: "The panel's page has a fault and may show too little. Reload the page.", detail: String(error) });
    }
  };

  /** @param {any} message @param {DataView[]} buffers */
  #hear(message, buffers) {
    const link = this.#link;
    link.received(message);
    const mine = message.page === link.page;
    if (message.kind === "heard" && mine && message.told > this.#deltas.number) this.#askForAll();
    if (message.kind === "view") this.#showView(message);
    else if (message.kind === "rows") this.#showRows(message);
    else if (message.kind === "ahead" && mine) this.#tables()[message.table].ahead.keep(message.rows);
    else if (message.kind === "texts" && message.not_for !== link.page) this.#showTexts(message.texts);
    else if (message.kind === "file" && mine) this.#save(message, buffers);
    else if (message.kind === "renderer" || message.kind === "tables") this.look.install(message.kind, buffers);
    else if (message.kind === "fault") this.problem.update(message.problem);
    else if (message.kind === "reload") {
      this.problem.update({ text: "This page cannot read the kernel’s messages. Reload the page.", detail: "" });
    }
    this.#tellSilence();
  }

  #askForAll() {
    if (this.#askedAt && performance.now() - this.#askedAt < ASK_AGAIN) return;
    this.#askedAt = performance.now();
    this.#link.send("hello");
  }

  #lost(/** @type {number[]} */ numbers) {
    this.#askedAt = 0;
    this.#askForAll(); // boxes that were ticked meanwhile must not stay so
    this.problem.update({ text: lostWords(numbers), detail: "", asked: [this.#link.page, numbers[numbers.length - 1]] });
  }

  // -- showing it --------------------------------------------------------------------------------------------------------

  #showView(/** @type {import("./messages.d.ts").ViewMessage} */ message) {
    const taken = this.#deltas.takeView(message);
    const { view } = this.#deltas;
    if (taken === "missed") this.#askForAll();
    if (taken !== "taken" || !view) return;
    this.#askedAt = 0;
    this.#link.shown(message);
    this.#shownAt = timeIn(view.head.zone);
    // What stands above the steps comes first: nothing may move under a hand that is about to click.
    if (view.past.looked) this.#appear();
    else if (!this.#appearing) this.#appearing = setTimeout(() => this.#appear(), APPEAR);
    const focused = this.root.contains(document.activeElement) ? document.activeElement : null;
    this.#update(view);
    this.#handOnFocus(focused, view.step);
    this.#step = view.step;
  }

  #update(/** @type {import("./messages.d.ts").View} */ view) {
    const fresh = this.#link.handled >= this.#link.awaited;
    const { plan, job, run, watched } = view.processing;
    const planned = Boolean(plan || job || run || watched);
    setAttribute(this.root, "data-step", String(view.step));
    this.header.update(view.head, view.leads.loaded);
    const elsewhere = view.step === 3 && !view.processing.of_steps ? "not what is shown below" : "";
    this.steps[0].update(view.step, elsewhere || view.leads.summary, true);
    this.steps[1].update(view.step, elsewhere || view.type.summary, !view.leads.blockers.length || planned);
    this.steps[2].update(view.step, view.processing.summary, planned);
    this.past.update(view.past, view.processing.running);
    this.leads.update(view.leads, fresh);
    this.leads.showFiles(view, fresh);
    this.root.classList.toggle("cvtr-other-zone", this.leads.days(view.head.zone, view.head.offset));
    this.type.update(view.type, fresh);
    this.processing.update(view, fresh);
    if (fresh) this.answer.update(view.head.answer);
    this.look.update(view.look);
  }

  /**
   * What vanishes with what it did (Run, Cancel, Stop) hands its focus on, so that a keyboard is not sent back to the top.
   * @param {Element | null} focused
   * @param {number} step
   */
  #handOnFocus(focused, step) {
    const now = document.activeElement;
    const vanished = focused && !(now && this.root.contains(now) && now.checkVisibility());
    const handedOn = () => (step === 3 ? this.processing.focus() : step === 1 && this.leads.focusFiles());
    if (vanished && step === this.#step && !handedOn()) this.steps[step - 1].focus();
    const moved = this.#step && step !== this.#step;
    if (moved && (this.root.contains(document.activeElement) || document.activeElement === document.body)) this.steps[step - 1].focus();
  }

  #showRows(/** @type {import("./messages.d.ts").RowsMessage} */ message) {
    const rows = this.#deltas.takeRows(message);
    if (!rows) return;
    /** @type {Record<string, { draw(rows: any): void }>} */
    const places = { ...this.#tables(), look: this.look };
    places[message.table].draw(rows);
  }

  /** @returns {Record<string, import("./table.js").LeadTable>} */
  #tables() {
    return { leads: this.leads.table, plan: this.processing.planTable, results: this.processing.resultTable };
  }

  #showTexts(/** @type {Record<string, string>} */ texts) {
    for (const step of [this.leads, this.type, this.processing]) step.texts(texts, this.#link.handled);
  }

  #appear() {
    if (this.silent.parentElement === this.header.element) return;
    this.root.classList.remove("cvtr-waiting");
    this.header.element.append(this.silent); // from now on it lies over what follows
  }

  // -- time passes -------------------------------------------------------------------------------------------------------

  #tick() {
    // During a run an answer is asked for even if nothing was pressed: the page notices a kernel that has gone, gets what a broken
    // connection has swallowed, and a hub sees that the kernel is in use.
    const link = this.#link;
    const due = this.#deltas.view?.head.running || link.handled < link.awaited;
    if (due && !link.isWaiting && link.silence() > PING) link.send("ping");
    link.askAboutLost();
    this.#tellSilence();
  }

  #tellSilence() {
    const head = this.#deltas.view?.head ?? {};
    setLine(this.silent, silence(this.#link, { viewed: this.#deltas.number, running: head.running, voila: head.voila,
      visitorKnown: head.visitor_known, ownSandbox: head.own_sandbox, at: this.#shownAt }));
    const isLocked = Boolean(this.silent.textContent) && this.#link.cut;
    this.locked(isLocked);
    this.#placeSilence(isLocked || Boolean(head.running && this.silent.textContent && this.#link.silence() >= BUSY));
  }

  /** Over what follows, so that no row moves under a hand; where there is nothing to press but Cancel, it covers nothing. @param {boolean} isAlone */
  #placeSilence(isAlone) {
    const header = this.header.element;
    if (isAlone && this.silent.parentElement === header) header.after(this.silent);
    else if (!isAlone && header.nextSibling === this.silent && !this.root.classList.contains("cvtr-waiting")) header.append(this.silent);
  }

  /** Voilà would end the kernel with its page, and a run with it, of which the page need not know yet. Its server ends idle ones. */
  #leaving = (/** @type {Event} */ event) => {
    if (this.#deltas.view?.head.voila) event.stopImmediatePropagation();
  };
}

/** What anywidget calls; it gives what ends the view. @param {{ model: import("./messages.d.ts").Model, el: HTMLElement }} given */
function render({ model, el }) {
  const panel = new Panel(model);
  el.append(panel.element);
  return panel.start();
}

export default { render };
