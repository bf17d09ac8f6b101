"""How an engine runs: from arguments, a YAML file, environment variables, or defaults, in that order of precedence."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import yaml

from samestate.optimized.errors import ConfigurationError
from samestate.optimized.settings import CHECKS, Wrong, suggestion, words

PREFIX = "SAMESTATE_"
FILE_VARIABLE = "SAMESTATE_CONFIGURATION"
"""The environment variable that names the YAML file where no argument does."""

LONGEST_FILE = 1 << 20
UNREADABLE = (ValueError, LookupError, ArithmeticError, AttributeError, TypeError)
"""What PyYAML raises of a value that does not fit its tag, besides errors of YAML: ``!!int ""``, or the 40th of May."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings of an engine. Whoever makes one has valid settings: all are checked when it is made.

    ``workers``: how many execute at once; ``auto``: as many as suit each block, within the processors that this process
    may use (then it is an :class:`AutoWorkers`, the most that there may be). ``strategy``: how they order their work;
    ``adaptive`` chooses one of the others by the block, and is ``block-stm`` for machines that have no way to choose.
    ``kind``: ``threads`` for machines that are compiled, ``processes`` for machines written in Python. ``time_limit``:
    seconds that a block may take.
    ``memory_limit``: bytes of the arena, which holds a block's state, versions and outcomes. ``affinity``: the
    processor of each worker, in turn, or None to leave that to the system; given as ``core``, ``cache`` or ``node`` it
    is the order that topology.py makes of what processors share. ``maximum_block``: the most transactions a block may
    have. ``record``: whether a run gives its access record. ``read_latency_us``: microseconds that the
    first read of a key from the state before the block waits, as one from a disk would. ``estimator``: where ``locks``
    and ``waves`` get a transaction's accesses from: one of :data:`ESTIMATORS`, or ``module:attribute``.
    ``run_length``: how many transactions of the compiled EVM a worker takes at once at most; 0 leaves that to the shape
    of the block. ``signature_lanes``: whether the compiled EVM finds out eight signers at once where the processor has
    vectors for that. ``no_fallback``: whether a block that another strategy than the one asked for would have to finish
    is an error. ``trace``: whether a run keeps its schedule.
    """

    workers: int = 2
    strategy: str = "adaptive"
    kind: str = "threads"
    time_limit: float = 60.0
    memory_limit: int = 256 << 20
    affinity: tuple[int, ...] | None = None
    maximum_block: int = 100_000
    record: bool = True
    read_latency_us: float = 0.0
    estimator: str = "declared"
    run_length: int = 0
    signature_lanes: bool = True
    no_fallback: bool = False
    trace: bool = False

    def __post_init__(self) -> None:
        for field in fields(self):
            value = _checked(field.name, getattr(self, field.name), "argument", written=False)
            object.__setattr__(self, field.name, value)


def without_adaptive(configuration: Configuration) -> Configuration:
    """The configuration for a machine that has no strategy ``adaptive``: that is ``block-stm`` there."""
    return replace(configuration, strategy="block-stm") if configuration.strategy == "adaptive" else configuration


def load(
    file: str | os.PathLike[str] | None = None,
    environment: Mapping[str, str] | None = None,
    **arguments: object,
) -> Configuration:
    """The configuration from all sources. A setting that is None in ``arguments`` is not given there.

    ``file`` is a YAML map of settings; without it the one that ``SAMESTATE_CONFIGURATION`` names, if any.
    ``environment`` is that of the process unless given. Raises :class:`ConfigurationError`.
    """
    settings = configured(file, environment)
    for name, value in arguments.items():
        if name not in CHECKS:
            raise ConfigurationError(f"argument {name}: there is no such setting{suggestion(name, CHECKS)}")
        if value is not None:
            settings[name] = _checked(name, value, "argument", written=False)
    return Configuration(**settings)


def configured(
    file: str | os.PathLike[str] | None = None, environment: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The settings that the file and the environment give, and none of those that they leave to their defaults.

    See :func:`load`. Raises :class:`ConfigurationError`.
    """
    variables = os.environ if environment is None else environment
    settings = _from_environment(variables)
    path = file if file is not None else variables.get(FILE_VARIABLE) or None
    if path is not None:
        settings.update(_from_file(Path(path)))
    return settings


def _from_environment(variables: Mapping[str, str]) -> dict[str, Any]:
    """The settings in ``SAMESTATE_*`` variables. Other variables pass, unless one is nearly a setting."""
    known = {PREFIX + name.upper(): name for name in CHECKS}
    settings: dict[str, Any] = {}
    for variable, text in variables.items():
        if variable in known:
            name = known[variable]
            settings[name] = _checked(name, text.strip(), f"environment variable {variable}", written=True)
        elif variable.startswith(PREFIX) and variable != FILE_VARIABLE:
            near = difflib.get_close_matches(variable.removeprefix(PREFIX), map(str.upper, CHECKS), 1, 0.9)
            if near:
                raise ConfigurationError(
                    f"environment variable {variable}: there is no such setting; did you mean {PREFIX}{near[0]}?"
                )
    return settings


def _from_file(path: Path) -> dict[str, Any]:
    """The settings in a YAML file: one map, each setting once, under the names of :class:`Configuration`."""
    try:
        with path.open("rb") as opened:
            text = opened.read(LONGEST_FILE + 1)
    except OSError as error:
        raise ConfigurationError(f"file {path}: cannot be read: {error.strerror or error}") from error
    if len(text) > LONGEST_FILE:
        raise ConfigurationError(f"file {path}: has more than {LONGEST_FILE} bytes, and is to be a map of settings")
    try:
        content = yaml.load(text.decode(), Loader=_NoKeyTwice)
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"file {path}: is not UTF-8 text") from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"file {path}: is not YAML: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise ConfigurationError(f"file {path}: is nested too deeply: it is to be a map of settings") from error
    except UNREADABLE as error:
        raise ConfigurationError(f"file {path}: is not YAML: a value is not what its tag says") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigurationError(f"file {path}: is to be a map of settings, as in `workers: 4`, not {words(content)}")
    for name in content:
        if name not in CHECKS:
            raise ConfigurationError(
                f"file {path}, key {name}: there is no such setting{suggestion(str(name), CHECKS)}"
            )
    return {
        name: _checked(name, value, f"file {path}, key", written=True)
        for name, value in content.items()
        if value is not None
    }


class _NoKeyTwice(yaml.SafeLoader):
    """Reads YAML, but not a map in which a key stands twice, of which YAML would keep the last in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"key {key} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


def _checked(name: str, value: object, source: str, written: bool) -> Any:
    try:
        return CHECKS[name](value, written)
    except Wrong as wrong:
        where = f"{source} {name}" if not source.startswith("environment") else source
        raise ConfigurationError(f"{where} = {words(value)}: {wrong}") from None
