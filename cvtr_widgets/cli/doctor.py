"""``cvtr-widgets doctor``: whether the service is as the dialect says, as text for a support mail."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def doctor(
    enterprise: Annotated[str | None, typer.Argument(help="The first part of the platform's address.")] = None,
    url: Annotated[str | None, typer.Option(help="The platform's full address, if it has another host.")] = None,
    user: Annotated[str | None, typer.Option(help="The account; else CVTR_USERNAME or the keyring.")] = None,
    dialect: Annotated[Path | None, typer.Option(help="A dialect file; else the settings folder's.")] = None,
    token: Annotated[bool, typer.Option("--token", help="Ask for a token from the platform (single sign-on).")] = False,
) -> None:
    """Look at everything that actions rest on. Reads only. Exit code 0: usable; 2: something that actions need is missing."""
    from cvtr_widgets.api.doctor import as_text, essential
    from cvtr_widgets.connection import connect

    with connect(enterprise, user, url=url, dialect=dialect, token=True if token else None) as client:
        lines = client.doctor()
    typer.echo(as_text(lines))
    missing = [line.check for line in lines if essential(line)]
    if missing:
        typer.echo(f"Actions cannot be proven without: {', '.join(missing)}.")
        raise typer.Exit(2)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)
