"""The kernel's counters, read from files like its own."""

import pytest

from harness import kernel_counters
from harness.kernel_counters import counters, growth

NETSTAT = """\
TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPSynRetrans
TcpExt: 1 20 30 40
IpExt: InNoRoutes InOctets
IpExt: 7 8
"""
SNMP = """\
Ip: Forwarding DefaultTTL
Ip: 1 64
Tcp: RtoAlgorithm RetransSegs InErrs
Tcp: 1 50 0
"""


@pytest.fixture
def files(monkeypatch, tmp_path):
    found = tmp_path / "netstat", tmp_path / "snmp"
    monkeypatch.setattr(kernel_counters, "_FILES", found)
    return found


def test_the_counters_are_found_by_their_names_in_both_files(files):
    for file, text in zip(files, (NETSTAT, SNMP), strict=True):
        file.write_text(text)
    assert counters() == {"ListenOverflows": 20, "ListenDrops": 30, "TCPSynRetrans": 40, "RetransSegs": 50}


def test_a_system_without_these_files_says_nothing(files):
    assert counters() == {}
    files[1].write_text(SNMP)
    assert counters() == {"RetransSegs": 50}


def test_growth_is_what_has_grown_and_nothing_else():
    before = {"ListenOverflows": 3, "ListenDrops": 9, "RetransSegs": 5}
    assert growth(before, {**before, "ListenOverflows": 5}) == {"ListenOverflows": 2}
    assert growth(before, before) == {}
    assert growth({}, {"ListenDrops": 1}) == {"ListenDrops": 1}
