// A frame of counts alone, in a cell or a box.

import { element } from "./elements.js";
import { plainTable } from "./live_table.js";
import { askForParts, installPart } from "./parts.js";

/** @import { Model } from "./messages.d.ts" */

/** What anywidget calls; it gives what ends the view. @param {{ model: Model, el: HTMLElement }} given */
function renderTable({ model, el }) {
  const root = element("div", "cvtr-look cvtr-frame-table");
  el.append(root);
  /** @type {ReturnType<typeof plainTable> | null} */
  let table = null;

  /** @param {any} message @param {DataView[]} buffers */
  function heard(message, buffers) {
    if (message.kind === "tables") {
      installPart("tables", buffers).catch(() => {}); // without it the table is there, and cannot be searched
    } else if (message.kind === "table") {
      table?.end();
      table = plainTable(message);
      root.replaceChildren(table.element);
    }
  }

  model.on("msg:custom", heard);
  const noMore = askForParts((there) => model.send({ kind: "hello", ...there }), ["tables"]);
  return () => {
    noMore();
    model.off("msg:custom", heard);
    table?.end();
  };
}

export default { render: renderTable };
