import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.profile import PERCENTS, delays_in, profile_of

_TIMES = st.lists(st.floats(0.001, 5), min_size=2, max_size=60)


@given(_TIMES)
def test_recorded_quantiles_are_those_of_numpy_to_the_microsecond(times):
    points = profile_of({"kraken": times}, "2026-11-23")["exchanges"]["kraken"]["quantiles_s"]
    assert [percent for percent, _ in points] == list(PERCENTS)
    assert [value for _, value in points] == pytest.approx(np.percentile(times, PERCENTS).tolist(), abs=1e-6)


@given(st.dictionaries(st.sampled_from(["kraken", "binance"]), _TIMES, min_size=1))
def test_whatever_was_recorded_can_be_replayed(tmp_path_factory, samples):
    file = tmp_path_factory.mktemp("profile") / "mine.json"
    file.write_text(json.dumps(profile_of(samples, "2026-11-23")))
    every, by_exchange = delays_in(str(file))
    assert set(by_exchange) == set(samples)
    for name, times in samples.items():
        assert by_exchange[name].quantile(0.5) == pytest.approx(np.median(times), abs=2e-6)
    assert every.values[-1] == pytest.approx(max(max(times) for times in samples.values()), abs=1e-6)


def test_a_profile_holds_quantiles_and_no_times_of_its_own():
    profile = profile_of({"kraken": [0.02, 0.03, 0.04]}, "2026-11-23")
    assert set(profile) == {"schema", "kind", "recorded", "exchanges", "all"}
    assert set(profile["exchanges"]["kraken"]) == {"samples", "quantiles_s"}


def test_one_sample_makes_no_profile():
    with pytest.raises(ValueError, match="two or more times for kraken, found 1"):
        profile_of({"kraken": [0.02]}, "2026-11-23")


GOOD = profile_of({"kraken": [0.02, 0.03]}, "2026-11-23")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is no latency profile"),
        ("[]", "is no latency profile"),
        ("{}", "is no latency profile"),
        ("[" * 100_000, "is no latency profile"),
        (json.dumps({**GOOD, "schema": 2}), "has schema 2"),
        (json.dumps({**GOOD, "exchanges": []}), 'expected "exchanges" to be an object'),
        (json.dumps({**GOOD, "all": None}), 'quantiles of "all" cannot be used'),
        (json.dumps({**GOOD, "all": {"quantiles_s": [[0, 0.1]]}}), "2 to 201 quantiles"),
        (json.dumps({**GOOD, "all": {"quantiles_s": [[0, 0.2], [100, 0.1]]}}), "never fall"),
        (json.dumps({**GOOD, "all": {"quantiles_s": [[0, 0.1], [100, float("nan")]]}}), "cannot be used"),
        (json.dumps({**GOOD, "exchanges": {"kraken": 7}}), "quantiles of kraken cannot be used"),
        (" " * (1024**2 + 1), "larger than 1 MiB"),
    ],
)
def test_a_file_that_is_no_profile_is_refused_in_a_sentence_that_names_it(tmp_path, content, words):
    file = tmp_path / "mine.json"
    file.write_text(content)
    with pytest.raises(ValueError, match=r"mine\.json") as caught:
        delays_in(str(file))
    assert words in str(caught.value)


def test_a_missing_profile_is_a_sentence(tmp_path):
    with pytest.raises(ValueError, match=r"cannot read the profile gone\.json: No such file"):
        delays_in(str(tmp_path / "gone.json"))
