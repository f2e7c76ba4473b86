// What the panel says, and what it locks, while its kernel does not answer.

import { startSmall } from "./format.js";
import { BUSY } from "./kernel_link.js";

/** @import { Silent } from "./messages.d.ts" */

/**
 * What is known of a kernel that does not answer: no more than that.
 * @param {Silent} link
 * @param {{ viewed: number, running?: boolean, voila?: boolean, visitorKnown?: boolean, ownSandbox?: boolean, at: string }} about
 */
export function silence(link, { viewed, running, voila, visitorKnown, ownSandbox, at }) {
  const ended = whatThen(voila, visitorKnown, viewed ? ownSandbox : undefined);
  if (link.cut && !viewed) return `The kernel of this panel was restarted or has ended. ${ended}`;
  if (link.cut && link.isSlow()) {
    return `The kernel was restarted or has ended, so this panel no longer works. It shows the state as of ${at}. `
      + `${ownSandbox ? "" : "What was sent before stays sent, and what was on its way may still be applied."}${lastPress(link)} ${ended}`;
  }
  if (!link.isSlow()) return "";
  if (!viewed) {
    return voila ? "The kernel has not answered this page yet. If no answer comes, reload the page."
      : "No kernel answers this panel yet. If a cell is running, the answer comes when it ends; otherwise run the cell "
      + "that makes the panel (Shift+Enter).";
  }
  const kept = link.isPressedUnanswered() ? "What you pressed has not been answered yet." : "";
  const busy = voila ? "It may be busy" : "It may be busy with another cell or its own work";
  if (link.silence() < BUSY) return `The kernel has not answered yet. ${busy}. ${kept}`;
  const run = running ? ` So are the run’s numbers; it is not known here whether the run is still going.` : "";
  return `No answer from the kernel for ${Math.round(link.silence() / 1000)} s. It may be busy${voila ? "" : " with another cell"}, or the `
    + `kernel, the server or the network may be gone. The panel shows the state as of ${at}.${run} ${kept} `
    + `If this does not change: ${startSmall(ended)}`;
}

/**
 * What to do once the kernel has ended. ``ownSandbox``: the leads are those of a sandbox in that kernel; undefined: not known.
 * @param {boolean | undefined} voila @param {boolean | undefined} visitorKnown @param {boolean | undefined} ownSandbox
 */
function whatThen(voila, visitorKnown, ownSandbox) {
  const gone = "The sandbox ran in the same kernel: once that has ended, its leads and runs are gone, and nothing is left to resume.";
  if (voila && ownSandbox) return `Reload the page to start again. ${gone}`;
  if (voila && visitorKnown) {
    return "Reload the page. If a run of yours was in progress, the page finds it, and offers to resume it if it stopped half-way.";
  }
  if (voila) return "Reload the page to start again. If a run was in progress, check its leads: it may have stopped half-way.";
  const again = "Run the notebook’s cells again, up to the one that makes the panel (Shift+Enter)";
  if (ownSandbox) return `${again}: they start a new sandbox. ${gone}`;
  const unless = ownSandbox === undefined ? ", unless that was in a sandbox of the kernel’s own" : "";
  return `${again}: it offers to resume a run that stopped half-way${unless}.`;
}

/** What became of the last press, where the kernel has gone since. @param {Silent} link */
function lastPress(link) {
  if (link.unsent) return " What you pressed last did not reach it.";
  return link.isPressedUnanswered() ? " It is not known here whether what you pressed last was done." : "";
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
