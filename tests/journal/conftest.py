"""The sandbox and sessions of the tests of runs."""

from tests.runs.conftest import journal_folder, open_session, sandbox, session

__all__ = ["journal_folder", "open_session", "sandbox", "session"]
