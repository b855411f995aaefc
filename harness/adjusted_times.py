"""An arm's times as they would be if all blocks had drawn the same delays: what blocks may be compared by.

Each block draws its delays anew. Where they are random, one block's take longer than the next one's by themselves, so
that a drift or a scatter of the times as they are would be that of the dice. What the delays of a batch take is known
exactly, in the arm's own order (``Batch.asked_s``), and is taken off; its mean over blocks is put in its place. That is
an analysis of covariance whose slope is known to be 1 (W. G. Cochran, "Analysis of Covariance: Its Nature and Uses",
Biometrics 13, 1957). A ratio to the delays would not do: it turns a cost that never changes into scatter, since that
weighs less in a block of long delays.

For comparing two arms none of this is needed: in one block they face the same delays.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from harness.measurement import Measurement
from harness.statistics import median


def adjusted_times(measurements: Sequence[Measurement]) -> dict[int, float]:
    """Each block's time in seconds, by block, from an arm's measurements; with delays that never change, its median as
    it is. A block that comes out at nothing or less is left out: its times are not true, and the arm is out for that.
    """
    found = [m for m in measurements if m.problem is None and m.warm]
    if not found:
        return {}
    usual_s = fmean(median([batch.asked_s for batch in m.warm]) for m in found)
    times = {m.block: usual_s + median([batch.time_s - batch.asked_s for batch in m.warm]) for m in found}
    return {block: time_s for block, time_s in times.items() if time_s > 0}
