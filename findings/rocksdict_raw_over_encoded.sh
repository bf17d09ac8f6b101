#!/usr/bin/env bash
# rocksdict opens a database that it has written with encoded keys in raw mode, and shows the encoding as data.
#
# One would guess: a database remembers whether its keys and values are bytes as they are or encoded Python objects
#   (there is a file rocksdict-config.json for it), and opening it the other way is an error.
# What happens: `Rdict(path, options=Options(raw_mode=True))` opens it. Keys come back with a byte for their type before
#   them, values as pickles with such a byte; a key is not found under the bytes by which it was put, and is put a second time.
# Version: rocksdict 0.3.29 from PyPI, Python 3.11.
# Source: https://rocksdict.github.io/RocksDict/rocksdict.html, "raw_mode".
# Why it matters: a store that is opened without `raw_mode` once, as an example does, and with it after that, has each record
#   twice, and no error. Outside raw mode a value is a pickle, which whoever may write to the folder decides about.
# Output seen:
#   written: [(b'account', b'5')]
#   in raw mode: [(b'\x01account', b'\x015')]
#   get(account) in raw mode: None
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check rocksdict==0.3.29

cat > modes.py <<'PY'
from rocksdict import Options, Rdict

database = Rdict("state")
database[b"account"] = b"5"
print("written:", list(database.items()))
database.close()
database = Rdict("state", options=Options(raw_mode=True))
print("in raw mode:", list(database.items()))
print("get(account) in raw mode:", database.get(b"account"))
PY
venv/bin/python modes.py | tee seen
diff seen - <<'SEEN'
written: [(b'account', b'5')]
in raw mode: [(b'\x01account', b'\x015')]
get(account) in raw mode: None
SEEN
