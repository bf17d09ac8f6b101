"""What executes and compares, as digests: the rooms of this distribution as they lie here, and what is around them."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import re
import sys
from pathlib import Path
from typing import Final

from samestate.conformance.vectors.places import SCHEMA

ROOMS: Final = ("spec", "conformance", "reference", "optimized")
METADATA: Final = ".dist-info"
"""How the folders are called that installers leave of a distribution, after its name and version."""
COMPILED: Final = ".pyc"
"""How the names of files end that Python has made of others."""
PREFIX: Final = "SAMESTATE_"
"""How the environment variables begin that `optimized` takes its settings from."""
CONFIGURATION: Final = "SAMESTATE_CONFIGURATION"
"""The variable that names a file of such settings."""
PLACES: Final = frozenset({"SAMESTATE_DATA"})
"""Variables that say where something is to be read, which then counts by its content."""


@functools.lru_cache(maxsize=len(ROOMS))
def room_digest(room: str) -> str:
    """SHA-256, in hexadecimal, over name and content of all files of a room as they were when first asked for.

    What is compiled counts as it is.
    """
    return room_digest_now(room)


def room_digest_now(room: str) -> str:
    """See :func:`room_digest`: as the files are now."""
    digest = hashlib.sha256()
    found = importlib.util.find_spec(f"samestate.{room}")  # which imports nothing of it
    for folder in (found and found.submodule_search_locations) or ():
        for name in sorted(files_below(folder)):
            content = Path(folder, name).read_bytes()
            digest.update(f"{name} {len(content)}\n".encode("utf-8", "surrogateescape") + content)
    if room == "conformance":
        digest.update(SCHEMA.read_bytes())
    return digest.hexdigest()


def files_below(folder: str) -> list[str]:
    """The names of the files below a folder, but for what Python has made of others."""
    names: list[str] = []
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        below = "" if place == folder else f"{os.path.relpath(place, folder)}/"
        names += [f"{below}{name}" for name in files if not name.endswith(COMPILED)]
    return names


@functools.lru_cache(maxsize=1)
def surroundings() -> str:
    """SHA-256, in hexadecimal, over the interpreter, the kind of machine, and the libraries that are required."""
    said = [sys.version, platform.system(), platform.machine(), processor_features()]
    said += [f"{name} {version_of(name)}" for name in importlib.metadata.requires("samestate") or ()]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def processor_features() -> str:
    """What the processor says it can do, where the system tells: compiled code takes other ways by it."""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as file:
            return next((line for line in file if line.startswith(("flags", "Features"))), "")
    except OSError:
        return ""


def version_of(requirement: str) -> str:
    """The version of a library that is required, or nothing where it is not installed."""
    name = re.match(r"[\w.-]+", requirement)
    return installed_versions().get(plain_name(name[0]), "") if name is not None else ""


@functools.lru_cache(maxsize=1)
def installed_versions() -> dict[str, str]:
    """The version of every installed distribution, by its name; as their folders are called, which is quickly read."""
    found: dict[str, str] = {}
    for place in sys.path:
        with contextlib.suppress(OSError), os.scandir(place or os.curdir) as entries:
            for entry in entries:
                name, dash, version = entry.name.removesuffix(METADATA).partition("-")
                if dash and entry.name.endswith(METADATA):
                    found.setdefault(plain_name(name), version)
    return found


def plain_name(name: str) -> str:
    """The name of a distribution as all spellings of it are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def settings() -> str:
    """SHA-256, in hexadecimal, over the settings that the environment gives, a file that it names included."""
    digest = hashlib.sha256()
    for name, value in sorted(os.environ.items()):
        if name.startswith(PREFIX) and name not in PLACES:
            digest.update(f"{name}={value}\n".encode("utf-8", "surrogateescape"))
    try:
        digest.update(Path(os.environ[CONFIGURATION]).read_bytes())
    except (KeyError, OSError):  # there is none, or whoever reads it complains
        digest.update(b"none")
    return digest.hexdigest()
