"""Orphans come home: what a worker's helpers used is ours, though they outlive it."""

import json
import os
import subprocess
import sys

import pytest

from harness import orphans

# A process that leads a group of its own, as a worker does, starts a helper that works on when it has ended.
PARENT = """
import json, os, resource, subprocess, sys, time
from harness.orphans import adopting, reap

helper = "import time\\nuntil = time.process_time() + 0.3\\nwhile time.process_time() < until: pass"
worker = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {helper!r}]).pid)"

def used():
    reaped = resource.getrusage(resource.RUSAGE_CHILDREN)
    return reaped.ru_utime + reaped.ru_stime

with adopting():
    bystander = subprocess.Popen([sys.executable, "-c", "raise SystemExit(7)"], start_new_session=True)
    pid = int(subprocess.run([sys.executable, "-c", worker], stdout=subprocess.PIPE, start_new_session=True).stdout)
    with open(f"/proc/{pid}/stat") as file:
        parent = int(file.read().rpartition(")")[2].split()[1])
    before = used()
    while os.path.exists(f"/proc/{pid}"):
        time.sleep(0.01)
        reap()
    print(json.dumps({"adopted": parent == os.getpid(), "used_s": used() - before, "bystander": bystander.wait()}))
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux hands orphans to whom asks for them")
def test_the_time_of_an_orphan_becomes_ours_and_who_waits_for_a_child_of_his_own_is_left_alone():
    said = subprocess.run([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, check=True, timeout=30).stdout
    found = json.loads(said)
    assert (found["adopted"], found["bystander"]) == (True, 7)
    assert found["used_s"] >= 0.29


def test_where_the_system_has_no_such_thing_nothing_happens(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(orphans, "reap", lambda: pytest.fail("there is nobody to take leave of"))
    with orphans.adopting():
        assert os.getpid() > 0
