"""A share with its doubts, where what is counted comes in clusters.

The interval is that of E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal of
the American Statistical Association 22, 1927. It takes what is counted for independent, and what one block saw is not:
one late price is many signals at once, and all batches of a block have the same delays. So it is not given the number
that was counted but the *effective* number, that over the design effect (L. Kish, "Survey Sampling", 1965, 8.2), by
which the shares of the clusters differ more than dice would make them; for Wilson's interval as N. Dean and M. Pagano
did, "Evaluating Confidence Interval Methods for Binomial Proportions in Clustered Surveys", Journal of Survey
Statistics and Methodology 3, 2015. A few clusters tell little of how they differ, which is Student's t in place of the
normal distribution: the number is smaller by the square of the ratio of their quantiles (E. Korn and B. Graubard,
"Confidence Intervals for Proportions with Small Expected Number of Positive Counts Estimated from Survey Data", Survey
Methodology 24, 1998).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Final

from harness.statistics import Interval
from harness.student_t import student_t_quantile

_CONFIDENCE: Final = 0.95


def wilson(share: float, number: float, confidence: float = _CONFIDENCE) -> Interval:
    """Wilson's interval of a share that was seen in so many, a number that need not be whole.

    Raises:
        ValueError: a share beyond 0 to 1, or no number above zero.
    """
    if not 0 <= share <= 1 or not number > 0:
        raise ValueError(f"expected a share from 0 to 1 of a number above 0, found {share} of {number}")
    z = _normal_quantile(confidence)
    centre = (share + z * z / (2 * number)) / (1 + z * z / number)
    half = z / (1 + z * z / number) * math.sqrt(share * (1 - share) / number + z * z / (4 * number * number))
    return Interval(share, max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half)))


def share_over_clusters(counts: Sequence[tuple[int, int]]) -> Interval | None:
    """The share of (hits, of how many) over clusters such as blocks; None where nothing was counted."""
    clusters = [(hits, number) for hits, number in counts if number]
    total = sum(number for _, number in clusters)
    if not total:
        return None
    share = sum(hits for hits, _ in clusters) / total
    return wilson(share, _effective(share, clusters, total))


def _effective(share: float, clusters: Sequence[tuple[int, int]], total: int) -> float:
    """How many independent ones would tell as much: never more than were counted, and never fewer than there would be
    clusters if all were of one size (which is what it is where they all agree and nothing tells how alike the ones of a
    cluster are)."""
    alike = total**2 / sum(number**2 for _, number in clusters)
    alone = share * (1 - share) / total
    if len(clusters) == 1 or alone == 0:
        return alike
    spread = sum((hits - share * number) ** 2 for hits, number in clusters)
    among = spread * len(clusters) / (len(clusters) - 1) / total**2
    effective = min(float(total), total * alone / among) if among else float(total)
    tails = student_t_quantile(0.5 + _CONFIDENCE / 2, len(clusters) - 1)
    return max(effective * (_normal_quantile(_CONFIDENCE) / tails) ** 2, alike)


def _normal_quantile(confidence: float) -> float:
    return NormalDist().inv_cdf(0.5 + confidence / 2)
