// Searching, sorting and saving of a table of counts, by DataTables once that has come. Until then, and without it, the table is there.

import { numbersTable } from "./chart_table.js";
import { element, scrollBox } from "./elements.js";
import { inTurn, onPart, part } from "./parts.js";

const FEW = 8; // rows that need no search
const FORMULA = /^[\s\u200b-\u200d\u2060\ufeff\u00ad"'`]*[=+\-@＝＋－＠﹢﹣﹦﹫−]|^[\t\r\n]/;

/** A text that starts no formula where a table program opens the file. @param {string} text */
export const safeText = (text) => (FORMULA.test(text) ? `'${text}` : text);

/** What a cell is in a file: numbers whole, texts such that none is a formula. @param {HTMLElement} cell */
const savedValue = (cell) => cell.dataset.number ?? safeText(cell.textContent ?? "");

/** @param {string} title */
const fileName = (title) => title.replace(/\(.*/, "").trim().toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "table";

/** @param {HTMLTableElement} table @param {string} title */
function optionsOf(table, title) {
  const isLong = (table.tBodies[0]?.rows.length ?? 0) > FEW;
  const exportOptions = {
    format: {
      body: (/** @type {[html: string, row: number, column: number, cell: HTMLElement]} */ ...given) => savedValue(given[3]),
      header: (/** @type {string} */ _html, /** @type {number} */ place) => safeText(table.tHead?.rows[0].cells[place].textContent ?? ""),
    },
    escapeExcelFormula: false, // done above
  };
  const save = { extend: "csvHtml5", text: "Save as CSV", titleAttr: "The rows that the search leaves, in this order, as a file",
    filename: fileName(title), title: null, bom: true, exportOptions };
  return {
    paging: false, order: [], autoWidth: false, searching: isLong, info: isLong,
    layout: { topStart: { buttons: [save] }, topEnd: isLong ? "search" : null, bottomStart: isLong ? "info" : null, bottomEnd: null },
    language: {
      search: "Search", entries: { _: "rows", 1: "row" }, info: "_TOTAL_ _ENTRIES-TOTAL_", infoEmpty: "No rows",
      infoFiltered: "of _MAX_", zeroRecords: "No row has this text.",
    },
  };
}

/**
 * A box with the table, which can be searched, sorted and saved. ``end`` lets go of it.
 * @param {HTMLTableElement} table
 * @param {string} title what its file is called after
 */
export function liveTable(table, title) {
  const box = element("div", "cvtr-live-table");
  box.append(table);
  /** @type {any} DataTables' */
  let live = null;
  let ended = false;
  function begin() {
    const DataTable = part("tables");
    if (ended || !DataTable || live || !table.tBodies[0]?.rows.length) return;
    live = new DataTable(table, optionsOf(table, title));
    box.dataset.live = "true";
  }
  const stop = onPart("tables", () => { inTurn(begin); });
  begin();
  return {
    element: box,
    end() {
      ended = true;
      stop();
      live?.destroy();
    },
  };
}

/** Counts: there are no leads to select. @param {any} answer */
export function plainTable(answer) {
  const box = scrollBox("cvtr-chart-numbers cvtr-look-table", answer.title);
  const live = liveTable(numbersTable(answer, null, answer.title), answer.title);
  box.append(live.element, ...answer.notes.map((/** @type {string} */ note) => element("div", "cvtr-look-small", note)));
  return { element: box, end: live.end };
}
