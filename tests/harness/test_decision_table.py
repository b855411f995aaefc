import pytest

from harness.decision_table import print_decisions
from harness.terminal import console


@pytest.fixture
def printed(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")

    def made(*rows):
        print_decisions(console(), {"strategies": list(rows)})
        return capsys.readouterr().out

    return made


def row(name="threads", **told):
    return {
        "name": name, "status": "ranked", "rank": 1, "time_s": 0.25, "skew_s": 0.2, "age_p95_s": 0.24, "gap_bps": 1.26,
        "signalled": 40, "phantom": 3, "present": 50, "missed": 6, "phantom_share": {"estimate": 0.075},
        "missed_share": {"estimate": 0.12}, **told,
    }  # fmt: skip


def test_each_arm_has_a_line_with_its_times_the_gap_and_what_it_lost(printed):
    said = printed(row(), row("sequential", rank=2, time_s=5.0))
    (line,) = [line.split() for line in said.splitlines() if line.startswith("threads")]
    assert line == ["threads", "250", "ms", "200", "ms", "240", "ms", "1.3", "bp", *["3", "of", "40", "(8", "%)"],
                    *["6", "of", "50", "(12", "%)"]]  # fmt: skip
    assert max(map(len, said.splitlines())) <= 100


def test_where_there_was_nothing_there_is_a_sentence_and_no_table(printed):
    counts = dict.fromkeys(("signalled", "phantom", "present", "missed"), 0)
    said = printed(row(**counts, phantom_share=None, missed_share=None))
    assert "there was nothing to miss" in " ".join(said.split())
    assert "phantoms of signals" not in said


def test_a_run_that_knows_nothing_of_decisions_says_nothing(printed):
    assert printed({"name": "threads", "status": "ranked", "rank": 1, "time_s": 0.25, "phantom": None}) == ""


def test_a_strange_name_moves_no_cursor(printed):
    assert "\x1b" not in printed(row("\x1b[2Jx"))
