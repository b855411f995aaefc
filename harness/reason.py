"""A reason: one thing that stands against a scenario's numbers, with how grave it is and what kind of thing it is.

Law: a verdict is its gravest reason. Who words or draws a verdict asks for the cause and never reads the sentence, so
that a sentence may be worded better at any time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

CAUSES: Final = (
    "network", "server", "drift", "position", "unlogged", "failures", "nothing", "surroundings", "noise", "blocks",
    "twin", "ruler", "order", "stopwatch",
)  # fmt: skip
"""``network``: connections were lost; ``server``: the mock was the bottleneck; ``drift``: times changed over the
session while the order was fixed; ``position``: the twin's place in that order showed; ``unlogged``: the servers were
others', and there is no log of theirs; ``failures``: requests to them failed; ``nothing``: no arm can be ranked;
``surroundings``: other work beside a block; ``noise``: the twin came out unequal, or too vaguely; ``blocks``: too few
of them; ``twin``: there is none to compare with; ``ruler``: the calibration card was missed; ``order``: it was fixed;
``stopwatch``: measuring costs too much of what is measured. The one that tells most comes first."""


@dataclass(frozen=True, slots=True)
class Reason:
    """``state`` is what a scenario is worth for this reason, one of ``harness.verdict.STATES`` but VALID; ``cause`` is
    one of CAUSES; ``said`` is a sentence with its numbers, without its full stop. Two that say the same are one.
    ``weight`` is how far it goes: it tells the worst of several reasons of one cause, and compares with no other's."""

    state: str
    cause: str
    said: str
    weight: float = field(default=0.0, compare=False)
