import socket

import pytest

from mock_server.options import bind_from
from mock_server.sockets import Listening, PortBusy, is_loopback, turned_away


@pytest.fixture
def bound():
    opened = []

    def on(*rest, **more):
        opened.append(Listening.on(*rest, **more))
        return opened[-1]

    yield on
    for listening in opened:
        listening.socket.close()


def test_a_port_of_its_own_is_named_with_scheme_and_address(bound):
    listening = bound(0)
    assert listening.origin == f"http://127.0.0.1:{listening.port}"
    assert listening.origin_of("https") == f"https://127.0.0.1:{listening.port}"


def test_a_socket_on_every_address_is_reached_on_loopback(bound):
    assert bound(0, address="0.0.0.0").origin.startswith("http://127.0.0.1:")


def test_an_ipv6_address_is_put_in_brackets(bound):
    try:
        listening = bound(0, address="::1")
    except PortBusy:
        pytest.skip("this machine has no IPv6 loopback")
    assert listening.origin == f"http://[::1]:{listening.port}"


def test_a_port_that_others_listen_on_is_refused_with_the_way_out(bound):
    taken = bound(0)
    with pytest.raises(PortBusy, match=rf"port {taken.port} .* in use .* --control-port 0"):
        bound(taken.port, "--control-port")


@pytest.mark.skipif(not hasattr(socket, "SO_REUSEPORT"), reason="no SO_REUSEPORT here")
def test_a_shared_port_can_be_had_twice(bound):
    assert bound(bound(0, shared=True).port, shared=True).port


def test_an_address_of_another_machine_is_a_sentence():
    with pytest.raises(PortBusy, match=r"192\.0\.2\.1 is no address of this machine"):
        Listening.on(0, address="192.0.2.1")


@pytest.mark.parametrize(("address", "local"), [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True),
                                                ("0.0.0.0", False), ("10.0.0.1", False), ("::", False)])  # fmt: skip
def test_loopback_is_what_no_other_machine_reaches(address, local):
    assert is_loopback(address) is local


def test_a_name_is_no_address():
    with pytest.raises(ValueError, match="expected an IP address"):
        is_loopback("localhost")


def test_an_address_that_others_reach_has_to_be_meant():
    assert bind_from("127.0.0.1", False) == "127.0.0.1"
    assert bind_from("0.0.0.0", True) == "0.0.0.0"
    with pytest.raises(ValueError, match="add --allow-remote"):
        bind_from("0.0.0.0", False)


def test_a_socket_tells_how_many_connections_were_turned_away_from_it_and_from_nobody_else(bound):
    full, other = bound(0), bound(0)
    full.socket.listen(1)
    if full.turned_away() is None:
        pytest.skip("this system does not say whom it turns away")
    assert turned_away([full, other]) == 0
    clients = [socket.socket() for _ in range(6)]
    for client in clients:
        client.setblocking(False)
        client.connect_ex(("127.0.0.1", full.port))
    # A backlog of 1 holds two; loopback delivers within the call.
    assert (full.turned_away(), other.turned_away()) == (4, 0)
    assert turned_away([full, other]) == 4
    for client in clients:
        client.close()


def test_where_the_system_does_not_say_nobody_knows_how_many_were_turned_away(bound, monkeypatch):
    listening = bound(0)
    monkeypatch.setattr("sys.platform", "darwin")
    assert listening.turned_away() is None
    assert turned_away([listening]) is None
