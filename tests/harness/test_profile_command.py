import json

import pytest

from harness import cli
from harness.commands import profile
from mock_server.conditions import Latency
from mock_server.process import running


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "asks real exchanges over the network"),
        (["--base-url", "kraken=http://127.0.0.1:8080"], 2, "asks real exchanges over the network"),
        (["-x", "krakn", "--real"], 2, "did you mean kraken?"),
        (["-x", "kraken", "--real", "--samples", "1"], 2, "--samples: expected 2 or more"),
        (["-x", "kraken", "--real", "--samples", "x"], 2, "--samples: expected a whole number"),
        (["-x", "kraken", "--real", "--every", "0s"], 2, "--every: expected more than nothing"),
        (["-x", "kraken", "--base-url", "kraken"], 2, "expected EXCHANGE=URL"),
        (["-x", "kraken", "--base-url", "krakn=http://127.0.0.1:1"], 2, "did you mean kraken?"),
        (["-x", "kraken", "--base-url", "kraken=http://10.0.0.1:80"], 2, "nothing leaves it without --real"),
        (["-x", "kraken", "--base-url", "kraken=file:///etc/passwd"], 2, "http and https are understood, nothing else"),
        (["-x", "kraken", "--real", "--ca-file", "none.pem"], 2, "--ca-file: expected a PEM file of certificates"),
    ],
)
def test_what_it_will_not_do_is_one_sentence_and_nobody_is_asked(capsys, monkeypatch, arguments, code, said):
    monkeypatch.setattr(profile.strategies, "load", None)
    assert cli.main(["profile", *arguments]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert said in err


def test_a_place_that_cannot_be_written_is_found_before_anybody_is_asked(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(profile.strategies, "load", None)
    assert cli.main(["profile", "--real", "--out", str(tmp_path / "no" / "where.json")]) == 3
    assert "nothing was asked" in capsys.readouterr().err
    assert cli.main(["profile", "--real", "--out", str(tmp_path)]) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_what_is_recorded_of_a_server_is_what_it_was_told_to_be(capsys, tmp_path):
    out = tmp_path / "profile.json"
    with running(["kraken", "binance"], "quantiles:0=20ms,50=22ms,100=60ms;kraken=120ms", seed=3) as mock:
        words = [f"--base-url={name}={origin}" for name, origin in mock.origins.items()]
        asked = ["profile", "-x", "kraken,binance", "--samples", "40", "--every", "10ms", "--out", str(out), *words]
        assert cli.main(asked) == 0
    said = capsys.readouterr().out
    assert "80 times of kraken, binance are kept as quantiles" in said
    assert f"--latency profile:{out}" in said
    recorded = Latency.parse(f"profile:{out}")
    # Never less than the server held, and the machine's own noise on top.
    assert recorded.of("kraken").quantile(0.01) >= 0.120
    assert recorded.of("kraken").quantile(0.5) < 0.160
    assert 0.020 <= recorded.of("binance").quantile(0.5) < 0.060
    assert "127.0.0.1" not in out.read_text()
    assert set(json.loads(out.read_text())["exchanges"]) == {"kraken", "binance"}


@pytest.mark.slow
def test_a_refusing_server_leaves_no_profile_and_says_so(capsys, tmp_path):
    out = tmp_path / "profile.json"
    with running(["kraken"], "0ms", arguments=["--refuse", "kraken=banned"]) as mock:
        word = f"--base-url=kraken={mock.origins['kraken']}"
        assert cli.main(["profile", "-x", "kraken", "--every", "10ms", "--out", str(out), word]) == 3
    err = capsys.readouterr().err
    assert "brought 0 times and was left alone then: banned" in err
    assert "nothing was written" in err
    assert list(tmp_path.iterdir()) == []
