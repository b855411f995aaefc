"""Taking a request's target apart."""

import pytest

from exchanges.target import path_and_fields, path_and_query


def test_path_and_query_are_decoded():
    path, query = path_and_query("/a%20b?symbols=%5B%22BTCUSDT%22%5D&empty=&plus=a+b")
    assert path == "/a b"
    assert dict(query) == {"symbols": '["BTCUSDT"]', "empty": "", "plus": "a b"}


def test_a_target_without_a_query_has_no_fields():
    assert path_and_query("/x") == ("/x", {})


@pytest.mark.parametrize("query", ["a=1&a=2", "&".join(f"f{n}=1" for n in range(101))])
def test_a_query_that_can_be_read_in_two_ways_or_is_too_long_is_refused(query):
    with pytest.raises(LookupError):
        path_and_query(f"/x?{query}")


def test_a_field_that_is_repeated_keeps_all_its_values_in_order():
    path, fields = path_and_fields("/a%20b?id=B&x=&id=A")
    assert path == "/a b"
    assert dict(fields) == {"id": ("B", "A"), "x": ("",)}


def test_a_list_may_be_long_and_not_endless():
    _, fields = path_and_fields("/x?" + "&".join(f"id={n}" for n in range(2000)))
    assert len(fields["id"]) == 2000
    with pytest.raises(LookupError):
        path_and_fields("/x?" + "&".join(f"id={n}" for n in range(2001)))
