"""Who has brought what a beat asked of it."""

import math
from types import SimpleNamespace

import pytest

from harness.tracker.standing import Standing, sentence_of, standing_of


def scheduler(name="kraken", done=-1, brought=-1, asked=-1, alone_s=-math.inf, began=None, silent=False, kind=None):
    return SimpleNamespace(
        name=name, done_beat=done, brought_beat=brought, asked_beat=asked, left_alone_until=alone_s, silent=silent,
        batch=None if began is None else SimpleNamespace(began=began), tally=SimpleNamespace(last_kind=kind),
    )  # fmt: skip


@pytest.mark.parametrize(("one", "word"), [
    (scheduler(), "late"),
    (scheduler(done=4, brought=4, asked=4, began=9.9), "late"),
    (scheduler(done=5, brought=5, asked=5), "answered"),
    (scheduler(done=6, brought=6, asked=6), "answered"),
    (scheduler(done=5, brought=5, asked=5, began=9.9), "answered"),  # a refresh after the beat
    (scheduler(done=5, brought=4, asked=5), "failed"),
    (scheduler(done=4, brought=3, asked=4, alone_s=12.0), "failed"),
    (scheduler(done=5, brought=4, asked=4), "spared"),
    (scheduler(done=5, brought=4, asked=4, silent=True), "failed"),
])  # fmt: skip
def test_each_exchange_answered_or_is_late_or_failed_or_was_spared(one, word):
    standing = standing_of([one], 5, 10.0)
    assert getattr(standing, word) == ("kraken",)
    assert standing.asked == (0 if word == "spared" else 1)


def test_a_beat_is_over_when_nobody_is_late_or_enough_have_answered():
    two = Standing(("a", "b"), ("c",), (), ())
    assert not two.is_over(None)
    assert not two.is_over(3)
    assert two.is_over(2)
    assert Standing(("a",), (), ("c",), ("d",)).is_over(None)


def test_the_sentence_tells_who_did_not_answer_and_why():
    schedulers = [
        scheduler("binance", done=5, brought=5, asked=5), scheduler("kraken", began=7.9), scheduler("okx"),
        scheduler("gate", done=5, asked=5, alone_s=22.04, kind="rate_limited"),
        scheduler("bybit", done=5, asked=5, kind="server"), scheduler("gemini", done=5),
    ]  # fmt: skip
    assert sentence_of(standing_of(schedulers, 5, 10.0), schedulers, 10.0) == (
        "1 of 5 exchanges answered; late: kraken (asked 2.10 s ago), okx; failed: gate (rate_limited, asked again in"
        " 12.0 s), bybit (server); not asked, to keep within their rate limits: gemini"
    )


def test_the_sentence_is_short_when_all_is_well():
    schedulers = [scheduler(done=0, brought=0, asked=0)]
    assert sentence_of(standing_of(schedulers, 0, 1.0), schedulers, 1.0) == "1 of 1 exchanges answered"
