"""What is known of the service, as frames: the dialect with its evidence, and what the doctor found. Nothing personal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cvtr_widgets.dialect.model import EntryRow
from cvtr_widgets.models import Diagnosis

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("documented", "inferred", "seen", "sent", "verified")
STATES = ("ok", "differs", "missing")


def dialect_frame(rows: Sequence[EntryRow]) -> pd.DataFrame:
    """Index ``entry`` (dotted name); ``value`` (JSON text), ``evidence`` (category: documented, inferred, seen, sent, verified),
    ``when`` (text, a day), ``where`` (text, an enterprise), ``own`` (bool: stands in your own file).
    """
    import pandas as pd

    data = {
        "value": [r.value for r in rows],
        "evidence": pd.Categorical([r.evidence.kind for r in rows], categories=list(KINDS)),
        "when": [r.evidence.when for r in rows],
        "where": [r.evidence.where for r in rows],
        "own": [r.own for r in rows],
    }
    return pd.DataFrame(data, index=pd.Index([r.entry for r in rows], dtype="object", name="entry"))


def doctor_frame(findings: Sequence[Diagnosis]) -> pd.DataFrame:
    """Index ``check`` (text); ``state`` (category: ok, differs, missing), ``found`` (text), ``advice`` (text, empty when ok)."""
    import pandas as pd

    data = {
        "state": pd.Categorical([f.state for f in findings], categories=list(STATES)),
        "found": [f.found for f in findings],
        "advice": [f.advice for f in findings],
    }
    return pd.DataFrame(data, index=pd.Index([f.check for f in findings], dtype="object", name="check"))
