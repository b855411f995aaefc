"""``live``: prices as they come, on a page in the browser; or one reading of them as a file."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from exchanges.errors import safe
from exchanges.units import seconds_from, text_from_seconds
from harness import allowance_options, history_options, options, place_options
from harness.exits import DONE, FAILURES, USAGE, Ended, EnvironmentGap, UsageError
from harness.store import check_typed
from harness.watch_options import SHORTEST_REAL_S
from harness.ways import Ways

if TYPE_CHECKING:
    from exchanges.pair import Pair
    from harness.live.dials import Dials
    from harness.place import Place
    from harness.portfolio import Portfolio
    from mock_server.sockets import Listening

_LAST_PORT: Final = 65535
_TTL_S: Final = 5.0
"""As old as prices may be that are acted on (--max-age)."""
_SHARE: Final = 0.5
_SHARE_OF_THE_MOCKS: Final = 0.9
_LEAVE_S: Final = 0.2
"""How long what is in flight is waited for at the end."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("what is shown").add_argument
    add("-x", "--exchange", default="all", metavar="NAMES", help="exchanges, comma-separated, or FILE.py:NAME (all)")
    add("--pairs", metavar="N|LIST", help="pairs of each exchange, or BTC/USD,ETH/USDT,... (three coins in dollars)")
    add("--portfolio", metavar="FILE", help="what these holdings are worth as well; portfolio --sample prints a file")
    add("--alert", metavar="BPS", help="tell of routes that leave so many basis points; the page can change it (none)")
    add = parser.add_argument_group("the page").add_argument
    add("--port", default="0", metavar="N", help="of the page, on 127.0.0.1 (any free one)")
    add("--open", action="store_true", help="open the page in the browser")
    add("--export", metavar="FILE", help="write one reading as a page that needs nothing, and serve nothing")
    add("--json", action="store_true", help="say where the page is as one line of JSON")
    add = parser.add_argument_group("how prices are fetched").add_argument
    add("-s", "--strategy", default="asyncio-aiohttp", metavar="NAME", help="the page can change it (asyncio-aiohttp)")
    add("-c", "--concurrency", default="64", metavar="N", help="requests in flight, of all exchanges together (64)")
    add("--beat", metavar="D", help="how often each exchange is asked (1s; for --export, which waits longer, 5s)")
    add("--ttl", metavar="D", help="how long a price counts as fresh (three beats, at least 5s)")
    add("--deadline", default="5s", metavar="D", help="for one request (5s)")
    group = parser.add_argument_group(place_options.TITLE)
    add = group.add_argument
    add("--latency", metavar="D", help="of the mock server; the page can change it (20ms)")
    add("--faults", metavar="SPEC", help="of the mock server, as run has them; the page can change them (none)")
    add("--seed", metavar="N", help="of the mock's market (7)")
    place_options.add_arguments(group)
    allowance_options.add_arguments(parser.add_argument_group(allowance_options.TITLE), levels="0")
    history_options.add_arguments(parser.add_argument_group("what is kept"))


def run(args: argparse.Namespace, argv: Sequence[str]) -> int:
    """Serve the page until the program is ended; or write it, 1 if an exchange was late or a request failed."""
    try:
        return _run(args)
    except Ended as ended:
        ended.kept = "nothing was written" if args.export else "the page has ended"
        raise


def _run(args: argparse.Namespace) -> int:
    from harness.live.alerts import Alerts, threshold_from
    from harness.live.choice import markets_from
    from harness.tracker.beat import Beat
    from mock_server.faults import Faults

    export_to = _export_to(args)
    port = options.count("--port", args.port, _LAST_PORT) if args.port != "0" else 0
    names = options.exchange_names(args.exchange)
    how, allowance = _ways(args), allowance_options.allowance_from(args)
    beat_text = args.beat if args.beat is not None else "5s" if args.export else "1s"
    every_s = options.positive("--beat", options.read("--beat", beat_text, seconds_from))
    if args.real and every_s < SHORTEST_REAL_S:
        shortest = text_from_seconds(SHORTEST_REAL_S)
        raise UsageError(f"--beat: expected at least {shortest} with --real, found {safe(beat_text, 40)}")
    ttl_s = (
        max(3 * every_s, _TTL_S)
        if args.ttl is None
        else options.positive("--ttl", options.read("--ttl", args.ttl, seconds_from))
    )
    levels = 0 if args.levels == "0" else options.count("--levels", args.levels, 5000)
    alerts = Alerts(options.read("--alert", args.alert or "", threshold_from))
    fees = allowance_options.fees_from(args, names)
    faults = str(options.read("--faults", args.faults or "", lambda text: Faults.parse(text, names)))
    portfolio = _portfolio(args.portfolio, names)
    markets = markets_from(args.pairs, names, portfolio)
    names = [name for name in names if name in {market[0] for market in markets}]
    try:
        beat = Beat(markets, every_s, ttl_s, levels, how.deadline_s)
    except ValueError as error:
        raise UsageError(f"--beat: {error}") from None
    # Only now what takes its time to import: a wrong option is told at once.
    from harness.live.document import Setting
    from harness.live.reckoner import Judgement
    from harness.live.session import Wishes, export, serve
    from harness.tracker.tracker import Tracker

    with contextlib.ExitStack() as stack:
        # Before anything else is begun: a port that is taken is found out at once.
        listening = None if export_to else _listening(port, stack)
        place = stack.enter_context(place_options.place_from(args, names, how))
        dials = _dials(place, how, faults)
        keep = stack.enter_context(history_options.recording(args, place, _say)) if listening else None
        # Of a limit that nobody enforces nearly all is used, so that what is invented is fresh everywhere.
        share = _SHARE if place.limited else _SHARE_OF_THE_MOCKS
        tracker = Tracker(beat, place, how.strategy, how.in_flight, random.Random(), share=share, leave_s=_LEAVE_S)
        tracker.on_sightings = keep
        stack.enter_context(tracker)
        judgement = Judgement(allowance, fees, portfolio, _listed(names))
        wishes = Wishes(judgement, alerts, dials, Setting(place.real, place.sentence, beat.ttl_s))
        if listening is None:
            reading = export(tracker, wishes, Path(args.export))
            for sentence in (*reading.failures, *reading.notes):
                _say(sentence)
            sys.stdout.write(f"{args.export}\n")
            return FAILURES if reading.failures or reading.late else DONE
        serve(tracker, place, wishes, listening, _announcing(args))
    return DONE


def _export_to(args: argparse.Namespace) -> bool:
    if args.export is None:
        return False
    if not args.export or Path(args.export).is_dir():
        raise UsageError(f"--export: expected a file such as prices.html, found {safe(args.export, 80)!r}")
    check_typed("--export", Path(args.export))
    if not Path(args.export).parent.is_dir():
        raise EnvironmentGap(f"--export: there is no folder {safe(str(Path(args.export).parent), 200)!r}")
    given = [
        f"--{name}"
        for name, is_given in (
            ("port", args.port != "0"), ("open", args.open), ("json", args.json), ("db", args.db is not None),
            ("keep", args.keep is not None),
        )
        if is_given
    ]  # fmt: skip
    if given:
        raise UsageError(f"--export writes one page and serves nothing: leave out {', '.join(given)}")
    return True


def _ways(args: argparse.Namespace) -> Ways:
    from mock_server.conditions import Latency

    return Ways(
        strategy=args.strategy,
        in_flight=options.count("--concurrency", args.concurrency, 1000),
        deadline_s=options.deadline(args.deadline),
        latency=str(options.read("--latency", args.latency or "20ms", Latency.parse)),
        seed=options.read("--seed", args.seed or "7", int),
    )


def _portfolio(file: str | None, names: Sequence[str]) -> Portfolio | None:
    if file is None:
        return None
    import exchanges
    from harness.portfolio import read_portfolio

    if not file:
        raise UsageError("--portfolio: expected a file, found ''")
    # Wherever something may lie is known, asked or not.
    return read_portfolio(Path(file), {*names, *exchanges.names()})


def _listed(names: Sequence[str]) -> dict[str, list[Pair]]:
    import exchanges

    return {name: [one.pair for one in exchanges.load(name).instruments] for name in names}


def _listening(port: int, stack: contextlib.ExitStack) -> Listening:
    from mock_server.sockets import Listening, PortBusy

    try:
        listening = Listening.on(port, "--port")
    except PortBusy as error:
        raise EnvironmentGap(str(error)) from error
    stack.callback(listening.socket.close)
    return listening


def _dials(place: Place, how: Ways, faults: str) -> Dials | None:
    from harness.live.dials import Dials
    from mock_server.process import MockFailed

    if place.control is None:
        return None
    try:
        return Dials(place.control, how.seed, how.latency, faults)
    except MockFailed as error:
        raise (UsageError if error.code == USAGE else EnvironmentGap)(str(error)) from error


def _announcing(args: argparse.Namespace) -> Callable[[str, str], None]:
    def announce(address: str, token: str) -> None:
        url = f"{address}#token={token}"
        told = json.dumps({"url": url, "token": token, "pid": os.getpid()}) if args.json else f"live at {url}"
        sys.stdout.write(f"{told}\n")
        sys.stdout.flush()
        if args.open:
            # Some browsers do not come back until they are closed.
            threading.Thread(target=_open, args=(url,), name="browser", daemon=True).start()
        if sys.stderr.isatty():
            sys.stderr.write("Serving until Ctrl-C. The address holds the key to its controls: do not pass it on.\n")

    return announce


def _open(url: str) -> None:
    import webbrowser

    try:
        opened = webbrowser.open(url)
    except (OSError, webbrowser.Error):
        opened = False
    if not opened:
        _say("no browser could be opened: open the address that was printed")


def _say(sentence: str) -> None:
    sys.stderr.write(f"fetchrace: {safe(sentence, 300)}\n")
