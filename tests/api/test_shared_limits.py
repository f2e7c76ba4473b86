"""The limits that kernels share, with real processes."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cvtr_widgets.api.limits.rate_limiter import MAX_PAUSE, RateLimiter, clamp_pause
from cvtr_widgets.api.limits.shared_permits import allowance_folder
from cvtr_widgets.errors import Cancelled, TooManyRequests
from cvtr_widgets.request_limits import Limits
from tests.sandbox.conftest import soon

KERNEL = Path(__file__).with_name("limit_kernel.py")


class Kernel:
    """One of several kernels that share a folder; what it says is collected as it comes."""

    def __init__(self, folder: Path, requests: int, window: float, threads: int, hold: float) -> None:
        words = [str(w) for w in (folder, requests, window, threads, hold)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([sys.executable, KERNEL, *words], stdin=pipe, stdout=pipe, text=True)
        self.lines: list[list[str]] = []
        self._listening = threading.Thread(target=self._listen)
        self._listening.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.split())

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        self.process.kill()
        self._listening.join(60)
        self.process.communicate()

    @property
    def began(self) -> list[float]:
        return [float(words[1]) for words in list(self.lines) if words[0] == "in" and len(words) == 2]

    @property
    def spans(self) -> list[tuple[float, float]]:
        return [(float(words[1]), float(words[2])) for words in list(self.lines) if words[0] == "request" and len(words) == 3]


@pytest.fixture
def kernels(tmp_path) -> Iterator:
    """Starts kernels that share a folder, all at one moment; ends what is left of them."""
    started: list[Kernel] = []

    def start(count: int, *, requests: int, window: float, threads: int, hold: float) -> list[Kernel]:
        made = [Kernel(tmp_path / "shared", requests, window, threads, hold) for _ in range(count)]
        started.extend(made)
        soon(lambda: all(kernel.lines for kernel in made))
        for kernel in made:
            kernel.go()
        return made

    yield start
    for kernel in started:
        kernel.kill()


def most_in_a_window(moments: list[float], window: float) -> int:
    return max(sum(start <= m < start + window for m in moments) for start in moments)


def most_at_once(found: list[tuple[float, float]]) -> int:
    steps = sorted([(a, 1) for a, _ in found] + [(b, -1) for _, b in found], key=lambda s: (s[0], s[1]))
    return max(itertools.accumulate(step for _, step in steps))


def test_three_kernels_together_never_exceed_the_limit_and_use_it_up(kernels):
    window, limit = 3.0, 120
    started = kernels(3, requests=limit, window=window, threads=4, hold=0.0)
    soon(lambda: sum(len(kernel.began) for kernel in started) >= 1.5 * limit)  # they do not starve each other either
    moments = sorted(moment for kernel in started for moment in kernel.began)
    # A busy machine may hold a request up for a second between its permit and the moment that it notes.
    assert most_in_a_window(moments, window - 1.0) <= limit


def test_three_kernels_together_hold_nine_places(kernels):
    started = kernels(3, requests=100_000, window=300, threads=8, hold=0.02)
    soon(lambda: all(len(kernel.spans) >= 60 for kernel in started) or sum(len(k.spans) for k in started) >= 3_000)
    for kernel in started:
        kernel.kill()
    each = [len(kernel.spans) for kernel in started]
    assert min(each) >= 60, each
    assert 7 <= most_at_once(sorted(span for kernel in started for span in kernel.spans)) <= 9


def test_the_places_of_a_killed_kernel_are_free_again(kernels, tmp_path):
    (dead,) = kernels(1, requests=100_000, window=300, threads=9, hold=3_600)
    soon(lambda: len(dead.began) == 9)
    limiter = RateLimiter(Limits(), folder=tmp_path / "shared")
    with pytest.raises(TooManyRequests), limiter.slot(patience=0.3):
        pass
    dead.kill()
    with limiter.slot(patience=60):
        assert 10 <= limiter.used() <= 30  # what it had sent stays used, and so does what it had leased
    limiter.close()


def test_a_pause_holds_for_every_kernel(kernels, tmp_path):
    mine = RateLimiter(Limits(requests=100_000, in_flight=2), folder=tmp_path / "shared")
    (other,) = kernels(1, requests=100_000, window=300, threads=2, hold=0.001)
    soon(lambda: len(other.began) > 0)
    paused = time.monotonic()
    mine.pause(4.0)
    # What had its permit before it heard of the pause may be held up for long on a busy machine, but not as long as that.
    soon(lambda: other.began[-1] > paused + 2)
    resumed = [moment for moment in other.began if moment > paused + 2]
    assert min(resumed) >= paused + 3.95
    soon(lambda: mine.waiting() == 0)
    mine.close()


def test_two_budgets_of_one_process_share_too(tmp_path):
    first, second = (RateLimiter(Limits(requests=3), folder=tmp_path) for _ in "12")
    for limiter in (first, second, first):
        with limiter.slot():
            pass
    assert first.used() == second.used() == 3
    assert second.waiting() > 100
    with pytest.raises(TooManyRequests), second.slot(patience=1):
        pass
    with pytest.raises(Cancelled), second.slot(cancelled=lambda: True):
        pass
    second.pause(300)
    assert first.waiting() > 100
    first.close()
    second.close()


def test_what_was_leased_and_not_used_is_given_back(tmp_path):
    limiter = RateLimiter(Limits(requests=3_000), folder=tmp_path)
    barrier = threading.Barrier(6)

    def work() -> None:
        for _ in range(5):
            with limiter.slot():
                barrier.wait(300)

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    limiter.close()
    other = RateLimiter(Limits(requests=3_000), folder=tmp_path)
    assert other.used() == 30
    other.close()


def test_each_platform_has_one_budget_whatever_it_is_called(tmp_path):
    one, two, live = (
        {allowance_folder(origin, tmp_path) for origin in origins}
        for origins in (
            ("http://127.0.0.1:8001", "http://localhost:8001", "http://[::1]:8001"),
            ("http://127.0.0.1:8002",),
            ("https://acme.cvtr.io", "https://acme.cvtr.io:443"),
        )
    )
    assert len(one) == len(two) == len(live) == 1
    assert len(one | two | live) == 3
    assert not any("acme" in str(folder.relative_to(tmp_path)) for folder in live)


@pytest.mark.parametrize("spoil", ["a file in its place", "no database"])
def test_where_nothing_can_be_shared_it_says_so_and_keeps_to_a_third(tmp_path, spoil):
    place = tmp_path / "shared"
    if spoil == "no database":
        place.mkdir()
        (place / "permits.sqlite").write_text("this is no database" * 100)
    else:
        place.write_text("in the way")
    with pytest.warns(RuntimeWarning, match="CVTR_SHARED"):
        limiter = RateLimiter(Limits(requests=6), folder=place)
    assert "a third" in limiter.note
    for _ in range(2):
        with limiter.slot():
            pass
    assert limiter.used() == 2
    assert limiter.waiting() > 100


def test_where_sharing_ends_in_the_middle_it_says_so_and_goes_on(tmp_path):
    place = tmp_path / "shared"
    limiter = RateLimiter(Limits(requests=6), folder=place)
    limiter.pause(300)
    with pytest.raises(TooManyRequests), limiter.slot(patience=0.1):
        pass
    limiter.close()
    for path in list(place.iterdir()):
        path.unlink()
    place.rmdir()
    place.write_text("in the way")
    with pytest.warns(RuntimeWarning, match="third"):
        soon(lambda: limiter.waiting() > 0 and limiter.note)
    assert limiter.waiting() > 100  # the pause holds on


@pytest.mark.parametrize("folder", [None, "shared"])
def test_a_clock_that_jumps_lets_nobody_exceed_the_limit_or_wait_for_ever(tmp_path, folder):
    now = [1_000_000.0]
    limiter = RateLimiter(Limits(requests=2), folder=folder and tmp_path / folder, clock=lambda: now[0])
    for jump in (0, -5_000):
        now[0] += jump
        with limiter.slot():
            pass
    assert limiter.used() == 2
    assert 0 < limiter.waiting() < 310 + 5_000 * (folder is None)
    limiter.pause(1e9)
    now[0] -= 50_000
    assert limiter.waiting() < 310 + 55_000 * (folder is None)
    limiter.close()


def test_a_pause_from_before_a_restart_is_not_believed(tmp_path):
    (tmp_path / "pause").write_text("1e12")
    limiter = RateLimiter(Limits(), folder=tmp_path)
    assert limiter.waiting() == 0
    (tmp_path / "pause").write_text("nonsense")
    assert limiter.waiting() == 0
    limiter.close()


@pytest.mark.parametrize(
    ("said", "kept"), [(None, 10), (7, 7), (0, 1), (-5, 1), (1e9, MAX_PAUSE), (float("inf"), MAX_PAUSE), (float("nan"), 10)]
)
def test_how_long_a_429_makes_everybody_wait(said, kept):
    assert clamp_pause(said) == kept
    limiter = RateLimiter(Limits(), clock=lambda: 1_000.0)
    assert limiter.pause(said) == kept
    assert limiter.waiting() == kept


def test_a_folder_that_is_removed_under_living_kernels_still_holds_nine_places(tmp_path):
    place = tmp_path / "shared"
    first = RateLimiter(Limits(requests=60, in_flight=9), folder=place)
    with contextlib.ExitStack() as held:
        for _ in range(5):
            held.enter_context(first.slot())
        shutil.rmtree(place)
        soon(lambda: first.used() >= 5)  # it takes part again, with what is in flight and what was used
        second = RateLimiter(Limits(requests=60, in_flight=9), folder=place)
        for _ in range(4):
            held.enter_context(second.slot(patience=60))
        for limiter in (first, second):
            with pytest.raises(TooManyRequests), limiter.slot(patience=0.5):
                pass
        assert second.used() >= 9
    first.close()
    second.close()
