import pytest

from harness.address_guard import is_loopback, parsed, refusal_of

PUBLIC = ["8.8.8.8", "1.1.1.1", "104.16.0.1", "2606:4700::1111", "2a00:1450:4001:82a::200e", "64:ff9b::808:808"]
PRIVATE = [
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.255.255",
    "127.0.0.1", "127.8.8.8", "::1", "fc00::1", "fd12:3456:789a::1",
]  # fmt: skip
NEVER = [
    "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.0.1", "168.63.129.16", "192.0.0.192", "192.0.0.1",
    "192.0.2.1", "192.88.99.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "fe80::1", "fe80::1%eth0", "2606:4700::1%eth0", "fec0::1", "ff02::1", "100::1", "2001:db8::1", "3fff::1",
    "5f00::1", "4000::1",
    # An IPv4 address inside: this machine's, a cloud's secrets', or a public one by a back door.
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1", "::127.0.0.1", "::8.8.8.8",
    "2002:7f00:1::", "2002:808:808::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::a00:1", "64:ff9b:1::7f00:1",
    "64:ff9b:1::808:808", "2001:0:7f00:1::1", "2606:4700::5efe:7f00:1", "2606:4700::200:5efe:808:808",
]  # fmt: skip


def refusals(text):
    return [refusal_of(parsed(text), allow_private) for allow_private in (False, True)]


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_may_be_asked(text):
    assert refusals(text) == [None, None]


@pytest.mark.parametrize("text", PRIVATE)
def test_a_private_address_may_be_asked_by_who_says_so(text):
    refused, allowed = refusals(text)
    assert refused in ("a private network's", "this machine's own")
    assert allowed is None


@pytest.mark.parametrize("text", NEVER)
def test_what_is_no_server_s_address_is_refused_whatever_is_said(text):
    assert None not in refusals(text)


def test_only_an_address_that_is_written_as_one_is_this_machine_s_own():
    assert [is_loopback(parsed(text)) for text in ("127.0.0.1", "127.9.9.9", "::1")] == [True] * 3
    assert not any(is_loopback(parsed(text)) for text in ("::ffff:127.0.0.1", "2002:7f00:1::", "0.0.0.0", "::"))


@pytest.mark.parametrize("text", ["2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.01", "", "::g"])
def test_an_address_in_another_spelling_is_none(text):
    assert parsed(text) is None
