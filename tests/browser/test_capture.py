"""Captures as a user makes them: the page of each service in a real browser, every action once by hand, and the HAR it saves."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

import cvtr_widgets as cvtr
from cvtr_widgets.errors import CaptureError
from cvtr_widgets.sandbox import SandboxServer
from tests.dialect.capture import capture
from tests.dialect.conftest import connected
from tests.dialect.full_job import PATIENT, all_eight
from tests.dialect.services import SERVICES

RECORDED_DAILY = ("single", "forms")
"""Ids in paths and other methods; form bodies. Of the other services, captures that are kept are learnt from each day (tests/learn)."""


@pytest.mark.parametrize(
    "name", [name if name in RECORDED_DAILY else pytest.param(name, marks=pytest.mark.long) for name in SERVICES]
)
def test_a_capture_teaches_a_dialect_with_which_the_whole_job_is_done(browser: Browser, tmp_path, name):
    path = tmp_path / f"{name}.har"
    with SandboxServer(leads=600, seed=5, speech=SERVICES[name], queue_delay=0.1) as server:
        used = capture(browser, server, path)
    lesson = cvtr.learn_dialect(path, used.values())
    assert (lesson.questions, lesson.missing) == (0, [])
    file = cvtr.save_lesson(lesson, name, to=tmp_path / f"{name}.toml")
    with SandboxServer(leads=600, seed=8, speech=SERVICES[name], queue_delay=0.1) as server, connected(server, file) as client:
        all_eight(cvtr.LeadSession(client, progress=False, patience=PATIENT), server)


def test_a_capture_saved_without_content_says_how_to_save_it(browser: Browser, tmp_path):
    path = tmp_path / "bare.har"
    with SandboxServer(leads=300, seed=5, speech=SERVICES["iris"]) as server:
        used = capture(browser, server, path, content="omit")
    with pytest.raises(CaptureError, match="no bodies"):
        cvtr.learn_dialect(path, used.values())
