"""Which code an arm runs: the digest follows the source, wherever it lies."""

import sys
from importlib.metadata import EntryPoint
from types import SimpleNamespace

import pytest

import strategies
from harness import source
from harness.source import source_of


def test_the_digest_of_a_guest_follows_its_file(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("x = 1\n")
    before = source_of(f"{file}:x")
    assert len(before) == 16
    assert source_of(f"{file}:x") == before
    file.write_text("x = 2\n")
    assert source_of(f"{file}:x") != before


@pytest.fixture
def ours(tmp_path, monkeypatch):
    """Packages of ours that may be edited."""
    for package in ("strategies", "exchanges/kraken"):
        (tmp_path / package).mkdir(parents=True)
    (tmp_path / "strategies" / "threads.py").write_text("1")
    (tmp_path / "exchanges" / "kraken" / "wire.py").write_text("2")
    monkeypatch.setattr(source, "_HOME", tmp_path)
    return tmp_path


def test_all_built_ins_have_the_digest_of_all_our_packages(ours):
    digests = {source_of(name) for name in strategies.GROUP.builtins}
    assert len(digests) == 1
    (ours / "exchanges" / "kraken" / "wire.py").write_text("3")
    assert source_of("threads") not in digests


def test_a_file_that_moves_or_is_added_is_another_source(ours):
    before = source_of("threads")
    (ours / "strategies" / "threads.py").rename(ours / "strategies" / "other.py")
    moved = source_of("threads")
    (ours / "strategies" / "empty.py").touch()
    assert len({before, moved, source_of("threads")}) == 3


def test_of_what_is_really_there_there_is_a_digest():
    assert len(source_of("threads") or "") == 16


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """The file of an installed plugin that is loaded and called ``theirs``."""
    file = tmp_path / "their_module.py"
    file.write_text("1")
    point = EntryPoint("theirs", "their_module:fetch", strategies.GROUP.entry_points)
    monkeypatch.setattr(
        "importlib.metadata.entry_points",
        lambda group, name: [point] if (group, name) == (point.group, "theirs") else [],
    )
    monkeypatch.setitem(sys.modules, "their_module", SimpleNamespace(__file__=str(file)))
    return file


def test_the_digest_of_an_installed_plugin_follows_the_file_of_its_module(plugin):
    before = source_of("theirs")
    plugin.write_text("2")
    assert source_of("theirs") not in (before, None)


def test_what_has_no_file_or_none_that_can_be_read_has_no_digest(plugin, tmp_path, monkeypatch):
    assert source_of(f"{tmp_path}/gone.py:x") is None
    assert source_of("nobody") is None
    monkeypatch.setitem(sys.modules, "their_module", SimpleNamespace())
    assert source_of("theirs") is None


def test_a_strategy_has_the_same_source_on_a_cluster(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("def honest(limits, decode): ...")
    assert source_of(f"dask+{file}:honest") == source_of(f"{file}:honest") is not None
    assert source_of("dask+threads") == source_of("threads") is not None
