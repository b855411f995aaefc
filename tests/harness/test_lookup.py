import socket
import threading

from harness.lookup import looked_up


def test_names_are_looked_up_at_once_and_each_address_is_told_once():
    together = threading.Barrier(2, timeout=5)

    def resolve(host, port, type):  # noqa: A002  as getaddrinfo calls it
        together.wait()
        if host == "b.example":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        row = (socket.AF_INET, type, 6, "", ("8.8.8.8", 0))
        return [row, row, (socket.AF_INET6, type, 6, "", ("fe80::1", 0, 0, 3))]

    found = looked_up(["a.example", "b.example", "a.example"], 5.0, resolve)
    assert found.addresses == {"a.example": ("8.8.8.8", "fe80::1%3")}
    assert found.failures == {"b.example": "Name or service not known"}


def test_a_resolver_that_says_nothing_is_waited_for_until_the_deadline_and_no_longer():
    released = threading.Event()

    def silent(host, port, type):  # noqa: A002
        released.wait()
        return []

    assert looked_up(["a.example"], 0.001, silent).failures == {"a.example": "nobody said within 1.00 ms"}
    released.set()


def test_a_name_that_nobody_can_write_or_that_has_no_address_is_a_failure():
    assert looked_up(["a" * 64 + ".example"], 5.0).failures
    assert looked_up(["a.example"], 5.0, lambda *a, **k: []).failures == {"a.example": "it has no address"}
    assert looked_up([], 5.0).addresses == {}
