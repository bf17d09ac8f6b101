"""JSON for programs, in one form in every command: `--json FILE`, or `-` for stdout."""

from __future__ import annotations

import json

from samestate.conformance.output.targets import check_file, write_whole


def write_json(value: object, target: str) -> None:
    """Write JSON to a file, or to stdout for ``-``. A file is there whole or not at all. Raises InputError."""
    write_whole("--json", target, json.dumps(value, indent=1) + "\n")


def check_json_target(target: str | None) -> None:
    """Raise InputError where JSON cannot be written there: before the work, and not after it."""
    if target is not None:
        check_file("--json", target)
