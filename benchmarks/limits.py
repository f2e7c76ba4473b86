"""Memory and time of every reader at its limit: the largest inputs that are taken, and inputs that were made to break it.

python dev.py bench            (or: python benchmarks/limits.py)

Each case is read in a process of its own; memory is what reading adds to the peak of the process, made input not counted. The
table in docs/limits.md is what this prints.

    python benchmarks/limits.py --breaking --memory 1500

reads only those that were made to break a reader, all in one process that may have no more than so many MB: that is the
everyday test.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import gzip
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from pathlib import Path
from typing import Any

from cvtr_widgets import reader_limits as limits
from cvtr_widgets.api.limits.rate_limiter import RateLimiter
from cvtr_widgets.api.strict_json import decode
from cvtr_widgets.api.transport import Transport
from cvtr_widgets.dialect.default import default_dialect, load_dialect
from cvtr_widgets.errors import CvtrError
from cvtr_widgets.frames.field_map import getter
from cvtr_widgets.learn import har
from cvtr_widgets.learn.scrub import scrub
from cvtr_widgets.request_limits import Limits
from cvtr_widgets.selection.select import parse_ids, read_file

Work = Callable[[], object]
Make = Callable[[Path], Work]
MB = 1_000_000
AT_LIMIT: dict[str, Make] = {}
BREAKING: dict[str, Make] = {}


def at_limit(name: str) -> Callable[[Make], Make]:
    """The largest that is taken."""
    return lambda make: AT_LIMIT.setdefault(name, make)


def breaking(name: str) -> Callable[[Make], Make]:
    """Made to break a reader: it must end in a CvtrError, in little time and memory."""
    return lambda make: BREAKING.setdefault(name, make)


def packed(piece: bytes, times: int, wbits: int = 31) -> bytes:
    """A piece, so many times over, as gzip (or, with another ``wbits``, as zlib has it)."""
    packer = zlib.compressobj(1, wbits=wbits)  # a bomb of 1 MB as well as one of 300 KB, in a third of the time
    block = piece * max(1, 100_000 // len(piece))
    whole, rest = divmod(times * len(piece), len(block))
    out = [packer.compress(block) for _ in range(whole)]
    return b"".join([*out, packer.compress(block[:rest]), packer.flush()])


# -- answers --------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def served(body: bytes, encoding: str) -> Iterator[str]:
    """One answer, to whatever is asked."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Encoding", encoding)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def asked(body: bytes, encoding: str = "gzip") -> Work:
    """Ask for an answer and decode it, as reading does."""

    def work() -> object:
        with served(body, encoding) as url:
            transport = Transport(url, RateLimiter(Limits()))
            try:
                return decode(transport.exchange("GET", "/api/v4/leads").body)
            finally:
                transport.close()

    return work


at_limit("answer: 64 MB, one text")(lambda _: asked(gzip.compress(b'"' + b"x" * (limits.ANSWER_BYTES - 2) + b'"', 1)))
at_limit("answer: 2 million values, lists")(lambda _: asked(packed_list(b"[],", limits.JSON_VALUES // 2 - 10)))
at_limit("answer: 2 million values, objects")(lambda _: asked(packed_list(b'{"a":1},', limits.JSON_VALUES // 2 - 10)))
breaking("answer: gzip bomb")(lambda _: asked(packed(b" ", 300 * MB)))
breaking("answer: gzip in gzip in gzip")(
    lambda _: asked(gzip.compress(gzip.compress(packed(b" ", 200 * MB))), "gzip, gzip, gzip")
)
breaking("answer: packed otherwise")(lambda _: asked(zlib.compress(b"[]"), "br"))
breaking("answer: 60 MB of lists")(lambda _: asked(packed_list(b"[],", 20 * MB)))
breaking("answer: 60 MB of objects")(lambda _: asked(packed_list(b'{"":{}},', 7 * MB)))
breaking("answer: lists in lists")(lambda _: asked(packed(b"[", 10 * MB)))
breaking("answer: a million lists in lists")(lambda _: asked(packed(b"[", 900_000)))


def packed_list(piece: bytes, times: int) -> bytes:
    """A list of so many pieces (each with its comma), packed."""
    return _joined(b"[", piece, times, b"0]")


def _joined(start: bytes, piece: bytes, times: int, end: bytes) -> bytes:
    packer = zlib.compressobj(6, wbits=31)
    out = [packer.compress(start)]
    block = 10_000
    out += [packer.compress(piece * block) for _ in range(times // block)]
    return b"".join([*out, packer.compress(piece * (times % block) + end), packer.flush()])


# -- captures -------------------------------------------------------------------------------------------------------------


def capture(*pieces: bytes | Iterable[bytes], read: Callable[[Path], object] = har.read) -> Make:
    """A HAR file of these pieces in its list of exchanges."""

    def make(folder: Path) -> Work:
        path = folder / "capture.har"
        with path.open("wb") as file:
            file.write(b'{"log": {"version": "1.2", "entries": [')
            for piece in pieces:
                file.writelines([piece] if isinstance(piece, bytes) else piece)
            file.write(b"]}}")
        return lambda: read(path)

    return make


def exchange(content: dict[str, Any]) -> bytes:
    request = {"method": "GET", "url": "https://acme.cvtr.io/api/v4/leads", "headers": []}
    return json.dumps({"request": request, "response": {"status": 200, "headers": [], "content": content}}).encode()


def zipped_body(piece: bytes, times: int) -> dict[str, Any]:
    return {"encoding": "base64", "text": base64.b64encode(_joined(b"[", piece, times, b"0]")).decode()}


def copied(path: Path) -> object:
    return scrub(path, path.with_suffix(".copy.har"))


BODY = exchange({"text": json.dumps([{"id": n, "a": "x" * 50} for n in range(20_000)])})
at_limit("capture: 24 exchanges of 20,000 rows")(capture(b",".join([BODY] * 24)))
at_limit("capture: one text of 60 MB")(
    capture(exchange({"text": "[1]"}), b',{"request":{},"response":{},"note":"', (b"x" * MB for _ in range(60)), b'"}')
)
at_limit("capture: 300 MB, nothing of use")(
    capture(exchange({"text": "[1]"}), (b',{"note":"' + b"y" * 900_000 + b'"}' for _ in range(300)))
)
breaking("capture: 585 KB of lists in lists")(capture(b"[" * 300_000 + b"]" * 300_000))
breaking("capture: the same, copied")(capture(b"[" * 300_000 + b"]" * 300_000, read=copied))
breaking("capture: a text of 100 MB")(capture(b'{"note":"', (b"x" * MB for _ in range(100)), b'"}'))
breaking("capture: a million values in an exchange")(capture(b'{"a":[', b"0," * MB, b"0]}"))
breaking("capture: packed lists, 12 times")(capture(b",".join([exchange(zipped_body(b"[],", 5_000_000))] * 12)))
breaking("capture: packed rows, without an end")(capture(b",".join([exchange(zipped_body(b"[7],", 900_000))] * 12)))


# -- workbooks ------------------------------------------------------------------------------------------------------------

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
HEAD = b'<row r="1"><c r="A1" t="inlineStr"><is><t>Lead ID</t></is></c></row>'


def workbook(
    sheet: Iterable[bytes] = (), strings: Iterable[bytes] = (), styles: Iterable[bytes] = (), head: bytes = HEAD
) -> Make:
    """A workbook of one sheet, whose rows are these pieces."""

    def make(_folder: Path) -> Work:
        out = io.BytesIO()
        kinds = (("worksheet", "sheet1"), ("sharedStrings", "sharedStrings"), ("styles", "styles"))
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
            relation = "<Relationship Id='r{}' Type='{}/{}' Target='{}.xml'/>".format
            book.writestr(
                "_rels/.rels",
                f"<Relationships xmlns='{PACKAGE}'>{relation(0, LINKS, 'officeDocument', 'xl/workbook')}</Relationships>",
            )
            links = "".join(relation(n, LINKS, kind, name) for n, (kind, name) in enumerate(kinds, 1))
            book.writestr("xl/_rels/workbook.xml.rels", f"<Relationships xmlns='{PACKAGE}'>{links}</Relationships>")
            listed = "<sheets><sheet name='One' sheetId='1' r:id='r1'/></sheets>"
            book.writestr("xl/workbook.xml", f"<workbook xmlns='{MAIN}' xmlns:r='{LINKS}'>{listed}</workbook>")
            _part(
                book,
                "xl/sheet1.xml",
                "worksheet",
                [b"<sheetData>", head],
                sheet,
                b"</sheetData>",
            )
            _part(book, "xl/sharedStrings.xml", "sst", [], strings, b"")
            _part(book, "xl/styles.xml", "styleSheet", [], styles, b"")
        content = out.getvalue()
        return lambda: read_file(content, "leads.xlsx", include_odd=True)

    return make


def _part(book: zipfile.ZipFile, name: str, tag: str, start: Iterable[bytes], pieces: Iterable[bytes], end: bytes) -> None:
    with book.open(name, "w", force_zip64=True) as part:
        part.write(f"<{tag} xmlns='{MAIN}'>".encode())
        part.writelines(start)
        part.writelines(pieces)
        part.write(end + f"</{tag}>".encode())


TEXT_CELL = b'<c t="inlineStr"><is><t>abc</t></is></c>'


def rows(count: int, cells: int = 1) -> Iterator[bytes]:
    more = TEXT_CELL * (cells - 1)
    for start in range(2, count + 1, 1_000):
        yield b"".join(
            b'<row r="%d"><c r="A%d"><v>%d</v></c>%b</row>' % (n, n, 100_000 + n, more)
            for n in range(start, min(start + 1_000, count + 1))
        )


at_limit("workbook: 1,048,576 rows")(workbook(rows(limits.SHEET_ROWS)))
at_limit("workbook: 30,000 rows of 40 columns")(
    workbook(rows(30_000, 40), head=HEAD.replace(b"</row>", TEXT_CELL * 39 + b"</row>"))
)
at_limit("workbook: shared texts, 99 million characters")(
    workbook(
        [b'<row r="2"><c r="A2" t="s"><v>0</v></c></row>'],
        (b"<si><t>160185</t></si>", *[b"<si><t>" + b"x" * 990_000 + b"</t></si>"] * 100),
    )
)
breaking("workbook: one huge cell")(
    workbook((b'<row r="2"><c r="A2" t="inlineStr"><is><t>', *([b"x" * MB] * 5), b"</t></is></c></row>"))
)
breaking("workbook: one huge shared text")(
    workbook([b'<row r="2"><c r="A2" t="s"><v>0</v></c></row>'], (b"<si><t>", *([b"x" * MB] * 5), b"</t></si>"))
)
breaking("workbook: too many shared texts")(
    workbook([b'<row r="2"><c r="A2" t="s"><v>0</v></c></row>'], (b"<si><t>" + b"x" * 900_000 + b"</t></si>" for _ in range(120)))
)
breaking("workbook: 2 million rows")(workbook(b"<row/>" * 100_000 for _ in range(20)))
breaking("workbook: an endless attribute")(workbook((b'<row r="', *([b"1" * MB] * 9), b'"></row>')))
breaking("workbook: a column far out")(workbook([b'<row r="2"><c r="ZZZZZZZZ2"><v>7</v></c></row>']))
breaking("workbook: 10,000 rows of one far cell")(workbook(b'<row><c r="XFD2"><v>7</v></c></row>' * 1_000 for _ in range(10)))
breaking("workbook: styles in styles")(
    workbook([b'<row r="2"><c r="A2" s="1"><v>160185</v></c></row>'], (), (b"<a>" * 500_000, b"</a>" * 500_000))
)
breaking("workbook: 14 MB of styles")(
    workbook([b'<row r="2"><c r="A2" s="1"><v>160185</v></c></row>'], (), (b"<font/>" * 100_000 for _ in range(20)))
)


@breaking("workbook: a list of a million parts")
def _many_parts(_folder: Path) -> Work:
    entry = b"PK\x01\x02" + bytes(24) + (1).to_bytes(2, "little") + bytes(16) + b"a"
    listed = entry * 300_000
    end = b"PK\x05\x06" + bytes(8) + len(listed).to_bytes(4, "little") + bytes(6)
    return lambda: read_file(b"PK\x03\x04" + listed + end, "leads.xlsx")


# -- text -----------------------------------------------------------------------------------------------------------------


def text(pieces: Iterable[bytes], name: str = "leads.csv") -> Make:
    def make(_folder: Path) -> Work:
        content = b"".join(pieces)
        return lambda: read_file(content, name, include_odd=True)

    return make


at_limit("CSV: 5 million ids")(text(b"%d\n" % n for n in range(10_000_000, 10_000_000 + limits.TEXT_ROWS - 2)))
at_limit("CSV: 100 MB, 20 columns")(
    text(chain([b"Lead ID;" + b"x;" * 19 + b"\n"], (b"%d;%b\n" % (10_000_000 + n, b"abcd;" * 19) for n in range(940_000))))
)
at_limit("CSV: 100 MB, an emoji in it")(
    text(chain([b"Lead ID,Name\n"], ("160185,😀".encode() + b"n" * 85 + b"\n" for _ in range(990_000))))
)
breaking("CSV: a field of 1 MB")(text([b"Lead ID,Name\n160185," + b"x" * MB + b"\n"]))
breaking("CSV: a line without an end")(text([b"Lead ID," + b"x," * 10 * MB]))
breaking("CSV: a quotation mark without an end")(text([b'Lead ID,Name\n160185,"', b"Ann\n" * 2 * MB]))
breaking("CSV: 6 million lines")(text([b"160185\n" * 6 * MB]))
breaking("pasted: 6 million numbers in a line")(lambda _: lambda: refused(parse_ids("7 " * 6 * MB)))


def refused(found: Any) -> object:
    """Pasted text is never an error; what is too long comes back in ``rejected``."""
    if len(found):
        return found
    raise CvtrError(found.rejected[0].why)


# -- dialects -------------------------------------------------------------------------------------------------------------

RECORD = {"leadData": [{"name": f"field{n}", "value": "x" * 100} for n in range(60)], "a": {"b": {"c": [1] * 50}}}
EXPRESSIONS = {
    "lists doubled": "|".join(["[@,@][]"] * 40),
    "texts doubled": "|".join(["join('',[@,@])"] * 30).replace("join('',[@,@])", "'x'", 1),
    "nested, then shown": "|".join(["[@,@]"] * 60) + "|to_string(@)",
    "nested, then compared": "[" + "|".join(["[@,@]"] * 40) + "," + "|".join(["[@,@]"] * 40) + "]|[0]==[1]",
    "nested, then given": "|".join(["[@,@]"] * 60),
    "maps in maps": "leadData[].{x: @, y: map(&map(&map(&[@,@],[@,@]),[@,@]),[@,@])}" + "|[].[@,@,@,@,@,@,@,@,@][]" * 12,
    "too long": "(" * 300 + "a" + ")" * 300,
}
for _name, _expression in EXPRESSIONS.items():
    breaking(f"place: {_name}")(lambda _, e=_expression: lambda: getter((e,))(RECORD))
at_limit("place: as the dialect has it, 10,000 records")(
    lambda _: lambda: [getter(("leadData[?name=='field59'].value | [0]",))(RECORD) for _ in range(10_000)]
)


@breaking("dialect: 1 MB")
def _large_dialect(folder: Path) -> Work:
    path = folder / "acme.toml"
    path.write_text("# nothing\n" * 100_000)
    return lambda: load_dialect(path)


@breaking("dialect: tables in tables")
def _deep_dialect(folder: Path) -> Work:
    path = folder / "acme.toml"
    path.write_text("x = " + "[" * 100_000 + "]" * 100_000)
    return lambda: load_dialect(path)


@breaking("dialect: a key of 50,000 parts")
def _long_key(folder: Path) -> Work:
    path = folder / "acme.toml"
    path.write_text(".".join("a" * 50_000) + " = 1")
    return lambda: load_dialect(path)


# -- what is no file ------------------------------------------------------------------------------------------------------


def no_file(name: str, make: Callable[[Path], None], read: Callable[[Path], object]) -> None:
    def prepared(folder: Path) -> Work:
        make(folder / name)
        return lambda: read(folder / name)

    breaking(f"no file: {name}")(prepared)


for _name, _read in (
    ("pipe.csv", read_file), ("pipe.xlsx", read_file), ("pipe.har", har.read), ("pipe.toml", load_dialect), ("pipe2.har", copied),
):  # fmt: skip
    no_file(_name, os.mkfifo, _read)
for _name, _read in (("zero.csv", read_file), ("zero.har", har.read), ("zero.toml", load_dialect)):
    no_file(_name, lambda path: path.symlink_to("/dev/zero"), _read)
no_file("folder.csv", Path.mkdir, read_file)


# -- measuring ------------------------------------------------------------------------------------------------------------


def measured(name: str, make: Make) -> dict[str, Any]:
    """Seconds, MB added to the peak, and how it ended."""
    with tempfile.TemporaryDirectory() as folder:
        work = make(Path(folder))
        _reset_peak()
        before, started, worked = _peak(), time.perf_counter(), time.process_time()
        try:
            work()
            ended = "taken"
        except CvtrError as error:
            ended = f"{type(error).__name__}: {error}"
        except Exception as error:
            cause = getattr(error, "detail", None)  # a Failed of the transport, which reading makes a ServiceError of
            ended = f"{'refused' if cause or isinstance(error, ValueError) else 'BROKE'}: {type(error).__name__}: {error}"
        seconds, worked = time.perf_counter() - started, time.process_time() - worked
        return {
            "case": name,
            "seconds": round(seconds, 2),
            "worked": round(worked, 2),
            "mb": round(max(0.0, _peak() - before)),
            "ended": ended[:300],
        }


def _reset_peak() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak() -> float:
    with contextlib.suppress(OSError):
        line = next(one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmHWM"))
        return int(line.split()[1]) / 1_000
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--case", help="only this one, in this process, as JSON")
    parser.add_argument("--breaking", action="store_true", help="those made to break a reader, in this process, as JSON lines")
    parser.add_argument("--memory", type=int, help="MB that this process may have")
    given = parser.parse_args()
    default_dialect()
    if given.memory:
        resource.setrlimit(resource.RLIMIT_AS, (given.memory * MB, given.memory * MB))
    if given.case:
        print(json.dumps(measured(given.case, (AT_LIMIT | BREAKING)[given.case])))
        return 0
    if given.breaking:
        for name, make in BREAKING.items():
            print(json.dumps(measured(name, make)), flush=True)
        return 0
    print("| input | memory | time | ends in |\n| --- | --- | --- | --- |")
    for name in AT_LIMIT | BREAKING:
        done = subprocess.run(
            [sys.executable, __file__, "--case", name], capture_output=True, text=True, timeout=900, check=False
        )
        if done.returncode:
            print(f"| {name} | | | the process died: {done.stderr.strip().splitlines()[-1:]} |", flush=True)
            continue
        found = json.loads(done.stdout)
        ended = found["ended"].partition(":")[0]
        print(f"| {name} | {found['mb']:,} MB | {found['seconds']:.2f} s | {ended} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
