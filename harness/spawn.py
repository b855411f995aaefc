"""Starting our own Python processes, so that each is a fair place to measure in and none outlives us."""

from __future__ import annotations

import contextlib
import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from harness.affinity import cores_for, on_cores
from harness.influences import is_withheld
from harness.job import Job
from harness.orphans import Bystanders
from harness.scratch import scratch

_HOME = Path(__file__).resolve().parent.parent
_TAIL = 65536


def python(module: str) -> list[str]:
    """The command for one of our modules; ``-P`` keeps a strange working folder's files off the import path."""
    return [sys.executable, "-P", "-m", module]


def environment(dice: random.Random | None = None) -> dict[str, str]:
    """The environment of a child: the parent's, less what would send or slow one client and not the next
    (``harness.influences``). With ``dice``, a random hash seed and a random amount of padding: the size of the
    environment moves the stack and with it the speed of a process (Mytkowicz et al., ASPLOS 2009)."""
    kept = {name: value for name, value in os.environ.items() if not is_withheld(name)}
    # Children run in other folders: what is relative to this one would be lost.
    theirs = [str(Path(entry).resolve()) for entry in kept.get("PYTHONPATH", "").split(os.pathsep) if entry]
    path = [str(_HOME), *theirs]
    kept["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(path))
    if dice is not None:
        kept["PYTHONHASHSEED"] = str(dice.randrange(1, 2**32))
        kept["FETCHRACE_PADDING"] = "x" * dice.randrange(4096)
    return kept


def environment_in(place: str, dice: random.Random | None = None) -> dict[str, str]:
    """The same for a child whose temporary files are to lie in ``place``, so that they go with it, however it ends."""
    return {**environment(dice), "TMPDIR": place}


def last_line(text: str) -> str:
    """The last line that says something: of a traceback, the exception."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


def last_words(said: IO[bytes]) -> str:
    """The last line of what a child printed into a file; a strategy may have printed gigabytes."""
    said.seek(max(0, said.seek(0, os.SEEK_END) - _TAIL))
    return last_line(said.read().decode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class Ending:
    """How a worker ended: pyperf's JSON, the exit code (None: out of time), what it said last, and how many processes
    it left running, where it ended by itself (``harness.orphans``)."""

    pyperf: str
    exit_code: int | None
    said: str
    left_behind: int


@contextlib.contextmanager
def child(
    module: str, arguments: Sequence[str], folder: str, variables: dict[str, str], said: IO[bytes],
    pass_fds: Sequence[int] = (),
) -> Iterator[subprocess.Popen[bytes]]:  # fmt: skip
    """One of our modules in a process of its own, which leads a process group and is given ``--lifeline FD``
    first. What it prints goes to ``said``.

    However the block is left, by an interrupt included, the child and its whole group are gone afterwards; when
    this process is killed, the lifeline ends them.
    """
    theirs, ours = os.pipe()
    try:
        try:
            process = subprocess.Popen(
                [*python(module), "--lifeline", str(theirs), *arguments], cwd=folder, env=variables,
                pass_fds=(theirs, *pass_fds), start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=said, stderr=said,
            )  # fmt: skip
        finally:
            os.close(theirs)
        try:
            yield process
        finally:
            _end_group(process)
            process.wait()
    finally:
        os.close(ours)


def exit_code_of(process: subprocess.Popen[bytes], until: float) -> int | None:
    """Wait for a child until a moment of CLOCK_MONOTONIC, end its group, and reap it. None: out of time."""
    in_time = _ended(process, until)
    _end_group(process)
    code = process.wait()
    return code if in_time else None


def run_worker(job: Job, warm: int, limit_s: float, dice: random.Random) -> Ending:
    """Run one job in a fresh process group, on the cores of its scenario, and wait for it, ``limit_s`` seconds at most.

    Whatever happens in here, an interrupt included, the worker and everything below it are gone afterwards, as far as
    ``harness.orphans`` reaches.

    Raises:
        EnvironmentGap: there are not the cores that the scenario asks for.
    """
    cores = cores_for(job.scenario.affinity).workers
    # The length of the working folder's name moves the stack as the environment's size does (see environment).
    with (
        scratch() as place,
        tempfile.TemporaryDirectory(prefix="f" * dice.randrange(1, 60), dir=place) as folder,
        Path(folder, "said").open("w+b") as said,
    ):
        job_file = Path(folder, "job.json")
        job.write(job_file)
        result_read, result_write = os.pipe()
        try:
            arguments = [
                "--job", str(job_file), "--worker", "--loops", "1", "--warmups", "1", "--values", str(warm),
                "--pipe", str(result_write),
            ]  # fmt: skip
            if cores is not None:
                # Told to pyperf as well, which would move the worker to a machine's isolated cores half way through.
                arguments += ["--affinity", ",".join(map(str, cores))]
            with contextlib.ExitStack() as running:
                bystanders = Bystanders.now()
                running.callback(bystanders.end_others)
                with on_cores(cores):
                    process = running.enter_context(
                        child("harness.worker", arguments, folder, environment_in(place, dice), said, (result_write,))
                    )
                os.close(result_write)
                result_write = -1
                until = time.monotonic() + limit_s
                text = _result_of(process, result_read, until)
                left_behind = bystanders.left_running(process.pid) if _ended(process, until) else 0
                return Ending(text, exit_code_of(process, until), last_words(said), left_behind)
        finally:
            for fd in (result_read, result_write):
                if fd >= 0:
                    os.close(fd)


def _result_of(process: subprocess.Popen[bytes], fd: int, until: float) -> str:
    """What a worker wrote into a pipe before it closed it, or ended: whom it left behind may hold the other end."""
    chunks = []
    with _noticing_the_end(process) as ended:
        while (left_s := until - time.monotonic()) > 0:
            if fd not in select.select([fd, *ended], [], [], left_s)[0]:
                break
            chunk = os.read(fd, 65536)
            if not chunk:
                break
            chunks.append(chunk)
    return b"".join(chunks).decode("utf-8", "replace")


def _ended(process: subprocess.Popen[bytes], until: float) -> bool:
    """Wait for a child to end, and leave it unreaped: while it is a zombie, its process group's id is nobody
    else's, and the group can be killed without hitting a stranger."""
    if process.returncode is not None:
        return True
    left_s = max(0.0, until - time.monotonic())
    with _noticing_the_end(process) as ended:
        if ended:
            return bool(select.select(ended, [], [], left_s)[0])
    try:  # reaped here, so the group's id is free a moment too early
        process.wait(left_s)
    except subprocess.TimeoutExpired:
        return False
    return True


@contextlib.contextmanager
def _noticing_the_end(process: subprocess.Popen[bytes]) -> Iterator[list[int]]:
    """A descriptor that can be read when a child has ended, which is not reaped by that; none elsewhere than on
    Linux."""
    if not hasattr(os, "pidfd_open"):
        yield []
        return
    fd = os.pidfd_open(process.pid)
    try:
        yield [fd]
    finally:
        os.close(fd)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a child's process group, unless the child was reaped: then the id may be a stranger's by now."""
    if process.returncode is None or not hasattr(os, "pidfd_open"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
