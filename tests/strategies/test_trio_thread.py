"""The thread of a trio run opens or says why not, and is free again after an interrupt."""

import errno
import threading

import pytest
import trio

from strategies.trio_thread import trio_thread


async def doubled(number):
    await trio.lowlevel.checkpoint()
    return 2 * number


def test_a_function_runs_in_the_loop_and_its_result_comes_back():
    with trio_thread() as run:
        assert [run(doubled, 1), run(doubled, 2)] == [2, 4]


def test_a_loop_that_cannot_begin_raises_where_it_was_opened(monkeypatch):
    def full(main):
        raise OSError(errno.EMFILE, "Too many open files")

    before = threading.active_count()
    monkeypatch.setattr(trio, "run", full)
    with pytest.raises(OSError, match="Too many open files"), trio_thread():
        pass
    assert threading.active_count() == before


def interrupted(sent):
    """A hand-over that Ctrl-C prevents, or lets through too late."""

    def run(*args, trio_token):
        sent.append(args)
        raise KeyboardInterrupt

    return run


def test_an_interrupt_before_the_call_was_handed_over_waits_for_nothing(monkeypatch):
    with trio_thread() as run:
        with monkeypatch.context() as patch:
            patch.setattr(trio.from_thread, "run", interrupted([]))
            with pytest.raises(KeyboardInterrupt):
                run(doubled, 1)
        assert run(doubled, 2) == 4


def test_a_call_that_was_given_up_before_it_began_never_begins(monkeypatch):
    sent, begun = [], threading.Event()

    async def begin():
        begun.set()

    with trio_thread() as run:
        with monkeypatch.context() as patch:
            patch.setattr(trio.from_thread, "run", interrupted(sent))
            with pytest.raises(KeyboardInterrupt):
                run(begin)
        ((call, *args),) = sent
        assert run(call, *args) is None
    assert not begun.is_set()
