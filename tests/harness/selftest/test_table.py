"""The table of lies, as METHOD.md shows it."""

from pathlib import Path

from harness.selftest.catalogue import CHECKS
from harness.selftest.table import markdown

METHOD = Path(__file__).resolve().parents[3] / "METHOD.md"


def test_method_md_has_the_table_of_all_lies():
    text = METHOD.read_text(encoding="utf-8")
    shown = text.partition("<!-- selftest -->\n")[2].partition("\n<!-- /selftest -->")[0]
    assert shown == markdown(CHECKS), "renew it with `python -m harness selftest --markdown`"


def test_a_lie_is_a_row_with_what_is_expected_and_what_tells():
    assert "| a busy neighbour | NOISY | the CPU time of the machine less ours, block by block" in markdown(CHECKS)
    assert len(markdown(CHECKS).splitlines()) == 2 + sum(len(check.lies) for check in CHECKS)
