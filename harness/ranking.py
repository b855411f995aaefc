"""The order of the arms: who is faster than whom, and who cannot be told apart.

All pairs are compared over the blocks they share and their p-values adjusted together (Holm over all pairs).
An arm's rank is 1 + the number of arms that are significantly faster. Arms of equal rank between which no
difference was found are tied, and the tie says how large a difference the intervals leave open.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from harness.statistics import Comparison, Interval, Medians, centre_over_blocks, holm, ratio_over_blocks


@dataclass(frozen=True, slots=True)
class Pairing:
    """Two arms compared. ``comparison.ratio`` above 1 says that ``first`` is the slower one."""

    first: str
    second: str
    comparison: Comparison
    p_adjusted: float
    significant: bool

    @property
    def faster(self) -> str | None:
        """The name of the significantly faster arm, None where no difference was found."""
        if not self.significant:
            return None
        return self.second if self.comparison.ratio > 1 else self.first


@dataclass(frozen=True, slots=True)
class Standing:
    """One arm's place. ``centre`` is in seconds; ``tied_with`` names the arms of the same rank from which it
    was not distinguished. ``within`` is the same for all tied arms of a rank: the largest relative difference
    (0.02 is 2 %) that the confidence interval of any tied pair leaves open, so that "tied within 2 %" means
    "if they differ, then hardly by more than 2 %"; None where nothing is tied."""

    name: str
    rank: int
    centre: Interval
    tied_with: tuple[str, ...]
    within: float | None


@dataclass(frozen=True, slots=True)
class Ranking:
    """``standings`` by rank, then by time; ``pairings`` of all pairs, each once, in the order of the names."""

    standings: tuple[Standing, ...]
    pairings: tuple[Pairing, ...]

    def standing(self, name: str) -> Standing:
        """One arm's standing. Raises KeyError."""
        for standing in self.standings:
            if standing.name == name:
                return standing
        raise KeyError(name)

    def pairing(self, one: str, other: str) -> Pairing:
        """The comparison of two arms, in either order of asking. Raises KeyError."""
        for pairing in self.pairings:
            if {pairing.first, pairing.second} == {one, other}:
                return pairing
        raise KeyError((one, other))


def ranks(names: Sequence[str], medians: Mapping[str, Medians], alpha: float = 0.05) -> Ranking:
    """Rank the arms ``names`` by their block medians (seconds); ``alpha`` is the chance of any false claim.

    The verdicts depend neither on the names nor on their order. Significance is not transitive: with few
    blocks a lies clearly below c while b, between them, is told apart from neither; then a and b share rank 1
    and c is second. Two arms of equal rank may even differ from each other; then neither is ``tied_with`` the
    other.

    Raises:
        ValueError: where a name is given twice, or an arm has no value or one that is not a positive number.
        KeyError: where a name has no medians.
    """
    if len(set(names)) < len(names):
        raise ValueError(f"expected every arm once, found {', '.join(names)}")
    pairs = list(combinations(names, 2))
    comparisons = [ratio_over_blocks(medians[one], medians[other], 1 - alpha, len(pairs)) for one, other in pairs]
    adjusted = holm([comparison.p for comparison in comparisons])
    pairings = tuple(
        Pairing(one, other, comparison, p, p <= alpha)
        for (one, other), comparison, p in zip(pairs, comparisons, adjusted, strict=True)
    )
    rank = dict.fromkeys(names, 1)
    for pairing in pairings:
        if pairing.faster is not None:
            rank[pairing.first if pairing.faster == pairing.second else pairing.second] += 1
    tied: dict[str, set[str]] = {name: set() for name in names}
    within: dict[int, float] = {}
    for pairing in pairings:
        if not pairing.significant and rank[pairing.first] == rank[pairing.second]:
            tied[pairing.first].add(pairing.second)
            tied[pairing.second].add(pairing.first)
            place = rank[pairing.first]
            within[place] = max(within.get(place, 0.0), _left_open(pairing.comparison))
    standings = [
        Standing(
            name,
            rank[name],
            centre_over_blocks(medians[name], 1 - alpha),
            tuple(other for other in names if other in tied[name]),
            within[rank[name]] if tied[name] else None,
        )
        for name in names
    ]
    standings.sort(key=lambda standing: (standing.rank, standing.centre.estimate))
    return Ranking(tuple(standings), pairings)


def _left_open(comparison: Comparison) -> float:
    """The largest relative difference inside the interval, the slower arm against the faster one."""
    return max(comparison.high, 1 / comparison.low if comparison.low > 0 else math.inf) - 1
