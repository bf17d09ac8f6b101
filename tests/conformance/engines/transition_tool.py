"""A stand-in for a transition tool: it misbehaves as its first argument says, and works where that is ``right``."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

VERSIONS = {"geth": "evm version 1.0-stand-in", "unknown": "tool 1"}


def main() -> None:
    """Behave."""
    behaviour, name = sys.argv[1], sys.argv[2]
    if "--version" in sys.argv:
        print(VERSIONS[name])
        return
    folder = Path(option("--output.basedir"))
    if behaviour == "never-ends":
        (folder / "process").write_text(str(os.getpid()))
        time.sleep(600)
    elif behaviour == "floods-stderr":
        while True:
            sys.stderr.write("no such transaction\n" * 1000)
    elif behaviour == "floods-output":
        with (folder / "result.json").open("w") as stream:
            while True:
                stream.write("[" * 100_000)
    elif behaviour == "eats-memory":
        held = []
        while True:
            held.append(bytearray(os.urandom(1 << 20)))
    elif behaviour == "gives-up":
        print("no\nmemory for that", file=sys.stderr)
        sys.exit(3)
    elif behaviour == "panics":
        print("panic: calculating blob fee on unsupported fork\n\ngoroutine 1 [running]:", file=sys.stderr)
        sys.exit(2)
    elif behaviour == "refuses":
        print("ERROR(2): the withdrawal queue has no code", file=sys.stderr)
        sys.exit(2)
    elif behaviour == "is-killed":
        os.kill(os.getpid(), 9)
    elif behaviour == "writes-nothing":
        return
    else:
        work(behaviour, folder)


def option(name: str) -> str:
    """The value of an option."""
    return next(argument.partition("=")[2] for argument in sys.argv if argument.startswith(f"{name}="))


def work(behaviour: str, folder: Path) -> None:
    """Do what a transition tool does, by the one of this project, and spoil it."""
    from samestate.conformance import command

    sys.argv = ["samestate", *sys.argv[3:]]
    try:
        command.main()
    except SystemExit as ended:
        if ended.code:
            raise
    result = folder / option("--output.result")
    content: dict[str, Any] = json.loads(result.read_text())
    if behaviour == "half-a-result":
        text = result.read_text()
        result.write_text(text[: len(text) // 2])
    elif behaviour == "odd-number":
        result.write_text(json.dumps({**content, "gasUsed": "many"}))
    elif behaviour == "no-map":
        result.write_text("[1]")
    elif behaviour == "wrong-root":
        result.write_text(json.dumps({**content, "stateRoot": "0x" + "77" * 32}))
    elif behaviour == "wrong-alloc":
        post = folder / option("--output.alloc")
        alloc = json.loads(post.read_text())
        alloc[min(alloc)]["balance"] = "0x1"
        post.write_text(json.dumps(alloc))
    elif behaviour == "no-blob-gas":
        content.pop("blobGasUsed", None)
        result.write_text(json.dumps(content))
    elif behaviour == "rejects":
        result.write_text(json.dumps({**content, "rejected": [{"index": 0, "error": "not today"}]}))


if __name__ == "__main__":
    main()
