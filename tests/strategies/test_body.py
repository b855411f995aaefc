"""A body is read within its limits, whatever pieces it comes in."""

import contextlib
import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from strategies.body import Body, Fault

TEXT = b"price " * 1000


def read(pieces, limit=10_000, status=200, **headers):
    body = Body(status, {name.replace("_", "-"): value for name, value in headers.items()}, limit)
    for piece in pieces:
        body.add(piece)
    return body.whole()


def split(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("size", [1, 2, 7, 10_000])
@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT, mtime=0)),
        ("x-gzip", gzip.compress(TEXT[:10], mtime=0) + gzip.compress(TEXT[10:], mtime=0)),
        ("deflate", zlib.compress(TEXT)),
        ("Deflate", zlib.compress(TEXT)[2:-4]),
    ],
)
def test_a_body_is_the_same_in_pieces_of_any_size(encoding, packed, size):
    assert read(split(packed, size), content_encoding=encoding) == TEXT


@given(st.binary(max_size=300), st.integers(1, 20), st.sampled_from(["gzip", "deflate"]))
def test_noise_inflates_or_is_a_fault_and_never_anything_else(noise, size, encoding):
    with contextlib.suppress(Fault):
        assert isinstance(read(split(noise, size), content_encoding=encoding), bytes)


@given(st.binary(min_size=1, max_size=400), st.integers(1, 399))
def test_a_cut_gzip_is_a_fault_of_encoding(data, kept):
    packed = gzip.compress(data)
    with pytest.raises(Fault) as caught:
        read([packed[: min(kept, len(packed) - 1)]], content_encoding="gzip")
    assert caught.value.kind == "encoding"


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_the_limit_itself_is_allowed_and_a_byte_more_is_not(encoding):
    pack = gzip.compress if encoding == "gzip" else bytes
    assert len(read([pack(bytes(10_000))], content_encoding=encoding)) == 10_000
    with pytest.raises(Fault) as caught:
        read([pack(bytes(10_001))], content_encoding=encoding)
    assert caught.value.kind == "too_large"


def test_a_bomb_is_not_inflated_beyond_the_limit():
    bomb = gzip.compress(bytes(32 * 1024 * 1024))
    tracemalloc.start()
    try:
        with pytest.raises(Fault):
            read([bomb], limit=100_000, content_encoding="gzip")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_length_beyond_the_limit_is_refused_before_the_body():
    with pytest.raises(Fault) as caught:
        Body(200, {"content-length": "10001"}, 10_000)
    assert caught.value.kind == "too_large"


@pytest.mark.parametrize("length", ["-5", "abc", "5, 6", "5, 5", "", "+5", "٥", "1_0", "9" * 5000])
def test_a_length_that_is_no_number_is_a_fault_of_protocol(length):
    with pytest.raises(Fault) as caught:
        Body(200, {"content-length": length}, 10_000)
    assert caught.value.kind == "protocol"
    assert len(caught.value.detail) < 200


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("Content-Length", ["5", "5"], "protocol"),
        ("Transfer-Encoding", ["chunked", "chunked"], "protocol"),
        ("Content-Encoding", ["identity", "br"], "encoding"),
    ],
)
def test_every_line_of_a_repeated_header_counts_though_get_takes_the_first(name, values, kind):
    headers = CIMultiDict([(name, value) for value in values])
    assert headers.get(name) == values[0]
    with pytest.raises(Fault) as caught:
        Body(200, headers, 10_000)
    assert caught.value.kind == kind


def test_a_status_that_is_not_final_is_a_fault_of_protocol():
    with pytest.raises(Fault, match="expected a final answer, found status 101"):
        Body(101, {}, 10)


def test_an_answer_without_a_body_needs_no_gzip_in_it():
    assert read([], status=304, content_encoding="gzip") == b""


def test_a_redirect_shows_where_it_leads_without_control_characters():
    with pytest.raises(Fault) as caught:
        Body(302, {"location": "file:///\x1b[2J"}, 10)
    assert caught.value.kind == "redirect"
    assert caught.value.detail.isprintable()


def test_a_status_of_300_to_399_that_leads_nowhere_is_an_answer():
    assert read([b"x"], status=304) == b"x"
