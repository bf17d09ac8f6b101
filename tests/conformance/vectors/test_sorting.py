"""What documents hold of Solana's chain: told apart once, for checking, sampling, running and reading alike."""

from __future__ import annotations

import json

import pytest

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.archives import Document
from samestate.conformance.vectors.recorded.parts import Form, Part
from samestate.conformance.vectors.recorded.sorting import OtherJson, WholeCases, sort_document
from tests.conformance.fixtures.solana.samples import manifest, manifest_bytes, transfer


def test_what_belongs_to_others_is_put_aside() -> None:
    held = sort_document(Document("folder/manifest.bin", manifest_bytes(manifest())))
    assert isinstance(held, Part)
    assert (held.form, held.place) == (Form.MANIFEST, "folder/manifest.bin")
    results = {"note": "", "results": [{"case": "a transfer", "detail": [], "diff": [], "ruleset": "A"}]}
    held = sort_document(Document("results.json", json.dumps(results).encode()))
    assert isinstance(held, Part)
    assert held.form is Form.BANK_RESULTS


def test_what_needs_no_other_has_its_cases() -> None:
    held = sort_document(Document("transaction.bin", transfer(1, b"\x09" * 32)))
    assert isinstance(held, WholeCases)
    assert [case.place for case in held.cases] == ["transaction.bin"]
    held = sort_document(Document("facts.json", b'{"note": "of the chain"}'))
    assert isinstance(held, WholeCases)
    assert [case.id for case in held.cases] == ["facts.json::facts"]


def test_results_of_rpc_are_taken_out_of_their_answer() -> None:
    held = sort_document(Document("answer.json", b'{"jsonrpc": "2.0", "id": 1, "result": {"number": "0x1"}}'))
    assert held == OtherJson({"number": "0x1"})


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (Document("noise.bin", b"\x00\xff\xfe" * 9), "is no transaction"),
        (Document("cut.json", b'{"note": '), "not JSON"),
        (Document("gone.json", b"", "cannot be read"), "gone.json: cannot be read"),
    ],
)
def test_what_can_be_nothing_is_refused_with_its_place(document: Document, said: str) -> None:
    with pytest.raises(InputError, match=said):
        sort_document(document)
