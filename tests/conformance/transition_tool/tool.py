"""Calling the transition tool, and a block to call it with."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner

from samestate.conformance.command import application

SECRET_KEY = "0x45a915e4d060149eb4365960e6a7a45f334393093061116b197e3240065ff2d8"
SENDER = "0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b"
COINBASE = "0xc94f5374fce5edbc8e2a8697c15331677e6ebf0b"
STORER = "0x00000000000000000000000000000000000000aa"
"""Stores the number of the block in slot 1 and returns one word."""
WITHDRAWAL_REQUESTS = "0x00000961ef480eb55e80d19ad83579a64c007002"
CONSOLIDATION_REQUESTS = "0x0000bbddc7ce488642fb579f8b00f3a590007251"
BUILDER_DEPOSITS = "0x0000bff46984e3725691fa540a8c7589300d8282"
BUILDER_EXITS = "0x000064d678505ad48f8ccb093bc65613800e8282"

ALL_ON_STDIN = ("--input.alloc=stdin", "--input.env=stdin", "--input.txs=stdin")
ALL_ON_STDOUT = ("--output.alloc=stdout", "--output.result=stdout", "--output.body=stdout")

ALLOC: dict[str, Any] = {
    SENDER: {"balance": "0x5ffd4878be161d74", "nonce": "0xac"},
    STORER: {"code": "0x4360015560206000f3"},
    WITHDRAWAL_REQUESTS: {"code": "0x00"},
    CONSOLIDATION_REQUESTS: {"code": "0x00"},
    BUILDER_DEPOSITS: {"code": "0x00"},
    BUILDER_EXITS: {"code": "0x00"},
}
ENV: dict[str, Any] = {
    "currentCoinbase": COINBASE,
    "currentRandom": "0xdeadc0de",
    "currentGasLimit": "0x1c9c380",
    "currentBaseFee": "0x500",
    "currentNumber": "1",
    "currentTimestamp": 1000,
    "currentExcessBlobGas": "0x0",
    "parentBeaconBlockRoot": f"0x{'00' * 32}",
    "parentHash": f"0x{'11' * 32}",
    "withdrawals": [],
}
AMSTERDAM: dict[str, Any] = {"slotNumber": "0x2a"}
"""What the environment has in Amsterdam, and not before."""
TRANSACTION: dict[str, Any] = {
    "gas": "0x186a0",
    "gasPrice": "0x600",
    "input": "0x",
    "nonce": "0xac",
    "to": STORER,
    "value": "0x0",
    "v": "0x0",
    "r": "0x0",
    "s": "0x0",
    "secretKey": SECRET_KEY,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call came to."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> dict[str, Any]:
        """The object on stdout."""
        assert self.exit_code == 0, self.stderr
        content: dict[str, Any] = json.loads(self.stdout)
        return content

    @property
    def result(self) -> dict[str, Any]:
        """The result on stdout."""
        result: dict[str, Any] = self.json["result"]
        return result


def call(*arguments: str, stdin: object = None) -> Answer:
    """Call ``samestate t8n``. Any exception but an orderly exit is the test's failure."""
    text = stdin if isinstance(stdin, bytes) else json.dumps(stdin).encode()
    result = CliRunner().invoke(application, ["t8n", *arguments], input=text)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Answer(result.exit_code, result.stdout, result.stderr)


def parts(
    *transactions: dict[str, Any], env: dict[str, Any] | None = None, alloc: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The parts of a block: the usual environment and accounts with changes, where None takes a field away."""
    given_env = {name: value for name, value in {**ENV, **(env or {})}.items() if value is not None}
    given_alloc = {name: value for name, value in {**ALLOC, **(alloc or {})}.items() if value is not None}
    return copy.deepcopy({"alloc": given_alloc, "env": given_env, "txs": list(transactions)})


def transition(fork: str, *arguments: str, stdin: object) -> Answer:
    """A call with everything on stdin and stdout."""
    return call(*ALL_ON_STDIN, *ALL_ON_STDOUT, f"--state.fork={fork}", *arguments, stdin=stdin)
