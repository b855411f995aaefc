"""Rate limits as the exchanges keep them: what each address has spent, when it must wait, and when it is banned.

Laws, for what was judged in order of ``now``:

1. Budgets are exact: integers throughout, so a request passes if and only if its weight still fits, whether spent
   weight comes back evenly (a token bucket) or all at once (a window). A refused request spends nothing.
2. Callers that wait as long as they were told are never banned, as long as there are no more of them at an address than
   connections open; one that keeps asking is, for twice as long each time.
3. Ten times the time scale and a tenth of the time give the same answers: ``time_scale`` makes an hour of the
   exchange pass in ``3600 / time_scale`` seconds, and what a caller is told is in real seconds.

Time comes in as ``now``; nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from exchanges.exchange import Exchange
from exchanges.limit import RateLimit
from exchanges.wire import Request
from mock_server.budget import NS, Budget, Price

HEARD_S: Final = 0.1
"""How long a refusal is under way, in real seconds: what arrives earlier after it was sent before it was heard (the
rest of a burst), and is refused without being held against the caller. Only a pause as long begins a new burst, or one
of half the last wait once that is over, so that whoever never pauses is told once."""

LONGEST_BAN_S: Final = 3 * 86400.0
"""In seconds of the exchange. Binance: "from 2 minutes for repeat offenders to 3 days"."""

MOST_ADDRESSES: Final = 1024
MOST_BUDGETS: Final = 256
_MOST_TARGETS: Final = 4096


class Judgement(NamedTuple):
    """What becomes of a request. ``kind`` None lets it pass, else it is "rate_limited" or "banned" and
    ``retry_after`` tells the real seconds until asking again is of use. ``headers`` go with the answer either way."""

    kind: str | None
    retry_after: float | None
    headers: Mapping[str, str]


_PASSED: Final = Judgement(None, None, {})


class Limiter:
    """The bookkeeping of one exchange. Without ``enforce`` it counts for the headers and lets everything pass;
    without ``tell`` as well there are no headers, because somebody else counts a part of the requests."""

    def __init__(
        self,
        exchange: Exchange,
        time_scale: float = 1.0,
        enforce: bool = False,
        heard_s: float = HEARD_S,
        tell: bool = True,
    ) -> None:
        if not 0 < time_scale < float("inf"):
            raise ValueError(f"expected a time scale above 0, found {time_scale}")
        self._exchange = exchange
        self._enforce = enforce
        self._tell = tell
        self._ns_per_s = time_scale * NS
        self._heard_ns = int(heard_s * self._ns_per_s)
        self._prices: dict[str, Price] = {}
        self._callers: dict[str, _Caller] = {}

    def judge(self, address: str, request: Request, now: float, callers: Callable[[], int] | None = None) -> Judgement:
        """Count ``request``, which arrived from ``address`` at ``now`` (seconds of a clock that never steps back).
        ``callers`` tells how many connections are open: each may be somebody's who was not told anything yet."""
        price = self._price(request)
        if not price.counts:
            return _PASSED
        now_ns = int(now * self._ns_per_s)
        caller = self._caller(address, now_ns)
        if now_ns < caller.banned_until:
            return Judgement("banned", self._real(caller.banned_until - now_ns), {})
        charge = price.charge
        if charge is None:
            return _PASSED
        budget = caller.budgets.get(charge.bucket) or caller.new_budget(charge.bucket)
        wait = budget.wait_for(price, now_ns, self._heard_ns)
        kind = None
        if not wait or not self._enforce:
            budget.spend(price)
        elif budget.ignored(charge.limit, now_ns, wait, self._heard_ns, 1 if callers is None else callers()):
            wait = caller.ban(charge.limit, now_ns)
            kind = "banned"
        else:
            kind = "rate_limited"
        if not price.speaks:
            return _PASSED if kind is None else Judgement(kind, self._real(wait), {})
        used, whole_in = budget.usage(price)
        headers = self._exchange.usage_headers(charge, used, whole_in / self._ns_per_s)
        return Judgement(kind, None if kind is None else self._real(wait), headers)

    def _price(self, request: Request) -> Price:
        key = request.target if request.method == "GET" else f"{request.method} {request.target}"
        found = self._prices.get(key)
        if found is None:
            if len(self._prices) >= _MOST_TARGETS:
                self._prices.clear()
            charge = self._exchange.charge_for(request)
            speaks = self._tell and charge is not None and bool(self._exchange.usage_headers(charge, 0, 0.0))
            found = self._prices[key] = Price(charge, self._enforce or speaks, speaks)
        return found

    def _caller(self, address: str, now_ns: int) -> _Caller:
        caller = self._callers.pop(address, None)
        if caller is None:
            self._forget(now_ns)
            caller = _Caller()
        # The dictionary is kept in the order of the last visit, so that its first entry has been idle longest.
        self._callers[address] = caller
        caller.seen = now_ns
        return caller

    def _forget(self, now_ns: int) -> None:
        """Drop the addresses that were idle for as long as the longest ban, and the most idle one of too many."""
        idle_since = now_ns - int(LONGEST_BAN_S * NS)
        while self._callers:
            address, caller = next(iter(self._callers.items()))
            if len(self._callers) < MOST_ADDRESSES and max(caller.seen, caller.banned_until) > idle_since:
                break
            del self._callers[address]

    def _real(self, wait_ns: int) -> float:
        """Real seconds, whole microseconds and up to two too many: whoever adds them to its clock as a float must not
        come a nanosecond early."""
        return (int(wait_ns * 1_000_000 / self._ns_per_s) + 2) / 1_000_000


class _Caller:
    """One address: its budgets, and its bans. Times are nanoseconds of the exchange."""

    __slots__ = ("banned_until", "bans", "budgets", "seen")

    def __init__(self) -> None:
        self.budgets: dict[str, Budget] = {}
        self.banned_until = 0
        self.bans = 0
        self.seen = 0

    def new_budget(self, bucket: str) -> Budget:
        if len(self.budgets) >= MOST_BUDGETS:
            del self.budgets[next(iter(self.budgets))]
        found = self.budgets[bucket] = Budget()
        return found

    def ban(self, limit: RateLimit, now_ns: int) -> int:
        """Ban the address, and tell for how long."""
        longest = int(LONGEST_BAN_S * NS)
        if now_ns > self.banned_until + longest:
            self.bans = 0
        length = min(int(limit.ban_s * NS) << min(self.bans, 32), max(longest, int(limit.ban_s * NS)))
        self.bans += 1
        self.banned_until = now_ns + length
        return length
