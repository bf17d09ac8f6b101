"""Why an attestation does not count."""

from __future__ import annotations


class AttestationRefused(Exception):  # noqa: N818 - a verdict on a file, not an error of ours
    """An attestation, or several together, that nobody should rely on. The message says which and why."""
