"""``cvtr-widgets login`` and ``logout``: what this machine's keyring keeps."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

Enterprise = Annotated[str, typer.Argument(help="The first part of the platform's address: acme for https://acme.cvtr.io.")]
Url = Annotated[str | None, typer.Option(help="The platform's full address, if it has another host.")]


def login(
    enterprise: Enterprise,
    user: Annotated[str | None, typer.Option(help="The account; asked for if it is not given.")] = None,
    url: Url = None,
) -> None:
    """Try user and password once, and keep them in this machine's keyring. The password is asked for without echo."""
    from cvtr_widgets.api import keyrings
    from cvtr_widgets.connection import connect, kept_under

    keyrings.available()
    name = user or typer.prompt("User", type=str).strip()
    secret = getpass.getpass(f"Password of {name}: ")
    with connect(enterprise, name, secret, url=url, allow_expired=True) as client:
        if client.auth.password_expired:
            typer.echo("The password has expired: change it on the platform, or with client.change_password(). Nothing was kept.")
            raise typer.Exit(1)
        keyrings.keep(kept_under(enterprise, url), name, secret)
    asks = f"cvtr.connect({enterprise!r}{f', url={url!r}' if url else ''})"
    typer.echo(f"Logged in. The password for {enterprise} is in the keyring, so {asks} no longer asks for it.")


def logout(enterprise: Enterprise, url: Url = None) -> None:
    """Take the account of an enterprise out of this machine's keyring."""
    from cvtr_widgets.api import keyrings
    from cvtr_widgets.connection import kept_under

    user = keyrings.forget(kept_under(enterprise, url))
    typer.echo(f"Nothing was kept for {enterprise}." if user is None else f"Forgotten: {user} at {enterprise}.")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(login)
    app.command()(logout)
