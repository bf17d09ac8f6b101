"""geth's import of blocks, by a program of this folder around go-ethereum as a library, which is kept running.

With its access list beside it a block of Amsterdam is executed in parallel. The program says whether it was, and a case
of which no block was is no evidence for that.
"""

from __future__ import annotations

import json
from typing import Any

from samestate.conformance.engines.clients.exported import ExportedCase
from samestate.conformance.engines.clients.line_judge import LineClient
from samestate.conformance.engines.protocol import EngineFailure
from samestate.conformance.exporting.json_values import header_object, state_object
from samestate.conformance.vectors.hexadecimal import hexed


class GethImport:
    """geth as a judge. See :class:`samestate.conformance.engines.clients.judge.Judge`."""

    def __init__(self, program: str, is_parallel: bool, seconds: float) -> None:
        self._is_parallel = is_parallel
        self._client = LineClient([program, *([] if is_parallel else ["-sequential"])], seconds)

    def refuse(self, exported: ExportedCase) -> str:
        """In parallel it executes only blocks that come with a list."""
        lists = [block.access_list for block in exported.chain.blocks]
        return "a block comes without its access list" if self._is_parallel and None in lists else ""

    def judge(self, exported: ExportedCase) -> str:
        """What it finds wrong."""
        answer = self._client.ask(json.dumps(question(exported)))
        if "error" in answer:
            return str(answer["error"])
        blocks = exported.chain.blocks
        verdicts = answer.get("blocks")
        if not isinstance(verdicts, list) or len(verdicts) != len(blocks):
            raise EngineFailure(f"gives no verdict on each of {len(blocks)} blocks")
        for index, (block, verdict) in enumerate(zip(blocks, verdicts, strict=True)):
            wrong = wrong_verdict(verdict, bool(block.exceptions), self._is_parallel)
            if wrong:
                return f"block {index}: {wrong}"
        head = hexed(exported.chain.head)
        return "" if answer.get("head") == head else f"head: expected {head}, it gives {answer.get('head')}"

    def close(self) -> None:
        """End the program."""
        self._client.close()


def question(exported: ExportedCase) -> dict[str, Any]:
    """The chain as the program takes it."""
    chain = exported.chain
    return {
        "network": exported.network,
        "chain_id": chain.chain_id,
        "genesis": header_object(chain.genesis),
        "pre": state_object(chain.pre),
        "blocks": [
            {"rlp": hexed(block.rlp), **({"access_list": hexed(block.access_list)} if block.access_list else {})}
            for block in chain.blocks
        ],
    }


def wrong_verdict(verdict: object, is_invalid: bool, is_parallel: bool) -> str:
    """What is wrong with the verdict on a block; nothing where it is right. Raises EngineFailure where it is none."""
    if not isinstance(verdict, dict) or not isinstance(verdict.get("accepted"), bool):
        raise EngineFailure("gives a verdict that is none")
    if verdict["accepted"] and is_invalid:
        return "it is accepted, and must be refused"
    if not verdict["accepted"] and not is_invalid:
        return f"it is refused: {verdict.get('error')}"
    if verdict["accepted"] and bool(verdict.get("parallel")) != is_parallel:
        raise EngineFailure(f"was to execute {'in parallel' if is_parallel else 'sequentially'}, and did not")
    return ""
