"""What the README says is what the project does."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
REFERENCE = ROOT / "results" / "reference"


def code_blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_ci_runs_the_test_command_of_the_readme() -> None:
    (command,) = [block.strip() for block in code_blocks("sh") if "tox" in block]
    assert "\n" not in command
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().splitlines()[-1] == command


def test_the_quoted_verdict_is_the_reference_runs_own() -> None:
    run = json.loads((REFERENCE / "run.json").read_text(encoding="utf-8"))
    quoted = " ".join(line.removeprefix("> ") for line in README.splitlines() if line.startswith("> "))
    assert quoted == run["verdict"]["sentence"]


def test_every_local_link_of_the_readme_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert [link for link in links if not link.startswith("https:") and not (ROOT / link).exists()] == []


@pytest.mark.slow
def test_the_strategy_of_the_readme_races_and_is_ranked(tmp_path: Path) -> None:
    (code,) = [block for block in code_blocks("python") if "def honest" in block]
    (tmp_path / "mine.py").write_text(code, encoding="utf-8")
    names = f"asyncio-aiohttp,{tmp_path / 'mine.py'}:honest"
    done = subprocess.run(
        [sys.executable, "-m", "harness", "-s", names, "--requests", "6", "-c", "1", "--blocks", "2", "--json",
         "--results-dir", str(tmp_path / "results")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    rows = {row["name"]: row for row in json.loads(done.stdout)["scenarios"][0]["strategies"]}
    assert rows["mine.py:honest"]["status"] in ("ranked", "tied"), rows["mine.py:honest"]["reason"]


@pytest.mark.slow
def test_the_exchange_of_the_readme_is_asked_for_prices(tmp_path: Path) -> None:
    (code,) = [block for block in code_blocks("python") if "class Bitvavo" in block]
    (tmp_path / "mine.py").write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "harness", "prices", "-x", f"{tmp_path / 'mine.py'}:BITVAVO", "--json"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert {row["pair"] for row in json.loads(done.stdout)["quotes"]} == {"BTC/EUR", "ETH/EUR", "SOL/EUR", "USDC/EUR"}
