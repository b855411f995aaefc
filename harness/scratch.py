"""Scratch: a folder for what our processes tell each other, gone when the block is left.

Who is killed outright (SIGKILL, or a second Ctrl-C) removes nothing. So each such folder is locked for as long as its
maker lives, whatever namespace that lives in, and whoever makes the next one removes those that nobody holds.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

# Short: a socket of multiprocessing's may have to lie in it, and no such path is longer than a hundred bytes.
_PREFIX: Final = "fetchrace-s-"


@contextlib.contextmanager
def scratch() -> Iterator[str]:
    """A new folder that only its owner can enter; what killed programs of the same user left is swept first. Raises
    OSError."""
    _sweep()
    folder, held = _made()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def _made() -> tuple[str, int]:
    while True:
        folder = tempfile.mkdtemp(prefix=_PREFIX)
        held = _opened(Path(folder))
        if held is not None:
            with contextlib.suppress(OSError):  # no locks here: nobody sweeps it either
                fcntl.flock(held, fcntl.LOCK_EX)
            # A sweep may have come between the making and the lock.
            if Path(folder).is_dir():
                return folder, held
            os.close(held)


def _sweep() -> None:
    with contextlib.suppress(OSError):
        for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
            held = _opened(left)
            if held is None:
                continue
            try:
                with contextlib.suppress(OSError):  # its maker lives
                    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(held)


def _opened(folder: Path) -> int | None:
    """A folder of ours, and no link to one; None for anything else."""
    try:
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    if os.fstat(held).st_uid == os.getuid() and stat.S_ISDIR(os.fstat(held).st_mode):
        return held
    os.close(held)
    return None
