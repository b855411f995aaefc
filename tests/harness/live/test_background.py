"""Work behind the page (``harness.live.background``)."""

import threading

from harness.live.background import Background


class Counting(Background):
    def __init__(self, failed):
        super().__init__("counting", failed)
        self.rounds, self.ended = threading.Semaphore(0), threading.Event()

    def _work(self):
        while not self._stopped.is_set():
            self.rounds.release()
        self.ended.set()


class Broken(Background):
    def _work(self):
        raise RuntimeError("a bug")


def test_it_goes_on_until_it_is_stopped():
    counting = Counting(print)
    counting.start()
    assert all(counting.rounds.acquire(timeout=10) for _ in range(3))
    counting.stop()
    assert counting.ended.wait(10)


def test_a_bug_ends_it_and_is_told():
    told, heard = [], threading.Event()
    Broken("broken", lambda error: (told.append(str(error)), heard.set())).start()
    assert heard.wait(10)
    assert told == ["a bug"]
