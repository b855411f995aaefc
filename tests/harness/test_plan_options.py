"""``--plan``: the words that it takes."""

import pytest

from harness.exits import UsageError
from harness.plan_options import plans_from


def test_plans_are_read_from_words_and_others_are_refused():
    assert plans_from("batch") == ("batch",)
    assert plans_from("single, batch") == ("single", "batch")
    for text in ("", "bath", "batch,,"):
        with pytest.raises(UsageError, match="expected single or batch, found"):
            plans_from(text)
