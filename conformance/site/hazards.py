"""The hazards as a page: each by its id, with the vectors that are about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from samestate.conformance.hazards.known import HAZARDS, SHOWN_ELSEWHERE
from samestate.conformance.site.catalogue import Catalogue
from samestate.conformance.site.links import to_vector


def hazards_page(catalogue: Catalogue) -> str:
    """The page."""
    return "\n".join(lines_of(catalogue)) + "\n"


def lines_of(catalogue: Catalogue) -> Iterator[str]:
    """Its lines, group by group."""
    about: dict[str, list[str]] = defaultdict(list)
    for each in catalogue.vectors.values():
        for id in each.vector.hazards:
            about[id].append(each.id)
    yield "# Hazards and their vectors"
    yield ""
    yield "Ways in which a parallel engine departs from executing one transaction at a time. The table of all is in"
    yield "[the documents](docs/hazards.md)."
    yield ""
    group = ""
    for hazard in HAZARDS.values():
        if hazard.group.value != group:
            group = hazard.group.value
            yield f"## {group}"
            yield ""
        yield f"### {hazard.id} {{ #{hazard.id} }}"
        yield ""
        yield f"{hazard.sentence} ({hazard.standing.value}: {hazard.source})"
        yield ""
        vectors = about.get(hazard.id, [])
        if vectors:
            yield f'??? note "{len(vectors)} vectors"'
            yield ""
            for vector in vectors:
                yield f"    - {to_vector(vector, '.')}"
        else:
            yield f"No vector: {SHOWN_ELSEWHERE[hazard.id]}" if hazard.id in SHOWN_ELSEWHERE else "No vector."
        yield ""
