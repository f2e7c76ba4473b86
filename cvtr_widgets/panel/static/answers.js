// What the kernel says to a press stands next to what was pressed, wherever that is.

import { h, setShown, setText } from "./dom.js";

/** @import { Link, Problem } from "./messages.d.ts" */

// What stands in these stands one below the other, so that a sentence fits in between.
const COLUMNS = ".cvtr-panel, .cvtr-body, .cvtr-arranging, .cvtr-detail, .cvtr-menu, .cvtr-past, .cvtr-plan, .cvtr-plan-leads, .cvtr-ask, "
  + ".cvtr-first, .cvtr-progress, .cvtr-results, .cvtr-rejected, .cvtr-returns, .cvtr-opened-plan, .cvtr-exception, .cvtr-past-undo-box";
const REMEMBERED = 50;
const TALL = 240; // pixels; below something taller, a sentence would stand too far from what was pressed at its top

/** What opened a menu. @type {WeakMap<Element, Element>} */
export const openers = new WeakMap();

/**
 * Notes which control each message of a page comes from. ``note(number)``: one goes out; ``of(number)``: from where.
 * @param {HTMLElement} root
 */
export function presses(root) {
  /** @type {Map<number, Element[]>} */
  const from = new Map();
  /** @type {Element[] | null} */
  let now = null;
  for (const kind of ["click", "change", "input", "keydown"]) {
    root.addEventListener(kind, (event) => {
      const path = event.target instanceof Element ? pathOf(event.target, root) : null;
      now = path;
      setTimeout(() => { if (now === path) now = null; });
    }, true);
  }
  return {
    note(/** @type {number} */ number) {
      if (now) from.set(number, now);
      from.delete(number - REMEMBERED);
    },
    of: (/** @type {number} */ number) => from.get(number) || [],
  };
}

/**
 * A control and what it stands in, up to the panel; from a menu on, what opened it. Taken while it is pressed: it may be redrawn.
 * @param {Element} control
 * @param {Element} root
 * @returns {Element[]}
 */
function pathOf(control, root) {
  const path = [];
  /** @type {Element | null} */
  let one = control;
  for (; one && one !== root; one = openers.get(one) || one.parentElement) path.push(one);
  return path;
}

/**
 * Where a sentence about a press belongs: beside which element, and whether before it. Null where nothing of it is in sight any more.
 * @param {Element[]} path
 * @returns {[Element, boolean] | null}
 */
function placeOf(path) {
  for (const one of path) {
    if (one.matches(".cvtr-step")) return null; // the step that it was pressed in is folded by now
    // What has vanished, such as the progress of a run that has ended, still has its place where its neighbours are in sight.
    if (!one.isConnected || !one.parentElement?.matches(COLUMNS) || !one.parentElement.checkVisibility()) continue;
    const { top, height } = one.getBoundingClientRect();
    const from = path[0].isConnected && path[0].checkVisibility() ? path[0].getBoundingClientRect().top : top + height;
    return [one, height > TALL && from < top + height / 2];
  }
  return null;
}

/**
 * Lets a box stand next to what was pressed, and at its usual place otherwise. ``element``: what is put at the usual place.
 * @param {Link} link
 * @param {HTMLElement} box
 */
function nextToPress(link, box) {
  const home = document.createComment("");
  const element = document.createDocumentFragment();
  element.append(home, box);
  let answered = 0;
  /** @type {ChildNode} */
  let at = home;
  return {
    element,
    /** ``asked``: page and number of the press, or null. @param {[string, number] | null | undefined} asked */
    move(asked) {
      const number = asked && asked[0] === link.page ? asked[1] : 0;
      // It stays where it was said: what was said in a menu is read when that is closed.
      if (number && number === answered && at !== home && at.isConnected && at.parentElement === box.parentElement) return;
      const found = number ? placeOf(link.presses.of(number)) : null;
      const [beside, before] = found || [home, false];
      const there = before ? beside.previousSibling : beside.nextSibling;
      if (there !== box) beside[before ? "before" : "after"](box);
      box.classList.toggle("cvtr-beside", Boolean(found));
      if (found && number !== answered) box.scrollIntoView({ block: "nearest" });
      [answered, at] = [number, beside];
    },
  };
}

/**
 * What went wrong, or what else there is to say of a press, with its technical detail one click away.
 * @param {Link} link
 */
export function problemBox(link, properties = {}) {
  const text = h("span");
  const detail = h("pre", { tabindex: "0", "aria-label": "Technical detail" });
  const more = h("details", {}, h("summary", {}, "Technical detail"), detail);
  const box = h("div", { class: "cvtr-problem", role: "alert", hidden: true, ...properties }, text);
  const place = nextToPress(link, box);
  return {
    element: place.element,
    /** @param {Problem | null} problem */
    update(problem) {
      setShown(box, Boolean(problem));
      box.classList.toggle("cvtr-note", Boolean(problem && problem.note));
      box.classList.toggle("cvtr-problem", !problem || !problem.note);
      setText(text, problem ? problem.text : "");
      setText(detail, problem ? problem.detail : "");
      if (problem && problem.detail) box.append(more);
      else more.remove();
      place.move(problem ? problem.asked : null);
    },
  };
}
