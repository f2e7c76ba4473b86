// What the panel says, and what it locks, while its kernel does not answer.

import { startSmall } from "./format.js";
import { BUSY } from "./kernel_link.js";

/** @import { Silent } from "./messages.d.ts" */

/**
 * What is known of a kernel that does not answer: no more than that.
 * @param {Silent} link
 * @param {{ viewed: number, running?: boolean, voila?: boolean, visitorKnown?: boolean, at: string }} about
 */
export function silence(link, { viewed, running, voila, visitorKnown, at }) {
  const ended = voila
    ? visitorKnown ? "Reload the page: a run of yours is found there, and offered to be resumed if it has stopped half-way."
      : "Reload the page to start again, and look at the leads of a run that was under way: it may have stopped half-way."
    : "Run the cell that makes the panel again (Shift+Enter): it offers to resume a run that has stopped half-way.";
  if (link.cut && (link.isSlow() || !viewed)) {
    return `The kernel was restarted or has ended, and this panel with it. What is shown is as of ${at}; nothing can be pressed here. `
      + `What was sent before stays sent. ${ended}`;
  }
  if (!link.isSlow()) return "";
  if (!viewed) {
    return voila ? "This page has no answer from its kernel yet. If none comes, reload the page."
      : "This panel has no answer from a kernel. If a cell is running, it comes when that has ended; else run the cell that "
      + "makes the panel (Shift+Enter) to start.";
  }
  const kept = link.isPressedUnanswered() ? "What you pressed has not been answered yet." : "";
  if (link.silence() < BUSY) return `The kernel is busy${voila ? "" : ", with another cell or with its work"}. ${kept}`;
  const run = running ? ` The run’s numbers are as of ${at}, too; whether it is still running is not known here.` : "";
  return `No answer from the kernel for ${Math.round(link.silence() / 1000)} s. It may be busy${voila ? "" : " with another cell"}, or the `
    + `kernel, the server or the network may be gone. What is shown is as of ${at}.${run} ${kept} `
    + `If this stays so: ${startSmall(ended)}`;
}

/**
 * While nothing can be pressed: every control that was enabled is disabled, and enabled again when the kernel is heard.
 * @param {HTMLElement} root
 */
export function lock(root) {
  /** @type {(HTMLButtonElement | HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement)[]} */
  let locked = [];
  return (/** @type {boolean} */ on) => {
    if (on && !locked.length) {
      /** @type {NodeListOf<typeof locked[0]>} */
      const controls = root.querySelectorAll("button, input, select, textarea");
      locked = [...controls].filter((one) => !one.disabled);
      for (const one of locked) one.disabled = true;
    } else if (!on && locked.length) {
      for (const one of locked) one.disabled = false;
      locked = [];
    }
    root.classList.toggle("cvtr-ended", on);
  };
}
