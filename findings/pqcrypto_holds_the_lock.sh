#!/usr/bin/env bash
# pqcrypto holds Python's interpreter lock while it verifies, so threads do not verify at once; cryptography lets go of it.
#
# One would guess: verification is compiled code on bytes, as hashlib's and cryptography's, so a pool of threads verifies as many
#   signatures at once as there are cores.
# What happens: while pqcrypto is at one signature of a long message no other Python thread runs at all. A thread that looks at
#   the clock every millisecond is away for as long as the call takes; beside cryptography it is away for a moment.
# Version: pqcrypto 1.0.0, cryptography 50.0.2, dilithium-py 1.5.1 from PyPI, Python 3.11.
# Source: the share of a call for which another thread was away at most, below.
# Why it matters: a stage that verifies ahead with a thread for each core is, with this library, a stage on one core, and a server
#   answers nobody meanwhile.
# Output seen (shares vary; the gap between them does not):
#   pqcrypto: away for 100 % of the call
#   cryptography: away for 1 % of the call
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check pqcrypto==1.0.0 cryptography==50.0.2 dilithium-py==1.5.1

cat > away.py <<'PYTHON'
import threading
import time

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PublicKey
from dilithium_py.ml_dsa import ML_DSA_65
from pqcrypto.sign import ml_dsa_65

public, secret = ML_DSA_65.key_derive(bytes(32))
signature = ML_DSA_65.sign(secret, b"another message")
message = bytes(64 << 20)


def share_away(verify) -> float:
    looked, is_done = [time.perf_counter()], threading.Event()

    def watch() -> None:
        while not is_done.is_set():
            looked.append(time.perf_counter())
            time.sleep(0.001)

    watcher = threading.Thread(target=watch)
    watcher.start()
    time.sleep(0.1)
    began = time.perf_counter()
    try:
        verify()
    except Exception as error:  # the signature is of another message
        assert type(error).__name__.startswith("InvalidSignature"), error
    took = time.perf_counter() - began
    is_done.set()
    watcher.join()
    return min(1.0, max(later - earlier for earlier, later in zip(looked, looked[1:])) / took)


known = MLDSA65PublicKey.from_public_bytes(public)
shares = {
    "pqcrypto": share_away(lambda: ml_dsa_65.verify(public, message, signature)),
    "cryptography": share_away(lambda: known.verify(signature, message)),
}
for name, share in shares.items():
    print(f"{name}: away for {share:.0%} of the call".replace("%", " %"))
assert shares["pqcrypto"] > 0.6 > 0.4 > shares["cryptography"]
PYTHON
venv/bin/python away.py
