"""The sandbox and sessions of the tests of runs, and a policy of the house."""

import pytest

from tests.runs.conftest import QUICK, journal_folder, open_session, sandbox, session

__all__ = ["QUICK", "journal_folder", "open_session", "sandbox", "session"]


@pytest.fixture
def policy(tmp_path, monkeypatch):
    """Writes the policy that holds from then on."""
    path = tmp_path / "policy.toml"

    def write(text: str) -> None:
        path.write_text(text, encoding="utf-8")
        monkeypatch.setenv("CVTR_POLICY", str(path))

    return write
