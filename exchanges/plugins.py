"""Finding things by name: built-ins and guests come through the same door, and only when asked for.

A Group is a family of named objects: the modules of one package (``strategies/asyncio_aiohttp.py`` holds
``asyncio_aiohttp`` and is called ``asyncio-aiohttp``) plus the entry points of one group. Listing imports
nothing; loading imports one module. In a bare checkout, where no entry points are installed, the package
alone is enough.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class PluginError(Exception):
    """A name could not be turned into an object. ``name`` is what was asked for."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(name, message)
        self.name = name
        self.message = message

    def __str__(self) -> str:
        return self.message


class UnknownName(PluginError):
    """Nothing has that name: the user's slip."""


class MissingLibrary(PluginError):
    """The module is there but a library that it needs is not: the environment's gap."""


class BrokenPlugin(PluginError):
    """The module is there and raised, or does not hold what was asked for."""


def nearest_name(name: str, names: Iterable[str]) -> str | None:
    """The one of ``names`` that resembles ``name`` most; None where none is near."""
    # Only the beginning is compared: a name may arrive from a stranger and be a megabyte long.
    close = difflib.get_close_matches(name[:80], list(names), n=1, cutoff=0.5)
    return close[0] if close else None


def nearest(name: str, names: Iterable[str]) -> str:
    """``; did you mean X?``, to end a sentence with, or nothing where no name is near."""
    close = nearest_name(name, names)
    return "" if close is None else f"; did you mean {close}?"


@dataclass(frozen=True)
class Group:
    """``noun`` is the word for messages, ``entry_points`` the packaging group, ``builtins`` maps names to
    ``module:attribute`` in the order in which they are listed. ``variable`` is the environment variable by which what
    was ``introduced`` is known to the processes that this one starts. ``extras`` maps libraries that built-ins may lack
    to the extra of this project that brings them."""

    noun: str
    entry_points: str
    builtins: dict[str, str]
    variable: str = ""
    extras: Mapping[str, str] = field(default_factory=dict)

    def _targets(self) -> dict[str, str]:
        # Imported here because it brings email and socket along, which reading a price needs neither of.
        import importlib.metadata

        found = dict(self.builtins)
        for point in sorted(importlib.metadata.entry_points(group=self.entry_points), key=lambda p: p.name):
            found.setdefault(point.name, point.value)
        for name, file in self._introduced().items():
            found.setdefault(name, file)
        return found

    def introduce(self, name: str, file: str) -> None:
        """Let ``file`` (``path/to/file.py:attribute``) be known as ``name``, here and in every process that this one
        starts from now on.

        Raises:
            ValueError: something else has the name.
        """
        path, _, attribute = file.rpartition(":")
        target = f"{Path(path).expanduser().resolve()}:{attribute}"
        if self._targets().get(name, target) != target:
            raise ValueError(f"the {self.noun} in {path!r} is called {name!r}, and so is another; give it another name")
        os.environ[self.variable] = "\n".join(f"{n}={t}" for n, t in {**self._introduced(), name: target}.items())

    def _introduced(self) -> dict[str, str]:
        lines = os.environ.get(self.variable, "").splitlines() if self.variable else []
        pairs = (line.partition("=") for line in lines)
        return {name: target for name, _, target in pairs if ".py:" in target}

    def names(self) -> list[str]:
        """All names, built-ins first; nothing is imported."""
        return list(self._targets())

    def load(self, name: str) -> Any:
        """The object called ``name``, or ``path/to/file.py:attribute``.

        Raises:
            UnknownName, MissingLibrary, BrokenPlugin: each says in one sentence what to do.
        """
        if ".py:" in name:
            return self._load_file(name)
        target = self.builtins.get(name) or self._targets().get(name)
        if target is None:
            raise UnknownName(name, f"unknown {self.noun} {name!r}{nearest(name, self.names())}")
        if ".py:" in target:
            return self._load_file(target)
        module_name, _, attribute = target.partition(":")
        try:
            module = importlib.import_module(module_name)
        except ModuleNotFoundError as error:
            missing = (error.name or "").partition(".")[0]
            if name not in self.builtins and missing == module_name.partition(".")[0]:
                raise BrokenPlugin(name, f"{self.noun} {name}: its module {module_name!r} is not installed") from error
            extra = self.extras.get(missing) if name in self.builtins else None
            what = missing if extra is None else f"'fetchrace[{extra}]'"
            raise MissingLibrary(
                name, f"{self.noun} {name} needs the library {missing!r}, which is not installed: pip install {what}"
            ) from error
        except Exception as error:
            raise BrokenPlugin(name, f"{self.noun} {name} failed at import: {_describe(error)}") from error
        return self._attribute(module, attribute, name)

    def _load_file(self, name: str) -> Any:
        path_text, _, attribute = name.rpartition(":")
        path = Path(path_text).expanduser().resolve()
        if not path.is_file():
            raise UnknownName(name, f"no file {path_text!r} for {self.noun} {name!r}; expected path/to/file.py:name")
        # The path is part of the module's name, so that two guests called mine.py do not share a module and
        # a process that unpickles one of its functions finds it again.
        module_name = "fetchrace_file_" + re.sub(r"\W", "_", str(path))
        module = sys.modules.get(module_name)
        if module is None:
            spec = importlib.util.spec_from_file_location(module_name, path)
            assert spec is not None  # a .py path always has both
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            sys.modules[module_name] = module
            try:
                spec.loader.exec_module(module)
            except Exception as error:
                del sys.modules[module_name]
                raise BrokenPlugin(name, f"{self.noun} {name} failed at import: {_describe(error)}") from error
        return self._attribute(module, attribute, name)

    def _attribute(self, module: Any, attribute: str, name: str) -> Any:
        found = getattr(module, attribute, None)
        if found is None:
            public = [n for n in vars(module) if not n.startswith("_")]
            raise BrokenPlugin(name, f"{self.noun} {name}: its file has no {attribute!r}{nearest(attribute, public)}")
        return found


def _describe(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:200]
