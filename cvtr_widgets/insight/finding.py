"""A finding: leads that something is wrong with, by which rule, how strong it is, and what cannot be told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    import pandas as pd

ALPHA = 0.05
"""False-discovery rate over all that is judged by chance: at most this share of such findings
is expected to be chance."""


@dataclass(frozen=True)
class Finding:
    """One finding. It holds ids and numbers, and nothing personal.

    ``rule`` and ``version``; ``about`` (whose leads: a publisher, a sub-id ...); ``leads`` (ids, ascending: the ones that are
    counted as ``hits``); ``measure`` (what is counted, in words), ``hits`` of ``n`` leads, ``value`` (``hits / n``) with its 95 %
    Wilson interval ``low high``; ``baseline`` (what is usual elsewhere; None where nothing is compared); ``p`` and ``p_adjusted``
    (None for what is simply so); ``sentence`` (can be sent to a publisher); ``cannot_tell`` (what the rule does not know);
    ``stake`` (ids that money is at stake for: ``leads``, or all leads of a group whose rate is unusual) and ``money`` (currency
    -> what advertisers are billed for these now); ``parameters`` of the rule.
    """

    rule: str
    version: int
    about: str
    leads: tuple[int, ...]
    measure: str
    hits: int
    n: int
    low: float
    high: float
    sentence: str
    cannot_tell: str
    baseline: float | None = None
    p: float | None = None
    p_adjusted: float | None = None
    stake: tuple[int, ...] = field(default=(), repr=False)
    money: Mapping[str, Decimal] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """``hits / n``."""
        return self.hits / self.n if self.n else float("nan")

    def __repr__(self) -> str:
        return f"<Finding {self.rule}: {len(self.leads):,} leads, {self.about}>"

    def __lead_ids__(self) -> tuple[int, ...]:
        """What ``select`` takes of it: ``panel.select(finding)``."""
        return self.leads

    def evidence(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write what this finding rests on as a ZIP file; see ``insight.evidence``. Gives its path. A file that is there
        stays unless ``overwrite``.

        Raises:
            ExportError: the file cannot be written, or is there already.
        """
        from cvtr_widgets.insight.evidence import write

        return write(self, Path(path), overwrite=overwrite)


class Findings(Sequence[Finding]):
    """Findings, the most money first. ``frame`` shows them; ``notes`` say what could not be judged."""

    def __init__(self, found: Iterable[Finding], notes: Iterable[str] = ()) -> None:
        self._found = tuple(found)
        self.notes = tuple(notes)

    @overload
    def __getitem__(self, place: int) -> Finding: ...
    @overload
    def __getitem__(self, place: slice) -> Findings: ...
    def __getitem__(self, place: int | slice) -> Finding | Findings:
        return Findings(self._found[place], self.notes) if isinstance(place, slice) else self._found[place]

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._found)

    def __repr__(self) -> str:
        return f"<Findings: {len(self)}>"

    @property
    def frame(self) -> pd.DataFrame:
        """One row a finding, in order: ``rule about`` (text), ``leads`` (int64), ``money sentence`` (text), ``measure`` (text),
        ``hits n`` (int64), ``value low high baseline p_adjusted`` (float64; NaN where there is none), ``cannot_tell`` (text).
        """
        import pandas as pd

        made = pd.DataFrame({
            "rule": [f.rule for f in self], "about": [f.about for f in self], "leads": [len(f.leads) for f in self],
            "money": [", ".join(f"{amount:,} {currency}" for currency, amount in f.money.items()) for f in self],
            "sentence": [f.sentence for f in self], "measure": [f.measure for f in self], "hits": [f.hits for f in self],
            "n": [f.n for f in self], "value": [f.value for f in self], "low": [f.low for f in self],
            "high": [f.high for f in self], "baseline": [f.baseline for f in self],
            "p_adjusted": [f.p_adjusted for f in self], "cannot_tell": [f.cannot_tell for f in self],
        })  # fmt: skip
        kinds = dict.fromkeys(("leads", "hits", "n"), "int64")
        kinds |= dict.fromkeys(("value", "low", "high", "baseline", "p_adjusted"), "float64")
        made = made.astype(kinds)
        made.attrs = {"lists": "findings", "notes": list(self.notes)}
        return made

    def _repr_html_(self) -> str:
        # escape=True: names of publishers and sub-ids are typed by strangers, and to_html would run their scripts.
        html: str = self.frame[["rule", "about", "leads", "money", "sentence"]].to_html(escape=True, max_rows=50)
        return html


@dataclass
class Look:
    """What a rule is given beside the leads.

    ``history`` (optional frame: ``lead_id at status``) tells of former states; ``allowed_domains`` are never suspected.
    """

    history: pd.DataFrame | None = None
    allowed_domains: frozenset[str] = frozenset()
    notes: list[str] = field(default_factory=list)
    tests: dict[str, int] = field(default_factory=dict)
    check: Callable[[], None] = lambda: None
    """Ends the rule when the user cancels: call it in long loops."""

    def say(self, note: str) -> None:
        """Keep a sentence for the reader: what could not be judged, and why."""
        if note not in self.notes:
            self.notes.append(note)

    def tested(self, count: int, rule: str = "") -> None:
        """So many groups were judged by chance: each ``p`` is adjusted for all of them, over all rules together.

        ``rule``: the ``Finding.rule`` that they belong to, so that a rule of few groups is not drowned by one of thousands.
        """
        self.tests[rule] = self.tests.get(rule, 0) + count


Rule = Callable[["pd.DataFrame", Look], Iterable[Finding]]
"""A rule: leads and a ``Look`` in, findings out. Own rules are functions like these."""


def simply_so(
    rule: str, version: int, about: str, ids: Iterable[Any], n: int, *, measure: str, sentence: str, cannot_tell: str, **more: Any
) -> Finding:
    """A finding of facts: nothing is judged by chance."""
    from cvtr_widgets.insight.intervals import wilson

    leads = tuple(sorted(int(i) for i in ids))
    low, high = wilson([len(leads)], [n])
    return Finding(
        rule, version, about, leads, measure, len(leads), n, float(low[0]), float(high[0]), sentence, cannot_tell, **more
    )
