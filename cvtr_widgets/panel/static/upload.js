// Files from the page to the kernel, in parts.

import { button, h } from "./dom.js";

/** @import { Link } from "./messages.d.ts" */

const PART = 1024 * 1024; // one message stays well below a Jupyter server's 10 MB

/** @param {Link} link @param {string} purpose @param {string} name @param {ArrayBuffer} content */
export async function upload(link, purpose, name, content) {
  const total = Math.max(1, Math.ceil(content.byteLength / PART));
  for (let part = 0; part < total; part += 1) {
    link.send("upload", { purpose, name, part, parts: total }, [content.slice(part * PART, (part + 1) * PART)]);
    // Between two parts the page draws and hears: a file of 100 MB in one go would freeze it.
    await new Promise((done) => { setTimeout(done); });
  }
}

/**
 * Lets files be dropped on a control, or only a single one: the pointer says so before it is let go.
 * @param {HTMLElement} control
 * @param {boolean} several
 * @param {(files: File[]) => void} take
 */
function droppable(control, several, take) {
  const over = (/** @type {boolean} */ on) => control.classList.toggle("cvtr-drop", on);
  control.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault(); // else the browser opens the file in place of the page
    const fits = several || event.dataTransfer.items.length === 1;
    event.dataTransfer.dropEffect = fits ? "copy" : "none";
    over(fits);
  });
  control.addEventListener("dragleave", () => over(false));
  control.addEventListener("drop", (event) => {
    event.preventDefault();
    event.stopPropagation();
    over(false);
    take([...(event.dataTransfer?.files ?? [])]);
  });
}

/**
 * A button that opens the file chooser and takes files that are dropped on it, and the input that it opens.
 * @param {Link} link
 * @param {string} purpose
 * @param {string} text
 * @param {string} className
 * @param {string} accept
 */
export function fileButton(link, purpose, text, className, accept) {
  const file = h("input", { type: "file", accept, hidden: true, tabindex: "-1", "aria-hidden": "true", class: `${className}-file` });
  const take = async (/** @type {Iterable<File>} */ files) => {
    for (const one of files) await upload(link, purpose, one.name, await one.arrayBuffer());
  };
  file.addEventListener("change", async () => {
    await take(file.files ?? []);
    file.value = "";
  });
  const choose = button(text, { class: className, title: "Or drop a file here" }, () => file.click());
  droppable(choose, purpose === "file", take);
  return { button: choose, file };
}
