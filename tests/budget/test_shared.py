"""The limits that kernels share, with real processes."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cvtr_widgets.api.budget import MAX_PAUSE, Budget, clamp_pause
from cvtr_widgets.api.shared import allowance_folder
from cvtr_widgets.errors import Cancelled, TooManyRequests
from cvtr_widgets.models import Limits
from tests.sandbox.conftest import soon

KERNEL = Path(__file__).with_name("kernel.py")


@pytest.fixture
def kernels(tmp_path) -> Iterator:
    """Starts kernels that share a folder; ends what is left of them."""
    started: list[subprocess.Popen[str]] = []

    def start(requests: int, window: float, threads: int, seconds: float, hold: float) -> subprocess.Popen[str]:
        words = [tmp_path / "shared", requests, window, threads, seconds, hold]
        process = subprocess.Popen([sys.executable, KERNEL, *map(str, words)], stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def spans(processes) -> list[tuple[float, float]]:
    lines = [line for process in processes for line in process.communicate(timeout=60)[0].splitlines()]
    words = [line.split() for line in lines if line.startswith("request ")]
    return sorted((float(began), float(ended)) for _, began, ended in words)


def most_in_a_window(moments: list[float], window: float) -> int:
    return max(sum(start <= m < start + window for m in moments) for start in moments)


def most_at_once(found: list[tuple[float, float]]) -> int:
    steps = sorted([(a, 1) for a, _ in found] + [(b, -1) for _, b in found], key=lambda s: (s[0], s[1]))
    return max(itertools.accumulate(step for _, step in steps))


def test_three_kernels_together_never_exceed_the_limit_and_use_it_up(kernels):
    window, limit = 1.5, 120
    found = spans([kernels(limit, window, 4, 4.0, 0.0) for _ in range(3)])
    moments = [began for began, _ in found]
    assert most_in_a_window(moments, window) <= limit
    assert len(moments) >= 1.5 * limit  # they do not starve each other either


def test_three_kernels_together_hold_nine_places(kernels):
    started = [kernels(100_000, 300, 8, 2.0, 0.02) for _ in range(3)]
    each = [spans([kernel]) for kernel in started]
    found = sorted(span for spans_ in each for span in spans_)
    assert 7 <= most_at_once(found) <= 9
    last_start, first_end = max(spans_[0][0] for spans_ in each), min(spans_[-1][1] for spans_ in each)
    together = [sum(last_start <= began <= first_end for began, _ in spans_) for spans_ in each]
    assert min(together) >= 0.08 * sum(together), together


def test_the_places_of_a_killed_kernel_are_free_again(kernels, tmp_path):
    dead = kernels(100_000, 300, 9, 60, 60)
    for _ in range(9):
        assert dead.stdout.readline().startswith("in ")
    budget = Budget(Limits(), folder=tmp_path / "shared")
    with pytest.raises(TooManyRequests), budget.slot(patience=0.3):
        pass
    dead.kill()
    dead.wait(20)
    with budget.slot(patience=5):
        assert 10 <= budget.used() <= 30  # what it had sent stays used, and so does what it had leased
    budget.close()


def test_a_pause_holds_for_every_kernel(kernels, tmp_path):
    limits = Limits(requests=100_000, in_flight=2)
    mine = Budget(limits, folder=tmp_path / "shared")
    other = kernels(100_000, 300, 2, 3, 0.001)
    other.stdout.readline()
    mine.pause(1.0)
    from_now = time.monotonic()
    found = [began for began, _ in spans([other])]
    resumed = [began for began in found if began > from_now + 0.1]
    assert resumed, "it went on after the pause"
    assert min(resumed) >= from_now + 0.95
    assert mine.waiting() == 0
    mine.close()


def test_two_budgets_of_one_process_share_too(tmp_path):
    first, second = (Budget(Limits(requests=3), folder=tmp_path) for _ in "12")
    for budget in (first, second, first):
        with budget.slot():
            pass
    assert first.used() == second.used() == 3
    assert second.waiting() > 290
    with pytest.raises(TooManyRequests), second.slot(patience=1):
        pass
    with pytest.raises(Cancelled), second.slot(cancelled=lambda: True):
        pass
    second.pause(20)
    assert first.waiting() > 15
    first.close()
    second.close()


def test_what_was_leased_and_not_used_is_given_back(tmp_path):
    budget = Budget(Limits(requests=3_000), folder=tmp_path)
    barrier = threading.Barrier(6)

    def work() -> None:
        for _ in range(5):
            with budget.slot():
                barrier.wait(20)

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    budget.close()
    other = Budget(Limits(requests=3_000), folder=tmp_path)
    assert other.used() == 30
    other.close()


def test_origins_and_users_have_budgets_of_their_own(tmp_path):
    limits = Limits()
    folders = {
        allowance_folder(origin, user, limits, tmp_path)
        for origin in ("http://127.0.0.1:1", "http://127.0.0.1:2")
        for user in ("a@sandbox.example", "b@sandbox.example")
    }
    assert len(folders) == 4
    assert not any("sandbox" in str(folder.relative_to(tmp_path)) for folder in folders)
    assert allowance_folder("o", "A@x", limits) == allowance_folder("o", "a@X", limits)


@pytest.mark.parametrize("spoil", ["a file in its place", "no database"])
def test_where_nothing_can_be_shared_it_says_so_and_keeps_to_a_third(tmp_path, spoil):
    place = tmp_path / "shared"
    if spoil == "no database":
        place.mkdir()
        (place / "permits.sqlite").write_text("this is no database" * 100)
    else:
        place.write_text("in the way")
    with pytest.warns(RuntimeWarning, match="CVTR_SHARED"):
        budget = Budget(Limits(requests=6), folder=place)
    assert "a third" in budget.note
    for _ in range(2):
        with budget.slot():
            pass
    assert budget.used() == 2
    assert budget.waiting() > 200


def test_where_sharing_ends_in_the_middle_it_says_so_and_goes_on(tmp_path):
    place = tmp_path / "shared"
    budget = Budget(Limits(requests=6), folder=place)
    budget.pause(20)
    with pytest.raises(TooManyRequests), budget.slot(patience=0.1):
        pass
    budget.close()
    for path in list(place.iterdir()):
        path.unlink()
    place.rmdir()
    place.write_text("in the way")
    with pytest.warns(RuntimeWarning, match="third"):
        soon(lambda: budget.waiting() > 0 and budget.note)
    assert budget.waiting() > 15  # the pause holds on


@pytest.mark.parametrize("folder", [None, "shared"])
def test_a_clock_that_jumps_lets_nobody_exceed_the_limit_or_wait_for_ever(tmp_path, folder):
    now = [1_000_000.0]
    budget = Budget(Limits(requests=2), folder=folder and tmp_path / folder, clock=lambda: now[0])
    for jump in (0, -5_000):
        now[0] += jump
        with budget.slot():
            pass
    assert budget.used() == 2
    assert 0 < budget.waiting() < 310 + 5_000 * (folder is None)
    budget.pause(1e9)
    now[0] -= 50_000
    assert budget.waiting() < 310 + 55_000 * (folder is None)
    budget.close()


def test_a_pause_from_before_a_restart_is_not_believed(tmp_path):
    (tmp_path / "pause").write_text("1e12")
    budget = Budget(Limits(), folder=tmp_path)
    assert budget.waiting() == 0
    (tmp_path / "pause").write_text("nonsense")
    assert budget.waiting() == 0
    budget.close()


@pytest.mark.parametrize(
    ("said", "kept"), [(None, 10), (7, 7), (0, 1), (-5, 1), (1e9, MAX_PAUSE), (float("inf"), MAX_PAUSE), (float("nan"), 10)]
)
def test_how_long_a_429_makes_everybody_wait(said, kept):
    assert clamp_pause(said) == kept
    budget = Budget(Limits())
    assert budget.pause(said) == kept
    assert kept - 0.5 < budget.waiting() <= kept
