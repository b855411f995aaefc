"""Packages that are not what was installed are told, with the cure, and nothing is measured on them."""

import sys
from types import SimpleNamespace

import pytest

import strategies
from harness import cli, entries, probe, shadowed
from harness.exits import EnvironmentGap
from harness.probe import Finding

SAID = "urllib3 is installed as 2.8.0, but what is imported calls itself 2.25.904"


@pytest.fixture
def replaced(monkeypatch):
    """niquests has put its own urllib3 in the place of urllib3."""
    strategies.load("threads")  # with the real one, which stays where it was imported
    monkeypatch.setitem(sys.modules, "urllib3", SimpleNamespace(__version__="2.25.904"))
    monkeypatch.setattr(shadowed, "installed_version", lambda name: "2.8.0" if name == "urllib3" else None)


def test_a_package_that_another_distribution_replaced_is_told_with_the_cure(replaced):
    said = shadowed.shadowed_here()
    assert said.startswith(f"{SAID}; another distribution (niquests, say)")
    assert said.endswith("pip install --force-reinstall urllib3")


def test_what_is_imported_here_is_what_was_installed():
    import requests

    assert requests.__version__ == shadowed.imported_versions(["requests"])["requests"]
    assert shadowed.shadowed_here() is None


def test_a_package_that_was_only_packed_anew_is_what_was_installed():
    assert shadowed.shadowed({"certifi": "2026.10.19"}, {"certifi": "2026.10.19.post1"}) == []
    assert shadowed.shadowed({"certifi": "2026.10.18"}, {"certifi": "2026.10.19.post1"}) == ["certifi"]


def test_what_was_not_imported_is_not_accused():
    assert shadowed.shadowed({}, {"trio": "0.35.0"}) == []
    assert shadowed.shadowed({"trio": "0.35.0"}, {"trio": None}) == []


def test_a_strategy_on_a_replaced_library_is_found_by_the_probe(replaced):
    finding = probe._finding("threads", [20])
    assert finding.problem == "shadowed"
    assert SAID in finding.message


@pytest.mark.parametrize("strategy", ["all", "threads"])
def test_a_run_on_a_replaced_library_is_refused_with_exit_code_3(monkeypatch, capsys, tmp_path, strategy):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(probe, "look", lambda names, in_flight: [Finding(name, "shadowed", SAID) for name in names])
    assert cli.main(["run", "-s", strategy]) == 3
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"fetchrace: nothing was measured: {SAID}\n")
    assert not (tmp_path / "results").exists()


def test_a_guest_that_is_to_run_in_this_process_is_refused_as_well(monkeypatch, tmp_path):
    (tmp_path / "mine.py").write_text("x = 1")
    monkeypatch.setattr(probe, "look", lambda names, in_flight: [Finding(names[0], "shadowed", SAID)])
    with pytest.raises(EnvironmentGap, match="calls itself"):
        entries.loadable(f"{tmp_path / 'mine.py'}:x", 1)


@pytest.mark.parametrize(
    ("one", "other"), [("2026.01.04", "2026.1.4"), ("v1.0-RC.1", "1.0rc1"), ("1.0_beta2", "1.0b2")]
)
def test_a_version_may_be_written_in_several_ways(one, other):
    assert shadowed.shadowed({"certifi": one}, {"certifi": other}) == []


@pytest.mark.parametrize(("one", "other"), [("3.10", "3.1"), ("2.0rc1", "2.0"), ("1.0+cpu", "1.0"), ("1.0a1", "1.0b1")])
def test_other_versions_are_not_the_same(one, other):
    assert shadowed.shadowed({"certifi": one}, {"certifi": other}) == ["certifi"]


def test_a_module_that_answers_for_a_version_it_has_not_is_not_asked(monkeypatch):
    class Lazy:
        def __getattr__(self, name):
            raise AssertionError(name)

    monkeypatch.setitem(sys.modules, "lazy", Lazy())
    assert shadowed.imported_versions(["lazy"]) == {}
