"""Where the outputs go: a file each, or one JSON object on stdout or stderr."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from samestate.conformance.output.streams import check_delivered
from samestate.conformance.output.targets import check_apart, check_file, write_whole

STDOUT: Final = "stdout"
STDERR: Final = "stderr"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an output goes: what it is called in a JSON object, the option, and what that says; nothing if empty."""

    name: str
    option: str
    target: str


class Outputs:
    """Sends each output where its option says. Raises InputError where that cannot be, before anything is executed."""

    def __init__(self, folder: Path, *destinations: Destination) -> None:
        self._folder = folder
        self._destinations = {destination.name: destination for destination in destinations}
        files = [destination for destination in destinations if destination.target not in ("", STDOUT, STDERR)]
        for destination in files:
            check_file(destination.option, folder / destination.target, make_folders=True)
        check_apart(*((destination.option, folder / destination.target) for destination in files))

    def send(self, values: dict[str, object]) -> None:
        """Write the files, then what goes to the streams. Raises InputError."""
        streams: dict[str, dict[str, object]] = {STDOUT: {}, STDERR: {}}
        for name, value in values.items():
            destination = self._destinations[name]
            if destination.target in streams:
                streams[destination.target][name] = value
            elif destination.target:
                content = json.dumps(value, indent=1) + "\n"
                write_whole(destination.option, self._folder / destination.target, content, make_folders=True)
        for target, stream in ((STDOUT, sys.stdout), (STDERR, sys.stderr)):
            if streams[target]:
                stream.write(json.dumps(streams[target], indent=2) + "\n")
                check_delivered(stream)
