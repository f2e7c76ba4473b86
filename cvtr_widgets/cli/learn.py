"""``cvtr-widgets learn``: from a capture of the user's own browser to a dialect file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def learn(
    capture: Annotated[Path, typer.Argument(help="The HAR file that the browser's developer tools saved, with content.")],
    ids: Annotated[str, typer.Option(help="The leads on which you did the actions: 123,124,125.")],
    enterprise: Annotated[str | None, typer.Option(help="Write into this enterprise's dialect file.")] = None,
    url: Annotated[str | None, typer.Option(help="The platform's full address, if it has another host.")] = None,
    to: Annotated[Path | None, typer.Option(help="Write into this file instead.")] = None,
    comment: Annotated[str, typer.Option(help="What you typed as a comment.")] = "learning comment",
    reason: Annotated[str, typer.Option(help="What you typed as a reason of your own.")] = "learning reason",
    signature: Annotated[str, typer.Option(help="What you typed as printed name.")] = "Learning Signature",
    questions: Annotated[bool, typer.Option("--ask/--no-ask", help="Ask if two readings are possible.")] = True,
    yes: Annotated[bool, typer.Option("--yes", help="Write without asking.")] = False,
    scrubbed: Annotated[Path | None, typer.Option(help="Also write a copy of the capture that can be shared.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a copy that is there.")] = False,
) -> None:
    """Learn how your service takes each action, from a capture of its own page. Opens no connection."""
    from cvtr_widgets.learn.scrub import scrub
    from cvtr_widgets.session.learn_dialect import ask_by_input, learn_dialect, save_lesson

    if scrubbed is not None:
        count = scrub(capture, scrubbed, overwrite=overwrite)
        typer.echo(f"{count:,} exchanges without secrets and personal data in {scrubbed}. Check it before you share it.")
    lesson = learn_dialect(
        capture, ids, enterprise=enterprise, url=url, comment=comment, reason=reason, signature=signature,
        ask=ask_by_input if questions else None,
    )  # fmt: skip
    for one in lesson.proposals:
        typer.echo(f"  {one.entry}: {one.new}" if one.same else f"* {one.entry}: {one.old or '(nothing)'} -> {one.new}")
    same = sum(p.same for p in lesson.proposals)
    typer.echo(f"{len(lesson.proposals)} entries: {same} already in the dialect, {len(lesson.proposals) - same} new (*).")
    for note in lesson.notes:
        typer.echo(f"Open: {note}.")
    if enterprise is None and to is None:
        typer.echo("Nothing was written. Give --enterprise or --to.")
        return
    if not yes and not typer.confirm("Write them?"):
        raise typer.Exit(1)
    path = save_lesson(lesson, enterprise or "mine", url=url, to=to)
    typer.echo(f"Written to {path}. The first write of each action still goes to one lead only, and is read back.")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(learn)
