"""How long questions of an archive of many leads take, beside plain DuckDB SQL, plain pandas, and a tenth of the leads.

python benchmarks/archive.py --leads 1000000        (needs the extra: pip install 'cvtr-widgets[archive]')

The leads are made without HTTP: 100,000 by the sandbox's generator, and copies of them with other ids, earlier dates and other
keys for e-mail and telephone. Each question is asked once to warm up, then three times; medians are compared within the run.
"cpu" are seconds of processors, of all threads together: what is left of a question where other work shares the machine. Plain
pandas has a process of its own, and the columns that it needs in memory before its time counts.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

import cvtr_widgets as cvtr
from cvtr_widgets import insight
from cvtr_widgets.archive import personal_columns, schema
from cvtr_widgets.archive.archive import Archive
from cvtr_widgets.archive.batch import versions_table
from cvtr_widgets.archive.hash_personal import PersonalHasher
from cvtr_widgets.archive.store import PREFIX, ArchiveStore
from cvtr_widgets.dialect.default import default_dialect
from cvtr_widgets.frames.leads import FrameBuilder
from cvtr_widgets.sandbox.data.seed import CAMPAIGNS, PUBLISHERS, SeedWorld

BASE = 100_000
NOW = datetime(2026, 11, 27, tzinfo=UTC)
ID_STEP = 10_000_000
REPEATED = 20


def base_table(count: int) -> tuple[pa.Table, list[int]]:
    dialect = default_dialect()
    builder = FrameBuilder(dialect.lead, dialect.value("processr", "names"))
    part = []
    for made in SeedWorld(1, NOW).leads(count):
        part.append(made.record)
        if len(part) == 1_000:
            builder.add(part)
            part = []
    builder.add(part)
    names = {"campaigns": {lead_id: said[0] for lead_id, said in CAMPAIGNS.items()}, "publishers": PUBLISHERS}
    frame = builder.frame(**names, as_of=NOW)
    values, _ = schema.values_table(frame, "hashed", PersonalHasher(b"benchmark"))
    return with_repeats(values), frame.index.tolist()


def with_repeats(values: pa.Table) -> pa.Table:
    """Every ``REPEATED``th lead of a campaign has the addresses of the one before, as the generator repeats none."""
    campaigns = values.column("campaign_id").to_pylist()
    for name in personal_columns.HASH_KEYS:
        keys, last, seen = values.column(name).to_pylist(), {}, Counter()
        for n, campaign in enumerate(campaigns):
            seen[campaign] += 1
            if seen[campaign] % REPEATED == 0:
                keys[n] = last[campaign]
            last[campaign] = keys[n]
        place = values.schema.get_field_index(name)
        values = values.set_column(place, values.schema.field(name), pa.array(keys, pa.int64()))
    return values


def fill(folder: Path, leads: int) -> None:
    values, ids = base_table(min(BASE, leads))
    hashes = schema.row_hashes(values)
    copies = max(1, leads // len(ids))
    number = 1
    with ArchiveStore(folder / f"{PREFIX}benchmark").writing() as writer:
        for copy in range(copies):
            back = pa.scalar(timedelta(days=7 * copy), pa.duration("us"))
            shifted = values
            for name in ("date", "updated", "first_delivered"):
                place = shifted.schema.get_field_index(name)
                moved = pc.subtract(shifted.column(name), back).cast(shifted.schema.field(name).type)
                shifted = shifted.set_column(place, shifted.schema.field(name), moved)
            for name in personal_columns.HASH_KEYS:
                place = shifted.schema.get_field_index(name)
                shifted = shifted.set_column(place, shifted.schema.field(name), pc.add(shifted.column(name), copy))
            lead_id = [i + copy * ID_STEP for i in ids]
            table = versions_table(
                shifted, lead_id, range(number, number + len(lead_id)), [NOW] * len(lead_id), "there", hashes, "hashed"
            )
            number += len(lead_id)
            months = pc.strftime(table.column("date"), format="%Y-%m")
            for month in pc.unique(months).to_pylist():
                writer.put("versions", table.filter(pc.equal(months, month)), month=month)
            writer.put("seen", pa.table([pa.array(lead_id, pa.int64()), [NOW] * len(lead_id)], schema=schema.seen_schema()))
        said = {"began": NOW.isoformat(), "ended": NOW.isoformat(), "complete": True}
        writer.commit(
            personal="hashed",
            next_version=number,
            sent=tuple(c.name for c in personal_columns.kept_columns("none")),
            syncs=(said,),
        )


QUESTIONS = {
    "breakdown by publisher": (
        lambda leads: insight.breakdown(leads, "publisher"),
        (
            "SELECT lead_generator, count(*), count(*) FILTER (current_status = 'Valid'), "
            "count(*) FILTER (current_status = 'Caution'), "
            "count(*) FILTER (current_status = 'Invalid'), count(*) FILTER (current_status = 'Test'), "
            "count(*) FILTER (delivery = 'Delivered'), count(*) FILTER (billable_for_publisher), count(*) FILTER "
            "(billable_for_advertiser), currency, sum(publisher_payout) FILTER (billable_for_publisher), sum(advertiser_payout) "
            "FILTER (billable_for_advertiser) FROM current GROUP BY lead_generator, currency"
        ),
    ),
    "breakdown by sub id": (
        lambda leads: insight.breakdown(leads, "sub_id"),
        (
            "SELECT sub_id, currency, count(*), count(*) FILTER (current_status = 'Invalid'), count(*) FILTER (current_status = "
            "'Valid'), sum(publisher_payout) FILTER (billable_for_publisher) FROM current GROUP BY sub_id, currency"
        ),
    ),
    "money by publisher": (
        lambda leads: insight.money(leads, "publisher"),
        (
            "SELECT lead_generator, currency, sum(publisher_payout) FILTER (billable_for_publisher), sum(advertiser_payout) "
            "FILTER (billable_for_advertiser) FROM current GROUP BY lead_generator, currency"
        ),
    ),
    "leads per day": (
        lambda leads: insight.over_time(leads, "day", zone="Europe/London"),
        (
            "SELECT date_trunc('day', date AT TIME ZONE 'Europe/London') AS day, count(*), count(*) FILTER (current_status = "
            "'Valid'), count(*) FILTER (current_status = 'Invalid') FROM current GROUP BY day"
        ),
    ),
    "reasons by publisher": (
        lambda leads: insight.reasons(leads, "publisher"),
        "SELECT lead_generator, reason, count(*) FROM current GROUP BY lead_generator, reason",
    ),
    "until delivered": (
        lambda leads: insight.until_delivered(leads, "publisher"),
        "SELECT lead_generator, quantile_cont(epoch(first_delivered - date), [0.5, 0.9]) FROM current GROUP BY lead_generator",
    ),
}


PER_LEAD = {
    "duplicates by e-mail": (
        insight.duplicates,
        (
            "SELECT lead_generator, count(*), sum((n > 1)::INT), sum((place > 1)::INT) FROM (SELECT lead_generator, "
            "count(*) OVER (PARTITION BY campaign_id, email_key) AS n, "
            "row_number() OVER (PARTITION BY campaign_id, email_key ORDER BY date, lead_id) AS place FROM current "
            "WHERE email_key IS NOT NULL AND date IS NOT NULL AND campaign_id IS NOT NULL) GROUP BY lead_generator"
        ),
    ),
    "bursts by publisher": (
        insight.bursts,
        (
            "SELECT lead_generator, n, count(*) FROM (SELECT lead_generator, epoch(date)::BIGINT // 600 AS slot, "
            "count(*) AS n FROM current GROUP BY lead_generator, slot) GROUP BY lead_generator, n"
        ),
    ),
}
"""Questions that look at each lead; asked once after a warm-up."""


def table_times(archive: Archive) -> None:
    """The lead table on the archive: opening it, its first page and counts, and what is pressed in it."""
    from cvtr_widgets.panel.table.cells import LEAD_COLUMNS
    from cvtr_widgets.panel.table.column_filters import OneOf
    from cvtr_widgets.panel.table.lead_table import LeadTable

    def opened() -> LeadTable:
        table = LeadTable(LEAD_COLUMNS, more=True)
        table.set_frame(table.archive_sheet(archive.leads(), masked=False))
        table.message()
        return table

    took, cpu = measured(opened)
    print(f"{'table: open, first page':<26}{took:8.2f}s{cpu:8.2f}s")
    table = opened()
    table.preparation()(None, None)
    steps = {
        "page in the middle": lambda: (table.go(table.pages // 2), table.message()),
        "sort by date": lambda: (table.sort("date", descending=True), table.message()),
        "filter by status": lambda: (table.filter("current_status", OneOf(("Caution",))), table.message()),
        "search a word": lambda: (table.search("cobalt"), table.message()),
        "counts of campaigns": lambda: table.counts("campaign", within=True),
        "all that match": lambda: len(table.ids_of("matching")),
    }
    for what, step in steps.items():
        start = time.perf_counter()
        step()
        print(f"{'table: ' + what:<26}{time.perf_counter() - start:8.2f}s")


def measured(work, times: int = 3) -> tuple[float, float]:
    """Seconds by the clock, and of processors: the medians of some times, after one that does not count."""
    work()
    took = []
    for _ in range(times):
        start, before = time.perf_counter(), time.process_time()
        work()
        took.append((time.perf_counter() - start, time.process_time() - before))
    return statistics.median(one[0] for one in took), statistics.median(one[1] for one in took)


def seconds(work, times: int = 3) -> float:
    return measured(work, times)[0]


FIRST_PAGE = """
import sys, time
start = time.perf_counter()
import cvtr_widgets as cvtr
from cvtr_widgets.archive import archive, rows
import duckdb, pandas, pyarrow
print(time.perf_counter() - start)
for _ in range(3):
    start = time.perf_counter()
    archive = cvtr.Archive(sys.argv[1])
    leads = archive.leads()
    count = len(leads)
    page = leads.relation.order("date DESC, lead_id").limit(100).fetchall()
    print(time.perf_counter() - start)
    archive.close()
"""


def first_pages(folder: Path) -> None:
    run = [sys.executable, "-c", FIRST_PAGE, str(folder)]
    said = subprocess.run(run, capture_output=True, text=True, check=True).stdout.split()
    loaded, first, *again = map(float, said)
    print(f"a new process: imports {loaded:.2f} s; open, count and first page of 100 {first:.2f} s, again {min(again):.2f} s")


def findings_of_a_month(archive: Archive) -> None:
    start, before = time.perf_counter(), time.process_time()
    frame = archive.leads(created_after=NOW - timedelta(days=30), created_before=NOW).to_pandas()
    insight.findings(frame)
    took, cpu = time.perf_counter() - start, time.process_time() - before
    print(f"{'findings over 30 days':<26}{took:8.2f}s{cpu:8.2f}s    ({len(frame):,} leads, loaded within that time)")


def beside_pandas(folder: Path) -> dict[str, float]:
    """Seconds of plain pandas, by question."""
    run = [sys.executable, str(Path(__file__).with_name("_archive_pandas.py")), str(folder)]
    said = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    found: dict[str, float] = json.loads(said)
    return found


def made(folder: Path, leads: int) -> Archive:
    """The archive in this folder, with so many leads; filled in a process of its own, whose memory is not counted."""
    start = time.perf_counter()
    if not any(folder.glob(f"{PREFIX}*/manifest.json")):
        run = [sys.executable, __file__, "--leads", str(leads), "--fill", str(folder)]
        subprocess.run(run, check=True)
    (store,) = folder.glob(f"{PREFIX}*")
    size = sum(path.stat().st_size for path in store.rglob("*.parquet"))
    print(f"made {leads:,} leads in {time.perf_counter() - start:.1f} s; Parquet {size / 1e6:,.0f} MB")
    start = time.perf_counter()
    archive = Archive(folder)
    count = len(archive.leads())
    print(f"cache made or opened in {time.perf_counter() - start:.1f} s; {count:,} leads", end="; ")
    (cache,) = store.glob("*.duckdb")
    print(f"{cache.stat().st_size / 1e6:,.0f} MB")
    return archive


def ask(archive: Archive, small: Archive, pandas: dict[str, float]) -> None:
    leads, tenth = archive.leads(), small.leads()
    connection = archive._connection()[0]
    print(f"{'question':<26}{'archive':>9}{'cpu':>9}{'SQL':>9}{'ratio':>7}{'pandas':>9}{'a tenth':>9}{'times':>7}")
    for what, (question, sql) in {**QUESTIONS, **PER_LEAD}.items():
        few = seconds(lambda q=question: q(tenth))
        ours, cpu = measured(lambda q=question: q(leads))
        plain = seconds(lambda s=sql: connection.cursor().execute(s).fetchall(), 1 if what in PER_LEAD else 3)
        beside = f"{pandas[what]:8.2f}s" if what in pandas else f"{'':9}"
        print(
            f"{what:<26}{ours:8.2f}s{cpu:8.2f}s{plain:8.2f}s{ours / plain:7.1f}{beside}{few:8.2f}s{ours / few:7.1f}", flush=True
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--leads", type=int, default=1_000_000)
    parser.add_argument("--no-pandas", action="store_true", help="leave plain pandas out")
    parser.add_argument("--folder", type=Path, help="keep the archive here, and use it again")
    parser.add_argument("--fill", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.fill:
        fill(given.fill, given.leads)
        return
    with tempfile.TemporaryDirectory(prefix="cvtr-archive-") as temporary:
        folder = Path(given.folder or temporary)
        archive, small = made(folder, given.leads), made(folder / "tenth", given.leads // 10)
        ask(archive, small, {} if given.no_pandas else beside_pandas(folder))
        small.close()
        table_times(archive)
        findings_of_a_month(archive)
        then = NOW + timedelta(hours=1)
        past = seconds(lambda: insight.breakdown(archive.leads(as_of=then), "publisher"))
        print(f"{'breakdown, as of a moment':<26}{past:8.2f}s")
        archive.close()
        first_pages(folder)
    print(f"load of the machine (1, 5, 15 minutes): {os.getloadavg()}")
    print(f"most memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB; {cvtr.__version__}")


if __name__ == "__main__":
    main()
