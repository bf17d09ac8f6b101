#!/usr/bin/env bash
# cryptography reads of ML-DSA private keys only one of the three forms that PKCS #8 has for them.
#
# One would guess: RFC 9881, section 6, writes a private key as its seed, as the expanded key, or as both; a library that reads
#   PKCS #8 reads all three.
# What happens: the seed is read, and written. A key file with the expanded key, or with both, ends in the ValueError that any
#   file gets that is no key: "Could not deserialize key data. The data may be in an incorrect format …". An expanded key
#   cannot be given as bytes either (`from_seed_bytes` is all there is): one of which the seed is not kept cannot be used at all.
# Version: cryptography 50.0.2 from PyPI (OpenSSL 4.0.3 inside), dilithium-py 1.5.1, Python 3.11.
# Source: RFC 9881, section 6; cryptography/hazmat/primitives/asymmetric/mldsa.py, `private_bytes`: the seed form alone.
# Why it matters: a file that the standard allows is "no key", with nothing said about its form; and known answers of ML-DSA that
#   come with expanded keys alone, as NIST's do, cannot be tried by signing.
# Output seen:
#   seed: read
#   expanded: ValueError: Could not deserialize key data
#   both: ValueError: Could not deserialize key data
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check cryptography==50.0.2 dilithium-py==1.5.1

cat > forms.py <<'PYTHON'
from cryptography.hazmat.primitives.serialization import load_der_private_key
from dilithium_py.ml_dsa import ML_DSA_44


def tagged(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


seed = bytes(32)
public, expanded = ML_DSA_44.key_derive(seed)
algorithm = tagged(0x30, bytes.fromhex("0609608648016503040311"))  # id-ml-dsa-44
forms = {
    "seed": tagged(0x80, seed),
    "expanded": tagged(0x04, expanded),
    "both": tagged(0x30, tagged(0x04, seed) + tagged(0x04, expanded)),
}
for name, form in forms.items():
    key = tagged(0x30, b"\x02\x01\x00" + algorithm + tagged(0x04, form))
    try:
        is_right = load_der_private_key(key, None).public_key().public_bytes_raw() == public
        print(f"{name}: {'read' if is_right else 'read as another key'}")
    except ValueError as error:
        print(f"{name}: ValueError: {str(error).split('.')[0]}")
PYTHON
venv/bin/python forms.py | tee said

[ "$(sed -n 1p said)" = "seed: read" ]
[ "$(sed -n 2p said)" = "expanded: ValueError: Could not deserialize key data" ]
[ "$(sed -n 3p said)" = "both: ValueError: Could not deserialize key data" ]
