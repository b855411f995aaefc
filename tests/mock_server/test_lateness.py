import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.lateness import Lateness, Ramp, late_from


@given(
    st.floats(0, 1e4),
    st.floats(0, 1e3),
    st.one_of(st.none(), st.builds(Ramp, st.floats(0, 10), st.floats(1e-6, 1e6))),
    st.floats(-1e6, 1e6),
)
def test_no_lever_makes_an_answer_early(asked_s, late_s, ramp, arrived):
    assert Lateness(late_s, ramp, 0.0).held_s(asked_s, arrived) >= asked_s


def test_every_answer_is_late_by_the_same_time():
    late = Lateness(0.03, None, 0.0)
    assert [late.held_s(asked, 5.0) for asked in (0.0, 0.02)] == [0.03, 0.05]


def test_a_ramp_grows_evenly_from_the_start_of_the_server_and_stays_at_its_end():
    ramp = Lateness(0.0, Ramp.parse("10%/20s"), since=100.0)
    found = [ramp.held_s(0.02, arrived) for arrived in (100.0, 105.0, 110.0, 120.0, 1e6)]
    assert found == pytest.approx([0.02, 0.0205, 0.021, 0.022, 0.022])


def test_both_levers_together_add_up():
    assert Lateness(0.03, Ramp(0.5, 1.0), 0.0).held_s(0.02, 1.0) == pytest.approx(0.06)


def test_without_a_lever_there_is_no_lateness():
    assert not Lateness(0.0, None, 0.0)
    assert Lateness(0.001, None, 0.0)
    assert Lateness(0.0, Ramp(0.1, 1.0), 0.0)


@pytest.mark.parametrize("text", ["10%/20s", " 10 % / 20s ", "10.0%/20000ms"])
def test_a_ramp_is_a_share_over_a_duration(text):
    assert Ramp.parse(text) == Ramp(0.1, 20.0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "such as 10%/20s"),
        ("10/20s", "such as 10%/20s"),
        ("-10%/20s", "never answers early"),
        ("10%/-20s", "expected a duration such as 20ms"),
        ("10%/soon", "expected a duration such as 20ms"),
        ("10%/0s", "longer than nothing"),
        ("1001%/20s", "at most 1000%"),
        ("9" * 400 + "%/20s", "at most 1000%"),
    ],
)
def test_what_is_no_ramp_is_refused_in_a_sentence(text, words):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the sentence is compared below
        Ramp.parse(text)
    assert words in str(caught.value)


def test_to_be_late_is_a_duration_of_zero_or_more():
    assert late_from("30ms") == 0.03
    with pytest.raises(ValueError, match="never answers early"):
        late_from("-30ms")
    with pytest.raises(ValueError, match="expected a duration such as 20ms"):
        late_from("30")
