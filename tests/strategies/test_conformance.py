"""Every strategy keeps every promise, and a strategy that breaks one is caught by that promise."""

import contextlib
import http.client
import itertools
import os
import re
import subprocess
import sys
import tempfile
import threading
import urllib.parse
from contextlib import contextmanager
from dataclasses import replace

import pytest

import strategies
from exchanges.plugins import MissingLibrary
from strategies import Declares, Failed, Limits, conformance
from strategies.conformance import check, main
from strategies.threads import threads


def loaded(name):
    try:
        return strategies.load(name)
    except MissingLibrary as error:
        pytest.skip(str(error))


# One with threads and one with a loop in the fast run, but not where deadlines are waited for; the slow run has all.
FAST = ("threads", "asyncio-aiohttp")
DEADLINES = 5
CASES = [
    pytest.param(*case, marks=[] if case[0] in FAST and case[1] != DEADLINES else pytest.mark.slow)
    for case in itertools.product(strategies.names(), range(1, 8))
]


@pytest.mark.parametrize(("name", "promise"), CASES)
def test_every_strategy_keeps_every_promise(name, promise):
    assert check(loaded(name), [promise]) == []


@pytest.fixture
def impatient(monkeypatch):
    """For strategies that let the checks wait in vain."""
    for module in ("gate_server", "promises", "leftovers"):
        monkeypatch.setattr(f"strategies.{module}.PATIENCE_S", 0.2)


def wrapping(change, **limits):
    """A strategy that is ``threads`` with something done to its outcomes, or to its limits."""

    @contextmanager
    def strategy(given, decode):
        changed = replace(given, **{name: function(getattr(given, name)) for name, function in limits.items()})
        with threads(changed, decode) as fetch:
            yield lambda requests: change(fetch, requests)

    return strategy


def plain(fetch, requests):
    return fetch(requests)


def broken(strategy, promise):
    breaches = check(strategy, [promise])
    assert [breach.promise for breach in breaches] == [promise]
    return str(breaches[0])


def test_a_strategy_that_loses_the_order_is_caught():
    assert "instead of" in broken(wrapping(lambda fetch, requests: fetch(requests)[::-1]), 1)


def test_a_strategy_that_loses_an_outcome_is_caught():
    assert "requests gave" in broken(wrapping(lambda fetch, requests: fetch(requests)[:-1]), 1)


@pytest.mark.slow
def test_a_strategy_that_forgets_headers_is_caught(impatient):
    def bare(fetch, requests):
        return fetch([replace(request, headers=()) for request in requests])

    assert "X-Number" in broken(wrapping(bare), 1)


def test_a_strategy_that_knows_no_method_but_get_is_caught():
    def get(fetch, requests):
        return fetch([replace(request, method="GET") for request in requests])

    assert "method" in broken(wrapping(get), 1)


def test_a_strategy_with_one_request_too_many_in_flight_is_caught():
    assert "5 requests were in flight at once" in broken(wrapping(plain, in_flight=lambda n: n + 1), 2)


@pytest.mark.slow
def test_a_strategy_with_fewer_in_flight_than_it_declares_is_caught(impatient):
    assert "only 3 requests came together" in broken(wrapping(plain, in_flight=lambda n: n - 1), 2)


def test_a_limit_per_host_instead_of_one_over_all_is_caught():
    @contextmanager
    def per_host(limits, decode):
        with contextlib.ExitStack() as stack:
            opened = {}

            def fetch(requests):
                by_origin = {}
                for place, request in enumerate(requests):
                    by_origin.setdefault(request.origin, []).append(place)
                outcomes = {}

                def part(origin, places):
                    found = opened[origin]([requests[place] for place in places])
                    outcomes.update(zip(places, found, strict=True))

                for origin in by_origin:
                    if origin not in opened:
                        opened[origin] = stack.enter_context(threads(limits, decode))
                parts = [threading.Thread(target=part, args=item) for item in by_origin.items()]
                for thread in parts:
                    thread.start()
                for thread in parts:
                    thread.join()
                return [outcomes[place] for place in range(len(requests))]

            yield fetch

    assert "requests were in flight at once" in broken(per_host, 2)


def test_a_strategy_that_counts_queueing_is_caught():
    def from_the_start(fetch, requests):
        outcomes = fetch(requests)
        return [replace(outcome, started=min(o.started for o in outcomes)) for outcome in outcomes]

    assert "while it queued" in broken(wrapping(from_the_start), 3)


def test_a_strategy_that_stops_its_clock_before_decoding_is_caught():
    def early(fetch, requests):
        return [replace(outcome, ended=outcome.started) for outcome in fetch(requests)]

    assert "before its value was in hand" in broken(wrapping(early), 3)


def test_a_strategy_with_the_wall_clock_is_caught():
    def wall(fetch, requests):
        return [replace(o, started=o.started + 1e9, ended=o.ended + 1e9) for o in fetch(requests)]

    assert "CLOCK_MONOTONIC" in broken(wrapping(wall), 3)


def test_a_strategy_with_a_kind_of_its_own_is_caught():
    def other(fetch, requests):
        return [replace(o, kind="reset") if getattr(o, "kind", "") == "disconnected" else o for o in fetch(requests)]

    assert "expected disconnected" in broken(wrapping(other), 4)


def test_a_strategy_that_raises_for_a_failed_request_is_caught():
    def raising(fetch, requests):
        outcomes = fetch(requests)
        if any(isinstance(outcome, Failed) for outcome in outcomes):
            raise ConnectionError("a request failed")
        return outcomes

    assert "the strategy raised ConnectionError: a request failed" in broken(wrapping(raising), 4)


def test_a_strategy_that_forgets_when_to_come_back_is_caught():
    def forgetful(fetch, requests):
        return [replace(o, retry_after=None) if isinstance(o, Failed) else o for o in fetch(requests)]

    assert "retry_after" in broken(wrapping(forgetful), 4)


def test_a_strategy_whose_outcomes_cannot_be_pickled_is_caught():
    def with_a_lock(fetch, requests):
        return [replace(o, detail=threading.Lock()) if isinstance(o, Failed) else o for o in fetch(requests)]

    assert "plain data" in broken(wrapping(with_a_lock), 4)


@pytest.mark.slow
def test_a_strategy_that_outlasts_its_deadline_is_caught():
    assert "the deadline is" in broken(wrapping(plain, deadline_s=lambda s: s + 0.3), 5)


def test_a_strategy_without_a_deadline_is_caught_and_not_waited_for(impatient):
    assert "expected deadline" in broken(wrapping(plain, deadline_s=lambda s: 1e6), 5)


def test_a_strategy_that_takes_an_interim_answer_for_the_final_one_is_caught(monkeypatch):
    monkeypatch.setattr("strategies.watched_pool._Watched.response_class", http.client.HTTPResponse)
    assert "promise 4" in broken(threads, 4)


@pytest.mark.slow
def test_a_strategy_that_takes_bodies_of_any_size_is_caught():
    assert "too_large for /large" in broken(wrapping(plain, max_body=lambda size: size * 100), 5)


@pytest.mark.slow
def test_a_strategy_that_follows_redirects_is_caught_even_if_it_does_not_say_so():
    def following(fetch, requests):
        outcomes = fetch(requests)
        for outcome in outcomes:
            if getattr(outcome, "kind", "") == "redirect":
                where = urllib.parse.urlsplit(re.search(r"http\S+second", outcome.detail)[0])
                connection = http.client.HTTPConnection(where.hostname, where.port)
                connection.request("GET", where.path)
                connection.getresponse().read()
                connection.close()
        return outcomes

    assert "followed" in broken(wrapping(following), 5)


def test_a_strategy_that_retries_is_caught():
    def stubborn(fetch, requests):
        outcomes = fetch(requests)
        return [fetch([r])[0] if isinstance(o, Failed) else o for r, o in zip(requests, outcomes, strict=True)]

    assert "arrived 2 times" in broken(wrapping(stubborn), 6)


def test_a_strategy_that_connects_anew_for_each_batch_is_caught_unless_it_says_so():
    @contextmanager
    def fresh(limits, decode):
        def fetch(requests):
            with threads(limits, decode) as once:
                return once(requests)

        yield fetch

    assert "opened 4 connections" in broken(fresh, 7)
    fresh.declares = Declares(reuse=False)
    assert check(fresh, [7]) == []


@pytest.fixture
def leaking():
    """Makes strategies that leave something behind, and clears it up after the test."""
    cleanups = contextlib.ExitStack()

    def make(leave):
        @contextmanager
        def strategy(limits, decode):
            with threads(limits, decode) as fetch:
                yield lambda requests: (leave(cleanups, requests), fetch(requests))[1]

        return strategy

    with cleanups:
        yield make


def test_a_thread_left_behind_is_caught(leaking, impatient):
    def leave(cleanups, requests):
        stop = threading.Event()
        thread = threading.Thread(target=stop.wait, name="forgotten")
        thread.start()
        cleanups.callback(thread.join)
        cleanups.callback(stop.set)

    assert "thread forgotten" in broken(leaking(leave), 7)


def test_a_process_left_behind_is_caught(leaking, impatient):
    def leave(cleanups, requests):
        child = cleanups.enter_context(subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE))
        cleanups.callback(child.stdin.close)

    assert "process " in broken(leaking(leave), 7)


def test_a_descriptor_left_behind_is_caught(leaking, impatient):
    def leave(cleanups, requests):
        for end in os.pipe():
            cleanups.callback(os.close, end)

    assert "open pipe" in broken(leaking(leave), 7)


def test_a_connection_left_open_is_caught(leaking, impatient):
    def leave(cleanups, requests):
        where = urllib.parse.urlsplit(requests[0].origin)
        connection = http.client.HTTPConnection(where.hostname, where.port)
        connection.connect()
        cleanups.callback(connection.close)

    said = broken(leaking(leave), 7)
    assert "connections" in said


def test_a_temporary_file_left_behind_is_caught(leaking, impatient):
    def leave(cleanups, requests):
        handle, _ = tempfile.mkstemp(prefix="forgotten")
        os.close(handle)

    assert "temporary file forgotten" in broken(leaking(leave), 7)


@pytest.mark.slow
def test_the_command_says_one_line_per_promise(capsys):
    assert main(["asyncio-aiohttp"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in lines] == [["asyncio-aiohttp", str(n), "kept"] for n in range(1, 8)]


@pytest.mark.slow
def test_the_command_fails_for_a_strategy_from_a_file_that_breaks_a_promise(capsys, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        "from contextlib import contextmanager\n"
        "from strategies.asyncio_aiohttp import asyncio_aiohttp\n"
        "@contextmanager\n"
        "def mine(limits, decode):\n"
        "    with asyncio_aiohttp(limits, decode) as fetch:\n"
        "        yield lambda requests: fetch(requests)[::-1]\n"
    )
    assert main([f"{file}:mine"]) == 1
    assert "  1  BROKEN  outcome 0 answers" in capsys.readouterr().out


def test_the_command_says_which_name_leads_nowhere(capsys):
    assert main(["treads"]) == 2
    assert "did you mean threads?" in capsys.readouterr().err


def test_limits_of_the_checks_are_the_ones_a_strategy_is_given():
    seen = []

    @contextmanager
    def curious(limits, decode):
        seen.append(limits)
        with threads(limits, decode) as fetch:
            yield fetch

    assert check(curious, [3]) == []
    assert seen == [Limits(in_flight=4)]


def test_everything_that_is_installed_is_held_to_the_promises_by_one_command(capsys, monkeypatch):
    lines = {"good": "kept", "lazy": "BROKEN", "lacking": "skipped"}
    outcomes = {"good": (0, "kept     7 of 7"), "lazy": (1, "BROKEN   6 of 7 kept; 2: too many"),
                "lacking": (3, "skipped  needs the library 'x'")}  # fmt: skip
    monkeypatch.setattr(strategies, "names", lambda: list(lines))
    monkeypatch.setattr(conformance, "_held", outcomes.__getitem__)
    assert main(["--all"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "good     kept     7 of 7", "lazy     BROKEN   6 of 7 kept; 2: too many",
        "lacking  skipped  needs the library 'x'",
    ]  # fmt: skip
    monkeypatch.setattr(strategies, "names", lambda: ["good", "lacking"])
    assert main(["--all"]) == 0


@pytest.mark.slow
def test_a_strategy_held_in_a_process_of_its_own_says_in_a_line_what_it_kept(tmp_path):
    assert conformance._held("threads") == (0, "kept     7 of 7")
    guest = tmp_path / "mine.py"
    guest.write_text(
        "from contextlib import contextmanager\n\n@contextmanager\ndef mine(limits, decode):\n    yield len\n"
    )
    code, said = conformance._held(f"{guest}:mine")
    assert code == 1
    assert said.startswith("BROKEN   ")
    assert " of 7 kept; 1: " in said
    guest.write_text("import no_such_library\n")
    assert conformance._held(f"{guest}:mine")[1].startswith("BROKEN   strategy ")
    guest.write_text("import os\nos._exit(0)\n")
    assert conformance._held(f"{guest}:mine") == (1, "BROKEN   its process ended with code 0")


def test_a_strategy_that_hangs_where_no_promise_looks_is_not_waited_for(tmp_path, monkeypatch):
    guest = tmp_path / "mine.py"
    guest.write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(conformance, "_LIMIT_S", 0.05)
    assert conformance._held(f"{guest}:mine") == (None, "BROKEN   not done after 0 s")


def test_a_library_that_is_missing_has_an_exit_code_of_its_own(capsys, monkeypatch):
    def load(name):
        raise MissingLibrary(name, "strategy x needs the library 'y', which is not installed: pip install y")

    monkeypatch.setattr(strategies, "load", load)
    assert main(["x"]) == 3
    assert "pip install y" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["--al"], ["--all", "threads"]])
def test_words_that_make_no_sense_show_the_usage(capsys, words):
    assert main(words) == 2
    assert "usage: python -m strategies.conformance --all|NAME|FILE.py:NAME ..." in capsys.readouterr().err
