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
from dataclasses import dataclass
from pathlib import Path

from harness.job import Job

_HOME = Path(__file__).resolve().parent.parent
# What would make one client take another road than the next: requests and httpx read these, aiohttp does not.
_NETWORK_VARIABLES = (
    "http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir", "requests_ca_bundle",
    "curl_ca_bundle", "sslkeylogfile",
)  # fmt: skip
_TAIL = 65536


def python(module: str) -> list[str]:
    """The command for one of our modules; ``-P`` keeps a strange working folder's files off the import path."""
    return [sys.executable, "-P", "-m", module]


def environment(dice: random.Random | None = None) -> dict[str, str]:
    """The environment of a child: the parent's, less proxies and certificate overrides, so that all clients
    go the same way. With ``dice``, a random hash seed and a random amount of padding: the size of the
    environment moves the stack and with it the speed of a process (Mytkowicz et al., ASPLOS 2009)."""
    kept = {name: value for name, value in os.environ.items() if name.lower() not in _NETWORK_VARIABLES}
    # Children run in other folders: what is relative to this one would be lost.
    theirs = [str(Path(entry).resolve()) for entry in kept.get("PYTHONPATH", "").split(os.pathsep) if entry]
    path = [str(_HOME), *theirs]
    kept["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(path))
    if dice is not None:
        kept["PYTHONHASHSEED"] = str(dice.randrange(1, 2**32))
        kept["FETCHRACE_PADDING"] = "x" * dice.randrange(4096)
    return kept


def last_line(text: str) -> str:
    """The last line that says something: of a traceback, the exception."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a worker ended: pyperf's JSON, the exit code (None: out of time), and what it said last."""

    pyperf: str
    exit_code: int | None
    said: str
    left_behind: bool


def run_worker(job: Job, warm: int, limit_s: float, dice: random.Random) -> Ending:
    """Run one job in a fresh process group and wait for it, ``limit_s`` seconds at most.

    Whatever happens in here, an interrupt included, the worker and everything below it are gone afterwards.
    """
    with tempfile.TemporaryDirectory(prefix="f" * dice.randrange(1, 60)) as folder:
        job_file = Path(folder, "job.json")
        job.write(job_file)
        result_read, result_write = os.pipe()
        life_read, life_write = os.pipe()
        process = None
        try:
            with Path(folder, "said").open("w+b") as said:
                process = subprocess.Popen(
                    [*python("harness.worker"), "--job", str(job_file), "--lifeline", str(life_read), "--worker",
                     "--loops", "1", "--warmups", "1", "--values", str(warm), "--pipe", str(result_write)],
                    cwd=folder, env=environment(dice), pass_fds=(result_write, life_read), start_new_session=True,
                    stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                )  # fmt: skip
                os.close(result_write)
                result_write = -1
                until = time.monotonic() + limit_s
                text = _read_until_closed(result_read, until)
                exit_code = _wait(process, until)
                left_behind = _end_group(process)
                said.seek(max(0, said.seek(0, os.SEEK_END) - _TAIL))  # a strategy may have printed gigabytes
                return Ending(text, exit_code, last_line(said.read().decode("utf-8", "replace")), left_behind)
        finally:
            if process is not None:
                _end_group(process)
                process.wait()
            for fd in (result_read, result_write, life_read, life_write):
                if fd >= 0:
                    os.close(fd)


def _read_until_closed(fd: int, until: float) -> str:
    chunks = []
    while (left := until - time.monotonic()) > 0:
        if not select.select([fd], [], [], left)[0]:
            break
        chunk = os.read(fd, 65536)
        if not chunk:
            break
        chunks.append(chunk)
    return b"".join(chunks).decode("utf-8", "replace")


def _wait(process: subprocess.Popen[bytes], until: float) -> int | None:
    try:
        return process.wait(max(0.0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        return None


def _end_group(process: subprocess.Popen[bytes]) -> bool:
    """Kill what is left of the worker's process group; tell whether anything was."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
        return True
    return False
