"""No comm of ours remembers a subshell; ipykernel's own do."""

from __future__ import annotations

from ipykernel.comm.comm import BaseComm

from cvtr_widgets.panel.link.subshells import forget_subshells


def test_a_subshell_that_is_set_is_not_remembered_and_others_of_its_kind_are_as_before():
    ours, other = BaseComm(target_name="ours"), BaseComm(target_name="other")
    ours._reply_subshell_id = "gone"
    for _ in range(2):
        forget_subshells(ours)
    ours._reply_subshell_id = other._reply_subshell_id = "gone"
    assert getattr(ours, "_reply_subshell_id", "named by the message") == "named by the message"
    assert other._reply_subshell_id == "gone"
    assert isinstance(ours, BaseComm)
