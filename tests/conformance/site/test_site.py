"""The site: every rule and vector has its page, every link leads somewhere, and it is searched without a network."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from samestate.conformance.errors import InputError
from samestate.conformance.rules.anchors import all_anchors, scheduling_rules
from samestate.conformance.site.catalogue import comments_of, mutants_of, read_catalogue
from samestate.conformance.site.checkout import checkout
from samestate.conformance.site.documents import spaced
from samestate.conformance.site.history import curve, lines_of, runs_of
from samestate.conformance.site.pages import write_site
from samestate.conformance.site.timeline import bars_of, draw_timeline

SUITES = ["toy/funding", "evm/transfers", "svm/votes"]
CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "docs"
    write_site(folder, SUITES)
    return folder


@pytest.fixture(scope="module")
def site(pages: Path) -> Path:
    done = build(pages)
    assert done.returncode == 0, done.stdout + done.stderr
    return pages.parent / "html"


def build(pages: Path) -> subprocess.CompletedProcess[str]:
    settings = (checkout() / "mkdocs.yml").read_text(encoding="utf-8")
    file = pages.parent / "mkdocs.yml"
    file.write_text(settings.replace("build/docs", str(pages)).replace("build/site", str(pages.parent / "html")))
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file", str(file)],
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
    )


class TestPages:
    def test_every_rule_has_an_anchor_and_its_text(self, pages: Path) -> None:
        written = "".join(page.read_text(encoding="utf-8") for page in (pages / "rules").rglob("*.md"))
        names = [anchor.name for anchor in all_anchors()] + [rule.name for rule, _ in scheduling_rules()]
        assert set(re.findall(r"^## \S+ \{ #(\S+) \}$", written, re.MULTILINE)) == set(names)
        assert [name for name in names if f"# rule: {name}\n" not in written] == []

    def test_a_rule_has_its_source_the_vectors_that_reach_it_and_the_mutants_that_break_it(self, pages: Path) -> None:
        page = (pages / "rules/evm/validity.md").read_text(encoding="utf-8")
        section = page.split("{ #evm.validity.nonce-too-high }")[1].split("\n## ")[0]
        assert "spec/evm/validity.py:" in section
        assert "**Mutant** `nonce-too-high-taken`" in section
        page = (pages / "rules/svm/vote.md").read_text(encoding="utf-8")
        assert "](../../vectors/svm/votes/" in page

    def test_a_vector_has_its_block_as_a_timeline(self, pages: Path) -> None:
        page = (pages / "vectors/evm/transfers/all_but_the_fee-paris.md").read_text(encoding="utf-8")
        assert "An account sends away all that the fee leaves" in page
        assert "[H63](../../../hazards.md#H63)" in page
        assert page.count('<rect class="bar critical"') == 2
        assert "In order 42,000, at the least 42,000: at most 1.00 times as fast in parallel." in page
        assert "| 1 | bob sends 7 wei to alice | `2` | `success` | `21000` | `42000` |" in page
        assert "balance 0x11979e9e8e8e384191ee64fcf70041b3ba54c0cb" in page

    def test_every_vector_has_a_page_and_stands_in_the_list_of_its_suite(self, pages: Path) -> None:
        for id in read_catalogue(SUITES).vectors:
            suite, _, name = id.rpartition("/")
            assert (pages / f"vectors/{id}.md").is_file()
            assert f"[{name}]({name}.md)" in (pages / f"vectors/{suite}/README.md").read_text(encoding="utf-8")

    def test_only_a_folder_of_its_own_is_emptied(self, tmp_path: Path) -> None:
        (tmp_path / "mine.txt").write_text("mine")
        with pytest.raises(InputError, match="is not empty, and was not written by this"):
            write_site(tmp_path, ["toy/funding"])
        assert (tmp_path / "mine.txt").read_text() == "mine"

    def test_a_suite_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="--suite evm/nothing: there is no folder"):
            write_site(tmp_path / "new", ["evm/nothing"])
        assert not (tmp_path / "new").exists()


class TestSite:
    def test_every_document_is_in_the_navigation(self) -> None:
        settings = (checkout() / "mkdocs.yml").read_text(encoding="utf-8")
        pages = [f"docs/{page.name}" for page in sorted((checkout() / "docs").glob("*.md"))]
        # hazards.md of the site has all that docs/hazards.md has, and their vectors
        assert [page for page in pages if page not in settings] == ["docs/hazards.md"]

    def test_all_links_lead_somewhere(self, site: Path) -> None:
        assert (site / "index.html").is_file()
        assert (site / "vectors/toy/funding").is_dir()

    @pytest.mark.parametrize("link", ["[gone](gone.md)", "[gone](README.md#gone)"])
    def test_a_link_that_leads_nowhere_ends_the_build(self, link: str, tmp_path: Path) -> None:
        pages = tmp_path / "docs"
        pages.mkdir()
        (pages / "README.md").write_text(f"# Start\n\n{link}\n")
        done = build(pages)
        assert done.returncode == 1
        lines = (done.stdout + done.stderr).splitlines()
        assert any(line.startswith("WARNING") and "gone" in line for line in lines), lines

    def test_no_page_asks_a_server_for_anything(self, site: Path) -> None:
        pages = [page for page in site.rglob("*.html") if page.name != "404.html"]
        asked = re.compile(r'<(?:script|link|img|iframe)\b[^>]*(?:src|href)="(?:https?:)?//[^"]*"')
        assert len(pages) > 100
        assert {found for page in pages for found in asked.findall(page.read_text(encoding="utf-8"))} == set()

    @pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
    def test_it_is_searched_from_files(self, site: Path) -> None:
        done = subprocess.run(
            [
                str(CHROMIUM),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--virtual-time-budget=20000",
                "--dump-dom",
                f"file://{site}/index.html?q=votes",
            ],
            capture_output=True,
            text=True,
            timeout=120,
        )
        shown = re.sub("<[^>]*>", "", done.stdout)
        assert "matching document" in shown
        assert "Vectors svm/votes" in shown


class TestParts:
    def test_comments_of_a_vector(self) -> None:
        content = (
            "# It says what\n# it is about.\n# Written by `samestate fill`; do not edit.\npre:\n  # alice\nblocks:\n"
            "  - env: {}\n    txs:\n      # 0: alice pays\n      - raw\n      # 1: bob: twice\n      - raw\n"
            "  - env: {}\n    txs: []\nprovenance:\n  # 0: none\n"
        )
        assert comments_of(content) == ("It says what it is about.", ({0: "alice pays", 1: "bob: twice"}, {}))

    def test_every_mutant_of_the_page_is_read(self) -> None:
        page = (checkout() / "docs/mutants.md").read_text(encoding="utf-8")
        mutants = list(mutants_of(page))
        assert len(mutants) == len(re.findall(r"^\| `", page, re.MULTILINE)) > 300
        assert [mutant for mutant in mutants if not (mutant.rule and mutant.killer)] == []

    def test_a_transaction_waits_for_those_that_it_reads_from(self) -> None:
        receipts = [{"gas_used": "5"}, {"gas_used": "7"}, {"gas_used": "1"}]
        steps = [{"step": name, "reads": {}} for name in ("open", "0", "1")]
        reads = {"a": {"value": "1", "from": "0"}, "b": {"value": "1", "from": ["pre", "open"]}}
        bars = bars_of({"receipts": receipts, "access": [*steps, {"step": "2", "reads": reads}]})
        assert [(bar.begins, bar.used, bar.is_critical) for bar in bars] == [(0, 5, False), (0, 7, True), (5, 1, False)]
        drawn = draw_timeline(bars)
        assert "3 transactions, 13 in order, 7 at the least" in drawn
        assert "2: 1 from 5; reads from 0" in drawn

    def test_lists_get_an_empty_line_before_them_but_not_in_code(self) -> None:
        assert spaced("so:\n- one\n- two\n```\nso:\n- one\n```\n") == "so:\n\n- one\n- two\n```\nso:\n- one\n```\n"

    def test_the_history_has_each_run(self) -> None:
        result = {"engine": "optimized", "workers": 2, "ms": 1.25, "peer": "revm", "times_as_fast_as_peer": 2.0}
        document = {
            "date": "2026-11-30T01:00:00+00:00",
            "commit": "0123456789abcdef",
            "processor": "one",
            "processors": 2,
            "workloads": [{"workload": "transfers", "results": [result]}],
        }
        kept = [*runs_of(document), *runs_of(document | {"date": "2026-12-01T01:00:00+00:00"})]
        page = "\n".join(lines_of(kept))
        row = "| 2026-11-30 | `0123456789` | one, 2 processors | optimized, 2 workers | 1.250 | 2.00 times revm |"
        assert row in page
        assert curve(kept).count("<circle") == 2
