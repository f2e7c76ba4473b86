"""Convertr leads in Jupyter: look at them, select some, plan an action, carry it out, and know what became of each.

``LeadPanel(client)`` is the panel; ``LeadSession(client)`` the same for scripts; ``connect()`` logs in; ``Sandbox()`` is a
look-alike of the platform on this machine to try everything on.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cvtr_widgets import insight
    from cvtr_widgets.actions.catalogue import (
        delete,
        mark_delivered,
        mark_invalid,
        mark_other,
        mark_test,
        mark_undelivered,
        mark_valid,
        reprocess,
    )
    from cvtr_widgets.api.client import Convertr
    from cvtr_widgets.archive.archive import Archive
    from cvtr_widgets.connection import Sandbox, connect
    from cvtr_widgets.errors import CvtrError
    from cvtr_widgets.frames.export import to_csv, to_excel
    from cvtr_widgets.insight.look_panel import LookPanel
    from cvtr_widgets.models import Action, ActionKind, Outcome, Verdict
    from cvtr_widgets.panel.lead_panel import LeadPanel
    from cvtr_widgets.panel.table_widget import LeadTable
    from cvtr_widgets.plans.plan import Plan
    from cvtr_widgets.request_limits import Limits
    from cvtr_widgets.returned.returns_file import returns
    from cvtr_widgets.returned.window import Window
    from cvtr_widgets.runs.options import Patience
    from cvtr_widgets.runs.run import Run
    from cvtr_widgets.selection.select import Selection, select
    from cvtr_widgets.session.lead_session import LeadSession
    from cvtr_widgets.session.learn_dialect import learn_dialect, save_lesson

__version__ = "0.1.0"

# Where each public name lives. They are imported when they are first used: `import cvtr_widgets` stays quick.
_HOMES = {
    "Action": "models",
    "ActionKind": "models",
    "Archive": "archive.archive",
    "Convertr": "api.client",
    "CvtrError": "errors",
    "LeadPanel": "panel.lead_panel",
    "LeadSession": "session.lead_session",
    "LeadTable": "panel.table_widget",
    "Limits": "request_limits",
    "LookPanel": "insight.look_panel",
    "Outcome": "models",
    "Patience": "runs.options",
    "Plan": "plans.plan",
    "Run": "runs.run",
    "Sandbox": "connection",
    "Selection": "selection.select",
    "Verdict": "models",
    "Window": "returned.window",
    "connect": "connection",
    "delete": "actions.catalogue",
    "learn_dialect": "session.learn_dialect",
    "mark_delivered": "actions.catalogue",
    "mark_invalid": "actions.catalogue",
    "mark_other": "actions.catalogue",
    "mark_test": "actions.catalogue",
    "mark_undelivered": "actions.catalogue",
    "mark_valid": "actions.catalogue",
    "reprocess": "actions.catalogue",
    "returns": "returned.returns_file",
    "save_lesson": "session.learn_dialect",
    "select": "selection.select",
    "to_csv": "frames.export",
    "to_excel": "frames.export",
}

__all__ = [
    "Action",
    "ActionKind",
    "Archive",
    "Convertr",
    "CvtrError",
    "LeadPanel",
    "LeadSession",
    "LeadTable",
    "Limits",
    "LookPanel",
    "Outcome",
    "Patience",
    "Plan",
    "Run",
    "Sandbox",
    "Selection",
    "Verdict",
    "Window",
    "connect",
    "delete",
    "insight",
    "learn_dialect",
    "mark_delivered",
    "mark_invalid",
    "mark_other",
    "mark_test",
    "mark_undelivered",
    "mark_valid",
    "reprocess",
    "returns",
    "save_lesson",
    "select",
    "to_csv",
    "to_excel",
]


def __getattr__(name: str) -> Any:
    if name == "insight":
        return importlib.import_module("cvtr_widgets.insight")
    if name not in _HOMES:
        raise AttributeError(f"module 'cvtr_widgets' has no attribute {name!r}")
    return getattr(importlib.import_module(f"cvtr_widgets.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES, "insight"})
