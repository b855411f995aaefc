"""A signal strikes where it is waited for, and nowhere between."""

import signal
import threading

import pytest

from strategies.held_signals import HeldSignals


def strike():
    signal.raise_signal(signal.SIGINT)


def test_a_signal_waits_until_it_is_let_in():
    signals = HeldSignals()
    with signals.held():
        strike()
        with pytest.raises(KeyboardInterrupt):
            signals.let_in()
        signals.let_in()  # once is enough


def test_a_signal_strikes_at_once_while_it_is_waited_for():
    signals = HeldSignals()
    with signals.held():
        signals.waiting = True
        with pytest.raises(KeyboardInterrupt):
            strike()
        assert signals.waiting is False


def test_a_signal_that_nobody_let_in_strikes_at_the_end():
    signals = HeldSignals()
    with pytest.raises(KeyboardInterrupt), signals.held():
        strike()


def test_the_handlers_are_put_back():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with HeldSignals().held():
        assert signal.getsignal(signal.SIGINT) is not before[0]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_in_another_thread_nothing_is_held():
    done = []

    def run():
        with HeldSignals().held():
            done.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert done == [signal.getsignal(signal.SIGINT)]
