from mock_server.levers import OneAtATime


class Clock:
    """A timer whose calls are made by hand, the earliest first."""

    def __init__(self):
        self.calls = []

    def call(self, when, callback):
        self.calls.append((when, callback))
        return self

    def tick(self):
        when, callback = min(self.calls, key=lambda call: call[0])
        self.calls.remove((when, callback))
        callback()
        return when


class Waiter:
    gone = False
    call = None

    def __init__(self, name, answered):
        self.name, self.answered = name, answered

    def due(self):
        self.answered.append(self.name)


def test_a_single_hand_takes_one_after_the_other_in_the_order_in_which_they_are_due():
    clock, answered = Clock(), []
    hand = OneAtATime(clock, 5.0)
    for name, due in (("second", 2.0), ("first", 1.0), ("third", 3.0)):
        hand.enter(Waiter(name, answered), due)
    for _ in range(3):
        clock.tick()
    assert len(clock.calls) == 1  # the hand is busy with the first; the others have no call
    while clock.calls:
        clock.tick()
    assert answered == ["first", "second", "third"]


def test_who_leaves_is_passed_over_and_does_not_keep_the_hand_busy():
    clock, answered = Clock(), []
    hand = OneAtATime(clock, 5.0)
    waiters = [Waiter(name, answered) for name in ("held", "waiting", "last")]
    for place, waiter in enumerate(waiters):
        hand.enter(waiter, float(place))
    for _ in range(3):
        clock.tick()
    waiters[0].gone = waiters[1].gone = True
    while clock.calls:
        clock.tick()
    assert answered == ["last"]
    hand.enter(Waiter("next", answered), 9.0)
    while clock.calls:
        clock.tick()
    assert answered == ["last", "next"]
