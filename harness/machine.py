"""Where a run took place: enough to judge its numbers, nothing that names a person or a host."""

from __future__ import annotations

import os
import platform
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from harness.shadowed import CLIENTS, installed_version

_DISTRIBUTIONS = ("fetchrace", "pyperf", "psutil", *CLIENTS)
_FLAG = re.compile(r"(--[^=]*=|-[A-Za-z]=?)?(.*)", re.DOTALL)
"""A flag and the value glued to it: ``--latency=20ms``, ``-sthreads``."""
_HOST = re.compile(r"((?:tcp|tls|wss?)://)(?!localhost\b|127\.)[^:/]+(:\d+)?")
"""Of a scheduler's address: where it is, is nobody else's business."""
_PAIR = re.compile(r"[A-Za-z0-9]{1,20}/[A-Za-z0-9]{1,20}")


def machine() -> dict[str, Any]:
    """The machine and the interpreter, by kind."""
    affinity = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    return {
        "system": platform.system(),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "cpu": _cpu_model(),
        "cores": psutil.cpu_count(),
        "affinity": affinity,
        "memory_bytes": psutil.virtual_memory().total,
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "gil": sys._is_gil_enabled() if hasattr(sys, "_is_gil_enabled") else True,  # noqa: SLF001 (3.13's only way)
        "load_at_start": os.getloadavg()[0],
    }


def versions() -> dict[str, str]:
    """The installed versions of what races, with what it is built on, and of what measures."""
    found = {name: installed_version(name) for name in _DISTRIBUTIONS}
    return {name: version for name, version in found.items() if version is not None}


def shown_command(arguments: Sequence[str]) -> str:
    """The command that repeats a run, with paths of this machine cut down to their last part."""
    shown = []
    for argument in arguments:
        match = _FLAG.fullmatch(argument)
        flag, value = (match[1] or "", match[2]) if match else ("", argument)
        words = re.split(r"([,;])", value)
        words = [_HOST.sub(r"\1HOST\2", word) if "://" in word else word for word in words]
        words = [word if _PAIR.fullmatch(word) or "://" in word else _last_part(word) for word in words]
        shown.append(shlex.quote(flag + "".join(words)))
    return " ".join(["python -m harness", *shown])


def _last_part(word: str) -> str:
    """A path without its folders; the home folder's own name is a person's."""
    head, profile, file = word.partition("profile:")
    if profile:  # a latency's: profile:FILE, or EXCHANGE=profile:FILE
        return head + profile + _last_part(file)
    path, colon, attribute = word.rpartition(":") if ".py:" in word else (word, "", "")
    if os.sep not in path:
        return word
    found = Path(path)
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 (Path.home() raises where nobody knows a home folder)
    return ("~" if found == home else found.name) + colon + attribute


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or "unknown"
