"""``cvtr-widgets journal``: look at the journals of runs, check and export them. Needs no login and sends nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cvtr_widgets.errors import JournalError
from cvtr_widgets.journal import bundle
from cvtr_widgets.journal.journal import Journal
from cvtr_widgets.journal.journal_folder import journal_folder
from cvtr_widgets.runs import history
from cvtr_widgets.runs.replay import replay

app = typer.Typer(no_args_is_help=True, help="Look at the journals of runs on this machine, check and export them.")
Chosen = Annotated[
    str | None, typer.Option("--journal", help="Which journal: its file, or a part of its name. Needed if there are several.")
]


def journals() -> list[Path]:
    """The journal files of this user, in order."""
    return sorted(journal_folder().glob("*/*.sqlite"))


def open_journal(chosen: str | None) -> Journal:
    """The journal that is meant, to be read.

    Raises:
        JournalError: there is none, or there are several.
    """
    given = Path(chosen).expanduser() if chosen else None
    if given is not None and given.is_file():
        return Journal(given, reading=True)
    found = [path for path in journals() if not chosen or chosen in f"{path.parent.name}/{path.name}"]
    if len(found) == 1:
        return Journal(found[0], reading=True)
    if found:
        names = ", ".join(f"{p.parent.name}/{p.stem}" for p in found)
        raise JournalError(f"There are several journals: {names}. Choose one with --journal.")
    raise JournalError(f"There is no such journal in {str(journal_folder())!r}. CVTR_JOURNAL names another folder.")


def _whole(opened: Journal) -> bool:
    """Whether the journal is as it was written; says so where it is not, before anything that it holds is shown."""
    problems = opened.verify().problems
    for problem in problems:
        typer.echo(f"NOT WHOLE, so that what it says may not be true: {problem}", err=True)
    return not problems


@app.command("list")
def list_(journal: Chosen = None) -> None:
    """The runs of each journal, newest first. Exit code 1 if a journal is not intact."""
    chosen = [path for path in journals() if not journal or journal in f"{path.parent.name}/{path.name}"]
    if journal and Path(journal).is_file():
        chosen = [Path(journal)]
    whole = True
    for path in chosen:
        opened = Journal(path, reading=True)
        typer.echo(f"{path}")
        whole = _whole(opened) and whole
        runs = history.history_frame(opened)
        for run_id, row in runs.iterrows():
            ended = "; ".join(f"{row[o]} {o}" for o in history.OUTCOME_COLUMNS if row[o] == row[o] and row[o])
            place = row["origin"] or "address not noted"
            typer.echo(f"  {run_id}  {place}  {row['state']:<10}  {row['leads']:>7,} leads  {row['actions']}  {ended}")
        opened.close()
    if journal and not chosen:
        open_journal(journal)  # says what there is
    if not chosen:
        typer.echo(f"No journal in {journal_folder()}.")
    if not whole:
        raise typer.Exit(1)


@app.command()
def show(run_id: str, journal: Chosen = None) -> None:
    """What became of each lead of one run, as far as the journal says. Exit code 1 if the journal is not intact."""
    opened = open_journal(journal)
    whole = _whole(opened)
    found = replay(opened, run_id)
    said = found.opening
    typer.echo(f"Run {run_id}, begun {found.started:%Y-%m-%d %H:%M:%S} UTC, {found.ended or 'unfinished'}")
    typer.echo(f"Plan {found.plan.short}: {found.plan.statement}")
    if found.signature is not None:
        typer.echo(f"Signed by {found.signature.name} at {found.signature.signed_at.isoformat()}: {found.signature.meaning}")
    typer.echo(f"Read back: {said.get('verify', 'all')}")
    frame = history.recorded_frame(found)
    for lead_id, row in frame.iterrows():
        typer.echo(
            f"  {lead_id}  {row['outcome']:<12}  {row['before_status'] or '-'} -> {row['after_status'] or '-'}  {row['detail']}"
        )
    opened.close()
    if not whole:
        raise typer.Exit(1)


@app.command()
def verify(
    journal: Chosen = None,
    head: Annotated[str | None, typer.Option(help="A hash noted elsewhere: shows whether the end was cut off.")] = None,
) -> None:
    """Follow the chain of hashes. Exit code 1 if the journal is not intact."""
    opened = open_journal(journal)
    report = opened.verify(head)
    for problem in report.problems:
        typer.echo(f"NOT WHOLE: {problem}")
    typer.echo(f"{report.entries:,} entries, head {report.head}")
    opened.close()
    if not report.ok:
        raise typer.Exit(1)


@app.command()
def export(
    path: Path,
    journal: Chosen = None,
    run: Annotated[str | None, typer.Option(help="Only this run.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
) -> None:
    """A self-contained bundle (JSON lines), with the file that checks it beside it."""
    opened = open_journal(journal)
    head = bundle.export(opened, path, run, overwrite=overwrite)
    opened.close()
    checker = bundle.copy_checker(path.parent, overwrite=overwrite)
    typer.echo(f"{path}\nhead {head}\nNote the head elsewhere. To check: python {checker} {path} {head}")
