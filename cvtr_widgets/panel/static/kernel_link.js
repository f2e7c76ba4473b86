// Messages between this page and the kernel: numbered, so that both sides know which ones have arrived.

import { inWords } from "./format.js";

export const VERSION = 1;
export const BUSY = 8000; // a kernel that said something so short a time ago is busy, not gone
const PATIENCE = 1000; // milliseconds after which an unanswered click is spoken of
const LOST = 3000; // and after which the kernel is asked whether it has got it
const PING_AGAIN = 10_000;
const OUR_OWN = ["hello", "ping", "ahead"]; // messages that nobody has pressed
const CHANGES_NOTHING = [...OUR_OWN, "page"];

/** Numbers of messages: the first and the last of them. @typedef {[number, number]} Gap */

/** @param {Gap[]} gaps @param {number} number */
const isIn = (gaps, number) => gaps.some(([first, last]) => first <= number && number <= last);

/** What is said of presses that were lost on their way. @param {number[]} numbers */
export function lostWords(numbers) {
  return numbers.length === 1
    ? "What you pressed did not reach the kernel, so nothing was done. Look at what is shown, and press again."
    : `${inWords(numbers.length)} things that you pressed or entered did not reach the kernel, so nothing was done about them. `
      + "Look at what is shown, and do again what is missing.";
}

/** Milliseconds are those of ``clock``. */
export class KernelLink {
  /** The number of the last message that the kernel has handled. */
  handled = 0;
  sent = 0;
  /** The number of the last message whose answer somebody waits for. */
  awaited = 0;
  #changed = 0;
  #told = 0;
  /** The kernel was shut down or restarted, as far as is known. */
  cut = false;
  /** Something that was pressed since could not even be sent. */
  unsent = false;
  page = Math.random().toString(36).slice(2);
  /** Called when the user does something, and when something that was pressed did not arrive. */
  acted = () => {};
  /** @type {(numbers: number[]) => void} */
  lost = () => {};
  /** Where in the page each message comes from. @type {import("./messages.d.ts").Presses} */
  presses = { note() {}, of: () => [] };
  /** @type {import("./messages.d.ts").Model} */
  #model;
  #clock;
  #heardAt;
  #pinged = -Infinity;
  /** @type {Map<number, { kind: string, at: number }>} */
  #waiting = new Map();

  /** @param {import("./messages.d.ts").Model} model */
  constructor(model, clock = () => performance.now()) {
    this.#model = model;
    this.#clock = clock;
    this.#heardAt = clock();
    model.on("comm_live_update", this.#liveChanged);
  }

  close() {
    this.#model.off("comm_live_update", this.#liveChanged);
  }

  /**
   * Send a message and give its number.
   * @param {string} kind
   * @param {Record<string, unknown>} is
   * @param {ArrayBuffer[] | undefined} buffers
   */
  send(kind, is = {}, buffers = undefined) {
    // Before it is sent: a sentence about the press before must be gone when the answer to this one comes.
    if (!OUR_OWN.includes(kind)) this.acted();
    this.sent += 1;
    // Nobody waits for pages asked for beforehand; an answer that is late must not show the kernel as silent.
    if (kind !== "ahead") {
      this.awaited = this.sent;
      this.#waiting.set(this.sent, { kind, at: this.#clock() });
      this.presses.note(this.sent);
    }
    // What may change what any page shows. Turning pages does not, so pages kept stay good while the user turns.
    if (!CHANGES_NOTHING.includes(kind)) this.#changed = this.sent;
    try {
      this.#model.send({ v: VERSION, kind, is, n: this.sent, page: this.page }, undefined, buffers);
    } catch {
      this.cut = true; // the kernel was shut down; an answer would prove otherwise
      this.unsent ||= !OUR_OWN.includes(kind);
    }
    return this.sent;
  }

  /** A view is shown that was made after the kernel had handled so many messages. @param {any} message */
  shown(message) {
    this.#told = message.handled?.[this.page] ?? this.#told;
  }

  /** Whether what is shown holds all that was pressed here. */
  isSettled() {
    return this.#told >= this.#changed;
  }

  /** What any message of the kernel says about ours. @param {any} message */
  received(message) {
    this.#heardAt = this.#clock();
    this.cut = this.unsent = false;
    const handled = message.handled?.[this.page];
    // Never back: messages may pass one another, and what was handled stays handled.
    if (handled !== undefined) this.handled = Math.max(this.handled, handled);
    if (message.kind === "heard" && message.page === this.page) this.#acknowledged(message.n, message.missing || [], message.lost || []);
  }

  /**
   * Messages up to ``n`` have arrived, without those in ``missing``, which may still come, and in ``lost``, which the kernel has
   * given up: what comes of these now is not done any more.
   * @param {number} n
   * @param {Gap[]} missing
   * @param {Gap[]} lost
   */
  #acknowledged(n, missing, lost) {
    const gone = [];
    this.#pinged = -Infinity; // a kernel that answers may be asked again
    for (const [number, one] of [...this.#waiting]) {
      if (number > n || isIn(missing, number)) continue;
      this.#waiting.delete(number);
      if (isIn(lost, number) && !OUR_OWN.includes(one.kind)) gone.push(number);
    }
    if (gone.length) this.lost(gone);
  }

  #age(/** @type {{ at: number }} */ one) {
    return this.#clock() - one.at;
  }

  /** Whether a message has had no answer for so many milliseconds. */
  isSlow(time = PATIENCE) {
    return [...this.#waiting.values()].some((one) => this.#age(one) > time);
  }

  /** Whether something that the user pressed has no answer. */
  isPressedUnanswered() {
    return [...this.#waiting.values()].some((one) => !OUR_OWN.includes(one.kind) && this.#age(one) > PATIENCE);
  }

  get isWaiting() {
    return this.#waiting.size > 0;
  }

  /** Milliseconds since the kernel said anything. */
  silence() {
    return this.#clock() - this.#heardAt;
  }

  /** Ask whether what has no answer has arrived at all; a busy kernel answers later. */
  askAboutLost() {
    if (!this.isSlow(LOST) || this.#clock() - this.#pinged < PING_AGAIN) return;
    this.#pinged = this.#clock();
    this.send("ping");
  }

  /** JupyterLab says that it has let go of the kernel (restarted, died) or has it again: an answer tells which. */
  #liveChanged = () => {
    this.cut = true;
    this.send("hello");
  };
}
