"""The sandbox and sessions of the tests of runs."""

from tests.runs.conftest import QUICK, journal_folder, open_session, sandbox, session

__all__ = ["QUICK", "journal_folder", "open_session", "sandbox", "session"]
