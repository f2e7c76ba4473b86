// Which keys are the panel's, and which stay with the notebook around it.

/** @import { Key } from "./messages.d.ts" */

const HOST_KEYS = new Set(["s", "f", "g", "h", "b", "i", "j", "p", ","]);  // with Ctrl or Cmd, with or without Shift
const HOST_SHIFT_KEYS = new Set(["c", "d", "e", "k", "l", "t", "u", "x", "[", "]", "<", ">", "{", "}"]);

/**
 * Keys that are the host's, because they do nothing to cells: save, find, side bars, palette, print, the next tab.
 * @param {Key} event
 */
export function hostKey(event) {
  if (event.key === "Escape") return true;
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return false;
  const key = event.key.toLowerCase();
  return HOST_KEYS.has(key) || (event.shiftKey && HOST_SHIFT_KEYS.has(key));
}

/**
 * The notebook's own shortcuts (D D deletes a cell, Shift+Enter runs it) must not hear what is typed here.
 * @param {HTMLElement} main
 */
export function keepKeys(main) {
  const suppressed = "data-lm-suppress-shortcuts";
  main.setAttribute(suppressed, "true");
  for (const kind of ["keydown", "keyup", "keypress"]) {
    main.addEventListener(kind, (event) => {
      const host = hostKey(/** @type {KeyboardEvent} */ (event));
      if (!host) event.stopPropagation();
      main.toggleAttribute(suppressed, !host);  // JupyterLab looks after this listener, while the same key is on its way
    });
  }
  // Shift and a press would select cells and scroll to them, away from under the hand.
  main.addEventListener("mousedown", (event) => { if (event.shiftKey) event.stopPropagation(); });
}
