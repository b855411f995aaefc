"""The wheel: exactly four top-level names, nothing of tests or results, and it works far from the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.packaging, pytest.mark.slow, pytest.mark.timeout(300)]

ROOT = Path(__file__).resolve().parents[1]
GUEST = """\
from contextlib import contextmanager
import strategies

@contextmanager
def packaged(limits, decode):
    with strategies.load("sequential")(limits, decode) as fetch:
        yield fetch
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # From a copy: setuptools leaves a build/ beside the sources, and would pack what an older one still has.
    out, source = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("copy") / "fetchrace"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "20*", "latest"))
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel unpacked as an installation does it, with a second distribution beside it: a guest's plugin."""
    site = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (site / "guest_package.py").write_text(GUEST)
    info = site / "guest-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: guest\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[fetchrace.strategies]\npackaged = guest_package:packaged\n")
    return site


def harness(site: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, "-m", "harness", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_wheel_holds_exactly_the_four_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {
        "exchanges",
        "strategies",
        "mock_server",
        "harness",
    }
    assert any(name == "harness/report/page.html.j2" for name in names)
    assert sum(name.endswith("py.typed") for name in names) == 4


def test_an_installed_fetchrace_races_a_packaged_guest_from_an_unrelated_folder(
    installed: Path, tmp_path: Path
) -> None:
    done = harness(installed, tmp_path, "-s", "asyncio-aiohttp,packaged", "--requests", "6", "--blocks", "2", "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["scenarios"][0]["strategies"]
    assert {row["name"]: row["failed"] for row in rows} == {"asyncio-aiohttp": 0, "packaged": 0}
    assert "packaged" in (tmp_path / "results" / "latest" / "report.html").read_text(encoding="utf-8")


def test_a_folder_with_strategies_of_its_own_is_named_and_nothing_dies(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "strategies").mkdir()
    (tmp_path / "strategies" / "__init__.py").write_text("raise SystemExit('the wrong package')\n")
    done = harness(installed, tmp_path, "--strategy", "all")
    assert done.returncode == 3
    assert "strategies" in done.stderr
    assert str(tmp_path) in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
