"""`samestate keygen`: a key that signs verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from samestate.conformance.attesting.keys import make_key, public_file
from samestate.conformance.errors import InputError
from samestate.conformance.output.targets import is_stdout


def keygen(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Where the private key is written.", show_default=False)],
) -> None:
    """Make a key that signs verdicts, as `samestate check --attest KEY` does: of ed25519 and ML-DSA-65, both at once.

    The private key is written to FILE, which nobody else may read, and the public part to FILE.pub; neither is ever
    written over. Whoever is to trust your verdicts needs FILE.pub, or the fingerprint that is printed.
    """
    if is_stdout(str(path)):
        raise InputError("-: a private key is written to a file, and nowhere else: name one")
    public = make_key(path)
    print(f"private key: {path}")
    print(f"public key: {public_file(path)}")
    print(f"fingerprint: {public.fingerprint}")
