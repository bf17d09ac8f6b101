"""The settings of an engine: where they come from, which source wins, and what an error says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from samestate.optimized.configuration import Configuration, configured, load
from samestate.optimized.errors import ConfigurationError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "samestate.yaml"


def test_without_anything_there_are_defaults() -> None:
    assert load(environment={}) == Configuration()


def test_arguments_win_over_the_file_and_the_file_over_the_environment(file: Path) -> None:
    environment = {"SAMESTATE_WORKERS": "7", "SAMESTATE_STRATEGY": "waves", "SAMESTATE_KIND": "processes"}
    file.write_text("workers: 6\nstrategy: locks\n")
    configuration = load(file, environment, workers=5, strategy=None)
    assert (configuration.workers, configuration.strategy, configuration.kind) == (5, "locks", "processes")


def test_what_is_configured_is_told_from_what_is_a_default(file: Path) -> None:
    environment = {"SAMESTATE_MEMORY_LIMIT": str(Configuration().memory_limit), "SAMESTATE_WORKERS": "7"}
    file.write_text("workers: 6\n")
    assert configured(file, environment) == {"memory_limit": Configuration().memory_limit, "workers": 6}
    assert configured(environment={}) == {}


def test_the_environment_may_name_the_file(file: Path) -> None:
    file.write_text("workers: 6")
    assert load(environment={"SAMESTATE_CONFIGURATION": str(file)}).workers == 6
    other = file.with_name("other.yaml")
    other.write_text("workers: 9")
    assert load(other, {"SAMESTATE_CONFIGURATION": str(file)}).workers == 9


def test_every_setting_can_be_written_in_a_file(file: Path) -> None:
    processor = min(os.sched_getaffinity(0))
    file.write_text(
        f"""
        workers: 3
        strategy: access-list
        kind: processes
        time_limit: 2
        memory_limit: 512 MiB
        affinity: [{processor}]
        maximum_block: 50
        record: false
        read_latency_us: 1.5
        estimator: my_package.estimates:of
        run_length: 8
        signature_lanes: no
        no_fallback: yes
        trace: yes
        """
    )
    assert load(file, {}) == Configuration(
        workers=3,
        strategy="access-list",
        kind="processes",
        time_limit=2.0,
        memory_limit=512 << 20,
        affinity=(processor,),
        maximum_block=50,
        record=False,
        read_latency_us=1.5,
        estimator="my_package.estimates:of",
        run_length=8,
        signature_lanes=False,
        no_fallback=True,
        trace=True,
    )


def test_every_setting_can_be_written_in_the_environment() -> None:
    processor = min(os.sched_getaffinity(0))
    environment = {
        "SAMESTATE_WORKERS": " 3 ",
        "SAMESTATE_STRATEGY": "access-list",
        "SAMESTATE_KIND": "processes",
        "SAMESTATE_TIME_LIMIT": "2.5",
        "SAMESTATE_MEMORY_LIMIT": "2GiB",
        "SAMESTATE_AFFINITY": str(processor),
        "SAMESTATE_MAXIMUM_BLOCK": "50",
        "SAMESTATE_RECORD": "off",
        "SAMESTATE_READ_LATENCY_US": "1e2",
        "SAMESTATE_ESTIMATOR": "last-run",
        "SAMESTATE_RUN_LENGTH": "64",
        "SAMESTATE_SIGNATURE_LANES": "off",
        "SAMESTATE_NO_FALLBACK": "yes",
        "SAMESTATE_TRACE": "true",
        "SAMESTATE_DATA": "/another/program's/business",
    }
    assert load(environment=environment) == Configuration(
        workers=3,
        strategy="access-list",
        kind="processes",
        time_limit=2.5,
        memory_limit=2 << 30,
        affinity=(processor,),
        maximum_block=50,
        record=False,
        read_latency_us=100.0,
        estimator="last-run",
        run_length=64,
        signature_lanes=False,
        no_fallback=True,
        trace=True,
    )


def test_an_empty_file_sets_nothing(file: Path) -> None:
    file.write_text("# nothing yet\n")
    assert load(file, {}) == Configuration()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"workers": 0}, "argument workers = 0: give a whole number from 1 to 256, or auto"),
        ({"workers": True}, "argument workers = True: give a whole number from 1 to 256, or auto"),
        ({"workers": "2"}, "argument workers = 2: give a whole number from 1 to 256, or auto"),
        (
            {"strategy": "block_stm"},
            "argument strategy = block_stm: choose of adaptive, sequential, block-stm, locks, waves, access-list"
            " (did you mean block-stm?)",
        ),
        ({"kind": "fibres"}, "argument kind = fibres: choose of threads, processes"),
        ({"time_limit": 0}, "argument time_limit = 0: give more than 0 seconds"),
        ({"time_limit": float("nan")}, "argument time_limit = nan: give a number of seconds"),
        ({"time_limit": 1e9}, "argument time_limit = 1000000000.0: give at most 1e+06 seconds"),
        ({"memory_limit": 4096}, "argument memory_limit = 4096: give at least 1 MiB"),
        ({"memory_limit": 1 << 60}, f"argument memory_limit = {1 << 60}: give less than 128 GiB"),
        (
            {"memory_limit": "much"},
            "argument memory_limit = much: give bytes, or text such as 512 MiB or 2 GiB",
        ),
        (
            {"affinity": ()},
            "argument affinity = (): give the numbers of processors, such as 0,1 or 0-3;"
            " or one of none, core, cache, node",
        ),
        (
            {"affinity": "0,x"},
            "argument affinity = 0,x: give the numbers of processors, such as 0,1 or 0-3;"
            " or one of none, core, cache, node",
        ),
        ({"maximum_block": 0}, "argument maximum_block = 0: give a whole number from 1 to 10000000 of transactions"),
        ({"record": "maybe"}, "argument record = maybe: give true or false"),
        ({"read_latency_us": -1}, "argument read_latency_us = -1: give at least 0 microseconds"),
        (
            {"estimator": "declarde"},
            "argument estimator = declarde: choose of declared, static, last-run, pattern, learned, rehearsed (did you"
            " mean declared?), or name a function as module:attribute",
        ),
    ],
)
def test_a_wrong_argument_is_named_with_the_fix(arguments: dict[str, Any], message: str) -> None:
    for make in (Configuration, lambda **given: load(environment={}, **given)):
        with pytest.raises(ConfigurationError) as caught:
            make(**arguments)
        assert str(caught.value) == message


def test_a_processor_that_is_not_there() -> None:
    with pytest.raises(ConfigurationError, match=r"affinity = \(9999,\): processor 9999 is not there .* choose of \d"):
        Configuration(affinity=(9999,))


def test_an_unknown_argument() -> None:
    with pytest.raises(ConfigurationError, match=r"argument worker: .* \(did you mean workers\?\)"):
        load(environment={}, worker=2)


def test_an_unknown_key_in_the_file_is_named_with_a_suggestion(file: Path) -> None:
    file.write_text("memory_limt: 1 GiB")
    with pytest.raises(ConfigurationError) as caught:
        load(file, {})
    assert str(caught.value) == (f"file {file}, key memory_limt: there is no such setting (did you mean memory_limit?)")
    file.write_text("colour: red")
    with pytest.raises(ConfigurationError, match="there is no such setting; there are workers, strategy, "):
        load(file, {})


def test_a_wrong_value_in_the_file_names_file_and_key(file: Path) -> None:
    file.write_text("workers: none")
    with pytest.raises(ConfigurationError) as caught:
        load(file, {})
    assert str(caught.value) == f"file {file}, key workers = none: give a whole number from 1 to 256, or auto"


def test_a_wrong_value_in_the_environment_names_the_variable() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(environment={"SAMESTATE_WORKERS": "two"})
    assert (
        str(caught.value) == "environment variable SAMESTATE_WORKERS = two: give a whole number from 1 to 256, or auto"
    )


def test_a_variable_that_is_nearly_a_setting() -> None:
    with pytest.raises(ConfigurationError, match=r"SAMESTATE_WORKER: .* did you mean SAMESTATE_WORKERS"):
        load(environment={"SAMESTATE_WORKER": "2"})


@pytest.mark.parametrize(
    "variable", ["RACE", "DATA", "PEER_BLOCKS", "PEER_INPUTS", "EXPLORED_TABLE", "BUILD_JOBS", "SAMPLE", "SOURCES"]
)
def test_a_variable_of_another_part_of_the_project_is_no_misspelt_setting(variable: str) -> None:
    assert load(environment={f"SAMESTATE_{variable}": "anything"}) == Configuration()


def test_numbers_that_no_computer_holds() -> None:
    for name in ("time_limit", "read_latency_us"):
        with pytest.raises(ConfigurationError, match=rf"argument {name} = 10*…: give at most 1e\+06 "):
            Configuration(**{name: 10**400})  # type: ignore[arg-type]
    for name in ("time_limit", "workers", "memory_limit", "maximum_block"):
        with pytest.raises(ConfigurationError, match=f"argument {name} = a number of thousands of digits: give "):
            Configuration(**{name: 10**5000})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("workers: [1", "is not YAML"),
        ("- workers", "is to be a map of settings"),
        ("workers: 1\nworkers: 2", "key workers stands twice"),
        ("!!python/object:os.system {}", "is not YAML"),
        ("[" * 100_000, "is nested too deeply: it is to be a map of settings"),
        ('workers: !!int ""', "is not YAML: a value is not what its tag says"),
        ("workers: 2001-99-99", "is not YAML: a value is not what its tag says"),
        ("# " + "a" * (1 << 20), "has more than 1048576 bytes, and is to be a map of settings"),
    ],
)
def test_a_file_that_is_no_configuration(file: Path, content: str, message: str) -> None:
    file.write_text(content)
    with pytest.raises(ConfigurationError, match=message):
        load(file, {})


def test_a_file_that_is_not_there(file: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"samestate\.yaml: cannot be read: No such file"):
        load(file, {})
    file.write_bytes(b"workers: \xff")
    with pytest.raises(ConfigurationError, match="is not UTF-8"):
        load(file, {})
