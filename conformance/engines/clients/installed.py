"""Where the programs of outside clients are: what `make peers` has installed comes before what is on PATH."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.input_files import read_input
from samestate.conformance.fixtures.strict_json import parse_json

ROOT: Final = Path(__file__).resolve().parents[3]
PROGRAMS: Final = ROOT / ".peers" / "bin"
MANIFEST_LIMIT: Final = 2**20


class PeerMissing(Exception):  # noqa: N818 - says what is wrong
    """An outside client is not installed. The message says what is missing and how to get it."""


def find_program(name: str) -> str:
    """The path of a client's program. Raises PeerMissing."""
    found = shutil.which(name, path=PROGRAMS) or shutil.which(name)
    if found is None:
        raise PeerMissing(f"{name} is neither installed by `make peers` nor on PATH")
    return found


def package_version(package: str, folder: Path) -> str:
    """The version of a package that npm has put below a folder. Raises PeerMissing."""
    manifest = folder / "node_modules" / package / "package.json"
    if not manifest.is_file():
        raise PeerMissing(f"{package} is not installed: `make peers` installs it")
    try:
        about = parse_json(read_input(str(manifest), manifest, MANIFEST_LIMIT))
    except InputError as error:
        raise PeerMissing(str(error)) from error
    except ValueError as error:
        raise PeerMissing(f"{manifest}: is damaged: {error}; remove it, and `make peers` installs it anew") from error
    if not isinstance(about, dict) or not isinstance(about.get("version"), str):
        raise PeerMissing(f"{manifest}: is damaged: it names no version; remove it, and `make peers` installs it anew")
    return str(about["version"])
