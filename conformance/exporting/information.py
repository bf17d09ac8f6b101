"""What a test says of itself under ``_info``: where it is from, and the hash by which consumers tell tests apart."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json

from samestate.conformance.exporting.json_values import JsonObject
from samestate.conformance.vectors.model import Vector

INFORMATION = "_info"


def with_information(test: JsonObject, form: str, vector: Vector, sentence: str) -> JsonObject:
    """The test, with what it says of itself. ``sentence`` is what the vector is about."""
    version = importlib.metadata.version("samestate")
    information: JsonObject = {
        "hash": hash_of(test),
        "comment": f"`samestate export` of the vector {vector.id}",
        "filling-transition-tool": f"samestate {version}",
        "description": sentence,
        "fixture-format": form,
        "vector": vector.id,
        "hazards": list(vector.hazards),
        "rules": list(vector.rules),
    }
    return {**test, INFORMATION: information}


def hash_of(test: JsonObject) -> str:
    """SHA-256 of the test without ``_info``, as JSON with its names in order and no blanks (execution-spec-tests)."""
    content = {name: value for name, value in test.items() if name != INFORMATION}
    written = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return f"0x{hashlib.sha256(written.encode()).hexdigest()}"
