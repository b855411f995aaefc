"""Which cluster a race runs on: an option, a variable, and no way to mean it for nothing."""

import pytest

import strategies
from harness import cluster
from harness.arm import on_cluster
from harness.exits import UsageError


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    monkeypatch.setenv(strategies.SCHEDULER, "")
    monkeypatch.delenv(strategies.SCHEDULER)


def test_the_scheduler_is_told_to_every_process_that_is_started(monkeypatch):
    cluster.heed("tcp://127.0.0.1:8786", "threads,dask+threads")
    assert cluster.os.environ[strategies.SCHEDULER] == "tcp://127.0.0.1:8786"


def test_without_the_option_nothing_is_changed():
    cluster.heed(None, "threads")
    assert strategies.SCHEDULER not in cluster.os.environ


@pytest.mark.parametrize(
    "text", ["", "127.0.0.1:8786", "http://a:1", "tcp://a", "tcp://a:b", "tcp://a:1 b", "tcp://:1,"]
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(UsageError, match="expected an address such as"):
        cluster.heed(text, "dask+threads")


@pytest.mark.parametrize("text", ["threads", "all", "my+dask.py:x"])
def test_a_scheduler_for_nobody_is_refused(text):
    with pytest.raises(UsageError, match="runs on a cluster"):
        cluster.heed("tcp://127.0.0.1:1", text)


def test_a_run_goes_on_only_where_it_began(monkeypatch):
    cluster.check_resumed("python -m harness -s dask+threads")
    with pytest.raises(UsageError, match="give --scheduler"):
        cluster.check_resumed("python -m harness -s dask+threads --scheduler tcp://HOST:1")
    monkeypatch.setenv(strategies.SCHEDULER, "tcp://127.0.0.1:1")
    cluster.check_resumed("python -m harness -s dask+threads --scheduler tcp://HOST:1")
    with pytest.raises(UsageError, match="did not begin with --scheduler"):
        cluster.check_resumed("python -m harness -s dask+threads")


def test_the_prefix_of_a_name_is_that_of_a_cluster_there_is():
    assert [f"{name}+" for name in strategies.CLUSTERS.builtins] == [on_cluster("dask+threads")[0]]
