// Small menus that a button opens: the browser's own popovers, placed by us below the button and inside the window.

import { openers } from "./answers.js";
import { h, setAttribute, setShown, setText } from "./dom.js";

const EDGE = 8; // pixels that a menu keeps from the edge of the window

/** @param {HTMLElement} menu @param {HTMLElement} opener */
function placeMenu(menu, opener) {
  const at = opener.getBoundingClientRect();
  const room = { width: document.documentElement.clientWidth, height: window.innerHeight };
  menu.style.maxHeight = `${Math.max(160, room.height - 2 * EDGE)}px`;
  menu.style.maxWidth = `${room.width - 2 * EDGE}px`;
  const { width, height } = menu.getBoundingClientRect();
  // Measured after the size is limited: a long list is as high as the window lets it be, and is placed by that.
  const below = at.bottom + 2;
  const top = below + height <= room.height - EDGE ? below : Math.max(EDGE, Math.min(below, room.height - EDGE - height));
  menu.style.top = `${top}px`;
  menu.style.left = `${Math.max(EDGE, Math.min(at.left, room.width - EDGE - width))}px`;
}

/** What a keyboard can reach in a menu, in order. @param {HTMLElement} menu */
function menuStops(menu) {
  /** @type {NodeListOf<HTMLButtonElement | HTMLInputElement | HTMLSelectElement>} */
  const controls = menu.querySelectorAll("button, input, select");
  return [...controls].filter((one) => one.checkVisibility() && !one.disabled);
}

/**
 * A box of controls. ``openAt(button)`` shows it below a button; Escape closes it and gives the focus back to that button.
 * @param {string} label
 * @param {string} className
 */
export function popMenu(label, className) {
  const menu = h("div", { class: `cvtr-menu ${className}`, popover: "auto", role: "dialog", "aria-label": label });
  /** @type {HTMLElement | null} */
  let opener = null;
  const place = () => { if (opener) placeMenu(menu, opener); };
  const isOpen = () => menu.matches(":popover-open");

  function close({ focus = false } = {}) {
    if (isOpen()) menu.hidePopover();
    if (focus && opener) opener.focus();
  }

  /** @param {HTMLElement} control */
  function openAt(control) {
    close();
    opener = control;
    openers.set(menu, control); // a sentence about what is pressed in the menu stands there once it is closed
    menu.showPopover();
    place();
    setAttribute(control, "aria-expanded", "true");
    menuStops(menu)[0]?.focus();
  }

  // While it is open it follows its button: a popover lies above the page and would stay where it was when the notebook scrolls.
  menu.addEventListener("toggle", (event) => {
    const open = event.newState === "open";
    const listen = open ? "addEventListener" : "removeEventListener";
    window[listen]("scroll", place, true);
    window[listen]("resize", place);
    if (!open && opener) setAttribute(opener, "aria-expanded", "false");
  });
  menu.addEventListener("keydown", (event) => {
    // Closed here, with the focus given back, and kept from JupyterLab, where Escape leaves the cell's edit mode.
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    close({ focus: true });
  });
  /** The button that it belongs to was drawn again. @param {HTMLElement} control */
  function moved(control) {
    opener = control;
    openers.set(menu, control);
    setAttribute(control, "aria-expanded", "true");
    place();
  }

  return { element: menu, openAt, close, place, moved, get isOpen() { return isOpen(); }, get opener() { return opener; } };
}

/**
 * Let a button open a menu, or close it where it is open. ``before()`` is called before it opens.
 * @param {HTMLElement} opener
 * @param {ReturnType<typeof popMenu>} menu
 * @param {() => void} before
 */
export function opens(opener, menu, before = () => {}) {
  setAttribute(opener, "aria-haspopup", "dialog");
  setAttribute(opener, "aria-expanded", "false");
  let shut = false;
  // The browser closes a menu on a press outside of it, so that the click would open it again.
  opener.addEventListener("pointerdown", () => { shut = menu.isOpen && menu.opener === opener; });
  opener.addEventListener("click", () => {
    if (shut) { shut = false; menu.close(); return; }
    before();
    menu.openAt(opener);
  });
}

/**
 * A button with its menu, such as "Columns ▾". ``label``: what it is about, where its text says what is chosen.
 * @param {string} text
 * @param {string} className
 * @param {string} label
 * @param {(Node | string)[]} content
 * @param {{ caption?: boolean }} options
 */
export function menuButton(text, className, label, content, { caption = false } = {}) {
  const menu = popMenu(label, `${className}-menu`);
  menu.element.append(...content);
  const words = h("span", { class: "cvtr-menu-text", dir: "auto" }, text);
  const opener = h("button", { type: "button", class: `cvtr-menu-button ${className}` },
    caption ? h("span", { class: "cvtr-menu-label" }, label) : null, " ", words, h("span", { class: "cvtr-caret", "aria-hidden": "true" }, "▾"));
  opens(opener, menu);
  const element = h("span", { class: "cvtr-menu-holder" }, opener, menu.element);
  return { element, opener, menu, setText: (/** @type {string} */ now) => setText(words, now) };
}

/**
 * Boxes to tick; those whose text does not hold what is typed into ``find`` are hidden.
 * @param {string} label
 * @param {string} className
 */
export function tickList(label, className) {
  const find = h("input", { type: "search", class: "cvtr-choice-find", placeholder: "Find …", "aria-label": `Find in ${label}`, hidden: true,
    on: { input: () => narrow() } });
  const list = h("div", { class: `cvtr-choices ${className}`, role: "group", "aria-label": label });

  function narrow() {
    const text = find.value.trim().toLowerCase();
    for (const one of list.querySelectorAll("label")) setShown(one, one.textContent.toLowerCase().includes(text));
  }

  /**
   * ``rows``: value, text and whatever stands behind it.
   * @param {[value: string, text: string, behind?: string][]} rows
   * @param {(value: string) => boolean} ticked
   * @param {(value: string, on: boolean) => void} changed
   */
  function draw(rows, ticked, changed) {
    list.replaceChildren(...rows.map(([value, text, behind]) => {
      const box = h("input", { type: "checkbox", on: { change: () => changed(value, box.checked) } });
      box.dataset.value = value;
      box.checked = ticked(value);
      return h("label", { class: "cvtr-tickbox" }, box, h("span", { dir: "auto" }, text),
        behind ? h("span", { class: "cvtr-soft" }, behind) : null);
    }));
    setShown(find, rows.length > 8);
    narrow();
  }

  /** @param {(value: string) => boolean} ticked */
  function mark(ticked) {
    for (const box of list.querySelectorAll("input")) box.checked = ticked(box.dataset.value ?? "");
  }

  return { parts: [find, list], draw, mark };
}
