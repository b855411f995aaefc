"""``python -m harness live`` as a process that tests start and end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[3]


class Live:
    """One that serves: ``url`` opens its page with its controls, ``address`` without."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "harness", "live", "--json", "--db", "off", *arguments]
        self._said = (folder / f"{os.urandom(4).hex()}.txt").open("w+")
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=self._said, text=True, env=_environment(folder)
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"live ended with {self.process.wait()}: {self.said()}"
        told = json.loads(line)
        self.url, self.token = told["url"], told["token"]
        self.address = self.url.partition("#")[0]
        self.port = int(re.search(r":(\d+)/", self.address)[1])

    def said(self) -> str:
        """What it wrote to stderr so far."""
        self._said.seek(0)
        return self._said.read()

    def end(self, number: signal.Signals = signal.SIGTERM, within_s: float = 10.0) -> int:
        """Its exit code, once it has ended."""
        self.process.send_signal(number)
        return self.process.wait(within_s)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self._said.close()


def _environment(folder: Path) -> dict[str, str]:
    # Whatever is configured or kept at home is not ours to read or to write.
    return {**os.environ, "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_STATE_HOME": str(folder)}
