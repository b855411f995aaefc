"""Finding things by name."""

import importlib.metadata
import os
import pickle
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

import exchanges
from exchanges.plugins import BrokenPlugin, Group, MissingLibrary, PluginError, UnknownName, nearest, nearest_name

ROOT = Path(exchanges.__file__).parent.parent


@pytest.fixture
def group(tmp_path, monkeypatch):
    """A family of four, written to a folder of its own."""
    (tmp_path / "guest_good.py").write_text("THING = 'found'\n")
    (tmp_path / "guest_broken.py").write_text("raise RuntimeError('first line\\nsecond line')\n")
    (tmp_path / "guest_needy.py").write_text("import a_library_that_nobody_has\n")
    monkeypatch.syspath_prepend(tmp_path)
    builtins = {name: f"guest_{name}:THING" for name in ("good", "broken", "needy")}
    yield Group("exchange", "fetchrace.test.nothing", builtins | {"hollow": "guest_good:THINK"})
    for name in builtins:
        sys.modules.pop(f"guest_{name}", None)


def entry_points_of(monkeypatch, **points):
    made = [importlib.metadata.EntryPoint(name, value, "g") for name, value in points.items()]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda **_: made)


def test_a_name_is_loaded(group):
    assert group.load("good") == "found"


def test_an_unknown_name_suggests_the_nearest(group):
    with pytest.raises(UnknownName, match=r"unknown exchange 'goods'; did you mean good\?"):
        group.load("goods")


def test_the_nearest_of_some_names_is_one_of_them_or_none():
    assert nearest_name("goods", ["bad", "good"]) == "good"
    assert nearest_name("xyz", ["bad", "good"]) is None
    assert nearest_name("日本" * 1_000_000, ["bad", "good"]) is None


def test_the_phrase_that_suggests_a_name_ends_a_sentence_or_is_empty():
    assert nearest("goods", ["bad", "good"]) == "; did you mean good?"
    assert nearest("xyz", ["bad", "good"]) == ""


def test_a_missing_library_is_named_with_the_command_that_installs_it(group):
    with pytest.raises(MissingLibrary, match="pip install a_library_that_nobody_has"):
        group.load("needy")


def test_a_missing_library_that_an_extra_brings_is_installed_by_that_extra(group):
    group = replace(group, extras={"a_library_that_nobody_has": "rare"})
    with pytest.raises(MissingLibrary, match=r"pip install 'fetchrace\[rare\]'$"):
        group.load("needy")


def test_a_module_that_fails_at_import_is_named_in_one_line(group):
    with pytest.raises(BrokenPlugin) as caught:
        group.load("broken")
    assert str(caught.value) == "exchange broken failed at import: RuntimeError: first line second line"
    assert caught.value.name == "broken"


def test_a_module_without_the_attribute_suggests_the_nearest(group):
    with pytest.raises(BrokenPlugin, match=r"has no 'THINK'; did you mean THING\?"):
        group.load("hollow")


def test_guests_are_listed_after_the_built_ins_and_loaded_alike(group, monkeypatch):
    entry_points_of(monkeypatch, guest="guest_good:THING")
    assert group.names() == ["good", "broken", "needy", "hollow", "guest"]
    assert group.load("guest") == "found"


def test_a_guest_cannot_take_the_name_of_a_built_in(group, monkeypatch):
    entry_points_of(monkeypatch, good="guest_broken:THING")
    assert group.names().count("good") == 1
    assert group.load("good") == "found"


def test_an_entry_point_whose_module_is_gone_is_broken_not_missing_a_library(group, monkeypatch):
    entry_points_of(monkeypatch, gone="package_that_was_removed.module:THING")
    with pytest.raises(BrokenPlugin, match="is not installed"):
        group.load("gone")


def test_a_file_and_a_name_in_it_are_loaded_once(group, tmp_path):
    (tmp_path / "mine.py").write_text("def honest(): ...\n")
    name = f"{tmp_path / 'mine.py'}:honest"
    assert group.load(name) is group.load(name)


def test_two_files_of_one_name_are_two_modules(group, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.py").write_text(f"WHERE = {folder!r}\n")
    assert [group.load(f"{tmp_path / folder / 'mine.py'}:WHERE") for folder in ("a", "b")] == ["a", "b"]


def test_a_file_that_is_not_there_is_an_unknown_name(group, tmp_path):
    with pytest.raises(UnknownName, match=r"expected path/to/file\.py:name"):
        group.load(f"{tmp_path / 'nowhere.py'}:honest")


def test_a_file_that_raises_is_broken_and_leaves_no_half_module(group, tmp_path):
    (tmp_path / "half.py").write_text("1 / 0\n")
    before = set(sys.modules)
    with pytest.raises(BrokenPlugin, match="ZeroDivisionError"):
        group.load(f"{tmp_path / 'half.py'}:honest")
    assert set(sys.modules) == before


def test_a_file_without_the_name_suggests_the_nearest(group, tmp_path):
    (tmp_path / "near.py").write_text("def honest(): ...\n")
    with pytest.raises(BrokenPlugin, match=r"did you mean honest\?"):
        group.load(f"{tmp_path / 'near.py'}:honst")


def test_every_plugin_error_survives_pickling():
    for kind in (PluginError, UnknownName, MissingLibrary, BrokenPlugin):
        copy = pickle.loads(pickle.dumps(kind("name", "a sentence")))
        assert (type(copy), copy.name, str(copy)) == (kind, "name", "a sentence")


def python(code):
    """What a fresh interpreter prints when it runs ``code`` beside our packages."""
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_listing_imports_no_exchange():
    assert python(
        "import sys, exchanges; found = exchanges.names();"
        "print([name for name in found if f'exchanges.{name}' in sys.modules] or 'none of', found)"
    ).startswith("none of ['binance', 'coinbase', 'kraken'")


def test_loading_one_exchange_imports_no_other():
    assert (
        python(
            "import sys, exchanges; exchanges.load('kraken');"
            "print([n for n in ('binance', 'coinbase', 'kraken') if f'exchanges.{n}' in sys.modules])"
        )
        == "['kraken']"
    )


def test_the_whole_package_needs_only_the_standard_library_and_neither_socket_nor_asyncio():
    assert (
        python(
            "import sys; before = set(sys.modules)\n"
            "import importlib, pkgutil, exchanges\n"
            "for one in pkgutil.iter_modules(exchanges.__path__): importlib.import_module('exchanges.' + one.name)\n"
            "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
            "print(sorted(new - sys.stdlib_module_names), sorted(new & {'socket', 'asyncio', 'ssl', 'http'}))"
        )
        == "['exchanges'] []"
    )


def test_the_entry_points_in_pyproject_are_the_built_ins():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["fetchrace.exchanges"] == exchanges.GROUP.builtins


def test_an_unknown_exchange_suggests_the_nearest():
    with pytest.raises(UnknownName, match=r"unknown exchange 'krakem'; did you mean kraken\?"):
        exchanges.load("krakem")
