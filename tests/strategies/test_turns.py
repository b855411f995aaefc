"""Turns: every request is drawn once, by whoever draws."""

import contextlib
import multiprocessing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies.turns import Turns


@contextlib.contextmanager
def made():
    with contextlib.closing(Turns(multiprocessing.get_context("forkserver"))) as turns:
        yield turns


@given(st.integers(1, 5000), st.lists(st.integers(0, 2), max_size=20))
def test_all_requests_are_drawn_once_by_several_who_share_the_turns(number, order):
    with made() as turns:
        turns.offer(number)
        drawing, drawn = [turns.draw(number) for _ in range(3)], []
        for who in order:
            drawn += [place for place in [next(drawing[who], None)] if place is not None]
        for rest in drawing:
            drawn += rest
    assert sorted(drawn) == list(range(number))


def test_of_a_thousand_requests_each_is_drawn_by_itself():
    with made() as turns:
        turns.offer(1000)
        first, second = turns.draw(1000), turns.draw(1000)
        assert [next(first), next(second), next(first)] == [0, 1, 2]


def test_what_a_batch_left_is_not_drawn_in_the_next_one():
    with made() as turns:
        turns.offer(10)
        turns.offer(3)
        assert list(turns.draw(3)) == [0, 1, 2]


def test_a_hundred_thousand_turns_fit_into_the_smallest_pipe():
    with made() as turns:
        turns.offer(100_000)
        assert len(list(turns.draw(100_000))) == 100_000


def test_nobody_draws_when_there_is_no_one_to_offer():
    turns = Turns(multiprocessing.get_context("forkserver"))
    reader = Turns.__new__(Turns)
    reader.__setstate__(turns.__getstate__())
    turns._writer.close()
    assert list(reader.draw(5)) == []
    reader.close()
    with pytest.raises(OSError, match="closed"):
        turns.offer(1)
