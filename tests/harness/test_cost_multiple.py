"""CPU time as a multiple: of whom, and by blocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cost_multiple import add_cost_multiples
from harness.cpu_yardstick import LEAN, yardstick_of


def test_the_yardstick_is_our_own_lean_client_where_it_races_and_else_whoever_spent_least():
    assert yardstick_of({"a": 3.0, "b": 1.0, LEAN: 2.0}) == LEAN
    assert yardstick_of({"a": 3.0, "b": 1.0}) == "b"
    assert yardstick_of({"a": 0.0, LEAN: 0.0}) is None
    assert yardstick_of({}) is None


@given(st.dictionaries(st.text(max_size=3), st.floats(1e-9, 1e3), min_size=1))
def test_without_it_nobody_spent_less_than_the_yardstick(cpu_s):
    assert cpu_s[yardstick_of(cpu_s)] == min(cpu_s.values())


def test_multiples_are_ratios_within_blocks_with_their_interval(measured):
    fit = {
        "a": [measured("a", block, 0.4, cpu_s=cpu) for block, cpu in enumerate((0.2, 0.4))],
        "b": [measured("b", block, 0.4, cpu_s=cpu) for block, cpu in enumerate((0.1, 0.1))],
    }
    rows = [{"name": name, "cpu_s_per_request": spent} for name, spent in (("a", 0.05), ("b", 0.0166))]
    add_cost_multiples(rows, fit)
    a, b = rows
    assert (a["cpu_of"], b["cpu_of"]) == ("b", "b")
    assert a["cpu_multiple"] == pytest.approx((2 * 4) ** 0.5)
    assert a["cpu_multiple_low"] < a["cpu_multiple"] < a["cpu_multiple_high"]
    assert b["cpu_multiple"] == 1.0


def test_where_nobody_spent_anything_no_multiple_is_made_up(measured):
    rows = [{"name": "a", "cpu_s_per_request": 0.0}]
    add_cost_multiples(rows, {"a": [measured("a", 0, 0.4, cpu_s=0.0)]})
    assert rows == [{"name": "a", "cpu_s_per_request": 0.0}]
