"""What a worker tells of itself."""

import json
import os
import ssl
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness import self_witness, shadowed


def test_variables_that_choose_a_road_are_told_by_name_and_never_by_value(monkeypatch):
    for name in self_witness.roads(os.environ):
        monkeypatch.delenv(name)
    assert self_witness.terms()["variables"] == []
    monkeypatch.setenv("HTTP_PROXY", "http://user:secret@proxy:3128")
    monkeypatch.setenv("NETRC", "/home/bob/netrc")
    found = self_witness.terms()
    assert found["variables"] == ["HTTP_PROXY", "NETRC"]
    assert not {"secret", "bob"} & set(json.dumps(found).replace("/", " ").replace(":", " ").split())


def test_the_libraries_that_are_loaded_tell_their_own_versions(monkeypatch):
    monkeypatch.setitem(sys.modules, "niquests", SimpleNamespace(__version__="3.14.0"))
    monkeypatch.delitem(sys.modules, "treq", raising=False)
    found = self_witness.terms()["libraries"]
    assert found["niquests"] == "3.14.0"
    assert "treq" not in found


def test_a_library_that_was_replaced_and_loaded_late_is_told(monkeypatch):
    assert self_witness.terms()["shadowed"] is None
    monkeypatch.setitem(sys.modules, "urllib3", SimpleNamespace(__version__="2.25.904"))
    monkeypatch.setattr(shadowed, "installed_version", lambda name: "2.8.0")
    assert "what is imported calls itself 2.25.904" in self_witness.terms()["shadowed"]


def test_other_authorities_and_another_maker_of_contexts_are_other_certificates(monkeypatch, tmp_path):
    before = self_witness.certificates()
    assert before == self_witness.terms()["certificates_at_first"]
    bundle = tmp_path / "bundle.pem"
    bundle.touch()
    with monkeypatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(bundle))
        found = self_witness.certificates()
        assert found["authorities"] != before["authorities"]
        assert str(tmp_path) not in json.dumps(found)

    class Truststore(ssl.SSLContext):
        pass

    monkeypatch.setattr(ssl, "SSLContext", Truststore)
    assert self_witness.certificates()["made_by"] != before["made_by"]
    assert self_witness.terms()["certificates_at_first"] == before


def test_a_thread_that_left_its_cores_is_told_beside_the_others():
    cores = sorted(os.sched_getaffinity(0))
    plain = f"cores {' '.join(map(str, cores))}, nice {os.getpriority(os.PRIO_PROCESS, 0)}, policy 0"
    assert self_witness.scheduling() == [plain]
    assert self_witness.terms()["scheduling_at_first"] == [plain]
    placed, looked = threading.Event(), threading.Event()

    def elsewhere():
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 7)
        placed.set()
        looked.wait()

    thread = threading.Thread(target=elsewhere)
    thread.start()
    try:
        placed.wait()
        found = self_witness.scheduling()
    finally:
        looked.set()
        thread.join()
    assert found == sorted([plain, plain.replace("nice 0", "nice 7")])


def test_a_process_that_has_just_ended_is_asked_nothing():
    assert self_witness._threads_of(2**22 + 1) == [2**22 + 1]
    with pytest.raises(ProcessLookupError):
        self_witness._way_of(2**22 + 1)


def test_the_place_is_what_was_drawn(monkeypatch, tmp_path):
    folder = tmp_path / "ffff"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTHONHASHSEED", "4711")
    monkeypatch.setenv("FETCHRACE_PADDING", "x" * 99)
    cores = sorted(os.sched_getaffinity(0))
    assert self_witness.place() == {"hash_seed": 4711, "padding": 99, "folder": 4, "cores": cores}


@pytest.mark.parametrize("seed", ["", "random"])
def test_without_a_seed_and_without_cores_there_is_none_to_tell(monkeypatch, seed):
    monkeypatch.setenv("PYTHONHASHSEED", seed)
    monkeypatch.delenv("FETCHRACE_PADDING", raising=False)
    monkeypatch.delattr(os, "sched_getaffinity")
    assert self_witness.place() == {"hash_seed": None, "padding": 0, "folder": len(Path.cwd().name), "cores": None}
