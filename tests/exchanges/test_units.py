"""Durations and sizes at the edge."""

import pytest

from exchanges.units import (
    bytes_from,
    seconds_from,
    text_from_bytes,
    text_from_price,
    text_from_ratio,
    text_from_seconds,
    text_from_share,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("20ms", 0.02),
        ("1.5s", 1.5),
        ("500us", 0.0005),
        ("500µs", 0.0005),
        ("2min", 120),
        ("1h", 3600),
        ("7d", 604_800),
        (" .5 s ", 0.5),
    ],
)
def test_a_duration_is_read_in_its_unit(text, seconds):
    assert seconds_from(text) == pytest.approx(seconds, rel=1e-12)


def test_zero_needs_no_unit():
    assert seconds_from("0") == seconds_from("0ms") == 0.0


@pytest.mark.parametrize("text", ["", "20", "ms", "-1s", "1e3ms", "20 parsecs", "nan s", "infs", "1_0ms", "٢ms"])
def test_what_is_no_duration_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match="expected a duration such as 20ms"):
        seconds_from(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 ms"),
        (0.0234, "23.4 ms"),
        (1.5, "1.50 s"),
        (0.9999, "1.00 s"),
        (0.0005, "500 µs"),
        (62.0, "62.0 s"),
        (3e-7, "0.30 µs"),
    ],
)
def test_a_duration_is_printed_with_three_digits_in_the_unit_that_reads_best(seconds, text):
    assert text_from_seconds(seconds) == text


@pytest.mark.parametrize(
    ("text", "size"), [("1024", 1024), ("4MiB", 4 * 2**20), ("500KB", 500_000), ("1.5KiB", 1536), ("7 B", 7)]
)
def test_a_size_is_read_in_its_unit(text, size):
    assert bytes_from(text) == size


@pytest.mark.parametrize("text", ["", "-1", "4 mib", "4TiB", "1e6", "MiB"])
def test_what_is_no_size_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match="expected a size such as 4MiB"):
        bytes_from(text)


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (45_200_000, "43.1 MiB"), (2**30, "1.0 GiB")]
)
def test_a_size_is_printed_in_binary_units(size, text):
    assert text_from_bytes(size) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("91191.50000", "91191.50"), ("1", "1.00"), ("0.00000820", "0.0000082"), ("1.234", "1.234"),
        ("1E-7", "0.0000001"),
        ("100.0", "100.00"),
    ],
)  # fmt: skip
def test_a_price_keeps_two_decimals_and_loses_padding(text, expected):
    assert text_from_price(text) == expected


@pytest.mark.parametrize(
    ("ratio", "expected"), [(0.98, "0.98"), (1.02, "1.02"), (9.99, "9.99"), (9.996, "10.0"), (18.34, "18.3")]
)
def test_a_ratio_near_one_keeps_the_digits_that_matter(ratio, expected):
    assert text_from_ratio(ratio) == expected


def test_a_share_is_told_in_percent_with_a_space_before_the_sign():
    assert [text_from_share(0.805), text_from_share(1 / 3), text_from_share(0.0123, 1)] == ["80 %", "33 %", "1.2 %"]
