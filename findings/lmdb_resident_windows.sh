#!/usr/bin/env bash
# A process that reads single records of an LMDB file has sixteen pages or more resident for each, `readahead=False` or not.
#
# One would guess: with `readahead=False`, which has the system told that reads are at random (MADV_RANDOM), a record that
#   is read costs the page that it is on.
# What happens: on Linux a fault on a page of a file that is in memory already maps the window of 64 KiB around it
#   (`fault_around_bytes`), whatever was said with madvise. Who reads one record in sixteen pages has all of the file resident.
# Version: lmdb 3.0.0 from PyPI (LMDB 0.9.36 inside), Python 3.11, Linux 6.
# Source: https://lmdb.readthedocs.io/en/release/#environment-class (readahead); mm/memory.c of Linux, should_fault_around,
#   which looks at the size alone.
# Why it matters: the resident memory of a process with a large state is that of the file after some ten thousand reads,
#   and limits and alarms that look at it fire. `madvise(MADV_DONTNEED)` on the mapping gives it back; the pages stay
#   with the system.
# Output seen:
#   with readahead=True: 16 pages or more resident for each that was read
#   with readahead=False: 16 pages or more resident for each that was read
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check lmdb==3.0.0

cat > windows.py <<'PY'
import sys
from pathlib import Path

import lmdb

RECORDS = 40_000  # two on a page
if sys.argv[1] == "fill":
    with lmdb.open("state", map_size=1 << 30) as environment, environment.begin(write=True) as transaction:
        for number in range(RECORDS):
            transaction.put(number.to_bytes(4, "big"), bytes(1900), append=True)
    sys.exit()


def resident() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssFile"))


with lmdb.open("state", map_size=1 << 30, readonly=True, readahead=sys.argv[1] == "True") as environment:
    with environment.begin() as transaction:
        transaction.get(bytes(4))
        before = resident()
        numbers = range(0, RECORDS, 100)
        for number in numbers:
            transaction.get(number.to_bytes(4, "big"))
        pages = (resident() - before) / 4096 / len(numbers)
said = "16 pages or more" if pages >= 16 else f"{pages:.1f} pages"
print(f"with readahead={sys.argv[1]}: {said} resident for each that was read")
PY
venv/bin/python windows.py fill
cat state/data.mdb > /dev/null
{ venv/bin/python windows.py True; venv/bin/python windows.py False; } | tee seen
diff seen - <<'SEEN'
with readahead=True: 16 pages or more resident for each that was read
with readahead=False: 16 pages or more resident for each that was read
SEEN
