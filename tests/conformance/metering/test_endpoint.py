"""The Prometheus endpoint: what it says, the same from one process and from several, and who may listen where."""

from __future__ import annotations

import builtins
import re
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from samestate.conformance.command import application
from samestate.conformance.errors import InputError
from samestate.conformance.metering import meter
from samestate.conformance.metering.endpoint import MetricsEndpoint
from samestate.conformance.vectors.places import VECTORS
from tests.conformance.metering.scraping import Scraped, samples_of

TOY = str(VECTORS / "toy/conflicts")
TRANSFERS = str(VECTORS / "evm/transfers")


@pytest.fixture
def scraped(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scraped]:
    with Scraped(monkeypatch) as found:
        yield found


def run(*arguments: str) -> Any:
    return CliRunner().invoke(application, [*arguments, "--metrics-port", "0"], catch_exceptions=False)


def counts(samples: dict[Any, float]) -> dict[Any, float]:
    """What cannot differ between two runs of one work: no seconds."""
    return {
        sample: value for sample, value in samples.items() if "seconds" not in sample[0] and "bytes" not in sample[0]
    }


@pytest.mark.parametrize("path", [TOY, TRANSFERS])
def test_several_processes_come_to_what_one_does(scraped: Scraped, path: str) -> None:
    engines = ["--engine", "optimized:sequential", "--engine", "spec"]
    assert run("check", path, *engines).exit_code == 0
    assert run("check", path, *engines, "--jobs", "2").exit_code == 0
    one, two = (counts(samples_of(page)) for page in scraped.pages)
    processes = ("samestate_run_processes", ())
    assert (one.pop(processes), two.pop(processes)) == (1, 2)
    assert one == two
    ended = {labels: value for (name, labels), value in one.items() if name == "samestate_cases_total"}
    passed = {"passed"} <= {value for labels in ended for _, value in labels}
    assert passed and sum(ended.values()) >= 10
    assert sum(value for (name, _), value in one.items() if name == "samestate_transactions_total") >= 20


def test_processes_of_a_search_report_to_the_one_that_leads(scraped: Scraped) -> None:
    arguments = ("fuzz", "--engine", "optimized:sequential", "--seed", "5", "--blocks", "12", "--txs", "6")
    assert run(*arguments, "--jobs", "1").exit_code == 0
    assert run(*arguments, "--jobs", "2").exit_code == 0
    one, two = (counts(samples_of(page)) for page in scraped.pages)
    processes = ("samestate_run_processes", ())
    assert (one.pop(processes), two.pop(processes)) == (1, 2)
    assert one == two
    assert sum(value for (name, _), value in one.items() if name == "samestate_seeds_total") == 12
    assert sum(value for (name, _), value in one.items() if name == "samestate_blocks_total") == 12


def test_the_meter_is_off_once_the_command_is_over(scraped: Scraped) -> None:
    assert run("check", TOY, "--engine", "optimized:locks").exit_code == 0
    assert not meter.is_on()


def test_the_endpoint_is_on_this_machine_alone_unless_told() -> None:
    with MetricsEndpoint("check", 0) as endpoint:
        assert endpoint.url.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(endpoint.url, timeout=10) as answer:
            text = answer.read().decode()
        port = endpoint.url.split(":")[2].split("/")[0]
        listening = Path("/proc/net/tcp").read_text().splitlines()
        found = [line.split()[1] for line in listening if f":{int(port):04X} 00000000:0000 0A" in line]
        assert found == [f"0100007F:{int(port):04X}"]
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert families["samestate_run_info"].samples[0].labels == {"command": "check"}
    with MetricsEndpoint("check", 0, "0.0.0.0") as everywhere:
        assert everywhere.url.startswith("http://0.0.0.0:")


def test_a_port_in_use_is_an_error_before_any_work() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(application, ["check", TOY, "--metrics-port", port])
    assert result.exit_code == 2
    assert result.stderr == (
        f"samestate: --metrics-port {port}: nobody can listen at 127.0.0.1:{port}: Address already in use; "
        "give another port, 0 for any that is free, or another --metrics-address\n"
    )
    assert result.stdout == ""


@pytest.mark.parametrize("command", [["check", TOY], ["fuzz", "--blocks", "1"], ["bench", "--preset", "small"]])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--metrics-port", "70000"], "--metrics-port 70000: must be a port, from 0 (any that is free) to 65535"),
        (["--metrics-port", "-1"], "--metrics-port -1: must be a port, from 0 (any that is free) to 65535"),
        (["--metrics-address", "127.0.0.1"], "--metrics-address 127.0.0.1: goes with --metrics-port alone"),
        (["--metrics-port", "0", "--metrics-address", ""], "--metrics-address: must be an address of this machine"),
        (
            ["--metrics-port", "0", "--metrics-address", "no.such.host.invalid"],
            "--metrics-port 0: nobody can listen at",
        ),
    ],
)
def test_a_port_or_address_that_is_none_is_refused(command: list[str], options: list[str], message: str) -> None:
    result = CliRunner().invoke(application, [*command, *options])
    assert result.exit_code == 2
    assert result.stderr.startswith(f"samestate: {message}")
    assert result.stderr.count("\n") == 1


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def refuse(name: str, *others: Any) -> Any:
        if name.startswith("prometheus_client"):
            raise ModuleNotFoundError(name)
        return imported(name, *others)

    monkeypatch.setattr("importlib.import_module", lambda name: refuse(name))
    with pytest.raises(InputError, match=re.escape("pip install 'samestate[metrics]'")):
        MetricsEndpoint("check", 0)
