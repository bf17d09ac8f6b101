#!/usr/bin/env bash
# LMDB opens an environment with a smaller `map_size` than its file has, and takes the file's size instead.
#
# One would guess: `map_size` is the limit that was asked for: opening a larger environment with it fails, or writing does.
# What happens: the environment opens, `info()["map_size"]` is the size of the data that is there, and transactions succeed as far as
#   there are free pages. Only a limit above the size of the file is one.
# Version: lmdb 3.0.0 from PyPI (LMDB 0.9.36 inside), Python 3.11.
# Source: https://lmdb.readthedocs.io/en/release/#environment-class ; mdb.c, mdb_env_open2 ("minsize").
# Why it matters: a quota that is lowered by its setting is not lowered, and an error message that quotes the setting
#   quotes a number that was never in force.
# Output seen:
#   asked for 65536 bytes, 0.52 MB in force, 2000 records, and one more written
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check lmdb==3.0.0

cat > smaller.py <<'PY'
import lmdb

with lmdb.open("state", map_size=1 << 22) as environment:
    for first in range(0, 2000, 500):
        with environment.begin(write=True) as transaction:
            for number in range(first, first + 500):
                transaction.put(b"%06d" % number, b"x" * 200)
with lmdb.open("state", map_size=1 << 16) as environment:
    in_force, records = environment.info()["map_size"], environment.stat()["entries"]
    with environment.begin(write=True) as transaction:
        written = transaction.put(b"000000", b"y" * 200)
assert in_force > 1 << 16 and written
print(f"asked for {1 << 16} bytes, {in_force / 1e6:.2f} MB in force, {records} records, and one more written")
PY
venv/bin/python smaller.py
