"""How the program ends: exit codes, and the errors that carry one to the one door (``cli.main``).

Where a race gives several reasons, the one that says least about speed comes first: 1, then 5, then 4. So 4 means that
the measurement is as sound as was asked for, and that a gate failed on it.
"""

from __future__ import annotations

from typing import Final

DONE: Final = 0
FAILURES: Final = 1
USAGE: Final = 2
ENVIRONMENT: Final = 3
GATE_FAILED: Final = 4
NO_VERDICT: Final = 5
OUT_OF_TIME: Final = 124
INTERRUPTED: Final = 130
TERMINATED: Final = 143


class Stop(Exception):
    """Ends the program with a sentence for the user. Everything below ``cli.main`` simply raises."""

    code = FAILURES


class UsageError(Stop):
    """What was asked for makes no sense: a flag, a name, a file's content."""

    code = USAGE


class EnvironmentGap(Stop):
    """The machine or the installation lacks something: a library, a port, a writable folder."""

    code = ENVIRONMENT


class OutOfTime(Stop):
    """A budget of time was spent, and more than that, before there was enough to be told."""

    code = OUT_OF_TIME


class Ended(BaseException):
    """SIGINT or SIGTERM arrived. Not an Exception, so that nothing on the way swallows it."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code
        self.kept = "nothing was measured"

    def __str__(self) -> str:
        return f"{'interrupted' if self.code == INTERRUPTED else 'terminated'}; {self.kept}"
