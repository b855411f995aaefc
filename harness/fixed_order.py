"""What one fixed order of the arms puts in doubt: when an arm ran, and after whom, is the same in every block.

A change over the session, or from one place of a block to the next, then looks like a difference between arms. The
drift over blocks (harness.drift) shows the first, the twin (the same strategy at another place) the second.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.drift import Drift
from harness.reason import Reason
from harness.statistics import Comparison, holm

_ALPHA: Final = 0.05
_TELLING: Final = 0.02
"""A change that is smaller, over the session or between two places, may well be there and turns no ranking."""
_CURE: Final = "leave out --order sequential"


def against_a_fixed_order(drift: Drift | None, twin: Comparison | None) -> Iterator[Reason]:
    """The reasons that stand against a scenario whose blocks all ran in one order: never none. ``drift`` is that of the
    arms that may be ranked, ``twin`` compares the twin with its original; each is None where it cannot be told. The two
    tests are one family (Holm's method, harness.statistics), in which one that could not be made has found nothing: a
    calm machine is called drifted in 5 % of its scenarios at most."""
    drift_p, twin_p = holm([1.0 if drift is None else drift.p, 1.0 if twin is None else twin.p])
    if drift is not None and drift_p < _ALPHA and abs(drift.over_session) > _TELLING:
        said = (
            f"times changed by {drift.over_session:+.1%} from the first to the last of {drift.blocks} blocks (95 % CI "
            f"{drift.low:+.1%} to {drift.high:+.1%}) while every block ran its arms in the same order: {_CURE}"
        )
        yield Reason("DRIFTED", "drift", said, abs(drift.over_session))
    if twin is not None and twin_p < _ALPHA and abs(twin.ratio - 1) > _TELLING:
        said = f"{same_arm_twice(twin)}, at two places of an order that was the same in every block: {_CURE}"
        yield Reason("DRIFTED", "position", said, abs(twin.ratio - 1))
    said = "every block ran its arms in the same order, so that order is confounded with time"
    yield Reason("NOISY", "order", said)


def same_arm_twice(twin: Comparison) -> str:
    """What the twin shows, as the beginning of a sentence."""
    return f"the same arm twice came out at {twin.ratio:.3f} (95 % CI {twin.low:.3f} to {twin.high:.3f})"
