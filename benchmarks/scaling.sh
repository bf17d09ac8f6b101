#!/bin/sh
# How execution scales with the number of workers: blocks of transfers, of a token and of swaps, and real blocks.
#
#     benchmarks/scaling.sh DATA [WORKERS…]
#
# DATA: a folder of block files alone, as $SAMESTATE_DATA/blocks. WORKERS: 1, 2, 4 and so on up to the processors of the machine, if none are
# said. What it finds is kept in a folder of benchmarks/results that has the date and the commit in its name; `blocks.json` says which
# processor it was. Each number is a run of its own beside `sequential`; a file is written when its part has ended.
set -eu
cd "$(dirname "$0")/.."
data=${1:?usage: benchmarks/scaling.sh DATA [WORKERS…]}
shift
if [ $# -eq 0 ]; then
    processors=$(nproc)
    workers=1
    while [ "$workers" -le "$processors" ]; do
        set -- "$@" "$workers"
        workers=$((workers * 2))
    done
fi
results=benchmarks/results/$(date -u +%Y-%m-%d)-$(git describe --always --dirty)
mkdir -p "$results"
options=""
for workers in "$@"; do
    options="$options --workers $workers"
done

# shellcheck disable=SC2086 # several words are meant
.venv/bin/samestate bench --machine evm --workload transfers --workload erc20 --workload swaps-200 \
    --engine optimized:sequential --engine optimized:block-stm --engine optimized:adaptive \
    $options --repeat 9 --json "$results/blocks.json"
# shellcheck disable=SC2086
.venv/bin/python benchmarks/real_blocks.py "$data" $options --json "$results/real-blocks.json"
echo "$results"
