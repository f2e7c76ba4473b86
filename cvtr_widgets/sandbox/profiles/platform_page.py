"""A small Flag/Manage page in the words of a service, as the platform's own page would be: to capture what it sends."""

from __future__ import annotations

import json

from cvtr_widgets.sandbox.profiles.profile import CallProfile, ServiceProfile

ACTIONS = {
    "valid": "leads-bulk-flag", "invalid": "leads-bulk-flag", "test": "leads-bulk-flag", "delivered": "leads-bulk-deliver",
    "undelivered": "leads-bulk-undeliver", "other": "leads-bulk-metadata", "reprocess": "leads-bulk-reprocess",
    "delete": "leads-bulk-delete",
}  # fmt: skip


def _call(spoken: CallProfile) -> dict[str, object]:
    return {
        "path": spoken.path, "method": spoken.method, "form": spoken.form, "ids": spoken.ids, "idAs": spoken.id_as,
        "wrapped": spoken.wrapped, "one": spoken.one or not spoken.ids, "keys": dict(spoken.keys),
        "words": {key: [[lead_id, said] for said, lead_id in words.items()] for key, words in spoken.words.items()},
        "reasonAs": spoken.reason_as, "demands": dict(spoken.demands), "queued": spoken.queued,
    }  # fmt: skip


def page(speech: ServiceProfile) -> bytes:
    """The page: a login, and a form per action."""
    told = {
        "base": speech.base, "login": speech.login, "token": speech.token, "resources": dict(speech.resources),
        "query": dict(speech.query), "members": speech.members, "jobs": speech.jobs, "job": dict(speech.job),
        "calls": {spoken.native: _call(spoken) for spoken in speech.calls}, "actions": ACTIONS,
    }  # fmt: skip
    return _PAGE.replace("{{SPEECH}}", json.dumps(told)).encode()


_PAGE = """<!doctype html><meta charset="utf-8"><title>Flag/Manage</title>
<form id="login"><input name="username"><input name="password" type="password"><button>Log in</button></form>
<form id="manage" hidden>
<input name="leads" placeholder="LEAD ID(S)"><select name="action"></select><input name="reason" list="reasons">
<select name="category"><option></option></select><input name="comment"><input name="jobs"><input name="signature">
<select name="kind"><option>Replacement</option><option>None</option></select><button>Save</button></form>
<output id="said"></output>
<script>
const S = {{SPEECH}}; let token = "", reasons = {}, categories = [];
const $ = (s) => document.querySelector(s), form = $("#manage");
const at = (o, path) => path.split(".").reduce((v, k) => (v == null ? v : v[k]), o);
const members = (o) => (S.members in o ? o[S.members] : at(o, S.members));
const url = (r) => `${S.base}/${S.resources[r] || r}`, key = (k) => S.query[k] ?? k;
const put = (o, path, v) => { const ks = path.split("."), last = ks.pop(); for (const k of ks) o = o[k] ??= {}; o[last] = v; };
const send = async (method, path, body, type) => {
  const headers = { Authorization: `Bearer ${token}`, Accept: "application/json" };
  if (type) headers["Content-Type"] = type;
  const r = await fetch(path, { method, headers, body });
  const text = await r.text();
  return { status: r.status, body: text ? JSON.parse(text) : null };
};
for (const a of Object.keys(S.actions)) form.elements.action.append(new Option(a, a));
$("#login").onsubmit = async (e) => {
  e.preventDefault();
  const r = await fetch(S.login, { method: "POST", body: new URLSearchParams(new FormData(e.target)) });
  token = at(await r.json(), S.token);
  const q = new URLSearchParams([[key("page"), 1], [key("itemsPerPage"), 25]]);
  await send("GET", `${url("leads")}?${q}`);
  for (const flag of ["valid", "invalid", "test"])
    reasons[flag] = members((await send("GET", `${url("lead-flag-reasons")}?${key("leadFlag.name")}=${flag}`)).body);
  categories = members((await send("GET", url("lead-flag-reason-categories"))).body);
  $("#login").hidden = true; form.hidden = false; $("#said").textContent = "ready";
};
const choice = (list, name, as) => {
  const found = list.find((x) => x.name === name);
  if (!found) return null;
  return as === "name" ? name : as === "iri" ? found["@id"] : as === "digits" ? String(found.id) : found.id;
};
const leadForm = (c, id) => {
  const v = c.idAs === "text" ? String(id) : c.idAs === "iri" ? `${url("leads")}/${id}` : id;
  return c.wrapped ? { [c.wrapped]: v } : v;
};
const flat = (o, prefix, out) => {
  for (const [k, v] of Object.entries(o)) {
    const name = prefix ? `${prefix}[${k}]` : k;
    if (Array.isArray(v)) v.forEach((x) => out.append(name, x));
    else if (v !== null && typeof v === "object") flat(v, name, out);
    else out.append(name, v);
  }
  return out;
};
const call = async (native, ids, values) => {
  const c = S.calls[native], body = {};
  let path = `${S.base}/${c.path}`.replace("{lead}", ids[0]);
  if (c.ids) put(body, c.ids, c.idAs === "comma" ? ids.join(",") : c.one ? leadForm(c, ids[0]) : ids.map((i) => leadForm(c, i)));
  for (const [k, v] of Object.entries(values)) {
    if (v === null || v === "" || !c.keys[k]) continue;
    const said = (c.words[k] || []).find(([own]) => own === v);
    const word = said ? said[1] : v;
    if (c.keys[k] === "{flag}") path = path.replace("{flag}", word); else put(body, c.keys[k], word);
  }
  for (const [k, v] of Object.entries(c.demands)) put(body, k, v);
  if (c.method === "GET") return send("GET", path);
  const empty = Object.keys(body).length === 0;
  const r = c.form ? await send(c.method, path, flat(body, "", new URLSearchParams()), "application/x-www-form-urlencoded")
    : await send(c.method, path, empty ? undefined : JSON.stringify(body), empty ? undefined : "application/json");
  if (!c.queued || r.status >= 300) return r;
  for (;;) {
    const job = await send("GET", `${S.base}/${S.jobs}/${at(r.body, S.job.job)}`);
    if (at(job.body, S.job.state) === S.job.done) return job;
    await new Promise((go) => setTimeout(go, 50));
  }
};
form.onsubmit = async (e) => {
  e.preventDefault();
  $("#said").textContent = "working";
  const v = Object.fromEntries(new FormData(form)), ids = v.leads.split(",").map(Number), native = S.actions[v.action];
  const c = S.calls[native], values = { signature: v.signature, comment: v.comment };
  for (const id of ids) await send("GET", `${url("leads")}/${id}`);
  if (native === "leads-bulk-flag") {
    values.flag = v.action;
    const listed = choice(reasons[v.action], v.reason, c.reasonAs);
    if (listed === null && c.reasonAs !== "name") values.customReason = v.reason; else values.flagReason = listed ?? v.reason;
    values.flagReasonCategory = v.category ? choice(categories, v.category, c.reasonAs) : "";
    const job = (n) => (c.idAs === "iri" ? `${url("campaign-processr-jobs")}/${n}` : c.idAs === "text" ? n : Number(n));
    values.integrations = v.jobs ? v.jobs.split(",").map(job) : "";
  }
  if (native === "leads-bulk-metadata") values.type = v.kind;
  if (native.endsWith("deliver")) await call("is-lead-delivered", ids, {});
  const r = await call(native, ids, values);
  if (native.endsWith("deliver")) await call("is-lead-delivered", ids, {});
  if (native === "leads-bulk-reprocess") await new Promise((go) => setTimeout(go, 400));
  for (const id of ids) await send("GET", `${url("leads")}/${id}`);
  form.elements.leads.value = "";
  $("#said").textContent = `saved ${r.status}`;
};
form.elements.leads.onchange = async () => {
  const lead = await send("GET", `${url("leads")}/${form.elements.leads.value.split(",")[0]}`);
  const campaign = String(lead.body.campaign ?? "").split("/").pop();
  const list = members((await send("GET", `${url("campaign-processr-jobs")}?${key("campaign.id")}=${campaign}`)).body);
  form.elements.jobs.placeholder = list.filter((j) => j.type === "integration").map((j) => j.id).join(",");
  form.elements.category.replaceChildren(new Option("", ""), ...categories.map((x) => new Option(x.name, x.name)));
  $("#said").textContent = "lead read";
};
</script>"""
