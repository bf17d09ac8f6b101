#!/usr/bin/env bash
# Python's sqlite3 raises UnicodeDecodeError, which is no sqlite3.Error, where a database is damaged in a name.
#
# One would guess: whatever is wrong with the file of a database, `sqlite3` raises a subclass of `sqlite3.Error`; its
#   documentation says so of all errors of SQLite, and `except sqlite3.Error` is how programs tell a damaged file.
# What happens: SQLite's message quotes the damaged name ("malformed database schema (...)"), the module decodes the
#   message as strict UTF-8 to make the exception, and the failure to decode is what the caller gets. `text_factory` does
#   not help, since it is about values, and the statement may be a PRAGMA that reads no table.
# Version: CPython 3.11, 3.12 and 3.13, with the SQLite that they bring (seen with 3.40.1).
# Source: Modules/_sqlite/util.c, `set_error_from_db`, which calls `PyErr_SetString` on sqlite3_errmsg.
# Why it matters: a cache that means to begin anew where its file is damaged ends with a traceback instead, for some
#   damages and not for others.
# Output seen:
#   one byte of a name is no UTF-8: UnicodeDecodeError, an sqlite3.Error: False
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

said=$(python3 - <<'PYTHON'
import sqlite3
from pathlib import Path

connection = sqlite3.connect("kept.sqlite")
connection.execute("CREATE TABLE entries (key BLOB)")
connection.execute("CREATE INDEX by_use ON entries (key)")
connection.commit()
connection.close()
content = Path("kept.sqlite").read_bytes()
at = content.index(b"INDEX by_use ON entries")
Path("kept.sqlite").write_bytes(content[:at] + b"INDEX by_use ON \xc1ntries" + content[at + 23 :])
connection = sqlite3.connect("kept.sqlite")
connection.text_factory = bytes
try:
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("SELECT count(*) FROM entries").fetchone()
    print("nothing is raised")
except Exception as error:
    print(f"{type(error).__name__}, an sqlite3.Error: {isinstance(error, sqlite3.Error)}")
PYTHON
)
echo "one byte of a name is no UTF-8: $said"
[ "$said" = "UnicodeDecodeError, an sqlite3.Error: False" ]
