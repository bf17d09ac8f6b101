"""Signed verdicts: what they say, that a changed byte is refused, and what several parties' come to."""

from __future__ import annotations

import json
import os
import random
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from samestate.conformance.attesting import keys as keys_module
from samestate.conformance.attesting.attestation import FORMAT, message_of, read_attestation, write_attestation
from samestate.conformance.attesting.canonical import canonical
from samestate.conformance.attesting.keys import PrivateKey, SignaturePair, fingerprint_of
from samestate.conformance.attesting.merging import AttestedCase, merge, refuse_parties
from samestate.conformance.attesting.refused import AttestationRefused
from samestate.conformance.checking import builds
from samestate.conformance.errors import InputError
from samestate.conformance.vectors.places import VECTORS
from tests.conformance.checking.cases import RLP_TEST, WRONG_RLP_TEST, samestate, write

ROOT = Path(__file__).parents[3]
TOY = VECTORS / "toy/conflicts"
ALICE, BOB, CAROL = (PrivateKey(bytes([number]) * 32, bytes([number]) * 32) for number in (1, 2, 3))
BUILD = "ab" * 32


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def statement(
    engines: dict[str, str] | None = None, name: str = "toy/case.yaml", digest: str = "cd" * 32
) -> dict[str, Any]:
    """A statement on one case: what became of it on each engine."""
    results = engines or {"geth": "passed"}
    counts = {each: list(results.values()).count(each) for each in ("passed", "failed", "skipped")}
    return {
        "date": "2026-01-31T12:00:00Z",
        "samestate": "0.1.0",
        "specification": BUILD,
        "checking": BUILD,
        "selection": [],
        "sample": None,
        "engines": [{"id": id, "version": "1", "build": BUILD} for id in results],
        "documents": [
            {
                "name": name,
                "sha256": digest,
                "cases": [
                    {
                        "id": "toy/case",
                        "fork": "toy",
                        "results": [
                            {"engine": id, "result": result, "reason": "gas", "checks": ["status"], "cached": None}
                            for id, result in results.items()
                        ],
                    }
                ],
            }
        ],
        "counts": {**counts, "cached": 0},
    }


def attested(key: PrivateKey = ALICE, place: str = "a.json", **said: Any) -> Any:
    return read_attestation(place, write_attestation(key, statement(**said)))


def known(*parties: PrivateKey) -> dict[str, str]:
    return {each.public.fingerprint: "" for each in parties}


# Canonical JSON and keys


def test_canonical_form_is_that_of_the_standard() -> None:
    value = {"b": [1, -1, True, None, "é\u2028\x7f"], "a": {"": '\b\t\n\f\r"\\/\x1f'}}
    assert canonical(value).decode() == (
        '{"a":{"":"\\b\\t\\n\\f\\r\\"\\\\/\\u001f"},"b":[1,-1,true,null,"é\u2028\x7f"]}'
    )


@pytest.mark.parametrize("value", [1.0, 2**53, -(2**53), {"é": 1}, {1: 2}, "\ud800", (1,), b"", float("nan")])
def test_what_has_two_forms_has_none(value: object) -> None:
    with pytest.raises(ValueError):
        canonical({"a": [value]})


def test_a_key_is_for_its_owner_alone_and_never_written_over() -> None:
    result = samestate("keygen", "key")
    assert result.exit_code == 0
    assert stat.S_IMODE(Path("key").stat().st_mode) == 0o600
    content = Path("key").read_bytes()
    assert content.decode() not in result.stdout and Path("key.pub").read_text() not in result.stdout
    again = samestate("keygen", "key")
    assert (again.exit_code, again.stderr) == (
        2, "samestate: key.pub: is there already, and a key is never written over; give another name\n"
    )  # fmt: skip
    Path("key.pub").unlink()
    again = samestate("keygen", "key")
    assert (again.exit_code, again.stderr) == (2, "samestate: key: is there already, and is never written over\n")
    assert Path("key").read_bytes() == content
    assert sorted(path.name for path in Path().iterdir()) == ["key"]


def test_a_private_key_is_written_to_a_file() -> None:
    result = samestate("keygen", "-")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "-: a private key is written to a file, and nowhere else: name one" in result.stderr
    assert not Path("-").exists()


def test_a_key_that_others_may_read_is_refused() -> None:
    samestate("keygen", "key")
    Path("key").chmod(0o640)
    result = samestate("check", TOY, "--attest", "key")
    message = "samestate: --attest key: others may read this key; keep it to yourself: chmod 600 key\n"
    assert (result.exit_code, result.stderr) == (2, message)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no key: it must be what `samestate keygen` writes"),
        (b"\xff", "is no key: it must be what `samestate keygen` writes"),
        (b"[1]", "is no key: it must be what `samestate keygen` writes"),
        (b"[" * 100_000, "is no key: it must be what `samestate keygen` writes"),
        (b'{"format":"other/1","ed25519":"","ml-dsa-65":""}', "is of the format 'other/1', and must be a samestate-"),
        (b'{"format":"samestate-private-key/1","ed25519":"0x00","ml-dsa-65":"0x00"}', "must have (32, 32) bytes, in"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_key_that_is_no_key_is_bad_input(content: bytes | None, message: str) -> None:
    if content is not None:
        Path("key").write_bytes(content)
        Path("key").chmod(0o600)
    result = samestate("check", TOY, "--attest", "key")
    assert result.exit_code == 2 and message in result.stderr and result.stderr.count("\n") == 1
    assert not Path("attestation.json").exists()
    result = samestate("verify", "key", "--key", "key")
    assert result.exit_code == 2 and "--key key: " in result.stderr and result.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["", ".", "..", "/"])
def test_a_key_is_a_file(name: str) -> None:
    result = samestate("keygen", name)
    assert result.exit_code == 2 and result.stderr.endswith(": must be the name of a file, which is not there yet\n")


def test_half_a_pair_of_keys_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    write = keys_module.write_new

    def full(option: str, path: Path, content: bytes, mode: int) -> None:
        if path.suffix == ".pub":
            raise InputError(f"{path}: cannot be written: No space left on device")
        write(option, path, content, mode)

    monkeypatch.setattr(keys_module, "write_new", full)
    with pytest.raises(InputError, match="No space left on device"):
        keys_module.make_key(Path("key"))
    assert not list(Path().iterdir())


def test_the_secret_is_never_shown() -> None:
    assert repr(ALICE) == "PrivateKey()"


def test_both_signatures_count() -> None:
    signed = ALICE.sign(b"message")
    other = BOB.sign(b"message")
    assert ALICE.public.verify(b"message", signed) == ""
    assert ALICE.public.verify(b"massage", signed) == "ed25519"
    assert ALICE.public.verify(b"message", SignaturePair(signed.ed25519, other.ml_dsa_65)) == "ml-dsa-65"
    assert ALICE.public.verify(b"message", SignaturePair(other.ed25519, signed.ml_dsa_65)) == "ed25519"


def test_signatures_in_python_and_in_native_code_are_of_one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    mldsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.mldsa", reason="cryptography is below 47")
    native = mldsa.MLDSA65PrivateKey.from_seed_bytes(ALICE.ml_dsa_65)
    assert native.public_key().public_bytes_raw() == ALICE.public.ml_dsa_65
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.mldsa", None)
    monkeypatch.delattr("cryptography.hazmat.primitives.asymmetric.mldsa", raising=False)
    native.public_key().verify(keys_module._sign_ml_dsa(ALICE.ml_dsa_65, b"message"), b"message")


# A run


def attest(*arguments: object, key: str = "key", target: str = "a.json") -> Any:
    if not Path(key).exists():
        samestate("keygen", key)
    return samestate("check", *arguments, "--attest", key, "--attestation", target)


def test_an_attestation_says_what_was_executed() -> None:
    result = attest(TOY, "--engine", "spec", "--engine", "reference:waves")
    fingerprint = fingerprint_of("--key", "key.pub")
    assert f"attested in a.json by {fingerprint}\n" in result.stdout
    assert result.stdout.endswith("\n54 passed, 0 failed, 0 skipped\n")
    said = json.loads(Path("a.json").read_bytes())["statement"]
    assert said["counts"] == {"passed": 54, "failed": 0, "skipped": 0, "cached": 0}
    assert said["specification"] == builds.room_digest("spec")
    assert [(each["id"], each["build"]) for each in said["engines"]] == [
        ("spec", builds.room_digest("spec")),
        ("reference:waves", builds.room_digest("reference")),
    ]
    checked = samestate("verify", "a.json", "--key", "key.pub", "--vectors", TOY)
    assert checked.exit_code == 0
    assert checked.stdout.endswith("\nverified: 1 attestations, 27 cases\n")
    assert "all documents are here; 0 of 27 here are in no attestation\n" in checked.stdout
    assert samestate("verify", "a.json", "--key", fingerprint).exit_code == 0
    assert samestate("verify", "a.json", "--key", f"sha256:{fingerprint}").exit_code == 0


def test_what_came_from_a_cache_is_told_with_its_build() -> None:
    for _ in range(2):
        attest(TOY, "--cache", "kept")
    said = json.loads(Path("a.json").read_bytes())["statement"]
    assert said["counts"]["cached"] == 27
    cached = said["documents"][0]["cases"][0]["results"][0]["cached"]
    assert cached["build"] == said["engines"][0]["build"] and cached["executed"] <= said["date"]
    assert "; 27 of them by an earlier run of this build\n" in samestate("verify", "a.json", "--key", "key.pub").stdout


def test_failures_are_attested_and_no_success() -> None:
    write(Path("a") / "x.json", {"dog": RLP_TEST, "hog": WRONG_RLP_TEST})
    assert attest("a").exit_code == 1
    result = samestate("verify", "a.json", "--key", "key.pub", "--json", "out.json")
    assert result.exit_code == 1
    assert "FAILED hog on spec in a.json: " in result.stdout and "verified" not in result.stdout
    found = json.loads(Path("out.json").read_text())
    assert (found["verified"], found["failed"]) == (False, ["hog"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("-x",), "nothing is attested: stopped after 1 failure"), ((), "nothing is attested: a/y.json cannot be used")],
)
def test_nothing_is_signed_of_a_run_that_is_not_whole(arguments: tuple[str, ...], message: str) -> None:
    write(Path("a") / "x.json", {"hog": WRONG_RLP_TEST})
    Path("a/y.json").write_text("{")
    assert f"{message}\n" in attest("a", *arguments).stdout
    assert not Path("a.json").exists()


def test_what_cannot_be_together_is_bad_input() -> None:
    samestate("keygen", "key")
    for option in ("--resume", "--list"):
        result = samestate("check", TOY, "--attest", "key", option)
        assert result.exit_code == 2 and "--attest" in result.stderr
    result = samestate("check", TOY, "--attest", "key", "--attestation", "key")
    assert result.exit_code == 2 and "--attestation key: is an input, which would be written over" in result.stderr
    result = samestate("check", TOY, "--attest", "key", "--attestation", "key.pub")
    assert result.exit_code == 2 and "--attestation key.pub: is an input, which would be" in result.stderr
    for option in ("--json", "--junitxml"):
        result = samestate("check", TOY, "--attest", "key", "--attestation", "a", option, "a")
        assert result.exit_code == 2 and "--attestation a: only one of them can be written there" in result.stderr
        result = samestate("check", TOY, "--attest", "key", option, "key.pub")
        assert result.exit_code == 2 and f"{option} key.pub: is an input, which would be" in result.stderr
    result = samestate("check", TOY, "--attestation", "a")
    assert (result.exit_code, result.stderr) == (2, "samestate: --attestation a: goes with --attest alone\n")


# What is refused


def test_an_attestation_of_other_vectors_is_refused() -> None:
    attest(TOY / "later_one_is_quick.yaml")
    result = samestate("verify", "a.json", "--key", "key.pub", "--vectors", TOY / "long_chain.yaml")
    assert result.exit_code == 1
    assert result.stdout == ("refused: a.json: later_one_is_quick.yaml: no document here has the bytes it had\n")


def test_an_unknown_key_and_a_repeated_party_are_refused() -> None:
    attest(TOY / "later_one_is_quick.yaml")
    Path("b.json").write_bytes(Path("a.json").read_bytes())
    result = samestate("verify", "a.json")
    assert result.exit_code == 1 and "whose word you did not ask for; where you trust it, --key " in result.stdout
    result = samestate("verify", "a.json", "b.json", "--key", "key.pub", "--json", "-")
    assert result.exit_code == 1 and "as a.json is: a party has one voice" in json.loads(result.stdout)["refused"]
    with pytest.raises(AttestationRefused, match=r"b\.json: is signed by [0-9a-f]{64}, whose word you did not ask for"):
        refuse_parties([attested(), attested(BOB, "b.json")], known(ALICE))


def test_what_is_verified_is_not_written_over() -> None:
    attest(TOY / "later_one_is_quick.yaml")
    for name in ("a.json", "key.pub"):
        result = samestate("verify", "a.json", "--key", "key.pub", "--json", name)
        message = f"samestate: --json {name}: is an input, which would be written over\n"
        assert (result.exit_code, result.stderr) == (2, message)


def test_words_of_a_party_are_no_lines_of_ours() -> None:
    def change(said: dict[str, Any]) -> None:
        said["samestate"] = "1\nverified: all \x1b[31m"
        said["documents"][0]["cases"][0]["id"] = "case\rverified: case\x1b]0;name\x07"
        said["documents"][0]["cases"][0]["results"][0].update(result="failed")
        said["counts"] = {"passed": 0, "failed": 1, "skipped": 0, "cached": 0}

    Path("a.json").write_bytes(edited(change))
    result = samestate("verify", "a.json", "--key", ALICE.public.fingerprint)
    assert result.exit_code == 1
    assert not any(line.startswith("verified") for line in result.stdout.splitlines())
    assert all(character.isprintable() or character == "\n" for character in result.stdout)
    assert r"samestate 1\nverified: all \x1b[31m" in result.stdout


def edited(change: Callable[[dict[str, Any]], None]) -> bytes:
    """An attestation of which the statement was changed, and signed again by whoever changed it."""
    said = statement()
    change(said)
    return write_attestation(ALICE, said)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda said: said.pop("date"), "statement: must be an object of checking, counts, date, "),
        (lambda said: said.update(more=1), "statement: must be an object of "),
        (lambda said: said.update(date="yesterday"), "date: must be as 2026-01-31T12:00:00Z"),
        (lambda said: said.update(date=3), "date: must be a text"),
        (lambda said: said.update(date="\uff19026-01-31T12:00:00Z"), "date: must be as 2026-01-31T12:00:00Z"),
        (lambda said: said.update(date="2026-1-31T1:2:3Z"), "date: must be as 2026-01-31T12:00:00Z"),
        (lambda said: said.update(checking=5), "checking: must have a SHA-256 of 64 small hex digits"),
        (lambda said: said.update(selection="x"), "selection: must be a list"),
        (lambda said: said.update(selection=[1]), "selection: must be a text"),
        (lambda said: said.update(sample=0), "sample: must be a number from 1 on, or null"),
        (lambda said: said.update(sample=True), "sample: must be a number from 1 on, or null"),
        (lambda said: said["documents"].clear(), "documents: have no result of any case: it attests nothing"),
        (lambda said: said["documents"][0]["cases"][0].update(fork=None), "toy/case: fork: must be a text"),
        (
            lambda said: said["documents"][0]["cases"][0]["results"][0].update(checks="status"),
            "toy/case: checks: must be a list",
        ),
        (
            lambda said: said["documents"][0]["cases"][0]["results"][0].update(cached={"executed": 5, "build": BUILD}),
            "toy/case: cached: executed: must be a text",
        ),
        (lambda said: said["counts"].update(passed=2), r"counts: are \{.*\}, and the results come to \{"),
        (lambda said: said["engines"].append(said["engines"][0]), "engines: one is named twice"),
        (lambda said: said["engines"].clear(), "toy/case: geth is not among its engines"),
        (lambda said: said["documents"].append(said["documents"][0]), "toy/case: has two results on geth"),
        (lambda said: said["documents"][0].update(sha256="CD" * 32), "must have a SHA-256 of 64 small hex digits"),
        (lambda said: said["documents"][0].update(cases={}), "cases: must be a list"),
        (
            lambda said: said["documents"][0]["cases"][0]["results"][0].update(result="fine"),
            "result: must be one of passed, failed, skipped, not 'fine'",
        ),
    ],
)
def test_content_that_contradicts_itself_is_refused_though_signed(
    change: Callable[[dict[str, Any]], None], message: str
) -> None:
    with pytest.raises(AttestationRefused, match=message):
        read_attestation("a.json", edited(change))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty|not JSON"),
        (b"\x00", "not JSON"),
        (b"{}", "is no attestation: its format must be 'samestate-attestation/1'"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":1.5}', "is no text, whole number"),
        (b'{"format":"samestate-attestation/1","format":"x"}', "is there twice"),
        (b'{"format":"samestate-attestation/2"}', "is no attestation"),
        (b'{"format":"samestate-attestation/1"}', "must be an object of format, signatures, signer, statement"),
        (b'{"format": "samestate-attestation/1"}', "is not in canonical form"),
    ],
)
def test_another_format_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(AttestationRefused, match=message):
        read_attestation("a.json", content)


def test_a_signature_is_for_this_purpose_alone() -> None:
    said = statement()
    content = canonical({"format": FORMAT, "signer": ALICE.public.document(), "statement": said})
    assert message_of(ALICE.public, said) == FORMAT.encode() + b"\0" + content
    signed = {**json.loads(content), "signatures": ALICE.sign(content).document()}
    with pytest.raises(AttestationRefused, match="the ed25519 signature is not that of its signer on these bytes"):
        read_attestation("a.json", canonical(signed))


def damage(content: bytes, other: bytes, chance: random.Random) -> bytes:
    """An attestation that is another: bits, bytes, pieces, its end, or parts of somebody else's."""
    changed = bytearray(content)
    position = chance.randrange(len(content))
    way = chance.randrange(6)
    if way == 0:
        changed[position] ^= 1 << chance.randrange(8)
    elif way == 1:
        changed[position] = (changed[position] + chance.randrange(1, 256)) % 256
    elif way == 2:
        del changed[position : position + chance.randrange(1, 200)]
    elif way == 3:
        changed.insert(position, chance.randrange(256))
    elif way == 4:
        digits = [index for index, byte in enumerate(content) if byte in b"0123456789abcdef"]
        place = chance.choice(digits)
        changed[place] = chance.choice([digit for digit in b"0123456789abcdef" if digit != content[place]])
    else:
        mine, others = json.loads(content), json.loads(other)
        part = chance.choice(["signer", "statement", "signatures"])
        mine[part] = others[part]
        changed = bytearray(canonical(mine))
    return bytes(changed)


def accepted_of(times: int) -> int:
    """How many of so many damaged attestations are accepted."""
    chance = random.Random(times)
    first = write_attestation(ALICE, statement())
    second = write_attestation(BOB, statement({"geth": "failed", "revm": "passed"}))
    accepted = 0
    for _ in range(times):
        content = damage(first, second, chance)
        assert content != first
        try:
            read_attestation("a.json", content)
        except AttestationRefused:
            continue
        accepted += 1
    return accepted


def test_no_damaged_attestation_is_accepted() -> None:
    assert accepted_of(300) == 0


@pytest.mark.soak
def test_ten_thousand_damages_of_attestations() -> None:
    assert accepted_of(10_000) == 0


# Several parties


def test_engines_of_one_client_have_one_voice_and_parties_one_each() -> None:
    def quorum(*said: tuple[PrivateKey, dict[str, str]]) -> int:
        parties = [attested(key, f"{index}.json", engines=engines) for index, (key, engines) in enumerate(said)]
        refuse_parties(parties, known(ALICE, BOB, CAROL))
        (case,) = merge(parties).values()
        return case.quorum

    geth, both, revm = {"geth": "passed"}, {"geth": "passed", "revm": "passed"}, {"revm": "passed"}
    assert quorum((ALICE, geth), (BOB, revm)) == 2
    assert quorum((ALICE, geth), (BOB, {"geth:parallel": "passed"})) == 1
    assert quorum((ALICE, both)) == 1
    assert quorum((ALICE, both), (BOB, geth)) == 2
    assert quorum((ALICE, both), (BOB, both), (CAROL, both)) == 2
    assert quorum((ALICE, {"spec": "passed"}), (BOB, {"reference:waves": "passed"})) == 0
    assert quorum((ALICE, geth), (BOB, {"revm": "skipped"})) == 1
    assert quorum((ALICE, both), (BOB, geth), (CAROL, {**geth, "optimized:waves": "passed"})) == 3


def test_a_quorum_is_the_most_parties_that_can_have_voices_of_their_own() -> None:
    chance = random.Random(7)
    for _ in range(200):
        parties = {str(n): frozenset(chance.sample("abcd", chance.randrange(1, 4))) for n in range(4)}

        def most(left: list[str], taken: frozenset[str], parties: dict[str, frozenset[str]] = parties) -> int:
            if not left:
                return 0
            others = [most(left[1:], taken | {voice}) + 1 for voice in parties[left[0]] - taken]
            return max([most(left[1:], taken), *others])

        assert AttestedCase("case", parties, ()).quorum == most(list(parties), frozenset())


def test_contradicting_verdicts_are_refused() -> None:
    parties = [attested(engines={"geth": "passed"}), attested(BOB, "b.json", engines={"revm": "failed"})]
    message = r"toy/case: geth passes it in a\.json, and revm fails it in b\.json: gas"
    with pytest.raises(AttestationRefused, match=message):
        merge(parties)
    with pytest.raises(AttestationRefused, match=message):
        merge(parties[::-1])
    with pytest.raises(AttestationRefused, match=r"spec passes it in a\.json, and geth fails it in a\.json"):
        merge([attested(engines={"spec": "passed", "geth": "failed"})])


def test_one_name_for_different_bytes_is_refused() -> None:
    with pytest.raises(AttestationRefused, match=r"b\.json: toy/case\.yaml: is of other bytes than in a\.json: "):
        merge([attested(), attested(BOB, "b.json", digest="ef" * 32)])
    assert len(merge([attested(), attested(BOB, "b.json", name="other.yaml")])) == 1


def test_a_quorum_that_is_not_reached_is_no_success() -> None:
    attest(TOY / "later_one_is_quick.yaml", "--engine", "optimized:waves")
    attest(TOY / "later_one_is_quick.yaml", "--engine", "reference:waves", key="other", target="b.json")
    arguments = ("verify", "a.json", "b.json", "--key", "key.pub", "--key", "other.pub", "--quorum")
    assert samestate(*arguments, 1).exit_code == 0
    result = samestate(*arguments, 2)
    assert result.exit_code == 1
    assert "NO QUORUM toy/conflicts/later_one_is_quick: 1 of 2\n" in result.stdout
    assert "a quorum of 2: 0 of 1 cases have it\n" in result.stdout and "verified" not in result.stdout


def test_files_that_cannot_be_read_are_bad_input() -> None:
    for arguments, message in (
        (("nothing.json",), "nothing.json: cannot be read: No such file or directory"),
        ((".",), ".: cannot be read: Is a directory"),
        (("a.json", "--vectors", "nowhere"), "--vectors nowhere: there is no such file or folder"),
    ):
        Path("a.json").write_text("{}")
        result = samestate("verify", *arguments)
        assert (result.exit_code, result.stderr) == (2, f"samestate: {message}\n")


# Elsewhere


@pytest.mark.soak
def test_it_verifies_in_an_environment_without_the_engine(tmp_path: Path) -> None:
    attest(TOY)
    python = tmp_path / "other/bin/python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "other"], check=True)
    environment = {**os.environ, "SAMESTATE_PURE": "1"}
    subprocess.run([python, "-m", "pip", "install", "-q", ROOT], check=True, env=environment, timeout=900)
    without = subprocess.run([python, "-c", "import samestate.optimized"], capture_output=True, cwd=tmp_path)
    assert without.returncode == 1 and b"ModuleNotFoundError" in without.stderr
    command = [tmp_path / "other/bin/samestate", "verify", "a.json", "--key", "key.pub"]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.endswith("\nverified: 1 attestations, 27 cases\n")


def test_a_file_of_countless_values_is_refused_before_they_are_made(tmp_path: Path) -> None:
    """In a process that may not have what 30 million lists would take."""
    (tmp_path / "many.json").write_bytes(b"[" + b"[]," * (30 << 20) + b"[]]")
    program = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n"
        "from samestate.conformance.command import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "verify", "many.json"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "refused: many.json: has 62914562 values, or nearly: more than 16777216 are not read" in done.stdout
