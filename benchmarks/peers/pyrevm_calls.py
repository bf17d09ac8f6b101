"""pyrevm on one workload (README.md has the form): a call for each transaction, on the state that those before it left.

    python pyrevm_calls.py FOLDER WORKLOAD

``FOLDER`` is where pyrevm is installed. The first line of the output says which version it is. Then each line of the
input is a number of executions, and answered by a line with the seconds of each.

These are calls and no transactions: there are no nonces, fees or system calls, and what one has accessed is warm for
all after it. Its rules are Cancun's, whatever it is asked for.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, sys.argv[1])

from pyrevm import EVM, AccountInfo, BlockEnv, CfgEnv, Env


def prepared(workload: dict[str, Any]) -> EVM:
    """The state before the block."""
    given = workload["environment"]
    block = BlockEnv(
        number=given["number"],
        coinbase=given["coinbase"],
        timestamp=given["timestamp"],
        difficulty=0,
        prevrandao=bytes.fromhex(given["prev_randao"][2:]),
        basefee=given["base_fee_per_gas"],
        gas_limit=given["gas_limit"],
        excess_blob_gas=0,
    )
    evm = EVM(env=Env(cfg=CfgEnv(chain_id=workload["chain_id"]), block=block), spec_id="CANCUN")
    for address, account in workload["alloc"].items():
        code = bytes.fromhex(account["code"][2:])
        about = {"nonce": account["nonce"], **({"code": code} if code else {})}
        evm.insert_account_info(address, AccountInfo(**about))
        evm.set_balance(address, int(account["balance"], 16))
        for slot, value in account["storage"].items():
            evm.insert_account_storage(address, int(slot, 16), int(value, 16))
    return evm


def seconds(workload: dict[str, Any]) -> float:
    """How long the block's calls take."""
    evm = prepared(workload)
    calls = [
        (call["sender"], call["to"], bytes.fromhex(call["data"][2:]), int(call["value"], 16), call["gas_limit"])
        for call in workload["transactions"]
    ]
    price = workload["environment"]["base_fee_per_gas"] + 10**9
    start = time.perf_counter()
    for sender, to, data, value, gas in calls:
        evm.message_call(sender, to, calldata=data, value=value, gas=gas, gas_price=price)
    return time.perf_counter() - start


def main() -> None:
    """Execute as often as the input says."""
    workload = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    print(json.dumps({"version": importlib.metadata.version("pyrevm")}), flush=True)
    for line in sys.stdin:
        print(json.dumps({"seconds": [seconds(workload) for _ in range(int(line))]}), flush=True)


if __name__ == "__main__":
    main()
