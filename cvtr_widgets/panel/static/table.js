// A page of rows. Ticks speak of lead ids; which row a lead is on is nobody's business but the kernel's.

const STATES = { Valid: "v", Invalid: "i", Caution: "c", Test: "t" };
const OUTCOME_LOOKS = {
  confirmed: "v", "will change": "c", contradicted: "i", unknown: "c", refused: "i", accepted: "t", skipped: "t",
  "not sent": "t", "already so": "t", "not eligible": "i", "not found": "i", "not allowed": "i", "cannot tell": "c",
};

function cellOf(text, look) {
  if (look === "state") {
    const [word, ...rest] = text.split(" · ");
    if (STATES[word]) {
      const after = rest.length ? ` · ${rest.join(" · ")}` : "";
      return [h("span", { class: `cvtr-pill cvtr-${STATES[word]}` }, word), after];
    }
  }
  if ((look === "outcome" || look === "verdict") && OUTCOME_LOOKS[text]) {
    return [h("span", { class: `cvtr-pill cvtr-${OUTCOME_LOOKS[text]}` }, text)];
  }
  return [text];
}

/** ``name``: leads, plan or results. ``selectable``: with ticks. ``opened(id)``: a row's detail is asked for. */
function leadTable(link, name, label, { selectable = false, opened = null } = {}) {
  let now = null;
  let anchor = null;
  let active = 0;
  let coverage = "";
  let drawn = "";
  const pending = new Map();

  const head = h("tr", { role: "row" });
  const body = h("tbody", { role: "rowgroup" });
  const grid = h("table", { class: `cvtr-grid cvtr-grid-${name}`, role: "grid", "aria-label": label,
    "aria-multiselectable": selectable ? "true" : null }, h("thead", { role: "rowgroup" }, head), body);
  const frame = h("div", { class: "cvtr-scroll", tabindex: "-1" }, grid);
  const nothing = h("p", { class: "cvtr-nothing cvtr-soft", hidden: true });
  const where = h("span", { class: "cvtr-where cvtr-soft" });
  const since = h("span", { class: "cvtr-since cvtr-soft", hidden: true });
  const previous = button("‹", { class: "cvtr-link cvtr-page-previous", "aria-label": "Previous page" },
    () => turn(now.page - 1));
  const next = button("›", { class: "cvtr-link cvtr-page-next", "aria-label": "Next page" }, () => turn(now.page + 1));
  const pageInput = h("input", { class: "cvtr-page", type: "number", min: "1", "aria-label": "Page",
    on: { change: () => turn(Math.max(0, (parseInt(pageInput.value, 10) || 1) - 1)) } });
  const pages = h("span", { class: "cvtr-soft" });
  const size = h("select", { class: "cvtr-page-size", "aria-label": "Rows a page",
    on: { change: () => link.send("size", { table: name, rows: Number(size.value) }) } },
    ...[25, 50, 100, 250, 500].map((n) => h("option", { value: String(n) }, String(n))));
  const pager = h("span", { class: "cvtr-pager" }, previous, pageInput, pages, next, size);
  const tools = h("span", { class: "cvtr-tools" });
  const foot = h("div", { class: "cvtr-bar" }, where, since, pager, h("span", { class: "cvtr-grow" }), tools);
  const element = h("div", { class: name === "leads" ? "cvtr-table" : `cvtr-table-${name}` }, frame, nothing, foot);

  function turn(page) {
    if (now && page >= 0 && page < now.pages && page !== now.page) link.send("page", { table: name, page });
    else if (now) pageInput.value = String(now.page + 1);
  }

  function ticks() {
    return [...body.querySelectorAll("input.cvtr-row-tick")];
  }

  function tick(ids, on) {
    const n = link.send("tick", { ids, on });
    for (const id of ids) pending.set(id, { on, n });
    const meant = new Set(ids);
    for (const box of ticks()) if (meant.has(box.dataset.leadId)) mark(box, on);
  }

  function mark(box, on) {
    box.checked = on;
    const row = box.closest("tr");
    row.classList.toggle("cvtr-on", on);
    row.setAttribute("aria-selected", String(on));
    countPage();
  }

  function countPage() {
    const box = head.querySelector("input.cvtr-tick-page");
    if (!box) return;
    const on = ticks().filter((one) => one.checked).length;
    box.checked = on > 0 && on === ticks().length;
    box.indeterminate = on > 0 && on < ticks().length;
  }

  /** The ids from the last ticked row to this one, as they stand on the page. */
  function upTo(id) {
    const ids = now.rows.map((row) => row.id);
    const [from, to] = [ids.indexOf(anchor), ids.indexOf(id)];
    return from < 0 || to < 0 ? [id] : ids.slice(Math.min(from, to), Math.max(from, to) + 1);
  }

  function pressed(event, box) {
    const id = box.dataset.leadId;
    const ids = event.shiftKey && anchor !== null ? upTo(id) : [id];
    tick(ids, box.checked);
    anchor = id;
    active = now.rows.findIndex((row) => row.id === id);
    rove();
  }

  function stops() {
    return [...body.querySelectorAll(selectable ? "input.cvtr-row-tick" : "tr")];
  }

  function rove(focus = false) {
    const found = stops();
    active = Math.min(Math.max(active, 0), found.length - 1);
    found.forEach((one, place) => one.setAttribute("tabindex", place === active ? "0" : "-1"));
    if (focus && found[active]) found[active].focus();
  }

  /** Focus a lead's row, or the row that has taken its place. */
  function focusOn(id) {
    const place = now ? now.rows.findIndex((one) => one.id === id) : -1;
    if (place >= 0) active = place;
    rove(true);
  }

  body.addEventListener("focusin", (event) => {
    const row = event.target.closest("tr");
    active = [...body.children].indexOf(row);
    rove();
  });
  body.addEventListener("keydown", (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1, Home: -1e9, End: 1e9 };
    if (event.key in steps) {
      const before = active;
      active += steps[event.key];
      rove(true);
      if (event.shiftKey && selectable && active !== before) {
        const boxes = ticks();
        if (anchor === null) anchor = boxes[before].dataset.leadId;
        tick([...new Set([boxes[before].dataset.leadId, boxes[active].dataset.leadId])], true);
      }
    } else if (event.key === "PageDown") turn(now.page + 1);
    else if (event.key === "PageUp") turn(now.page - 1);
    else if (event.key === "Enter" && opened && event.target.tagName !== "BUTTON") opened(now.rows[active].id);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  function header(column) {
    const place = (now.sorts || []).findIndex((one) => one.name === column.name);
    const sorted = place >= 0 ? now.sorts[place] : null;
    const mark_ = sorted ? ` ${sorted.descending ? "↓" : "↑"}${now.sorts.length > 1 ? place + 1 : ""}` : "";
    const press = (event) => {
      const wanted = !sorted ? { column: column.name, descending: false }
        : !sorted.descending ? { column: column.name, descending: true } : { column: "", descending: false };
      // With Shift, after the columns that it is sorted by already.
      link.send("sort", { table: name, ...wanted, add: event.shiftKey });
    };
    return h("th", { role: "columnheader", scope: "col", "data-column": column.name,
      "aria-sort": sorted ? (sorted.descending ? "descending" : "ascending") : "none" },
      button(column.title + mark_, { class: "cvtr-sort", "data-sort": column.name }, press));
  }

  function row(one) {
    const cells = [];
    if (selectable) {
      const box = h("input", { type: "checkbox", class: "cvtr-row-tick", "data-lead-id": one.id, "aria-label": `Select lead ${one.id}`,
        tabindex: "-1" });
      box.addEventListener("click", (event) => pressed(event, box));
      cells.push(h("td", { role: "gridcell", class: "cvtr-tick-cell" }, box));
    }
    let place = 0;
    for (const column of now.columns) {
      if (column.look === "id") {
        const id = opened ? button(one.id, { class: "cvtr-link cvtr-open", "data-lead-id": one.id, tabindex: "-1",
          "aria-label": `Show lead ${one.id}` }, () => opened(one.id)) : one.id;
        cells.push(h("th", { role: "rowheader", scope: "row", class: "cvtr-num" }, id));
      } else {
        const text = one.cells[place];
        place += 1;
        const number = column.look === "number" || column.look === "score";
        cells.push(h("td", { role: "gridcell", class: number ? "cvtr-num" : null, title: text.length > 40 ? text : null },
          h("span", { class: `cvtr-cell cvtr-col-${column.name}`, dir: "auto" }, ...cellOf(text, column.look))));
      }
    }
    return h("tr", { role: "row", class: one.new ? "cvtr-new" : one.changed ? "cvtr-changed" : null, "data-lead-id": one.id, "aria-selected": selectable ? "false" : null,
      tabindex: selectable ? null : "-1" }, ...cells);
  }

  let headed = "";
  function drawHead() {
    const look = JSON.stringify([now.columns, now.sorts]);
    if (look === headed) return;  // a press that is under way must end on the button it began on
    headed = look;
    const tickAll = h("input", { type: "checkbox", class: "cvtr-tick-page", "aria-label": "Select this page",
      on: { click: () => tick(now.rows.map((one) => one.id), tickAll.checked) } });
    const cells = selectable ? [h("td", { role: "gridcell", class: "cvtr-tick-cell" }, tickAll)] : [];
    const focused = document.activeElement?.dataset?.sort;
    const had = head.contains(document.activeElement);
    head.replaceChildren(...cells, ...now.columns.map(header));
    if (had && focused) head.querySelector(`[data-sort="${focused}"]`)?.focus();
  }

  /** Which rows these are, of how many. A table that is not whole says so in the same breath. */
  function count() {
    const number = (n) => n.toLocaleString("en");
    const { first, rows, matching, loaded } = now;
    const all = matching === loaded;
    const range = `${number(first + 1)}–${number(first + rows.length)}`;
    if (!loaded) setText(where, "");
    else if (!coverage) {
      setText(where, !rows.length ? `None of ${number(loaded)} loaded matches`
        : `${range} of ${all ? number(loaded) : `${number(matching)} matching, ${number(loaded)} loaded`}`);
    } else {
      setText(where, `${!rows.length ? "None matches" : all ? `${range} shown` : `${range} of ${number(matching)} matching`} · ${coverage}`);
    }
    where.classList.toggle("cvtr-warn", Boolean(coverage));
  }

  /** ``words``: how much of what was asked for is here, where that is not all of it. */
  function covers(words) {
    if (coverage === words) return;
    coverage = words;
    if (now) count();
  }

  function draw(message) {
    now = message;
    const had = body.contains(document.activeElement);
    const look = JSON.stringify([message.columns, message.rows.map((one) => [one.id, one.cells, one.changed, one.new])]);
    drawHead();
    if (look !== drawn) {
      body.replaceChildren(...message.rows.map(row));
      drawn = look;
      const still = message.rows.findIndex((one) => one.id === anchor);
      if (still < 0) anchor = null;
    }
    if (selectable) {
      const on = new Map(message.rows.map((one) => [one.id, one.on]));
      for (const [id, { n }] of pending) if (link.handled >= n) pending.delete(id);
      for (const box of ticks()) {
        const mine = pending.get(box.dataset.leadId);
        mark(box, mine ? mine.on : Boolean(on.get(box.dataset.leadId)));
      }
    }
    rove(had);
    setAttribute(grid, "aria-rowcount", String(message.matching + 1));
    body.querySelectorAll("tr").forEach((tr, place) => setAttribute(tr, "aria-rowindex", String(message.first + place + 2)));
    const number = (n) => n.toLocaleString("en");
    const news = [message.changed ? `${number(message.changed)} changed` : "", message.new ? `${number(message.new)} new` : ""];
    setLine(since, news.filter(Boolean).length ? `since the last look: ${news.filter(Boolean).join(", ")}` : "");
    count();
    setShown(frame, message.loaded > 0);
    setShown(foot, message.loaded > 0);
    setEnabled(previous, message.page > 0);
    setEnabled(next, message.page + 1 < message.pages);
    setShown(pager, message.loaded > 25);
    if (document.activeElement !== pageInput) pageInput.value = String(message.page + 1);
    pageInput.max = String(message.pages);
    setText(pages, `of ${number(message.pages)}`);
    size.value = String(message.size);
  }

  return { element, tools, draw, covers, nothing, get now() { return now; }, tick, focusOn };
}
