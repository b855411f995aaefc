"""Standing: who has brought what a beat asked of it, and who has not, for people."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from exchanges.units import text_from_seconds
from harness.tracker.scheduler import Scheduler


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one beat, by exchange. ``late`` are in flight or about to be; ``failed`` brought nothing but errors, or are
    left alone because of earlier ones; ``spared`` were not asked, to keep within their rate limits."""

    answered: tuple[str, ...]
    late: tuple[str, ...]
    failed: tuple[str, ...]
    spared: tuple[str, ...]

    @property
    def asked(self) -> int:
        return len(self.answered) + len(self.late) + len(self.failed)

    def is_over(self, enough: int | None) -> bool:
        """Whether there is nobody left to wait for."""
        return not self.late or (enough is not None and len(self.answered) >= enough)


def standing_of(schedulers: Collection[Scheduler], beat: int, now: float) -> Standing:
    """Who has brought what by ``now``."""
    found: dict[str, list[str]] = {"answered": [], "late": [], "failed": [], "spared": []}
    for scheduler in schedulers:
        found[_of(scheduler, beat, now)].append(scheduler.name)
    return Standing(**{word: tuple(names) for word, names in found.items()})


def _of(scheduler: Scheduler, beat: int, now: float) -> str:
    if scheduler.done_beat < beat and (scheduler.batch is not None or now >= scheduler.left_alone_until):
        return "late"
    if scheduler.brought_beat >= beat:
        return "answered"
    if scheduler.asked_beat >= beat or scheduler.silent or now < scheduler.left_alone_until:
        return "failed"
    return "spared"


def sentence_of(standing: Standing, schedulers: Collection[Scheduler], now: float) -> str:
    """How many answered, who did not, and why."""
    by_name = {scheduler.name: scheduler for scheduler in schedulers}
    parts = [f"{len(standing.answered)} of {standing.asked} exchanges answered"]
    if standing.late:
        parts.append("late: " + _listed([_late(by_name[name], now) for name in standing.late]))
    if standing.failed:
        parts.append("failed: " + _listed([_failed(by_name[name], now) for name in standing.failed]))
    if standing.spared:
        parts.append("not asked, to keep within their rate limits: " + _listed(standing.spared))
    return "; ".join(parts)


def _late(of: Scheduler, now: float) -> str:
    return of.name if of.batch is None else f"{of.name} (asked {_shown(now - of.batch.began)} ago)"


def _failed(of: Scheduler, now: float) -> str:
    alone = of.left_alone_until - now
    said = of.tally.last_kind or "no answer"
    return f"{of.name} ({said}, asked again in {_shown(alone)})" if alone > 0 else f"{of.name} ({said})"


def _shown(seconds: float) -> str:
    """To a tenth of a second: nobody reads more."""
    return text_from_seconds(max(0.1, round(seconds, 1)))


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words)
