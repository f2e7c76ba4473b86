"""The evidence for a finding as a ZIP file: numbers, ids, and a notebook that reproduces the finding. Nothing personal."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from cvtr_widgets import safe_files
from cvtr_widgets.errors import ExportError

VERSIONS = ("disposable-email-domains", "narwhals", "numpy", "pandas", "phonenumbers", "scipy")
NAMES = (
    "rule", "version", "about", "measure", "hits", "n", "value", "low", "high", "baseline", "p", "p_adjusted", "sentence",
    "cannot_tell",
)  # fmt: skip


class _WrittenFinding(Protocol):
    """A finding as its case file needs it; see ``Finding`` for each member."""

    @property
    def rule(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def about(self) -> str: ...
    @property
    def leads(self) -> tuple[int, ...]: ...
    @property
    def measure(self) -> str: ...
    @property
    def hits(self) -> int: ...
    @property
    def n(self) -> int: ...
    @property
    def value(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def baseline(self) -> float | None: ...
    @property
    def p(self) -> float | None: ...
    @property
    def p_adjusted(self) -> float | None: ...
    @property
    def sentence(self) -> str: ...
    @property
    def cannot_tell(self) -> str: ...
    @property
    def money(self) -> Mapping[str, Decimal]: ...
    @property
    def parameters(self) -> Mapping[str, Any]: ...


def write(finding: _WrittenFinding, path: Path, *, overwrite: bool = False) -> Path:
    """Write the case file to ``path``. A file that is there stays unless ``overwrite``.

    Raises:
        ExportError: the file cannot be written, or is there already.
    """
    return safe_files.write(path, [case_file(finding)], ExportError, overwrite=overwrite)


def case_file(finding: _WrittenFinding) -> bytes:
    """``finding.json``, ``leads.csv`` (ids), ``README.txt``, ``chart.png`` and ``again.ipynb``, as a ZIP file."""
    files: dict[str, str | bytes] = {
        "finding.json": json.dumps(_numbers(finding), indent=2, ensure_ascii=False, default=str),
        # Ids alone: a case file may be sent to other firms.
        "leads.csv": "lead_id\n" + "".join(f"{i}\n" for i in finding.leads),
        "README.txt": (
            f"{finding.sentence}\n\nWhat this does not tell: {finding.cannot_tell}\n\n"
            f"Rule {finding.rule}, version {finding.version}.\n"
            "leads.csv holds the ids of the leads and finding.json the numbers. again.ipynb reproduces the finding.\n"
        ),
        "chart.png": _chart(finding),
        "again.ipynb": json.dumps(_notebook(finding), indent=1, ensure_ascii=False),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


def case_name(finding: _WrittenFinding) -> str:
    """What its case file is called: ``case-duplicates-leadgen-ltd.zip``."""
    words = re.sub(r"[^a-z0-9]+", "-", f"{finding.rule} {finding.about}".lower()).strip("-")
    return f"case-{words[:80]}.zip"


def _chart(finding: _WrittenFinding) -> bytes:
    """The share with its interval, and the usual share elsewhere if it is known."""
    import vl_convert

    from cvtr_widgets.insight.chart import SCHEMA, VEGA_LITE
    from cvtr_widgets.insight.chart_colours import PALETTE

    row = {"about": finding.about, "share": finding.value, "low": finding.low, "high": finding.high}
    x = {"type": "quantitative", "axis": {"format": ".0%"}, "title": f"{finding.measure}, share with 95 % interval"}
    y = {"field": "about", "type": "nominal", "title": None}
    layer: list[dict[str, Any]] = [
        {
            "mark": {"type": "rule", "color": PALETTE[0]},
            "encoding": {"x": {"field": "low", **x}, "x2": {"field": "high"}, "y": y},
        },
        {"mark": {"type": "point", "filled": True, "size": 80}, "encoding": {"x": {"field": "share", **x}, "y": y}},
    ]
    if finding.baseline is not None:
        mark = {"type": "rule", "strokeDash": [4, 3], "color": PALETTE[5]}
        layer.append({"mark": mark, "encoding": {"x": {"datum": finding.baseline, **x}}})
    usual = "" if finding.baseline is None else f"; dashed: usual share elsewhere ({100 * finding.baseline:.1f} %)"
    title = f"{finding.hits:,} of {finding.n:,} leads{usual}"
    spec = {"$schema": SCHEMA, "title": title, "width": 420, "height": 60, "data": {"values": [row]}, "layer": layer}
    picture: bytes = vl_convert.vegalite_to_png(spec, vl_version=VEGA_LITE, scale=2)
    return picture


def _numbers(finding: _WrittenFinding) -> dict[str, Any]:
    numbers = {name: getattr(finding, name) for name in NAMES}
    return {
        **numbers,
        # As text: a JSON number is a float for most who read it.
        "money": {currency: str(amount) for currency, amount in finding.money.items()},
        "parameters": dict(finding.parameters),
        "versions": {name: version(name) for name in VERSIONS},
    }


def _notebook(finding: _WrittenFinding) -> dict[str, Any]:
    code = f"""import json
from pathlib import Path

from cvtr_widgets import insight

# leads: the frame that the finding was made from, such as session.pull(...) with the same filters
wanted = json.loads(Path("finding.json").read_text(encoding="utf-8"))
same = ({finding.rule!r}, {finding.about!r}, {finding.measure!r})
(again,) = [f for f in insight.findings(leads) if (f.rule, f.about, f.measure) == same]
for name in ("hits", "n", "value", "low", "high", "baseline", "p_adjusted", "sentence"):
    assert getattr(again, name) == wanted[name], name
again"""
    cell: dict[str, Any] = {
        "cell_type": "code", "execution_count": None, "id": "again", "metadata": {}, "outputs": [],
        "source": code.splitlines(keepends=True),
    }  # fmt: skip
    return {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
