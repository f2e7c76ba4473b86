"""Which worker gets which file: those that drive a browser go to two workers, what mostly waits goes beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdist.scheduler import LoadFileScheduling

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

BROWSERS = 2
"""Workers with a browser: three browsers on two processors slow each other down until tests time out."""


class TwoBrowsers(LoadFileScheduling):
    """A file's tests stay on one worker. Files of ``tests/browser`` come first on two of the workers, and on no other one."""

    def _assign_work_unit(self, node: WorkerController) -> None:
        if len(self.assigned_work) > BROWSERS:
            driving = list(self.assigned_work).index(node) < BROWSERS
            wanted = next((name for name in self.workqueue if name.startswith("tests/browser/") is driving), None)
            if wanted is None and not driving:
                node.shutdown()  # what is left is for the others
                return
            if wanted is not None:
                self.workqueue.move_to_end(wanted, last=False)
        super()._assign_work_unit(node)
