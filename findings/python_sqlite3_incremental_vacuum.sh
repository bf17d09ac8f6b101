#!/usr/bin/env bash
# `PRAGMA incremental_vacuum` by `execute` of Python 3.11's sqlite3 frees one page; by that of 3.12 all of them.
#
# One would guess: `connection.execute("PRAGMA incremental_vacuum").fetchall()` runs the statement to its end, and the
#   database has no free pages after it, as SQLite's documentation says ("the entire freelist is cleared").
# What happens: each step of that statement frees one page and gives a row of no columns. The module steps once, finds
#   that the statement has no columns, and takes it for one that gives nothing. By `executescript`, which steps to the end,
#   all pages are freed.
# Version: CPython 3.11.7 with SQLite 3.40.1. CPython 3.12.1 and 3.13.0 free all pages, with the same SQLite.
# Source: Modules/_sqlite/cursor.c, `_pysqlite_query_execute`; https://www.sqlite.org/pragma.html#pragma_incremental_vacuum
# Why it matters: a file that is bounded in bytes by dropping rows, and vacuumed each time, hardly shrinks.
# Output seen:
#   free pages: True; after execute: 1 fewer; after executescript: 0
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

said=$(python3.11 - <<'PYTHON'
import sqlite3

connection = sqlite3.connect("kept.sqlite", isolation_level=None)
connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
connection.execute("CREATE TABLE entries (value BLOB)")
connection.executemany("INSERT INTO entries VALUES (?)", [(bytes(4000),)] * 50)
connection.execute("DELETE FROM entries")


def free():
    return connection.execute("PRAGMA freelist_count").fetchone()[0]


before = free()
connection.execute("PRAGMA incremental_vacuum").fetchall()
after = free()
connection.executescript("PRAGMA incremental_vacuum")
print(f"free pages: {before > 40}; after execute: {before - after} fewer; after executescript: {free()}")
PYTHON
)
echo "$said"
[ "$said" = "free pages: True; after execute: 1 fewer; after executescript: 0" ]
