#!/usr/bin/env bash
# The transition tool of the executable specification of Ethereum cannot pay the miners of ommers.
#
# One would guess: `ethereum-spec-evm t8n`, which has `--state.reward` and reads `ommers` from the environment as geth's
#   `evm t8n` does, pays them by the yellow paper, section 11.3: an ommer one block older than the block gets 7/8 of the reward.
# What happens: any environment with an ommer ends in an AttributeError, under every fork that has rewards, while the
#   reader of the same package builds ommers with the field `delta` and the payment asks them for `number`.
# Version: ethereum-execution 2.20.0 from PyPI, Python 3.11.
# Source: ethereum_spec_tools/evm_tools/t8n/__init__.py, `pay_block_rewards`, and t8n/env.py, `Ommer`, in that package.
# Why it matters: whoever compares rewards before the merge with this tool has no second opinion on ommers; a harness that
#   reads the traceback as "this block is invalid" finds a difference that is none.
# Output seen:
#   without ommers: 0x1bc16d674ec80000
#   with one ommer: AttributeError: 'Ommer' object has no attribute 'number'
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check ethereum-execution==2.20.0

miner=0x00000000000000000000000000000000000000cc
write_environment() {
    cat > env.json <<JSON
{"currentCoinbase": "$miner", "currentGasLimit": "0x1c9c380", "currentNumber": "0xa", "currentTimestamp": "0x64",
 "currentDifficulty": "0x20000", "currentBaseFee": "0x7", "blockHashes": {}, "ommers": [$1]}
JSON
}
run() {
    venv/bin/ethereum-spec-evm t8n --input.alloc alloc.json --input.env env.json --input.txs txs.json \
        --output.result result.json --output.alloc out.json --state.fork London --state.reward 2000000000000000000 2>&1
}
echo '{"0x00000000000000000000000000000000000000aa": {"balance": "0x1"}}' > alloc.json
echo '[]' > txs.json

write_environment ''
run > log || { cat log; exit 1; }
paid=$(venv/bin/python -c "import json; print(json.load(open('out.json'))['$miner']['balance'])")
echo "without ommers: $paid"

write_environment '{"delta": 1, "address": "0x00000000000000000000000000000000000000dd"}'
if run > log; then
    echo "with one ommer: $(cat out.json)"
    exit 1
fi
said=$(tail -n 1 log)
echo "with one ommer: $said"

[ "$paid" = 0x1bc16d674ec80000 ]
[ "$said" = "AttributeError: 'Ommer' object has no attribute 'number'" ]
