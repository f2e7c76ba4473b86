"""``cvtr-widgets archive``: sync an archive of leads, look at it, check and export it. Fit for a scheduled job."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cvtr_widgets.errors import ArchiveError

app = typer.Typer(no_args_is_help=True, help="Leads as they were on any day: sync an archive, look at it, check and export it.")
Folder = Annotated[Path, typer.Argument(help="The folder of the archive.")]
Part = Annotated[str | None, typer.Option("--store", help="Which part, if the archive holds leads of several accounts.")]
NOT_COMPLETE = 10
"""Exit code of a sync that could not read everything; 1 is an error, and 2 a mistyped option."""


def _archive(folder: Path, store: str | None = None, personal: str | None = None) -> Any:
    from cvtr_widgets.archive.archive import Archive

    return Archive(folder, store=store, personal=personal)


@app.command()
def sync(
    folder: Folder,
    enterprise: Annotated[str | None, typer.Option(help="The enterprise; else CVTR_ENTERPRISE.")] = None,
    url: Annotated[str | None, typer.Option(help="The platform's full address, if it has another host.")] = None,
    personal: Annotated[str | None, typer.Option(help="none (default), hashed or kept; chosen the first time.")] = None,
    everything: Annotated[bool, typer.Option("--everything", help="Read every lead again.")] = False,
    cost: Annotated[bool, typer.Option("--cost", help="Only show how many requests it takes.")] = False,
) -> None:
    """Bring the archive up to date. Account as for `connect()`. Exit code 10 if not everything could be read."""
    from cvtr_widgets.connection import connect
    from cvtr_widgets.session.lead_session import LeadSession

    archive = _archive(folder, personal=personal)
    with connect(enterprise, url=url) as client:
        session = LeadSession(client, progress=sys.stderr.isatty())
        try:
            if cost:
                found = archive.cost(session, everything=everything)
                typer.echo(
                    f"{found.requests:,} requests: {found.new_requests:,} for new leads, {found.open_requests:,} for "
                    f"{found.open_leads:,} open leads, {found.rest_requests:,} for a share of the rest."
                )
                return
            report = archive.sync(session, everything=everything)
        finally:
            session.close()
    typer.echo(
        f"{report.leads:,} leads; {report.new:,} new, {report.changed:,} changed, {report.deleted:,} deleted; "
        f"{report.requests:,} requests in {(report.ended - report.began).total_seconds():,.0f} s."
    )
    for note in report.notes:
        typer.echo(note, err=True)
    if not report.complete:
        raise typer.Exit(NOT_COMPLETE)


@app.command()
def info(folder: Folder, store: Part = None) -> None:
    """What the archive holds and how fresh it is."""
    archive = _archive(folder, store)
    chosen = [store] if store else archive.stores
    if not chosen:
        raise ArchiveError(f"The archive in {str(folder)!r} holds nothing yet. Fill it: cvtr-widgets archive sync.")
    for name in chosen:
        part = _archive(folder, name)
        typer.echo(name)
        for what, value in part.info().items():
            typer.echo(f"  {what:<11} {f'{value:,}' if type(value) is int else value}")
        part.close()


@app.command()
def compact(
    folder: Folder,
    store: Part = None,
    keep_days: Annotated[
        int | None, typer.Option(min=0, help="Keep leads for this many days; older ones are removed from now on. 0: for ever.")
    ] = None,
) -> None:
    """Put small files together; with --keep-days, remove leads that came in earlier."""
    archive = _archive(folder, store)
    if keep_days is not None:
        removed = archive.retain(keep_days or None)
        if removed is not None:
            typer.echo(f"{removed.leads:,} leads that came in before {removed.before:%Y-%m-%d %H:%M} UTC were removed.")
    before, now = archive.compact()
    typer.echo(f"{before:,} files, now {now:,}.")


@app.command()
def check(folder: Folder, store: Part = None) -> None:
    """Whether every file is as it was written. Exit code 1 if one is not."""
    problems = _archive(folder, store).check()
    for problem in problems:
        typer.echo(f"NOT WHOLE: {problem}")
    if problems:
        raise typer.Exit(1)
    typer.echo("Every file is as it was written.")


@app.command()
def export(
    folder: Folder,
    path: Annotated[Path, typer.Argument(help="A file that ends in .parquet or .csv.")],
    store: Part = None,
    as_of: Annotated[str | None, typer.Option(help="A day or a time: leads as they were last seen by then.")] = None,
    campaign: Annotated[str | None, typer.Option(help="Id or exact name.")] = None,
    created_after: Annotated[str | None, typer.Option(help="A day or a time.")] = None,
    created_before: Annotated[str | None, typer.Option(help="A day or a time; a day is included whole.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
) -> None:
    """Leads as a Parquet or CSV file, readable by you only."""
    archive = _archive(folder, store)
    leads = archive.leads(as_of=as_of, campaign=campaign, created_after=created_after, created_before=created_before)
    written = leads.export(path, overwrite=overwrite)
    typer.echo(f"{len(leads):,} leads in {written}")
    for note in leads.attrs["notes"]:
        typer.echo(note, err=True)
    archive.close()
