// How the lead table is looked at: filters per column, columns and their order, sorting by several, views, kept selections.

function filterEditor(link) {
  const column = h("select", { class: "cvtr-filter-column", on: { change: () => chosen() } });
  const kind = h("select", { class: "cvtr-filter-kind", on: { change: () => drawFields() } });
  const fields = h("span", { class: "cvtr-filter-fields" });
  const apply = button("Filter", { class: "cvtr-filter-apply" }, () => use());
  const element = h("div", { class: "cvtr-row cvtr-filter-editor" }, labelled("Filter by column", column), labelled("how", kind),
    fields, apply);
  const KINDS = { contains: "contains", between: "from … to", days: "from … to (days)", one_of: "is one of", yes_no: "is",
    empty: "is empty or not" };
  let columns = [];
  let shape = "";
  let counts = [];
  let more = 0;
  let read = () => null;

  function chosen() {
    const one = columns.find(([name]) => name === column.value);
    kind.replaceChildren(...(one ? one[4] : []).map((k) => h("option", { value: k }, KINDS[k])));
    link.send("ask_counts", { column: column.value });
    drawFields();
  }

  function input(label, properties) {
    const box = h("input", { class: "cvtr-filter-value", ...properties,
      on: { keydown: (event) => { if (event.key === "Enter") use(); } } });
    return { element: labelled(label, box), box };
  }

  function pair(type) {
    const [low, high] = [input("From", { type }), input("To", { type })];
    const exact = (box) => (box.value.trim() ? box.value.trim() : null);
    fields.replaceChildren(low.element, high.element);
    return [() => exact(low.box), () => exact(high.box)];
  }

  function drawFields() {
    if (kind.value === "contains") {
      const one = input("Text", { type: "text" });
      fields.replaceChildren(one.element);
      read = () => ({ text: one.box.value });
    } else if (kind.value === "between") {
      const [low, high] = pair("text");
      read = () => ({ low: low(), high: high() });
    } else if (kind.value === "days") {
      const [low, high] = pair("date");
      read = () => ({ first: low(), last: high() });
    } else if (kind.value === "one_of") {
      const boxes = counts.map(([text, number, value]) => [value, h("input", { type: "checkbox" }), `${text} (${number.toLocaleString("en")})`]);
      fields.replaceChildren(h("fieldset", { class: "cvtr-values" }, h("legend", { class: "cvtr-soft" }, "Values"),
        ...boxes.map(([, box, text]) => h("label", { class: "cvtr-tickbox" }, box, h("span", { dir: "auto" }, text))),
        more ? h("span", { class: "cvtr-soft" }, `and ${more.toLocaleString("en")} more: use “contains”`) : null));
      read = () => ({ values: boxes.filter(([, box]) => box.checked).map(([value]) => value) });
    } else if (kind.value === "yes_no") {
      const select = h("select", { class: "cvtr-filter-value" }, h("option", { value: "1" }, "yes"), h("option", { value: "" }, "no"));
      fields.replaceChildren(labelled("Value", select));
      read = () => ({ yes: Boolean(select.value) });
    } else if (kind.value === "empty") {
      const select = h("select", { class: "cvtr-filter-value" }, h("option", { value: "1" }, "empty"),
        h("option", { value: "" }, "not empty"));
      fields.replaceChildren(labelled("Value", select));
      read = () => ({ empty: Boolean(select.value) });
    } else {
      fields.replaceChildren();
      read = () => null;
    }
  }

  function use() {
    if (column.value && kind.value) link.send("narrow", { column: column.value, wanted: { kind: kind.value, ...read() } });
  }

  function update(view) {
    columns = view.columns.filter(([, , , , kinds]) => kinds.length);
    const now = JSON.stringify(columns);
    if (now !== shape) {
      shape = now;
      const kept = column.value;
      column.replaceChildren(h("option", { value: "" }, "Choose a column"),
        ...columns.map(([name, title]) => h("option", { value: name }, title)));
      column.value = columns.some(([name]) => name === kept) ? kept : "";
    }
    const had = JSON.stringify(counts);
    if (view.asked === column.value && had !== JSON.stringify(view.counts)) {
      counts = view.counts;
      more = view.more_counts;
      if (kind.value === "one_of") drawFields();
    }
    setEnabled(apply, Boolean(column.value && kind.value));
  }

  return { element, update };
}

/** Names with a number or none, each to use or to remove. */
function chips(className, label) {
  const element = h("ul", { class: `cvtr-chips ${className}`, "aria-label": label, hidden: true });
  let drawn = "";
  return {
    element,
    update(rows, make) {
      const now = JSON.stringify(rows);
      if (now === drawn) return;
      drawn = now;
      element.replaceChildren(...rows.map((row) => h("li", {}, ...make(row))));
      setShown(element, rows.length > 0);
    },
  };
}

function columnChooser(link) {
  const list = h("ul", { class: "cvtr-columns" });
  const reset = button("Columns as in the beginning", { class: "cvtr-link" }, () => link.send("columns", { names: [] }));
  const element = h("details", { class: "cvtr-column-chooser" }, h("summary", {}, "Columns"), list, reset);
  let drawn = "";
  let shown = [];

  function move(name, step) {
    const place = shown.indexOf(name);
    const there = place + step;
    if (there < 0 || there >= shown.length) return;
    const names = [...shown];
    [names[place], names[there]] = [names[there], names[place]];
    link.send("columns", { names });
  }

  function update(columns, rows) {
    shown = rows ? rows.columns.map((c) => c.name) : [];
    const now = JSON.stringify([columns, shown]);
    if (now === drawn) return;
    drawn = now;
    const focused = list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const titles = new Map(columns.map(([name, title]) => [name, title]));
    const order = [...shown, ...columns.map(([name]) => name).filter((name) => !shown.includes(name))];
    list.replaceChildren(...order.filter((name) => name !== "lead_id" && titles.has(name)).map((name) => {
      const title = titles.get(name);
      const box = h("input", { type: "checkbox", "data-key": `on-${name}`, on: { change: () => link.send("columns",
        { names: box.checked ? [...shown, name] : shown.filter((other) => other !== name) }) } });
      box.checked = shown.includes(name);
      const arrows = box.checked ? [button("↑", { class: "cvtr-link", "data-key": `up-${name}`, "aria-label": `${title} further left` },
        () => move(name, -1)), button("↓", { class: "cvtr-link", "data-key": `down-${name}`, "aria-label": `${title} further right` },
        () => move(name, 1))] : [];
      return h("li", {}, h("label", { class: "cvtr-tickbox" }, box, h("span", { dir: "auto" }, title)), ...arrows);
    }));
    if (focused) list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  return { element, update };
}

function arrangeTools(link) {
  const editor = filterEditor(link);
  const filters = chips("cvtr-active-filters", "Filters in force");
  const sorts = chips("cvtr-active-sorts", "Sorted by");
  const clear = button("no filters", { class: "cvtr-link cvtr-narrow-none" }, () => link.send("narrow_none"));
  const columns = columnChooser(link);
  const jumpTo = h("input", { class: "cvtr-jump", type: "text", inputmode: "numeric",
    on: { keydown: (event) => { if (event.key === "Enter") link.send("jump", { text: jumpTo.value }); } } });
  const jump = h("div", { class: "cvtr-row" }, labelled("Go to lead", jumpTo),
    button("Go", { class: "cvtr-jump-go" }, () => link.send("jump", { text: jumpTo.value })));
  const viewName = h("input", { class: "cvtr-view-name", type: "text", maxlength: "60" });
  const saveView = button("Keep this view", { class: "cvtr-save-view" }, () => link.send("save_view", { name: viewName.value }));
  const views = chips("cvtr-views", "Views");
  const keptName = h("input", { class: "cvtr-kept-name", type: "text", maxlength: "60" });
  const keep = button("Keep this selection", { class: "cvtr-keep" }, () => link.send("keep", { name: keptName.value }));
  const kept = chips("cvtr-kept", "Kept selections");
  const problem = h("p", { class: "cvtr-problem", role: "alert", hidden: true });
  const note = h("p", { class: "cvtr-soft cvtr-arrange-note", role: "status", hidden: true });
  const more = h("details", { class: "cvtr-arrange" }, h("summary", {}, "Filter, columns, views, kept selections"), editor.element, jump,
    h("div", { class: "cvtr-row" }, labelled("Name of the view", viewName), saveView), views.element,
    h("div", { class: "cvtr-row" }, labelled("Name of the selection", keptName), keep), kept.element, columns.element);
  const element = h("div", { class: "cvtr-arranging" }, more, h("div", { class: "cvtr-bar cvtr-in-force" }, filters.element, clear),
    problem, note);

  function update(view, rows) {
    const arranging = view.arranging;
    editor.update(arranging);
    columns.update(arranging.columns, rows);
    filters.update(arranging.filters, ([name, title, words]) => [h("span", { dir: "auto" }, `${title} ${words}`),
      button("×", { class: "cvtr-link", "aria-label": `No filter on ${title}` }, () => link.send("narrow", { column: name, wanted: null }))]);
    setShown(clear, arranging.filters.length > 1);
    sorts.update(arranging.sorts.length > 1 ? arranging.sorts : [], ([, title, down]) => [`${title} ${down ? "↓" : "↑"}`]);
    views.update(arranging.views.map((name) => [name]), ([name]) => [
      button(name, { class: "cvtr-link cvtr-use-view" }, () => link.send("use_view", { name })),
      button("×", { class: "cvtr-link", "aria-label": `Forget the view ${name}` }, () => link.send("drop_view", { name }))]);
    kept.update(view.kept, ([name, number]) => [
      button(`${name} (${number.toLocaleString("en")})`, { class: "cvtr-link cvtr-use-kept" }, () => link.send("use_kept", { name, add: false })),
      button("add", { class: "cvtr-link", "aria-label": `Add ${name} to the selection` }, () => link.send("use_kept", { name, add: true })),
      button("×", { class: "cvtr-link", "aria-label": `Forget ${name}` }, () => link.send("drop_kept", { name }))]);
    setLine(problem, arranging.problem || view.kept_problem);
    setLine(note, arranging.note);
  }

  return { element, sorts: sorts.element, update };
}
