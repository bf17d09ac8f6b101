"""What a result is kept by: all that it depends on. An engine of which not all is known has no key, and no results."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from samestate.conformance.checking.builds import room_digest, settings, surroundings
from samestate.conformance.checking.journal import program_version
from samestate.conformance.checking.limits import Limits
from samestate.conformance.engines.clients.installed import PROGRAMS
from samestate.conformance.engines.clients.known import CLIENTS
from samestate.conformance.engines.names import SPEC, is_ours

FORM: Final = "samestate-results/1"
REFERENCE: Final = "reference"
SHOWN: Final = 16
"""How many digits of a build are told."""


@dataclass(frozen=True, slots=True)
class EngineKey:
    """What executes: a ``digest`` of all that it and the comparison are made of, and the engine's own ``build``."""

    digest: bytes
    build: str


def specification_build() -> str:
    """The digest of the specification, by which every engine is judged."""
    return room_digest("spec")


def checking_build() -> str:
    """The digest of what reads cases and compares results, and of what it runs on."""
    return hashlib.sha256(f"{room_digest('conformance')} {surroundings()}".encode()).hexdigest()


def build_of(engine: str, said: str = "") -> str | None:
    """The digest of all that is this engine's own; None where that is not known, as of a program by its command line.

    A script may import what it likes, and a program load it: of what only the command line names there is no build but
    the one that it has ``said`` itself. A client that is known by name is pinned, and has its version.
    """
    if engine == SPEC:
        return specification_build()
    if engine in CLIENTS:
        return hashlib.sha256(f"{program_version(engine)} {installed_programs()}".encode()).hexdigest()
    room = engine.partition(":")[0]
    if not is_ours(engine):
        return hashlib.sha256(f"said {said}".encode("utf-8", "replace")).hexdigest() if said else None
    digest = room_digest(room)
    return digest if room == REFERENCE else hashlib.sha256(f"{digest} {settings()}".encode()).hexdigest()


def installed_programs() -> str:
    """The programs that `make peers` has installed, each by its size and when it was written."""
    found = sorted(PROGRAMS.iterdir()) if PROGRAMS.is_dir() else []
    return json.dumps([[path.name, *_written(path)] for path in found])


def _written(path: Path) -> list[int]:
    try:
        status = path.stat()
    except OSError:  # a link that leads nowhere
        return []
    return [status.st_size, status.st_mtime_ns]


def engine_keys(
    engines: Iterable[str], workers: int, limits: Limits, said: Mapping[str, str]
) -> Mapping[str, EngineKey]:
    """The keys of those engines whose builds are known. A result under a limit says that it keeps to that limit.

    ``said``: the builds that engines of others have told.
    """
    found: dict[str, EngineKey] = {}
    for engine in engines:
        build = build_of(engine, said.get(engine, ""))
        if build is not None:
            builds = [FORM, checking_build(), specification_build(), engine, build]
            asked = [workers, limits.seconds, limits.memory]
            found[engine] = EngineKey(hashlib.sha256(json.dumps([builds, asked]).encode()).digest(), build)
    return found


def result_key(engine: EngineKey, document: bytes) -> bytes:
    """What the results of a document on an engine are kept by."""
    return hashlib.sha256(engine.digest + document).digest()
