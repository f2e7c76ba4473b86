"""What a forked kernel has in common with one that is started anew: it is its own, it is interrupted, and it ends with what started it."""

from __future__ import annotations

import ast
import os
import signal

import pytest
from jupyter_client import KernelManager

from tests.browser.forked_kernels import POSSIBLE, forking
from tests.browser.lab import PATIENCE
from tests.runs.conftest import until

pytestmark = pytest.mark.skipif(not POSSIBLE, reason="this system starts ordinary kernels")


def ask(client, expression):
    content = client.execute("", user_expressions={"value": expression}, reply=True, timeout=PATIENCE)["content"]
    return ast.literal_eval(content["user_expressions"]["value"]["data"]["text/plain"])


def ended(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # jupyter_client's own
def test_it_is_its_own_is_interrupted_and_ends_with_what_started_it(tmp_path, monkeypatch):
    with forking({"CVTR_CHUNK": "7"}) as environ:
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        manager = KernelManager()
        manager.start_kernel(cwd=str(tmp_path), env={**os.environ, "CVTR_IN_FLIGHT": "3"})
        client = manager.client()
        try:
            client.start_channels()
            client.wait_for_ready(timeout=PATIENCE)
            kernel = ask(client, "__import__('os').getpid()")
            assert ask(client, "__import__('os').getcwd()") == str(tmp_path)
            seen = ask(client, "{name: value for name, value in __import__('os').environ.items()}")
            assert (seen.get("CVTR_IN_FLIGHT"), seen.get("CVTR_CHUNK"), seen.get("OPENBLAS_NUM_THREADS")) == ("3", None, None)
            assert ask(client, "'pandas' in __import__('sys').modules")  # it was there before anybody asked for it

            asked = client.execute("import time, pathlib\npathlib.Path('begun').touch()\nwhile True: time.sleep(0.01)")
            until((tmp_path / "begun").exists)
            manager.interrupt_kernel()
            content = {}
            while content.get("msg_id") != asked:
                reply = client.get_shell_msg(timeout=PATIENCE)
                content = {"msg_id": reply["parent_header"].get("msg_id"), **reply["content"]}
            assert content["ename"] == "KeyboardInterrupt"

            os.kill(manager.provisioner.pid, signal.SIGKILL)
            until(lambda: ended(kernel))
            manager.restart_kernel(now=True)
            client.wait_for_ready(timeout=PATIENCE)
            second = ask(client, "__import__('os').getpid()")
            assert second != kernel
            os.kill(second, signal.SIGKILL)
            until(lambda: not manager.is_alive())
            assert manager.provisioner.process.returncode == -signal.SIGKILL
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
