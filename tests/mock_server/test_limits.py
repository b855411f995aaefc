"""The bookkeeping of limits against oracles of a few lines each, written in fractions and without looking at it."""

import heapq
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import exchanges
from exchanges.limit import Charge, RateLimit
from exchanges.wire import Request
from mock_server.limits import LONGEST_BAN_S, MOST_ADDRESSES, MOST_BUDGETS, Limiter

NS = 10**9
BUCKET = RateLimit(capacity=10, per_s=1.0)
MINUTE = RateLimit(capacity=100, per_s=60.0, window=True, patience=3, ban_s=120.0)


class Metered:
    """An exchange reduced to its budgets: the target ``/<bucket>/<weight>`` says what to charge."""

    name = "metered"

    def __init__(self, limit):
        self.limit = limit

    def charge_for(self, request):
        _, bucket, weight = request.target.split("/")
        return Charge(bucket, int(weight), self.limit) if bucket != "free" else None

    def usage_headers(self, charge, used, resets_s):
        return {"used": str(used), "resets": repr(resets_s)}


def asked(weight=1, bucket="all"):
    return Request("metered", "http://127.0.0.1", f"/{bucket}/{weight}")


def judged(limiter, steps, address="a"):
    """The judgements of (nanoseconds, weight), in order."""
    return [limiter.judge(address, asked(weight), at / NS) for at, weight in steps]


def token_bucket(limit, steps):
    """Whether each weight fits, and what is spent afterwards."""
    tokens, last, answers = Fraction(limit.capacity), Fraction(0), []
    for at, weight in steps:
        tokens = min(Fraction(limit.capacity), tokens + (at - last) * limit.capacity / Fraction(limit.per_s))
        last = at
        fits = tokens >= weight
        tokens -= weight if fits else 0
        answers.append((fits, math.ceil(limit.capacity - tokens)))
    return answers


def fixed_window(limit, steps):
    """The same where spent weight comes back all at once, at whole multiples of ``per_s``."""
    spent, window, answers = 0, None, []
    for at, weight in steps:
        if at // Fraction(limit.per_s) != window:
            spent, window = 0, at // Fraction(limit.per_s)
        fits = spent + weight <= limit.capacity
        spent += weight if fits else 0
        answers.append((fits, spent))
    return answers


# In 1024ths of a second, which floats hold exactly.
gaps = st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 8)), min_size=1, max_size=60)


def arrivals(steps, grain_s=Fraction(1, 1024)):
    at, found = Fraction(0), []
    for gap, weight in steps:
        at += gap * grain_s
        found.append((at, weight))
    return found


@pytest.mark.parametrize(
    ("limit", "oracle"),
    [
        (RateLimit(8, 1.0), token_bucket),
        (RateLimit(20, 2.0), token_bucket),
        (RateLimit(15, 45.0), token_bucket),
        (RateLimit(40, 10.0, window=True), fixed_window),
        (RateLimit(8, 1.0, window=True), fixed_window),
    ],
)
@given(steps=gaps)
def test_acceptance_and_counts_equal_the_oracle_for_any_arrivals(limit, oracle, steps):
    limiter = Limiter(Metered(limit), enforce=True)
    times = arrivals(steps)
    found = [limiter.judge("a", asked(weight), float(at)) for at, weight in times]
    assert [(one.kind is None, int(one.headers["used"])) for one in found] == oracle(limit, times)


@given(steps=gaps, limit=st.sampled_from([BUCKET, MINUTE, RateLimit(3, 7.0, patience=1, ban_s=1.0)]))
def test_waiting_as_long_as_told_is_always_enough_and_never_ends_in_a_ban(steps, limit):
    limiter = Limiter(Metered(limit), enforce=True)
    now = 1e6 / 7  # a clock whose last digits are not round
    for gap, weight in steps:
        now += gap / 1024
        weight = min(weight, limit.capacity)
        answer = limiter.judge("a", asked(weight), now)
        if answer.kind is not None:
            assert answer.kind == "rate_limited"
            now += answer.retry_after
            assert limiter.judge("a", asked(weight), now).kind is None


@given(
    bursts=st.lists(st.tuples(st.sampled_from([0, 1, 30, 2000]), st.integers(1, 20)), min_size=1, max_size=6),
    limit=st.sampled_from(
        [RateLimit(15, 45.0, patience=5, ban_s=9.0), MINUTE, RateLimit(3, 7.0, patience=1, ban_s=1.0)]
    ),
    scale=st.sampled_from([1.0, 60.0, 3600.0]),
)
def test_a_caller_that_bursts_and_waits_as_long_as_told_is_never_banned_at_any_time_scale(bursts, limit, scale):
    limiter, now = Limiter(Metered(limit), scale, enforce=True), 1e6 / 7
    for pause_ms, requests in bursts * 10:
        now += pause_ms / 1000
        answers = [limiter.judge("a", asked(limit.capacity // 3), now) for _ in range(requests)]
        assert "banned" not in {one.kind for one in answers}
        now += max((one.retry_after for one in answers if one.kind), default=0.0)


@given(
    paces=st.lists(st.integers(1, 3000), min_size=1, max_size=30),
    limit=st.sampled_from([BUCKET, MINUTE, RateLimit(3, 7.0, patience=1, ban_s=1.0)]),
    scale=st.sampled_from([1.0, 10.0, 600.0]),
)
def test_callers_side_by_side_that_each_wait_as_long_as_they_were_told_are_never_banned(paces, limit, scale):
    limiter = Limiter(Metered(limit), scale, enforce=True)
    due = sorted((1000.0 + pace / 1000, place) for place, pace in enumerate(paces))
    for _ in range(200):
        now, place = heapq.heappop(due)
        answer = limiter.judge("a", asked(limit.capacity // 3), now, lambda: len(paces))
        assert answer.kind != "banned"
        heapq.heappush(due, (now + (answer.retry_after or paces[place] / 1000), place))


def test_a_new_connection_for_each_request_does_not_save_one_that_keeps_asking_from_a_ban():
    limiter = Limiter(Metered(MINUTE), enforce=True)
    kinds = [limiter.judge("a", asked(30), 1 + place / 5, lambda: 2).kind for place in range(20)]
    assert "banned" in kinds


def test_connections_that_were_closed_after_a_refusal_still_count_as_callers():
    limiter, closing = Limiter(Metered(MINUTE), enforce=True), iter(range(10, 0, -1))
    judged(limiter, [(NS, 100)])
    kinds = [limiter.judge("a", asked(), 2 + place / 5, lambda: next(closing)).kind for place in range(10)]
    assert set(kinds) == {"rate_limited"}


def test_with_nothing_to_tell_there_are_no_headers_and_nothing_is_refused():
    limiter = Limiter(Metered(BUCKET), tell=False)
    assert {(one.kind, len(one.headers)) for one in judged(limiter, [(0, 8)] * 5)} == {(None, 0)}


@given(steps=gaps, exponent=st.integers(-3, 6))
def test_scaling_the_time_and_the_scale_together_changes_no_answer(steps, exponent):
    scale = 2.0**exponent  # exact in binary, so that the two clocks agree to the nanosecond
    plain = Limiter(Metered(MINUTE), enforce=True, heard_s=0.125)
    scaled = Limiter(Metered(MINUTE), time_scale=scale, enforce=True, heard_s=0.125 / scale)
    for at, weight in arrivals(steps):
        one = plain.judge("a", asked(weight * 10), float(at))
        other = scaled.judge("a", asked(weight * 10), float(at) / scale)
        assert (one.kind, one.headers.get("used")) == (other.kind, other.headers.get("used"))
        if one.kind is not None:
            assert other.retry_after * scale == pytest.approx(one.retry_after, abs=3e-6 * max(1, scale))


@given(steps=gaps)
def test_without_enforcement_everything_passes_and_is_counted(steps):
    limiter = Limiter(Metered(MINUTE), enforce=False)
    times = [(at, 90) for at, _ in arrivals(steps, Fraction(1, 1024 * 1024))]
    found = [limiter.judge("a", asked(weight), float(at)) for at, weight in times]
    assert {one.kind for one in found} == {None}
    assert [int(one.headers["used"]) for one in found] == [90 * (place + 1) for place in range(len(found))]


def test_a_refused_request_spends_nothing():
    limiter = Limiter(Metered(BUCKET), enforce=True)
    kinds = [one.kind for one in judged(limiter, [(0, 8), (0, 8), (0, 2), (0, 1)])]
    assert kinds == [None, "rate_limited", None, "rate_limited"]


def test_more_weight_than_there_ever_is_passes_alone_and_empties_the_bucket():
    limiter = Limiter(Metered(BUCKET), enforce=True)
    heavy, next_one = judged(limiter, [(0, 50), (NS // 20, 1)])
    assert (heavy.kind, next_one.kind) == (None, "rate_limited")
    assert next_one.retry_after == pytest.approx(0.05, abs=3e-6)


def test_asking_on_during_the_wait_ends_in_a_ban_and_then_the_door_opens_again():
    limiter = Limiter(Metered(MINUTE), enforce=True)
    steps = [(NS, 100), (2 * NS, 1), (3 * NS, 1), (4 * NS, 1), (5 * NS, 1), (6 * NS, 1), (126 * NS, 1)]
    found = judged(limiter, steps)
    told = [None, "rate_limited", "rate_limited", "rate_limited", "banned", "banned", None]
    assert [one.kind for one in found] == told
    assert [one.retry_after for one in found[4:6]] == pytest.approx([120, 119], abs=3e-6)


def test_the_rest_of_a_burst_is_not_held_against_a_caller_that_could_not_know():
    limiter = Limiter(Metered(MINUTE), enforce=True)
    for minute in range(5):
        start = NS + minute * 60 * NS
        found = judged(limiter, [(start, 100), *((start + place, 1) for place in range(1000))])
        assert {one.kind for one in found[1:]} == {"rate_limited"}


def test_a_caller_of_a_fast_bucket_is_banned_although_some_of_its_requests_pass():
    limiter = Limiter(Metered(RateLimit(1, 1.0, patience=10, ban_s=60.0)), enforce=True)
    found = judged(limiter, [(place * NS // 4, 1) for place in range(60)])
    first = next(place for place, one in enumerate(found) if one.kind == "banned")
    assert None in {one.kind for one in found[1:first]}
    assert first < 30


@pytest.mark.parametrize("scale", [1.0, 60.0, 600.0, 3600.0])
def test_however_fast_the_time_passes_whoever_goes_on_asking_is_banned(scale):
    limiter = Limiter(Metered(MINUTE), time_scale=scale, enforce=True)
    kinds = {limiter.judge("a", asked(30), place / 1000).kind for place in range(1000)}  # for a second of ours
    assert "banned" in kinds


def test_sitting_out_one_wait_forgives_the_repeats_before_it():
    limiter = Limiter(Metered(MINUTE), enforce=True)
    twice = [(NS, 1), (2 * NS, 1), (3 * NS, 1)]  # told once, and ignored two of the three times that a ban takes
    for minute in range(0, 10, 2):
        start = minute * 60 * NS
        found = judged(limiter, [(start, 100), *((start + at, w) for at, w in twice)])
        assert {one.kind for one in found[1:]} == {"rate_limited"}
        # In the next minute it asks for too much once, and waits.
        found = judged(limiter, [(start + 60 * NS, 100), (start + 61 * NS, 1)])
        assert found[1].kind == "rate_limited"


def test_each_ban_is_twice_as_long_up_to_three_days_and_a_quiet_while_starts_anew():
    limiter = Limiter(Metered(RateLimit(1, 1e5, window=True, patience=1, ban_s=120.0)), enforce=True)
    lengths, now = [], 1.0
    for _ in range(14):
        answers = [limiter.judge("a", asked(), now + step) for step in (0.0, 1.0, 2.0)]
        ban = next(one for one in answers if one.kind == "banned")
        lengths.append(round(ban.retry_after))
        now += 2.0 + ban.retry_after
    assert lengths[:4] == [120, 240, 480, 960]
    assert lengths[-2:] == [LONGEST_BAN_S, LONGEST_BAN_S]
    now += LONGEST_BAN_S + 10
    answers = [limiter.judge("a", asked(), now + step) for step in (0.0, 1.0, 2.0)]
    assert 120 in {round(one.retry_after) for one in answers if one.kind == "banned"}


def test_a_ban_covers_every_endpoint_of_the_address_and_no_other_address():
    limiter = Limiter(Metered(MINUTE), enforce=True)
    judged(limiter, [(NS, 100), (2 * NS, 1), (3 * NS, 1), (4 * NS, 1), (5 * NS, 1)])
    kinds = [
        limiter.judge(address, asked(bucket=bucket), 6.0).kind
        for address, bucket in (("a", "other"), ("a", "free"), ("b", "all"))
    ]
    assert kinds == ["banned", "banned", None]


def test_addresses_and_buckets_have_budgets_of_their_own():
    limiter = Limiter(Metered(BUCKET), enforce=True)
    first = [limiter.judge(who, asked(10, what), 0.0).kind for who in "ab" for what in ("x", "y")]
    again = [limiter.judge(who, asked(1, what), 0.0).kind for who in "ab" for what in ("x", "y")]
    assert (first, again) == ([None] * 4, ["rate_limited"] * 4)


def test_what_the_exchange_does_not_count_always_passes():
    limiter = Limiter(Metered(RateLimit(1, 60.0)), enforce=True)
    assert {limiter.judge("a", asked(bucket="free"), 0.0).kind for _ in range(50)} == {None}


def test_the_headers_tell_when_the_budget_is_whole_again_in_real_seconds():
    window = Limiter(Metered(MINUTE), time_scale=60.0, enforce=True)
    bucket = Limiter(Metered(BUCKET), time_scale=2.0, enforce=True)
    assert float(window.judge("a", asked(), 0.25).headers["resets"]) == pytest.approx(0.75)
    assert float(bucket.judge("a", asked(5), 0.0).headers["resets"]) == pytest.approx(0.25)


def test_memory_is_bounded_and_the_caller_that_keeps_coming_is_not_forgotten():
    limiter = Limiter(Metered(MINUTE), enforce=True)
    limiter.judge("regular", asked(100), 0.0)
    for place in range(3 * MOST_ADDRESSES):
        limiter.judge(f"address {place}", asked(bucket=f"bucket {place}"), 1.0)
        assert limiter.judge("regular", asked(1), 1.0).kind == "rate_limited"
    for place in range(3 * MOST_BUDGETS):
        limiter.judge("regular", asked(bucket=f"bucket {place}"), 1.0)
    assert len(limiter._callers) == MOST_ADDRESSES
    assert max(len(caller.budgets) for caller in limiter._callers.values()) == MOST_BUDGETS


def test_the_idle_are_forgotten_when_somebody_new_comes():
    limiter = Limiter(Metered(MINUTE), enforce=True)
    for place in range(10):
        limiter.judge(f"address {place}", asked(), 0.0)
    limiter.judge("new", asked(), LONGEST_BAN_S + 1)
    assert list(limiter._callers) == ["new"]


def test_a_clock_that_steps_back_refunds_nothing():
    limiter = Limiter(Metered(BUCKET), enforce=True)
    assert [one.kind for one in judged(limiter, [(5 * NS, 10), (NS, 1), (5 * NS, 1)])] == [
        None,
        "rate_limited",
        "rate_limited",
    ]


@pytest.mark.parametrize("scale", [0.0, -1.0, math.inf, math.nan])
def test_a_time_scale_that_is_no_positive_number_is_refused_with_a_sentence(scale):
    with pytest.raises(ValueError, match="expected a time scale above 0"):
        Limiter(Metered(BUCKET), time_scale=scale)


@pytest.mark.parametrize("name", exchanges.names())
def test_every_exchange_can_be_judged_for_any_target(name):
    exchange = exchanges.load(name)
    limiter = Limiter(exchange, enforce=True)
    request = exchange.request_for(exchange.instruments[0].pair)
    assert limiter.judge("a", request, 0.0).kind is None
    for target in ("/", "/nothing", "*", "/%ff?%ff=%ff&a=1&a=2", "/" + "a" * 5000):
        assert limiter.judge("a", Request(name, exchange.origin, target), 1.0).kind in (None, "rate_limited")


@pytest.mark.parametrize("name", exchanges.names())
def test_every_exchange_says_no_in_its_own_words_to_a_caller_that_asks_too_fast(name):
    exchange = exchanges.load(name)
    limiter = Limiter(exchange, enforce=True)
    pair = exchange.instruments[0].pair
    request = exchange.request_for(pair)
    answer = next(one for one in (limiter.judge("a", request, 1.0) for _ in range(100_000)) if one.kind is not None)
    said = exchange.quote_from(pair, exchange.refusal_for(answer.kind, request, answer.retry_after))
    assert (answer.kind, said.kind) == ("rate_limited", "rate_limited")
