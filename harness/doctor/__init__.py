"""The doctor: whether this machine and this installation can be measured on, and what to do where not.

    examine() -> Examination: findings in the order in which they matter, and the calibration card

Each finding is a fact about one topic in plain words; a doubtful or bad one says what to do.
"""

from __future__ import annotations

from harness.doctor.examination import Examination, examine
from harness.doctor.finding import Finding

__all__ = ["Examination", "Finding", "examine"]
