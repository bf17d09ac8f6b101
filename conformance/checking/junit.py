"""A session as JUnit XML, which CI systems read: a suite for each engine, a test case for each case."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final
from xml.etree import ElementTree

from samestate.conformance.checking.quorum import Ballot, Tally, ballots
from samestate.conformance.checking.session import Session
from samestate.conformance.checking.verdict import Result, Verdict

FORBIDDEN: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot hold at all, not even escaped."""


def to_junit(
    session: Session, seconds: float, versions: Mapping[str, str] | None = None, quorum: int | None = None
) -> str:
    """The document. ``versions`` are those that the engines say; a ``quorum`` is a suite of its own."""
    rows = list(zip(session.verdicts, session.files, strict=True))
    engines = list(dict.fromkeys(verdict.engine for verdict, _ in rows))
    root = ElementTree.Element(
        "testsuites", {"name": "samestate", **counts(session.verdicts), "time": f"{seconds:.3f}"}
    )
    for engine in engines:
        mine = [(verdict, file) for verdict, file in rows if verdict.engine == engine]
        suite = ElementTree.SubElement(root, "testsuite", {"name": engine, **counts([each for each, _ in mine])})
        if versions and versions.get(engine):
            told = ElementTree.SubElement(suite, "properties")
            ElementTree.SubElement(told, "property", {"name": "version", "value": printable(versions[engine])})
        for verdict, file in mine:
            suite.append(case_of(verdict, file))
    if quorum is not None:
        root.append(quorum_suite(ballots(session, quorum)))
    if session.ended and engines:
        ElementTree.SubElement(root[-1], "system-err").text = printable(session.ended)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def case_of(verdict: Verdict, file: str) -> ElementTree.Element:
    """A case with what became of it."""
    name = verdict.id + (f" ({verdict.fork})" if verdict.fork else "")
    classname = f"{verdict.engine}.{verdict.kind}".strip(".")
    made = ElementTree.Element(
        "testcase", {"classname": printable(classname), "name": printable(name), "file": printable(file)}
    )
    tag = {Result.FAILED: "failure", Result.SKIPPED: "skipped", Result.ERROR: "error"}.get(verdict.result)
    if tag is not None:
        lines = verdict.reason.splitlines() or [""]
        part = ElementTree.SubElement(made, tag, {"message": printable(lines[0])})
        if tag in ("failure", "error"):
            part.text = printable(verdict.reason)
    return made


def quorum_suite(found: Sequence[Ballot]) -> ElementTree.Element:
    """The votes on each case, as a suite."""
    wrong = sum(each.tally is not Tally.RIGHT for each in found)
    suite = ElementTree.Element("testsuite", {"name": "quorum", "tests": str(len(found)), "failures": str(wrong)})
    for each in found:
        names = {"classname": "quorum", "name": printable(each.id), "file": printable(each.file)}
        made = ElementTree.SubElement(suite, "testcase", names)
        if each.tally is not Tally.RIGHT:
            part = ElementTree.SubElement(made, "failure", {"message": printable(each.sentence())})
            part.text = printable("\n".join(each.lines()))
    return suite


def counts(verdicts: Sequence[Verdict]) -> dict[str, str]:
    """How many cases there are, and how they ended."""
    ends = [verdict.result for verdict in verdicts]
    return {
        "tests": str(len(ends)),
        "failures": str(ends.count(Result.FAILED)),
        "errors": str(ends.count(Result.ERROR)),
        "skipped": str(ends.count(Result.SKIPPED)),
    }


def printable(text: str) -> str:
    """Text with escapes for what XML cannot hold."""
    return FORBIDDEN.sub(lambda match: ascii(match[0])[1:-1], text)
