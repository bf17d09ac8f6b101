"""A stand-in for every outside client: ``stand_in.py BEHAVIOUR …``, with the rest of the words as the client has them.

What is asked of it by ``blocktest`` and ``btest`` is a file; without these words it is asked by lines.
"""

from __future__ import annotations

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


def main() -> None:
    """Behave."""
    behaviour, *words = sys.argv[1:]
    if "blocktest" in words:
        common(behaviour)
        print("INFO block decoding failed\n" + json.dumps(geth(behaviour)) if behaviour != "silent" else "nothing")
    elif "btest" in words:
        common(behaviour)
        revme(behaviour, words[-1])
    elif "--init" in words:
        common(behaviour)
        node(behaviour)
    else:
        for number, line in enumerate(sys.stdin):
            if behaviour == "dies-once" and number == 1:
                sys.exit("out of luck")
            common(behaviour)
            print(json.dumps(answer(behaviour, line)), flush=True)


def common(behaviour: str) -> None:
    """What every client may do wrong."""
    if behaviour == "crashes":
        sys.exit("panic: out of luck")
    if behaviour == "hangs":
        print("still thinking", file=sys.stderr, flush=True)
        time.sleep(600)
    if behaviour == "floods-stderr":
        while True:
            sys.stderr.write("no such transaction\n" * 1000)
    if behaviour == "floods-output":
        while True:
            sys.stdout.write("[" * 100_000)
    if behaviour == "garbage":
        print("good morning", flush=True)
        print("it is early", file=sys.stderr, flush=True)
        time.sleep(0.2)
        sys.exit(0)
    if behaviour == "half":
        print('[{"name": "samestate", "pa', flush=True)
        sys.exit(0)


def geth(behaviour: str) -> list[dict[str, Any]]:
    """What geth says, which ends with exit code 0 whatever failed."""
    if behaviour == "another-test":
        return [{"name": "another", "pass": True}]
    return [
        {"name": "samestate", "pass": behaviour != "wrong", **({"error": "post state"} if behaviour == "wrong" else {})}
    ]


def revme(behaviour: str, path: str) -> None:
    """What revme says."""
    if behaviour == "skips":
        print("Skipping transition test", file=sys.stderr)
    if behaviour == "silent":
        print("Failed to decode: unknown variant `BPO1`", file=sys.stderr)
        sys.exit(1)
    print(f"✗ (1/1) {path} - gas used" if behaviour == "wrong" else f"✓ (1/1) {path} (1 tests)")


def node(behaviour: str) -> None:
    """Listen as anvil does, and answer each call in the same way."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if behaviour == "answers-nothing":
                time.sleep(600)
            if behaviour == "hangs-up":
                self.close_connection = True
                return
            body = b"good morning" if behaviour == "answers-garbage" else b"{}"
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = HTTPServer(("127.0.0.1", 0), Handler)
    print("I listen", file=sys.stderr, flush=True)
    print(f"Listening on 127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


def answer(behaviour: str, line: str) -> object:
    """What a client of lines says of a chain."""
    if behaviour == "no-verdict":
        return {"passed": "yes", "blocks": "all"}
    chain = json.loads(line) if line.startswith("{") else {}
    if "pre" in chain and "genesis" in chain:
        blocks = [{"accepted": behaviour != "wrong", "error": "gas", "parallel": True} for _ in chain["blocks"]]
        for each in blocks:
            each["parallel"] = behaviour != "sequentially"
        return {"blocks": blocks[1:] if behaviour == "half-verdicts" else blocks, "head": "0x00"}
    return {"name": "samestate", "passed": behaviour != "wrong", "reason": "post state" if behaviour == "wrong" else ""}


if __name__ == "__main__":
    main()
