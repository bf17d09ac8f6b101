"""What is asked about a document, beside the engines and which of its cases: as a digest, by which answers are kept."""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from typing import Final

from samestate.conformance.checking.task import DocumentTask
from samestate.conformance.fixtures.archives import RELEASE_FOLDER
from samestate.conformance.fixtures.group_folders import group_path
from samestate.conformance.vectors.places import SUFFIXES

NAMED_GROUP: Final = re.compile(rb'"preHash"\s*:\s*"(0x[0-9a-fA-F]{1,64})"')
"""How a document names a pre-allocation group, on whose content its verdicts depend."""
VECTOR_ID: Final = re.compile(rb'id: "([^"\n]{1,400})"')
"""How a vector says its id, by which its file is to be called."""
BEGINNING: Final = 4096


def document_digest(task: DocumentTask) -> bytes:
    """SHA-256 over the content of a document, and over all else that its verdicts depend on but engines.

    That is what the user has said of forks and chains, the pre-allocation groups that it names, and of its place as
    much as counts: how it ends, and whether a vector stands where its id says.
    """
    chain = b"" if task.chain is None else task.chain.content or task.chain.name.encode()
    said = [
        posixpath.splitext(task.place)[1],
        "secure" in task.place.lower(),
        RELEASE_FOLDER in task.place,
        misplaced(task),
        [[choice.name, choice.fork, choice.content] for choice in task.rulesets.choices],
        task.chain is not None,
    ]
    digest = hashlib.sha256(json.dumps(said).encode() + b"\0" + hashlib.sha256(chain).digest())
    digest.update(task.content)
    for name in sorted(set(NAMED_GROUP.findall(task.content))) if task.groups is not None else ():
        path = group_path(task.groups, name.decode())
        digest.update(b"\0" + name + (hashlib.sha256(path.read_bytes()).digest() if path is not None else b""))
    return digest.digest()


def misplaced(task: DocumentTask) -> str:
    """The place of a vector that may not stand where its id says, which is told of it; else nothing."""
    at = task.content.find(b"\nid:", 0, BEGINNING)
    said = VECTOR_ID.match(task.content, at + 1) if at >= 0 else None
    if said is None:
        return ""
    names = tuple(f"{said[1].decode('utf-8', 'replace')}{suffix}" for suffix in SUFFIXES)
    shown = task.place.replace("\\", "/")
    return "" if shown in names or shown.endswith(tuple(f"/{name}" for name in names)) else task.place
