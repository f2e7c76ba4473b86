"""What every question of insight is wrapped in: one that cannot be answered raises one clear error."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from cvtr_widgets.arguments import shown
from cvtr_widgets.errors import CvtrError, InsightError

P = ParamSpec("P")
R = TypeVar("R")


def answered(question: Callable[P, R]) -> Callable[P, R]:
    """The question, with an ``InsightError`` where its arguments make no sense to pandas or to Python either.

    The questions only read frames, so nothing is half done; the first error is kept as the cause.
    """

    @functools.wraps(question)
    def ask(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return question(*args, **kwargs)
        except CvtrError:
            raise
        except Exception as error:
            told = f"{type(error).__name__}: {shown(error, 200)}"
            raise InsightError(
                f"insight.{question.__name__}() cannot answer this ({told}). Check the frame and the other arguments: "
                f"help(cvtr.insight.{question.__name__})."
            ) from error

    return ask
