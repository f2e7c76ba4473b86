"""``cvtr-widgets report``: the report of a run of this machine's journal. Needs no login and sends nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cvtr_widgets.cli.journal import Chosen, open_journal


def report(
    run_id: Annotated[str, typer.Argument(help="The run, as cvtr-widgets journal list shows it.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write; its name ends in .html or .xlsx.")],
    journal: Chosen = None,
    personal: Annotated[bool, typer.Option("--personal", help="Show comments, if the journal keeps them.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
) -> None:
    """Write the report of a run as one HTML page or a workbook: who, when, what, outcomes, money, and hashes to check it by."""
    from cvtr_widgets.reports.write import write_report  # other commands start without what a report needs
    from cvtr_widgets.runs.report_facts import facts_of_recorded

    opened = open_journal(journal)
    try:
        path = write_report(lambda: facts_of_recorded(opened, run_id), output, personal=personal, overwrite=overwrite)
    finally:
        opened.close()
    typer.echo(f"{path}")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(report)
