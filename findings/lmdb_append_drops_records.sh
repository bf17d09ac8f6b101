#!/usr/bin/env bash
# py-lmdb's `Cursor.putmulti(…, append=True)` leaves out records whose keys do not ascend, and raises nothing.
#
# One would guess: appending a key that does not come after the last one is an error, as MDB_APPEND is documented in LMDB
#   ("a MDB_KEYEXIST error will be returned" if keys are not sorted); or the record is put where it belongs.
# What happens: `putmulti` takes MDB_KEYEXIST for "was there already", as it is right for `overwrite=False`, and goes on.
#   The record is not in the database; that one fewer was added shows in the second number of the result alone.
#   `put(…, append=True)` gives False in the same way.
# Version: lmdb 3.0.0 from PyPI (LMDB 0.9.36 inside), Python 3.11.
# Source: https://lmdb.readthedocs.io/en/release/#lmdb.Cursor.putmulti ; lmdb.h, mdb_put, MDB_APPEND.
# Why it matters: a bulk load of a state that is sorted by another order than bytes, by one record, loses that record and
#   succeeds. Whoever loads with `append` has to compare the two numbers.
# Output seen:
#   putmulti(b, a, c) = (3, 2)
#   records: [b'b', b'c']
#   put(a) = False
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check lmdb==3.0.0

cat > append.py <<'PY'
import lmdb

with lmdb.open("state") as environment, environment.begin(write=True) as transaction:
    cursor = transaction.cursor()
    print("putmulti(b, a, c) =", cursor.putmulti([(b"b", b"1"), (b"a", b"2"), (b"c", b"3")], append=True))
    print("records:", [key for key, _ in transaction.cursor()])
    print("put(a) =", transaction.put(b"a", b"2", append=True))
PY
venv/bin/python append.py | tee seen
diff seen - <<'SEEN'
putmulti(b, a, c) = (3, 2)
records: [b'b', b'c']
put(a) = False
SEEN
