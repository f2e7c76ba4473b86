"""The least page that can show a widget by the anywidget contract, with no Jupyter in it and nearly nothing allowed."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SHUT = "default-src 'none'; connect-src 'none'; img-src 'none'; font-src 'none'; form-action 'none'; base-uri 'none'; frame-src 'none'"
SINKS = "require-trusted-types-for 'script'; trusted-types 'none'"  # no text becomes markup or code
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A host</title>{style}
<script type="module" src="/host.js"></script></head>
<body><button id="next">next</button><output id="said"></output><output id="broken"></output><output id="violations"></output>
<div id="el"></div></body></html>"""
# The host does what it is told by its button, and writes what happened into the page, so that a test need not run a
# script of its own there. It answers as the kernel would: heard, and what was recorded.
HOST = """
const out = (id, text) => { const at = document.getElementById(id); at.textContent += `${text}\\n`; };
document.addEventListener("securitypolicyviolation",
  (event) => out("violations", `${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
addEventListener("error", (event) => out("broken", event.message));
addEventListener("unhandledrejection", (event) => out("broken", event.reason));
const { stages, esm, css } = await import("/source.js");
let module;
if (esm) {  // as anywidget does it
  module = await import(URL.createObjectURL(new Blob([esm], { type: "text/javascript" })));
  const style = document.createElement("style");
  style.append(css);
  document.head.append(style);
} else {
  module = await import("/panel.js");
}
const hearers = new Set();
let number = 0;
let [page, last] = ["", 0];
const tell = (message, buffers = []) => { for (const one of [...hearers]) one(message, buffers); };
function stage() {
  const handled = { [page]: last };
  const { view, rows, texts, file } = stages[Math.min(number, stages.length - 1)];
  number += 1;
  if (file) {
    const bytes = new TextEncoder().encode(file);
    tell({ v: 1, kind: "file", page, key: "k", part: 0, parts: 1, type: "text/csv", name: "results.csv" }, [new DataView(bytes.buffer)]);
    return;
  }
  tell({ v: 1, kind: "texts", texts, not_for: "", handled });
  for (const [table, is] of Object.entries(rows)) tell({ v: 1, kind: "rows", table, is, number, whole: true, handled });
  tell({ v: 1, kind: "view", number, is: view, whole: true, tables: Object.keys(rows), handled });
}
const model = {
  get: (name) => { throw new Error(`${name} was asked for`); },
  set: (name) => { throw new Error(`${name} was set`); },
  save_changes: () => { throw new Error("state was saved"); },
  on: (event, hear) => { if (event === "msg:custom") hearers.add(hear); },
  off: (event, hear) => hearers.delete(hear),
  send: (content) => {
    [page, last] = [content.page, content.n];
    out("said", content.kind);
    queueMicrotask(() => {
      tell({ v: 1, kind: "heard", page, n: content.n, told: number });
      if (content.kind === "hello") stage();
    });
  },
};
const gone = await module.default.render({ model, el: document.getElementById("el") });
document.getElementById("next").addEventListener("click", () => {
  if (number < stages.length) { stage(); return; }
  gone();
  out("said", `listeners left: ${hearers.size}`);
});
"""


class Host:
    """``url`` serves the page; ``asked``: the paths that were asked for."""

    def __init__(self, esm: str, css: str, stages: list[dict[str, Any]], *, as_anywidget: bool) -> None:
        self.asked: list[str] = []
        digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
        if as_anywidget:  # a module from a blob and a style element with exactly our style
            allowed = f"script-src 'self' blob:; style-src 'sha256-{digest}'"
            source = f"export const esm = {json.dumps(esm)};\nexport const css = {json.dumps(css)};\n"
        else:
            allowed = "script-src 'self'; style-src 'self'"
            source = "export const esm = null;\nexport const css = null;\n"
        self.policy = f"{SHUT}; {SINKS}; {allowed}"
        style = "" if as_anywidget else '<link rel="stylesheet" href="/panel.css">'
        script = "text/javascript"
        self.files: Mapping[str, tuple[str, str]] = {
            "/": ("text/html", PAGE.format(style=style)),
            "/host.js": (script, HOST),
            "/source.js": (script, f"{source}export const stages = {json.dumps(stages)};\n"),
            **({} if as_anywidget else {"/panel.js": (script, esm), "/panel.css": ("text/css", css)}),
        }
        self.url = ""

    @contextlib.contextmanager
    def served(self) -> Iterator[Host]:
        """On 127.0.0.1, until the block ends."""
        host = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                host.asked.append(self.path)
                kind, text = host.files.get(self.path, ("text/plain", ""))
                self.send_response(200 if self.path in host.files else 404)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.send_header("Content-Security-Policy", host.policy)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}/"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
