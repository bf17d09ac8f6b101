#!/usr/bin/env bash
# While a test of Hypothesis runs, the recursion limit of Python is lower than what the program has set.
#
# One would guess: a program that raises the limit with sys.setrecursionlimit, as interpreters do that call themselves for
#   each call of what they interpret, has that limit in tests too. Hypothesis would raise a low one at most.
# What happens: for as long as the test runs the limit is the depth of the stack plus 2,000, however high it was. Recursion
#   of 5,000 calls, which is in order outside, ends in a RecursionError inside.
# Version: hypothesis 6.170.17 from PyPI, Python 3.11.
# Source: hypothesis/internal/conjecture/junkdrawer.py, ensure_free_stackframes.
# Why it matters: an EVM in Python nests 1,024 calls, each of which is several calls of Python. Blocks drawn at random call
#   that deeply now and then, so such a test fails for some seeds and not for others, with an error that no block has outside
#   of it. Who raises the limit once, on import, has to do so wherever execution begins.
# Output seen:
#   outside: 5000 calls deep
#   inside: RecursionError
#   afterwards: 5000 calls deep
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check hypothesis==6.170.17

cat > limit.py <<'PY'
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

sys.setrecursionlimit(20_000)


def depth(calls: int) -> int:
    return 0 if calls == 0 else 1 + depth(calls - 1)


def said() -> str:
    try:
        return f"{depth(5000)} calls deep"
    except RecursionError:
        return "RecursionError"


inside = set()


@settings(max_examples=5, database=None)
@given(st.integers())
def test(number: int) -> None:
    inside.add(said())


print(f"outside: {said()}")
test()
print(f"inside: {', '.join(sorted(inside))}")
print(f"afterwards: {said()}")
PY
venv/bin/python limit.py | tee seen
diff seen - <<'SEEN'
outside: 5000 calls deep
inside: RecursionError
afterwards: 5000 calls deep
SEEN
