"""Compressed bodies: what is said about them is true of their bytes."""

import gzip
import tracemalloc
import zlib

import pytest

from mock_server.faults.encodings import bomb


def test_the_bomb_holds_64_mib_of_zeros_and_is_small_on_the_wire():
    assert len(bomb()) < 100 * 1024
    inflate = zlib.decompressobj(31)
    size, data = 0, bomb()
    while data:
        out = inflate.decompress(data, 1024 * 1024)
        assert not out.strip(b"\0")
        size += len(out)
        data = inflate.unconsumed_tail
    assert inflate.eof
    assert size == 64 * 1024 * 1024


def test_the_bomb_is_made_without_64_mib_of_memory():
    bomb.cache_clear()
    tracemalloc.start()
    try:
        bomb()
        assert tracemalloc.get_traced_memory()[1] < 4 * 1024 * 1024
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["gzip-broken", "gzip-checksum", "gzip-cut", "gzip-false"])
def test_what_is_said_to_be_no_sound_gzip_is_none(bench, name):
    reply = bench.struck(name)
    assert reply.headers["Content-Encoding"] == "gzip"
    with pytest.raises((zlib.error, gzip.BadGzipFile, EOFError)):
        gzip.decompress(reply.body)


def test_gzip_in_two_members_is_the_body_of_the_plain_answer(bench):
    packed = bench.struck("gzip-members").body
    assert gzip.decompress(packed) == bench.answer().body
    assert packed.count(b"\x1f\x8b\x08") == 2
