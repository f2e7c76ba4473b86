"""pyarrow and DuckDB, which only the archive needs: an extra, imported when the archive is first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from cvtr_widgets.errors import ArchiveError

if TYPE_CHECKING:
    import duckdb

NEEDED_PACKAGES = ("pyarrow", "duckdb")
MEMORY = "1GB"
"""What DuckDB may keep in memory. It writes beside its file what does not fit."""


def must_be_there() -> None:
    """Refuse to begin without what the archive is made with.

    Raises:
        ArchiveError: pyarrow or DuckDB is not installed.
    """
    for name in NEEDED_PACKAGES:
        try:
            importlib.import_module(name)
        except ImportError:
            raise ArchiveError(
                f"The archive needs {name}, which is not installed. Install it with: pip install 'cvtr-widgets[archive]'"
            ) from None


def in_memory(**config: Any) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection that holds nothing yet. It never asks the network for extensions, and counts times in UTC."""
    return opened(":memory:", **config)


def opened(place: str, *, read_only: bool = False, **config: Any) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection to a file or to memory."""
    import duckdb

    connection = duckdb.connect(place, read_only=read_only, config=_settings(**config))
    # DuckDB takes the machine's zone else, and days of the same question would begin elsewhere on another machine.
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def _settings(**config: Any) -> dict[str, Any]:
    return {
        # Making the cache of 10,000,000 leads took 6.5 GB before there was a limit. Insertion order costs memory and is nothing
        # that we ask for: what needs an order says ORDER BY.
        "memory_limit": MEMORY, "autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
        "preserve_insertion_order": "false", **config,
    }  # fmt: skip


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def named(name: str) -> str:
    """A column's name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'
