import socket

import pytest

from harness.own_hosts import pinned_hosts
from harness.place import Place

ORIGINS = {
    "kraken": "https://api.kraken.com", "okx": "https://www.okx.com", "gate": "http://127.0.0.1:1",
    "bybit": "https://mirror.example.com",
}  # fmt: skip


@pytest.fixture
def asked(monkeypatch):
    names, system = [], socket.getaddrinfo

    def resolve(host, port, *args, **options):
        names.append(host)
        if host == "www.okx.com":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return system("8.8.8.8", port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return names


def test_names_that_nobody_checked_yet_are_looked_up_once_and_lead_there_for_the_shot(asked):
    place = Place(ORIGINS, True, "", pins={"mirror.example.com": ("1.1.1.1",)})
    with pinned_hosts(place, [*ORIGINS], 5.0) as lost:
        assert sorted(asked) == ["api.kraken.com", "www.okx.com"]
        assert socket.getaddrinfo("api.kraken.com", 443)[0][4][0] == "8.8.8.8"
        assert asked.count("api.kraken.com") == 1
    assert lost == {"okx": "dns: the name www.okx.com could not be resolved: Name or service not known"}


def test_where_nothing_leaves_this_machine_no_name_is_looked_up(asked):
    with pinned_hosts(Place({"gate": "http://localhost:1"}, False, ""), ["gate"], 5.0) as lost:
        assert (lost, asked) == ({}, [])
