// Step 1, Leads: filters, the table, LEAD ID(S), files, and the line that says what is selected.

const PART = 1024 * 1024; // one message stays well below a Jupyter server's 10 MB
const LONG_TEXT = 200_000;

function leadsStep(link) {
  const campaign = dropdown("Campaign", "cvtr-filter-campaign", (value) => link.send("filter", { name: "campaign", value }));
  const publisher = dropdown("Lead Generator", "cvtr-filter-publisher", (value) => link.send("filter", { name: "publisher", value }));
  const status = dropdown("Current Status", "cvtr-filter-status", (value) => link.send("filter", { name: "status", value }));
  const delivery = dropdown("Delivery", "cvtr-filter-delivery", (value) => link.send("filter", { name: "delivery", value }));
  const from = day("From", "cvtr-filter-from", (value) => link.send("filter", { name: "created_after", value }));
  const to = day("To", "cvtr-filter-to", (value) => link.send("filter", { name: "created_before", value }));
  const zone = h("p", { class: "cvtr-soft cvtr-zone" });
  const load = button("Load leads", { class: "cvtr-load" }, () => link.send("load", { go_on: false }));
  const filterLines = h("ul", { class: "cvtr-why", hidden: true });
  const filters = h("div", { class: "cvtr-filters cvtr-row" }, campaign.element, publisher.element, status.element,
    delivery.element, from.element, to.element, load);

  const working = progressLine(() => link.send("stop"));
  // Keeps its place: a look-up that begins or ends by itself must not move the rows under a hand that is about to tick one.
  const still = h("div", { class: "cvtr-still" }, working.element);
  const problem = problemBox();
  const goOnText = h("span");
  const goOn = h("div", { class: "cvtr-note", role: "alert", hidden: true }, goOnText, " ",
    button("Load them all the same", { class: "cvtr-go-on" }, () => link.send("load", { go_on: true })));
  const notes = h("ul", { class: "cvtr-notes", hidden: true });
  const outdatedText = h("span");
  const outdated = h("div", { class: "cvtr-note", hidden: true }, outdatedText, " ",
    button("Refresh", { class: "cvtr-link cvtr-refresh-now" }, () => link.send("refresh")));

  const table = leadTable(link, "leads", "Leads", { selectable: true, opened: (id) => link.send("detail", { id }) });
  const search = typed("Search these leads (all columns)", "cvtr-search", (text) => link.send("search", { text }),
    { type: "search", placeholder: "name, e-mail, id …" });
  const selectedOnly = tickBox("Selected only", "cvtr-selected-only", (on) => link.send("marked_only", { on }));
  const over = h("div", { class: "cvtr-row cvtr-over-table", hidden: true }, search.element, selectedOnly.element);
  const arrange = arrangeTools(link);
  const selectPage = button("this page", { class: "cvtr-link cvtr-select-page" },
    () => table.tick(table.now.rows.map((one) => one.id), true));
  const selectMatching = button("all matching", { class: "cvtr-link cvtr-select-matching" },
    () => link.send("select_matching", { version: table.now.matching_version }));
  const invert = button("invert page", { class: "cvtr-link cvtr-invert" },
    () => link.send("invert", { ids: table.now.rows.map((one) => one.id) }));
  const selectLoaded = button("all loaded", { class: "cvtr-link cvtr-select-loaded" }, () => link.send("select_loaded", { version: table.now.matching_version }));
  const none = button("none", { class: "cvtr-link cvtr-select-none" }, () => link.send("select_none"));
  const undo = button("undo", { class: "cvtr-link cvtr-undo-selection" }, () => link.send("undo_selection"));
  table.tools.append(h("span", { class: "cvtr-soft" }, "Select"), selectPage, selectMatching, selectLoaded, invert, none, undo);
  const decided = h("p", { class: "cvtr-decided", role: "status", hidden: true });
  const detail = detailPane(link, (id) => table.focusOn(id));

  const ids = typed("LEAD ID(S)", "cvtr-lead-ids", (text) => said(text),
    { multiline: true, delay: 400, placeholder: "Type or paste ids: 167457, 167460 …", spellcheck: "false" });
  const file = h("input", { type: "file", accept: ".csv,.tsv,.txt,.xlsx", hidden: true, tabindex: "-1", "aria-hidden": "true" });
  const importButton = button("Import CSV or Excel …", { class: "cvtr-import" }, () => file.click());
  file.addEventListener("change", async () => {
    for (const one of file.files) await upload("file", one.name, await one.arrayBuffer());
    file.value = "";
  });
  const fileProblem = h("p", { class: "cvtr-problem", role: "alert", hidden: true });
  const files = h("ul", { class: "cvtr-files", hidden: true });
  const typedNotes = h("ul", { class: "cvtr-notes cvtr-typed-notes", hidden: true });

  const count = h("b", { class: "cvtr-count" });
  const parts = h("span", { class: "cvtr-soft" });
  const absent = h("span", { class: "cvtr-warn" });
  const lookUp = button("", { class: "cvtr-link cvtr-look-up" }, () => link.send("look_up"));
  const notTaken = h("summary", { class: "cvtr-warn" });
  const rejected = h("tbody");
  const rejectedBox = h("details", { class: "cvtr-rejected", hidden: true }, notTaken,
    h("div", { class: "cvtr-scroll cvtr-low", tabindex: "0", role: "group", "aria-label": "What was not taken" }, h("table", { class: "cvtr-grid" },
      h("thead", {}, h("tr", {}, ...["Where", "What stood there", "Why it was not taken"].map((t) => h("th", { scope: "col" }, t)))),
      rejected)), button("Save these as CSV", { class: "cvtr-link cvtr-export-rejected" }, () => link.send("export_rejected")));
  const absentIds = h("p", { class: "cvtr-soft cvtr-absent-ids" });
  const absentBox = h("details", { class: "cvtr-absent", hidden: true }, h("summary", {}, absent), absentIds);
  const selected = h("div", { class: "cvtr-selected", role: "status", "aria-live": "polite" }, count, " ", parts, " ", lookUp);

  const whichColumn = h("p", { class: "cvtr-note cvtr-which-column", role: "alert", hidden: true });
  const notTakenText = h("span", { class: "cvtr-warn cvtr-not-taken" });
  const asideList = h("ul", { class: "cvtr-notes cvtr-aside", hidden: true });
  let asideShown = "";
  let columnsShown = "";

  function drawAside(groups, question) {
    if (JSON.stringify(groups) !== asideShown) {
      asideShown = JSON.stringify(groups);
      asideList.replaceChildren(...groups.map((one) => h("li", {},
        `${one.count.toLocaleString("en")} set aside${one.source ? ` (${one.source})` : ""}: ${one.ids.join(", ")}${one.count > one.ids.length ? " …" : ""}: ${one.why}. `,
        button(`Add ${one.count === 1 ? "it" : "these"}`, { class: "cvtr-link cvtr-add-odd" }, () => link.send("add_odd", { key: one.key })))));
      setShown(asideList, groups.length > 0);
    }
    if (JSON.stringify(question) !== columnsShown) {
      columnsShown = JSON.stringify(question);
      const columns = question ? question.columns : [];
      whichColumn.replaceChildren(`Which column of ${question ? question.name : ""} holds the lead ids? `,
        ...columns.flatMap(([value, text]) => [button(text, { class: "cvtr-choose-column" },
          () => link.send("file_column", { name: question.name, column: value })), " "]));
      setShown(whichColumn, columns.length > 0);
    }
  }

  const why = h("ul", { class: "cvtr-why" });
  const next = button("Next: type", { class: "cvtr-main cvtr-next" }, () => { ids.flush(); link.send("go", { step: 2 }); });

  const element = h("div", { class: "cvtr-body" }, filters, zone, filterLines, still, problem.element, goOn, outdated,
    over, arrange.element, table.element, arrange.sorts, notes, decided, detail.element,
    h("div", { class: "cvtr-row cvtr-ids-row" }, ids.element, importButton, file), fileProblem, whichColumn, typedNotes, files, selected, absentBox, asideList,
    rejectedBox, h("div", { class: "cvtr-foot" }, why, notTakenText, next));

  function said(text) {
    if (text.length <= LONG_TEXT) return link.send("ids", { text });
    ids.input.value = "";
    const number = link.send("ids", { text: "" });
    upload("ids", `pasted ids ${new Date().toLocaleTimeString("en-GB")}`, new TextEncoder().encode(text).buffer);
    return number;
  }

  async function upload(purpose, name, content) {
    const total = Math.max(1, Math.ceil(content.byteLength / PART));
    for (let part = 0; part < total; part += 1) {
      link.send("upload", { purpose, name, part, parts: total }, [content.slice(part * PART, (part + 1) * PART)]);
      await new Promise((done) => { setTimeout(done); });
    }
  }

  let filesShown = "";
  function drawFiles(list) {
    const now = JSON.stringify(list);
    if (now === filesShown) return;
    filesShown = now;
    files.replaceChildren(...list.map((one) => h("li", {}, h("span", { class: "cvtr-file-name", dir: "auto" }, one.name),
      ` · ${one.count.toLocaleString("en")} leads${one.notes.length ? ` · ${one.notes.join(" ")}` : ""} `,
      button("remove", { class: "cvtr-link cvtr-drop-file", "aria-label": `Remove ${one.name}` },
        () => link.send("drop_file", { name: one.name })),
      one.columns.length ? h("select", { class: "cvtr-file-column", "aria-label": `Column of ${one.name} that holds the lead ids`,
        on: { change: (event) => link.send("file_column", { name: one.name, column: event.target.value }) } },
      ...one.columns.map(([value, text, chosen]) => h("option", { value, selected: chosen }, text))) : null)));
    setShown(files, list.length > 0);
  }

  let rejectedShown = "";
  function drawRejected(rows) {
    const now = JSON.stringify(rows);
    if (now === rejectedShown) return;
    rejectedShown = now;
    rejected.replaceChildren(...rows.map((cells) => h("tr", {}, ...cells.map((text) => h("td", { dir: "auto" }, text)))));
  }

  let decidedShown = "";
  function drawDecided(marks) {
    const now = JSON.stringify(marks);
    if (now === decidedShown) return;
    decidedShown = now;
    decided.replaceChildren("Decided one by one: ", ...marks.flatMap(([mark, name, n]) => [
      h("b", {}, `${n.toLocaleString("en")} ${name.charAt(0).toLowerCase()}${name.slice(1)}`), " ",
      button(mark === "later" ? "Select these" : `Continue with ${n === 1 ? "this one" : `these ${n.toLocaleString("en")}`}`,
        { class: `cvtr-link cvtr-use-decided cvtr-use-decided-${mark}` }, () => link.send("use_decided", { mark })), " "]));
    setShown(decided, marks.length > 0);
  }

  function update(view, fresh) {
    drawDecided(view.decided);
    setEnabled(selectLoaded, !view.partial);
    setEnabled(selectMatching, !view.partial);
    const any = (what) => [["", what]];
    campaign.update([...any("All campaigns"), ...view.options.campaign], view.filters.campaign, fresh);
    publisher.update([...any("All"), ...view.options.publisher], view.filters.publisher, fresh);
    status.update([...any("Any"), ...view.options.status], view.filters.status, fresh);
    delivery.update([...any("Any"), ...view.options.delivery], view.filters.delivery, fresh);
    from.update(view.filters.created_after, fresh);
    to.update(view.filters.created_before, fresh);
    setEnabled(load, !view.filter_blockers.length);
    load.classList.toggle("cvtr-main", !view.loaded && view.selected.count === 0);
    setLines(filterLines, [...view.filter_blockers, ...(view.changed ? [view.changed] : [])]);
    working.update(view.job);
    problem.update(view.problem);
    setText(goOnText, view.go_on);
    setShown(goOn, Boolean(view.go_on));
    setLines(notes, view.notes);
    setText(outdatedText, view.outdated);
    setShown(outdated, Boolean(view.outdated));
    for (const one of [over, arrange.element, table.element]) setShown(one, view.loaded);
    const rows = table.now;
    table.covers(view.coverage);
    if (rows) {
      selectedOnly.update("Selected only", rows.marked_only, fresh);
      const number = (n) => n.toLocaleString("en");
      setText(selectPage, `this page (${number(rows.rows.length)})`);
      setText(invert, `invert page (${number(rows.rows.length)})`);
      const soFar = view.partial ? " so far; wait for the rest" : view.coverage ? " (incomplete)" : "";
      setText(selectMatching, `all ${number(rows.matching)} ${rows.matching === rows.loaded ? "loaded" : "matching"}${soFar}`);
      setText(selectLoaded, `all ${number(rows.loaded)} loaded${soFar}`);
      setShown(selectLoaded, rows.matching !== rows.loaded);
    }
    setEnabled(undo, view.selected.undo > 0);
    arrange.update(view, rows);
    detail.update(view.detail);
    setLines(typedNotes, view.selected.typed_notes);
    drawFiles(view.selected.files);
    setLine(fileProblem, view.selected.file_problem);
    setText(count, view.selected.text);
    setText(parts, [view.selected.parts, view.selected.where].filter(Boolean).join("; "));
    setLine(lookUp, view.selected.ask_lookup);
    setText(absent, view.selected.absent);
    setText(absentIds, view.selected.absent_ids.join(", "));
    setShown(absentBox, Boolean(view.selected.absent));
    setShown(rejectedBox, view.selected.not_taken > 0);
    const n = view.selected.not_taken;
    const leads = view.selected.not_taken_leads;
    setText(notTaken, `${leads ? `${leads.toLocaleString("en")} ${leads === 1 ? "lead" : "leads"}` : "Something"} not taken: show ${n > view.selected.rejected.length
      ? `the first ${view.selected.rejected.length}` : n === 1 ? "it" : "them"}`);
    setText(notTakenText, view.selected.not_taken_text);
    drawAside(view.selected.set_aside, view.selected.which_column);
    drawRejected(view.selected.rejected);
    setLines(why, view.blockers);
    setEnabled(next, !view.blockers.length);
  }

  function texts(given, handled) {
    ids.set(given.ids, handled);
    search.set(given.search, handled);
  }

  /** Days and times are those of the kernel's zone. */
  function days(name, offset) {
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const differs = here !== name && -new Date().getTimezoneOffset() !== offset;
    setText(zone, `Days and times are those of ${name}.${differs ? ` Your browser is in ${here}, where a day begins at another time.` : ""}`);
    zone.classList.toggle("cvtr-warn", differs);
  }

  return { element, update, texts, table, days, flush: ids.flush };
}
