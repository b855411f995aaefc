"""Guests at the mock server's door: what is no exchange is told before anything is served."""

from mock_server.__main__ import main

GUEST = """
from exchanges.kraken import Kraken
WHOLE = Kraken(name="guest")
class Older:
    def __getattr__(self, name):
        if name == "charge_for":
            raise AttributeError(name)
        return getattr(WHOLE, name)
OLDER = Older()
"""


def test_an_adapter_that_lacks_a_method_is_refused_in_one_sentence_before_it_serves(tmp_path, capsys):
    file = tmp_path / "guest.py"
    file.write_text(GUEST, encoding="utf-8")
    assert main(["-x", f"{file}:OLDER"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert "guest.py:OLDER: expected a method charge_for; exchanges.plain.PlainExchange has one to inherit" in told.err
