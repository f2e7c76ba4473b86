"""The journal of runs: append-only SQLite with a hash chain, one file per account."""
