"""The catalogue as a whole, and what every exchange's own reader makes of the faults that change what is said."""

import pytest

import exchanges
from exchanges.errors import KINDS
from exchanges.quote import Quote
from mock_server.fault import Context
from mock_server.faults import catalogue, kind_on
from mock_server.faults.framing import chunk
from mock_server.reply import Reply

SAYING = [name for name, fault in catalogue.items() if fault.quote or fault.reply]
SOUND_ON_THE_WIRE = [name for name, fault in catalogue.items() if fault.wire and fault.kind is None]

PLAN = (
    "reset-before", "close-before", "reset-body", "close-body", "stall-before", "stall-head", "stall-body",
    "stall-after", "drip-body", "drip-head", "truncated", "length-negative", "length-word", "length-two",
    "length-and-chunked", "length-short", "length-long", "chunk-size-bad", "chunk-size-huge", "chunk-missing-last",
    "chunk-truncated", "gzip-bomb", "gzip-broken", "gzip-cut", "encoding-unknown", "body-giant", "body-endless",
    "head-giant", "head-many", "head-nul", "continue-flood", "banner-ssh", "garbage", "redirect-loop", "redirect-host",
    "redirect-metadata", "redirect-file", "html", "html-503", "empty", "no-content", "500", "503", "429", "418", "451",
    "403", "retry-after-date", "retry-after-past", "retry-after-negative", "retry-after-huge", "retry-after-word",
    "rate-limited", "banned", "blocked", "maintenance", "unknown-symbol", "text-plain", "bom", "utf-16", "latin-1",
    "charset-bogus", "nan", "infinity", "huge-exponent", "negative-price", "zero-price", "crossed", "odd-digits",
    "arabic-digits", "padded-number", "number-for-string", "string-for-number", "deep-json", "long-int",
    "duplicate-keys", "stale-time", "future-time", "tls-self-signed", "tls-expired", "tls-wrong-host", "tls-plain",
)  # fmt: skip


def test_the_catalogue_has_every_disturbance_of_the_acceptance_checks():
    assert [name for name in PLAN if name not in catalogue] == []


def test_every_kind_is_one_of_the_closed_list():
    assert {fault.kind for fault in catalogue.values()} <= {None, *KINDS}


def test_every_fault_takes_hold_at_exactly_one_place():
    for fault in catalogue.values():
        places = (fault.quote, fault.reply, fault.wire, fault.tls)
        assert sum(place is not None for place in places) == 1, fault.name


def test_a_name_can_stand_in_a_specification():
    for name in catalogue:
        assert not set(name) & set(":@,+ "), name


def test_every_fault_says_in_one_line_what_happens():
    for fault in catalogue.values():
        assert 5 < len(fault.says) <= 120, fault.name
        assert fault.says.isprintable()
        assert fault.check in {f"B{number:02}" for number in range(1, 31)}


def test_a_fault_of_what_is_said_has_its_kind_at_every_exchange(bench, nothing_to_change):
    plain = bench.answer()
    idle = {name for name in nothing_to_change.get(bench.exchange.name, ()) if bench.struck(name) == plain}
    judged = {name: bench.judged(bench.struck(name)) for name in SAYING}
    kinds = {name: None if isinstance(found, Quote) else found for name, found in judged.items()}
    wanted = {name: kind_on(bench.exchange.name, catalogue[name]) for name in SAYING}
    assert kinds == wanted | dict.fromkeys(idle)


def test_an_odd_but_sound_answer_gives_the_very_quote_of_the_plain_one(bench):
    odd = [name for name in SAYING if catalogue[name].kind is None and not name.endswith("-time")]
    assert {name: bench.judged(bench.struck(name)) for name in odd} == dict.fromkeys(odd, bench.judged(bench.answer()))


@pytest.mark.parametrize("name", SOUND_ON_THE_WIRE)
def test_odd_but_sound_framing_gives_the_very_quote_of_the_plain_answer(bench, parsed, name):
    data = b"".join(step for step in catalogue[name].wire(bench.raw()) if isinstance(step, bytes))
    if name == "early-hints":  # which http.client takes for the answer
        data = data.partition(b"\r\n\r\n")[2]
    assert bench.read(parsed(data)) == bench.judged(bench.answer())


def test_a_fault_changes_a_copy_and_never_the_answer_itself(binance):
    for name in SAYING:
        if catalogue[name].reply:
            answer, same = binance.answer(), binance.answer()
            catalogue[name].reply(answer, binance.context)
            assert answer == same, name


def test_faults_compose_in_the_order_of_the_specification(binance):
    assert binance.judged(binance.struck("bom", "text-plain", "gzip-members")) == binance.judged(binance.answer())
    assert binance.judged(binance.struck("bom", "nan")) == "bad_value"
    assert binance.judged(binance.struck("nan", "html")) == "not_json"
    assert binance.judged(binance.struck("gzip-cut", "nan", "latin-1", "duplicate-keys")) == "encoding"


def test_no_pair_of_faults_of_what_is_said_breaks_the_server(binance):
    for first in SAYING:
        for second in ("nan", "utf-16", "gzip-cut", "duplicate-keys", "json-cut", "unknown-symbol"):
            binance.judged(binance.struck(first, second))


def test_a_chunk_is_its_size_in_hexadecimal_and_its_bytes():
    assert chunk(b"x" * 26) == b"1a\r\n" + b"x" * 26 + b"\r\n"
    assert chunk(b"") == b"0\r\n\r\n"


def test_a_fault_says_that_it_empties_an_answer_if_and_only_if_it_does():
    exchange = exchanges.load("binance")
    request = exchange.request_for(exchange.instruments[0].pair)
    sound = Reply.of(exchange.refusal_for("server", request))
    emptied = {
        fault.name
        for fault in catalogue.values()
        if fault.reply is not None and not fault.reply(sound, Context(exchange, request)).body
    }
    assert emptied == {fault.name for fault in catalogue.values() if fault.empties}
