"""A lifeline: a pipe from parent to child that ends the child, and all below it, when the parent is gone.

A signal handler cannot help when the parent dies by SIGKILL; a read that returns end-of-file can. The child
leads its own session, so one kill reaches its whole process group.
"""

from __future__ import annotations

import os
import signal
import threading


def hold(read_fd: int) -> None:
    """Watch the pipe in a daemon thread that sleeps in one read until the parent is gone."""
    os.set_inheritable(read_fd, False)

    def watch() -> None:
        while os.read(read_fd, 1):
            pass
        if os.getpid() == os.getpgrp():  # only ever a group that this process leads
            os.killpg(os.getpgrp(), signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
