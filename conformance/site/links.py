"""Links between pages of the site. ``up``: how one comes from the page to the root."""

from __future__ import annotations

from samestate.conformance.site.catalogue import Catalogue


def to_vector(id: str, up: str, catalogue: Catalogue | None = None) -> str:
    """A link to a vector's page; its name alone where it is not among those of a catalogue."""
    if catalogue is not None and id not in catalogue.vectors:
        return f"`{id}`"
    return f"[`{id}`]({up}/vectors/{id}.md)"


def to_hazard(id: str, up: str) -> str:
    """A link to a hazard."""
    return f"[{id}]({up}/hazards.md#{id})"


def to_rule(name: str, up: str) -> str:
    """A link to a rule."""
    machine, part = name.split(".")[:2]
    return f"[`{name}`]({up}/rules/{machine}/{part}.md#{name})"
