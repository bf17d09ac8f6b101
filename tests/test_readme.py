"""The README and the documents: what they show is so, what they name is there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from samestate.conformance.command import COMMANDS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "vectors" / "FORMAT.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_client_of_the_readme_is_the_one_in_its_file() -> None:
    client = (ROOT / "docs" / "examples" / "client.py").read_text(encoding="utf-8")
    assert f"```python\n{client}```" in README


def test_the_client_comes_to_what_the_readme_says() -> None:
    ((arguments, output),) = re.findall(r'\$ samestate (check [^\n]*client\.py"?)\n(.*?)```', README, re.DOTALL)
    command = f"command:{sys.executable} docs/examples/client.py"
    done = subprocess.run(
        [sys.executable, "-m", "samestate", *arguments.split(" --engine ")[0].split(), "--engine", command],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert without_time(done.stdout.replace(sys.executable, "python3")) == without_time(output)
    assert done.returncode == 1


def without_time(output: str) -> list[str]:
    return [line for line in output.splitlines() if not re.fullmatch(r"[\d.]+ s", line)]


def test_the_difference_of_the_readme_is_the_one_that_an_example_gives() -> None:
    (shown,) = re.findall(r"```console\n(step .*?)```", README, re.DOTALL)
    assert f"```text\n{shown}```" in (ROOT / "docs" / "python.md").read_text(encoding="utf-8")


def test_every_command_is_in_the_table_and_no_other() -> None:
    assert set(re.findall(r"^\| `samestate ([\w-]+)", README, re.MULTILINE)) == set(COMMANDS)


def test_the_index_of_documents_has_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in PAGES if page.parent.name == "docs" and f"]({page.name})" not in index] == [
        "README.md"
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not link.startswith("http")]
    missing = [link for link in targets if link.split("#")[0] and not (page.parent / link.split("#")[0]).exists()]
    assert missing == []


def test_a_client_is_compared_after_no_more_than_five_commands() -> None:
    (_, section) = README.split("## Check your own client\n")
    script = re.findall(r"```sh\n(.*?)```", section.split("\n## ")[0], re.DOTALL)[0]
    commands = [part for line in script.splitlines() for part in line.split("#")[0].split("&&")]
    assert len(commands) <= 5
    assert commands[-1].strip() in [line.replace("$ ", ".venv/bin/") for line in README.splitlines()]
